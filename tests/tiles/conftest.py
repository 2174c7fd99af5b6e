"""Fixtures that write small tiles and make small units, in a plane where one can count by hand."""

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely
from rasterio.transform import Affine
from shapely import MultiPolygon, Polygon

from geo.boundaries import Units, make_units
from tests.tiles.helpers import MakeUnits, WriteTile

PLANE = "EPSG:32649"


@pytest.fixture
def write_tile(tmp_path: Path) -> WriteTile:
    """Write a GeoTIFF; by default cells of 10 m whose lower left corner is (0, 0)."""

    def write(
        values: Any,
        name: str = "DMSP-like2015.tif",
        *,
        dtype: str = "int8",
        transform: Affine | None = None,
        crs: str | None = PLANE,
        nodata: float | None = None,
        **options: Any,
    ) -> Path:
        array = np.asarray(values, dtype=dtype)
        rows, cols = array.shape
        path = tmp_path / name
        where = transform or Affine(10.0, 0.0, 0.0, 0.0, -10.0, 10.0 * rows)
        profile = {"driver": "GTiff", "height": rows, "width": cols, "count": 1, **options}
        with rasterio.open(
            path, "w", dtype=dtype, transform=where, crs=crs, nodata=nodata, **profile
        ) as tile:
            tile.write(array, 1)
        return path

    return write


@pytest.fixture
def random_units() -> Callable[..., dict[str, Any]]:
    """Crooked polygons, by unit id, with their centres in a rectangle from the origin."""

    def draw(
        rng: np.random.Generator, count: int, width: float, height: float
    ) -> dict[str, Polygon | MultiPolygon]:
        stars = (
            _star(rng, (rng.uniform(0, width), rng.uniform(0, height)), rng.uniform(3, width / 2))
            for _ in itertools.count()
        )
        polygons = (item for item in stars if item.geom_type in ("Polygon", "MultiPolygon"))
        return {f"u{k}": polygon for k, polygon in enumerate(itertools.islice(polygons, count))}

    return draw


def _star(rng: np.random.Generator, centre: tuple[float, float], radius: float) -> Any:
    angles = np.sort(rng.uniform(0, 2 * np.pi, 12))
    radii = rng.uniform(0.3, 1.0, 12) * radius
    x, y = centre[0] + radii * np.cos(angles), centre[1] + radii * np.sin(angles)
    return shapely.make_valid(Polygon(np.column_stack([x, y])))


@pytest.fixture
def units_of() -> MakeUnits:
    """Units from a mapping of unit id to geometry; the city is the id's first letter."""

    def build(geometries: dict[str, Any], crs: str = PLANE) -> Units:
        table = gpd.GeoDataFrame(
            {"code": list(geometries), "city": [code[0] for code in geometries]},
            geometry=list(geometries.values()),
            crs=crs,
        )
        return make_units(table, unit_id="code", city_id="city", source="units.gpkg")

    return build
