"""Centring, standardising and min-max scaling: pooled, by year or by city."""

from collections.abc import Callable, Mapping
from typing import Literal

import numpy as np
import pandas as pd

from geo.errors import DomainError
from panels.schema import KEY, number_array, require_columns
from panels.steps.stepped import Floats, Stepped, put, refuse_empty

Groups = Literal["pooled", "year", "city"]


def centred(values: Floats) -> Floats:
    """Values minus their mean (n,); NaN is left out and stays."""
    result: Floats = values - values[~np.isnan(values)].mean()
    return result


def standardised(values: Floats) -> Floats:
    """Values minus their mean over their standard deviation, with n - 1 (n,).

    Raises
    ------
    ZeroDivisionError
        The values do not differ.
    """
    known = _differing(values)
    result: Floats = (values - known.mean()) / known.std(ddof=1)
    return result


def min_max(values: Floats) -> Floats:
    """Values minus their smallest over their range (n,).

    Raises
    ------
    ZeroDivisionError
        The values do not differ.
    """
    known = _differing(values)
    result: Floats = (values - known.min()) / (known.max() - known.min())
    return result


def _differing(values: Floats) -> Floats:
    """The values that are not missing; a ZeroDivisionError unless two of them differ."""
    known: Floats = values[~np.isnan(values)]
    if len(known) < 2 or known.min() == known.max():
        raise ZeroDivisionError
    return known


RULES: Mapping[str, Callable[[Floats], Floats]] = {
    "centre": centred,
    "standardise": standardised,
    "min_max": min_max,
}
"""How a group's values are scaled, by the step's name."""


def scale_columns(
    table: pd.DataFrame,
    columns: Mapping[str, str],
    *,
    rule: Literal["centre", "standardise", "min_max"],
    by: Groups = "pooled",
    where: str,
) -> Stepped:
    """Centre, standardise or min-max scale columns.

    Parameters
    ----------
    table : pandas.DataFrame
        ``city_id``, ``year`` and the columns; it is not changed.
    columns : mapping of str to str
        Column to new name; its own name replaces it.
    rule : {"centre", "standardise", "min_max"}
        Minus the mean; minus the mean over the standard deviation (n - 1); minus the smallest
        over the range.
    by : {"pooled", "year", "city"}
        Over the whole panel, or within each year or city.
    where : str
        The step, for errors.

    Returns
    -------
    Stepped
        Missing values are left out of means and bounds, and stay missing.

    Raises
    ------
    TableColumnError
        A column is missing or no number, or a new name is taken.
    DomainError
        Values of a group do not differ, so that they cannot be standardised or scaled.
    """
    refuse_empty(columns, where=where)
    require_columns(table, KEY, where=where)
    names = {"pooled": np.zeros(len(table)), "year": table["year"], "city": table["city_id"]}
    codes, groups = pd.factorize(np.asarray(names[by]))
    made = table.copy()
    for column, name in columns.items():
        values = number_array(table, [column], where=where)[:, 0]
        result = np.full(len(values), np.nan)
        for code, group in enumerate(groups):
            inside = (codes == code) & ~np.isnan(values)
            if inside.any():
                where_in = where if by == "pooled" else f"{where}: {by} {group}"
                result[inside] = _scaled(rule, values[inside], column, where_in)
        put(made, name, result, source=column, where=where)
    return Stepped(made)


def _scaled(rule: str, values: Floats, column: str, where: str) -> Floats:
    try:
        return RULES[rule](values)
    except ZeroDivisionError as error:
        raise DomainError(
            where,
            expected=f"values of {column} that differ",
            found=f"{values[0]:g} in all {len(values)} rows",
            hint="leave the column out, or scale over the whole panel",
        ) from error
