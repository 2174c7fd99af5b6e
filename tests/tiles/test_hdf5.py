"""Tiles in HDF5, true to the form of Black Marble: light, scale, fill and quality from the file."""

from pathlib import Path

import h5py
import numpy as np
import pytest
from shapely import box

from geo.errors import GridError, TileUnreadableError
from geo.window import Window
from tests.tiles.helpers import BLACK_MARBLE, MakeUnits, black_marble
from tiles.catalog import read_catalog
from tiles.products import Product
from tiles.zonal import zonal

LIGHT = "AllAngle_Composite_Snow_Free"


@pytest.mark.parametrize("collection", [1, 2])
def test_a_tile_of_black_marble(tmp_path: Path, units_of: MakeUnits, collection: int) -> None:
    path = black_marble(tmp_path / BLACK_MARBLE.format(29, collection), collection=collection)
    (tile,) = read_catalog([path]).tiles
    assert (tile.year, tile.facts.part, tile.dtype) == (2018, "h29v06", "float32")
    assert tile.grid.bounds == (110.0, 20.0, 120.0, 30.0)
    ((_, values),) = tile.source.pieces(Window(0, 24, 0, 24))
    expected = np.random.default_rng(29).integers(0, 500, size=(24, 24)) * 0.1
    expected[5, 5] = expected[0, 0] = np.nan
    np.testing.assert_allclose(values, expected, rtol=1e-6)
    units = units_of({"a": box(110, 20, 120, 30)}, crs="EPSG:4326")
    row = zonal(units, read_catalog([path])).unit_years.iloc[0]
    assert row["mean"] == pytest.approx(np.nanmean(expected), rel=1e-6)
    assert row["valid_share"] == pytest.approx(574 / 576)


def test_only_the_quality_that_is_accepted_counts(tmp_path: Path) -> None:
    path = black_marble(tmp_path / BLACK_MARBLE.format(29, 1))
    best = Product(
        name="best", title="", pattern=r"VNP46A4\.A(?P<year>\d{4})\d{3}\.(?P<part>h\d\dv\d\d).*",
        unit="nW", valid_min=0.0, valid_max=1e6, layer="AllAngle_Composite_Snow_Free",
        quality_layer="AllAngle_Composite_Snow_Free_Quality", quality=(0,),
    )  # fmt: skip
    (tile,) = read_catalog([path], user=[best]).tiles
    ((_, values),) = tile.source.pieces(Window(0, 24, 0, 24))
    with h5py.File(path) as file:
        quality = file["HDFEOS/GRIDS/VIIRS_Grid_DNB_2d/Data Fields"][
            "AllAngle_Composite_Snow_Free_Quality"
        ][:]
    good = quality == 0
    good[5, 5] = False
    assert np.isfinite(values).tolist() == good.tolist()


def test_tiles_of_black_marble_make_a_year(tmp_path: Path) -> None:
    paths = [black_marble(tmp_path / BLACK_MARBLE.format(h, 1), h=h) for h in (28, 29)]
    (tile,) = read_catalog(paths).tiles
    assert tile.grid.bounds == (100.0, 20.0, 120.0, 30.0)
    assert tile.grid.shape == (24, 48)


def test_a_name_and_a_file_of_different_places(tmp_path: Path) -> None:
    path = black_marble(tmp_path / BLACK_MARBLE.format(28, 1), h=29)
    with pytest.raises(GridError, match=r"\(28, 6\) in the name, \(29, 6\) in the file"):
        read_catalog([path])


def test_a_file_without_the_light(tmp_path: Path) -> None:
    path = tmp_path / BLACK_MARBLE.format(29, 1)
    with h5py.File(path, "w") as file:
        file["something"] = 1
    with pytest.raises(TileUnreadableError, match="one dataset AllAngle_Composite_Snow_Free"):
        read_catalog([path])


@pytest.mark.parametrize("how", ["virtual", "external"])
def test_light_that_is_in_another_file_is_refused(tmp_path: Path, how: str) -> None:
    """A tile that came from elsewhere decides on no other file that is read."""
    path = black_marble(tmp_path / BLACK_MARBLE.format(29, 1))
    with h5py.File(path, "r+") as file:
        fields = file["HDFEOS/GRIDS/VIIRS_Grid_DNB_2d/Data Fields"]
        del fields[LIGHT]
        if how == "virtual":
            layout = h5py.VirtualLayout(shape=(24, 24), dtype="uint16")
            layout[:] = h5py.VirtualSource(tmp_path / "other.h5", "light", shape=(24, 24))
            fields.create_virtual_dataset(LIGHT, layout)
        else:
            fields.create_dataset(
                LIGHT, (24, 24), "uint16", external=[(str(tmp_path / "other"), 0, 1152)]
            )
    with pytest.raises(TileUnreadableError, match="found one whose numbers are in other files"):
        read_catalog([path])


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("scale_factor", "a tenth", "attribute scale_factor: expected a number"),
        ("scale_factor", np.array([], dtype=float), r"scale_factor: .* found \[\]"),
        ("scale_factor", np.array([0.1, 0.2]), r"scale_factor: .* found \[0\.1, 0\.2\]"),
        ("scale_factor", np.nan, "scale_factor"),
        ("scale_factor", 0.0, "scale_factor"),
        ("scale_factor", h5py.Empty("f8"), "scale_factor"),
        ("add_offset", "none", "add_offset"),
        ("_FillValue", b"fill", "_FillValue"),
        ("HorizontalTileNumber", b"x9", "HorizontalTileNumber"),
        ("HorizontalTileNumber", np.array([], dtype=int), "HorizontalTileNumber"),
        ("VerticalTileNumber", b"\xff", "VerticalTileNumber"),
    ],
)
def test_damaged_attributes_are_named(
    tmp_path: Path, name: str, value: object, message: str
) -> None:
    path = black_marble(tmp_path / BLACK_MARBLE.format(29, 1))
    with h5py.File(path, "r+") as file:
        at = "/" if "Tile" in name else f"HDFEOS/GRIDS/VIIRS_Grid_DNB_2d/Data Fields/{LIGHT}"
        file[at].attrs[name] = value
    with pytest.raises(TileUnreadableError, match=message):
        read_catalog([path])


def test_a_truncated_file(tmp_path: Path) -> None:
    path = black_marble(tmp_path / BLACK_MARBLE.format(29, 1))
    path.write_bytes(path.read_bytes()[:3000])
    with pytest.raises(TileUnreadableError, match="HDF5"):
        read_catalog([path])
