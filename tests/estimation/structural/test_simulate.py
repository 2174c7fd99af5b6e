"""Whole paths: limits in which the answer is known, smoothness, long horizons."""

from dataclasses import replace

import numpy as np
import pytest

from estimation.structural.parameters import Parameters
from estimation.structural.paths import Paths, paths
from estimation.structural.published import published
from estimation.structural.residuals import residuals
from estimation.structural.simulate import Simulated, simulate
from estimation.structural.state import State
from geo.errors import EquilibriumError

FLEXIBLE = published().with_values(epsilon=0.4)


def test_shares_add_up_and_prices_are_those_of_unit_cost(moving: Paths) -> None:
    run = simulate(FLEXIBLE, moving)
    for shares in (run.labour, run.output, run.capital, run.spent):
        np.testing.assert_allclose(shares.sum(axis=1), 1.0, atol=4e-15)
    np.testing.assert_allclose(run.split.sum(axis=1), run.output[:, 1], atol=1e-16)
    np.testing.assert_allclose(run.integration * run.theta, 1.0)
    np.testing.assert_allclose(run.theta_M, run.output[:, 0] / run.split[:, 0], rtol=1e-13)
    np.testing.assert_allclose(run.theta_S, run.output[:, 2] / run.split[:, 1], rtol=1e-13)
    industrial, service = run.output[:, 0] + run.split[:, 0], run.output[:, 2] + run.split[:, 1]
    np.testing.assert_allclose(run.eta, industrial / service)
    assert run.periods == 60
    assert not run.uncertain.any()
    assert run.iterations.max() <= 9


def test_the_first_period_of_alike_sectors_by_hand() -> None:
    """One capital share, equal wages, Cobb-Douglas throughout: shares are weights."""
    p = published().with_values(beta=0.4, sigma_M=1.0, sigma_S=1.0, epsilon=1.0, omega=0.6)
    run = simulate(p.with_values(alpha_M=0.7, alpha_S=0.8), paths(2))
    shares = [0.6 * 0.7, 0.6 * 0.3 + 0.4 * 0.2, 0.4 * 0.8]
    np.testing.assert_allclose(run.labour[0], shares, rtol=1e-14)
    np.testing.assert_allclose(run.output[0], shares, rtol=1e-14)
    assert run.ln_income[0] == pytest.approx(-np.log(0.6))
    assert run.l[0] == pytest.approx(np.log(0.4 / 0.6))
    assert run.eta[0] == pytest.approx(1.5)
    unit = -(0.4 * np.log(0.4) + 0.6 * np.log(0.6))
    np.testing.assert_allclose(run.ln_p[0], 0.4 * run.l[0] + unit)
    # One final price, so that what is formed is spending over it.
    price = np.exp(run.ln_p[0, 0])
    K = 0.9 + 0.39 / 0.6 / price
    assert run.ln_K[1] == pytest.approx(np.log(K))
    assert run.ln_M[1] == pytest.approx(np.log(1.0 + 0.01 / 0.6 / price))


def test_without_infrastructure_ai_never_moves_and_does_nothing() -> None:
    none = simulate(FLEXIBLE, paths(60, s_H=0.0))
    assert (none.ln_M == 0.0).all()
    other = simulate(replace(FLEXIBLE, gamma=(0.0, 0.0, 0.0)), paths(60, s_H=0.0))
    np.testing.assert_array_equal(none.labour, other.labour)


def test_unbiased_ai_changes_no_share_where_sectors_need_equal_capital() -> None:
    alike = FLEXIBLE.with_values(beta=0.5, gamma=0.7, B_m=1.3, B_s=0.8)
    run = simulate(alike, paths(60, xi_m=1.7, xi_s=1.4, s_H=0.02))
    assert run.ln_M[-1] > 1.0
    for values in (run.labour, run.theta, run.eta):
        np.testing.assert_allclose(values, np.broadcast_to(values[0], values.shape), rtol=2e-13)


def test_elasticities_go_smoothly_through_one(moving: Paths) -> None:
    """Employment moves in proportion to the distance from one, down to 1e-8 and at one itself."""
    at_one = simulate(FLEXIBLE.with_values(sigma_M=1.0), moving).labour
    rates = []
    for exponent in range(2, 9):
        distance = 10.0**-exponent
        for sign in (-1, 1):
            near = simulate(FLEXIBLE.with_values(sigma_M=1.0 + sign * distance), moving).labour
            rates.append(np.abs(near - at_one).max() / distance)
    assert max(rates) / min(rates) < 1.2
    assert 1e-3 < max(rates) < 0.1
    for name in ("sigma_M", "sigma_S", "epsilon"):
        base = simulate(FLEXIBLE.with_values(**{name: 1.0}), moving).labour
        near = simulate(FLEXIBLE.with_values(**{name: 1.0 + 1e-12}), moving).labour
        np.testing.assert_allclose(near, base, rtol=0, atol=1e-12)


