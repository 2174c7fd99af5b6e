"""A static STAC catalogue of tiles: written for others, and read as a list of tiles.

One collection a product, one item a tile, with the projection and raster extensions.
"""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import Any

import pystac
import shapely
from pyproj import Transformer
from pystac.extensions.projection import ProjectionExtension
from pystac.extensions.raster import DataType, NoDataStrings, RasterBand, RasterExtension
from pystac.stac_io import DefaultStacIO

from geo.errors import TileNameError, TileUnreadableError
from geo.grid import Grid
from tiles.tile import Tile

ASSET = "light"
EDGE_POINTS = 20
MEDIA = {".h5": "application/x-hdf5", ".gz": "application/gzip"}


def write_stac(tiles: Sequence[Tile], folder: Path) -> Path:
    """Write a catalogue.

    Parameters
    ----------
    tiles : sequence of Tile
    folder : Path
        Made if it is not there; the catalogue's files in it are replaced.

    Returns
    -------
    Path
        ``catalog.json``.
    """
    catalog = pystac.Catalog("nightlights", "Annual nighttime light, by product and year")
    in_order = sorted(tiles, key=lambda tile: tile.key)
    for _, some in groupby(in_order, key=lambda tile: tile.product.name):
        of_product = list(some)
        items = [_item(tile) for tile in of_product]
        collection = _collection(of_product, items)
        collection.add_items(items)
        catalog.add_child(collection)
    folder.mkdir(parents=True, exist_ok=True)
    catalog.normalize_hrefs(str(folder))
    catalog.save(catalog_type=pystac.CatalogType.SELF_CONTAINED)
    return folder / "catalog.json"


def is_stac(path: Path) -> bool:
    """Whether a path is that of a STAC catalogue, collection or item."""
    if path.suffix != ".json" or not path.is_file():
        return False
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(content, dict) and "stac_version" in content


def read_stac(path: Path) -> list[str]:
    """The files of a catalogue's items.

    Parameters
    ----------
    path : Path
        A catalogue, a collection or an item.

    Returns
    -------
    list of str
        Absolute paths and addresses, in the order of the catalogue.

    Raises
    ------
    TileUnreadableError
        If a file of the catalogue cannot be read.
    TileNameError
        If an item has several assets, none of which is called ``light`` or has the role ``data``.
    """
    try:
        root = pystac.read_file(str(path), stac_io=_LocalFiles())
        items = [root] if isinstance(root, pystac.Item) else []
        if isinstance(root, pystac.Catalog):
            items = list(root.get_items(recursive=True))
    except (OSError, ValueError, KeyError, pystac.STACError, pystac.STACTypeError) as error:
        raise TileUnreadableError(
            str(path),
            expected="a STAC catalogue whose files are all there",
            found=str(error),
            hint="write it again with 'nightpanel tiles --stac'",
        ) from error
    return [href for item in items for href in _hrefs(item)]


class _LocalFiles(DefaultStacIO):
    """Reads files of this machine only: a catalogue does not decide to ask a server."""

    def read_text_from_href(self, href: str) -> str:
        """As the base class."""
        if "://" in href:
            raise OSError(f"{href} is on a network; its catalogue must be here whole")
        return super().read_text_from_href(href)


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
    facts = {"nightpanel:product": tile.product.name, "nightpanel:grid": tile.grid.grid_id}
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
        path = Path(file)
        media = MEDIA.get(path.suffix.lower(), pystac.MediaType.GEOTIFF)
        asset = pystac.Asset(href=file, title=path.name, media_type=media, roles=["data"])
        assets[ASSET if len(files) == 1 else f"{ASSET}-{number}"] = asset
    return assets


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


def _hrefs(item: pystac.Item) -> list[str]:
    assets = item.assets
    data = [asset for asset in assets.values() if "data" in (asset.roles or ())]
    if ASSET in assets:
        data = [assets[ASSET]]
    elif not data and len(assets) == 1:
        data = list(assets.values())
    if not data:
        raise TileNameError(
            f"STAC item {item.id}",
            expected="assets called light or with the role data",
            found=", ".join(assets) or "none",
            hint="mark the asset with the light",
        )
    return [str(asset.get_absolute_href()) for asset in data]
