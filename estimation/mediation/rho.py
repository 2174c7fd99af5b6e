"""What is left of an indirect effect if the errors of mediator and outcome are correlated.

Imai, Keele and Yamamoto (2010), Theorem 4 (linear equations): with e1 the error of the outcome
without the mediator, e2 that of the mediator, r their correlation and rho that of e2 with the
error of the outcome beside the mediator,

    b(rho) = sd(e1) / sd(e2) (r - rho sqrt((1 - r^2) / (1 - rho^2))),

the indirect effect is a b(rho), and it is zero at rho = r. With several mediators e1 and e2 are
taken after the other mediators, too: rho is the correlation of what they leave, and they themselves
are taken to be right.
"""

import numpy as np

from estimation.mediation.paths import Paths
from estimation.samples.sample import Floats

GRID = np.round(np.arange(-9, 10) / 10, 1)
"""Correlations at which effects are told."""


def correlation_left(paths: Paths) -> Floats:
    """Correlation r of each mediator's error with that of the outcome without it, shape (D, J)."""
    with_mediator, without = _spreads(paths)
    return np.asarray(with_mediator / without, dtype=np.float64)


def effects_at_rho(paths: Paths, rho: Floats) -> Floats:
    """Indirect effects if errors are correlated.

    Parameters
    ----------
    paths : Paths
        D draws, J mediators.
    rho : float array, shape (M,)
        Between -1 and 1, both left out.

    Returns
    -------
    float array, shape (D, J, M)
    """
    _, without = _spreads(paths)
    r = correlation_left(paths)[:, :, None]
    slope = (without / paths.spread_mediator)[:, :, None]
    odds = np.sqrt(np.clip(1 - r**2, 0.0, None) / (1 - rho**2))
    return np.asarray(paths.a[:, :, None] * slope * (r - rho * odds), dtype=np.float64)


def _spreads(paths: Paths) -> tuple[Floats, Floats]:
    """Part of the outcome's error that goes with each mediator, and the whole without it."""
    part = paths.b * paths.spread_mediator
    return part, np.asarray(np.hypot(part, paths.spread_outcome[:, None]), dtype=np.float64)
