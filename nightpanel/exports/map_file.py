"""A GeoPackage of its own: one table, or a layer with its years as a map."""

from collections.abc import Sequence
from pathlib import Path

from nightpanel.exports.geopackage import add_layers, check_layers, page_bytes, write_blocks
from nightpanel.exports.map_layers import CITIES, TOWNSHIPS, MapLayer, add_map
from nightpanel.exports.tables import ExportTable
from nightpanel.year_blocks import Block

MAPS: dict[str, MapLayer] = {layer.layer: layer for layer in (TOWNSHIPS, CITIES)}


def write_geopackage(table: ExportTable, path: Path, *, years: Sequence[Block]) -> None:
    """Write a table; a layer comes with its long table, styles and views.

    Parameters
    ----------
    table : ExportTable
    path : Path
    years : sequence of Block
        Of a layer, its long table; empty for a table without geometry.

    Raises
    ------
    OutputError
        What was read back is not what was written.
    OSError
        The file cannot be written.
    """
    page = page_bytes(table.rows.num_rows)
    layers = {str(table.name): table.rows}
    if not years:
        add_layers(layers, path, page=page)
    else:
        layer = MAPS[table.name]
        write_blocks(years, path, layer=layer.table, page=page)
        add_layers(layers, path, page=page)
        add_map(path, {layer: years})
    check_layers(layers, path)
