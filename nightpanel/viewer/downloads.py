"""What the map shows, as a file: csv, or a GeoPackage with the polygons."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from nightpanel.exports.formulas import without_formulas
from nightpanel.exports.geopackage import write_layers
from nightpanel.viewer.map_layer import MapLayer

Box = tuple[float, float, float, float]
"""West, south, east and north, degrees."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What of a layer is shown."""

    variable: str
    """The variable."""
    product: str
    """The light product."""
    years: tuple[int, ...]
    """One year, or two side by side."""
    box: Box | None = None
    """Only what touches it; everything if None."""


def shown_table(layer: MapLayer, shown: Shown) -> gpd.GeoDataFrame:
    """Ids, names, a column of values a year and polygons of what is shown, in EPSG:3857.

    Raises
    ------
    NotShownError
        There is no such variable, product or year.
    """
    columns = {layer.key: layer.ids, "name": layer.names}
    if layer.key != "city_id":
        columns["city_id"] = layer.cities
    table = pd.DataFrame(columns)
    for year in shown.years:
        table[f"{shown.variable}_{year}"] = layer.values(shown.variable, shown.product, year)
    whole = gpd.GeoDataFrame(table, geometry=layer.shapes.geometry.to_numpy(), crs=layer.shapes.crs)
    return whole if shown.box is None else whole[_touching(layer, shown.box)]


def as_csv(layer: MapLayer, shown: Shown) -> bytes:
    """UTF-8 with a byte order mark, by which Excel knows it; no text begins like a formula."""
    table = without_formulas(pd.DataFrame(shown_table(layer, shown).drop(columns="geometry")))
    return table.to_csv(index=False, lineterminator="\n").encode("utf-8-sig")


def as_geopackage(layer: MapLayer, shown: Shown) -> bytes:
    """One layer, in EPSG:4326."""
    table = shown_table(layer, shown).to_crs("EPSG:4326")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "shown.gpkg"
        write_layers({layer.name: table.reset_index(drop=True)}, path)
        return path.read_bytes()


def file_name(layer: str, shown: Shown, ending: str) -> str:
    """A name that says what is in the file, without what no file system takes."""
    words = (layer, shown.variable, shown.product, *map(str, shown.years))
    return "_".join("".join(c if _is_plain(c) else "-" for c in one) for one in words) + ending


def parsed_box(text: str) -> Box:
    """Four degrees, separated by commas.

    Raises
    ------
    ValueError
        They are not.
    """
    try:
        edges = [float(one) for one in text.split(",")]
    except ValueError:
        edges = []
    if len(edges) != 4 or not np.isfinite(edges).all():
        raise ValueError("expected four degrees, separated by commas")
    west, south, east, north = edges
    return west, south, east, north


def _touching(layer: MapLayer, box: Box) -> np.ndarray:
    west, south, east, north = box
    left, bottom, right, top = layer.boxes.T
    return np.asarray((left <= east) & (right >= west) & (bottom <= north) & (top >= south))


def _is_plain(letter: str) -> bool:
    return letter.isascii() and (letter.isalnum() or letter in "-.")
