"""Which rows of the estimates are effects that are compared, and how they are called."""

from collections.abc import Iterable
from itertools import count

import numpy as np
import pandas as pd

from nightpanel.paper_figures.effects import own_effects

FAITHFUL, RECOMMENDED = "faithful", "recommended"
SERIES = (
    "faithful",
    "first_difference",
    "within_dictionary",
    "two_way_fixed_effects",
    "within",
    "correlated_random_effects",
    "difference_dictionary",
)
"""Variants by their number as series, those that mostly stand together in the clearest colours."""
NO_ESTIMATES = (
    "There are no estimates in this folder: the study has no designs, or their stage has not run."
)


def main_effects(estimates: pd.DataFrame) -> pd.DataFrame:
    """One row for each design and variant: the treatment's own effect, as figures show it.

    Parameters
    ----------
    estimates : pandas.DataFrame
        The table of estimates.

    Returns
    -------
    pandas.DataFrame
        In the order given, with ``role``: ``faithful``, ``recommended`` or empty.
    """
    found = own_effects(estimates)
    found = found[np.isfinite(found["estimate"])]
    faithful = found["variant"] == FAITHFUL
    role = np.select([faithful, found["recommended"] != ""], [FAITHFUL, RECOMMENDED], "")
    made: pd.DataFrame = found.assign(role=role)
    return made


def variant_name(row: pd.Series) -> str:
    """A variant with its role, where that says more."""
    said = str(row["variant"]).replace("_", " ")
    return f"{said} (recommended)" if row["role"] == RECOMMENDED else said


def series_of(variants: Iterable[str]) -> dict[str, int]:
    """Numbers of variants as series, the same in every chart: they give colour and symbol.

    Parameters
    ----------
    variants : iterable of str
        Those of a chart. Ones that are no variants of every design get numbers that are free.

    Returns
    -------
    dict of str to int
    """
    found = list(dict.fromkeys(variants))
    known = {one: SERIES.index(one) for one in found if one in SERIES}
    free = (number for number in count() if number not in known.values())
    return known | {one: next(free) for one in found if one not in known}


def numbers_of(found: pd.DataFrame, *first: str) -> pd.DataFrame:
    """What the table behind a chart of estimates holds."""
    columns = [
        *first, "estimate", "std_error", "ci_low", "ci_high", "p_value", "n", "n_clusters",
        "se_type", "learner",
    ]  # fmt: skip
    return found[list(columns)]


NAMES = {
    "std_error": "standard error",
    "ci_low": "95 % from",
    "ci_high": "to",
    "p_value": "p",
    "n_clusters": "clusters",
    "se_type": "errors",
}
"""Headings of such tables."""


def ends(values: pd.Series, otherwise: pd.Series) -> list[float]:
    """Ends of intervals for drawing: where there is none, the estimate itself."""
    return [float(one) for one in values.where(np.isfinite(values), otherwise)]
