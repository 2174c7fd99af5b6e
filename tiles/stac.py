"""A static STAC catalogue of tiles, written for others and for ourselves.

One collection a product, one item a tile, with the projection and raster extensions.
"""

import json
import os
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pystac
import shapely
from pyproj import Transformer
from pystac.extensions.projection import ProjectionExtension
from pystac.extensions.raster import DataType, NoDataStrings, RasterBand, RasterExtension

from geo.errors import OutputError
from geo.grid import Grid
from tiles.read_stac import ASSET, PRODUCT
from tiles.tile import Tile
from tiles.tile_place import file_name, is_elsewhere, is_store

EDGE_POINTS = 20
MEDIA = {
    ".h5": pystac.MediaType.HDF5,
    ".gz": "application/gzip",
}
CATALOG = "catalog.json"
ID = "nightlights"


def write_stac(tiles: Sequence[Tile], folder: Path) -> Path:
    """Write a catalogue, whose addresses of files of this machine are relative.

    Parameters
    ----------
    tiles : sequence of Tile
    folder : Path
        Made if it is not there. What an earlier catalogue in it had is replaced or removed;
        ``catalog.json`` last, so that it never lists what is not there.

    Returns
    -------
    Path
        ``catalog.json``.

    Raises
    ------
    OutputError
        If the folder cannot be made or written.
    """
    catalog = pystac.Catalog(ID, "Annual nighttime light, by product and year")
    in_order = sorted(tiles, key=lambda tile: tile.key)
    for _, some in groupby(in_order, key=lambda tile: tile.product.name):
        of_product = list(some)
        items = [_item(tile) for tile in of_product]
        collection = _collection(of_product, items)
        collection.add_items(items)
        catalog.add_child(collection)
    # Relative addresses lead from the folder itself, whatever links lead to it.
    catalog.normalize_hrefs(os.path.realpath(folder))
    catalog.make_all_asset_hrefs_relative()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=folder, prefix=".stac-") as draft:
            catalog.save(pystac.CatalogType.SELF_CONTAINED, dest_href=draft)
            _replace(folder, Path(draft))
    except OSError as error:
        raise OutputError(
            str(folder),
            expected="a folder for a catalogue",
            found=error.strerror or str(error),
            hint="choose another with --stac",
        ) from error
    return folder / CATALOG


def _replace(folder: Path, draft: Path) -> None:
    """Move a catalogue into a folder, and remove what only the one before it had."""
    before = _files_of(folder)
    made = [path.relative_to(draft) for path in draft.rglob("*.json")]
    for path in sorted(made, key=lambda path: (path == Path(CATALOG), path)):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (draft / path).replace(folder / path)
    for path in sorted(before - set(made)):
        (folder / path).unlink(missing_ok=True)
        for parent in list(path.parents)[:-1]:
            with suppress(OSError):  # it holds something else
                (folder / parent).rmdir()


def _files_of(folder: Path) -> set[Path]:
    """Files of a catalogue in a folder that `write_stac` wrote there, by its links."""
    found: set[Path] = set()
    left = [Path(CATALOG)]
    while left:
        path = left.pop()
        content = _json(folder / path)
        if path in found or (path == Path(CATALOG) and content.get("id") != ID):
            continue
        found.add(path)
        for link in content.get("links", ()):
            if link.get("rel") in ("child", "item"):
                to = Path(os.path.normpath(path.parent / str(link.get("href"))))
                left += [to] if not to.is_absolute() and to.parts[0] != ".." else []
    return found


