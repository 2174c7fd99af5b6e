"""`nightpanel clip`: tiles clipped to cities or units, as Cloud-Optimized GeoTIFFs."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np

from geo.boundaries import read_units
from geo.datum import Datum
from geo.errors import BoundaryColumnError
from geo.outlines import outlines
from geo.reproject import to_grid
from nightpanel.outputs import staged
from nightpanel.unit_cities import with_crosswalk
from tiles.catalog import read_catalog
from tiles.clip import Clip, Edge
from tiles.clip import clip as clip_tiles
from tiles.products import product_named, read_products
from tiles.several import Rule
from tiles.size_limits import DEFAULT_LIMITS, SizeLimits

By = Literal["cities", "units"]
Several = Literal["refuse", "prefer", "keep-both", "mosaic"]
"""As a study's ``lights.several``, without what needs a calibration."""


def clip(
    tiles: Sequence[str | Path],
    units: Path,
    *,
    unit_id: str,
    city_id: str,
    out: Path,
    by: By = "cities",
    only: Collection[str] = (),
    edge: Edge = "centre",
    product: str | None = None,
    products: Path | None = None,
    years: Sequence[int] | None = None,
    layer: str | None = None,
    encoding: str | None = None,
    datum: Datum = "WGS84",
    crosswalk: str | None = None,
    several: Several = "refuse",
    prefer: Sequence[str] = (),
    network: bool = False,
    limits: SizeLimits = DEFAULT_LIMITS,
    threads: int | None = None,
) -> list[Clip]:
    """Write the light of each city, or unit, and year to a file of its own: all of them or none.

    Parameters
    ----------
    tiles : sequence of str or Path
        As for a study's ``lights.tiles``.
    units : Path
        Vector file of the units.
    unit_id, city_id, layer, encoding, datum, crosswalk
        As in the study file's ``[units]``.
    out : Path
        Folder of the files; made if it is not there.
    by : {"cities", "units"}
        What tiles are clipped to.
    only : collection of str
        Ids to take; all if empty.
    edge : {"centre", "touched", "share"}
        As for `tiles.clip.clip`.
    product : str, optional
        The product of all tiles.
    products : Path, optional
        TOML file of products of the user's own.
    years : sequence of int, optional
    several : {"refuse", "prefer", "keep-both", "mosaic"}
        What is made of several files of one year.
    prefer : sequence of str
        Satellites or versions, the most wanted first.
    network : bool
        Whether tiles may be on web servers.
    limits : SizeLimits
        How large tiles may be.
    threads : int, optional

    Returns
    -------
    list of Clip
        By tile and id.

    Raises
    ------
    NightpanelError
        If tiles or units cannot be read, an id is not among them, or a file cannot be written.
    """
    own = () if products is None else read_products(products)
    known = None if product is None else product_named(product, user=own)
    catalog = read_catalog(
        tiles,
        product=known,
        years=years,
        user=own,
        rule=Rule(several, tuple(prefer)),
        limits=limits,
        network=network,
    )
    read = read_units(
        units, unit_id=unit_id, city_id=city_id, layer=layer, encoding=encoding, datum=datum
    )
    table = with_crosswalk(read, crosswalk)[0].table
    column = "city_id" if by == "cities" else "unit_id"
    ids = table[column].to_numpy(dtype=np.str_)
    missing = sorted(set(only) - set(ids.tolist()))
    if missing:
        raise BoundaryColumnError(
            f"{units}, {column}",
            expected=f"{', '.join(missing)}",
            found=f"{len(set(ids.tolist()))} others, as {', '.join(sorted(set(ids.tolist()))[:5])}",
            hint="correct --only",
        )
    table = table[np.isin(ids, list(only))] if only else table
    names, groups = np.unique(table[column].to_numpy(dtype=np.str_), return_inverse=True)
    with staged(out) as folder:
        shapes = {}
        for grid in dict.fromkeys(tile.grid for tile in catalog.tiles):
            # Units are brought into the plane before they are dissolved: shared edges stay shared.
            shapes[grid] = outlines(to_grid(table, grid), groups, threads=threads)
        written = clip_tiles(
            catalog.tiles, shapes, names.tolist(), folder, edge=edge, threads=threads
        )
    return [replace(one, path=out / one.path.name) for one in written]
