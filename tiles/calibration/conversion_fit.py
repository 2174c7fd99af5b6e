"""The curve and the kernel of a conversion, fitted on an overlap and tried on blocks of cells.

What a conversion is worth is told by blocks that its fit did not see: neither its curve, nor its
threshold, nor the choice of its kernel's width.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from geo.errors import CalibrationError
from tiles.calibration.logistic_curve import Bounds, bounds_of, fit_logistic
from tiles.calibration.viirs_to_dmsp import CEILING, Cleaning, Conversion, Overlap, log_radiance

BLOCK_CELLS = 16
"""Cells on a side of the blocks that are held out together."""
FOLDS = 5
SIGMAS_KM = (0.0, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 2.5, 3.0)
"""Widths of the kernel that are tried where none is given."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """A conversion with what it was tried on."""

    conversion: Conversion
    """Fitted on all cells."""
    overlaps: tuple[Overlap, ...]
    """The cells."""
    in_sample: tuple[NDArray[np.float64], ...]
    """(rows, columns) DN that it gives, by overlap."""
    held_out: tuple[NDArray[np.float64], ...]
    """(rows, columns) DN of the cells that both sensors saw, by overlap: each by a curve, and a
    width unless that was given, that were found without its fold; NaN elsewhere."""
    tried_km: dict[float, float]
    """Root mean square error, in DN, of curves on folds that they did not see, by the width of the
    kernel; the width with the smallest is taken."""
    widths_km: tuple[float, ...]
    """The width that was found without each fold."""
    bounds: Bounds
    """Between which coefficients were looked for."""


@dataclass(frozen=True, slots=True)
class _Cells:
    """The cells of all overlaps that both sensors saw, one after the other."""

    overlaps: tuple[Overlap, ...]
    dn: NDArray[np.float64]
    """(n,) DN."""
    fold: NDArray[np.int64]
    """(n,) Which cells are held out together."""
    log: dict[float, NDArray[np.float64]]
    """(n,) Log radiance by the width of the kernel, in kilometres."""
    ceiling: float

    def fit(self, width: float, *, without: Collection[int] = ()) -> Conversion:
        """Fit a curve to the cells that are not in some folds."""
        used = ~np.isin(self.fold, list(without))
        dn = self.dn[used]
        lit = dn[dn > 0.0]
        threshold = float(lit.min()) if lit.size else self.ceiling
        curve = fit_logistic(self.log[width][used], dn, ceiling=self.ceiling, threshold=threshold)
        return Conversion(curve, Cleaning(), width, threshold, self.ceiling)

    def found(self, by: Conversion, fold: int) -> NDArray[np.float64]:
        """DN that a conversion gives for the cells of a fold."""
        return by.dn_of_log(self.log[by.sigma_km][self.fold == fold])

    def squares(self, by: Conversion, fold: int) -> float:
        """Sum of squares of found minus observed DN over the cells of a fold."""
        return float(np.sum((self.found(by, fold) - self.dn[self.fold == fold]) ** 2))

    def as_maps(self, values: NDArray[np.float64]) -> tuple[NDArray[np.float64], ...]:
        """Values of the cells at their places, by overlap; NaN elsewhere."""
        maps, first = [], 0
        for one in self.overlaps:
            end = first + int(np.count_nonzero(one.seen))
            into = np.full(one.dn.shape, np.nan)
            into[one.seen] = values[first:end]
            maps.append(into)
            first = end
        return tuple(maps)


def fit_conversion(
    overlaps: Sequence[Overlap],
    *,
    cleaning: Cleaning,
    sigma_km: float | None = None,
    ceiling: float = CEILING,
) -> Fitted:
    """Fit the curve, and the width of the kernel unless it is given.

    The width is the one with the smallest error on folds of blocks that the curve did not see. The
    error of that choice is told by folds that the choice did not see either: for each fold, width
    and curve are found on the other ones alone (nested cross-validation: Varma and Simon 2006, BMC
    Bioinformatics 7, 91).

    Parameters
    ----------
    overlaps : sequence of Overlap
    cleaning : Cleaning
        What the overlaps were cleaned with.
    sigma_km : float, optional
        Width of the kernel, a standard deviation in kilometres.
    ceiling : float
        DN of saturation.

    Returns
    -------
    Fitted

    Raises
    ------
    CalibrationError
        If the width is no length, too few cells are neither dark nor saturated, or a coefficient
        is at a bound of the fit.
    """
    if sigma_km is not None and not 0.0 <= sigma_km < np.inf:
        raise CalibrationError(
            "kernel",
            expected="a width of 0 km or more",
            found=f"{sigma_km}",
            hint="correct --sigma-km, or leave it out to have it chosen",
        )
    widths = SIGMAS_KM if sigma_km is None else (sigma_km,)
    cells = _cells(overlaps, widths, ceiling)
    without = {
        width: [cells.fit(width, without=[fold]) for fold in range(FOLDS)] for width in widths
    }
    squares = {
        width: sum(cells.squares(by, fold) for fold, by in enumerate(of_width))
        for width, of_width in without.items()
    }
    best = min(widths, key=lambda width: squares[width])
    chosen = _nested_widths(cells, widths)
    held = np.empty(cells.dn.size)
    for fold, width in enumerate(chosen):
        held[cells.fold == fold] = cells.found(without[width][fold], fold)
    fitted = cells.fit(best)
    bounds = bounds_of(cells.log[best], ceiling=ceiling)
    _require_inside(fitted, bounds)
    conversion = Conversion(fitted.curve, cleaning, best, fitted.threshold, ceiling)
    return Fitted(
        conversion=conversion,
        overlaps=tuple(overlaps),
        in_sample=tuple(conversion.dn(one.radiance, one.grid) for one in overlaps),
        held_out=cells.as_maps(held),
        tried_km={width: float(np.sqrt(squares[width] / cells.dn.size)) for width in widths},
        widths_km=chosen,
        bounds=bounds,
    )


def _cells(overlaps: Sequence[Overlap], widths: Sequence[float], ceiling: float) -> _Cells:
    dn = np.concatenate([one.dn[one.seen] for one in overlaps])
    if not (dn > 0.0).any():
        raise CalibrationError(
            "overlap",
            expected="cells with a DN above zero that both sensors saw",
            found="none",
            hint="name files of the same place and year",
        )
    logs = {
        width: np.concatenate(
            [log_radiance(one.radiance, one.grid, sigma_km=width)[one.seen] for one in overlaps]
        )
        for width in widths
    }
    fold = np.concatenate([_block_folds(one.dn.shape)[one.seen] for one in overlaps])
    return _Cells(tuple(overlaps), dn, fold, logs, ceiling)


def _nested_widths(cells: _Cells, widths: Sequence[float]) -> tuple[float, ...]:
    """For each fold, the width with the smallest error on the other folds, each held out in turn.

    A curve that was fitted without two folds tells the error on each of them for the choice that
    is tried on the other.
    """
    if len(widths) == 1:
        return (widths[0],) * FOLDS
    squares = np.zeros((FOLDS, len(widths)))
    for k, width in enumerate(widths):
        for one, other in combinations(range(FOLDS), 2):
            by = cells.fit(width, without=[one, other])
            squares[one, k] += cells.squares(by, other)
            squares[other, k] += cells.squares(by, one)
    return tuple(widths[int(k)] for k in squares.argmin(axis=1))


def _require_inside(found: Conversion, bounds: Bounds) -> None:
    at = bounds.reached(found.curve)
    if at:
        raise CalibrationError(
            "overlap",
            expected="light that decides all four coefficients of the curve",
            found=", ".join(
                f"{name} = {value:g}, a bound of the fit" for name, value in at.items()
            ),
            hint="name a larger overlap with dark and bright places, or files of the same place "
            "and year",
        )


def _block_folds(shape: tuple[int, int]) -> NDArray[np.int64]:
    """The fold of each cell: blocks side by side are in different folds."""
    row = np.arange(shape[0]) // BLOCK_CELLS
    col = np.arange(shape[1]) // BLOCK_CELLS
    return (2 * row[:, None] + col[None, :]) % FOLDS
