"""The logistic curve from the logarithm of radiance to DN, fitted on cells that both sensors saw.

DN = a + b / (1 + exp(-c (x - d))) with x = log(1 + radiance), after Wu et al. (2021, IEEE TGRS 60,
4407714) and Li et al. (2020), who fit such a curve on an overlap. The coefficients are never
shipped: they are fitted on the overlap that the user names.
"""

from dataclasses import asdict, astuple, dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from geo.errors import CalibrationError

FEWEST_CELLS = 200
"""Cells below which a fit of four coefficients is refused."""

ROBUST_SCALE = 3.0
"""DN beyond which a residual counts less (soft L1)."""

NEAR = 1e-3
"""Share of the way between both bounds within which a coefficient is at one."""


@dataclass(frozen=True, slots=True)
class LogisticCurve:
    """The four coefficients."""

    a: float
    """DN of no light at all, were the curve followed there."""
    b: float
    """DN between both ends."""
    c: float
    """Steepness, per unit of log radiance."""
    d: float
    """Log radiance of the middle."""

    def __call__(self, x: NDArray[np.floating]) -> NDArray[np.float64]:
        """DN at log radiances, not bounded.

        Parameters
        ----------
        x : float array
            log(1 + radiance).

        Returns
        -------
        float64 array of the same shape
        """
        return logistic((self.a, self.b, self.c, self.d), np.asarray(x, dtype=np.float64))


@dataclass(frozen=True, slots=True)
class Bounds:
    """Between which coefficients are looked for."""

    low: LogisticCurve
    """The smallest of each."""
    high: LogisticCurve
    """The largest of each."""

    def reached(self, curve: LogisticCurve) -> dict[str, float]:
        """Coefficients of a curve that lie at a bound: the overlap has not decided them."""
        found = {}
        for name, value in asdict(curve).items():
            low, high = getattr(self.low, name), getattr(self.high, name)
            if min(value - low, high - value) <= NEAR * (high - low):
                found[name] = value
        return found


def bounds_of(x: NDArray[np.float64], *, ceiling: float) -> Bounds:
    """Bounds of a fit to log radiances (n,) with saturation at a ceiling."""
    low = LogisticCurve(-ceiling, 0.1 * ceiling, 1e-3, float(x.min()) - 5.0)
    return Bounds(low, LogisticCurve(ceiling / 2, 4.0 * ceiling, 100.0, float(x.max()) + 5.0))


def logistic(
    coefficients: tuple[float, float, float, float] | NDArray[np.float64], x: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The curve at log radiances."""
    a, b, c, d = coefficients
    # The exponent is bounded so that a trial step of the fit cannot overflow.
    return np.asarray(a + b / (1.0 + np.exp(np.clip(-c * (x - d), -500.0, 500.0))))


def fit_logistic(
    x: NDArray[np.float64],
    dn: NDArray[np.float64],
    *,
    ceiling: float,
    threshold: float,
) -> LogisticCurve:
    """Fit the curve by robust least squares.

    What a DN of the two ends says is a bound, not a value: a saturated cell is at least as bright
    as the ceiling, and one that is dark may be anything up to the smallest DN that the product
    shows. Only curves that break such a bound are held against it.

    Parameters
    ----------
    x : array (n,)
        log(1 + radiance), averaged to the cells of the DMSP grid.
    dn : array (n,)
        DN of the same cells.
    ceiling : float
        DN at and above which a cell is saturated.
    threshold : float
        Smallest DN above zero that the product has.

    Returns
    -------
    LogisticCurve

    Raises
    ------
    CalibrationError
        If fewer than 200 cells are neither dark nor saturated, or they do not vary.
    """
    between = (dn > 0.0) & (dn < ceiling)
    count = int(np.count_nonzero(between))
    if count < FEWEST_CELLS or np.ptp(x[between]) == 0.0 or np.ptp(dn[between]) == 0.0:
        raise CalibrationError(
            "overlap",
            expected=f"at least {FEWEST_CELLS} cells of varying light, neither dark nor saturated",
            found=f"{count}",
            hint="name a larger overlap, or files of the same place and year",
        )
    dark, full = dn == 0.0, dn >= ceiling

    def residuals(coefficients: NDArray[np.float64]) -> NDArray[np.float64]:
        off = logistic(coefficients, x) - dn
        off[full] = np.minimum(off[full], 0.0)
        off[dark] = np.maximum(off[dark] - threshold, 0.0)
        return off

    def slopes(coefficients: NDArray[np.float64]) -> NDArray[np.float64]:
        a, b, c, d = coefficients
        part = logistic((0.0, 1.0, c, d), x)
        slope = b * part * (1.0 - part)
        found = np.column_stack([np.ones_like(x), part, slope * (x - d), -slope * c])
        dn_there = a + b * part
        found[(full & (dn_there >= dn)) | (dark & (dn_there <= threshold))] = 0.0
        return found

    low, high = np.quantile(x[between], [0.02, 0.98])
    start = np.array([0.0, ceiling, 4.0 / max(high - low, 1e-6), (low + high) / 2.0])
    within = bounds_of(x, ceiling=ceiling)
    bounds = np.array([astuple(within.low), astuple(within.high)])
    found = least_squares(
        residuals,
        np.clip(start, bounds[0] + 1e-9, bounds[1] - 1e-9),
        jac=slopes,
        bounds=tuple(bounds),
        loss="soft_l1",
        f_scale=ROBUST_SCALE,
        x_scale=[1.0, 10.0, 1.0, 1.0],
        max_nfev=2000,
    )
    if not found.success:
        raise CalibrationError(
            "overlap",
            expected="a fit of the curve that ends",
            found=str(found.message),
            hint="look at the overlap: the two products may show different places",
        )
    a, b, c, d = (float(value) for value in found.x)
    return LogisticCurve(a, b, c, d)
