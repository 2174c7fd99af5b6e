"""The contract of a panel: one row per city and year, codes as text, years as whole numbers."""

from collections.abc import Iterable
from difflib import get_close_matches

import numpy as np
import pandas as pd
import pandera.errors
import pandera.pandas as pa
from numpy.typing import NDArray
from pandas.api.types import is_bool_dtype, is_numeric_dtype

from geo.errors import CodeError, DuplicateCityYearError, NightpanelError, TableColumnError

KEY = ("city_id", "year")
"""The key of every city x year table."""

PANEL_SCHEMA = pa.DataFrameSchema(
    {
        "city_id": pa.Column(str, pa.Check.str_length(min_value=1), nullable=False),
        "year": pa.Column("int64", nullable=False),
    },
    unique=list(KEY),
    name="panel",
)
"""``city_id`` text and never empty, ``year`` int64, the pair unique; other columns are free."""


def require_columns(table: pd.DataFrame, names: Iterable[str], *, where: str) -> None:
    """Refuse a table that lacks a column.

    Parameters
    ----------
    table : pandas.DataFrame
    names : iterable of str
        Columns that must be there.
    where : str
        File or table, for errors.

    Raises
    ------
    TableColumnError
        Names the column and the columns that are spelt like it.
    """
    for name in names:
        if name not in table.columns:
            raise missing_column(name, [str(column) for column in table.columns], where=where)


def number_array(table: pd.DataFrame, names: list[str], *, where: str) -> NDArray[np.float64]:
    """Columns of numbers as an array.

    Parameters
    ----------
    table : pandas.DataFrame
    names : list of str
    where : str
        File or table, for errors.

    Returns
    -------
    numpy.ndarray
        float64 (n, len(names)), NaN where missing.

    Raises
    ------
    TableColumnError
        A column is missing or holds anything but numbers.
    """
    require_columns(table, names, where=where)
    for name in names:
        if not is_numeric_dtype(table[name]) or is_bool_dtype(table[name]):
            raise TableColumnError(
                f"{where}: column {name!r}",
                expected="numbers",
                found=f"values of type {table[name].dtype}",
                hint="correct the column or leave it out",
            )
    return table[names].to_numpy(dtype=np.float64, na_value=np.nan)


def missing_column(name: str, present: list[str], *, where: str) -> TableColumnError:
    """The error for a column that is not there, with the names that come near it."""
    near = get_close_matches(name, present, n=3, cutoff=0.5)
    shown = ", ".join(present[:12]) + (", ..." if len(present) > 12 else "")
    return TableColumnError(
        f"{where}: column {name!r}",
        expected="a column of this name",
        found=f"the columns {shown}" if present else "no columns",
        hint=f"did you mean {' or '.join(map(repr, near))}?" if near else "correct the name",
    )


def check_panel(table: pd.DataFrame, *, where: str) -> pd.DataFrame:
    """Hold a city x year table to ``PANEL_SCHEMA``.

    Parameters
    ----------
    table : pandas.DataFrame
        Any table with the columns ``city_id`` and ``year``; it is not changed.
    where : str
        File or table, for errors.

    Returns
    -------
    pandas.DataFrame
        The same rows and columns on a RangeIndex.

    Raises
    ------
    TableColumnError
        A key column is missing, or ``year`` holds anything but whole numbers.
    CodeError
        ``city_id`` holds anything but text, or an empty one.
    DuplicateCityYearError
        A city has a year twice; city, year and number of rows are named.
    """
    require_columns(table, KEY, where=where)
    rows = table.reset_index(drop=True)
    try:
        PANEL_SCHEMA.validate(rows)
    except pandera.errors.SchemaError as error:
        raise _named(error, rows, where) from error
    return rows


def _named(error: pandera.errors.SchemaError, rows: pd.DataFrame, where: str) -> NightpanelError:
    column = getattr(error.schema, "name", None)
    if column == "city_id":
        offending = [code for code in rows["city_id"] if not (isinstance(code, str) and code)]
        kind = f"values of type {rows['city_id'].dtype}"
        return CodeError(
            f"{where}: column 'city_id'",
            expected="city codes as text",
            found=f"{offending[0]!r} ({len(offending)} rows in all)" if offending else kind,
            hint="read the codes as text and remove rows without one",
        )
    if column == "year":
        return TableColumnError(
            f"{where}: column 'year'",
            expected="whole years (int64)",
            found=f"values of type {rows['year'].dtype}",
            hint="store the years as whole numbers and remove rows without one",
        )
    return _duplicate(rows, where=where)


def _duplicate(rows: pd.DataFrame, *, where: str) -> DuplicateCityYearError:
    """The error for the first city and year that ``rows`` holds more than once."""
    twice = rows[rows.duplicated(list(KEY), keep=False)]
    city, year = twice.iloc[0]["city_id"], twice.iloc[0]["year"]
    count = int(((twice["city_id"] == city) & (twice["year"] == year)).sum())
    keys = len(twice.drop_duplicates(list(KEY)))
    more = f" ({keys} city-years are repeated in all)" if keys > 1 else ""
    return DuplicateCityYearError(
        where,
        expected="one row per city and year",
        found=f"city {city}, year {year} in {count} rows{more}",
        hint="remove or combine the repeated rows",
    )
