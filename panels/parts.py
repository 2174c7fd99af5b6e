"""The parts of a table: several files by a pattern, several sheets, each perhaps of one year."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from geo.errors import TableFileError
from panels.tables.table_files import table_files
from panels.tables.workbooks import sheet_names

YearFrom = Literal["name", "sheet"]
"""Where the year of a part stands: in the file's name or in the sheet's."""

EVERY_SHEET = "*"
"""In place of a sheet's name: all sheets that have the wanted columns' year in their name."""

_YEAR = re.compile(r"(?<!\d)((?:19|20)\d{2})(?!\d)")


@dataclass(frozen=True, slots=True)
class Part:
    """One sheet of one file."""

    file: Path
    """The file."""
    sheet: str | None
    """Its sheet, where there are several."""
    year: int | None
    """The year of all its rows, where a name says it."""


def table_parts(file: Path, *, sheet: str | None, year_from: YearFrom | None) -> list[Part]:
    """The parts of a table.

    Parameters
    ----------
    file : Path
        A file, or a pattern of files.
    sheet : str, optional
        A sheet's name; ``*`` for every sheet whose name has a year.
    year_from : {"name", "sheet"}, optional
        Where a part's year stands, if its rows do not say it.

    Returns
    -------
    list of Part
        By file, then in the order of the sheets.

    Raises
    ------
    TableFileError
        No file or no sheet is found, or a name has no year or several.
    """
    parts = []
    for path in table_files(file):
        for name in _sheets(path, sheet, year_from):
            year = None
            if year_from == "name":
                year = _year_in(path.stem, str(path))
            elif year_from == "sheet":
                year = _year_in(name or "", f"{path}: sheet {name!r}")
            parts.append(Part(path, name, year))
    return parts


def _sheets(path: Path, sheet: str | None, year_from: YearFrom | None) -> Sequence[str | None]:
    if sheet != EVERY_SHEET:
        return [sheet]
    found = [name for name in sheet_names(path) if year_from != "sheet" or len(_years(name)) == 1]
    if not found:
        raise TableFileError(
            f"{path}: sheet",
            expected="sheets with a year in their names",
            found=", ".join(sheet_names(path)) or "none with data",
            hint="name the sheet",
        )
    return found


def _year_in(name: str, where: str) -> int:
    years = _years(name)
    if len(years) != 1:
        raise TableFileError(
            where,
            expected="one year of four digits in the name",
            found=", ".join(map(str, years)) or "none",
            hint="rename it, or narrow the pattern",
        )
    return years[0]


def _years(name: str) -> list[int]:
    return sorted({int(year) for year in _YEAR.findall(name)})
