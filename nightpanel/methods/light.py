"""Sentences on light: products, calibration, coverage, inequality."""

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from geo.errors import ProductError
from nightpanel.methods.said import cite, counted, span
from nightpanel.output_folder import OutputFolder
from tiles.products import product_named

Record = Mapping[str, Any]

SOURCES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "dmsp-like-china": ("wu2022",),
        "harmonized": ("li2020",),
        "dmsp-stable": ("elvidge1997",),
        "viirs-annual": ("elvidge2021",),
        "black-marble-annual": ("roman2018",),
    }
)
"""Who made a product."""
SEVERAL: Mapping[str, str] = MappingProxyType(
    {
        "prefer": "Where a year has several files, the preferred satellite or version was used.",
        "keep-both": "Where a year has several files, each was kept as a series of its own.",
        "mosaic": "Where files cover parts of a year, they were put together.",
    }
)

YEARS = re.compile(r", \d{4}-(\d{4})?$")
"""The years at the end of a product's title."""


def light_sentences(record: Record) -> Iterator[str]:
    """Which light was read, and what was done to it.

    Parameters
    ----------
    record : mapping
        The light stage's entry of the manifest.
    """
    own = {one["name"]: one.get("title") or one["name"] for one in record["settings"]["products"]}
    years: dict[str, set[int]] = {}
    for tile in record.get("tiles", ()):
        years.setdefault(str(tile["product"]), set()).add(int(tile["year"]))
    for product, told in years.items():
        yield f"Annual nighttime light of {span(told)} was read as {_product(product, own)}."
    lights = record["settings"].get("lights") or {}
    yield SEVERAL.get(str(lights.get("several")), "")
    steps: dict[str, None] = {}
    for log in (record.get("calibration") or {}).values():
        for step in log:
            steps[_step(step)] = None
    yield from steps


def coverage_sentences(record: Record, folder: OutputFolder) -> Iterator[str]:
    """Units, the exact shares of cells, the Gini.

    Parameters
    ----------
    record : mapping
        The light stage's entry of the manifest.
    folder : OutputFolder
    """
    settings = record["settings"]
    yield from _unit_sentences(settings.get("units") or {}, folder)
    grids = len(record.get("grids") or ())
    yield (
        "A unit's light is the mean of its cells, each weighted by the exact share of the cell's "
        "area that lies inside the unit, not by whether its centre does"
        + (f"; shares were computed once for each of {counted(grids, 'grid')}." if grids else ".")
    )
    lights = settings.get("lights") or {}
    if lights.get("cell_area") == "geodesic":
        yield f"Weights are shares times the cell's area on the ellipsoid{cite('karney2013')}."
    cities = folder.cities
    if cities is None:
        return
    yield (
        "Inequality inside a city and year is the Gini coefficient of its units' mean light, "
        "the mean absolute difference over all pairs of units relative to twice the mean"
        f"{cite('gini1912', 'yu_zhang')}."
    )
    for flag, said in (
        ("single_unit", "one unit, whose Gini is 0"),
        ("dark", "no light at all, whose Gini is missing"),
    ):
        number = int(cities["flags"].astype(str).str.contains(rf"\b{flag}\b").sum())
        if number:
            yield f"{counted(number, 'city-year has', 'city-years have')} {said}."
    draws = int(lights.get("bootstrap_draws") or 0)
    if draws and cities["gini_low"].notna().any():
        yield (
            "Its 95 % interval runs from the 2.5th to the 97.5th percentile of "
            f"{counted(draws, 'bootstrap draw')} over a city's units{cite('efron1979')}: how much "
            "the index hangs on which units there are, not sampling error."
        )


def _unit_sentences(units: Record, folder: OutputFolder) -> Iterator[str]:
    if folder.units is not None:
        number = counted(int(folder.units["unit_id"].nunique()), "polygon")
        cities = counted(int(folder.units["city_id"].nunique()), "city", "cities")
        where = f" ({Path(str(units['file'])).name})" if units.get("file") else ""
        vintage = f", vintage {units['vintage']}" if units.get("vintage") else ""
        yield f"Units are {number} of {cities}{where}{vintage}."
    if units.get("crosswalk"):
        yield f"City codes were brought together by the crosswalk {Path(units['crosswalk']).name}."
    if units.get("datum") not in {None, "WGS84", "detect"}:
        yield f"Their coordinates, in {units['datum']}, were brought back to WGS84."


def _product(label: str, own: Mapping[str, str]) -> str:
    name = label.split(" ", 1)[0]
    try:
        title = own.get(name) or product_named(name).title
    except ProductError:  # of an older run, whose product this version does not know
        return f"the product {label}"
    return f"{YEARS.sub('', title)} ({label}){cite(*SOURCES.get(name, ()))}"


def _step(step: Record) -> str:
    told = STEPS.get(str(step.get("step")))
    return told(step) if told else f"The step {step.get('step')} was applied to it."


def _on_one_scale(step: Record) -> str:
    fitted = step["step"] == "invariant_region"
    how = (
        "fitted over a region taken not to have changed" + cite("elvidge2009")
        if fitted
        else f"of the table {step.get('table')} ({step.get('citation')})"
    )
    applied = step.get("applied") or {}
    return (
        f"{counted(len(applied), 'satellite-year was', 'satellite-years were')} put on one scale "
        f"by polynomials {how}."
    )


def _continuity(step: Record) -> str:
    if step.get("rule") == "growth":
        return f"Years were made continuous by the rule for places that only grow{cite('liu2012')}."
    return "Cells dark in one year between two lit ones got the smaller of the two."


STEPS: Mapping[str, Callable[[Record], str]] = MappingProxyType(
    {
        "intercalibrate": _on_one_scale,
        "invariant_region": _on_one_scale,
        "floor": lambda step: f"Values below {step['below']:g} became {_became(step)}.",
        "saturation": lambda step: (
            f"Values of {step['at']:g} and more were saturated and "
            + ("taken for no observation." if step["to"] == "fill" else "capped there.")
        ),
        "average": lambda _: "Several files of one year were averaged cell by cell.",
        "mask": lambda step: f"Cells {step['where']} given polygons became {_became(step)}.",
        "continuity": _continuity,
    }
)


def _became(step: Record) -> str:
    return "dark" if step["to"] == "dark" else "no observation"
