"""Section 3 of the paper: equations (26) to (33) and (36) against solved equilibria."""

import numpy as np
import pytest

from estimation.structural.closed_forms import (
    employment,
    ln_relative_prices,
    output,
    ratios,
)
from estimation.structural.draws import draw
from estimation.structural.parameters import Parameters, from_vector
from estimation.structural.paths import paths
from estimation.structural.published import published
from estimation.structural.simulate import Simulated, simulate
from estimation.structural.state import State
from geo.errors import StructuralError

SIMPLE = published().with_values(epsilon=0.4)


def equal(beta: float, seed: int) -> Parameters:
    vector = draw(1, seed, simple_demand=True).vectors[0]
    return from_vector(vector).with_values(beta=beta)


def solved(parameters: Parameters, xi_m: float, xi_s: float, ln_M: float) -> Simulated:
    return simulate(parameters, paths(1, xi_m=xi_m, xi_s=xi_s, ramp=1.0), State(0.3, ln_M))


def test_employment_at_the_solved_prices_is_that_of_28_to_30() -> None:
    drawn = draw(200, 1, simple_demand=True)
    for vector, xi, state in zip(drawn.vectors, drawn.xi, drawn.states, strict=True):
        path = paths(1, xi_m=xi[0], xi_s=xi[1], ramp=1.0)
        run = simulate(from_vector(vector), path, State(*state))
        at = ratios(run.parameters, run.ln_p)
        tM, tS, eta = np.exp(at.ln_theta_M), np.exp(at.ln_theta_S), np.exp(at.ln_eta)
        labour = employment(tM, tS, eta, path.xi_m, path.xi_s, run.parameters.beta)
        np.testing.assert_allclose(labour, run.labour, rtol=0, atol=5e-15)
        from_labour = output(run.labour, path.xi_m, path.xi_s, run.parameters.beta)
        np.testing.assert_allclose(from_labour, run.output, rtol=0, atol=1e-15)
        np.testing.assert_allclose([tM, tS, eta], [*run.theta.T, run.eta], rtol=1e-12)


def test_31_is_employment_at_equal_capital_shares_and_wages() -> None:
    for seed in range(50):
        run = solved(equal(0.45, seed), 1.0, 1.0, 0.8)
        eta, (tM, tS) = run.eta[0], run.theta[0]
        weighted = eta / (1 + eta) / (1 + tM) + 1 / (1 + eta) / (1 + tS)
        assert run.labour[0, 1] == pytest.approx(weighted, abs=5e-16)
        np.testing.assert_allclose(run.labour, run.output, rtol=0, atol=5e-16)


def test_32_with_wage_gaps_takes_them_to_the_power_of_labours_share() -> None:
    for seed in range(50):
        run = solved(equal(0.3, seed), 1.7, 0.6, 0.8)
        stated = ln_relative_prices(run.parameters, np.array([0.8]), 1.7, 0.6)
        np.testing.assert_allclose(run.ln_p - run.ln_p[:, 1:2], stated, atol=1e-14)
        # The printed power is another price.
        assert abs(stated[0, 0] - 0.3 * np.log(1.7) - (run.ln_p[0, 0] - run.ln_p[0, 1])) > 0.1


def test_33_and_36_follow_from_productivity_alone_at_equal_capital_shares() -> None:
    for seed in range(50):
        p = equal(0.6, seed)
        run = solved(p, 1.0, 1.0, 1.3)
        u = [p.B[1] / p.B[j] * np.exp(1.3 * (p.gamma[1] - p.gamma[j])) for j in (0, 2)]
        tM = p.alpha_M / (1 - p.alpha_M) * u[0] ** (1 - p.sigma_M)
        tS = p.alpha_S / (1 - p.alpha_S) * u[1] ** (1 - p.sigma_S)
        np.testing.assert_allclose(run.theta[0], [tM, tS], rtol=1e-12)
        e = p.epsilon[0]
        in_M = (p.alpha_M * u[0] ** (1 - p.sigma_M) + 1 - p.alpha_M) ** ((1 - e) / (1 - p.sigma_M))
        in_S = (p.alpha_S * u[1] ** (1 - p.sigma_S) + 1 - p.alpha_S) ** ((1 - e) / (1 - p.sigma_S))
        assert run.eta[0] == pytest.approx(p.omega[0] / (1 - p.omega[0]) * in_M / in_S, rel=1e-11)


def test_the_ratio_of_shares_is_labour_productivity_whatever_beta() -> None:
    """(26) and (39) together leave nothing of the capital shares."""
    run = solved(SIMPLE, 1.7, 1.9, 0.5)
    p = run.parameters
    across = (run.output[0, 1] / run.output[0, 0]) / (run.labour[0, 1] / run.labour[0, 0])
    assert across == pytest.approx((1 - p.beta[0]) * 1.7 / (1 - p.beta[1]))


def test_what_only_simple_demand_or_equal_shares_allow_is_refused_otherwise() -> None:
    with pytest.raises(StructuralError, match="one weight and one elasticity for all uses"):
        ratios(SIMPLE.with_values(omega_I=0.5), np.zeros((1, 3)))
    with pytest.raises(StructuralError, match="one capital share for all sectors"):
        ln_relative_prices(SIMPLE, 0.0)
