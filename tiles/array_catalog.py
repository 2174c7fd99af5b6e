"""A georeferenced array as a catalogue of tiles, for notebooks."""

import xarray as xr

from tiles.arrays import array_tiles
from tiles.catalog import Catalog
from tiles.products import Product, product_named


def array_catalog(array: xr.DataArray, product: Product | str, *, where: str = "array") -> Catalog:
    """A georeferenced array as a catalogue, which the pipeline takes as it takes files.

    Parameters
    ----------
    array : DataArray
        As for `array_tiles`.
    product : Product or str
        The contract, or the name of a shipped one.
    where : str
        What errors and audit rows call it.

    Returns
    -------
    Catalog

    Raises
    ------
    ProductError
        If no product has the name.
    MissingCrsError, GridError
        As `array_tiles`.
    """
    known = product_named(product) if isinstance(product, str) else product
    return Catalog(tuple(array_tiles(array, known, where=where)), ())
