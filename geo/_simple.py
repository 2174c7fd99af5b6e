"""Rings that surely do not touch or cross themselves, told without exact arithmetic.

Two edges are apart if their boxes are, or if both ends of one lie on the same side of the other.
The side of a point is the sign of a 2 x 2 determinant, which is right if it exceeds a bound on its
rounding (Shewchuk 1997, Adaptive precision floating-point arithmetic: the first filter of
``orient2d``). Neighbouring edges must make a turn whose sign is sure, or go on at an obtuse angle.
Which edges to compare is told by a binary tree of boxes over the edges in their order, compared
with itself. Whatever is not sure is left to GEOS. What it saves together with `geo._wkb`, beside
reading and checking by pyogrio and shapely, is the group "boundaries" of the benchmark.
"""

import numpy as np

from geo.compiled import compiled
from geo.rings import Bools, Floats, Ints, Rings
from geo.threads import in_threads, processors, runs

ROUNDING = 3.3306690738754716e-16
"""(3 + 16 u) u with u = 2^-53."""

EDGES_PER_LEAF = 8

PAIRS_PER_LEAF = 200
"""Boundaries take fewer than ten; rings whose boxes overlap far more often are left to GEOS."""

DEEPEST = 192
"""Three pairs of nodes wait on every level of the tree."""

VERTICES_PER_CALL = 50_000


def surely_simple(rings: Rings) -> Bools:
    """Which rings surely are simple: closed, and touching themselves nowhere else.

    Parameters
    ----------
    rings : Rings

    Returns
    -------
    bool array, (n_rings,)
        False says nothing.
    """
    result = np.zeros(len(rings.ring_starts) - 1, dtype=np.bool_)

    def look(run: tuple[int, int]) -> None:
        _look(*run, rings.xy, rings.ring_starts, result)

    in_threads(look, runs(rings.ring_starts, VERTICES_PER_CALL), processors())
    return result


@compiled
def _look(first: int, last: int, xy: Floats, ring_starts: Ints, result: Bools) -> None:
    """Write whether the rings from ``first`` to ``last - 1`` surely are simple."""
    boxes, pairs = np.empty((64, 4)), np.empty((DEEPEST, 2), dtype=np.int64)
    for ring in range(first, last):
        start, stop = ring_starts[ring], ring_starts[ring + 1]
        n_edges = stop - start - 1
        if n_edges < 3 or not _sure_corners(xy, start, n_edges):
            continue
        n_leaves = 1
        while n_leaves * EDGES_PER_LEAF < n_edges:
            n_leaves *= 2
        if len(boxes) < 2 * n_leaves:
            boxes = np.empty((2 * n_leaves, 4))
        _grow(xy, start, n_edges, n_leaves, boxes)
        result[ring] = _apart(xy, start, n_edges, n_leaves, boxes, pairs)


@compiled
def _side(ax: float, ay: float, bx: float, by: float, cx: float, cy: float) -> int:
    """On which side of the line from a to b point c lies: 1 left, -1 right, 0 unsure."""
    left, right = (ax - cx) * (by - cy), (ay - cy) * (bx - cx)
    turn, error = left - right, ROUNDING * (abs(left) + abs(right))
    if turn > error:
        return 1
    return -1 if turn < -error else 0


@compiled
def _sure_corners(xy: Floats, start: int, n_edges: int) -> bool:
    """Whether the ring is closed and neighbouring edges surely share their vertex alone."""
    if xy[start, 0] != xy[start + n_edges, 0] or xy[start, 1] != xy[start + n_edges, 1]:
        return False
    ax, ay = xy[start + n_edges - 1, 0], xy[start + n_edges - 1, 1]
    for k in range(start, start + n_edges):
        bx, by, cx, cy = xy[k, 0], xy[k, 1], xy[k + 1, 0], xy[k + 1, 1]
        left, right = (ax - cx) * (by - cy), (ay - cy) * (bx - cx)
        if not abs(left - right) > ROUNDING * (abs(left) + abs(right)):
            along, across = (bx - ax) * (cx - bx), (by - ay) * (cy - by)
            if not along + across > 2.0 * ROUNDING * (abs(along) + abs(across)):
                return False
        ax, ay = bx, by
    return True