def test_general_demand_with_equal_uses_is_simple_demand(moving: Paths) -> None:
    simple = simulate(FLEXIBLE, moving)
    near = FLEXIBLE.with_values(omega_I=0.673 + 1e-13, epsilon_H=0.4 + 1e-13)
    np.testing.assert_allclose(simulate(near, moving).labour, simple.labour, atol=1e-12)
    different = simulate(FLEXIBLE.with_values(omega_I=0.9), moving)
    assert different.labour[0, 0] > simple.labour[0, 0] + 0.02


def test_a_part_of_a_path_is_the_path_begun_there(moving: Paths) -> None:
    whole = simulate(FLEXIBLE, moving)
    fields = ("xi_m", "xi_s", "ramp", "s", "s_H")
    rest = Paths(**{name: getattr(moving, name)[25:] for name in fields})
    again = simulate(FLEXIBLE, rest, State(whole.ln_K[25], whole.ln_M[25]))
    np.testing.assert_allclose(again.labour, whole.labour[25:], rtol=0, atol=1e-14)
    assert again.end.ln_K == pytest.approx(whole.end.ln_K, abs=1e-13)
    assert again.end.ln_M == pytest.approx(whole.end.ln_M, abs=1e-13)


def test_infrastructure_inside_or_beside_investment() -> None:
    inside = simulate(FLEXIBLE, paths(2, s=0.4, s_H=0.1))
    beside = simulate(replace(FLEXIBLE, infrastructure_inside=False), paths(2, s=0.3, s_H=0.1))
    np.testing.assert_allclose(inside.spent[0], [0.6, 0.3, 0.1])
    np.testing.assert_allclose(beside.spent[0], inside.spent[0])
    np.testing.assert_allclose(beside.labour, inside.labour, rtol=1e-14)


def test_only_productivity_over_capital_counts_for_shares() -> None:
    """All sectors twice as productive: the same shares, more is formed."""
    base, twice = (simulate(FLEXIBLE.with_values(B=b), paths(1)) for b in (1.0, 2.0))
    np.testing.assert_allclose(twice.labour, base.labour, rtol=1e-14)
    np.testing.assert_allclose(twice.ln_I - base.ln_I, np.log(2.0), rtol=1e-12)


def grown(T: int, gamma: float, s_H: float) -> Simulated:
    return simulate(published().with_values(gamma=gamma), paths(T, s_H=s_H))


def test_long_horizons_stay_finite_as_stocks_are_kept_in_logs() -> None:
    run = simulate(published(), paths(200, s_H=0.05))
    assert residuals(run).largest < 1e-11
    assert run.ln_K[-1] > 709.0  # the log of the largest number there is
    fast = grown(60, 1.0, 0.01)
    assert fast.ln_K[-1] > 20.0
    assert residuals(fast).largest < 1e-11


def test_growth_with_full_powers_is_faster_than_exponential() -> None:
    run = grown(60, 1.0, 0.01)
    rates = np.diff(run.ln_M)[35:]
    assert (np.diff(rates) > 0).all()


def test_stocks_beyond_all_measure_are_named_with_their_period() -> None:
    with pytest.raises(EquilibriumError, match="logs of capital and of AI within 10000") as error:
        grown(200, 1.0, 0.05)
    assert "simulation, period" in str(error.value)
    assert "simulate fewer periods" in str(error.value)
    worn = replace(published(), delta_M=1.0)
    with pytest.raises(EquilibriumError, match=r"period 2: .* ln M = -inf"):
        simulate(worn, paths(3, s_H=0.0))


def test_ratios_beyond_any_number_are_infinite_or_zero_without_a_warning() -> None:
    rigid = published().with_values(sigma_M=1e8, B_m=1e5)
    run = simulate(rigid, paths(2))
    assert np.isinf(run.theta_M).all()
    assert (run.integration[:, 0] == 0.0).all()
    rare = simulate(published().with_values(alpha_M=1e-310), paths(2))
    assert np.isinf(rare.integration[:, 0]).all()


def test_the_state_moves_as_the_equations_say(moving: Paths) -> None:
    p: Parameters = replace(FLEXIBLE, delta_M=0.07)
    run = simulate(p, moving)
    K, M = np.exp(run.ln_K), np.exp(run.ln_M)
    np.testing.assert_allclose(K[1:], 0.9 * K[:-1] + np.exp(run.ln_I[:-1]), rtol=1e-13)
    np.testing.assert_allclose(M[1:], 0.93 * M[:-1] + np.exp(run.ln_H[:-1]), rtol=1e-13)
    assert np.exp(run.end.ln_K) == pytest.approx(0.9 * K[-1] + np.exp(run.ln_I[-1]))
