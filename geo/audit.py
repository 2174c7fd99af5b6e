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


def audit_table(rows: Iterable[AuditRow]) -> "pd.DataFrame":
    """Audit rows as a table, in the order given.

    Parameters
    ----------
    rows : iterable of AuditRow

    Returns
    -------
    pandas.DataFrame
        Columns ``stage``, ``rule``, ``subject``, ``detail`` (text) and ``count`` (int64); the
        columns are there even when no row is.
    """
    import pandas as pd  # rows are made everywhere, tables of them only to be written

    listed = list(rows)
    kinds = {field.name: "int64" if field.name == "count" else "str" for field in fields(AuditRow)}
    columns = {name: list(map(attrgetter(name), listed)) for name in kinds}
    return pd.DataFrame(
        {name: pd.Series(columns[name], dtype=kind) for name, kind in kinds.items()}
    )
