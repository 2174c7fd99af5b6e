"""The files that a STAC catalogue, collection or item lists."""

import os
from pathlib import Path

import pystac
from pystac.stac_io import DefaultStacIO

from geo.errors import TileNameError, TileUnreadableError
from tiles.products import PRODUCTS, product_of, read_name
from tiles.tile_place import file_name

ASSET = "light"
"""Name of the asset with a tile's light."""
PRODUCT = "nightpanel:product"
"""Name of the property with the product."""

_DAMAGED = (
    OSError, ValueError, KeyError, TypeError, AttributeError,
    pystac.STACError, pystac.STACTypeError,
)  # fmt: skip


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
        If an item has several assets, none of which is called ``light`` or has the role ``data``,
        or one whose name is of another product or year than the item says.
    """
    try:
        root = pystac.read_file(os.path.realpath(path), stac_io=_LocalFiles())
        items = [root] if isinstance(root, pystac.Item) else []
        if isinstance(root, pystac.Catalog):
            items = list(root.get_items(recursive=True))
    except _DAMAGED as error:
        raise TileUnreadableError(
            str(path),
            expected="a STAC catalogue whose files are all there",
            found=str(error),
            hint="write it again with 'nightpanel tiles --stac'",
        ) from error
    found = []
    for item in items:
        hrefs = _hrefs(item)
        for href in hrefs:
            _check_name(item, file_name(href))
        found += hrefs
    return found


def _check_name(item: pystac.Item, name: str) -> None:
    """What an item says of a file must be what the file's name says, where both say something."""
    said, by_name = item.properties.get(PRODUCT), product_of(name)
    product = by_name if said is None else PRODUCTS.get(str(said))
    if product is not None and by_name is not None and read_name(name, product) is None:
        raise _other(item, f"a file of {said}", f"{name}, a name of {by_name.name}")
    facts = None if product is None else read_name(name, product)
    years = _years(item)
    if facts is not None and years is not None and facts.year not in years:
        raise _other(item, f"a file of {years[0]}", f"{name}, a name of {facts.year}")


def _years(item: pystac.Item) -> range | None:
    """The years that an item says it is of."""
    try:
        begins = item.common_metadata.start_datetime or item.datetime
        ends = item.common_metadata.end_datetime or begins
    except (ValueError, TypeError) as error:
        raise _other(item, "dates as 2021-01-01T00:00:00Z", str(error)) from error
    return None if begins is None or ends is None else range(begins.year, ends.year + 1)


def _other(item: pystac.Item, expected: str, found: str) -> TileNameError:
    return TileNameError(
        f"STAC item {item.id}",
        expected=expected,
        found=found,
        hint="correct the item, or write the catalogue again with 'nightpanel tiles --stac'",
    )


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


class _LocalFiles(DefaultStacIO):
    """Reads files of this machine only: a catalogue does not decide to ask a server."""

    def read_text_from_href(self, href: str) -> str:
        """As the base class."""
        if "://" in href:
            raise OSError(f"{href} is on a network; its catalogue must be here whole")
        return super().read_text_from_href(href)
