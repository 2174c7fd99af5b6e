"""What light says of the datum of a study's polygons, for `nightpanel check`."""

from typing import TYPE_CHECKING

from nightpanel.boundary_checks import read_as
from nightpanel.study_units import UnitsSection

if TYPE_CHECKING:
    from tiles.catalog import Catalog

MARGIN_CELLS = 3
"""Cells round the units, into which candidates may move them."""


def light_says(section: UnitsSection, catalog: "Catalog") -> str:
    """One line on which datum fits the last tile's light best, and how surely.

    Parameters
    ----------
    section : UnitsSection
    catalog : Catalog

    Returns
    -------
    str

    Raises
    ------
    NightpanelError
        As `geo.light_shift.compare_with_light`; units or tile cannot be read.
    """
    from geo import ring_measures
    from geo.light_shift import compare_with_light
    from geo.reproject import rings_in_grid
    from tiles.lazy import lazy_layer

    units, tile = read_as(section, "WGS84"), catalog.tiles[-1]
    moved = rings_in_grid(
        units.polygons.rings, units.crs, tile.grid, names=units.attributes["unit_id"]
    )
    x_min, y_min = ring_measures.bounds(moved)[:, :2].min(axis=0).tolist()
    x_max, y_max = ring_measures.bounds(moved)[:, 2:].max(axis=0).tolist()
    width, height = (MARGIN_CELLS * size for size in tile.grid.cell_size)
    window = tile.grid.around((x_min - width, y_min - height, x_max + width, y_max + height))
    if window is None:
        return f"light of {tile.name}: the units lie off the tile"
    part = lazy_layer(tile)[window.first_row : window.end_row, window.first_col : window.end_col]
    found = compare_with_light(units, part.values, tile.grid.part(window))
    ahead = ", ".join(f"{datum} {z:+.1f}" for datum, z in found.ahead.items())
    verdict = (
        f"the units look like {found.datum}" if found.is_clear else "which is no evidence for any"
    )
    return f"datum by light of {tile.name}, standard errors ahead: {ahead}; {verdict}"
