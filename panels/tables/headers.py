"""Where a table's header is: below titles, over one, two or three rows, with or without units."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, pairwise

from geo.audit import AuditRow
from geo.errors import TableColumnError
from panels.tables.cells import half_width, is_missing, plain, without_mark
from panels.tables.raw_cells import RawCells
from panels.tables.units import Unit, split_unit, stated_unit, unit_named
from panels.tables.wide_names import YEAR

MAX_ROWS = 3
"""Rows that a header may have."""
_LOOKED_AT = 40
UNIT_WORDS = frozenset({"单位", "计量单位", "unit", "units"})
"""What a row or column of units is called."""

_YEARS = r"((?:19|20)\d{2})"


@dataclass(frozen=True, slots=True)
class Header:
    """Names and units of a sheet's columns, and where its data begin."""

    names: tuple[str, ...]
    """One for each column; texts of several rows joined by a blank."""
    units: tuple[Unit | None, ...]
    """What the sheet itself says of each column's unit: in its name, or in a row below."""
    stated: Unit | None
    """The unit that a line above the header states for the whole table."""
    first: int
    """Position of the header's first row."""
    last: int
    """Position of its last."""
    end: int
    """Position of the first row below header and units."""
    audit: tuple[AuditRow, ...]
    """What was read as title, header and unit."""


def find_header(raw: RawCells, wanted: Sequence[str]) -> Header:
    """The header that has the wanted names, or most of them.

    One row is tried before two, two before three, and upper rows before lower ones.

    Parameters
    ----------
    raw : RawCells
    wanted : sequence of str
        Names of columns; ``{year}`` in a name stands for any year.

    Returns
    -------
    Header

    Raises
    ------
    TableColumnError
        A wanted name stands over several columns that a second row tells apart.
    """
    best, first, depth = -1, 0, 1
    for rows in range(1, MAX_ROWS + 1):
        for top in range(min(_LOOKED_AT, len(raw.cells) - rows + 1)):
            names = joined_names(raw, top, rows)
            found = sum(bool(located(names, name)[0]) for name in wanted)
            if found > best:
                best, first, depth = found, top, rows
            if found == len(wanted):
                header = header_at(raw, first, depth)
                _refuse_split(raw, header, wanted)
                return header
    return header_at(raw, first, depth)


def header_at(raw: RawCells, first: int, rows: int) -> Header:
    """The header that begins in the row of position ``first`` and has so many rows."""
    names, units = _joined(raw, first, rows)
    end = first + rows
    audit = _title_audit(raw, first)
    if rows > 1:
        detail = f"names joined from rows {_numbers(raw, first, end)}, such as {_longest(names)!r}"
        audit.append(_row(raw, "header_rows_joined", detail, raw.cells.index[first]))
    below = _unit_row(raw, end) if end < len(raw.cells) else None
    if below is not None:
        texts = ", ".join(dict.fromkeys(unit.name for unit in below if unit is not None))
        audit.append(_row(raw, "unit_row", f"units {texts}", raw.cells.index[end]))
        units = [new or old for new, old in zip(below, units, strict=True)]
        end += 1
    of_names = [unit or split_unit(name)[1] for unit, name in zip(units, names, strict=True)]
    stated = next(filter(None, map(stated_unit, _texts(raw, range(first)))), None)
    return Header(tuple(names), tuple(of_names), stated, first, first + rows - 1, end, tuple(audit))


