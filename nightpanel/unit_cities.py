"""City ids of the units mapped by a crosswalk: a shipped one, or a table of the user's."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from geo.audit import AuditRow
from geo.boundaries import Units
from geo.errors import CrosswalkError
from panels.cities.crosswalks import (
    CHINA_2023,
    code_map,
    has_weights,
    moved_counties,
    read_crosswalk,
    weights_of_year,
)

_BEFORE_ALL = 0


@dataclass(frozen=True, slots=True)
class _UnitMap:
    """Where units belong."""

    cities: Mapping[str, str]
    """City id to the city that counts."""
    split: frozenset[str]
    """City ids that went to several cities."""
    counties: Mapping[str, str]
    """First six digits of unit ids to the city that counts, before the city id is asked."""


def with_crosswalk(units: Units, name: str | None) -> tuple[Units, tuple[AuditRow, ...]]:
    """Units with their city ids mapped by a crosswalk, and one audit row a pair of codes.

    Parameters
    ----------
    units : Units
    name : str or None
        ``china-municipalities``, ``china-codes``, ``china-2023``; or a table with ``code`` and
        ``city_id``, or ``old``, ``new`` and ``weight``. None changes nothing.

    Returns
    -------
    units : Units
    audit : tuple of AuditRow

    Raises
    ------
    CodeError, CrosswalkError, TableFileError, TableColumnError
        The crosswalk cannot be read, or a unit's city went to several: no unit is split.
    """
    if name is None:
        return units, ()
    known = _unit_map(name)
    cities = units.attributes["city_id"]
    county = units.attributes["unit_id"].str[:6].map(known.counties)
    mapped = cities.map(lambda city: known.cities.get(city, city)).where(county.isna(), county)
    _refuse_split(units, county.isna() & cities.isin(known.split), name)
    changed = mapped != cities
    pairs = pd.DataFrame({"old": cities, "new": mapped}).reset_index(drop=True)
    rows = tuple(
        AuditRow(
            "boundaries", "crosswalk", units.source, f"city {old} to {new} by {name}", len(moved),
            file=units.source, row=int(moved.index[0]) + 1, old=str(old), new=str(new),
        )
        for (old, new), moved in pairs[changed.to_numpy()].groupby(["old", "new"])
    )  # fmt: skip
    attributes = units.attributes.assign(city_id=mapped.astype("str"))
    return replace(units, attributes=attributes), rows


def mapped_cities(ids: Sequence[str], name: str | None) -> tuple[str, ...]:
    """City ids under a crosswalk as `with_crosswalk` has it; those that it splits stay."""
    known = {} if name is None else _unit_map(name).cities
    return tuple(known.get(one, one) for one in ids)


def _unit_map(name: str) -> _UnitMap:
    if name != CHINA_2023 and not has_weights(name):
        return _UnitMap(code_map(name), frozenset(), {})
    crosswalk = read_crosswalk(name)
    weights = weights_of_year(crosswalk, crosswalk.table["old"], _BEFORE_ALL)
    whole = weights[weights["weight"].eq(1.0)]
    split = frozenset(weights["old"]) - frozenset(whole["old"])
    moved = moved_counties() if name == CHINA_2023 else pd.DataFrame({"old": [], "new": []})
    return _UnitMap(
        dict(zip(whole["old"], whole["new"], strict=True)),
        split,
        dict(zip(moved["old"], moved["new"], strict=True)),
    )


def _refuse_split(units: Units, wrong: "pd.Series[bool]", name: str) -> None:
    if not wrong.any():
        return
    first = units.attributes[wrong].iloc[0]
    raise CrosswalkError(
        f"{units.source}: unit {first['unit_id']!r}",
        expected="a city that went whole to another",
        found=f"{first['city_id']}, which {name} splits ({int(wrong.sum())} units in all)",
        hint="give each unit its city by a crosswalk of code and city_id, or by another city_id",
    )
