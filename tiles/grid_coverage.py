"""The coverage of units on one grid: from the store, or made and put there."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from geo.boundaries import Units
from geo.coverage import coverage
from geo.errors import NoOverlapError
from geo.grid import Grid
from geo.ring_measures import bounds
from geo.rings import Rings
from geo.stripes import Stripe
from geo.threads import in_threads
from tiles.keeping import (
    ArrayStore,
    Fitted,
    get_fitted,
    get_stripe,
    put_fitted,
    put_stripe,
)
from tiles.overlaps import overlap_of
from tiles.unit_geometry import UnitGeometry
from tiles.unit_years import grid_fit


@dataclass(frozen=True, slots=True)
class GridCoverage:
    """Coverage on one grid with what is known of it."""

    fitted: Fitted
    """How units lie on the grid."""
    stripes: tuple[Stripe, ...]
    """The stripes; empty where only ``fitted`` was wanted."""


def grid_coverage(
    geometry: UnitGeometry,
    grid: Grid,
    key: str,
    *,
    where: str,
    store: ArrayStore,
    with_stripes: bool,
    threads: int,
) -> GridCoverage:
    """The coverage of units on a grid.

    Parameters
    ----------
    geometry : UnitGeometry
    grid : Grid
    key : str
        Its address.
    where : str
        A tile on the grid, for errors.
    store : ArrayStore
        Looked up first; what is made is put there.
    with_stripes : bool
        Whether the stripes are wanted, or only how units lie on the grid.
    threads : int
        Never changes a bit.

    Returns
    -------
    GridCoverage

    Raises
    ------
    NoOverlapError
        If no unit touches the grid.
    """
    known = _kept(store, key, with_stripes=with_stripes, threads=threads)
    if known is not None:
        return known
    rings = geometry.in_grid(grid)
    made = coverage(rings, grid, threads=threads)
    if not made.stripes:
        raise _no_overlap(geometry.units, grid, where, rings)
    fitted = Fitted(
        fit=grid_fit(made),
        overlap=overlap_of(made.stripes, threads=threads),
        stripes=tuple(part.stripe for part in made.stripes),
    )
    in_threads(lambda part: put_stripe(store, key, part), made.stripes, threads)
    put_fitted(store, key, fitted)
    return GridCoverage(fitted, made.stripes)


def _kept(store: ArrayStore, key: str, *, with_stripes: bool, threads: int) -> GridCoverage | None:
    """What the store has, if it has all of it."""
    fitted = get_fitted(store, key)
    if fitted is None:
        return None
    if not with_stripes:
        return GridCoverage(fitted, ())
    parts = in_threads(lambda number: get_stripe(store, key, number), fitted.stripes, threads)
    stripes = tuple(part for part in parts if part is not None)
    return GridCoverage(fitted, stripes) if len(stripes) == len(fitted.stripes) else None


def _no_overlap(units: Units, grid: Grid, where: str, rings: Rings) -> NoOverlapError:
    return NoOverlapError(
        where,
        expected=f"units that touch the tile, {_extent(grid.bounds)} in {grid.crs.name}",
        found=f"units of {units.source} at {_extent(_bounds_of_all(units.polygons.rings))} "
        f"in {units.crs.name}, which is {_extent(_bounds_of_all(rings))} in the tile's plane",
        hint="check that tile and units cover the same region and that both declare the CRS "
        "their coordinates are in",
    )


def _extent(bounds: Iterable[float]) -> str:
    left, bottom, right, top = bounds
    return f"x {left:.6g} to {right:.6g}, y {bottom:.6g} to {top:.6g}"


def _bounds_of_all(rings: Rings) -> tuple[float, ...]:
    """Least x and y and largest x and y of all units."""
    each = bounds(rings)
    return (*np.nanmin(each[:, :2], axis=0), *np.nanmax(each[:, 2:], axis=0))
