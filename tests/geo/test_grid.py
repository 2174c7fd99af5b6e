"""Grids: what is refused, what is equal, and an address that survives the process."""

import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from pyproj import CRS

from geo.errors import GridError
from geo.grid import Grid

PLANE = CRS("EPSG:32649")
NORTH_UP = (10.0, 0.0, 500.0, 0.0, -20.0, 900.0)
ROOT = Path(__file__).resolve().parents[2]


def grid(transform=NORTH_UP, shape=(4, 3), crs=PLANE) -> Grid:
    return Grid.checked(crs=crs, transform=transform, shape=shape, where="tile.tif")


def test_bounds_and_cell_size_by_hand():
    assert grid().bounds == (500.0, 820.0, 530.0, 900.0)
    assert grid().cell_size == (10.0, 20.0)


def test_bounds_of_a_grid_that_runs_south_to_north_and_east_to_west():
    turned = grid((-10.0, 0.0, 530.0, 0.0, 20.0, 820.0))
    assert turned.bounds == (500.0, 820.0, 530.0, 900.0)
    assert turned.cell_size == (10.0, 20.0)


def test_to_cells_by_hand():
    col, row = grid().to_cells([500.0, 515.0, 530.0], [900.0, 870.0, 820.0])
    np.testing.assert_array_equal(col, [0.0, 1.5, 3.0])
    np.testing.assert_array_equal(row, [0.0, 1.5, 4.0])


def test_geographic_is_said():
    assert not grid().is_geographic
    assert grid(crs=CRS("EPSG:4326")).is_geographic


@pytest.mark.parametrize(
    ("transform", "shape", "named"),
    [
        ((10.0, 0.5, 500.0, 0.0, -20.0, 900.0), (4, 3), "b = 0.5"),
        ((10.0, 0.0, 500.0, -0.25, -20.0, 900.0), (4, 3), "d = -0.25"),
        ((0.0, 0.0, 500.0, 0.0, -20.0, 900.0), (4, 3), "cell width 0.0"),
        ((10.0, 0.0, 500.0, 0.0, 0.0, 900.0), (4, 3), "cell height 0.0"),
        ((10.0, 0.0, float("nan"), 0.0, -20.0, 900.0), (4, 3), "nan"),
        (NORTH_UP, (0, 3), "0 rows"),
        (NORTH_UP, (4, 0), "0 columns"),
    ],
)
def test_unusable_grids_are_refused_by_name(transform, shape, named):
    with pytest.raises(GridError) as caught:
        grid(transform, shape)
    assert str(caught.value).startswith("tile.tif: ")
    assert named in str(caught.value)


def test_a_grid_built_directly_is_checked_too():
    with pytest.raises(GridError, match="rotated"):
        Grid(crs=PLANE, transform=(10.0, 0.5, 0.0, 0.0, -20.0, 0.0), shape=(1, 1))


def test_equality_needs_all_three():
    same = grid(crs=CRS(PLANE.to_wkt()))
    shifted = grid((10.0, 0.0, 500.0 + 1e-9, 0.0, -20.0, 900.0))
    others = [shifted, grid(shape=(4, 4)), grid(crs=CRS("EPSG:32650"))]
    assert same == grid()
    assert hash(same) == hash(grid())
    assert same.grid_id == grid().grid_id
    assert all(other != grid() for other in others)
    assert len({other.grid_id for other in [grid(), *others]}) == 4


def test_negative_zero_is_zero():
    turned = grid((10.0, -0.0, 500.0, -0.0, -20.0, 900.0))
    assert turned == grid()
    assert turned.grid_id == grid().grid_id


def test_a_grid_survives_pickling():
    copy = pickle.loads(pickle.dumps(grid()))  # noqa: S301 (our own bytes)
    assert copy == grid()
    assert copy.grid_id == grid().grid_id
    assert copy.crs == PLANE


def test_grid_id_is_the_same_in_another_process():
    code = (
        "from pyproj import CRS; from geo.grid import Grid; "
        f"print(Grid(crs=CRS('EPSG:32649'), transform={NORTH_UP!r}, shape=(4, 3)).grid_id)"
    )
    other = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert other.stdout.strip() == grid().grid_id
    assert len(grid().grid_id) == 12
