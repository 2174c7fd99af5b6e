"""Stripes hold every entry of a coverage once, in order, in the smallest window."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import CRS

from geo.coverage import Coverage
from geo.errors import GridError
from geo.grid import Grid
from tiles.stripes import STRIPE_ROWS, split_coverage, stripe_count

ROWS, COLS = 2 * STRIPE_ROWS + 3, 7


def made_up(cells_of_units: list[list[int]], shape: tuple[int, int] = (ROWS, COLS)) -> Coverage:
    """A coverage with these cells; weights tell entries apart."""
    grid = Grid(crs=CRS("EPSG:32649"), transform=(1.0, 0.0, 0.0, 0.0, -1.0, 0.0), shape=shape)
    sizes = [len(cells) for cells in cells_of_units]
    n = sum(sizes)
    return Coverage(
        grid=grid,
        indptr=np.cumsum([0, *sizes]).astype(np.int64),
        cells=np.array([cell for cells in cells_of_units for cell in cells], dtype=np.int64),
        weights=np.linspace(0.1, 1.0, n),
        polygon_area=np.ones(len(sizes)),
        area_error=np.zeros(len(sizes)),
        mismatch=np.zeros(len(sizes), dtype=bool),
    )


cells_of_a_unit = st.lists(st.integers(0, ROWS * COLS - 1), unique=True, max_size=12).map(sorted)


@given(st.lists(cells_of_a_unit, min_size=1, max_size=8))
def test_every_entry_once_and_in_order(cells_of_units: list[list[int]]) -> None:
    coverage = made_up(cells_of_units)
    found: list[tuple[int, int, float]] = []
    parts = list(split_coverage(coverage))
    for part in parts:
        rows, cols = np.divmod(part.cells, part.window.shape[1])
        rows, cols = rows + part.window.first_row, cols + part.window.first_col
        assert (rows.min(), rows.max() + 1) == (part.window.first_row, part.window.end_row)
        assert (cols.min(), cols.max() + 1) == (part.window.first_col, part.window.end_col)
        assert set((rows // STRIPE_ROWS).tolist()) == {part.stripe}
        assert (np.diff(part.indptr) > 0).all()
        assert (np.diff(part.units) > 0).all()
        owners = np.repeat(part.units, np.diff(part.indptr))
        found += zip(owners.tolist(), (rows * COLS + cols).tolist(), part.weights, strict=True)
    owners = np.repeat(np.arange(len(cells_of_units)), np.diff(coverage.indptr))
    expected = list(zip(owners.tolist(), coverage.cells.tolist(), coverage.weights, strict=True))
    # Stripes come in order, so that a stable sort by unit brings back the order of the coverage.
    assert sorted(found, key=lambda entry: entry[0]) == expected
    assert [part.stripe for part in parts] == sorted({part.stripe for part in parts})


@pytest.mark.parametrize(
    ("rows", "count"), [(1, 1), (STRIPE_ROWS, 1), (STRIPE_ROWS + 1, 2), (ROWS, 3)]
)
def test_number_of_stripes(rows: int, count: int) -> None:
    assert stripe_count(rows) == count


def test_a_grid_too_wide() -> None:
    with pytest.raises(GridError, match="5000000 columns"):
        list(split_coverage(made_up([[0]], shape=(1, 5_000_000))))
