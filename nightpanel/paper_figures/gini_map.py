"""Maps of inequality: the Gini of every city in the first and the last year."""

import numpy as np
import pandas as pd

from nightpanel.exports.qgis_style import INEQUALITY
from nightpanel.paper_figures.drawn import Drawing, Drawn, Material, NotDrawn
from nightpanel.paper_figures.map_figure import MapLook, ends_of, listed, map_figure
from nightpanel.paper_figures.map_shapes import MapShapes, map_shapes

CLASSES = 5
TITLE = "Gini of light over the units of a city"
LINE = "#5A5A5A"


def gini_maps(material: Material) -> Drawing:
    """A figure for each light product.

    Parameters
    ----------
    material : Material

    Returns
    -------
    tuple of Drawn, or NotDrawn
    """
    cities = material.folder.cities
    if cities is None or cities.empty:
        return NotDrawn("no city-year table (cities.parquet)")
    found = material.folder.city_shapes()
    if found is None or found.empty:
        return NotDrawn("no outlines of cities (townships.gpkg)")
    shapes = map_shapes(found, "city_id")
    if not shapes.ids:
        return NotDrawn("no outline of a city that is not empty")
    return tuple(
        _drawn(str(product), table, shapes)
        for product, table in cities.groupby("product", sort=True)
    )


def _drawn(product: str, table: pd.DataFrame, shapes: MapShapes) -> Drawn:
    years = ends_of(table["year"])
    by_year = {year: _values(table[table["year"] == year]) for year in years}
    look = MapLook(TITLE, INEQUALITY, CLASSES, LINE)
    return Drawn(
        map_figure(shapes, by_year, look, outlines=shapes),
        f"Gini of light inside {len(shapes.ids):,} cities by {product}, {listed(years)}: equation "
        "(1) of Yu and Zhang over the units of a city. Classes of about equally many cities, over "
        f"the years shown. {shapes.projection}".rstrip()
        + ".",
    )


def _values(table: pd.DataFrame) -> dict[str, float]:
    gini = table["gini"].to_numpy(dtype=np.float64)
    return dict(zip(table["city_id"].astype(str), gini.tolist(), strict=True))
