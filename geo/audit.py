"""Audit rows: what was repaired, dropped, guessed or flagged, one row each."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from operator import attrgetter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One thing the program did to the data, or noticed in it."""

    stage: str
    """The stage that saw it: ``boundaries``, ``tiles``, ``light``, ``panel`` or ``designs``."""
    rule: str
    """The rule's name, in snake case, for example ``repaired_geometry``."""
    subject: str
    """What it concerns: a file, a unit, a city-year, a column."""
    detail: str
    """What was found and what was done, with figures."""
    count: int = 1
    """How many things the row stands for."""
    file: str = ""
    """The file, with its sheet or layer, where one cell or row of it is meant."""
    row: int | None = None
    """Its row there, counted as the file's own program counts, of several the first; None where no
    row is meant."""
    old: str = ""
    """What stood there, where a value was changed or dropped."""
    new: str = ""
    """What it became; blank where it was dropped."""


_KINDS = {"count": "int64", "row": "Int64"}


def audit_table(rows: Iterable[AuditRow]) -> "pd.DataFrame":
    """Audit rows as a table, in the order given.

    Parameters
    ----------
    rows : iterable of AuditRow

    Returns
    -------
    pandas.DataFrame
        Columns ``stage``, ``rule``, ``subject``, ``detail``, ``file``, ``old``, ``new`` (text),
        ``count`` (int64) and ``row`` (Int64, missing where no single row is meant); the columns
        are there even when no row is.
    """
    import pandas as pd  # rows are made everywhere, tables of them only to be written

    listed = list(rows)
    kinds = {field.name: _KINDS.get(field.name, "str") for field in fields(AuditRow)}
    columns = {name: list(map(attrgetter(name), listed)) for name in kinds}
    return pd.DataFrame(
        {name: pd.Series(columns[name], dtype=kind) for name, kind in kinds.items()}
    )


def audit_rows(table: "pd.DataFrame") -> tuple[AuditRow, ...]:
    """The rows of a table as `audit_table` makes it."""
    names = [field.name for field in fields(AuditRow)]
    plain = table[names].astype(object).where(table[names].notna(), None)
    return tuple(AuditRow(*values) for values in plain.itertuples(index=False, name=None))
