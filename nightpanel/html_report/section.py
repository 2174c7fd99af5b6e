"""What a section of the report consists of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import pandas as pd

from nightpanel.html_report.words import p_shown, shown

P_VALUE = "p_value"
"""The column that is shown as p values are."""
ROWS = 200
"""Rows of a table that is in the page as it is; longer ones are records."""


@dataclass(frozen=True, slots=True)
class DataTable:
    """A table as people read it."""

    kind: ClassVar[str] = "table"

    caption: str
    """What it is."""
    columns: tuple[str, ...]
    """Headings."""
    rows: tuple[tuple[str, ...], ...]
    """Cells as text."""
    numeric: tuple[bool, ...]
    """Which columns are of numbers."""
    left_out: int = 0
    """Rows that are not shown, because they are many."""


@dataclass(frozen=True, slots=True)
class Chart:
    """A plotly chart, what it says in words, and the table behind it."""

    kind: ClassVar[str] = "chart"

    id: str
    """Its id in the page."""
    title: str
    """What it shows."""
    text: str
    """The text alternative: what one sees, with figures."""
    figure: Mapping[str, Any]
    """``data`` and ``layout`` as plotly takes them."""
    table: DataTable
    """The numbers behind it."""
    height: int = 380
    """Pixels."""


@dataclass(frozen=True, slots=True)
class Records:
    """A long table that the page filters and turns over."""

    kind: ClassVar[str] = "records"

    id: str
    """Its id in the page."""
    caption: str
    """What it is."""
    columns: tuple[str, ...]
    """Headings."""
    rows: tuple[tuple[str, ...], ...]
    """Cells as text."""
    choose: tuple[int, ...] = ()
    """Columns by whose values rows may be chosen."""
    left_out: int = 0
    """Rows that are not in the page."""
    where: str = ""
    """Where these are."""


@dataclass(frozen=True, slots=True)
class Text:
    """Paragraphs, or points."""

    kind: ClassVar[str] = "text"

    lines: tuple[str, ...]
    """One each."""
    points: bool = False
    """Whether they are a list."""
    title: str = ""
    """A heading of their own."""
    code: str = ""
    """A text that stays as it is set, below them."""


@dataclass(frozen=True, slots=True)
class CityMap:
    """The map with its year slider."""

    kind: ClassVar[str] = "map"

    text: str
    """The text alternative."""
    data: Mapping[str, Any]
    """Shapes and years as the page's script reads them."""
    table: DataTable
    """Cities and their Gini, years as columns."""


Piece = DataTable | Chart | Records | Text | CityMap


@dataclass(frozen=True, slots=True)
class Section:
    """A section of the report."""

    id: str
    """Its id in the page."""
    title: str
    """Its heading."""
    parts: tuple[Piece, ...] = ()
    """What it holds, in order."""
    missing: str = ""
    """Why it, or a part of it, is not there; empty where all is."""


def data_table(
    table: pd.DataFrame, caption: str, *, names: Mapping[str, str] | None = None, rows: int = ROWS
) -> DataTable:
    """A table of the report from columns of numbers and texts.

    Parameters
    ----------
    table : pandas.DataFrame
        The index is not shown.
    caption : str
    names : mapping of str to str, optional
        Headings of columns; their own names else.
    rows : int
        How many are shown.

    Returns
    -------
    DataTable
    """
    head = table.head(rows)
    return DataTable(
        caption=caption,
        columns=headings(table, names),
        rows=cells(head),
        numeric=tuple(pd.api.types.is_numeric_dtype(kind) for kind in table.dtypes),
        left_out=len(table) - len(head),
    )


def headings(table: pd.DataFrame, names: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """Headings of a table's columns: given ones, else names with spaces."""
    known = names or {}
    return tuple(known.get(str(name), str(name).replace("_", " ")) for name in table.columns)


def cells(table: pd.DataFrame) -> tuple[tuple[str, ...], ...]:
    """A table's cells as text, numbers rounded by the report's one rule."""
    columns: Sequence[list[str]] = [
        [(p_shown if name == P_VALUE else shown)(value) for value in table[name].tolist()]
        for name in table.columns
    ]
    return tuple(zip(*columns, strict=True)) if columns else ()
