"""How well a datum is restored and detected, on the real counties, townships and light of China.

Needs ``NIGHTPANEL_DATA``. Fills the part of ``docs/boundaries.md`` between its marks.
"""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.document import filled
from geo.boundaries import Units, read_units
from geo.datum import Datum, from_wgs84, metres_between, to_wgs84
from geo.datum_shift import DATUMS, compare_with_reference
from geo.light_shift import BEYOND_DOUBT, compare_with_light
from geo.reference import Reference, read_reference
from geo.tiling import tiling
from tiles.catalog import read_catalog
from tiles.lazy import lazy_layer

PAGE = Path(__file__).resolve().parents[1] / "boundaries.md"
PLACES = 2_000_000


def main() -> None:
    """Measure, print, and fill the page."""
    data = Path(os.environ["NIGHTPANEL_DATA"])
    polygons = data / "polygons"
    file = polygons / "china" / "china_counties_mapchina.gpkg"
    counties = read_units(file, unit_id="Code_County", city_id="Code_Perfecture")
    townships = read_units(
        polygons / "guigang" / "guigang_townships.json", unit_id="code", city_id="code:4"
    )
    prefectures = read_units(polygons / "hunan" / "hunan.shp", unit_id="ShiName", city_id="ShiName")
    compared = (
        ("counties, by id", counties, read_reference(file, ids="Code_County")),
        ("counties, by place", counties, read_reference(file)),
        ("Guigang, one city by id", townships, read_reference(file, ids="Code_County:4")),
        ("Hunan's prefectures, by place", prefectures, read_reference(file)),
    )
    text = "\n".join(
        [
            *round_trips(),
            "",
            *by_reference(compared),
            "",
            *by_light(data, (("counties", counties), ("Guigang's townships", townships))),
            "",
            *covered(counties),
        ]
    )
    print(text)
    PAGE.write_text(filled(PAGE.read_text(encoding="utf-8"), "figures", text), encoding="utf-8")


def as_drawn_in(units: Units, datum: Datum) -> Units:
    """The units with the coordinates that a map in a datum gives them."""
    polygons = units.polygons
    moved = replace(polygons.rings, xy=from_wgs84(polygons.rings.xy, datum))
    shifted = replace(polygons, rings=moved)
    return replace(units, drawn=lambda: shifted)


def round_trips() -> list[str]:
    """Largest errors of the way there and back."""
    rng = np.random.default_rng(1)
    places = np.column_stack([rng.uniform(73.5, 135.1, PLACES), rng.uniform(3.5, 53.6, PLACES)])
    lines = [f"There and back at {PLACES:,} places of China and around it:", ""]
    for datum in DATUMS[1:]:
        there = from_wgs84(places, datum)
        moved = np.hypot(*metres_between(places, there).T)
        error = np.abs(to_wgs84(there, datum) - places).max()
        lines.append(
            f"- {datum} moves them by {moved.min():.0f} to {moved.max():.0f} m; the way back errs"
            f" by at most {error:.0e} degrees."
        )
    return lines


def by_reference(compared: tuple[tuple[str, Units, Reference], ...]) -> list[str]:
    """What a comparison with the counties finds, for units as they are and as maps draw them."""
    lines = [
        "Median distance from the reference, in metres, were the coordinates in each datum:",
        "",
        "| units, and how they are compared | drawn in | WGS84 | GCJ-02 | BD-09 | found |",
        "|---|---|---:|---:|---:|---|",
    ]
    for name, units, reference in compared:
        for datum in DATUMS:
            found = compare_with_reference(as_drawn_in(units, datum), reference)
            left = " | ".join(f"{found.left_m[one]:.0f}" for one in DATUMS)
            verdict = found.datum if found.is_clear else f"{found.datum}, not clear"
            lines.append(f"| {name} | {datum} | {left} | {verdict} |")
    return lines


def by_light(data: Path, units: tuple[tuple[str, Units], ...]) -> list[str]:
    """What light finds."""
    tile = read_catalog([str(data / "raster" / "china_dmsplike" / "DMSP-like2020.tif")]).tiles[0]
    light = lazy_layer(tile).values
    lines = [
        f"Standard errors by which a datum fits light of 1 km ({tile.name}) better than the",
        f"coordinates as they stand; beyond {BEYOND_DOUBT:g} there would be an answer:",
        "",
        "| units | drawn in | GCJ-02 | BD-09 | best free shift |",
        "|---|---|---:|---:|---:|",
    ]
    for name, one in units:
        for datum in DATUMS:
            found = compare_with_light(as_drawn_in(one, datum), light, tile.grid)
            ahead = " | ".join(f"{found.ahead[other]:+.1f}" for other in DATUMS[1:])
            lines.append(f"| {name} | {datum} | {ahead} | {found.free_ahead:+.1f} |")
    return lines


def covered(counties: Units) -> list[str]:
    """Overlaps and gaps of the counties."""
    found = tiling(counties)
    largest = found.gaps.iloc[0]
    total = f"{found.units_km2:,.0f} km2, of which {found.twice_share:.1%} counted twice"
    gaps = f"{len(found.gaps)} gaps of {found.never_km2:.2f} km2 in all"
    return [
        f"The counties: {total};",
        f"{gaps}, the largest of {largest['km2']:.2f} km2 in {largest['units']}.",
    ]


if __name__ == "__main__":
    main()
