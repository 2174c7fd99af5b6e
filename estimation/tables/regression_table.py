"""Effects of several designs beside each other, as a paper prints them.

Each design has a column for every variant shown: the faithful one, and the recommended one beside
it, so that no reader sees the first without the second.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from estimation.estimate import EstimationResult
from estimation.inference.multiplicity import holm
from estimation.linear.keys import own_effects
from estimation.tables.numbers import figure, in_parentheses, interval, p_value, rounded
from estimation.tables.result_table import ResultTable
from estimation.tables.table_columns import (
    BESIDE,
    FAITHFUL,
    TableColumn,
    TableSpec,
    Truth,
    places_of,
    shown_variants,
    stars_of,
    table_columns,
    term_keys,
    with_label,
)
from estimation.tables.table_notes import SETTINGS_MARK, has_settings, table_notes
from estimation.vocabulary import EFFECT, LINEAR

OTHER_EFFECTS = frozenset({"standardised", "slope", "att_dynamic", "att_group", "att_calendar"})
"""Parts whose rows have a term of the truth, but are in other units or another average."""
HOW = {
    "faithful": "dummies",
    "first_difference": "differenced",
    "within": "demeaned",
    "correlated_random_effects": "city means",
    "difference_dictionary": "differenced",
    "within_dictionary": "demeaned",
    "two_way_fixed_effects": "absorbed",
    "callaway_santanna": "differenced",
    "sun_abraham": "absorbed",
    "imputation": "imputed",
}
"""How city effects are treated, in a word; years are dummies everywhere."""
ENDS = ("ci_low", "ci_high")
_VARIANCE = "treatment_residual_variance"


def regression_table(
    spec: TableSpec, result: EstimationResult, *, truth: Truth | None = None
) -> ResultTable:
    """Effects, errors and what decides how far to trust them, design by design.

    Parameters
    ----------
    spec : TableSpec
    result : EstimationResult
        Of the whole study: how many specifications it has stands below the table.
    truth : mapping of (design, variant, term) to float, optional
        True values, where they are known.

    Returns
    -------
    ResultTable
        For each term estimate, standard error, interval, Holm's p value over the table's family
        (all treatments and products of one variant) and the range over repetitions; then what was
        used and how well it predicted.
    """
    estimates = result.estimates
    columns = table_columns(spec.designs, _variants(spec, estimates), estimates)
    corrected = _corrected(columns)
    rows: list[tuple[str, list[str]]] = []
    for key in term_keys(columns):
        rows += _term_rows(spec, columns, key, corrected, truth or {})
    rows += _about(columns, spec)
    return ResultTable(
        title=spec.title,
        caption=spec.caption,
        header=_header(spec, columns),
        rows=tuple((label, *cells) for label, cells in rows if any(cells)),
        notes=table_notes(
            spec.designs,
            result,
            shown=[(column.place, column.variant) for column in columns],
            family=corrected.sizes,
            stars=spec.stars,
        ),
    )


def _variants(spec: TableSpec, estimates: pd.DataFrame) -> dict[str, list[str]]:
    return {
        design.name: shown_variants(estimates[estimates["design"] == design.name], spec.variants)
        for design in spec.designs
    }


def _header(spec: TableSpec, columns: Sequence[TableColumn]) -> tuple[tuple[str, ...], ...]:
    numbers = [f"({column.place + 1})" for column in columns]
    names = [spec.designs[column.place].name for column in columns]
    variants = [
        column.variant + (f", {column.scaling}" if column.scaling else "") for column in columns
    ]
    return ("", *numbers), ("", *names), ("", *variants)


@dataclass(frozen=True, slots=True)
class _Corrected:
    """Holm's p values over the families of the table, one of each variant."""

    p_values: Mapping[tuple[int, str, str], float]
    """By position of design, variant and term."""
    sizes: Mapping[str, int]
    """Tests in the family of a variant."""


def _corrected(columns: Sequence[TableColumn]) -> _Corrected:
    families: dict[str, dict[tuple[int, str, str], float]] = {}
    for column in columns:
        for part, term in column.rows.index:
            row = column.row((part, term))
            tested = part == EFFECT and (term == row["treatment"] or term != _moderator(column))
            if tested:
                family = families.setdefault(column.variant, {})
                family.setdefault((column.place, column.variant, term), float(row["p_value"]))
    adjusted = {
        key: float(value)
        for family in families.values()
        for key, value in zip(
            family, holm([str(key) for key in family], list(family.values())).adjusted, strict=True
        )
    }
    return _Corrected(adjusted, {variant: len(family) for variant, family in families.items()})


def _moderator(column: TableColumn) -> str:
    """The moderator's own term, which is no treatment; empty if there is none."""
    products = [term for part, term in column.rows.index if part == EFFECT and " x " in term]
    return products[0].split(" x ", 1)[1] if products else ""


