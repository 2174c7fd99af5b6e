"""One stripe of several tiles, summed together: their additions go on side by side.

A unit's terms are added one after the other, so that one tile's sum waits for its last addition
again and again; four tiles in one pass over the shares take little longer than one. Every tile's
terms and their order are its own, so its bits are those of `tiles.sums.sum_stripe`.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from geo.errors import NightpanelError
from geo.stripes import Stripe
from tiles._sum_kernels import N_SUMS, add_observed_four
from tiles.limits import Limits, limits_of
from tiles.sums import (
    Breaches,
    Effort,
    StripeSums,
    TileSums,
    add_stripes,
    all_observed,
    fill_observed,
    sum_pieces,
    sum_stripe,
)
from tiles.tile import Tile

TOGETHER = 4
"""Tiles in one pass: more sums than those of four do not fit into a processor's registers."""

BYTES_TOGETHER = 64 * 2**20
"""What the values of one stripe of all of them may take."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Values:
    """A stripe of a tile as it was read."""

    values: NDArray[Any]
    seconds: float


def groups(tiles: Sequence[Tile], stripes: Sequence[Stripe]) -> list[list[int]]:
    """Which tiles to sum together: four of one product and type, or one alone.

    Parameters
    ----------
    tiles : sequence of Tile
        On one grid.
    stripes : sequence of Stripe
        Its coverage.

    Returns
    -------
    list of list of int
        Positions of the tiles; each stands once, and sets of four come first.
    """
    cells = max((part.window.shape[0] * part.window.shape[1] for part in stripes), default=0)
    alike: dict[object, list[int]] = {}
    for position, tile in enumerate(tiles):
        kind = (tile.product, tile.dtype, tile.fill_values)
        alike.setdefault(kind, []).append(position)
    fours, alone = [], []
    for positions in alike.values():
        whole = 0
        if TOGETHER * cells * np.dtype(tiles[positions[0]].dtype).itemsize <= BYTES_TOGETHER:
            whole = len(positions) // TOGETHER * TOGETHER
        fours += [positions[first : first + TOGETHER] for first in range(0, whole, TOGETHER)]
        alone += [[position] for position in positions[whole:]]
    return [*sorted(fours), *sorted(alone)]


def sum_stripes(
    part: Stripe,
    *,
    tiles: Sequence[Tile],
    geodesic: bool = False,
    rows_at_once: int | None = None,
) -> tuple[StripeSums | NightpanelError, ...]:
    """Read a stripe of some tiles and sum each over units; as `tiles.sums.sum_stripe`.

    Parameters
    ----------
    part : Stripe
    tiles : sequence of Tile
        One of the `groups`.
    geodesic : bool
    rows_at_once : int, optional

    Returns
    -------
    tuple of StripeSums or NightpanelError
        One for each tile: what is wrong with one does not lose the others.

    Raises
    ------
    NightpanelError
        If there is one tile, its own.
    """
    each = partial(sum_stripe, part, geodesic=geodesic, rows_at_once=rows_at_once)
    if len(tiles) == 1:
        return (each(tiles[0]),)
    if len(tiles) != TOGETHER or geodesic or rows_at_once is not None:
        return tuple(_attempt(each, tile) for tile in tiles)
    read = [_attempt(partial(_read_whole, part), tile) for tile in tiles]
    limits = limits_of(tiles[0])
    whole = [one for one in read if isinstance(one, _Values)]
    began = time.perf_counter()
    if len(whole) == TOGETHER and all(all_observed(part, one.values, limits) for one in whole):
        sums = _sum_observed(part, [one.values for one in whole], limits)
        adding = (time.perf_counter() - began) / TOGETHER
        return tuple(
            StripeSums(part.units, of_tile, Breaches(), Effort(read=one.seconds, add=adding))
            for of_tile, one in zip(sums, whole, strict=True)
        )
    return tuple(
        _sum_values(part, one, limits) if isinstance(one, _Values) else one for one in read
    )


def add_tile(
    parts: Sequence[Sequence[StripeSums | NightpanelError]], *, position: int, n_units: int
) -> TileSums:
    """Add the stripes of one of the tiles; as `tiles.sums.add_stripes`.

    Parameters
    ----------
    parts : sequence of sequence of StripeSums or NightpanelError
        What `sum_stripes` gave for each stripe.
    position : int
        The tile's, among those that were summed together.
    n_units : int

    Returns
    -------
    TileSums

    Raises
    ------
    NightpanelError
        The first that is among the tile's parts.
    """
    of_tile: list[StripeSums] = []
    for part in parts:
        found = part[position]
        if isinstance(found, NightpanelError):
            raise found
        of_tile.append(found)
    return add_stripes(of_tile, n_units=n_units)


def _attempt(work: Callable[[Tile], T], tile: Tile) -> T | NightpanelError:
    try:
        return work(tile)
    except NightpanelError as error:
        return error


def _read_whole(part: Stripe, tile: Tile) -> _Values:
    began = time.perf_counter()
    ((_, values),) = tile.source.pieces(part.window, spans=part.spans)
    return _Values(values, time.perf_counter() - began)


def _sum_observed(
    part: Stripe, values: Sequence[NDArray[Any]], limits: Limits
) -> list[NDArray[np.float64]]:
    v0, v1, v2, v3 = (of_tile.ravel() for of_tile in values)
    sums = np.zeros((TOGETHER, part.units.size, N_SUMS))
    add_observed_four((v0, v1, v2, v3), part.indptr, part.cells, part.shares, limits.levels, sums)
    for of_tile in sums:
        fill_observed(part, of_tile)
    return list(sums)


def _sum_values(part: Stripe, read: _Values, limits: Limits) -> StripeSums:
    found = sum_pieces(part, [(part.window.first_row, read.values)], limits, np.empty(0))
    return replace(found, effort=replace(found.effort, read=read.seconds))
