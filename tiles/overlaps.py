"""Units that overlap: cells of which units claim more than there is."""

from collections.abc import Iterable

import numba
import numpy as np
from numpy.typing import NDArray

from geo.audit import AuditRow
from geo.grid import Grid
from tiles.stripes import StripeSlice

OVERLAP_TOLERANCE = 1e-6


def overlap_audit(parts: Iterable[StripeSlice], grid: Grid) -> list[AuditRow]:
    """An audit row for a grid if units cover more than the whole of some cells.

    Parameters
    ----------
    parts : iterable of StripeSlice
        The coverage of all units; one stripe's window of cells is in memory at a time.
    grid : Grid

    Returns
    -------
    list of AuditRow
        Empty if no cell's shares sum to more than 1 + 1e-6; else one row whose count is in cells.
    """
    count, largest = 0, 0.0
    for part in parts:
        rows, cols = part.window.shape
        over, most = _overfull(part.cells, part.weights, rows * cols, 1.0 + OVERLAP_TOLERANCE)
        count, largest = count + int(over), max(largest, float(most))
    if not count:
        return []
    detail = f"cells whose units cover more than the whole cell, up to {largest:.7g} of it"
    return [AuditRow("light", "overlapping_units", f"grid {grid.grid_id}", detail, count)]


@numba.njit(cache=True, nogil=True)
def _overfull(
    cells: NDArray[np.int32], weights: NDArray[np.float64], n_cells: int, limit: float
) -> tuple[int, float]:
    """Number of cells whose weights sum to more than the limit, and the largest sum."""
    totals = np.zeros(n_cells)
    for entry in range(cells.size):
        totals[cells[entry]] += weights[entry]
    count, largest = 0, 0.0
    for total in totals:
        if total > limit:
            count += 1
        largest = max(largest, total)
    return count, largest