@compiled
def _grow(xy: Floats, start: int, n_edges: int, n_leaves: int, boxes: Floats) -> None:
    """Write the boxes of a tree: node n has the children 2 n and 2 n + 1, leaves come last."""
    for leaf in range(n_leaves):
        low_x, low_y, high_x, high_y = np.inf, np.inf, -np.inf, -np.inf
        first = leaf * EDGES_PER_LEAF
        if first < n_edges:
            for k in range(start + first, start + min(first + EDGES_PER_LEAF, n_edges) + 1):
                low_x, low_y = min(low_x, xy[k, 0]), min(low_y, xy[k, 1])
                high_x, high_y = max(high_x, xy[k, 0]), max(high_y, xy[k, 1])
        boxes[n_leaves + leaf, 0], boxes[n_leaves + leaf, 1] = low_x, low_y
        boxes[n_leaves + leaf, 2], boxes[n_leaves + leaf, 3] = high_x, high_y
    for node in range(n_leaves - 1, 0, -1):
        for k in range(2):
            boxes[node, k] = min(boxes[2 * node, k], boxes[2 * node + 1, k])
        for k in range(2, 4):
            boxes[node, k] = max(boxes[2 * node, k], boxes[2 * node + 1, k])


@compiled
def _apart(xy: Floats, start: int, n_edges: int, n_leaves: int, boxes: Floats, pairs: Ints) -> bool:
    """Whether edges that are not neighbours surely have no point in common.

    ``pairs`` is room for the pairs of nodes still to compare.
    """
    n, pairs[0, 0], pairs[0, 1] = 1, 1, 1
    for _ in range(PAIRS_PER_LEAF * n_leaves):
        n -= 1
        one, other = pairs[n, 0], pairs[n, 1]
        # One branch instead of four that nobody can predict.
        near = (boxes[one, 0] <= boxes[other, 2]) & (boxes[other, 0] <= boxes[one, 2])
        near &= (boxes[one, 1] <= boxes[other, 3]) & (boxes[other, 1] <= boxes[one, 3])
        if near and one >= n_leaves:
            if not _leaves_apart(xy, start, n_edges, n_leaves, boxes, one, other):
                return False
        elif near:
            for left in range(2):
                for right in range(2):
                    if one != other or left <= right:
                        pairs[n, 0], pairs[n, 1] = 2 * one + left, 2 * other + right
                        n += 1
        if n == 0:
            return True
    return False


@compiled
def _leaves_apart(
    xy: Floats, start: int, n_edges: int, n_leaves: int, boxes: Floats, one: int, other: int
) -> bool:
    """Whether the edges of two leaves, or of one with itself, surely are apart."""
    left, low, right, high = boxes[other, 0], boxes[other, 1], boxes[other, 2], boxes[other, 3]
    first, from_other = (one - n_leaves) * EDGES_PER_LEAF, (other - n_leaves) * EDGES_PER_LEAF
    end_other = min(from_other + EDGES_PER_LEAF, n_edges)
    for i in range(first, min(first + EDGES_PER_LEAF, n_edges)):
        k = start + i
        ax, ay, bx, by = xy[k, 0], xy[k, 1], xy[k + 1, 0], xy[k + 1, 1]
        if max(ax, bx) < left or min(ax, bx) > right or max(ay, by) < low or min(ay, by) > high:
            continue
        for j in range(max(from_other, i + 2), end_other):
            # The first and the last edge are neighbours.
            if i + n_edges - j > 1 and not _edges_apart(ax, ay, bx, by, xy, start + j):
                return False
    return True


@compiled
def _edges_apart(ax: float, ay: float, bx: float, by: float, xy: Floats, k: int) -> bool:
    """Whether the edge from a to b and that from vertex k to the next surely are apart."""
    cx, cy, dx, dy = xy[k, 0], xy[k, 1], xy[k + 1, 0], xy[k + 1, 1]
    if max(ax, bx) < min(cx, dx) or max(cx, dx) < min(ax, bx):
        return True
    if max(ay, by) < min(cy, dy) or max(cy, dy) < min(ay, by):
        return True
    if _side(ax, ay, bx, by, cx, cy) * _side(ax, ay, bx, by, dx, dy) == 1:
        return True
    return _side(cx, cy, dx, dy, ax, ay) * _side(cx, cy, dx, dy, bx, by) == 1
