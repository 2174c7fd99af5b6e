"""What is in a tile: counts, sums and the likeness to the year before, over all of its cells."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import groupby, pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geo.errors import NightpanelError
from geo.stripes import STRIPE_ROWS
from geo.threads import in_threads, processors
from geo.window import Window
from tiles.limits import Limits, limits_of
from tiles.sums import Breaches, breaches_in, joined_breaches
from tiles.tile import Tile, TileKey


@dataclass(frozen=True, slots=True)
class Counts:
    """Counts and moments over the cells of a tile."""

    cells: int = 0
    """All cells."""
    valid: int = 0
    """Cells with an observation."""
    zero: int = 0
    """Valid cells with the value 0."""
    saturated: int = 0
    """Valid cells at or above the product's saturation."""
    low: float = math.inf
    """Smallest valid value."""
    high: float = -math.inf
    """Largest valid value."""
    light: float = 0.0
    """Sum of the valid values, in the product's unit times cells."""
    breaches: Breaches = field(default_factory=Breaches)
    """Values that are neither valid nor fill."""

    def __add__(self, other: "Counts") -> "Counts":
        """Counts of two parts of a tile."""
        return Counts(
            self.cells + other.cells,
            self.valid + other.valid,
            self.zero + other.zero,
            self.saturated + other.saturated,
            min(self.low, other.low),
            max(self.high, other.high),
            self.light + other.light,
            joined_breaches(self.breaches, other.breaches),
        )


@dataclass(frozen=True, slots=True)
class Moments:
    """Sums over the cells that are valid in two tiles."""

    sums: NDArray[np.float64]
    """Number, x, y, x x, y y, x y."""

    @property
    def correlation(self) -> float:
        """Pearson's; NaN if one of them does not vary."""
        n, x, y, xx, yy, xy = self.sums
        spread = (n * xx - x * x) * (n * yy - y * y)
        return float((n * xy - x * y) / math.sqrt(spread)) if spread > 0.0 else math.nan


@dataclass(frozen=True, slots=True)
class TileFacts:
    """What is in a tile."""

    tile: Tile
    """The tile."""
    counts: Counts
    """Over all its cells."""
    before: Tile | None
    """The tile of the year before, or the earlier one of the same year, if there is one."""
    jump: float
    """Relative change of the sum of light against it; NaN if there is none. On another grid of the
    same cells it is that of the cells that both have."""
    correlation: float
    """Of its cells with those of the year before, the nearest ones on another grid of the same
    cells; NaN if there is none with such cells."""


def tile_facts(
    tiles: Sequence[Tile], *, threads: int | None = None
) -> tuple[list[TileFacts], dict[TileKey, NightpanelError]]:
    """Read tiles and count.

    Parameters
    ----------
    tiles : sequence of Tile
        In the order of product and year.
    threads : int, optional
        Threads of this process; by default one for each processor.

    Returns
    -------
    list of TileFacts
        Of the tiles that can be read.
    dict of (str, int) to NightpanelError
        What is wrong with the others, by their keys.
    """
    counts: dict[TileKey, Counts] = {}
    moments: dict[TileKey, Moments] = {}
    wrong: dict[TileKey, NightpanelError] = {}
    for _, some in groupby(sorted(tiles, key=_series), key=_series):
        in_order = sorted(some, key=lambda tile: (tile.year, tile.product_label))
        rows, cols = in_order[0].grid.shape
        windows = [
            Window(first, min(first + STRIPE_ROWS, rows), 0, cols)
            for first in range(0, rows, STRIPE_ROWS)
        ]
        parts = in_threads(partial(_stripe, tiles=in_order), windows, threads or processors())
        for part in parts:
            wrong |= {key: error for key, error in part.wrong.items() if key not in wrong}
            for key, found in part.counts.items():
                counts[key] = counts.get(key, Counts()) + found
            for key, sums in part.moments.items():
                known = moments.get(key)
                moments[key] = sums if known is None else Moments(known.sums + sums.sums)
    readable = [tile for tile in tiles if tile.key not in wrong]
    before = _before(readable)
    for tile in readable:
        earlier = before.get(tile.key)
        if earlier is not None and earlier.grid != tile.grid:
            moments.pop(tile.key, None)
            nearest = _nearest_moments(earlier, tile, threads=threads)
            moments |= {} if nearest is None else {tile.key: nearest}
    return [_facts(tile, counts, moments, before.get(tile.key)) for tile in readable], wrong


