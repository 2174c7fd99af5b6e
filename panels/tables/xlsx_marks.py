"""What a sheet of an xlsx file merges and hides, from its XML (ECMA-376, part 1, 18.3.1)."""

import posixpath
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree as ET
from xml.parsers import expat

from openpyxl.utils.cell import range_boundaries

from geo.errors import TableFileError
from panels.tables.raw_cells import MAX_COLUMNS, Merged, require_few

LAST_ROW = 1 << 20
"""Rows of a sheet, at most."""
MAX_DEPTH = 64
"""Elements inside each other, at most; a cell's text is in nine."""
MAX_MERGED = 100_000
"""Merged blocks of a sheet, at most: one for each of 4,000 counties in 25 years."""

_TRUE = {"1", "true"}
_CHUNK = 1 << 16


@dataclass(frozen=True, slots=True)
class SheetMarks:
    """What a sheet shows as one block, and what it does not show."""

    merged: tuple[Merged, ...]
    """Merged blocks."""
    hidden_rows: frozenset[int]
    """Row numbers."""
    hidden_columns: frozenset[int]
    """Columns from 0."""
    uncomputed: frozenset[tuple[int, int]]
    """Row number and column from 0 of formulas without a stored value."""


def sheet_marks(file: Path, sheet: str) -> SheetMarks:
    """What a sheet merges and hides.

    Parameters
    ----------
    file : Path
        An xlsx file that `panels.tables.zip_limits.require_workbook` lets pass.
    sheet : str
        The sheet's name.

    Returns
    -------
    SheetMarks

    Raises
    ------
    TableFileError
        The sheet has more cells than a table may have, or cells outside of what a sheet can hold.
    """
    parser = expat.ParserCreate()
    reading = _Reading(f"{file} [{sheet}]", parser)
    parser.StartElementHandler = reading.start
    parser.EndElementHandler = reading.end
    with zipfile.ZipFile(file) as book, book.open(_member(book, sheet)) as stream:
        while chunk := stream.read(_CHUNK):
            parser.Parse(chunk, False)
        parser.Parse(b"", True)
    return SheetMarks(
        tuple(reading.merged),
        frozenset(reading.hidden_rows),
        frozenset(reading.hidden_columns),
        frozenset(reading.uncomputed),
    )


@dataclass(slots=True)
class _Reading:
    """Where the parser is in a sheet, and what it has met."""

    place: str
    parser: expat.XMLParserType
    merged: list[Merged] = field(default_factory=list)
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: set[int] = field(default_factory=set)
    uncomputed: set[tuple[int, int]] = field(default_factory=set)
    row: int = 0
    reference: str = ""
    has_formula: bool = False
    in_value: bool = False
    has_value: bool = False
    cells: int = 0
    cells_of_row: int = 0
    depth: int = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            self._refuse(f"more than {MAX_DEPTH} elements inside each other")
        kind = name.rpartition(":")[2]
        if kind == "c":
            self._cell(attributes)
        elif kind in ("f", "v"):
            self._content(kind)
        elif kind == "row":
            self.row = int(attributes.get("r", self.row + 1))
            self.cells_of_row = 0
            require_few(self.cells, self.place)
            if not 1 <= self.row <= LAST_ROW:
                self._refuse(f"row {self.row}")
            if attributes.get("hidden") in _TRUE:
                self.hidden_rows.add(self.row)
        elif kind == "col" and attributes.get("hidden") in _TRUE:
            first, last = int(attributes["min"]), min(int(attributes["max"]), MAX_COLUMNS)
            self.hidden_columns.update(range(first - 1, last))
        elif kind == "mergeCell":
            self._merge(attributes["ref"])

    def end(self, name: str) -> None:
        self.depth -= 1
        if self.has_formula and name.rpartition(":")[2] == "c":
            if not self.has_value:
                left = range_boundaries(self.reference)[0] if self.reference else None
                self.uncomputed.add((self.row, (left or self.cells_of_row) - 1))
            self.has_formula = False
            self.parser.CharacterDataHandler = None

    def text(self, data: str) -> None:
        self.has_value |= self.in_value and bool(data.strip())

    def _cell(self, attributes: dict[str, str]) -> None:
        self.cells += 1
        self.cells_of_row += 1
        if self.cells_of_row > MAX_COLUMNS:
            self._refuse(f"more than {MAX_COLUMNS:,} cells in row {self.row}")
        self.reference = attributes.get("r", "")
        # The value of a formula of text may be the empty text.
        self.has_value = attributes.get("t") == "str"

    def _content(self, kind: str) -> None:
        self.in_value = kind == "v"
        if kind == "f":
            self.has_formula = True
            self.parser.CharacterDataHandler = self.text

    def _merge(self, ref: str) -> None:
        left, top, right, bottom = range_boundaries(ref)
        if left is None or top is None or right is None or bottom is None:
            return
        if len(self.merged) == MAX_MERGED:
            self._refuse(f"more than {MAX_MERGED:,} merged blocks")
        self.merged.append(Merged(top, bottom, left - 1, right - 1))

    def _refuse(self, found: str) -> None:
        raise TableFileError(
            self.place,
            expected=f"a sheet of at most {LAST_ROW:,} rows and {MAX_COLUMNS:,} columns",
            found=found,
            hint="save the table alone in a new file",
        )


def _member(book: zipfile.ZipFile, sheet: str) -> str:
    """The member of the zip that holds a sheet, by its relationships."""
    (workbook,) = [
        target for kind, target in _targets(book, "").values() if kind.endswith("/officeDocument")
    ]
    related = _targets(book, workbook)
    for element in ET.fromstring(book.read(workbook)).iter():  # noqa: S314  (no entities: checked)
        if _local(element.tag) == "sheet" and element.get("name") == sheet:
            by_id = {_local(key): value for key, value in element.attrib.items()}
            return related[by_id["id"]][1]
    raise KeyError(sheet)


def _targets(book: zipfile.ZipFile, part: str) -> dict[str, tuple[str, str]]:
    """Kind and member of each relationship of a part, by its id."""
    folder, name = posixpath.split(part)
    root = ET.fromstring(book.read(posixpath.join(folder, "_rels", f"{name}.rels")))  # noqa: S314
    return {
        element.attrib["Id"]: (
            element.attrib["Type"],
            posixpath.normpath(posixpath.join("/", folder, element.attrib["Target"])).lstrip("/"),
        )
        for element in root
    }


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]
