"""Values that were read from a tile, checked where they are used: for what does not go by sums."""

from typing import Any

from numpy.typing import NDArray

from tiles._sum_kernels import find_breaches
from tiles.contract import check_contract
from tiles.limits import limits_of
from tiles.sums import Breaches
from tiles.tile import Tile


def check_values(tile: Tile, values: NDArray[Any], *, first: tuple[int, int] = (0, 0)) -> None:
    """Refuse values that a tile's contract does not know.

    Parameters
    ----------
    tile : Tile
    values : array (rows, columns)
        As the tile's source gives them, or in floating point with NaN where there is fill.
    first : (int, int)
        Row and column of the tile at which they begin.

    Raises
    ------
    ContractError
        With the number of such values and the place of the first in the tile.
    """
    limits = limits_of(tile)
    if not limits.any_outside(values):
        return
    count, row, col = find_breaches(values, limits.low, limits.high, limits.fill)
    if count:
        found = Breaches(count, first[0] + row, first[1] + col, float(values[row, col]))
        check_contract([tile], [found])