def _term_rows(
    spec: TableSpec,
    columns: Sequence[TableColumn],
    key: tuple[str, str],
    corrected: _Corrected,
    truth: Truth,
) -> list[tuple[str, list[str]]]:
    part, term = key
    errors, intervals = spec.uncertainty != "interval", spec.uncertainty != "standard_error"

    def cells(told: Callable[[TableColumn, pd.Series], str]) -> list[str]:
        return [
            told(column, column.row(key)) if key in column.rows.index else "" for column in columns
        ]

    def true_value(column: TableColumn, row: pd.Series) -> str:
        value = truth.get((spec.designs[column.place].name, column.variant, term))
        rescaled = part in OTHER_EFFECTS or (
            part == EFFECT and column.scaling not in {"", "centred"}
        )
        return "" if value is None or rescaled else rounded(value, places_of(row))

    def holm_p(column: TableColumn, _: pd.Series) -> str:
        known = corrected.p_values.get((column.place, column.variant, term))
        several = corrected.sizes.get(column.variant, 0) > 1
        return "" if part != EFFECT or known is None or not several else p_value(known)

    return [
        (
            with_label(term, spec.labels) + ("" if part == EFFECT else f" ({part})"),
            cells(
                lambda _, row: (
                    rounded(row["estimate"], places_of(row)) + stars_of(row, stars=spec.stars)
                )
            ),
        ),
        *([("  standard error", cells(lambda _, row: _error(row, "std_error")))] if errors else []),
        *([("  95 % interval", cells(lambda _, row: _interval(row, *ENDS)))] if intervals else []),
        *_beside(columns, term),
        ("  truth", cells(true_value)),
        ("  Holm's p", cells(holm_p)),
        ("  jackknife error", cells(lambda _, row: _error(row, "std_error_jackknife"))),
        ("  wild bootstrap p", cells(lambda _, row: p_value(row["p_value_wild"]))),
        ("  over repetitions", cells(_over_repetitions)),
    ]


def _beside(columns: Sequence[TableColumn], term: str) -> list[tuple[str, list[str]]]:
    """Other intervals of a term, where some column has them."""
    rows = []
    for part, name in BESIDE.items():
        key = (part, f"{term}, {name}")
        cells = [
            _interval(column.row(key), "ci_low", "ci_high") if key in column.rows.index else ""
            for column in columns
        ]
        if any(cells):
            rows.append((f"  {name} interval", cells))
    return rows


def _about(columns: Sequence[TableColumn], spec: TableSpec) -> list[tuple[str, list[str]]]:
    first = [column.rows.iloc[0] for column in columns]
    return [
        ("Controls", ["yes" if row["controls"] else "no" for row in first]),
        ("City effects", [_city_effects(column, spec) for column in columns]),
        ("Effects", [_effects(column, spec) for column in columns]),
        ("N", [f"{row['n']}" for row in first]),
        ("Cities or clusters", [f"{row['n_clusters']}" for row in first]),
        ("Standard errors", [str(row["se_type"]) for row in first]),
        ("Learner", [_learner(row["learner"]) for row in first]),
        ("Folds", [_folds(row) for row in first]),
        ("Repetitions", [_count(row["repetitions"]) for row in first]),
        ("RMSE of outcome", [figure(row["rmse_outcome"]) for row in first]),
        ("RMSE of treatment", [figure(row["rmse_treatment"]) for row in first]),
        (
            "Residual variance",
            [
                "" if spec.designs[column.place].moderator else figure(row[_VARIANCE])
                for column, row in zip(columns, first, strict=True)
            ],
        ),
        ("Recommended", [str(row["recommended"]) for row in first]),
    ]


def _city_effects(column: TableColumn, spec: TableSpec) -> str:
    effects = spec.designs[column.place].absorbed
    if column.variant == LINEAR and "city" not in effects:
        return "none"
    return HOW.get(column.variant, "")


def _effects(column: TableColumn, spec: TableSpec) -> str:
    """Effects other than those of cities and years."""
    effects = spec.designs[column.place].absorbed
    return ", ".join(effects) if column.variant == LINEAR and own_effects(effects) else ""


ENDS = ("ci_low", "ci_high")
_VARIANCE = "treatment_residual_variance"


def _interval(row: pd.Series, low: str, high: str) -> str:
    return interval(row[low], row[high], places_of(row))


def _error(row: pd.Series, column: str) -> str:
    return in_parentheses(row[column], places_of(row))


def _over_repetitions(_: TableColumn, row: pd.Series) -> str:
    return "" if row["repetitions"] <= 1 else _interval(row, "lowest", "highest")


def _count(value: int) -> str:
    return f"{value}" if value else ""


def _learner(text: str) -> str:
    """The learner's name, with a mark if it has settings, which stand below the table."""
    name = text.split("(", 1)[0].split(";", 1)[0]
    return name + (SETTINGS_MARK if has_settings(text) else "")


def _folds(row: pd.Series) -> str:
    if not row["folds"]:
        return ""
    return f"{row['folds']} " + ("random" if row["variant"] == FAITHFUL else "of cities")
