"""Integer light whose unit means and city Ginis are the designed ones.

Cells on a border belong to several units, so that means cannot be set one by one. Starting from a
textured picture, single DN steps are taken cell by cell as long as they lower the sum of squared
errors of the unit means. Then, city by city, single cells that touch no other city are moved by one
DN, each time the one that brings the city's Gini closest to its design.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter
from scipy.sparse import csr_array

from geo.compiled import compiled
from geo.coverage import Coverage

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

MAX_DN = 63
TEXTURE = 0.3
"""Standard deviation of log light between cells of one unit."""
BLOOM = 0.7
"""Standard deviation of the blur between neighbouring units, cells."""
MAX_SWEEPS = 1000
LEAST_COVERED = 0.3
"""Cells less inside the country than this keep their first value: they weigh too little to help."""
GINI_CLOSE = 5e-6
MEAN_DRIFT = 0.4
"""How far a unit's mean may be from its design while the Gini is brought home, DN."""


@dataclass(frozen=True, slots=True)
class OwnCells:
    """The cells that touch one city and no other, with their entries (cell, unit, share)."""

    cell: Ints
    """(n_cells) positions among the canvas's covered cells."""
    units: slice
    """The city's units."""
    entry_cell: Ints
    """(n_entries) index into ``cell``, rising."""
    entry_unit: Ints
    """(n_entries) unit, counted from the city's first."""
    entry_share: Floats
    """(n_entries) share of the cell in its unit's total."""


@dataclass(frozen=True, slots=True)
class Canvas:
    """One grid's coverage, seen from the units, from the cells and from the cities."""

    shape: tuple[int, int]
    """Rows and columns."""
    shares: csr_array
    """(n_units, n_covered) share of each covered cell in the unit's total; rows sum to 1."""
    covered: Ints
    """(n_covered) flat index of the cells that belong to any unit, rising."""
    inside: Floats
    """(n_covered) how much of each covered cell lies in the country, from 0 to 1."""
    by_cell: csr_array
    """(n_covered, n_units) the shares turned round."""
    cities: tuple[OwnCells, ...]
    """Each city's own cells."""


def make_canvas(cover: Coverage, *, city: Ints) -> Canvas:
    """Turn a coverage round: from units by cells to cells by units.

    Parameters
    ----------
    cover : Coverage
    city : array of int, shape (n_units,)
        Ascending index of each unit's city, from 0 on without gaps.

    Returns
    -------
    Canvas
    """
    indptr, cells, weights = cover.csr()
    covered, column = np.unique(cells, return_inverse=True)
    size = (city.size, covered.size)
    total = np.add.reduceat(weights, indptr[:-1])
    share = weights / np.repeat(total, np.diff(indptr))
    shares = csr_array((share, column, indptr), shape=size)
    by_cell = shares.T.tocsr()
    by_cell.sort_indices()
    # Within a cell units rise, and cities with them: the first and the last unit settle it.
    first = city[by_cell.indices[by_cell.indptr[:-1]]]
    last = city[by_cell.indices[by_cell.indptr[1:] - 1]]
    owner = np.where(first == last, first, -1)
    return Canvas(
        shape=cover.grid.shape,
        shares=shares,
        covered=covered,
        inside=np.asarray(np.bincount(column, weights), dtype=np.float64),
        by_cell=by_cell,
        cities=tuple(_own_cells(by_cell, owner, city, i) for i in range(int(city[-1]) + 1)),
    )


def _own_cells(by_cell: csr_array, owner: Ints, city: Ints, i: int) -> OwnCells:
    cell = np.flatnonzero(owner == i)
    own = by_cell[cell]
    first, last = (int(edge) for edge in np.searchsorted(city, [i, i + 1]))
    return OwnCells(
        cell=cell,
        units=slice(first, last),
        entry_cell=np.repeat(np.arange(cell.size), np.diff(own.indptr)),
        entry_unit=own.indices.astype(np.int64) - first,
        entry_share=own.data,
    )


def texture(shape: tuple[int, int], *, seed: int) -> Floats:
    """Log light of cells relative to their units: the same in every year, shape ``shape``."""
    rng = np.random.default_rng(np.random.SeedSequence([20110, seed, 3]))
    return TEXTURE * rng.standard_normal(shape)


def paint(canvas: Canvas, *, means: Floats, gini: Floats, grain: Floats) -> NDArray[np.int8]:
    """Paint one year.

    Parameters
    ----------
    canvas : Canvas
    means : array, shape (n_units,)
        Designed unit means, DN.
    gini : array, shape (n_cities,)
        Designed Ginis.
    grain : array, shape (rows, cols)
        Log light of cells relative to their units.

    Returns
    -------
    array of int8, shape (rows, cols)
        DN from 0 to 63; 0 outside the country. As close to the design as integers came; the
        caller measures how close.
    """
    start = _first_picture(canvas, means=means, grain=grain)
    order = np.argsort(grain.ravel()[canvas.covered], kind="stable")
    order = order[canvas.inside[order] >= LEAST_COVERED].astype(np.int64)
    by_cell = canvas.by_cell
    dn = _settle(
        start,
        canvas.shares @ start.astype(np.float64) - means,
        order,
        by_cell.indptr.astype(np.int64),
        by_cell.indices.astype(np.int64),
        by_cell.data,
        MAX_SWEEPS,
    )
    light = canvas.shares @ dn.astype(np.float64)
    for i, own in enumerate(canvas.cities):
        dn[own.cell] = _tuned(dn[own.cell], own, light[own.units], means[own.units], gini[i])
    tile = np.zeros(canvas.shape, dtype=np.int8)
    tile.ravel()[canvas.covered] = dn
    return tile


