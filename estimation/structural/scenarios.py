"""Scenarios: the benchmark of Pan, Li and Gu and every sensitivity that they report."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from estimation.samples.sample import Floats
from estimation.structural.parameters import Parameters, services_bias
from estimation.structural.paths import Paths, extend, paths, reform
from estimation.structural.published import published
from estimation.structural.state import FIRST, State

DATA_PERIODS = 29
"""Periods with data in the paper: 1990 to 2018."""


@dataclass(frozen=True, slots=True, eq=False)
class Scenario:
    """One run of the model."""

    name: str
    """Unique among those run together."""
    parameters: Parameters
    """Technology and demand."""
    paths: Paths
    """What is given in each period."""
    state: State = FIRST
    """Stocks in the first period."""


def paper(
    xi: tuple[ArrayLike, ArrayLike] | Floats | None = None,
    *,
    parameters: Parameters | None = None,
    periods: int = 60,
    xi_scale: tuple[float, float] = (1.0, 1.0),
) -> tuple[Scenario, ...]:
    """The benchmark and the sensitivities of sections 4.2 and 4.3.

    Parameters
    ----------
    xi : (xi_m, xi_s), each of shape (up to T,), or float array, shape (up to T, 2), optional
        Wage gaps by period, 1990 first, constant after the last one; ones unless given.
    parameters : Parameters, optional
        :func:`published` unless given.
    periods : int
        T.
    xi_scale : two floats
        Factors on xi_m and xi_s: with (.9747, .9869), which nothing in the data explains, published
        figures come nearer still.

    Returns
    -------
    tuple of Scenario
        ``benchmark`` first. The paper gives no values for the last six (weights of demand, rates of
        investment, elasticities of demand): they stand a fifth or so on either side.
    """
    base = published() if parameters is None else parameters
    xi_m, xi_s = (
        np.asarray(gap, dtype=np.float64) * scale
        for gap, scale in zip(_gaps(xi), xi_scale, strict=True)
    )
    given = paths(periods, xi_m=xi_m, xi_s=xi_s)
    start = min(DATA_PERIODS, periods)
    names: list[tuple[str, Parameters, Paths]] = [("benchmark", base, given)]
    names += [
        (f"infrastructure_{rate:.2f}", base, replace(given, s_H=extend(rate, periods)))
        for rate in (0.02, 0.05)
    ]
    names += [(f"bias_{gamma:.1f}", services_bias(base, gamma), given) for gamma in (0.6, 0.7)]
    names += [(f"sigma_M_{sigma:.1f}", replace(base, sigma_M=sigma), given) for sigma in (0.8, 0.3)]
    names += [
        ("reform_m", base, reform(given, "m", start, start + 31)),
        ("reform_s", base, reform(given, "s", start, start + 31)),
    ]
    names += [(f"omega_{w:.2f}", base.with_values(omega=w), given) for w in (0.60, 0.75)]
    names += [
        (f"investment_{rate:.2f}", base, replace(given, s=extend(rate, periods)))
        for rate in (0.35, 0.45)
    ]
    names += [(f"epsilon_{e:.1f}", base.with_values(epsilon=e), given) for e in (0.2, 0.5)]
    return tuple(Scenario(*parts) for parts in names)


def _gaps(xi: tuple[ArrayLike, ArrayLike] | Floats | None) -> tuple[ArrayLike, ArrayLike]:
    if xi is None:
        return 1.0, 1.0
    if isinstance(xi, np.ndarray):
        return xi[:, 0], xi[:, 1]
    return xi
