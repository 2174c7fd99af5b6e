"""How the columns of a table were estimated, in words: errors, clusters, folds, learners."""

from collections.abc import Callable, Iterable, Sequence

import pandas as pd

from estimation.tables.result_table import numbered
from estimation.tables.table_columns import FAITHFUL, TableColumn, Uncertainty
from estimation.tables.table_notes import SETTINGS_MARK, has_settings

LEARNER_NAMES = {
    "gradient_boosting": "Gradient boosting",
    "xgboost": "XGBoost",
    "lightgbm": "LightGBM",
    "random_forest": "Random forest",
    "lasso": "Lasso",
    "ridge": "Ridge",
    "linear": "Least squares",
}
"""Learners as papers write them."""
ERRORS = {
    "robust": "robust to heteroskedasticity",
    "AKM": "of Adao, Kolesar and Morales",
    "AKM0": "of Adao, Kolesar and Morales, the null imposed",
    "shocks": "clustered by shock",
}
"""Kinds of errors that name no cluster."""
DRAWN = " bootstrap"
"""What follows the clusters whose draws give errors."""


def split_ratio(folds: int) -> str:
    """How cross-fitting splits a sample, ``1:4`` for five folds; empty where there is none."""
    return f"1:{folds - 1}" if folds else ""


def learner_name(learner: str) -> str:
    """A learner as papers write it, with a mark if it has settings, which stand below."""
    name = learner.split("(", 1)[0].split(";", 1)[0]
    return LEARNER_NAMES.get(name, name) + (SETTINGS_MARK if has_settings(learner) else "")


def error_text(se_type: str) -> str:
    """What kind of standard errors these are: ``clustered by city, wild bootstrap``."""
    kind, comma, rest = se_type.partition(",")
    if kind in ERRORS:
        return ERRORS[kind] + comma + rest
    if se_type.startswith("Driscoll-Kraay"):
        return f"of Driscoll and Kraay{comma}{rest}"
    if kind.endswith(DRAWN):
        return f"from draws of whole clusters ({kind.removesuffix(DRAWN)}){comma}{rest}"
    return f"clustered by {kind.replace('+', ' and ')}{comma}{rest}"


def error_notes(columns: Sequence[TableColumn], *, uncertainty: Uncertainty) -> list[str]:
    """Which errors or intervals stand below the estimates, by columns.

    Parameters
    ----------
    columns : sequence of TableColumn
    uncertainty : str
        What stands below an estimate.

    Returns
    -------
    list of str
        One sentence for each kind.
    """
    below = {
        "standard_error": "in parentheses standard errors",
        "interval": "in brackets 95 % intervals, by errors",
        "both": "in parentheses standard errors, in brackets 95 % intervals",
    }[uncertainty]
    return [f"{where}{below} {text}" for where, text in _by_columns(columns, _error_kind)]


def how_notes(columns: Sequence[TableColumn]) -> list[str]:
    """Variant, learner, folds, repetitions and seed of the columns.

    Parameters
    ----------
    columns : sequence of TableColumn

    Returns
    -------
    list of str
        One sentence for each way, with the numbers of its columns unless all share it.
    """
    return [f"{where}{text}" for where, text in _by_columns(columns, how_text)]


def how_text(row: pd.Series) -> str:
    """How one row of the table of estimates came about.

    Parameters
    ----------
    row : pandas.Series
        ``variant``, ``learner``, ``folds``, ``repetitions``, ``seed``.
    """
    if not row["folds"]:
        return f"variant {row['variant']}, no learner"
    folds = "folds drawn at random" if row["variant"] == FAITHFUL else "folds of whole cities"
    times = "once" if row["repetitions"] == 1 else f"{row['repetitions']} times, the median told"
    return (
        f"variant {row['variant']}, learner {learner_name(row['learner'])}, {row['folds']} {folds},"
        f" split {times}, seed {row['seed']}"
    )


def _error_kind(row: pd.Series) -> str:
    return f"{error_text(row['se_type'])} ({row['n_clusters']} cities or clusters)"


def _by_columns(
    columns: Sequence[TableColumn], told: Callable[[pd.Series], str]
) -> Iterable[tuple[str, str]]:
    """Each text once, with the columns that it is of unless it is of all."""
    places: dict[str, list[int]] = {}
    for number, column in enumerate(columns):
        places.setdefault(told(column.rows.iloc[0]), []).append(number)
    for text, at in places.items():
        yield ("" if len(at) == len(columns) else f"{numbered(at)}: "), text
