"""When the divisions of a crosswalk exist: which began with a change, which ended with one."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from panels.cities.crosswalks import Crosswalk
from panels.schema import KEY


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """Divisions and the years in which they exist."""

    born: Mapping[str, int]
    """First year of divisions that a change made: they have no figures of their own before."""
    events: Mapping[str, Mapping[int, bool]]
    """Of every division, whether it exists after each change that names it, by year."""
    successors: Mapping[tuple[str, int], frozenset[str]]
    """Where a division went in the year of a change."""

    def ended(self, division: str, year: int) -> int | None:
        """The year in which a division ended, if it does not exist in ``year``."""
        known = self.events.get(division, {})
        before = [change for change in known if change <= year]
        return max(before) if before and not known[max(before)] else None

    def exists(self, division: str, year: int) -> bool:
        """Whether a division exists in a year."""
        return self.born.get(division, year) <= year and self.ended(division, year) is None


def lifetimes(crosswalk: Crosswalk, table: pd.DataFrame) -> Lifetimes:
    """Lifetimes of the divisions of a crosswalk.

    Parameters
    ----------
    crosswalk : Crosswalk
    table : pandas.DataFrame
        ``city_id``, ``year`` and values, under the codes of the crosswalk.

    Returns
    -------
    Lifetimes

    Notes
    -----
    A new division is taken for one that began in that year, unless the table has a value of it
    before, or the crosswalk names it as an old one until then (a row ``3701,3701,1,2019`` does).
    """
    known = crosswalk.table
    dated = known[known["year"].notna() & known["weight"].gt(0.0)].astype({"year": "int64"})
    valued = table[table.drop(columns=list(KEY)).notna().any(axis=1)]
    seen = {str(city): int(year) for city, year in valued.groupby("city_id")["year"].min().items()}
    as_old = {str(old): int(year) for old, year in dated.groupby("old")["year"].min().items()}
    made = dated[dated["old"] != dated["new"]].groupby("new")["year"].min()
    born = {
        str(new): int(year)
        for new, year in made.items()
        if as_old.get(str(new), int(year) + 1) > year and seen.get(str(new), int(year)) >= year
    }
    events: dict[str, dict[int, bool]] = {}
    successors: dict[tuple[str, int], frozenset[str]] = {}
    for change, rows in dated.groupby("year"):
        year, after = int(str(change)), set(rows["new"])
        for division in after | set(rows["old"]):
            events.setdefault(division, {})[year] = division in after
        for old, parts in rows.groupby("old")["new"]:
            successors[str(old), year] = frozenset(parts)
    return Lifetimes(born, events, successors)