def measured_means(canvas: Canvas, tile: NDArray[np.int8]) -> Floats:
    """Mean light of every unit in a tile, shape (n_units,)."""
    return np.asarray(canvas.shares @ tile.ravel()[canvas.covered].astype(np.float64))


def _first_picture(canvas: Canvas, *, means: Floats, grain: Floats) -> Ints:
    """DN of the covered cells: a blurred map of the unit means with texture, rounded."""
    weight = canvas.by_cell @ np.ones(means.size)
    light = np.zeros(canvas.shape)
    light.ravel()[canvas.covered] = (canvas.by_cell @ means) / weight
    picture = gaussian_filter(light, BLOOM) * np.exp(grain)
    dn = np.clip(np.rint(picture.ravel()[canvas.covered]), 0, MAX_DN)
    return np.asarray(dn, dtype=np.int64)


@compiled
def _settle(
    dn: Ints,
    error: Floats,
    order: Ints,
    cell_ptr: Ints,
    cell_unit: Ints,
    cell_share: Floats,
    max_sweeps: int,
) -> Ints:
    """Steps of one DN that lower the sum of squared errors of the unit means, until none does.

    Changes and returns ``dn``; ``error`` (measured minus designed unit means) follows it.
    """
    for _ in range(max_sweeps):
        moved = False
        for c in order:
            slope, bend = 0.0, 0.0
            for e in range(cell_ptr[c], cell_ptr[c + 1]):
                slope += cell_share[e] * error[cell_unit[e]]
                bend += cell_share[e] ** 2
            step = 0
            if slope > bend / 2 and dn[c] > 0:
                step = -1
            elif slope < -bend / 2 and dn[c] < MAX_DN:
                step = 1
            if step != 0:
                moved = True
                dn[c] += step
                for e in range(cell_ptr[c], cell_ptr[c + 1]):
                    error[cell_unit[e]] += step * cell_share[e]
        if not moved:
            break
    return dn


def _tuned(dn: Ints, own: OwnCells, light: Floats, goal: Floats, gini: float) -> Ints:
    """Steps of one DN, at most one a cell, until the city's Gini is close to its design."""
    dn, open_cells = dn.copy(), np.ones(dn.size, dtype=np.bool_)
    error = abs(_gini(light) - gini)
    while error > GINI_CLOSE and open_cells.any():
        j, step = _best_step(dn, open_cells, own, light=light, goal=goal, gini=gini)
        if step == 0:
            break
        open_cells[j] = False
        entries = slice(*np.searchsorted(own.entry_cell, [j, j + 1]))
        moved = light.copy()
        moved[own.entry_unit[entries]] += step * own.entry_share[entries]
        if abs(_gini(moved) - gini) < error:
            light, error = moved, abs(_gini(moved) - gini)
            dn[j] += step
    return dn


def _best_step(
    dn: Ints,
    open_cells: NDArray[np.bool_],
    own: OwnCells,
    *,
    light: Floats,
    goal: Floats,
    gini: float,
) -> tuple[int, int]:
    """Which cell to move, and which way, to bring the Gini closest to its design.

    Exact unless the step changes the order of units, so the caller looks again. Step 0 if every
    step would leave the range of DN or take a unit's mean too far.
    """
    slope, half = _gini_slope(light), float(_gini_slope(light) @ light)
    best = (np.inf, 0, 0)
    for step in (-1, 1):
        change = step * own.entry_share
        after = light[own.entry_unit] + change
        far = abs(after - goal[own.entry_unit]) > MEAN_DRIFT
        allowed = open_cells & (dn + step >= 0) & (dn + step <= MAX_DN)
        allowed &= np.bincount(own.entry_cell, far, dn.size) == 0
        up = np.bincount(own.entry_cell, change * slope[own.entry_unit], dn.size)
        total = np.bincount(own.entry_cell, change, dn.size)
        found = (half + up) / (light.mean() + total / light.size)
        error = np.where(allowed, abs(found - gini), np.inf)
        j = int(error.argmin())
        best = min(best, (float(error[j]), j, step)) if allowed[j] else best
    return best[1], best[2]


def _gini_slope(light: Floats) -> Floats:
    """Slope of half the mean absolute difference in each value; times light it gives the half."""
    n = light.size
    slope = np.empty(n)
    slope[np.argsort(light, kind="stable")] = (2.0 * np.arange(1, n + 1) - n - 1.0) / n**2
    return slope


def _gini(light: Floats) -> float:
    return float(_gini_slope(light) @ light / light.mean())
