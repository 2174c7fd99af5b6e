"""Units that overlap: cells of which units claim more than there is."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo.audit import AuditRow
from geo.compiled import compiled
from geo.grid import Grid
from geo.stripes import Stripe
from geo.threads import in_threads

OVERLAP_TOLERANCE = 1e-6
ROWS_AT_ONCE = 32


@dataclass(frozen=True, slots=True)
class Overlap:
    """Cells of which units claim more than the whole."""

    cells: int = 0
    """How many."""
    largest: float = 0.0
    """The largest sum of shares of one cell."""


def overlap_of(stripes: Sequence[Stripe], *, threads: int) -> Overlap:
    """Find the cells whose shares sum to more than 1 + 1e-6.

    Parameters
    ----------
    stripes : sequence of Stripe
        The coverage of all units.
    threads : int

    Returns
    -------
    Overlap
    """

    def of_stripe(part: Stripe) -> tuple[int, float]:
        entries = (part.indptr, part.cells, part.shares)
        count, largest = _overfull(*entries, part.window.shape, 1.0 + OVERLAP_TOLERANCE)
        return int(count), float(largest)

    found = in_threads(of_stripe, stripes, threads)
    largest = max((most for _, most in found), default=0.0)
    return Overlap(cells=sum(count for count, _ in found), largest=largest)


def overlap_audit(overlap: Overlap, grid: Grid) -> list[AuditRow]:
    """An audit row for a grid where units overlap; its count is in cells."""
    if not overlap.cells:
        return []
    detail = f"cells whose units cover more than the whole cell, up to {overlap.largest:.7g} of it"
    return [AuditRow("light", "overlapping_units", f"grid {grid.grid_id}", detail, overlap.cells)]


@compiled
def _overfull(
    indptr: NDArray[np.int64],
    cells: NDArray[np.int32],
    shares: NDArray[np.float64],
    shape: tuple[int, int],
    limit: float,
) -> tuple[int, float]:
    """Number of cells whose shares sum to more than the limit, and the largest sum.

    A run adds one where it begins and takes it away where it ends; a running sum does the rest.
    """
    count, largest, place = 0, 0.0, indptr[:-1].copy()
    shared, runs = np.zeros(ROWS_AT_ONCE * shape[1]), np.zeros(ROWS_AT_ONCE * shape[1] + 1)
    for first in range(0, shape[0] * shape[1], shared.size):
        shared[:] = 0.0
        runs[:] = 0.0
        for unit in range(place.size):
            entry = place[unit]
            while entry < indptr[unit + 1] and cells[entry] < first + shared.size:
                cell = cells[entry] - first
                if shares[entry] < 2.0:
                    shared[cell] += shares[entry]
                else:
                    runs[cell] += 1.0
                    runs[cell + int(shares[entry])] -= 1.0
                entry += 1
            place[unit] = entry
        inside = 0.0
        for cell in range(shared.size):
            inside += runs[cell]
            total = inside + shared[cell]
            if total > limit:
                count += 1
            largest = max(largest, total)
    return count, largest
