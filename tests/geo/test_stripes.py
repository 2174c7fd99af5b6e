"""Stripes hold every share once, in order, in the smallest window, with whole cells in runs."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS
from shapely import Polygon, box

from geo._stripe_pieces import NARROWEST_GAP
from geo.coverage import Coverage, coverage
from geo.errors import GridError
from geo.grid import Grid
from geo.stripes import STRIPE_ROWS, stripe_count

ROWS, COLS = 2 * STRIPE_ROWS + 3, 40


def grid(rows: int = ROWS, cols: int = COLS) -> Grid:
    """Cells of one by one, the first row at the top."""
    transform = (1.0, 0.0, 0.0, 0.0, -1.0, float(rows))
    return Grid(crs=CRS("EPSG:32649"), transform=transform, shape=(rows, cols))


corner = st.tuples(st.floats(-5.0, COLS + 5.0), st.floats(-5.0, ROWS + 5.0))
triangle = st.lists(corner, min_size=3, max_size=3, unique=True).map(Polygon)


def entries(found: Coverage) -> list[tuple[int, int, int, float]]:
    """(unit, row, column, share) of every cell, by walking through the runs one cell at a time."""
    cells = []
    for part in found.stripes:
        width = part.window.shape[1]
        for unit, start, end in zip(part.units, part.indptr[:-1], part.indptr[1:], strict=True):
            for first, share in zip(part.cells[start:end], part.shares[start:end], strict=True):
                length = int(share) if share >= 2.0 else 1
                for cell in range(first, first + length):
                    row, col = divmod(cell, width)
                    place = (int(row) + part.window.first_row, int(col) + part.window.first_col)
                    cells.append((int(unit), *place, min(float(share), 1.0)))
    return cells


@settings(deadline=None)
@given(st.lists(triangle, min_size=1, max_size=4))
def test_every_share_once_in_order_and_windows_are_tight(triangles: list[Polygon]) -> None:
    found = coverage(triangles, grid())
    cells = entries(found)
    assert len({cell[:3] for cell in cells}) == len(cells)
    indptr, flat, weights = found.csr()
    expected = zip(np.repeat(np.arange(len(triangles)), np.diff(indptr)), flat, weights)  # noqa: B905
    by_unit = sorted(cells, key=lambda cell: cell[0])  # stable: stripes follow each other
    assert [(unit, row * COLS + col, share) for unit, row, col, share in by_unit] == list(expected)
    for part in found.stripes:
        of_part = [cell for cell in cells if cell[1] // STRIPE_ROWS == part.stripe]
        rows, cols = [cell[1] for cell in of_part], [cell[2] for cell in of_part]
        window = part.window
        assert (min(rows), max(rows) + 1) == (window.first_row, window.end_row)
        assert (min(cols), max(cols) + 1) == (window.first_col, window.end_col)
        assert part.spans == ((window.first_col, window.end_col),)
        assert (np.diff(part.indptr) > 0).all()
        assert (np.diff(part.units) > 0).all()
        for unit, total in zip(part.units, part.covered, strict=True):
            assert total == sum(cell[3] for cell in of_part if cell[0] == unit)
    areas = shapely.area(shapely.intersection(triangles, box(0, 0, COLS, ROWS)))
    sums = np.bincount([cell[0] for cell in cells], [cell[3] for cell in cells], len(triangles))
    np.testing.assert_allclose(sums, areas, rtol=1e-9, atol=1e-9)


def test_whole_cells_are_one_entry_a_row() -> None:
    (part,) = coverage([box(2.5, -1.0, 30.0, 4.0)], grid(3)).stripes
    assert part.cells.tolist() == [0, 1, 28, 29, 56, 57]
    assert part.shares.tolist() == [0.5, 27.0] * 3
    assert part.covered.tolist() == [82.5]


def test_a_single_whole_cell_is_a_share_of_one() -> None:
    (part,) = coverage([box(2.5, 0.0, 4.5, 1.0)], grid(1)).stripes
    assert part.shares.tolist() == [0.5, 1.0, 0.5]


def test_wide_gaps_are_left_out_of_the_spans() -> None:
    wide = NARROWEST_GAP + 20
    units = [box(3, 0, 5, 1), box(wide, 0, wide + 2, 1), box(wide + 10, 0, wide + 11, 1)]
    (part,) = coverage(units, grid(1, wide + 30)).stripes
    assert part.spans == ((3, 5), (wide, wide + 11))


@pytest.mark.parametrize(
    ("rows", "count"), [(1, 1), (STRIPE_ROWS, 1), (STRIPE_ROWS + 1, 2), (ROWS, 3)]
)
def test_number_of_stripes(rows: int, count: int) -> None:
    assert stripe_count(rows) == count


def test_a_grid_too_wide() -> None:
    with pytest.raises(GridError, match="5000000 columns"):
        coverage([box(0, 0, 1, 1)], grid(1, 5_000_000))
