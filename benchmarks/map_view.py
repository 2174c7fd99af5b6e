"""The map of 40,000 townships and 30 years: how long its parts take, here and in a browser.

A folder of a run is made up: the lattice's townships, light by chance, one raster. Then: outlines
simplified and read back from the cache, tiles of every zoom beside GDAL's driver for the same tile,
a year's values, light as pictures, and, where there is a Chromium, the page itself: until it has
drawn the whole country, and after the slider moved.
"""

import argparse
import json
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pyogrio
import shapely

from benchmarks.bench import RESULTS
from benchmarks.export import city_years, seconds, unit_years
from benchmarks.machine import machine
from benchmarks.report import table, write_page
from benchmarks.workload import YEARS, Workload
from geo.boundaries import read_units
from nightpanel.digests import file_digest
from nightpanel.light_files import write_light_files
from nightpanel.output_folder import read_output_folder
from nightpanel.viewer.colours import classes_of
from nightpanel.viewer.serving import serving
from nightpanel.viewer.shown_folder import ShownFolder, shown_folder
from nightpanel.viewer.tile_box import HALF, TileBox
from tests.browser import ARGUMENTS, chromium_path

NUMBER = 40_000
PRODUCT = "viirs-annual"
ZOOMS = range(2, 11)
TILES = 12
"""Tiles of a zoom that are measured, evenly spread."""
SLIDES = 8
DRAWN = "html[data-shown*='year={year}']"
SLIDE = """async (wanted) => {
    const slider = document.getElementById("year");
    const began = performance.now();
    slider.value = Number(slider.value) + 1;
    slider.dispatchEvent(new Event("input", { bubbles: true }));
    const root = document.documentElement;
    while (!(root.dataset.shown ?? "").includes(wanted)) {
        await new Promise((done) => requestAnimationFrame(done));
    }
    return performance.now() - began;
}"""
"""Moves the slider and gives the milliseconds until a frame finds the map drawn."""


def made_up_folder(work: Path, number: int) -> Path:
    """A run's folder of made-up light, made once."""
    out = work / f"map_{number}"
    if (out / "manifest.json").exists():
        return out
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    workload = Workload(work)
    path = workload.units(number)
    units = read_units(path, unit_id="unit_id", city_id="city_id")
    long = unit_years(gpd.GeoDataFrame(units.attributes))
    cities = city_years(long)
    cities = cities.assign(gini_low=cities["gini"], gini_high=cities["gini"], n_units=1, flags="")
    files = write_light_files(units=units, unit_years=long, city_years=cities, folder=out)
    (tile,) = workload.tiles("float", YEARS[:1])
    record = {
        "settings": {"products": []},
        "inputs": {},
        "files": files,
        "versions": {},
        "seconds": 0.0,
        "tiles": [
            {"path": str(tile), "product": PRODUCT, "year": year, "sha256": file_digest(tile)}
            for year in YEARS[:1]
        ],
    }
    content = json.dumps({"stages": {"lights": record}, "audit": None})
    (out / "manifest.json").write_text(content, encoding="utf-8")
    return out


def ready(shown: ShownFolder) -> ShownFolder:
    """The same, when its outlines are made."""
    for future in shown.outlines.values():
        future.result()
    return shown


