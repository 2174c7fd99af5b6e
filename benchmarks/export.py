"""Exports of 40,000 townships and 30 years: a GeoPackage against `geopandas.to_file`; formats.

Each part is written in turn, so that what else the machine does falls on all of them, and is timed
alone: `to_file` of the same geometry without any column, the layer `townships` with 30 columns of
light, the long table of 1.2 million rows, the cities dissolved beside a plain dissolve, the styles
and views. What was written is read back and compared, outside of the timed parts.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeVar

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyogrio

from benchmarks.bench import RESULTS
from benchmarks.machine import machine
from benchmarks.report import table, write_page
from benchmarks.workload import YEARS, Workload
from nightpanel.arrow_tables import arrow_table
from nightpanel.exports.export import export
from nightpanel.exports.geopackage import LARGE_PAGE, add_layers, check_layers, write_blocks
from nightpanel.exports.kinds import Format, What
from nightpanel.exports.map_layers import CITIES, TOWNSHIPS, add_map
from nightpanel.outputs import write_table
from nightpanel.shapes import city_shapes, unit_shapes
from nightpanel.year_blocks import Block, year_blocks, year_columns

NUMBER = 40_000
T = TypeVar("T")
FORMATS: tuple[Format, ...] = ("gpkg", "geoparquet", "fgb", "csv", "dta", "xlsx")
OF_UNIT_YEARS: tuple[Format, ...] = ("gpkg", "csv", "dta")
NUMBERS = ("mean", "sum", "area_km2", "valid_share", "lit_share", "saturated_share", "n_cells")


def seconds(work: Callable[[], object]) -> float:
    """Wall time of one call."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def unit_years(units: gpd.GeoDataFrame) -> pd.DataFrame:
    """Light by chance for every unit and year, as the light stage has it."""
    rng = np.random.default_rng(1)
    keys = pd.DataFrame(units[["unit_id", "city_id"]])
    years = [keys.assign(year=year, product="viirs-annual") for year in YEARS]
    long = pd.concat(years, ignore_index=True)
    for name in NUMBERS:
        long[name] = rng.gamma(2.0, 3.0, len(long))
    return long.assign(flags="")


def city_years(long: pd.DataFrame) -> pd.DataFrame:
    """Something of each city and year."""
    keys = ["product", "city_id", "year"]
    return long.groupby(keys, as_index=False).agg(gini=("lit_share", "std"), mean=("mean", "mean"))


def wide(shapes: pa.Table, blocks: tuple[Block, ...]) -> pa.Table:
    """Townships with 30 columns."""
    keys = shapes["unit_id"].combine_chunks()
    columns = year_columns(blocks, key="unit_id", keys=keys, values={"light": "mean"})
    for name, column in columns.items():
        shapes = shapes.append_column(name, column)
    return shapes


def one_repetition(units: gpd.GeoDataFrame, long: pd.DataFrame, folder: Path) -> dict[str, float]:
    """Seconds of every part, by its name."""
    theirs, ours, whole = (folder / f"{name}.gpkg" for name in ("theirs", "ours", "whole"))
    for path in (theirs, ours, whole):
        path.unlink(missing_ok=True)
    passed: dict[str, float] = {}

    def timed(name: str, work: Callable[[], T]) -> T:
        began = time.perf_counter()
        result = work()
        passed[name] = time.perf_counter() - began
        return result

    def townships() -> pa.Table:
        shapes = wide(unit_shapes(units), year_blocks(long))
        add_layers({"townships": shapes}, ours, page=LARGE_PAGE)
        return shapes

    def long_table() -> None:
        write_blocks(year_blocks(long), whole, layer="unit_years", page=LARGE_PAGE)

    geometry, of_cities = units[["geometry"]], city_years(long)
    timed("to_file", lambda: geometry.to_file(theirs, driver="GPKG"))
    layers = {"townships": timed("townships", townships), "city_years": arrow_table(of_cities)}
    timed("read back", lambda: check_layers({"townships": layers["townships"]}, ours))
    timed("unit_years", long_table)
    layers["cities"] = timed("cities", lambda: city_shapes(units))
    add_layers(layers, whole, page=LARGE_PAGE)
    blocks = {TOWNSHIPS: year_blocks(long), CITIES: year_blocks(of_cities)}
    timed("styles and views", lambda: add_map(whole, blocks))
    check_layers(layers, whole)
    _require_year(timed("one year of the view", lambda: year_of_view(whole)), long, units)
    return passed


