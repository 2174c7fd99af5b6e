"""Made-up tiles and townships."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
from shapely import box

from tests.nightpanel.light.helpers import SIDE, city_light, write


@pytest.fixture
def tiles(tmp_path: Path) -> Path:
    folder = tmp_path / "tiles"
    folder.mkdir()
    base = city_light(1)
    for year in range(2013, 2016):
        rise = np.where(base > 0, (base + 2 * (year - 2013)).clip(0, 63), 0)
        write(folder / f"DMSP-like{year}.tif", rise)
    return folder


@pytest.fixture
def units(tmp_path: Path) -> Path:
    """Sixteen townships in four cities that fill the raster."""
    edge = SIDE * 1000 // 4
    shapes, codes = [], []
    for row in range(4):
        for col in range(4):
            x, y = 400_000 + col * edge, 4_000_000 - (row + 1) * edge
            shapes.append(box(x, y, x + edge, y + edge))
            codes.append(f"45{row // 2}{col // 2}{row}{col}")
    path = tmp_path / "townships.gpkg"
    gpd.GeoDataFrame({"code": codes}, geometry=shapes, crs="EPSG:32649").to_file(path)
    return path