def boxes(shown: ShownFolder, zoom: int) -> list[TileBox]:
    """Tiles of a zoom that lie in the country, evenly spread."""
    left, bottom, right, top = shown.layers["townships"].shapes.total_bounds
    size = 2 * HALF / 2**zoom
    columns = range(int((left + HALF) // size), int((right + HALF) // size) + 1)
    rows = range(int((HALF - top) // size), int((HALF - bottom) // size) + 1)
    every = [TileBox(zoom, column, row) for row in rows for column in columns]
    return every[:: max(1, len(every) // TILES)][:TILES]


def by_gdal(shown: ShownFolder, box: TileBox) -> None:
    """The same tile by GDAL's driver, of the same polygons, cut by the same box."""
    level = shown.outlines["townships"].result().level(box.zoom)
    found = np.sort(level.tree.query(shapely.box(*box.bounds)))
    cut = shapely.clip_by_rect(level.polygons[found], *box.bounds)
    kept = ~shapely.is_empty(cut)
    if not kept.any():
        return
    layer = gpd.GeoDataFrame({"id": found[kept]}, geometry=cut[kept], crs="EPSG:3857")
    with tempfile.TemporaryDirectory() as folder:
        pyogrio.write_dataframe(
            layer, Path(folder) / "tiles", driver="MVT", layer="townships",
            MINZOOM=box.zoom, MAXZOOM=box.zoom, MAX_SIZE=50_000_000,
        )  # fmt: skip


def spread(values: list[float], unit: str = "ms", factor: float = 1000.0) -> str:
    """Median, least and most."""
    least, middle, most = (factor * pick(values) for pick in (min, statistics.median, max))
    return f"{middle:.1f} {unit} ({least:.1f} to {most:.1f})"


def tile_rows(shown: ShownFolder) -> list[tuple[str, ...]]:
    """A row a zoom: polygons, bytes, time, and GDAL's time over ours."""
    shapes = shown.outlines["townships"].result()
    rows: list[tuple[str, ...]] = []
    for zoom in ZOOMS:
        ours, theirs, sizes = [], [], []
        for box in boxes(shown, zoom):
            ours.append(seconds(lambda box=box: shapes.tile(box)))  # type: ignore[misc]
            sizes.append(len(shapes.tile(box)) / 1000)
            theirs.append(seconds(lambda box=box: by_gdal(shown, box)))  # type: ignore[misc]
        ratios = [gdal / mine for gdal, mine in zip(theirs, ours, strict=True)]
        size = f"{statistics.median(sizes):,.0f} kB, {max(sizes):,.0f} kB"
        rows.append((f"{zoom}", size, spread(ours), f"{statistics.median(ratios):.1f}"))
    return rows


def light_row(shown: ShownFolder) -> tuple[str, str]:
    """Pictures of light."""
    light = shown.light
    assert light is not None
    year = YEARS[0]
    first = light.files[PRODUCT, year].first_zoom
    where = [box for zoom in (4, 6, 8) if zoom >= first for box in boxes(shown, zoom)]
    light.picture(PRODUCT, year, where[0])
    passed = [seconds(lambda box=box: light.picture(PRODUCT, year, box)) for box in where]  # type: ignore[misc]
    return f"a picture of light, zooms 4, 6 and 8 (no overviews, from zoom {first})", spread(passed)


def browser_rows(shown: ShownFolder) -> list[tuple[str, str]]:
    """The page in Chromium without a graphics card; no rows without one."""
    path = chromium_path()
    if path is None:
        return [("in a browser", "not measured: there is no Chromium")]
    from playwright.sync_api import sync_playwright  # of the development tools

    with serving(shown) as address, sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=str(path), args=list(ARGUMENTS))
        page = chromium.new_page(viewport={"width": 1280, "height": 800})
        page.set_default_timeout(120_000)

        def opened() -> None:
            page.goto(f"{address}#layer=townships&variable=mean&year={YEARS[0]}")
            page.wait_for_selector(DRAWN.format(year=YEARS[0]), state="attached")

        first = seconds(opened)
        slides = []
        for year in YEARS[1 : SLIDES + 1]:
            page.wait_for_timeout(500)
            slides.append(page.evaluate(SLIDE, f"year={year}") / 1000)
        chromium.close()
    return [
        ("page opened, all townships drawn", f"{first:.1f} s"),
        ("slider moved by a year, all townships drawn", spread(slides)),
    ]


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds and what came of it."""
    began = time.perf_counter()
    result = work()
    return time.perf_counter() - began, result


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, default=Path("build/bench"))
    parser.add_argument("--out", type=Path, default=RESULTS)
    parser.add_argument("--units", type=int, default=NUMBER)
    asked = parser.parse_args()
    asked.work.mkdir(parents=True, exist_ok=True)
    where = machine(asked.work)
    out = made_up_folder(asked.work, asked.units)
    cache = asked.work / "map_cache"
    shutil.rmtree(cache, ignore_errors=True)
    reading, folder = timed(lambda: read_output_folder(out))
    cold, _ = timed(lambda: ready(shown_folder(folder, cache=cache)))
    warm, shown = timed(lambda: ready(shown_folder(folder, cache=cache)))
    layer = shown.layers["townships"]
    values = [seconds(lambda y=y: layer.values("mean", PRODUCT, y)) for y in YEARS]  # type: ignore[misc]
    classes = seconds(lambda: classes_of(layer.all_values("mean", PRODUCT), of_light=True))
    points = shapely.get_num_coordinates(layer.shapes.geometry.to_numpy()).sum()
    rows = [
        ("townships, points, years", f"{len(layer.ids):,}, {points:,}, {len(YEARS)}"),
        ("tables of the folder read", f"{reading:.1f} s"),
        ("outlines read and simplified, the first time", f"{cold:.1f} s"),
        ("the same, from the cache", f"{warm:.1f} s"),
        ("values of a year", spread(values)),
        ("classes over all years", f"{1000 * classes:.0f} ms"),
        light_row(shown),
        *browser_rows(shown),
    ]
    head = ("zoom", "tile: median, largest", "tile made", "GDAL's MVT driver, times as long")
    text = "\n\n".join([table(("part", "time"), rows), table(head, tile_rows(shown))])
    write_page(asked.out / "map_view.md", where, text)
    print(text)


if __name__ == "__main__":
    main()