def _json(path: Path) -> dict[str, Any]:
    """What a file of JSON holds; nothing if it is none."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def _item(tile: Tile) -> pystac.Item:
    bounds = _bounds(tile.grid)
    item = pystac.Item(
        id=f"{tile.product_label.replace(':', '-')}-{tile.year}",
        geometry=json.loads(shapely.to_geojson(shapely.box(*bounds))),
        bbox=list(bounds),
        datetime=None,
        start_datetime=datetime(tile.year, 1, 1, tzinfo=UTC),
        end_datetime=datetime(tile.year, 12, 31, 23, 59, 59, tzinfo=UTC),
        properties=_properties(tile),
    )
    _add_projection(item, tile.grid)
    for name, asset in _assets(tile).items():
        item.add_asset(name, asset)
        RasterExtension.ext(asset, add_if_missing=True).bands = [_band(tile)]
    return item


def _properties(tile: Tile) -> dict[str, Any]:
    facts = {PRODUCT: tile.product.name, "nightpanel:grid": tile.grid.grid_id}
    if tile.facts.satellite:
        facts["platform"] = tile.facts.satellite.lower()
    if tile.facts.version:
        facts["nightpanel:version"] = tile.facts.version
    return facts


def _assets(tile: Tile) -> dict[str, pystac.Asset]:
    """The files of a tile: one, or the parts of a mosaic."""
    files = list(dict.fromkeys(str(file) for file in tile.source.files))
    files = files if len(files) > 1 else [tile.where]
    assets = {}
    for number, file in enumerate(files, start=1):
        name = file_name(file)
        media = MEDIA.get(Path(name).suffix.lower(), pystac.MediaType.GEOTIFF)
        if is_store(Path(file)):
            media = pystac.MediaType.ZARR
        asset = pystac.Asset(href=_href(file), title=name, media_type=media, roles=["data"])
        assets[ASSET if len(files) == 1 else f"{ASSET}-{number}"] = asset
    return assets


def _href(file: str) -> str:
    """Where a file is; its name stays as it is, for it says product and year."""
    if is_elsewhere(file):
        return file
    folder, name = os.path.split(Path(file).absolute())
    return os.path.join(os.path.realpath(folder), name)  # noqa: PTH118 - an address, not a Path


def _add_projection(item: pystac.Item, grid: Grid) -> None:
    projection = ProjectionExtension.ext(item, add_if_missing=True)
    epsg = grid.crs.to_epsg(min_confidence=100)
    projection.code = f"EPSG:{epsg}" if epsg is not None else None
    projection.wkt2 = grid.crs_wkt
    projection.shape = list(grid.shape)
    a, b, c, d, e, f = grid.transform
    projection.transform = [a, b, c, d, e, f, 0.0, 0.0, 1.0]


def _band(tile: Tile) -> RasterBand:
    fill = tile.fill_values
    nodata: float | NoDataStrings | None = fill[0] if fill else None
    if nodata is None and tile.dtype.startswith("float"):
        nodata = NoDataStrings.NAN
    return RasterBand.create(data_type=DataType(tile.dtype), nodata=nodata, unit=tile.product.unit)


def _collection(tiles: Sequence[Tile], items: Sequence[pystac.Item]) -> pystac.Collection:
    product = tiles[0].product
    boxes = [item.bbox for item in items if item.bbox is not None]
    whole = [min(box[0] for box in boxes), min(box[1] for box in boxes)]
    whole += [max(box[2] for box in boxes), max(box[3] for box in boxes)]
    first, last = min(tile.year for tile in tiles), max(tile.year for tile in tiles)
    years = [datetime(first, 1, 1, tzinfo=UTC), datetime(last, 12, 31, 23, 59, 59, tzinfo=UTC)]
    return pystac.Collection(
        id=product.name,
        title=product.title or product.name,
        description=f"{product.title or product.name}, {product.unit}. {product.source}",
        license="other",
        extent=pystac.Extent(
            pystac.SpatialExtent([whole]), pystac.TemporalExtent([[years[0], years[1]]])
        ),
    )


def _bounds(grid: Grid) -> tuple[float, float, float, float]:
    """West, south, east and north of a grid, in degrees."""
    move = Transformer.from_crs(grid.crs, "EPSG:4326", always_xy=True)
    west, south, east, north = move.transform_bounds(*grid.bounds, densify_pts=EDGE_POINTS)
    return west, south, east, north
