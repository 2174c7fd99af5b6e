"""Composite indices: indicators on one scale, weighted by entropy or equally, in one or two levels.

The scale (bounds and weights) is estimated once and is a table of its own, so that another year can
be scored on it (`panels.composite_scale`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.audit import AuditRow
from geo.errors import DomainError, TableColumnError
from panels.schema import KEY, number_array, require_columns
from panels.steps.stepped import Bools, Floats

Method = Literal["entropy", "equal"]
Scaling = Literal["min_max", "standardised"]
ZeroRule = Literal["limit", "shift"]


@dataclass(frozen=True, slots=True)
class Indicator:
    """One indicator of a composite."""

    column: str
    """Its column."""
    group: str = ""
    """The sub-index it belongs to; the same for all, or left out, with a single level."""
    reverse: bool = False
    """Whether more of it lowers the composite."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a composite is made."""

    name: str
    """Its name, and that of its column."""
    indicators: tuple[Indicator, ...]
    """What it is made of."""
    method: Method = "entropy"
    """Weights by entropy, or equal ones, within groups and across them."""
    scaling: Scaling = "min_max"
    """Indicators between their bounds over the whole panel, or standardised over it."""
    weights: Literal["pooled", "year"] = "pooled"
    """Weights from the whole panel, or from each year's cities; bounds are always pooled."""
    zeros: ZeroRule = "limit"
    """A scaled value of zero: p ln p = 0, its limit; or ``shift`` is added to every value."""
    shift: float = 0.0001
    """What ``zeros = "shift"`` adds to scaled values before their entropy is taken."""


SCALE_COLUMNS = (
    "index", "method", "scaling", "zeros", "shift", "year", "group", "group_weight", "indicator",
    "reverse", "lower", "upper", "weight",
)  # fmt: skip
"""Columns of a scale: one row for an indicator, and year if weights are by year. ``lower`` and
``upper`` are the bounds, or mean and mean plus one standard deviation where standardised."""


def check_recipe(recipe: Recipe, *, where: str) -> None:
    """Refuse a composite that cannot be made.

    Raises
    ------
    TableColumnError
        Fewer than two indicators, or one of them twice.
    DomainError
        Entropy of standardised indicators, or a shift that is not above zero.
    """
    columns = [one.column for one in recipe.indicators]
    if len(columns) < 2 or len(set(columns)) != len(columns):
        raise TableColumnError(
            f"{where}: indicators",
            expected="two or more columns, each once",
            found=", ".join(columns) or "none",
            hint="name each indicator once",
        )
    if recipe.method == "entropy" and recipe.scaling == "standardised":
        raise DomainError(
            f"{where}: scaling",
            expected="indicators between 0 and 1 for entropy weights",
            found='"standardised"',
            hint='set scaling = "min_max", or method = "equal"',
        )
    if not (np.isfinite(recipe.shift) and recipe.shift > 0.0):
        raise DomainError(
            f"{where}: shift",
            expected="a number above 0",
            found=f"{recipe.shift:g}",
            hint="correct it",
        )


def estimate_scale(table: pd.DataFrame, recipe: Recipe, *, where: str) -> pd.DataFrame:
    r"""Bounds and weights of a composite from a panel.

    Bounds are those of each indicator over the rows in which no indicator is missing. With scaled
    values :math:`x_{ij}` and :math:`p_{ij} = x_{ij} / \sum_i x_{ij}` the entropy of indicator
    :math:`j` is :math:`e_j = -\sum_i p_{ij} \ln p_{ij} / \ln n` and its weight
    :math:`w_j = (1 - e_j) / \sum_k (1 - e_k)` (Shannon 1948; Zou et al. 2006, doi
    10.1016/S1001-0742(06)60032-6). With groups the sub-indices are
    weighted in the same way, as they come, without being scaled again.

    Parameters
    ----------
    table : pandas.DataFrame
        ``city_id``, ``year`` and the indicators.
    recipe : Recipe
    where : str
        The index, for errors.

    Returns
    -------
    pandas.DataFrame
        `SCALE_COLUMNS`; ``weight`` is that within the group, ``group_weight`` that of the group.

    Raises
    ------
    TableColumnError
        A column is missing or no number, or the recipe has fewer than two.
    DomainError
        Fewer than two complete rows, an indicator that does not vary, or a recipe that cannot be.
    """
    check_recipe(recipe, where=where)
    require_columns(table, KEY, where=where)
    raw = number_array(table, [one.column for one in recipe.indicators], where=where)
    complete = ~np.isnan(raw).any(axis=1)
    _refuse_flat(recipe, raw[complete], where)
    lower, upper = _bounds(raw[complete], recipe.scaling)
    scaled = scaled_indicators(raw, lower, upper, _reversed(recipe), recipe.scaling)
    years = table["year"].to_numpy()
    moments = [None] if recipe.weights == "pooled" else list(np.unique(years[complete]))
    parts = []
    for year in moments:
        rows = complete if year is None else complete & (years == year)
        at = where if year is None else f"{where}: year {year}"
        within, across = _weights(scaled[rows], recipe, where=at)
        parts.append(_scale_rows(recipe, year, lower, upper, within, across))
    scale = pd.concat(parts, ignore_index=True)
    return scale.astype({"year": "Int64", "reverse": "bool"})


