"""Scoring on a composite's scale, and what its indicators contribute."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from geo.audit import AuditRow
from geo.errors import DomainError
from panels.composite import (
    Recipe,
    estimate_scale,
    group_names,
    missing_rows,
    scaled_indicators,
)
from panels.saved_scale import scale_of_recipe
from panels.schema import KEY, number_array, require_columns
from panels.steps.stepped import Floats, years_text


@dataclass(frozen=True, slots=True)
class Composite:
    """A composite index and everything behind it."""

    values: pd.DataFrame
    """The index under its name, and with groups each sub-index as ``NAME_GROUP``; float64 on the
    index of the table."""
    scale: pd.DataFrame
    """Bounds and weights, `panels.composite.SCALE_COLUMNS`."""
    parts: Floats
    """What each indicator adds to each row (n, k), in the order of the recipe."""
    contributions: pd.DataFrame
    """``index``, ``year``, ``group``, ``indicator``, ``contribution`` (weight times mean scaled
    value) and ``share`` of the year's mean index."""
    audit: tuple[AuditRow, ...]
    """City-years made, missing, and outside the bounds of a scale that was handed over."""


def composite(
    table: pd.DataFrame, recipe: Recipe, *, scale: pd.DataFrame | None = None, where: str
) -> Composite:
    """A composite index of a panel, on a scale of its own or on an earlier one.

    Parameters
    ----------
    table : pandas.DataFrame
        ``city_id``, ``year`` and the indicators; it is not changed.
    recipe : Recipe
    scale : pandas.DataFrame, optional
        `panels.composite.SCALE_COLUMNS` of an earlier run; estimated from the table when left out.
        Values outside its bounds are scored as they come, below 0 or above 1, and counted.
    where : str
        The index, for errors.

    Returns
    -------
    Composite
        Between 0 and 1 on a min-max scale of its own. Missing where an indicator is.

    Raises
    ------
    TableColumnError
        A column of the table or of the scale is missing, or the scale is of other indicators.
    DomainError
        See `panels.composite.estimate_scale` and `panels.saved_scale.scale_of_recipe`; or the scale
        has no weights of a year.
    """
    if scale is None:
        scale = estimate_scale(table, recipe, where=where)
        given = False
    else:
        scale, given = scale_of_recipe(scale, recipe, where=where), True
    raw = number_array(table, [one.column for one in recipe.indicators], where=where)
    lower, upper, within, across = _by_row(table, scale, recipe, where)
    reverse = np.array([one.reverse for one in recipe.indicators])
    scaled = scaled_indicators(raw, lower, upper, reverse, recipe.scaling)
    values = _scores(table, recipe, scaled, within, across)
    audit = missing_rows(table, recipe, values[recipe.name].to_numpy(), where)
    if given:
        audit += _outside(recipe, raw, lower, upper, where)
    parts = scaled * within * across
    shares = _contributions(table, recipe, parts)
    return Composite(values, scale, parts, shares, tuple(audit))


def _by_row(
    table: pd.DataFrame, scale: pd.DataFrame, recipe: Recipe, where: str
) -> tuple[Floats, Floats, Floats, Floats]:
    """Bounds (k,) and, for each row, weights within and across groups (n, k)."""
    order = [one.column for one in recipe.indicators]
    pooled = bool(scale["year"].isna().all())
    years = table["year"].to_numpy()
    if not pooled:
        lacking = set(years) - set(scale["year"].dropna().astype(int))
        if lacking:
            raise DomainError(
                f"{where}: weights",
                expected="weights of every year of the panel",
                found=f"none of {years_text(lacking)}",
                hint='score new years with weights = "pooled"',
            )
    first = scale.drop_duplicates("indicator").set_index("indicator").loc[order]
    weights = []
    for name in ("weight", "group_weight"):
        if pooled:
            each = np.broadcast_to(first[name].to_numpy(dtype=np.float64), (len(table), len(order)))
        else:
            by_year = scale.pivot(index="year", columns="indicator", values=name)[order]
            each = by_year.loc[years].to_numpy(dtype=np.float64)
        weights.append(each)
    lower, upper = (first[name].to_numpy(dtype=np.float64) for name in ("lower", "upper"))
    return lower, upper, weights[0], weights[1]


def _scores(
    table: pd.DataFrame, recipe: Recipe, scaled: Floats, within: Floats, across: Floats
) -> pd.DataFrame:
    """The composite (n,), and with groups their sub-indices (n,) each."""
    groups = [one.group for one in recipe.indicators]
    made = {recipe.name: (scaled * within * across).sum(axis=1)}
    names = group_names(groups)
    if len(names) > 1:
        for name in names:
            inside = np.array([group == name for group in groups])
            made[f"{recipe.name}_{name}"] = (scaled * within)[:, inside].sum(axis=1)
    return pd.DataFrame(made, index=table.index)


def _outside(
    recipe: Recipe, raw: Floats, lower: Floats, upper: Floats, where: str
) -> list[AuditRow]:
    if recipe.scaling == "standardised":
        return []
    beyond = ((raw < lower) | (raw > upper)).sum(axis=0)
    return [
        AuditRow(
            "panel",
            "outside_scale",
            f"{where}: {one.column}",
            f"{count} values outside the bounds {low:g} and {high:g} of the scale; kept",
            int(count),
        )
        for one, count, low, high in zip(recipe.indicators, beyond, lower, upper, strict=True)
        if count
    ]


def _contributions(table: pd.DataFrame, recipe: Recipe, weighted: Floats) -> pd.DataFrame:
    columns = [one.column for one in recipe.indicators]
    require_columns(table, KEY, where=recipe.name)
    parts = pd.DataFrame(weighted, columns=columns).assign(year=table["year"].to_numpy())
    means = parts.dropna().groupby("year")[columns].mean()
    tidy = means.reset_index().melt(id_vars="year", var_name="indicator", value_name="contribution")
    total = tidy.groupby("year")["contribution"].transform("sum")
    group = {one.column: one.group for one in recipe.indicators}
    tidy = tidy.assign(
        index=recipe.name, group=tidy["indicator"].map(group), share=tidy["contribution"] / total
    )
    names = ["index", "year", "group", "indicator", "contribution", "share"]
    return tidy.sort_values("year", kind="stable")[names].reset_index(drop=True)
