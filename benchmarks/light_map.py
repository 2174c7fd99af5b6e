"""The figure of light maps of 40,000 townships, two years, against `GeoDataFrame.plot`.

Both draw the same light in the same seven classes and save a PDF, whose polygons are pixels, and a
PNG at the same resolutions; repetitions in turn. Ours also projects to an equal-area plane and
draws the borders of cities. Reading the polygons is not counted on either side.
"""

import argparse
import io
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyogrio
import shapely
from matplotlib.colors import BoundaryNorm, ListedColormap
from matplotlib.figure import Figure

from benchmarks.bench import RESULTS
from benchmarks.machine import machine
from benchmarks.report import table, write_page
from benchmarks.workload import Workload
from nightpanel.exports.class_breaks import class_breaks
from nightpanel.exports.qgis_style import LIGHT
from nightpanel.output_folder import OutputFolder
from nightpanel.paper_figures.drawn import Drawn, Material
from nightpanel.paper_figures.light_map import CLASSES, light_maps
from nightpanel.paper_figures.save import PIXELS, PRINT, as_pdf, as_png
from nightpanel.paper_figures.style import WIDTH, paper_style, ramp
from nightpanel.paper_figures.words import Words
from nightpanel.shapes import city_shapes

NUMBER = 40_000
YEARS = (1992, 2021)


@dataclass(frozen=True, slots=True)
class Shapes:
    """What the figure asks of an output folder, in memory."""

    units: pd.DataFrame
    """The unit-year table."""
    polygons: gpd.GeoDataFrame
    """Its units."""
    cities: gpd.GeoDataFrame
    """Their cities."""

    def unit_shapes(self) -> gpd.GeoDataFrame:
        """The units."""
        return self.polygons

    def city_shapes(self) -> gpd.GeoDataFrame:
        """The cities."""
        return self.cities


def made_up(units: gpd.GeoDataFrame) -> Shapes:
    """Light by chance in two years."""
    rng = np.random.default_rng(1)
    keys = pd.DataFrame(units[["unit_id", "city_id"]])
    parts = [
        keys.assign(year=year, product="viirs-annual", mean=rng.gamma(1.0, 5.0, len(keys)))
        for year in YEARS
    ]
    cut: pa.Table = city_shapes(units)
    outlines = shapely.from_wkb(cut["geometry"].to_numpy())
    cities = gpd.GeoDataFrame({"city_id": cut["city_id"].to_pandas()}, geometry=outlines,
                              crs=units.crs)  # fmt: skip
    return Shapes(pd.concat(parts, ignore_index=True), units, cities)


def ours(shapes: Shapes) -> tuple[bytes, bytes]:
    """The figure as the program makes it."""
    folder = cast("OutputFolder", shapes)  # all of it that these maps ask for
    with paper_style(None):
        drawing = light_maps(Material(folder, Words({}, {}, None, ())))
        assert isinstance(drawing, tuple)
        (drawn,) = drawing
        assert isinstance(drawn, Drawn)
        return as_pdf(drawn.figure), as_png(drawn.figure)


def theirs(shapes: Shapes) -> tuple[bytes, bytes]:
    """The same maps by geopandas."""
    light = shapes.units["mean"].to_numpy()
    ends = class_breaks(light, CLASSES)
    edges = [ends[0][0], *(high for _, high in ends)]
    figure = Figure(figsize=(WIDTH, WIDTH / 2))
    for axes, year in zip(figure.subplots(1, 2), YEARS, strict=True):
        values = shapes.units.loc[shapes.units["year"] == year, "mean"].to_numpy()
        colours = ListedColormap(ramp(LIGHT, len(ends)))
        norm = BoundaryNorm(edges, len(ends))
        shapes.polygons.plot(ax=axes, column=values, norm=norm, cmap=colours, rasterized=True)
        axes.set_axis_off()
    saved = []
    for kind, dots in (("pdf", PRINT), ("png", PIXELS)):
        with io.BytesIO() as stream:
            figure.savefig(stream, format=kind, dpi=dots)
            saved.append(stream.getvalue())
    return saved[0], saved[1]


def seconds(work: Callable[[Shapes], tuple[bytes, bytes]], shapes: Shapes) -> float:
    """Wall time of one figure."""
    began = time.perf_counter()
    assert all(work(shapes))
    return time.perf_counter() - began


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, default=Path("build/bench"))
    parser.add_argument("--out", type=Path, default=RESULTS)
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--units", type=int, default=NUMBER)
    asked = parser.parse_args()
    asked.work.mkdir(parents=True, exist_ok=True)
    where = machine(asked.work)
    units = pyogrio.read_dataframe(Workload(asked.work).units(asked.units), use_arrow=True)
    shapes = made_up(units.astype({"unit_id": "str", "city_id": "str"}))
    parts = [(seconds(ours, shapes), seconds(theirs, shapes)) for _ in range(asked.repetitions)]

    def shown(values: list[float]) -> str:
        return f"{statistics.median(values):.1f} s ({min(values):.1f} to {max(values):.1f})"

    vertices = int(shapely.get_num_coordinates(units.geometry.to_numpy()).sum())
    rows = [
        (f"figure `light_map`, {len(units):,} townships, {vertices:,} vertices",
         shown([part[0] for part in parts])),
        ("`GeoDataFrame.plot`, the same two maps", shown([part[1] for part in parts])),
        ("ratio, median of the repetitions' own",
         f"{statistics.median(mine / other for mine, other in parts):.2f}"),
    ]  # fmt: skip
    text = table((f"{asked.repetitions} repetitions in turn", "median (least to most)"), rows)
    write_page(asked.out / "light_map.md", where, text)
    print(text)


if __name__ == "__main__":
    main()
