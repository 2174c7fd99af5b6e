"""Boundaries against what else the study names: a reference, cities, limits of overlaps."""

import math
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from geo.audit import AuditRow
from geo.errors import DatumError, TilingError
from nightpanel.study_units import UnitsSection

if TYPE_CHECKING:
    from geo.boundaries import Units
    from geo.datum import Datum
    from geo.datum_shift import DatumShift
    from geo.reference import Reference
    from geo.tiling import Tiling

WORST = 3
"""Overlaps and gaps that are named."""


@dataclass(frozen=True, slots=True)
class Boundaries:
    """A study's units, and what they were compared with."""

    units: "Units"
    """With audit rows of the comparisons."""
    reference: "Reference | None"
    """The reference, if the study names one."""
    shift: "DatumShift | None"
    """How the units, as the file has them where their datum is to be detected, lie against it."""


def read_boundaries(section: UnitsSection) -> Boundaries:
    """Read a study's units and compare them with its reference and its cities.

    Parameters
    ----------
    section : UnitsSection

    Returns
    -------
    Boundaries

    Raises
    ------
    NightpanelError
        As `geo.boundaries.read_units`, `geo.reference.read_reference` and
        `geo.datum_shift.compare_with_reference`; DatumError also if the datum is to be detected
        and there is no reference, or it does not tell.
    """
    units = read_as(section, "WGS84" if section.datum == "detect" else section.datum)
    if section.reference is None:
        if section.datum == "detect":
            raise DatumError(
                f"{section.file}, datum = 'detect'",
                expected="a reference to detect the datum by",
                found="none",
                hint="name one (units.reference), or declare the datum",
            )
        return Boundaries(_with_membership(units, section), None, None)
    from geo.datum_shift import compare_with_reference
    from geo.reference import read_reference

    reference = read_reference(section.reference, ids=section.reference_id)
    shift = compare_with_reference(units, reference)
    if section.datum == "detect":
        units, rows = _in_detected(section, units, shift)
    else:
        rows = _doubts(section, shift)
    units = replace(units, audit=(*units.audit, *reference.audit, *rows))
    return Boundaries(_with_membership(units, section), reference, shift)


def require_tiling(section: UnitsSection, found: "Tiling") -> None:
    """Refuse units that count more land twice or never than the study allows.

    Raises
    ------
    TilingError
        If a limit is exceeded.
    """
    for key, share, limit, worst in (
        ("most_twice", found.twice_share, section.most_twice, worst_overlaps(found)),
        ("most_never", found.never_share, section.most_never, worst_gaps(found)),
    ):
        if limit is not None and share > limit:
            raise TilingError(
                f"{section.file}, {key} = {limit:g}",
                expected=f"at most {limit:.4%} of the land in {key.removeprefix('most_')}",
                found=f"{share:.4%}: {worst}",
                hint="mend the boundaries, or raise the limit",
            )


def measured(boundaries: Boundaries) -> "Tiling":
    """Overlaps, and gaps inside the reference or else inside the units' own outline."""
    from geo.tiling import tiling

    units, reference = boundaries.units, boundaries.reference
    land = None if reference is None else reference.shapes_in(units.crs)
    return tiling(units, reference=land)


def worst_overlaps(found: "Tiling") -> str:
    """The largest overlaps in words."""
    rows = found.overlaps.head(WORST).to_dict("records")
    told = (f"{row['unit']} and {row['other']} {row['km2']:.3g} km2" for row in rows)
    return ", ".join(told) or "none"


def worst_gaps(found: "Tiling") -> str:
    """The largest gaps in words."""
    rows = found.gaps.head(WORST).to_dict("records")
    told = (
        f"{row['km2']:.3g} km2 at ({row['x']:.4f}, {row['y']:.4f}) by {row['units'] or 'no unit'}"
        for row in rows
    )
    return ", ".join(told) or "none"


