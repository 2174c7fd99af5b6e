"""A finished city-year table, as `nightpanel estimate` takes it from any source."""

from pathlib import Path

import pandas as pd

from geo.errors import CodeError, TableColumnError
from panels.cities.codes import code_text
from panels.rows import years
from panels.schema import KEY, check_panel, missing_column
from panels.tables.cells import is_missing, number_column, plain
from panels.tables.sheets import Sheet, open_sheet


def read_panel(path: Path, *, keyed: bool = True) -> pd.DataFrame:
    """Read a city-year table with all its columns.

    Rows at the end in which every cell is missing, such as a blank last line, are no rows.

    Parameters
    ----------
    path : Path
        csv, xlsx, dta or parquet with the columns ``city_id`` and ``year``.
    keyed : bool
        Whether rows are city-years; otherwise no column is a key, and none is asked for.

    Returns
    -------
    pandas.DataFrame
        ``city_id`` (str), ``year`` (int64); the other columns float64 where all their cells are
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
    if not keyed:
        _refuse_repeated(sheet)
        return _rest(sheet, ()).reset_index(drop=True)
    for name in KEY:
        if name not in sheet.header:
            raise missing_column(name, [head for head in sheet.header if head], where=sheet.place)
    _refuse_repeated(sheet)
    cells = sheet.cells.set_axis(list(sheet.header), axis=1)
    table = pd.DataFrame(
        {
            "city_id": _ids(cells["city_id"], where=f"{sheet.place}: column 'city_id'"),
            "year": years(cells["year"], where=f"{sheet.place}: column 'year'"),
        }
    )
    table = table.join(_rest(sheet, KEY))
    return check_panel(table.reset_index(drop=True), where=sheet.place)


def _rest(sheet: Sheet, keys: tuple[str, ...]) -> pd.DataFrame:
    """Columns that are no key: numbers where all cells are, else text."""
    cells = sheet.cells.set_axis(list(sheet.header), axis=1)
    return pd.DataFrame(
        {
            name: _numbers_or_text(cells[name], where=f"{sheet.place}: column {name!r}")
            for name in cells.columns
            if name not in keys
        },
        index=cells.index,
    )


def _refuse_repeated(sheet: Sheet) -> None:
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


def _numbers_or_text(cells: pd.Series, *, where: str) -> pd.Series:
    try:
        return number_column(cells, where=where).numbers
    except TableColumnError:
        return cells.map(plain).astype("str")
