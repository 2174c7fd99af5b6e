"""A finished city-year table, as `nightpanel estimate` takes it from any source."""

from pathlib import Path

import pandas as pd

from geo.errors import CodeError, TableColumnError
from panels.cities.codes import code_text
from panels.rows import years
from panels.schema import KEY, check_panel, missing_column
from panels.tables.cells import is_missing, number_column, plain
from panels.tables.sheets import Sheet, open_sheet


def read_panel(path: Path, *, key: tuple[str, str] | None = KEY) -> pd.DataFrame:
    """Read a city-year table with all its columns.

    Rows at the end in which every cell is missing, such as a blank last line, are no rows.

    Parameters
    ----------
    path : Path
        csv, xlsx, dta or parquet with the columns of the key.
    key : (str, str) or None
        Columns of the city, or of a province in its place, and of the year; None where rows are no
        city-years, and no column is asked for.

    Returns
    -------
    pandas.DataFrame
        The city (str), the year (int64); the other columns float64 where all their cells are
        numbers or missing, text elsewhere.

    Raises
    ------
    TableFileError
        The file is missing, unreadable or of unknown format.
    TableColumnError
        A key column is missing, a column name is repeated, or a year is no number.
    CodeError
        A city id is missing.
    DuplicateCityYearError
        A city has a year twice.
    """
    sheet = open_sheet(path)
    if key is None:
        refuse_repeated(sheet)
        return _rest(sheet, ()).reset_index(drop=True)
    city, year = key
    for name in key:
        if name not in sheet.header:
            raise missing_column(name, [head for head in sheet.header if head], where=sheet.place)
    refuse_repeated(sheet)
    cells = sheet.cells.set_axis(list(sheet.header), axis=1)
    table = pd.DataFrame(
        {
            city: _ids(cells[city], where=f"{sheet.place}: column {city!r}"),
            year: years(cells[year], where=f"{sheet.place}: column {year!r}"),
        }
    )
    table = table.join(_rest(sheet, key))
    keys = table[[*key]].set_axis(list(KEY), axis=1).reset_index(drop=True)
    check_panel(keys, where=sheet.place)
    return table.reset_index(drop=True)


def _rest(sheet: Sheet, keys: tuple[str, ...]) -> pd.DataFrame:
    """Columns that are no key: codes of cities as text, numbers where all cells are, else text."""
    cells = sheet.cells.set_axis(list(sheet.header), axis=1)
    columns = {}
    for name in cells.columns:
        where = f"{sheet.place}: column {name!r}"
        if keys and name not in keys and name == "city_id":
            columns[name] = _ids(cells[name], where=where)
        elif name not in keys:
            columns[name] = numbers_or_text(cells[name], where=where)
    return pd.DataFrame(columns, index=cells.index)


def refuse_repeated(sheet: Sheet) -> None:
    """Refuse a table with two columns of one name.

    Raises
    ------
    TableColumnError
    """
    for name in sheet.header:
        count = sheet.header.count(name)
        if count > 1:
            raise TableColumnError(
                f"{sheet.place}: column {name!r}",
                expected="one column of this name",
                found=f"{count}",
                hint="rename or remove the others",
            )


def _ids(cells: pd.Series, *, where: str) -> pd.Series:
    """Ids as text: whole numbers lose their decimal point, other text stays as it is."""
    for row, cell in cells.items():
        if is_missing(cell):
            raise CodeError(
                where, expected="a city id", found=f"an empty cell in row {row}", hint="fill it"
            )
    return pd.Series([code_text(cell) or plain(cell) for cell in cells], index=cells.index).astype(
        "str"
    )


def numbers_or_text(cells: pd.Series, *, where: str) -> pd.Series:
    """A column as float64 where all its cells are numbers or missing, else as text."""
    try:
        return number_column(cells, where=where).numbers
    except TableColumnError:
        return cells.map(plain).astype("str")