def located(names: Sequence[str], wanted: str) -> tuple[list[int], str]:
    """Where a wanted name is among the names of a header.

    Parameters
    ----------
    names : sequence of str
    wanted : str
        Without ``{year}``, or with it for every year.

    Returns
    -------
    positions : list of int
        Of all names that are the wanted one in the strictest sense in which any is.
    how : {"", "blanks, widths and marks", "unit"}
        What was disregarded: nothing; blanks, width of characters, case and footnote marks; the
        unit in the name as well.
    """
    readings: list[tuple[str, Callable[[str], str]]] = [
        ("blanks, widths and marks", folded),
        ("unit", bare),
    ]
    # A wanted name that says a unit is met by no column of another unit, and by none without.
    if split_unit(wanted)[1] is not None:
        readings.pop()
    if YEAR in wanted:
        pattern = year_pattern(wanted)
        for how, key in readings:
            found = [at for at, name in enumerate(names) if pattern.fullmatch(key(name))]
            if found:
                return found, how if how == "unit" else ""
        return [], ""
    for how, key in [("", plain), *readings]:
        meant = key(wanted)
        found = [at for at, name in enumerate(names) if meant and key(name) == meant]
        if found:
            return found, how
    return [], ""


def year_pattern(wanted: str) -> re.Pattern[str]:
    """What a folded name must be to have the form of one with ``{year}``; its group is the year."""
    before, _, after = wanted.partition(YEAR)
    before, after = folded(before), folded(after)
    suffix = re.escape(after) if after.startswith("年") else "年?" + re.escape(after)
    return re.compile(re.escape(before) + _YEARS + suffix)


def folded(name: str) -> str:
    """A name without blanks, footnote marks, and differences of width and case."""
    return _folded(name)


def bare(name: str) -> str:
    """A folded name without the unit at its end."""
    return _bare(name)


@lru_cache(maxsize=4096)
def _folded(name: str) -> str:
    return re.sub(r"\s", "", half_width(without_mark(plain(name)))).casefold()


@lru_cache(maxsize=4096)
def _bare(name: str) -> str:
    return folded(split_unit(name)[0])


def header_text(cell: object) -> str:
    """A header cell as text; the year 2010.0 is 2010."""
    if is_missing(cell):
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return plain(cell)


def joined_names(raw: RawCells, first: int, rows: int) -> list[str]:
    """Names of columns, if the header began in the row of position ``first`` with so many rows."""
    return _joined(raw, first, rows)[0]


def is_repeated(cells: Iterable[object], texts: Sequence[frozenset[str]]) -> bool:
    """Whether a row of the table says again what its header says."""
    told = [
        (folded(header_text(cell)), own)
        for cell, own in zip(cells, texts, strict=True)
        if not is_missing(cell)
    ]
    return len(told) > 1 and all(text in own or unit_named(text) for text, own in told)


def header_texts(raw: RawCells, header: Header) -> list[frozenset[str]]:
    """For each column the folded texts of the header's own rows, and its joined name."""
    rows = raw.cells.iloc[header.first : header.end]
    own = [{folded(header_text(cell)) for cell in rows[at]} for at in rows.columns]
    return [
        frozenset({*texts, folded(name)} - {""})
        for texts, name in zip(own, header.names, strict=True)
    ]


def _joined(raw: RawCells, first: int, rows: int) -> tuple[list[str], list[Unit | None]]:
    """Names of columns, with the units that rows of their own say."""
    lines = [_line(raw, position) for position in range(first, first + rows)]
    # The mark at the end of a joined name is left off with the name's; those inside, here.
    lines[:-1] = [
        [text if unit_named(text) else without_mark(text) for text in line] for line in lines[:-1]
    ]
    for upper, lower in pairwise(lines):
        _spread(upper, lower)
    names: list[str] = []
    units: list[Unit | None] = []
    for parts in zip(*lines, strict=True):
        texts = list(dict.fromkeys(filter(None, parts)))
        unit = unit_named(texts[-1]) if len(texts) > 1 else None
        names.append(" ".join(texts[:-1] if unit else texts))
        # A unit in an upper row holds for all names below that have none.
        above = [split_unit(text)[1] for text in reversed(texts)] if len(texts) > 1 else []
        units.append(unit or next(filter(None, above), None))
    return names, units


