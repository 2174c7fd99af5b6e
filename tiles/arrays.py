"""Georeferenced xarray arrays as tiles: from a notebook, from a Zarr cube, from a calibration."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import rioxarray  # noqa: F401 - gives arrays their .rio
import xarray as xr
from dask.tokenize import tokenize
from numpy.typing import NDArray
from pyproj import CRS

from geo.errors import GridError, MissingCrsError, TileUnreadableError
from geo.grid import Grid
from geo.window import Window
from tiles.products import NameFacts, Product, check_nodata, check_year
from tiles.reader import check_axes
from tiles.source import Source, Spans, pieces_of_rows
from tiles.tile import Tile

COORDINATE_TOLERANCE = 1e-3
"""How far, in cells, a coordinate may lie off its place on a regular grid."""


@dataclass(frozen=True, slots=True, eq=False)
class ArraySource:
    """A two-dimensional array, in memory or lazy; a `tiles.source.Source`."""

    layer: xr.DataArray
    """Dimensions ``y``, ``x``; NaN is fill."""
    recipe: object
    """What tells how it is made from what is behind it; its ``repr`` says all of it."""
    behind: tuple[Source, ...] = ()
    """What it is made from."""
    folder: Path | None = None
    """The Zarr store that holds it, if one does."""

    @property
    def files(self) -> tuple[Path, ...]:
        """As `tiles.source.Source.files`."""
        own = () if self.folder is None else (self.folder,)
        return (*own, *dict.fromkeys(file for source in self.behind for file in source.files))

    def pieces(
        self,
        window: Window,
        *,
        spans: Spans | None = None,  # noqa: ARG002 - what is stored in chunks is read whole
        rows_at_once: int | None = None,
    ) -> Iterator[tuple[int, NDArray[Any]]]:
        """As `tiles.source.Source.pieces`; the whole width is computed, in this thread."""
        cols = slice(window.first_col, window.end_col)
        for part in pieces_of_rows(window, rows_at_once):
            wanted = self.layer.isel(y=slice(part.first_row, part.end_row), x=cols)
            yield part.first_row, self._computed(wanted)

    def content(self, of_file: Callable[[Path], object]) -> object:
        """As `tiles.source.Source.content`."""
        own = None if self.folder is None else of_file(self.folder)
        return ("array", self.recipe, own, *(source.content(of_file) for source in self.behind))

    def require_unchanged(self) -> None:
        """As `tiles.source.Source.require_unchanged`; an array in memory does not change."""
        for source in self.behind:
            source.require_unchanged()

    def _computed(self, wanted: xr.DataArray) -> NDArray[Any]:
        try:
            found = wanted.compute(scheduler="synchronous").to_numpy()
        except (OSError, KeyError, ValueError, RuntimeError) as error:
            raise TileUnreadableError(
                str(self.folder or "array"),
                expected="chunks that can be read",
                found=str(error),
                hint="the store is damaged: write it again",
            ) from error
        return np.ascontiguousarray(found)


def grid_of(array: xr.DataArray, *, where: str) -> Grid:
    """The grid of a georeferenced array.

    Parameters
    ----------
    array : DataArray
        With dimensions ``y`` and ``x``.
    where : str
        What it is, for errors.

    Returns
    -------
    Grid

    Raises
    ------
    MissingCrsError
        If it has no CRS.
    GridError
        If its coordinates are not those of a regular grid, or are missing.
    """
    crs = array.rio.crs
    if crs is None:
        raise MissingCrsError(
            where,
            expected="a coordinate reference system",
            found="none",
            hint="set it: array.rio.write_crs('EPSG:4326')",
        )
    shape = (array.sizes["y"], array.sizes["x"])
    if min(shape) < 2 or "x" not in array.coords or "y" not in array.coords:
        raise GridError(
            where,
            expected="coordinates x and y of at least two cells each",
            found=f"{shape[0]} x {shape[1]} cells, {', '.join(map(str, array.coords))}",
            hint="give the array the coordinates of its cells' centres",
        )
    crs_of_plane = CRS.from_wkt(crs.to_wkt(version="WKT2_2019"))
    off = np.inf
    # What an array says of its transform is exact, but stays as it was when a part is selected.
    for recalc in (False, True):
        transform = tuple(array.rio.transform(recalc=recalc))[:6]
        grid = Grid.checked(crs=crs_of_plane, transform=transform, shape=shape, where=where)
        off = _off_centre(array, grid)
        if off <= COORDINATE_TOLERANCE:
            return grid
    raise GridError(
        where,
        expected="coordinates x and y at the centres of the cells of a regular grid",
        found=f"coordinates up to {off:.3g} of a cell off",
        hint="resample the array to a regular grid first",
    )


def _off_centre(array: xr.DataArray, grid: Grid) -> float:
    """How far, in cells, coordinates lie off the centres of a grid's cells at most."""
    x, y = (array.coords[name].to_numpy().astype(np.float64) for name in ("x", "y"))
    col, _ = grid.to_cells(x, np.zeros_like(x))
    _, row = grid.to_cells(np.zeros_like(y), y)
    off = [np.abs(cells - np.arange(cells.size) - 0.5).max() for cells in (col, row)]
    return float(max(off))


