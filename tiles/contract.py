"""Values against their product's contract."""

from collections.abc import Sequence
from typing import Any

import pandas as pd
from numpy.typing import NDArray

from geo.errors import ContractError
from geo.window import Window
from tiles.limits import limits_of
from tiles.sums import Breaches, breaches_in
from tiles.tile import Tile


def check_contract(tiles: Sequence[Tile], breaches: Sequence[Breaches]) -> None:
    """Refuse the first tile that holds values which its product's contract does not know.

    Parameters
    ----------
    tiles : sequence of Tile
    breaches : sequence of Breaches
        What was found in each.

    Raises
    ------
    ContractError
        With the number of such values and the place of the first.
    """
    for tile, found in zip(tiles, breaches, strict=True):
        if found.count:
            product = tile.product
            raise ContractError(
                tile.where,
                expected=f"{product.name} values from {product.valid_min:g} to "
                f"{product.valid_max:g}{_fill_text(tile)}",
                found=f"{found.count} cells outside, first {found.value:.10g} at row {found.row}, "
                f"column {found.col} (counted from 0)",
                hint="name the right product, or declare one whose contract says what they are",
            )


def check_values(tile: Tile, values: NDArray[Any], window: Window) -> None:
    """Refuse stored values of a window of a tile that its contract does not know.

    Parameters
    ----------
    tile : Tile
    values : array (rows, columns of the window)
        As the tile's source gives them.
    window : Window

    Raises
    ------
    ContractError
        With the number of such values and the place of the first in the tile.
    """
    check_contract([tile], [breaches_in(values, limits_of(tile), window)])


def check_shows_light(tiles: Sequence[Tile], unit_years: pd.DataFrame) -> None:
    """Refuse a year that shows nothing: only fill, or the same light in every unit.

    Parameters
    ----------
    tiles : sequence of Tile
    unit_years : DataFrame
        Their unit-year table.

    Raises
    ------
    ContractError
    """
    by_tile = unit_years.groupby(["product", "year"], sort=False)["mean"]
    lowest, highest, units = by_tile.min(), by_tile.max(), by_tile.count()
    for tile in tiles:
        low, high, count = lowest[tile.key], highest[tile.key], units[tile.key]
        if count == 0:
            raise ContractError(
                tile.where,
                expected="cells with an observation in some unit",
                found="fill alone",
                hint="fetch the file again, or leave the year out",
            )
        if count > 1 and low == high:
            raise ContractError(
                tile.where,
                expected="light that differs from unit to unit",
                found=f"a mean of {low:g} in all {count} units",
                hint="fetch the file again; if it is right, set lights.allow_constant = true",
            )


def _fill_text(tile: Tile) -> str:
    fill = ", ".join(f"{value:g}" for value in tile.fill_values)
    return f" or fill ({fill})" if fill else ""
