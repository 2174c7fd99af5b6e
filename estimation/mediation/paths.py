"""Paths and effects from cross-products, for many draws at once.

Each draw's products are eliminated column by column (others, then treatment), all draws together; a
column that a draw lacks, such as a year in none of its cities, is passed over, as a fit that drops
it does.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from estimation.mediation.system import Products
from estimation.samples.sample import Floats

PIVOT = 1e-10
"""Share of a column's sum of squares below which nothing of it is left."""


@dataclass(frozen=True, slots=True, eq=False)
class Paths:
    """Coefficients of D draws, in the columns' own units; NaN where a draw cannot be solved."""

    a: Floats
    """Treatment to each mediator, shape (D, J)."""
    b: Floats
    """Each mediator to the outcome, beside the treatment and the other mediators, shape (D, J)."""
    total: Floats
    """Treatment to the outcome without mediators, shape (D,)."""
    spread_mediator: Floats
    """Root of the sum of squares left of each mediator after treatment, other mediators and the
    rest, shape (D, J)."""
    spread_outcome: Floats
    """The same of the outcome after everything, shape (D,)."""

    @property
    def indirect(self) -> Floats:
        """Effect through each mediator, ``a b``, shape (D, J)."""
        return np.asarray(self.a * self.b, dtype=np.float64)

    @property
    def solved(self) -> NDArray[np.bool_]:
        """Draws that could be solved, shape (D,)."""
        return np.asarray(np.isfinite(self.total), dtype=np.bool_)


def paths_of(drawn: Floats, products: Products) -> Paths:
    """Solve the equations of mediation for many matrices of products.

    Parameters
    ----------
    drawn : float array, shape (k, k, D)
        For each draw the sum of ``products.sums`` over the clusters drawn. It is overwritten.
    products : Products
        Whose columns they are.

    Returns
    -------
    Paths
    """
    rank, J = products.rank, len(products.names)
    before = drawn[rank, rank].copy()
    _eliminate(drawn, rank)
    left = drawn[rank:, rank:]
    treatment = left[0, 0]
    solved = treatment > PIVOT * before
    with np.errstate(divide="ignore", invalid="ignore"):
        first = left[0, 1:] / treatment
    rest = left[1:, 1:] - left[0, 1:, None] * first[None, :]
    S = np.moveaxis(rest, -1, 0)
    inverse, own = _inverses(S[:, :J, :J], solved)
    solved &= own
    b = np.einsum("djk,dk->dj", inverse, S[:, :J, J])
    left_outcome = S[:, J, J] - np.einsum("dj,dj->d", b, S[:, :J, J])
    units = products.units
    nothing = np.where(solved, 1.0, np.nan)
    return Paths(
        a=(first[:J].T * (units[1 : J + 1] / units[0])) * nothing[:, None],
        b=(b * (units[-1] / units[1 : J + 1])) * nothing[:, None],
        total=first[J] * (units[-1] / units[0]) * nothing,
        spread_mediator=units[1 : J + 1] / np.sqrt(_diagonals(inverse)) * nothing[:, None],
        spread_outcome=units[-1] * np.sqrt(np.clip(left_outcome, 0.0, None)) * nothing,
    )


def paths_at(products: Products) -> Paths:
    """The paths of the sample itself: one draw with every cluster once."""
    return paths_of(products.total[:, :, None].copy(), products)


def paths_without_each(products: Products) -> Paths:
    """The paths without each of the G clusters: G draws."""
    rest = products.total - products.sums
    return paths_of(np.ascontiguousarray(np.moveaxis(rest, 0, -1)), products)


def least_own(products: Products) -> float:
    """The least share of its variation that treatment or a mediator keeps after the others."""
    place = slice(products.rank, products.rank + 1 + len(products.names))
    inverse = np.linalg.inv(products.total[place, place])
    return float(1 / np.diag(inverse).max())


def _eliminate(drawn: Floats, count: int) -> None:
    """Take the first columns out of all later ones, in place; below them nothing is kept up."""
    size = drawn.shape[0]
    least = [PIVOT * drawn[place, place] for place in range(count)]
    for place in range(count):
        pivot = drawn[place, place]
        usable = pivot > least[place]
        shares = drawn[place] * np.where(usable, 1.0 / np.where(usable, pivot, 1.0), 0.0)
        for row in range(place + 1, size):
            first = min(row, count)
            drawn[row, first:] -= drawn[place, row] * shares[first:]


def _diagonals(matrices: Floats) -> Floats:
    return np.asarray(np.einsum("djj->dj", matrices), dtype=np.float64)


def _inverses(matrices: Floats, solved: NDArray[np.bool_]) -> tuple[Floats, NDArray[np.bool_]]:
    """Inverses, shape (D, J, J), and which matrices have one; the others' are the identity."""
    squares = _diagonals(matrices)
    own = solved & (squares > 0).all(axis=1)
    scale = np.sqrt(np.where(own[:, None], squares, 1.0))
    unit = np.where(own[:, None, None], matrices, np.eye(matrices.shape[1]))
    unit = unit / (scale[:, :, None] * scale[:, None, :])
    own &= np.linalg.eigvalsh(unit)[:, 0] > PIVOT
    unit = np.where(own[:, None, None], unit, np.eye(matrices.shape[1]))
    inverse = np.linalg.inv(unit) / (scale[:, :, None] * scale[:, None, :])
    return np.asarray(inverse, dtype=np.float64), own
