"""Which columns of a sheet are its keys, and what the values of the others look like."""

from collections.abc import Mapping

import pandas as pd

from panels.cities.codes import code_text
from panels.tables.cells import is_missing, number_of, plain, year_of
from panels.tables.guess import Guess
from panels.tables.sheets import Sheet

Guesses = Mapping[int, Guess | None]
"""What the header of each column may mean, by position."""

_MOSTLY = 0.9
_SHOWN_TEXTS = 3


def code_column(sheet: Sheet, guesses: Guesses) -> int | None:
    """The column of city codes with most different ones; by its name, else by its values."""
    named = [at for at, one in guesses.items() if one is not None and one.known.kind == "city_code"]
    other = [at for at, one in guesses.items() if one is None]
    for candidates in (named, other):
        counted = {at: _different_codes(sheet.cells[at]) for at in candidates}
        best = max(counted, key=lambda at: counted[at], default=None)
        if best is not None and counted[best] > 1:
            return best
    return None


def _different_codes(cells: pd.Series) -> int:
    """Different codes of a column, if it is mostly codes of four, six, nine or twelve digits."""
    known = [cell for cell in cells if not is_missing(cell)]
    codes = [code_text(cell) for cell in known]
    fitting = [
        code
        for code in codes
        if code is not None and len(code) in (4, 6, 9, 12) and 11 <= int(code[:2]) <= 82
    ]
    years = sum(
        year_of(cell) is not None and 1949 <= (year_of(cell) or 0) <= 2100 for cell in known
    )
    if len(fitting) < _MOSTLY * len(known) or years > len(known) / 2:
        return 0
    return len(set(fitting))


def name_column(sheet: Sheet, guesses: Guesses) -> int | None:
    """The column of cities' names, by its name; a usual one before one like it."""
    for sure in (True, False):
        for at, one in guesses.items():
            fits = one is not None and one.known.kind == "city_name" and one.sure == sure
            if fits and not column_fact(sheet, at)[0]:
                return at
    return None


def year_column(sheet: Sheet, guesses: Guesses) -> int | None:
    """The column of years; by its name, else by its values."""
    named = [at for at, one in guesses.items() if one is not None and one.known.kind == "year"]
    other = [at for at, one in guesses.items() if one is None]
    for at in (*named, *other):
        known = [cell for cell in sheet.cells[at] if not is_missing(cell)]
        years = [year for cell in known if (year := year_of(cell)) and 1900 <= year <= 2100]
        if known and len(years) >= _MOSTLY * len(known):
            return at
    return None


def province_column(sheet: Sheet, guesses: Guesses) -> int | None:
    """The column of provinces' names, by its name."""
    for at, one in guesses.items():
        if one is not None and one.sure and one.known.column == "province_name":
            return at if not column_fact(sheet, at)[0] else None
    return None


def column_fact(sheet: Sheet, at: int) -> tuple[bool, str]:
    """Whether a column's values are numbers, and what they look like."""
    label = f"{sheet.labels[at]!r}; " if sheet.labels and sheet.labels[at] else ""
    known = [cell for cell in sheet.cells[at] if not is_missing(cell)]
    if not known:
        return False, f"{label}blank"
    numbers = [number for cell in known if (number := number_of(cell)) is not None]
    texts = list(dict.fromkeys(plain(cell) for cell in known if number_of(cell) is None))
    if len(numbers) >= _MOSTLY * len(known):
        others = len(known) - len(numbers)
        but = f", but {others} cells are no numbers, such as {texts[0]!r}" if others else ""
        return not others, f"{label}{min(numbers):g} to {max(numbers):g}{but}"
    more = ", ..." if len(texts) > _SHOWN_TEXTS else ""
    return False, f"{label}text: {', '.join(text[:20] for text in texts[:_SHOWN_TEXTS])}{more}"
