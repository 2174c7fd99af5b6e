"""Values against their product's contract."""

from collections.abc import Sequence

from geo.errors import ContractError
from tiles.catalog import Tile
from tiles.sums import Breaches


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
                str(tile.path),
                expected=f"{product.name} values from {product.valid_min:g} to "
                f"{product.valid_max:g}{_fill_text(tile)}",
                found=f"{found.count} cells outside, first {found.value:g} at row {found.row}, "
                f"column {found.col} (counted from 0)",
                hint="name the right product, or declare one whose contract says what they are",
            )


def _fill_text(tile: Tile) -> str:
    fill = ", ".join(f"{value:g}" for value in tile.fill_values)
    return f" or fill ({fill})" if fill else ""