def shift_in_words(shift: "DatumShift") -> str:
    """What a comparison with a reference found."""
    left = ", ".join(f"{datum} {metres:.0f} m" for datum, metres in shift.left_m.items())
    return (
        f"{shift.pairs} compared by {shift.by}; read in this datum they lie this far off: {left};"
        f" as they stand {shift.east_m:+.0f} m east, {shift.north_m:+.0f} m north"
    )


def read_as(section: UnitsSection, datum: "Datum") -> "Units":
    """A study's units, compared with nothing, their coordinates taken to be in a datum."""
    from geo.boundaries import read_units  # geopandas is loaded with the first polygons

    return read_units(
        section.file,
        unit_id=section.unit_id,
        city_id=section.city_id,
        name=section.name,
        layer=section.layer,
        encoding=section.encoding,
        datum=datum,
    )


def _in_detected(
    section: UnitsSection, units: "Units", shift: "DatumShift"
) -> tuple["Units", list[AuditRow]]:
    """The units in the datum that the reference speaks for."""
    if not shift.is_clear:
        raise DatumError(
            f"{section.file}, datum = 'detect'",
            expected=f"one datum that fits {section.reference} far better than the others",
            found=shift_in_words(shift),
            hint="declare the datum, or name a reference of the same boundaries",
        )
    if shift.datum != "WGS84":
        units = read_as(section, shift.datum)
    detail = f"{shift.datum}: {shift_in_words(shift)}"
    row = AuditRow("boundaries", "detected_datum", units.source, detail, new=shift.datum)
    return units, [row]


def _doubts(section: UnitsSection, shift: "DatumShift") -> list[AuditRow]:
    """Rows if units, in their declared datum, lie elsewhere than the reference."""
    if shift.is_clear and shift.datum != "WGS84":
        rule, said = "doubtful_datum", f"they look like {shift.datum}, not {section.datum}"
    elif shift.is_shifted:
        rule, said = "shifted_boundaries", "they lie off the reference, as no known datum does"
    else:
        return []
    detail = f"{said}: {shift_in_words(shift)}"
    return [AuditRow("boundaries", rule, f"{section.file}", detail)]


def _with_membership(units: "Units", section: UnitsSection) -> "Units":
    """The units, with a row for each that lies outside its city or whose city has no polygon."""
    if section.cities is None:
        return units
    from geo.city_membership import share_inside
    from geo.reference import read_reference
    from nightpanel.unit_cities import mapped_cities, with_crosswalk

    read = read_reference(section.cities, ids=section.cities_id)
    # Both sides as the crosswalk has them: a merged city's units lie in what it joined.
    read = replace(read, ids=mapped_cities(read.ids or (), section.crosswalk))
    names, outlines = read.dissolved(units.crs)
    counted = with_crosswalk(units, section.crosswalk)[0]
    cities = counted.attributes["city_id"].tolist()
    found = share_inside(units.polygons.geometries(), cities, outlines, names)
    found = found.assign(
        unit=units.attributes["unit_id"], city=cities, row=range(1, len(cities) + 1)
    )
    # Not the other way round: what is no number is no share either.
    outside = found[~(found["inside"] >= section.least_inside)]
    rows = [_membership_row(one, units.source, read.source) for one in outside.to_dict("records")]
    return replace(units, audit=(*units.audit, *read.audit, *rows))


def _membership_row(one: Mapping[Hashable, Any], source: str, cities: str) -> AuditRow:
    inside, city = one["inside"], one["city"]
    if math.isnan(inside):
        rule, said = "city_without_polygon", f"city {city} is not in {cities}"
    else:
        rule, said = "outside_city", f"{inside:.1%} of it lies inside city {city}"
    return AuditRow(
        "boundaries",
        rule,
        f"{source}, unit {one['unit']!r}",
        f"{said}; it lies in {one['lies_in'] or 'no city'}",
        file=source,
        row=one["row"],
        old=city,
        new=city,
    )
