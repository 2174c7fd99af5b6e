"""From named files to tiles: headers are read, and what holds the values is told apart."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from geo.errors import TileNameError
from tiles.decoding import PLAIN, Decoding, floating
from tiles.mosaic import Part, mosaic
from tiles.products import NameFacts, Product, check_nodata, product_named
from tiles.raster_source import Raster, RasterSource
from tiles.reader import Header, read_header
from tiles.remote_source import RemoteSource, remote_state
from tiles.several import Group
from tiles.size_limits import DEFAULT_LIMITS, SizeLimits
from tiles.source import Source
from tiles.tile import Tile
from tiles.tile_file import TileFile, tile_file
from tiles.tile_names import Named
from tiles.tile_place import ON_THE_WEB
from tiles.unpack import default_folder

HDF5 = (".h5", ".hdf5", ".he5")


@dataclass(frozen=True, slots=True)
class Opening:
    """How files are opened."""

    limits: SizeLimits = DEFAULT_LIMITS
    """How large they may be."""
    unpack_to: Path | None = None
    """Folder for files that come packed; the user's cache folder if None."""


def open_tile(group: Group, opening: Opening) -> Tile:
    """Read the headers of a tile's files.

    Parameters
    ----------
    group : Group
    opening : Opening

    Returns
    -------
    Tile

    Raises
    ------
    NightpanelError
        If a header is damaged, too large, says not where the tile lies, or contradicts the product.
    """
    tiles = [_one(item, opening) for item in group.files]
    first = tiles[0]
    if len(tiles) == 1:
        return first.labelled(group.label)
    dtype = str(floating(*(tile.dtype for tile in tiles)))
    parts = [Part(tile.source, tile.grid, tile.fill_values) for tile in tiles]
    where = f"{first.where} and {len(tiles) - 1} more"
    whole, grid = mosaic(parts, dtype=dtype, where=where, limits=opening.limits)
    facts = NameFacts(first.year, first.facts.satellite, first.facts.version)
    return Tile(first.where, first.product, facts, grid, dtype, None, whole, group.label)


def open_store(path: Path, product: Product | None, user: Sequence[Product]) -> list[Tile]:
    """The years of a Zarr store as tiles.

    Parameters
    ----------
    path : Path
    product : Product, optional
        By default the one that the store's attribute ``product`` names.
    user : sequence of Product
        Products of the study, beside the shipped ones.

    Returns
    -------
    list of Tile

    Raises
    ------
    NightpanelError
        If it is no store of a georeferenced cube, or does not say its product.
    """
    from tiles.arrays import array_tiles  # xarray is loaded with the first array
    from tiles.zarr_cube import read_zarr

    cube = read_zarr(path)
    if product is None:
        named = cube.attrs.get("product")
        if named is None:
            raise TileNameError(
                str(path),
                expected="the product of the cube, in lights.product or its attribute product",
                found="neither",
                hint="name the product",
            )
        product = product_named(str(named), user=user)
    return array_tiles(cube, product, where=str(path), folder=path)


def _one(item: Named, opening: Opening) -> Tile:
    if item.where.startswith(ON_THE_WEB):
        return _remote(item, opening)
    folder = opening.unpack_to or default_folder()
    file = tile_file(item.where, unpack_to=folder, max_bytes=opening.limits.unpacked_bytes)
    if file.raster.suffix.lower() in HDF5:
        return _hdf(item, file, opening)
    return _raster(item, file, opening)


def _raster(item: Named, file: TileFile, opening: Opening) -> Tile:
    header = read_header(file.where, file=file.unpacked, limits=opening.limits)
    dtype, nodata, decoding, empty = _stored(item, header)
    raster = Raster(file.where, header.grid.shape, decoding, empty, file.unpacked)
    return _tile(item, header, RasterSource(file, raster), dtype, nodata)


def _remote(item: Named, opening: Opening) -> Tile:
    state = remote_state(item.where)
    header = read_header(item.where, limits=opening.limits)
    dtype, nodata, decoding, empty = _stored(item, header)
    raster = Raster(item.where, header.grid.shape, decoding, empty)
    return _tile(item, header, RemoteSource(item.where, state, raster), dtype, nodata)


def _hdf(item: Named, file: TileFile, opening: Opening) -> Tile:
    from tiles.hdf5 import HdfSource, read_hdf_header

    header = read_hdf_header(
        file.where,
        item.product,
        part=item.facts.part,
        limits=opening.limits,
        file=file.unpacked,
    )
    source = HdfSource(file, header, item.product.quality)
    dtype = str(floating(header.dtype))
    return Tile(item.where, item.product, item.facts, header.grid, dtype, None, source)


def _tile(item: Named, header: Header, source: Source, dtype: str, nodata: float | None) -> Tile:
    return Tile(item.where, item.product, item.facts, header.grid, dtype, nodata, source)


def _stored(item: Named, header: Header) -> tuple[str, float | None, Decoding, float | None]:
    """Type, declared nodata, decoding, and what empty blocks are, of a raster's values."""
    product = item.product
    scaled = Decoding(header.scale, header.offset)
    empty = _empty_value(product, header)
    if scaled.is_plain:
        check_nodata(item.where, product, header.nodata)
        needs_nan = empty is not None and math.isnan(empty)
        dtype = str(floating(header.dtype)) if needs_nan else header.dtype
        return dtype, header.nodata, PLAIN, empty
    declared = () if header.nodata is None else (header.nodata,)
    fill = tuple(dict.fromkeys((*product.fill_values, *declared)))
    decoding = Decoding(header.scale, header.offset, fill)
    return str(floating(header.dtype)), None, decoding, empty


def _empty_value(product: Product, header: Header) -> float | None:
    """What a cell of a missing block is; None if the file says so itself, or has none."""
    if not header.has_empty_blocks:
        return None
    if product.empty_blocks == "dark":
        return 0.0
    return math.nan if header.nodata is None else None
