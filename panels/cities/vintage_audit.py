"""Audit rows of a table that is moved to another vintage, with the rows of its file."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from geo.audit import AuditRow
from panels.origins import Places, first_place


@dataclass(frozen=True, slots=True)
class Told:
    """How a table and its rows are named in the audit."""

    where: str
    """The table's file or name."""
    places: Places
    """File and row of its city-years, as far as they are known."""

    def row(
        self,
        rule: str,
        subject: str,
        detail: str,
        keys: Sequence[tuple[str, int]],
        count: int = 1,
        *,
        old: str = "",
        new: str = "",
    ) -> AuditRow:
        """An audit row that names the row of the first of some city-years."""
        file, line = first_place(self.places, keys)
        whole = f"{self.where}: {subject}" if subject else self.where
        return AuditRow(
            "panel", rule, whole, detail, count, file=file or self.where, row=line, old=old, new=new
        )

    def parts(
        self,
        rule: str,
        subject: str,
        detail: str,
        values: pd.DataFrame,
        year: int,
        *,
        is_kept: bool = False,
    ) -> list[AuditRow]:
        """One row for each part of a city-year, with its values: kept, or gone with the whole.

        Parameters
        ----------
        values : pandas.DataFrame
            The values in question; its index holds the parts' ids.
        """
        made = []
        for city, row in zip(values.index, values.to_dict("records"), strict=True):
            text = values_text(row)
            new = text if is_kept else ""
            made.append(self.row(rule, subject, detail, [(str(city), year)], old=text, new=new))
        return made


def values_text(row: Mapping[Hashable, object]) -> str:
    """A row's values, as ``gdp 12.5, people 3``; missing ones left out."""
    known = ((name, float(str(value))) for name, value in row.items() if name != "year")
    return ", ".join(f"{name} {value:.10g}" for name, value in known if not pd.isna(value))
