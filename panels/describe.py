"""Descriptive statistics, and a map of what is missing."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from pandas.api.types import is_bool_dtype, is_numeric_dtype

from panels.schema import KEY, check_panel, number_array

DESCRIPTIVE_COLUMNS = ("Type", "Variable", "Obs", "Mean", "Std.", "Min", "Max")
"""Columns of the table, as Yu and Zhang have them in their Table 1."""
_LEVELS = ".123456789#"


def number_columns(table: pd.DataFrame) -> list[str]:
    """Names of a panel's columns of numbers, without the key and without truth values."""
    return [
        str(name)
        for name in table.columns
        if name not in KEY and is_numeric_dtype(table[name]) and not is_bool_dtype(table[name])
    ]


def descriptive_table(
    table: pd.DataFrame, types: Mapping[str, Sequence[str]], *, where: str = "descriptives"
) -> pd.DataFrame:
    """Descriptive statistics in the form of Yu and Zhang's Table 1.

    Parameters
    ----------
    table : pandas.DataFrame
        ``city_id``, ``year`` and the columns.
    types : mapping of str to sequence of str
        Columns by type of variable, such as ``Explained variable``, in the order of the table.
    where : str
        For errors.

    Returns
    -------
    pandas.DataFrame
        ``Type``, ``Variable``, ``Obs`` (values that are not missing), ``Mean``, ``Std.`` (with
        n - 1), ``Min``, ``Max``; NaN where there are too few values.

    Raises
    ------
    TableColumnError
        A column is missing or no number.
    """
    rows = []
    for kind, names in types.items():
        for name in names:
            values = number_array(table, [name], where=where)[:, 0]
            rows.append((kind, name, *statistics(values[~np.isnan(values)])))
    return pd.DataFrame(rows, columns=list(DESCRIPTIVE_COLUMNS))


def statistics(known: np.typing.NDArray[np.float64]) -> tuple[int, float, float, float, float]:
    """Count, mean, standard deviation (n - 1), least and largest of values that are all known."""
    if not len(known):
        return 0, np.nan, np.nan, np.nan, np.nan
    spread = float(known.std(ddof=1)) if len(known) > 1 else np.nan
    return len(known), float(known.mean()), spread, float(known.min()), float(known.max())


def missing_map(
    table: pd.DataFrame, columns: Sequence[str], *, years: Sequence[int] | None = None
) -> pd.DataFrame:
    """What is missing, by column and year, as text.

    Parameters
    ----------
    table : pandas.DataFrame
        ``city_id``, ``year`` and the columns.
    columns : sequence of str
    years : sequence of int, optional
        Years of the map; those between the table's first and last when left out.

    Returns
    -------
    pandas.DataFrame
        ``column``, ``map``, ``missing`` and ``share``: one row for each column, and one named
        ``(row)`` for city-years without a row. In the map a character stands for a year: ``.``
        nothing missing, a digit d for up to d tenths of the cities, ``#`` all. Columns are counted
        where there is a row; a city without one is missing in ``(row)`` alone.

    Raises
    ------
    TableColumnError
        A column is missing.
    """
    rows = check_panel(table, where="panel")
    names = ["column", "map", "missing", "share"]
    if rows.empty:
        return pd.DataFrame(columns=names)
    first, last = int(rows["year"].min()), int(rows["year"].max())
    span = list(range(first, last + 1)) if years is None else list(years)
    cities = rows["city_id"].nunique()
    made = []
    with_row = rows["year"].value_counts().reindex(span, fill_value=0).to_numpy()
    for name in ("(row)", *columns):
        if name == "(row)":
            lost = cities - with_row
        else:
            blank = rows.loc[rows[name].isna(), "year"]
            lost = blank.value_counts().reindex(span, fill_value=0).to_numpy()
        marks = [_LEVELS[10 if one == cities else min(9, -(-10 * one // cities))] for one in lost]
        made.append((name, "".join(marks), int(lost.sum()), float(lost.mean() / cities)))
    return pd.DataFrame(made, columns=names)
