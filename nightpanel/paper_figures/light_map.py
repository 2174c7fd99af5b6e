"""Maps of light: mean light of every unit in the first and the last year."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from nightpanel.exports.columns import described
from nightpanel.exports.qgis_style import LIGHT
from nightpanel.paper_figures.drawn import Drawing, Drawn, Material, NotDrawn
from nightpanel.paper_figures.map_figure import MapLook, ends_of, listed, map_figure
from nightpanel.paper_figures.map_shapes import MapShapes, map_shapes

CLASSES = 7
LINE = "#9FB4C7"
"""Colour of the lines around cities, seen on dark and on bright units."""


def light_maps(material: Material) -> Drawing:
    """A figure for each light product.

    Parameters
    ----------
    material : Material

    Returns
    -------
    tuple of Drawn, or NotDrawn
    """
    units = material.folder.units
    if units is None or units.empty:
        return NotDrawn("no unit-year table (units.parquet)")
    found = material.folder.unit_shapes()
    if found is None or found.empty:
        return NotDrawn("no polygons of units (townships.parquet, townships.gpkg)")
    shapes = map_shapes(found, "unit_id")
    if not shapes.ids:
        return NotDrawn("no polygon of a unit that is not empty")
    cities = material.folder.city_shapes()
    outlines = None if cities is None or cities.empty else map_shapes(cities, "city_id")
    return tuple(
        _drawn(str(product), table, shapes, outlines)
        for product, table in units.groupby("product", sort=True)
    )


def _drawn(
    product: str, table: pd.DataFrame, shapes: MapShapes, outlines: MapShapes | None
) -> Drawn:
    (mean,) = described(["mean"], products=[product.partition(":")[0]])
    years = ends_of(table["year"])
    by_year = {year: _values(table[table["year"] == year]) for year in years}
    look = MapLook(mean.title.replace("cm2", "cm²"), LIGHT, CLASSES, LINE)
    return Drawn(
        map_figure(shapes, by_year, look, outlines=outlines),
        f"Mean light of {len(shapes.ids):,} units by {product}, {listed(years)}. Classes of about "
        f"equally many units, over the years shown; {_dark(by_year)}"
        f"lines are the borders of cities. {shapes.projection}".rstrip()
        + ".",
    )


def _dark(by_year: Mapping[int, Mapping[str, float]]) -> str:
    """What a reader must know of units without light, if there are any."""
    dark = any(value == 0.0 for values in by_year.values() for value in values.values())
    return "units without light have a class of their own; " if dark else ""


def _values(table: pd.DataFrame) -> dict[str, float]:
    light = table["mean"].to_numpy(dtype=np.float64)
    return dict(zip(table["unit_id"].astype(str), light.tolist(), strict=True))
