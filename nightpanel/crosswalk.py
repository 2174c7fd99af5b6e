"""City ids of the units mapped by a named crosswalk."""

from dataclasses import replace

from geo.audit import AuditRow
from geo.boundaries import Units
from panels.codes import apply_crosswalk, crosswalk_named


def with_crosswalk(units: Units, name: str | None) -> tuple[Units, tuple[AuditRow, ...]]:
    """Units with their city ids mapped by a named crosswalk, and one audit row a pair of codes."""
    if name is None:
        return units, ()
    cities = units.attributes["city_id"]
    mapped = apply_crosswalk(cities, crosswalk_named(name))
    changed = mapped != cities
    pairs = (cities + " to " + mapped)[changed]
    rows = tuple(
        AuditRow("boundaries", "crosswalk", units.source, f"city {pair} by {name}", int(count))
        for pair, count in pairs.value_counts().sort_index().items()
    )
    return replace(units, attributes=units.attributes.assign(city_id=mapped)), rows
