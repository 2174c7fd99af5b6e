"""What the cells of a yearbook mean: missing, a number, a year, or none of these."""

import math
import re
from collections import Counter
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from numbers import Real
from typing import Literal

import numpy as np
import pandas as pd

from geo.errors import TableColumnError

MISSING_MARKERS = frozenset(
    {"-", "--", "–", "—", "——", "－", "－－", "―", ".", "..", "...", "…", "……", "/", "／"}
    | {"na", "n/a", "n.a.", "#n/a", "nan", "null", "缺失", "暂无", "无数据"}
)
"""Texts that yearbooks write for a missing value, compared without regard to case."""

# Full-width digits, letters and signs, and the minus of typesetters. Superscripts and circled
# digits are left alone: they are marks, and folding them would make 12.5² the number 12.52.
_HALF_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x2212: "-"}

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)
_GROUPED = re.compile(r"[+-]?\d{1,3}(?:(?:,\d{3})+|(?: \d{3})+)(\.\d+)?", re.ASCII)
_ONE_GROUP = re.compile(r"[+-]?\d{1,3},\d{3}", re.ASCII)
_SWAPPED = {ord(","): ".", ord("."): ","}
_YEAR = re.compile(r"(\d{4})(\.0+)?\s*年?", re.ASCII)
_MARK = re.compile(
    r"\s*(?:[①-⑳⓪-⓿*＊†‡§#＃※¹²³⁰-⁹ª-ºᵃ-ᶻ]+"  # ①, *, ², ª
    r"|[(（\[](?:注|[a-z]|\d{1,2})[)）\]]"  # (1), [a]
    r"|(?<=[\s\d])[a-z][)\]]"  # a)
    r"|注\s*\d{1,2})$",  # 注1
    re.IGNORECASE,
)


DecimalSign = Literal[".", ","]
"""What stands before the decimals; the other one may stand between thousands."""


@dataclass(frozen=True, slots=True)
class NumberColumn:
    """A column of cells read as numbers, and what had to be interpreted on the way."""

    numbers: pd.Series
    """float64, NaN where missing, on the index of the cells."""
    markers: Mapping[str, int]
    """How often each missing marker was met."""
    grouped: int
    """How many cells had commas or blanks between thousands."""
    folded: int = 0
    """How many had full-width digits or signs."""
    percent: int = 0
    """How many had a percent sign, which is left off."""
    texts: int = 0
    """How many numbers were stored as text."""
    marked: tuple[tuple[Hashable, str, str], ...] = ()
    """Row, text and number of each cell with a footnote mark, which is left off."""


@dataclass(frozen=True, slots=True)
class _Cell:
    """One cell's number and what was in its way."""

    number: float
    grouped: bool = False
    folded: bool = False
    percent: bool = False
    text: bool = False
    unmarked: str | None = None


def plain(value: object) -> str:
    """Text of a cell or header with every run of blanks and line breaks as one blank."""
    return " ".join(str(value).split())


def half_width(text: str) -> str:
    """A text with full-width digits, letters and signs as the usual ones."""
    return text.translate(_HALF_WIDTH)


