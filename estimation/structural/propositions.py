"""How often what Pan, Li and Gu derive holds: equations (34) to (38), Propositions 1 and 2.

They are derived for equal capital shares, or at a given rental rate over the wage. In general
equilibrium with unequal capital shares AI moves that rate, too, and with it relative prices, so
that signs need not be as stated. Derivatives are of whole solved equilibria; besides them, whole
paths with AI are set against the same without.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from estimation.samples.sample import Floats
from estimation.structural.batched import Batch, simulate_batch
from estimation.structural.closed_forms import Elasticities, elasticities
from estimation.structural.draws import Draws, biased, draw, from_the_start
from estimation.structural.parameters import Parameters
from estimation.structural.paths import Paths, paths

STEP = 1e-3
"""Step in the log of AI of the five-point derivative."""
NOISE = 1e-8
"""Size up to which a derivative, or an effect, has no sign."""
SETTINGS = {"equal capital shares": True, "unequal capital shares": False}
"""Whether capital shares are drawn alike."""

AGAINST_2 = Parameters(
    alpha_M=0.19,
    sigma_M=0.14,
    alpha_S=0.62,
    sigma_S=1.63,
    omega=(0.95, 0.95, 0.95),
    epsilon=(0.07, 0.07, 0.07),
    beta=(0.83, 0.17, 0.67),
    B=(0.66, 0.57, 1.93),
    gamma=(0.56, 0.39, 0.39),
)
"""An economy in which Proposition 2 fails in a period, which is rare. AI lowers the rental rate;
that cheapens service goods, which need more capital, by more than industrial goods gain."""


@dataclass(frozen=True, slots=True, eq=False)
class Statement:
    """One statement over n draws."""

    name: str
    """The equation or proposition."""
    setting: str
    """Which capital shares, and what was compared."""
    applies: NDArray[np.bool_]
    """Draws about which it says anything, shape (n,)."""
    holds: NDArray[np.bool_]
    """Those in which it is right, shape (n,)."""
    gap: float
    """Largest distance between derivative and formula; NaN where there is no formula."""


def frequencies(n: int = 2000, seed: int = 1, *, periods: int = 60) -> pd.DataFrame:
    """How often each statement holds over random parameters, wage gaps and states.

    Parameters
    ----------
    n : int
        Draws a setting.
    seed : int
    periods : int
        Length of the paths with and without AI.

    Returns
    -------
    pandas.DataFrame
        ``statement``, ``setting``, ``draws`` to which it applies, those in which it ``holds``, the
        ``share`` of them, and the largest ``gap`` between derivative and formula.
    """
    found = [
        statement
        for setting, equal in SETTINGS.items()
        for statement in (
            *signs(draw(n, seed, equal_beta=equal, simple_demand=True), setting),
            *propositions(draw(n, seed + 1, equal_beta=equal, simple_demand=True), setting),
            *over_paths(draw(n, seed + 2, equal_beta=equal, simple_demand=True), setting, periods),
        )
    ]
    return pd.DataFrame([_row(one) for one in found])


def signs(drawn: Draws, setting: str) -> list[Statement]:
    """Equations (34), (35), (37) and (38) against derivatives of the solved model."""
    total = derivatives(drawn)
    stated = _stated(drawn)
    pairs = (
        ("(34)", total.theta_M, stated.theta_M),
        ("(35)", total.theta_S, stated.theta_S),
        ("(37), (38)", total.eta, stated.eta),
    )
    return [_same_sign(name, setting, *pair) for name, *pair in pairs]


def propositions(drawn: Draws, setting: str) -> list[Statement]:
    """Propositions 1 and 2 where their assumptions are met, as derivatives in one period."""
    everywhere = np.ones(len(drawn.vectors), dtype=np.bool_)
    where = f"{setting}, derivative"
    theta = derivatives(_assumed_by_1(drawn)).theta_M
    eta = derivatives(_assumed_by_2(drawn)).eta
    return [
        Statement("Proposition 1", where, everywhere, theta < NOISE, np.nan),
        Statement("Proposition 2", where, everywhere, eta < NOISE, np.nan),
    ]


def over_paths(drawn: Draws, setting: str, periods: int = 60) -> list[Statement]:
    """Propositions 1 and 2 as the effect of AI on the last period of whole paths.

    Each draw is simulated with AI at work from the first period and without; paths on which a stock
    outgrows all measure do not count. Capital grows differently in the two.
    """
    where = f"{setting}, {periods} periods"
    first = _with_and_without(_assumed_by_1(drawn), periods)
    second = _with_and_without(_assumed_by_2(drawn), periods)
    return [
        _lowered("Proposition 1", where, "ln_theta_M", *first),
        _lowered("Proposition 2", where, "ln_eta", *second),
    ]


def derivatives(drawn: Draws) -> Elasticities:
    """Derivatives of the logs of theta_M, theta_S and eta by that of AI, capital being given.

    Five-point differences of solved equilibria, each of shape (n,).
    """
    weights = {-2: 1.0, -1: -8.0, 1: 8.0, 2: -1.0}
    total = np.zeros((3, len(drawn.vectors)))
    for steps, weight in weights.items():
        moved = Draws(drawn.vectors, drawn.xi, drawn.states + np.array([0.0, steps * STEP]))
        batch = _run(moved, np.ones(1))
        names = ("ln_theta_M", "ln_theta_S", "ln_eta")
        total += weight * np.vstack([batch.column(name).T for name in names])
    return Elasticities(*(total / (12.0 * STEP)))


def _assumed_by_1(drawn: Draws) -> Draws:
    return biased(drawn, both_services=False, low=("sigma_M",))


def _assumed_by_2(drawn: Draws) -> Draws:
    return biased(drawn, both_services=True, low=("epsilon_C", "epsilon_I", "epsilon_H"))


def _with_and_without(drawn: Draws, periods: int) -> tuple[Batch, Batch]:
    begun = from_the_start(drawn)
    return _run(begun, np.ones(periods)), _run(begun, np.zeros(periods))


def _lowered(name: str, where: str, column: str, with_ai: Batch, without: Batch) -> Statement:
    after, before = with_ai.column(column)[:, 0], without.column(column)[:, 0]
    known = np.isfinite(after) & np.isfinite(before)
    change = np.subtract(after, before, where=known, out=np.zeros_like(after))
    return Statement(name, where, known, change < NOISE, np.nan)


def _stated(drawn: Draws) -> Elasticities:
    theta = _run(drawn, np.ones(1)).theta[:, 0]
    names = ("sigma_M", "sigma_S", "epsilon_C", "gamma_m", "gamma_x", "gamma_s")
    return elasticities(theta[:, 0], theta[:, 1], drawn.values(*names))


def _run(drawn: Draws, ramp: Floats) -> Batch:
    """Last periods of paths whose wage gaps are each draw's own."""
    return simulate_batch(
        drawn.vectors, _paths(drawn, ramp), drawn.states, keep="last", failures="keep"
    )


def _paths(drawn: Draws, ramp: Floats) -> list[Paths]:
    return [paths(len(ramp), xi_m=m, xi_s=s, ramp=ramp) for m, s in drawn.xi]


def _same_sign(name: str, setting: str, total: Floats, stated: Floats) -> Statement:
    applies = np.abs(stated) > NOISE
    return Statement(
        name,
        f"{setting}, derivative",
        applies,
        np.sign(total) == np.sign(stated),
        float(np.abs(total - stated).max()),
    )


def _row(one: Statement) -> dict[str, object]:
    draws = int(one.applies.sum())
    holds = int((one.applies & one.holds).sum())
    return {
        "statement": one.name,
        "setting": one.setting,
        "draws": draws,
        "holds": holds,
        "share": holds / draws if draws else np.nan,
        "gap": one.gap,
    }
