"""Made-up light and studies of it, for the commands on light products."""

from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import numpy as np
import rasterio
from rasterio.transform import Affine

Command = Callable[..., CompletedProcess[str]]

PLANE = Affine(1000.0, 0.0, 400_000.0, 0.0, -1000.0, 4_000_000.0)
SIDE = 48


STUDY = """
[study]
name = "steps"

[lights]
tiles = ["tiles/*.tif"]
{lights}

[units]
file = "townships.gpkg"
unit_id = "code"
city_id = "code:4"
"""


def write(path: Path, light: object, *, dtype: str = "uint8", **options: object) -> Path:
    array = np.asarray(light, dtype=dtype)
    profile = {
        "driver": "GTiff", "height": array.shape[0], "width": array.shape[1], "count": 1,
        "dtype": dtype, "crs": "EPSG:32649", "transform": PLANE,
    } | options  # fmt: skip
    with rasterio.open(path, "w", **profile) as tile:
        tile.write(array, 1)
    return path


def city_light(seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    light = rng.integers(5, 64, size=(SIDE, SIDE))
    return np.where(rng.random(light.shape) < 0.4, 0, light)


def study(folder: Path, lights: str) -> Path:
    path = folder / "study.toml"
    path.write_text(STUDY.format(lights=lights), encoding="utf-8")
    return path
