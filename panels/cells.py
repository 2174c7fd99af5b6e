"""What the cells of a yearbook mean: missing, a number, a year, or none of these."""

import math
import re
from collections import Counter
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from numbers import Real

import numpy as np
import pandas as pd

from geo.errors import TableColumnError

MISSING_MARKERS = frozenset(
    {"-", "--", "–", "—", "——", ".", "..", "...", "…", "……", "na", "n/a", "#n/a", "nan", "null"}
)
"""Texts that yearbooks write for a missing value, compared without regard to case."""

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)
_GROUPED = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?", re.ASCII)
_YEAR = re.compile(r"(\d{4})(\.0+)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class NumberColumn:
    """A column of cells read as numbers, and what had to be interpreted on the way."""

    numbers: pd.Series
    """float64, NaN where missing, on the index of the cells."""
    markers: Mapping[str, int]
    """How often each missing marker was met."""
    grouped: int
    """How many cells had commas between thousands."""


def plain(value: object) -> str:
    """Text of a cell or header with every run of blanks and line breaks as one blank."""
    return " ".join(str(value).split())


def is_missing(value: object) -> bool:
    """Whether a cell is blank, not a number, or one of ``MISSING_MARKERS``."""
    if isinstance(value, str):
        text = plain(value)
        return not text or text.casefold() in MISSING_MARKERS
    if value is None or value is pd.NA or value is pd.NaT:
        return True
    return isinstance(value, Real) and math.isnan(value)


def year_of(value: object) -> int | None:
    """Calendar year of a cell.

    Parameters
    ----------
    value : object
        2018, 2018.0, "2018" and "2018.0" are the year 2018.

    Returns
    -------
    int or None
        A year of four digits; None when the cell is anything else.
    """
    if isinstance(value, str):
        match = _YEAR.fullmatch(plain(value))
        return int(match[1]) if match else None
    if isinstance(value, bool) or not isinstance(value, Real):
        return None
    number = float(value)
    return int(number) if number.is_integer() and 1000 <= number <= 9999 else None


def number_column(cells: pd.Series, *, where: str) -> NumberColumn:
    """Read a column of cells as numbers.

    Parameters
    ----------
    cells : pandas.Series
        Numbers or text, any dtype; the index holds the file's row numbers.
    where : str
        File and column, for errors.

    Returns
    -------
    NumberColumn

    Raises
    ------
    TableColumnError
        A cell is no finite number and not missing; file, column, row and value are named.
    """
    markers: Counter[str] = Counter()
    grouped = 0
    numbers = np.full(len(cells), np.nan)
    for position, (row, cell) in enumerate(cells.items()):
        if is_missing(cell):
            if isinstance(cell, str) and plain(cell):
                markers[plain(cell)] += 1
            continue
        number, has_commas = _number(cell)
        if number is None or not math.isfinite(number):
            raise _not_a_number(where, row, cell)
        numbers[position] = number
        grouped += has_commas
    return NumberColumn(pd.Series(numbers, index=cells.index), dict(markers), grouped)


def _number(cell: object) -> tuple[float | None, bool]:
    """The number of a cell that is not missing, and whether its thousands were grouped."""
    if isinstance(cell, bool | np.bool_):
        return None, False
    if isinstance(cell, Real | Decimal):
        return float(cell), False
    if not isinstance(cell, str):
        return None, False
    text = plain(cell).replace("，", ",")
    if _NUMBER.fullmatch(text):
        return float(text), False
    if _GROUPED.fullmatch(text):
        return float(text.replace(",", "")), True
    return None, False


def _not_a_number(where: str, row: Hashable, cell: object) -> TableColumnError:
    return TableColumnError(
        where,
        expected="numbers",
        found=f"{plain(cell)!r} in row {row}",
        hint="correct the cell, or leave it blank if the value is missing",
    )
