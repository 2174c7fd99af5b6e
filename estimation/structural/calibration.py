"""Productivities that give the employment shares of a first period: every root, at a chosen level.

Two shares fix two ratios of ``B``. A common factor changes nothing in the first period, though how
fast the economy grows later: its level is a choice, which the caller makes and the result repeats.
"""

# ruff: noqa: N802 - the model's names

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from estimation.samples.sample import Floats
from estimation.structural.calibration_roots import Division, Root, roots_of
from estimation.structural.domain import between, positive
from estimation.structural.given import check_rates
from estimation.structural.parameters import Parameters, Three
from estimation.structural.paths import paths
from estimation.structural.state import FIRST, State
from geo.errors import EquilibriumError, StructuralError

ONE = 1e-9
"""Elasticities nearer to one than this leave a share that no price moves."""


@dataclass(frozen=True, slots=True)
class CalibratedB:
    """Productivities, the choice that fixes their level, and the roots that were not taken."""

    B: Three
    """Of m, x, s."""
    level: float
    """Their geometric mean, as chosen."""
    root: Root
    """The root nearest to equal productivities."""
    others: tuple[Root, ...]
    """All other roots, nearest first."""
    target: Three
    """Employment shares that are met."""


def calibrate_B(
    parameters: Parameters,
    target: Sequence[float],
    *,
    level: float,
    xi: tuple[float, float] = (1.0, 1.0),
    s: float = 0.40,
    s_H: float = 0.01,
    state: State = FIRST,
    ramp: float = 0.0,
) -> CalibratedB:
    """Productivities at which the first period has given employment shares.

    Parameters
    ----------
    parameters : Parameters
        Its ``B`` is not used.
    target : three floats
        Employment shares of m, x, s, adding up to one.
    level : float
        Geometric mean of the three productivities.
    xi : (float, float)
        Wage gaps of the period.
    s, s_H : float
        Rates of investment and new infrastructure.
    state : State
        Capital and AI in the period.
    ramp : float
        Share of AI's powers at work.

    Returns
    -------
    CalibratedB

    Raises
    ------
    StructuralError
        The target is no distribution, the level is not positive, or an elasticity in final goods is
        one, so that some share cannot be moved.
    EquilibriumError
        No productivities give the target.
    """
    labour, beta = _checked(parameters, target, level), np.array(parameters.beta)
    positive("xi", xi)
    positive("s_H", s_H, zero=True)
    between("s", s)
    gaps = np.array([xi[0], 1.0, xi[1]])
    division = Division(parameters, _output(labour, beta, gaps), _spent(parameters, s, s_H))
    roots = roots_of(division, _ln_costs(parameters, division.output, gaps, state, ramp))
    if not roots:
        raise EquilibriumError(
            "calibration of B",
            expected="productivities that give the employment shares "
            + ", ".join(f"{share:.4g}" for share in labour),
            found="none at these elasticities and weights",
            hint="change alpha_M, alpha_S or omega, or the target",
        )
    m, s_ratio = roots[0].ln_ratios
    ln_x = np.log(level) - (m + s_ratio) / 3.0
    found = np.exp([ln_x + m, ln_x, ln_x + s_ratio])
    return CalibratedB(
        (float(found[0]), float(found[1]), float(found[2])),
        float(level),
        roots[0],
        tuple(roots[1:]),
        (float(labour[0]), float(labour[1]), float(labour[2])),
    )


def with_B(parameters: Parameters, calibrated: CalibratedB) -> Parameters:
    """The parameters with calibrated productivities."""
    return replace(parameters, B=calibrated.B)


def _ln_costs(
    parameters: Parameters, output: Floats, gaps: Floats, state: State, ramp: float
) -> Floats:
    """Logs of unit costs (3,) at ``B = 1``, with the AI stock at work, from output shares (3,)."""
    beta = np.array(parameters.beta)
    ln_rent = np.log(beta @ output / (((1.0 - beta) * gaps) @ output)) - state.ln_K
    return np.asarray(
        beta * (ln_rent - np.log(beta))
        - (1.0 - beta) * (np.log(gaps) + np.log1p(-beta))
        - ramp * state.ln_M * np.array(parameters.gamma)
    )


def _output(labour: Floats, beta: Floats, gaps: Floats) -> Floats:
    """Nominal output shares (3,) of employment shares, equation (26)."""
    output = labour / ((1.0 - beta) * gaps)
    return np.asarray(output / output.sum())


def _spent(parameters: Parameters, s: float, s_H: float) -> tuple[float, float, float]:
    check_rates(paths(1, s=s, s_H=s_H), inside=parameters.infrastructure_inside)
    if parameters.infrastructure_inside:
        return 1.0 - s, s - s_H, s_H
    return 1.0 - s - s_H, s, s_H


def _checked(parameters: Parameters, target: Sequence[float], level: float) -> Floats:
    labour = np.asarray(target, dtype=np.float64)
    if labour.shape != (3,) or not (labour > 0.0).all() or abs(labour.sum() - 1.0) > 1e-6:
        raise StructuralError(
            "target of the calibration",
            expected="employment shares of m, x, s, positive and adding up to 1",
            found=", ".join(f"{share:g}" for share in labour.ravel()),
            hint="divide them by their sum",
        )
    if not (np.isfinite(level) and level > 0.0):
        raise StructuralError(
            "level of the calibration",
            expected="a positive geometric mean of the productivities",
            found=f"{level:g}",
            hint="give 1 where nothing speaks for another",
        )
    for name in ("sigma_M", "sigma_S"):
        if abs(getattr(parameters, name) - 1.0) < ONE:
            raise StructuralError(
                f"calibration: {name}",
                expected="an elasticity other than 1, so that prices move shares",
                found=f"{getattr(parameters, name):g}",
                hint="move it off 1, by a thousandth for instance",
            )
    return np.asarray(labour / labour.sum(), dtype=np.float64)
