"""The path against five equations in quantities with another numeraire, solved by SciPy."""

from dataclasses import replace

import numpy as np
import pytest

from estimation.structural.draws import draw
from estimation.structural.parameters import Parameters, from_vector
from estimation.structural.paths import Paths, paths
from estimation.structural.published import published
from estimation.structural.simulate import simulate
from estimation.structural.state import State
from tests.estimation.structural.five_equations import simulate_with_scipy

GENERAL = Parameters(
    alpha_M=0.7,
    sigma_M=0.6,
    alpha_S=0.6,
    sigma_S=1.4,
    omega=(0.3, 0.7, 0.5),
    epsilon=(0.2, 0.8, 1.5),
    beta=(0.5, 0.3, 0.4),
    B=(1.2, 0.9, 1.1),
    gamma=(0.6, 0.3, 0.2),
    delta_K=0.08,
    delta_M=0.05,
)


@pytest.mark.parametrize(
    "parameters",
    [
        published(),
        GENERAL,
        replace(GENERAL, infrastructure_inside=False),
        replace(GENERAL, sigma_M=1.0, epsilon=(0.5, 1.0, 0.0)),
    ],
    ids=["published", "general", "beside", "elasticities-of-one"],
)
def test_the_equilibria_are_those_of_the_five_equations(
    parameters: Parameters, moving: Paths
) -> None:
    ours = simulate(parameters, moving)
    theirs = simulate_with_scipy(parameters, moving, 1.0, 1.0)
    np.testing.assert_allclose(ours.labour, theirs.labour, rtol=0, atol=2e-13)
    np.testing.assert_allclose(ours.output, theirs.output, rtol=0, atol=2e-13)
    np.testing.assert_allclose(ours.l, theirs.l, rtol=0, atol=2e-12)
    np.testing.assert_allclose(ours.ln_K, theirs.ln_K, rtol=0, atol=2e-12)
    np.testing.assert_allclose(ours.ln_M, theirs.ln_M, rtol=0, atol=2e-12)


def test_random_economies_have_the_equilibria_of_the_five_equations() -> None:
    drawn = draw(40, 11)
    for vector, xi, state in zip(drawn.vectors, drawn.xi, drawn.states, strict=True):
        parameters = from_vector(vector)
        path = paths(3, xi_m=xi[0], xi_s=xi[1], ramp=1.0, s=0.35, s_H=0.03)
        ours = simulate(parameters, path, State(*state))
        theirs = simulate_with_scipy(parameters, path, *np.exp(state))
        np.testing.assert_allclose(ours.labour, theirs.labour, rtol=0, atol=1e-12)
        np.testing.assert_allclose(ours.ln_M, theirs.ln_M, rtol=0, atol=1e-12)


@pytest.mark.real
def test_the_benchmark_agrees_to_rounding(xi: np.ndarray) -> None:
    from_data = Paths(
        xi_m=xi[:, 0], xi_s=xi[:, 1], ramp=np.zeros(29), s=np.full(29, 0.4), s_H=np.full(29, 0.01)
    )
    ours = simulate(published(), from_data)
    theirs = simulate_with_scipy(published(), from_data, 1.0, 1.0)
    np.testing.assert_allclose(ours.labour, theirs.labour, rtol=0, atol=5e-15)