def _line(raw: RawCells, position: int) -> list[str]:
    """Texts of a row, those of merged cells in each cell of their block."""
    texts = [header_text(cell) for cell in raw.cells.iloc[position]]
    number = raw.cells.index[position]
    for block in raw.merged:
        if not block.first_row <= number <= block.last_row:
            continue
        if block.first_row not in raw.cells.index or block.first_column >= len(texts):
            continue
        top = header_text(raw.cells.loc[block.first_row, block.first_column])
        for at in range(block.first_column, min(block.last_column + 1, len(texts))):
            texts[at] = top
    return texts


def _spread(upper: list[str], lower: list[str]) -> None:
    """A text also heads the blank cells to its right that have a text below."""
    for at in range(1, len(upper)):
        # Not over a column that has a name of its own in the upper row alone.
        if not upper[at] and lower[at] and upper[at - 1] and lower[at - 1]:
            upper[at] = upper[at - 1]


def _unit_row(raw: RawCells, position: int) -> list[Unit | None] | None:
    """The units of a row in which nothing but units stands."""
    texts = [header_text(cell) for cell in raw.cells.iloc[position]]
    units = [unit_named(text) or unit_named(text.strip("()（）[]【】")) for text in texts]
    told = [
        unit is not None or text.strip("()（）:：").casefold() in UNIT_WORDS
        for text, unit in zip(texts, units, strict=True)
        if text
    ]
    return units if any(units) and all(told) else None


def _refuse_split(raw: RawCells, header: Header, wanted: Sequence[str]) -> None:
    """A name over several columns is none of them; which one, a second row says."""
    places = [located(header.names, name)[0] for name in wanted if YEAR not in name]
    at = split_column(raw, header, keys=chain(*places[:2]), values=chain(*places[2:]))
    if at is None:
        return
    joined = joined_names(raw, header.first, header.end - header.first + 1)
    raise TableColumnError(
        f"{raw.place}: column {header.names[at]!r}",
        expected="a header of one row, or the names of both rows",
        found=f"{_line(raw, header.end)[at]!r} below it in row {raw.cells.index[header.end]}",
        hint=f"name the column {joined[at]!r}",
    )


def split_column(
    raw: RawCells, header: Header, *, keys: Iterable[int], values: Iterable[int]
) -> int | None:
    """A column of values over which a header's name stands for several, told apart below it.

    Parameters
    ----------
    raw : RawCells
    header : Header
    keys, values : iterable of int
        Columns of cities and years; of numbers.

    Returns
    -------
    int or None
        The first column of values with a word in the row below the header, where no key has one:
        that row is no row of data.
    """
    if header.end >= len(raw.cells) or header.end - header.first >= MAX_ROWS:
        return None
    line = _line(raw, header.end)
    if any(line[at] and line[at] != header.names[at] for at in keys):
        return None
    for at in values:
        text = line[at]
        number = half_width(text).replace(",", "").replace(".", "").lstrip("+-").isdigit()
        if text and text != header.names[at] and not number and not is_missing(text):
            return at
    return None


def _title_audit(raw: RawCells, first: int) -> list[AuditRow]:
    rows = []
    for position in range(first):
        texts = list(dict.fromkeys(filter(None, _line(raw, position))))
        if texts:
            text, number = " ".join(texts), raw.cells.index[position]
            rows.append(_row(raw, "title_rows", "above the header, left out", number, old=text))
    return rows


def _row(raw: RawCells, rule: str, detail: str, number: int, *, old: str = "") -> AuditRow:
    place = raw.place
    return AuditRow("panel", rule, place, detail, file=place, row=int(number), old=old)


def _texts(raw: RawCells, positions: Iterable[int]) -> Iterable[str]:
    return (text for position in positions for text in _line(raw, position) if text)


def _numbers(raw: RawCells, first: int, end: int) -> str:
    return ", ".join(str(number) for number in raw.cells.index[first:end])


def _longest(names: Sequence[str]) -> str:
    return max(names, key=len, default="")
