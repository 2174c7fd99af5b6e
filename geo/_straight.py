"""Which edges surely stay straight under a transformation, without moving a point of any.

A transformation is nearly affine over a small block of the plane. If over a block it differs from
an affine map by at most d, then no edge inside the block comes to lie further than 2 d from the
straight line between its moved ends: d for points of the edge, d for those of the line. The
difference is measured at the nine nodes of every two by two cells of a lattice over the vertices;
at a block's corners it is largest both for maps of constant second derivative and for maps with a
straight kink, and `SAFETY` covers what others do between nodes. Blocks across a jump or a
pole, or with a node without a place, are far from affine and vouch for nothing.
"""

import math
from collections.abc import Callable

import numpy as np

from geo.compiled import compiled
from geo.rings import Bools, Floats
from geo.threads import blocks, in_threads, processors

SAFETY = 2.0
"""How many times larger the difference may be between nodes than at them."""

FEWEST_LINES = 10_000
"""For fewer lines a lattice does not pay."""

LINES_PER_NODE = 4
"""The lattice has at most one node for so many lines."""

COARSE = 40
"""Cells a side of the lattice that tells how fine the lattice proper should be."""

LINES_PER_CALL = 100_000
ROWS_PER_CALL = 100

Move = Callable[[Floats], Floats]


def surely_straight(xy: Floats, move: Move, *, within: float) -> Bools:
    """Which lines from one vertex to the next surely stay straight.

    Parameters
    ----------
    xy : float64 array, (n, 2)
        Finite coordinates.
    move : callable
        From points, (n, 2), to their places, (n, 2); not finite where there is none.
    within : float
        How far a moved line may lie from the straight line between its moved ends.

    Returns
    -------
    bool array, (n - 1,)
        For lines from vertex k to vertex k + 1. False says nothing.
    """
    result = np.zeros(max(len(xy) - 1, 0), dtype=np.bool_)
    if len(result) < FEWEST_LINES:
        return result
    # By columns: numpy is slow to reduce an axis beside one of two.
    low = np.array([xy[:, 0].min(), xy[:, 1].min()])
    size = np.array([xy[:, 0].max(), xy[:, 1].max()]) - low
    size[size == 0.0] = 1.0
    allowed = within / (2.0 * SAFETY)
    # The difference falls with the square of the cells' size; most blocks should pass.
    coarse = _differences(low, size, move, COARSE)
    typical = float(np.quantile(coarse, 0.9, method="lower"))
    most = math.isqrt(len(result) // LINES_PER_NODE)
    finer = math.sqrt(1.2 * typical / allowed)
    n_cells = int(min(max(COARSE, COARSE * finer), most))
    flat = _differences(low, size, move, n_cells) <= allowed

    def look_up(block: slice) -> None:
        _look_up(block.start, block.stop, xy, low, n_cells / size, flat, result)

    in_threads(look_up, blocks(len(result), LINES_PER_CALL), processors())
    return result


def _differences(low: Floats, size: Floats, move: Move, n_cells: int) -> Floats:
    """(n_cells - 1, n_cells - 1) how far blocks of two by two cells are from affine."""
    steps = np.arange(n_cells + 1) / n_cells
    x, y = np.meshgrid(low[0] + size[0] * steps, low[1] + size[1] * steps, indexing="ij")
    nodes = move(np.column_stack([x.ravel(), y.ravel()])).reshape(n_cells + 1, n_cells + 1, 2)
    result = np.empty((n_cells - 1, n_cells - 1))

    def measure(block: slice) -> None:
        _measure(block.start, block.stop, nodes, result)

    in_threads(measure, blocks(n_cells - 1, ROWS_PER_CALL), processors())
    return result


@compiled
def _measure(first: int, last: int, nodes: Floats, result: Floats) -> None:
    """Write the largest difference of each block's nodes from the affine map of its middle.

    The map takes its slopes from the neighbours on both sides. Infinite where a node has no place.
    """
    for i in range(first, last):
        for j in range(result.shape[1]):
            worst, total = 0.0, 0.0
            for di in range(-1, 2):
                for dj in range(-1, 2):
                    square = 0.0
                    for axis in range(2):
                        middle = nodes[i + 1, j + 1, axis]
                        along = 0.5 * (nodes[i + 2, j + 1, axis] - nodes[i, j + 1, axis])
                        across = 0.5 * (nodes[i + 1, j + 2, axis] - nodes[i + 1, j, axis])
                        affine = middle + di * along + dj * across
                        square += (nodes[i + 1 + di, j + 1 + dj, axis] - affine) ** 2
                    total += square
                    worst = max(worst, square)
            # The largest of numbers and what is none may be a number; their sum is not.
            result[i, j] = math.sqrt(worst) if math.isfinite(total) else math.inf


@compiled
def _look_up(
    first: int, last: int, xy: Floats, low: Floats, scale: Floats, flat: Bools, result: Bools
) -> None:
    """Write whether lines from ``first`` to ``last - 1`` lie inside a flat block.

    Block (i, j) is cells i and i + 1 by cells j and j + 1. Where rounding puts a vertex on a
    cell's edge into the next cell, it lies outside the block by no more than that.
    """
    i, j = int((xy[first, 0] - low[0]) * scale[0]), int((xy[first, 1] - low[1]) * scale[1])
    for k in range(first, last):
        next_i = int((xy[k + 1, 0] - low[0]) * scale[0])
        next_j = int((xy[k + 1, 1] - low[1]) * scale[1])
        if abs(next_i - i) <= 1 and abs(next_j - j) <= 1:
            row = min(i, next_i, flat.shape[0] - 1)
            col = min(j, next_j, flat.shape[1] - 1)
            result[k] = flat[row, col]
        i, j = next_i, next_j