def layers_by_year(array: xr.DataArray, *, where: str) -> dict[int, xr.DataArray]:
    """The two-dimensional layers of an array, by year.

    Parameters
    ----------
    array : DataArray
        Dimensions ``y`` and ``x``, and ``year`` or ``time`` if it has several; a single layer needs
        a coordinate ``year``.
    where : str
        What it is, for errors.

    Returns
    -------
    dict of int to DataArray
        Each with the dimensions ``y``, ``x`` in that order.

    Raises
    ------
    GridError
        If it has other dimensions, no year, or a year twice.
    """
    along = next((name for name in ("year", "time") if name in array.dims), None)
    expected = {"y", "x"} | ({along} if along else set())
    if set(array.dims) != expected or (along is None and "year" not in array.coords):
        raise _wrong_dimensions(where, f"the dimensions {', '.join(map(str, array.dims))}")
    if along is None:
        return {int(array.coords["year"].item()): array.transpose("y", "x")}
    years = _years(array.coords[along], where)
    if len(set(years)) < len(years):
        twice = next(year for year in years if years.count(year) > 1)
        raise _wrong_dimensions(where, f"the year {twice} twice")
    layers = (array.isel({along: k}, drop=True).transpose("y", "x") for k in range(len(years)))
    return dict(zip(years, layers, strict=True))


def _years(coordinate: xr.DataArray, where: str) -> list[int]:
    values = coordinate.to_numpy()
    if values.dtype.kind == "M":
        return [int(value) for value in values.astype("datetime64[Y]").astype(np.int64) + 1970]
    if values.dtype.kind in "iu":
        return [int(value) for value in values]
    raise _wrong_dimensions(where, f"years of type {values.dtype}")


def _wrong_dimensions(where: str, found: str) -> GridError:
    return GridError(
        where,
        expected="the dimensions y, x, and year (whole numbers) or time, each year once",
        found=found,
        hint="rename or select the dimensions of the array",
    )


def array_tiles(
    array: xr.DataArray, product: Product, *, where: str = "array", folder: Path | None = None
) -> list[Tile]:
    """The years of a georeferenced array as tiles.

    Parameters
    ----------
    array : DataArray
        As for `layers_by_year`, with a CRS (``array.rio.write_crs``), in memory or lazy. NaN and
        the array's declared nodata are fill.
    product : Product
        Whose contract its values keep.
    where : str
        What errors and audit rows call it.
    folder : Path, optional
        The Zarr store that holds it.

    Returns
    -------
    list of Tile
        By year.

    Raises
    ------
    MissingCrsError, GridError
        If it does not say where it lies, or in which years, or its axes are swapped.
    ContractError
        If the product has no such year, or the declared nodata is light by its contract.
    """
    tiles = []
    for year, layer in sorted(layers_by_year(array, where=where).items()):
        check_year(where, product, NameFacts(year))
        # An array in memory is told by its bytes, a lazy one by its graph, a store by its files.
        recipe = year if folder is not None else (year, tokenize(layer.data))
        nodata = layer.rio.nodata
        check_nodata(where, product, nodata)
        grid = grid_of(layer, where=where)
        check_axes(where, grid)
        tiles.append(
            Tile(
                where=where,
                product=product,
                facts=NameFacts(year),
                grid=grid,
                dtype=str(layer.dtype),
                nodata=None if nodata is None or np.isnan(nodata) else float(nodata),
                source=ArraySource(layer, recipe, folder=folder),
            )
        )
    return tiles