def without_mark(text: str) -> str:
    """A text without the footnote marks at its end, such as ①, *, a) and (1)."""
    bare = _MARK.sub("", text)
    while bare and bare != text:
        text, bare = bare, _MARK.sub("", bare)
    return text


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
        2018, 2018.0, "2018", "2018.0", "2018年" and full-width digits are the year 2018.

    Returns
    -------
    int or None
        A year of four digits; None when the cell is anything else.
    """
    if isinstance(value, str):
        match = _YEAR.fullmatch(half_width(plain(value)))
        return int(match[1]) if match else None
    if isinstance(value, bool) or not isinstance(value, Real):
        return None
    number = float(value)
    return int(number) if number.is_integer() and 1000 <= number <= 9999 else None


def number_column(
    cells: pd.Series, *, where: str, percent: bool = False, decimal: DecimalSign | None = "."
) -> NumberColumn:
    """Read a column of cells as numbers.

    Parameters
    ----------
    cells : pandas.Series
        Numbers or text, any dtype; the index holds the file's row numbers.
    where : str
        File and column, for errors.
    percent : bool
        Whether numbers may have a percent sign: in a column of percents alone.
    decimal : {".", ","}, optional
        The decimal sign of numbers as text. None where it may be either, so that 1,234 may be a
        thousand or one and a bit.

    Returns
    -------
    NumberColumn

    Raises
    ------
    TableColumnError
        A cell is no finite number and not missing, or may be either of two; file, column, row
        and value are named.
    """
    markers: Counter[str] = Counter()
    marked = []
    met: Counter[str] = Counter()
    numbers = np.full(len(cells), np.nan)
    for position, (row, cell) in enumerate(cells.items()):
        if is_missing(cell):
            if isinstance(cell, str) and plain(cell):
                markers[plain(cell)] += 1
            continue
        read = _number(cell, decimal)
        if read is None or not math.isfinite(read.number) or (read.percent and not percent):
            raise _not_a_number(where, row, cell, read)
        if decimal is None and _ONE_GROUP.fullmatch(half_width(without_mark(plain(cell)))):
            raise TableColumnError(
                where,
                expected="numbers of which the decimal sign is known",
                found=f"{plain(cell)!r} in row {row}, among cells separated by semicolons",
                hint='state decimal = "," or decimal = "." in the table\'s section',
            )
        numbers[position] = read.number
        met.update(name for name in _MET if getattr(read, name))
        if read.unmarked is not None:
            marked.append((row, plain(cell), read.unmarked))
    return NumberColumn(
        pd.Series(numbers, index=cells.index),
        dict(markers),
        grouped=met["grouped"],
        folded=met["folded"],
        percent=met["percent"],
        texts=met["text"],
        marked=tuple(marked),
    )


def number_of(cell: object) -> float | None:
    """The number of one cell, signs of percent and footnotes left off; None if it is none."""
    read = None if is_missing(cell) else _number(cell)
    return None if read is None or not math.isfinite(read.number) else read.number


_MET = ("grouped", "folded", "percent", "text")


def _number(cell: object, decimal: DecimalSign | None = ".") -> _Cell | None:
    """The number of a cell that is not missing, if it is one."""
    if isinstance(cell, bool | np.bool_):
        return None
    if isinstance(cell, Real | Decimal):
        return _Cell(float(cell))
    if not isinstance(cell, str):
        return None
    text = plain(cell)
    if decimal != "," and _NUMBER.fullmatch(text):
        return _Cell(float(text), text=True)
    return _number_of_text(text, decimal)


def _number_of_text(text: str, decimal: DecimalSign | None) -> _Cell | None:
    bare = without_mark(text)
    half = half_width(bare)
    percent = half.endswith("%")
    digits = half.removesuffix("%").rstrip()
    digits = digits.translate(_SWAPPED) if decimal == "," else digits
    grouped = _GROUPED.fullmatch(digits) is not None
    if not grouped and not _NUMBER.fullmatch(digits):
        return None
    plain_digits = digits.replace(",", "").replace(" ", "") if grouped else digits
    # A comma of full width is a comma between thousands, not a digit to be folded.
    folded = half != bare.replace("，", ",").replace("％", "%")
    unmarked = digits if bare != text else None
    return _Cell(float(plain_digits), grouped, folded, percent, text=True, unmarked=unmarked)


def _not_a_number(where: str, row: Hashable, cell: object, read: _Cell | None) -> TableColumnError:
    signed = read is not None and read.percent
    return TableColumnError(
        where,
        expected="numbers" if not signed else "numbers without a percent sign",
        found=f"{plain(cell)!r} in row {row}",
        hint='declare the column\'s unit as "percent"'
        if signed
        else 'if the comma is the decimal sign, state decimal = "," in the table\'s section'
        if _number(cell, ",") is not None
        else "correct the cell, or leave it blank if the value is missing",
    )
