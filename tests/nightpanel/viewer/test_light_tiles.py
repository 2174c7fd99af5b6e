"""Pictures of light: cells by hand, and files that are not shown."""

import gzip
import hashlib
import io
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from matplotlib import colormaps
from PIL import Image
from rasterio.warp import transform

from geo.errors import InputFileError
from nightpanel.digests import FileDigests
from nightpanel.viewer.light_tiles import Brightness, LightTiles, light_tiles
from nightpanel.viewer.map_layer import NotShownError
from nightpanel.viewer.tile_box import TileBox
from tiles.products import PRODUCTS

PRODUCT = "dmsp-like-china"
BOX = TileBox(8, 200, 100)


def write(path: Path, values: np.ndarray, **profile: Any) -> Path:
    """A raster that fills a tile of the map exactly."""
    left, _, _, top = BOX.bounds
    cell = BOX.size / values.shape[0]
    settings = {
        "driver": "GTiff",
        "height": values.shape[0],
        "width": values.shape[1],
        "count": 1,
        "dtype": str(values.dtype),
        "crs": "EPSG:3857",
        "transform": rasterio.Affine(cell, 0, left, 0, -cell, top),
    }
    with rasterio.open(path, "w", **settings | profile) as file:
        file.write(values, 1)
    return path


def record(*paths: Path | str, product: str = PRODUCT) -> dict[str, Any]:
    """What a manifest says of tiles, from 2014 on."""
    tiles = []
    for place, path in enumerate(paths):
        there = isinstance(path, Path) and path.is_file()
        digest = hashlib.sha256(Path(path).read_bytes()).hexdigest() if there else "0" * 64
        tiles.append(
            {"path": str(path), "product": product, "year": 2014 + place, "sha256": digest}
        )
    return {"tiles": tiles}


def tiles_of(*paths: Path | str, product: str = PRODUCT, **options: Any) -> LightTiles:
    return light_tiles(
        record(*paths, product=product),
        brightest={"own": 40.0},
        digests=FileDigests(),
        **options,
    )


def pixels(png: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(png)) as image:
        assert image.format == "PNG"
        return np.asarray(image.convert("RGBA"))


QUARTERS = np.array([[0, 63], [16, -128]], dtype=np.int8)


def test_cells_have_the_colours_of_their_shades(tmp_path: Path) -> None:
    light = tiles_of(write(tmp_path / "a.tif", QUARTERS))
    seen = pixels(light.picture(PRODUCT, 2014, BOX))
    assert seen.shape == (256, 256, 4)
    ramp = colormaps["inferno"]
    for (row, column), value in {(0, 0): 0, (0, 1): 63, (1, 0): 16}.items():
        shade = round(math.sqrt(value / 63) * 254)
        expected = [round(part * 255) for part in ramp(shade / 254)]
        middle = seen[64 + 128 * row, 64 + 128 * column]
        assert middle.tolist() == expected
    assert seen[192, 192, 3] == 0


def test_nothing_there_is_no_picture(tmp_path: Path) -> None:
    light = tiles_of(write(tmp_path / "a.tif", QUARTERS))
    assert light.picture(PRODUCT, 2014, TileBox(8, 10, 10)) == b""
    light = tiles_of(write(tmp_path / "b.tif", np.full((4, 4), -128, dtype=np.int8)))
    assert light.picture(PRODUCT, 2014, BOX) == b""


def test_a_declared_fill_value_is_transparent(tmp_path: Path) -> None:
    values = np.array([[1.0, 255.0], [3.0, np.nan]], dtype=np.float32)
    light = tiles_of(write(tmp_path / "a.tif", values, nodata=255.0), product="own")
    alpha = pixels(light.picture("own", 2014, BOX))[[64, 64, 192, 192], [64, 192, 64, 192], 3]
    assert alpha.tolist() == [255, 0, 255, 0]


def test_other_grids_are_brought_to_the_map(tmp_path: Path) -> None:
    path = tmp_path / "degrees.tif"
    values = np.full((20, 20), 30, dtype=np.uint8)
    write(path, values, crs="EPSG:4326", transform=rasterio.Affine(0.5, 0, 100, 0, -0.5, 40))
    light = tiles_of(path)
    assert light.files[PRODUCT, 2014].bounds == pytest.approx((100, 30, 110, 40), abs=1e-6)
    x, y = 105.0, 35.0
    zoom = 5
    column = int((x + 180) / 360 * 2**zoom)
    turn = math.radians(y)
    row = int((1 - math.asinh(math.tan(turn)) / math.pi) / 2 * 2**zoom)
    assert (pixels(light.picture(PRODUCT, 2014, TileBox(zoom, column, row)))[..., 3] > 0).any()


def test_a_file_that_changed_since_the_run_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tif", QUARTERS)
    light = tiles_of(path)
    assert light.picture(PRODUCT, 2014, BOX)
    write(path, QUARTERS.T.copy(), compress="deflate")
    with pytest.raises(InputFileError, match="has changed since the run"):
        light.picture(PRODUCT, 2014, BOX)
    path.unlink()
    with pytest.raises(InputFileError, match="no such file"):
        light.picture(PRODUCT, 2014, BOX)