def scaled_indicators(
    raw: Floats, lower: Floats, upper: Floats, reverse: Bools, scaling: Scaling
) -> Floats:
    """Indicators (n, k) on their scale; more of each raises the composite.

    Min-max: (x - lower) / (upper - lower), or (upper - x) / (upper - lower) where reversed.
    Standardised: (x - mean) / sd, or its negative.
    """
    up = (raw - lower) / (upper - lower)
    down = 1.0 - up if scaling == "min_max" else -up
    scaled: Floats = np.where(reverse, down, up)
    return scaled


def entropy_weights(scaled: Floats, *, zeros: ZeroRule, shift: float) -> Floats:
    """Entropy weights of non-negative columns.

    Parameters
    ----------
    scaled : numpy.ndarray
        (n, k), zero or more, without gaps; n >= 2, no column all zero.
    zeros : {"limit", "shift"}
        p ln p = 0 where p = 0; or ``shift`` added to every value beforehand.
    shift : float

    Returns
    -------
    numpy.ndarray
        (k,), summing to 1; equal ones where no column tells rows apart.
    """
    values = scaled + shift if zeros == "shift" else scaled
    share = values / values.sum(axis=0)
    terms = share * np.log(share, out=np.zeros_like(share), where=share > 0.0)
    spread = 1.0 + terms.sum(axis=0) / np.log(len(values))
    # Rounding may leave a column of equal values a little below zero.
    spread = np.maximum(spread, 0.0)
    if not spread.any():
        return np.full(scaled.shape[1], 1.0 / scaled.shape[1])
    weights: Floats = spread / spread.sum()
    return weights


def group_names(groups: Sequence[str]) -> list[str]:
    """Groups in the order in which they are met."""
    return list(dict.fromkeys(groups))


def missing_rows(table: pd.DataFrame, recipe: Recipe, values: Floats, where: str) -> list[AuditRow]:
    """How many city-years have a composite, and how many lack an indicator, by indicator."""
    audit = [
        AuditRow("panel", "composite_made", where, "city-years", int((~np.isnan(values)).sum()))
    ]
    for one in recipe.indicators:
        count = int(table[one.column].isna().sum())
        if count:
            detail = f"{one.column} is missing, and with it the composite"
            audit.append(AuditRow("panel", "composite_missing", where, detail, count))
    return audit


def _refuse_flat(recipe: Recipe, complete: Floats, where: str) -> None:
    if len(complete) < 2:
        raise DomainError(
            where,
            expected="two or more city-years in which no indicator is missing",
            found=str(len(complete)),
            hint="leave out the indicator that is missing most",
        )
    flat = complete.min(axis=0) == complete.max(axis=0)
    if flat.any() or not np.isfinite(complete).all():
        at = int(np.flatnonzero(flat | ~np.isfinite(complete).all(axis=0))[0])
        raise DomainError(
            f"{where}: column {recipe.indicators[at].column!r}",
            expected="finite values that differ",
            found=f"{complete[0, at]:g} in all {len(complete)} complete rows"
            if flat[at]
            else "an infinite value",
            hint="leave the indicator out",
        )


def _bounds(complete: Floats, scaling: Scaling) -> tuple[Floats, Floats]:
    if scaling == "standardised":
        mean = complete.mean(axis=0)
        return mean, mean + complete.std(axis=0, ddof=1)
    return complete.min(axis=0), complete.max(axis=0)


def _reversed(recipe: Recipe) -> Bools:
    return np.array([one.reverse for one in recipe.indicators])


def _weights(scaled: Floats, recipe: Recipe, *, where: str) -> tuple[Floats, Floats]:
    """Weights within groups (k,) and of each indicator's group (k,)."""
    groups = [one.group for one in recipe.indicators]
    names = group_names(groups)
    of: NDArray[np.intp] = np.array([names.index(group) for group in groups])
    within = np.empty(len(groups))
    sub = np.empty((len(scaled), len(names)))
    for at in range(len(names)):
        inside = of == at
        within[inside] = _level(scaled[:, inside], recipe, where)
        sub[:, at] = scaled[:, inside] @ within[inside]
    return within, _level(sub, recipe, where)[of]


def _level(values: Floats, recipe: Recipe, where: str) -> Floats:
    count = values.shape[1]
    if recipe.method == "equal" or count == 1:
        return np.full(count, 1.0 / count)
    if len(values) < 2 or not values.any(axis=0).all():
        raise DomainError(
            where,
            expected="two or more city-years, and scaled values above 0 of every indicator",
            found=f"{len(values)} city-years" if len(values) < 2 else "an indicator at its bound",
            hint='set weights = "pooled", or zeros = "shift"'
            if recipe.zeros == "limit"
            else 'set weights = "pooled"',
        )
    return entropy_weights(values, zeros=recipe.zeros, shift=recipe.shift)


def _scale_rows(
    recipe: Recipe, year: int | None, lower: Floats, upper: Floats, within: Floats, across: Floats
) -> pd.DataFrame:
    columns = {
        "index": recipe.name,
        "method": recipe.method,
        "scaling": recipe.scaling,
        "zeros": recipe.zeros,
        "shift": recipe.shift,
        "year": pd.array([year] * len(within), dtype="Int64"),
        "group": [one.group for one in recipe.indicators],
        "group_weight": across,
        "indicator": [one.column for one in recipe.indicators],
        "reverse": [one.reverse for one in recipe.indicators],
        "lower": lower,
        "upper": upper,
        "weight": within,
    }
    return pd.DataFrame(columns)[list(SCALE_COLUMNS)]
