"""A table of any key, such as shares by city and sector: some columns text, the others numbers."""

from collections.abc import Collection
from pathlib import Path

import pandas as pd

from panels.cities.codes import code_text
from panels.read_panel import numbers_or_text, refuse_repeated
from panels.tables.cells import is_missing, plain
from panels.tables.sheets import open_sheet


def read_table(path: Path, *, text: Collection[str] = ()) -> pd.DataFrame:
    """Read a table with all its columns.

    Parameters
    ----------
    path : Path
        csv, xlsx, xls, dta or parquet.
    text : collection of str
        Columns of names and codes, where the table has them: whole numbers lose their decimal
        point, codes keep their zeros.

    Returns
    -------
    pandas.DataFrame
        Those columns as text, missing where a cell is; the others float64 where all their cells
        are numbers or missing, text elsewhere.

    Raises
    ------
    TableFileError
        The file is missing, unreadable or of unknown format.
    TableColumnError
        A column name is repeated.
    """
    sheet = open_sheet(path)
    refuse_repeated(sheet)
    cells = sheet.cells.set_axis(list(sheet.header), axis=1).reset_index(drop=True)
    columns = {}
    for name in cells.columns:
        if name in text:
            columns[name] = cells[name].map(_text).astype("str").where(~cells[name].map(is_missing))
        else:
            columns[name] = numbers_or_text(cells[name], where=f"{sheet.place}: column {name!r}")
    return pd.DataFrame(columns)


def _text(cell: object) -> str:
    return code_text(cell) or plain(cell)