def test_only_files_of_the_manifest_are_read(tmp_path: Path) -> None:
    light = tiles_of(write(tmp_path / "a.tif", QUARTERS))
    for product, year in ((PRODUCT, 1999), ("../a.tif", 2014)):
        with pytest.raises(NotShownError):
            light.picture(product, year, BOX)


def test_what_is_not_shown_says_why(tmp_path: Path) -> None:
    packed = tmp_path / "b.tif.gz"
    packed.write_bytes(gzip.compress(write(tmp_path / "a.tif", QUARTERS).read_bytes()))
    nowhere = write(tmp_path / "c.tif", QUARTERS, crs=None)
    light = tiles_of(packed, nowhere, tmp_path / "gone.tif", "https://example.org/a.tif")
    whys = [file.why_not for file in light.files.values()]
    for why, words in zip(whys, ("packed", "where it lies", "not there", "network"), strict=True):
        assert words in why
    for year in range(2014, 2018):
        with pytest.raises(InputFileError):
            light.picture(PRODUCT, year, BOX)


def test_a_year_of_several_files_is_not_shown(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tif", QUARTERS)
    whole = record(path)
    whole["inputs"] = {str(path): "1" * 64}
    light = light_tiles(whole, brightest={}, digests=FileDigests())
    assert "several files" in light.files[PRODUCT, 2014].why_not


def test_a_vrt_is_not_followed(tmp_path: Path) -> None:
    source = write(tmp_path / "a.tif", QUARTERS)
    path = tmp_path / "b.tif"
    path.write_text(
        '<VRTDataset rasterXSize="2" rasterYSize="2"><VRTRasterBand dataType="Int8" band="1">'
        f"<SimpleSource><SourceFilename>{source}</SourceFilename></SimpleSource>"
        "</VRTRasterBand></VRTDataset>",
        encoding="utf-8",
    )
    assert "no GeoTIFF" in tiles_of(path).files[PRODUCT, 2014].why_not


def test_a_large_file_without_overviews_is_shown_from_close_by(tmp_path: Path) -> None:
    values = np.ones((64, 64), dtype=np.uint8)
    path = write(tmp_path / "a.tif", values)
    assert tiles_of(path).files[PRODUCT, 2014].first_zoom == 0
    light = tiles_of(path, max_cells=1100)
    # The raster fills a tile of zoom 8 with 4096 cells; one of zoom 9 holds 1024.
    assert light.files[PRODUCT, 2014].first_zoom == 9
    assert light.picture(PRODUCT, 2014, BOX) == b""
    assert light.picture(PRODUCT, 2014, TileBox(9, 400, 200))
    with rasterio.open(path, "r+") as file:
        file.build_overviews([2])
    assert tiles_of(path, max_cells=1100).files[PRODUCT, 2014].first_zoom == 0


def test_brightness_is_of_the_product_or_of_its_units(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tif", QUARTERS)
    assert tiles_of(path).brightness[PRODUCT].top == 63
    assert tiles_of(path).brightness[PRODUCT].unit == "DN"
    assert tiles_of(path).brightness[PRODUCT].ends
    assert tiles_of(path, product="own").brightness["own"].top == 40
    assert not tiles_of(path, product="own").brightness["own"].ends
    assert tiles_of(path, product="unknown").brightness["unknown"].top == 1


def test_shades_and_legend_agree() -> None:
    brightness = Brightness(PRODUCTS[PRODUCT], 63.0, "DN")
    values = np.array([value for value, _ in brightness.legend()])
    assert values[0] == 0
    assert values[-1] == 63
    places = np.linspace(0, 254, len(values))
    assert np.abs(brightness.shades(values) - places).max() <= 0.5
    assert brightness.shades(np.array([-5.0, 1e9])).tolist() == [0, 254]
    assert brightness.seen(np.array([-128.0, -1.0, 0.0, np.inf])).tolist() == [
        False, False, True, False,
    ]  # fmt: skip


@pytest.mark.real
def test_a_picture_of_china_has_the_cells_of_the_file(data_dir: Path) -> None:
    path = data_dir / "raster" / "china_dmsplike" / "DMSP-like2018.tif"
    light = tiles_of(path)
    # Shanghai, at a zoom where a cell is larger than a pixel.
    box = TileBox(8, 214, 104)
    seen = pixels(light.picture(PRODUCT, 2014, box))
    palette = np.rint(255 * colormaps["inferno"](np.linspace(0, 1, 255))[:, :3])
    left, bottom, right, top = box.bounds
    rng = np.random.default_rng(1)
    places = rng.integers(0, 256, size=(200, 2))
    x = left + (places[:, 1] + 0.5) * (right - left) / 256
    y = top - (places[:, 0] + 0.5) * (top - bottom) / 256
    with rasterio.open(path) as file:
        there = np.column_stack(transform("EPSG:3857", file.crs, x, y))
        known = np.array([value[0] for value in file.sample(there)], dtype=float)
    shades = np.rint(np.sqrt(known / 63) * 254).astype(int)
    same = (seen[places[:, 0], places[:, 1], :3] == palette[shades]).all(axis=1)
    # GDAL warps by an approximation of less than an eighth of a pixel.
    assert same.mean() > 0.9
    assert len(np.unique(shades)) > 20