@dataclass(frozen=True, slots=True)
class _Part:
    """What one stripe of several tiles holds."""

    counts: dict[TileKey, Counts]
    moments: dict[TileKey, Moments]
    wrong: dict[TileKey, NightpanelError]


def _series(tile: Tile) -> tuple[str, str]:
    return tile.product.name, tile.grid.grid_id


def _stripe(window: Window, tiles: Sequence[Tile]) -> _Part:
    """One stripe of tiles on one grid; two of them in memory at a time."""
    part = _Part({}, {}, {})
    before: tuple[NDArray[Any], NDArray[np.bool_]] | None = None
    for tile in tiles:
        try:
            ((_, values),) = tile.source.pieces(window)
        except NightpanelError as error:
            part.wrong[tile.key] = error
            before = None
            continue
        limits = limits_of(tile)
        valid = _valid(values, limits)
        part.counts[tile.key] = _counts(values, valid, limits, window)
        if before is not None:
            part.moments[tile.key] = _moments(*before, values, valid)
        before = values, valid
    return part


def _valid(values: NDArray[Any], limits: Limits) -> NDArray[np.bool_]:
    valid: NDArray[np.bool_] = (values >= limits.low) & (values <= limits.high)
    return np.asarray(valid & np.isfinite(values))


def _counts(
    values: NDArray[Any], valid: NDArray[np.bool_], limits: Limits, window: Window
) -> Counts:
    light = values[valid]
    return Counts(
        cells=values.size,
        valid=light.size,
        zero=int(np.count_nonzero(light == 0)),
        saturated=int(np.count_nonzero(light >= limits.levels[1])),
        low=float(light.min()) if light.size else math.inf,
        high=float(light.max()) if light.size else -math.inf,
        light=float(light.sum(dtype=np.float64)),
        breaches=breaches_in(values, limits, window),
    )


def _moments(
    first: NDArray[Any],
    first_valid: NDArray[np.bool_],
    second: NDArray[Any],
    second_valid: NDArray[np.bool_],
) -> Moments:
    both = first_valid & second_valid
    x, y = first[both].astype(np.float64), second[both].astype(np.float64)
    return Moments(np.array([x.size, x.sum(), y.sum(), x @ x, y @ y, x @ y]))


def _nearest_moments(first: Tile, second: Tile, *, threads: int | None) -> Moments | None:
    """Moments of the nearest cells of two tiles; None if their cells differ or are apart."""
    offset = second.grid.offset_from(first.grid)
    if offset is None:
        return None
    right, down = (round(cells) for cells in offset)
    (rows, cols), (first_rows, first_cols) = second.grid.shape, first.grid.shape
    top, left = max(-down, 0), max(-right, 0)
    end_row, end_col = min(first_rows - down, rows), min(first_cols - right, cols)
    if top >= end_row or left >= end_col:
        return None

    def of_stripe(start: int) -> NDArray[np.float64]:
        own = Window(start, min(start + STRIPE_ROWS, end_row), left, end_col)
        other = Window(own.first_row + down, own.end_row + down, left + right, end_col + right)
        ((_, x),), ((_, y),) = first.source.pieces(other), second.source.pieces(own)
        seen = _valid(x, limits_of(first)), _valid(y, limits_of(second))
        return _moments(x, seen[0], y, seen[1]).sums

    starts = list(range(top, end_row, STRIPE_ROWS))
    return Moments(np.sum(in_threads(of_stripe, starts, threads or processors()), axis=0))


def _before(tiles: Sequence[Tile]) -> Mapping[TileKey, Tile]:
    """For each tile the one before it: of the same year, or of the year before."""
    found: dict[TileKey, Tile] = {}

    def name(tile: Tile) -> str:
        return tile.product.name

    for _, some in groupby(sorted(tiles, key=name), key=name):
        in_order = sorted(some, key=lambda tile: (tile.year, tile.product_label))
        for first, second in pairwise(in_order):
            if second.year - first.year <= 1:
                found[second.key] = first
    return found


def _facts(
    tile: Tile,
    counts: Mapping[TileKey, Counts],
    moments: Mapping[TileKey, Moments],
    before: Tile | None,
) -> TileFacts:
    own = counts[tile.key]
    if before is None or tile.key not in moments:
        return TileFacts(tile, own, before, math.nan, math.nan)
    both = moments[tile.key]
    earlier, later = counts[before.key].light, own.light
    if before.grid != tile.grid:
        _, earlier, later, *_ = both.sums
    jump = float(later / earlier - 1.0) if earlier > 0.0 else math.nan
    return TileFacts(tile, own, before, jump, both.correlation)
