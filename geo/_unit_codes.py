"""Codes as text: which columns hold the ids of units and cities, and what their values are."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from numbers import Integral, Real
from typing import NoReturn

import numpy as np
import pandas as pd

from geo.audit import AuditRow
from geo.errors import BoundaryColumnError, DuplicateUnitError

# Shorter numbers than a county's code are running numbers, whose lengths may differ.
SHORTEST_CODE = 6
LISTED_COLUMNS = 12
# Whole numbers of more bits than these, or 53, have no float of their own.
_FULL_WIDTH = {0xFF10 + digit: str(digit) for digit in range(10)}
EXACT_BITS = {"float16": 11, "float32": 24}


@dataclass(frozen=True, slots=True)
class CodeColumns:
    """The columns of a boundary table that hold ids and names."""

    unit: str
    """Column of unit ids."""
    city: str
    """Column that city ids are taken from."""
    city_digits: int | None
    """How many leading characters of ``city`` are the city id; all of them if None."""
    name: str | None
    """Column of names, if there is one."""

    @property
    def city_key(self) -> str:
        """The city column as the user writes it, ``COLUMN`` or ``COLUMN:DIGITS``."""
        return self.city if self.city_digits is None else f"{self.city}:{self.city_digits}"

    @property
    def needed(self) -> list[str]:
        """The distinct columns to read, in the order unit, city, name."""
        named = [self.unit, self.city] + ([] if self.name is None else [self.name])
        return list(dict.fromkeys(named))


def choose_columns(
    available: Iterable[object], *, unit_id: str, city_id: str, name: str | None, source: str
) -> CodeColumns:
    """Resolve the columns that the user named.

    Parameters
    ----------
    available : iterable
        Column names of the boundary table, without its geometry.
    unit_id : str
        Column of unit ids.
    city_id : str
        ``COLUMN`` or ``COLUMN:DIGITS``; a column whose own name has a colon is taken whole.
    name : str or None
        Column of names.
    source : str
        The file, for errors.

    Returns
    -------
    CodeColumns

    Raises
    ------
    BoundaryColumnError
        A column is missing or occurs twice, or DIGITS is no positive integer.
    """
    columns = [str(column) for column in available]
    city, digits = _split_city(city_id, columns, where=f"{source}, city_id = {city_id!r}")
    for key, written, column in (("unit_id", unit_id, unit_id), ("city_id", city_id, city)):
        _require_column(column, columns, where=f"{source}, {key} = {written!r}")
    if name is not None:
        _require_column(name, columns, where=f"{source}, name = {name!r}")
    return CodeColumns(unit=unit_id, city=city, city_digits=digits, name=name)


def unit_ids(
    table: pd.DataFrame, columns: CodeColumns, *, source: str
) -> tuple[list[str], list[AuditRow]]:
    """Unit ids as text, one per row, checked to be there and unique.

    Raises
    ------
    BoundaryColumnError
        A value is neither text nor a whole number, or numbers lost leading zeros.
    DuplicateUnitError
        An id is missing, blank or occurs more than once.
    """
    where = f"{source}, unit_id = {columns.unit!r}"
    values, audit = _text(table[columns.unit], where=where, subject=f"{source}, {columns.unit}")
    ids = [value for value in values if value]
    if len(ids) < len(values):
        row = next(row for row, value in enumerate(values, start=1) if not value)
        raise DuplicateUnitError(
            where,
            expected="an id in every row",
            found=f"no value in row {row} of {len(values)}",
            hint="fill the id in, or name another column",
        )
    _require_unique(ids, where=where)
    return ids, audit


def city_ids(
    table: pd.DataFrame, columns: CodeColumns, units: Sequence[str], *, source: str
) -> tuple[list[str], list[AuditRow]]:
    """City ids as text, one per row.

    Raises
    ------
    BoundaryColumnError
        A value is missing, no code, or shorter than the digits to take from it, or numbers lost
        leading zeros.
    """
    where = f"{source}, city_id = {columns.city_key!r}"
    values, audit = _text(table[columns.city], where=where, subject=f"{source}, {columns.city}")
    shortest = columns.city_digits or 1
    ids = [value[: columns.city_digits] for value in values if value and len(value) >= shortest]
    if len(ids) < len(values):
        _refuse_city(values, units, shortest, where=where)
    # The same column is often both keys; its repairs were told with the unit ids.
    return ids, [] if columns.city == columns.unit else audit


def _refuse_city(
    values: Sequence[str | None], units: Sequence[str], shortest: int, *, where: str
) -> NoReturn:
    """Raise for the first value that is missing or too short; there is one."""
    unit, value = next(
        (unit, value)
        for unit, value in zip(units, values, strict=True)
        if not value or len(value) < shortest
    )
    if not value:
        raise BoundaryColumnError(
            where,
            expected="a city for every unit",
            found=f"no value for unit {unit!r}",
            hint="fill the city in, or take it from another column",
        )
    raise BoundaryColumnError(
        where,
        expected=f"codes of {shortest} characters or more",
        found=f"{value!r} for unit {unit!r}",
        hint="take fewer digits, or name the column with the full code",
    )


def names(
    table: pd.DataFrame, columns: CodeColumns, *, source: str
) -> tuple[list[str], list[AuditRow]]:
    """Names as text, one per row; ``""`` where there is none."""
    if columns.name is None:
        return [""] * len(table), []
    where = f"{source}, name = {columns.name!r}"
    subject = f"{source}, {columns.name}"
    values, audit = _text(table[columns.name], where=where, subject=subject, codes=False)
    known = columns.name in (columns.unit, columns.city)
    return [value or "" for value in values], [] if known else audit


def _split_city(spec: str, columns: Sequence[str], *, where: str) -> tuple[str, int | None]:
    column, colon, digits = spec.rpartition(":")
    if spec in columns or not colon:
        return spec, None
    if not (digits.isascii() and digits.isdigit() and int(digits) > 0):
        raise BoundaryColumnError(
            where,
            expected="COLUMN or COLUMN:DIGITS with DIGITS a positive integer",
            found=f"DIGITS {digits!r}",
            hint="write for example code:4 for the first four digits of the column code",
        )
    return column, int(digits)


def _require_column(column: str, columns: Sequence[str], *, where: str) -> None:
    times = columns.count(column)
    if times == 1:
        return
    folded = {name.casefold(): name for name in reversed(columns)}
    close = [folded[key] for key in get_close_matches(column.casefold(), folded, n=3, cutoff=0.6)]
    listed = ", ".join(repr(name) for name in columns[:LISTED_COLUMNS])
    more = f" and {len(columns) - LISTED_COLUMNS} more" if len(columns) > LISTED_COLUMNS else ""
    raise BoundaryColumnError(
        where,
        expected=f"one column {column!r}",
        found=f"{times} of that name among {listed}{more}" if columns else "no columns at all",
        hint=f"did you mean {' or '.join(repr(name) for name in close)}?"
        if close and times == 0
        else "name one of the file's columns",
    )


def _require_unique(ids: Sequence[str], *, where: str) -> None:
    if len(set(ids)) == len(ids):
        return
    counts = pd.Series(ids, dtype="str").value_counts(sort=False)
    repeated = counts[counts > 1]
    raise DuplicateUnitError(
        where,
        expected="every unit once",
        found=f"{repeated.index[0]!r} {repeated.iloc[0]} times"
        + (f" ({len(repeated)} ids occur more than once)" if len(repeated) > 1 else ""),
        hint="dissolve the parts of a unit into one multipolygon, or name the column of unit ids",
    )


def _text(
    values: pd.Series, *, where: str, subject: str, codes: bool = True
) -> tuple[list[str | None], list[AuditRow]]:
    """A column as text without surrounding blanks, None where missing, and what was changed."""
    exact_below = 2.0 ** EXACT_BITS.get(str(values.dtype).lower(), 53)
    present = values.notna().to_numpy(dtype=bool)
    given = values.astype(object).to_numpy()[present].tolist()
    # Columns of nothing but text, the rule, go without a look at every value.
    if set(map(type, given)) <= {str}:
        read, numbers = [value.strip() for value in given], []
    else:
        read = [_text_of(value, exact_below=exact_below, where=where) for value in given]
        pairs = zip(read, given, strict=True)
        numbers = [(text, value) for text, value in pairs if not isinstance(value, str)]
    wide = []
    if codes and not all(map(str.isascii, read)):
        plain = [text.translate(_FULL_WIDTH) for text in read]
        wide = [pair for pair in zip(read, plain, strict=True) if pair[0] != pair[1]]
    stripped = []
    if numbers or read != given:
        pairs = zip(read, given, strict=True)
        stripped = [value for text, value in pairs if isinstance(value, str) and value != text]
    if codes:
        _require_leading_zeros([text for text, _ in numbers], where=where)
    audit = []
    if numbers:
        text, value = numbers[0]
        detail = f"numbers read as text, such as {value} as {text!r}"
        audit.append(AuditRow("boundaries", "codes_from_numbers", subject, detail, len(numbers)))
    if stripped:
        detail = f"surrounding blanks removed, such as in {stripped[0]!r}"
        audit.append(AuditRow("boundaries", "stripped_blanks", subject, detail, len(stripped)))
    if wide:
        detail = f"full-width digits read as usual ones, such as {wide[0][0]!r} as {wide[0][1]!r}"
        audit.append(AuditRow("boundaries", "full_width_digits", subject, detail, len(wide)))
        read = plain
    texts = np.full(len(values), None, dtype=object)
    texts[present] = read
    return texts.tolist(), audit


def _require_leading_zeros(texts: Sequence[str], *, where: str) -> None:
    """Numbers of exactly two lengths, one digit apart, are codes of which some lost a zero."""
    lengths = {len(text) for text in texts}
    if not lengths or lengths != {max(lengths) - 1, max(lengths)}:
        return
    if max(lengths) < SHORTEST_CODE:
        return
    short = next(text for text in texts if len(text) < max(lengths))
    raise BoundaryColumnError(
        where,
        expected=f"codes of {max(lengths)} digits, as others in the column",
        found=f"{short!r}",
        hint="a leading zero was lost by a number: store the codes as text",
    )


def _text_of(value: object, *, exact_below: float, where: str) -> str:
    if isinstance(value, str):
        return value.strip()
    if type(value) is int:
        return str(value)
    if not isinstance(value, bool):
        if isinstance(value, Integral):
            return str(int(value))
        if isinstance(value, Real):
            number = float(value)
            if number.is_integer() and abs(number) < exact_below:
                return str(int(number))
    raise BoundaryColumnError(
        where,
        expected="codes as text or whole numbers",
        found=f"{value!r}"
        if isinstance(value, Real)
        else f"a value of type {type(value).__name__}",
        hint="name a column of codes, or store the codes as text",
    )