def year_of_view(path: Path) -> gpd.GeoDataFrame:
    """What the slider at 2015 asks for."""
    where = "year_start < '2016-01-01T00:00:00Z' AND year_end > '2015-01-01T00:00:00Z'"
    return pyogrio.read_dataframe(path, layer="townships_by_year", where=where, use_arrow=True)


def _require_year(view: pd.DataFrame, long: pd.DataFrame, units: gpd.GeoDataFrame) -> None:
    """The slider's year is that year's rows with the shapes of the units."""
    expected = long[long["year"] == 2015].set_index("unit_id").loc[view["unit_id"]]
    assert len(view) == len(units)
    np.testing.assert_array_equal(view["mean"], expected["mean"])
    areas = dict(zip(units["unit_id"], units.geometry.area, strict=True))
    drawn = gpd.GeoSeries(view["geometry"]).area
    assert np.allclose(drawn, view["unit_id"].map(areas), rtol=1e-12)


def formats(long: pd.DataFrame, folder: Path, path: Path) -> list[tuple[str, str, str]]:
    """Every format of the townships, and those that hold the long table; with reading back."""
    out = folder / "out"
    out.mkdir(exist_ok=True)
    (out / "townships.gpkg").unlink(missing_ok=True)
    (out / "townships.gpkg").hardlink_to(path)
    write_table(long, out / "units.parquet")
    rows: list[tuple[str, str, str]] = []
    tables: tuple[What, ...] = ("townships", "unit_years")
    for what in tables:
        for kind in FORMATS if what == "townships" else OF_UNIT_YEARS:
            to = folder / f"{what}.{kind}"
            passed = seconds(partial(export, out, what=what, to=to, format=kind))
            rows.append((what, kind, f"{passed:.1f} s, {to.stat().st_size / 1e6:,.0f} MB"))
    return rows


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, default=Path("build/bench"))
    parser.add_argument("--out", type=Path, default=RESULTS)
    parser.add_argument("--repetitions", type=int, default=7)
    parser.add_argument("--units", type=int, default=NUMBER)
    asked = parser.parse_args()
    asked.work.mkdir(parents=True, exist_ok=True)
    where = machine(asked.work)
    units = pyogrio.read_dataframe(Workload(asked.work).units(asked.units), use_arrow=True)
    units = units.astype({"unit_id": "str", "city_id": "str"})
    long = unit_years(units)
    parts = [one_repetition(units, long, asked.work) for _ in range(asked.repetitions)]
    found = {name: [part[name] for part in parts] for name in parts[0]}
    found["dissolve"] = [seconds(lambda: units.dissolve("city_id"))]

    def shown(name: str) -> str:
        values = found[name]
        return f"{statistics.median(values):.2f} s ({min(values):.2f} to {max(values):.2f})"

    pairs = zip(found["townships"], found["to_file"], strict=True)
    ratio = statistics.median(ours / theirs for ours, theirs in pairs)
    rows = [
        (f"`geopandas.to_file`, geometry of {len(units):,} townships alone", shown("to_file")),
        (
            f"layer `townships` with {len(YEARS)} columns of years, from geometries",
            shown("townships"),
        ),
        ("ratio, median of the repetitions' own (target: at most 1.5)", f"{ratio:.2f}"),
        ("reading it back and comparing every value", shown("read back")),
        (
            f"`unit_years`, {len(long):,} rows, with reading back (target: at most 6 s)",
            shown("unit_years"),
        ),
        (
            f"{units['city_id'].nunique():,} cities dissolved (target: at most 10 s)",
            shown("cities"),
        ),
        ("`geopandas` `dissolve`, once", shown("dissolve")),
        ("styles, years and views", shown("styles and views")),
        (
            "one year of the view `townships_by_year` with geometry, read",
            shown("one year of the view"),
        ),
    ]
    kinds = formats(long, asked.work, asked.work / "whole.gpkg")
    head = (f"{asked.repetitions} repetitions in turn", "median (least to most)")
    text = "\n\n".join([table(head, rows), table(("table", "format", "export, once"), kinds)])
    write_page(asked.out / "export.md", where, text)
    print(text)


if __name__ == "__main__":
    main()
