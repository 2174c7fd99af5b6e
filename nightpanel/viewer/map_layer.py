"""A layer of the map: polygons with ids and names, and numbers by variable, product and year."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nightpanel.exports.columns import Column, described
from nightpanel.output_folder import OutputFolder, with_shape

MERCATOR = "EPSG:3857"
GEOGRAPHIC = "EPSG:4326"
NOT_SHOWN = ("year", "gini_low", "gini_high")
"""Numbers that are no variables of their own."""

Floats = NDArray[np.float64]


class NotShownError(LookupError):
    """The map has no such layer, variable, product, year or place."""


@dataclass(frozen=True, slots=True)
class MapLayer:
    """Townships, or cities."""

    name: str
    """``townships`` or ``cities``."""
    key: str
    """Column of the ids in ``rows``."""
    ids: tuple[str, ...]
    """(n) ids of the polygons."""
    names: tuple[str, ...]
    """(n) names for people."""
    cities: tuple[str, ...]
    """(n) ids of the cities that they belong to."""
    shapes: gpd.GeoDataFrame
    """(n) polygons in EPSG:3857, with the column of ids."""
    boxes: Floats
    """(n, 4) west, south, east and north of each, degrees."""
    rows: pd.DataFrame
    """The long table: ``key``, ``product``, ``year`` and the variables."""
    variables: tuple[Column, ...]
    """What can be shown."""
    years: Mapping[str, tuple[int, ...]]
    """Years by product."""
    places: Mapping[tuple[str, int], tuple[NDArray[np.int64], NDArray[np.int64]]] = field(
        repr=False
    )
    """By product and year: rows of the long table, and which polygon each is of."""

    @property
    def polygons(self) -> NDArray[np.object_]:
        """(n) in EPSG:3857."""
        return np.asarray(self.shapes.geometry.to_numpy(), dtype=object)

    def values(self, variable: str, product: str, year: int) -> Floats:
        """(n) numbers of the polygons; NaN where the table has none.

        Raises
        ------
        NotShownError
            There is no such variable, product or year.
        """
        if variable not in {column.name for column in self.variables}:
            raise NotShownError(variable)
        if (product, year) not in self.places:
            raise NotShownError(f"{product} {year}")
        rows, polygons = self.places[product, year]
        values = np.full(len(self.ids), np.nan)
        values[polygons] = self.rows[variable].to_numpy(dtype=np.float64, na_value=np.nan)[rows]
        return values

    def all_values(self, variable: str, product: str) -> Floats:
        """Numbers of all years, one after the other; `NotShownError` as `values` raises it."""
        years = self.years.get(product, ())
        if not years:
            raise NotShownError(product)
        return np.concatenate([self.values(variable, product, year) for year in years])


def township_layer(folder: OutputFolder) -> MapLayer | None:
    """The layer of units; None where shapes or numbers are absent."""
    shapes, rows = _drawable(folder.unit_shapes()), folder.units
    if shapes is None or rows is None:
        return None
    named = shapes["name"] if "name" in shapes else shapes["unit_id"]
    names = [name or one for name, one in zip(named.fillna(""), shapes["unit_id"], strict=True)]
    return _layer("townships", "unit_id", shapes, rows, names=names, cities=shapes["city_id"])


def city_layer(folder: OutputFolder, labels: Mapping[str, str]) -> MapLayer | None:
    """The layer of cities, with the numbers of the panel beside those of light; or None."""
    shapes, rows = _drawable(folder.city_shapes()), folder.cities
    if shapes is None or rows is None:
        return None
    ids = shapes["city_id"].astype(str)
    names = [labels.get(one, one) for one in ids]
    whole = _with_panel(rows, folder.panel)
    return _layer("cities", "city_id", shapes, whole, names=names, cities=ids)


def _drawable(shapes: gpd.GeoDataFrame | None) -> gpd.GeoDataFrame | None:
    """Rows with a shape; None if there is none."""
    if shapes is None:
        return None
    there = shapes[with_shape(shapes)].reset_index(drop=True)
    return None if there.empty else there


def without_outline(folder: OutputFolder, layer: MapLayer | None) -> list[str]:
    """Ids of cities that have numbers and no polygon."""
    if folder.cities is None:
        return []
    drawn = set() if layer is None else set(layer.ids)
    return sorted(set(folder.cities["city_id"].astype(str)) - drawn)


def _with_panel(cities: pd.DataFrame, panel: pd.DataFrame | None) -> pd.DataFrame:
    if panel is None:
        return cities
    keys = [key for key in ("city_id", "year", "product") if key in panel]
    new = [name for name in panel.select_dtypes("number") if name not in cities]
    unique = panel.drop_duplicates(keys)
    return cities.merge(unique[[*keys, *new]], on=keys, how="left", validate="many_to_one")


def _layer(
    name: str,
    key: str,
    shapes: gpd.GeoDataFrame,
    rows: pd.DataFrame,
    *,
    names: Sequence[str],
    cities: Sequence[str],
) -> MapLayer:
    ids = shapes[key].astype(str)
    rows = rows.reset_index(drop=True)
    products = sorted(str(one) for one in rows["product"].unique())
    numbers = [str(one) for one in rows.select_dtypes("number") if one not in NOT_SHOWN]
    table = "city_years" if name == "cities" else "unit_years"
    polygon = pd.Index(ids).get_indexer(rows[key].astype(str))
    places = {
        (str(product), int(str(year))): _drawn(of_year.index.to_numpy(dtype=np.int64), polygon)
        for product, of_product in rows.groupby("product")
        for year, of_year in of_product.groupby("year")
    }
    years = {one: tuple(sorted(y for p, y in places if p == one)) for one in products}
    return MapLayer(
        name=name,
        key=key,
        ids=tuple(ids),
        names=tuple(map(str, names)),
        cities=tuple(map(str, cities)),
        shapes=shapes[[key, "geometry"]].to_crs(MERCATOR),
        boxes=shapes.geometry.to_crs(GEOGRAPHIC).bounds.to_numpy(dtype=np.float64),
        rows=rows,
        variables=described(numbers, table=table, products=products),
        years=years,
        places=places,
    )


def _drawn(
    rows: NDArray[np.int64], polygon: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Those of some rows that have a polygon, and which."""
    found = polygon[rows]
    return rows[found >= 0], found[found >= 0]
