"""Rows of a table that a study wants: those with a given text in some column."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from geo.audit import AuditRow
from geo.errors import TableColumnError
from panels.schema import missing_column
from panels.tables.cells import is_missing, plain
from panels.tables.headers import located
from panels.tables.sheets import Sheet


def chosen_rows(
    sheet: Sheet, cells: pd.DataFrame, only: Mapping[str, str]
) -> tuple[pd.DataFrame, tuple[AuditRow, ...]]:
    """Cells of the rows that have the wanted texts.

    Parameters
    ----------
    sheet : Sheet
        All cells of the file.
    cells : pandas.DataFrame
        Cells picked from it, on its row numbers.
    only : mapping of str to str
        Name in the file of a column to the text that its rows must have.

    Returns
    -------
    cells : pandas.DataFrame
    audit : tuple of AuditRow
        One row for each column, with how many rows of the file are left out.

    Raises
    ------
    TableColumnError
        There is no such column, or no row has the text.
    """
    audit = []
    for column, wanted in only.items():
        found, _ = located(sheet.header, column)
        if len(found) != 1:
            raise missing_column(column, [one for one in sheet.header if one], where=sheet.place)
        texts = sheet.cells[found[0]].map(lambda cell: "" if is_missing(cell) else plain(cell))
        rows = texts.index[texts == wanted]
        if rows.empty:
            raise TableColumnError(
                f"{sheet.place}: column {column!r}",
                expected=f"{wanted!r} in some row",
                found=", ".join(repr(one) for one in texts.unique()[:3]),
                hint="correct the text that only asks for",
            )
        kept = cells.index.isin(rows)
        gone = int(np.unique(cells.index[~kept]).size)
        cells = cells[kept]
        if gone:
            audit.append(
                AuditRow(
                    "panel", "rows_not_asked_for", f"{sheet.place}: column {column!r}",
                    f"{gone} rows without {wanted!r} left out", gone, file=sheet.place,
                )
            )  # fmt: skip
    return cells, tuple(audit)
