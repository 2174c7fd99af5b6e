"""Means of constant elasticity against their definitions, through one, and at extremes."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from estimation.structural.ces import ln_mean, ln_quantity
from estimation.structural.solver import mean_over, shares

weights = st.floats(0.01, 0.99)
logs = st.floats(-3.0, 3.0)


def plain_mean(a: float, r: float, u: float, v: float) -> float:
    """By the definition."""
    if r == 0.0:
        return float(u**a * v ** (1 - a))
    return float((a * u**r + (1 - a) * v**r) ** (1 / r))


@given(weights, st.floats(0.05, 4.0) | st.floats(-4.0, -0.05), logs, logs)
def test_both_forms_are_the_mean(a: float, r: float, ln_u: float, ln_v: float) -> None:
    plain = math.log(plain_mean(a, r, math.exp(ln_u), math.exp(ln_v)))
    assert mean_over(a, r, ln_u - ln_v) + ln_v == pytest.approx(plain, abs=1e-12)
    assert float(ln_mean(a, r, ln_u, ln_v)) == pytest.approx(plain, abs=1e-12)


@given(weights, logs, st.floats(-9.0, -1.0))
def test_the_mean_goes_smoothly_through_power_zero(a: float, d: float, exponent: float) -> None:
    """To second order ``a d + a (1 - a) r d^2 / 2``; the rest is of the size of r^2."""
    r = 10.0**exponent
    at_zero = mean_over(a, 0.0, d)
    assert at_zero == pytest.approx(a * d, abs=1e-15)
    second = a * (1 - a) * d * d / 2
    for power in (r, -r):
        error = mean_over(a, power, d) - at_zero - power * second
        assert abs(error) <= r * r * abs(d) ** 3 + 1e-15


@given(weights, st.floats(-4.0, 4.0), logs)
def test_shares_are_the_means_derivative_and_add_up(a: float, r: float, d: float) -> None:
    first, second = shares(a, r, d)
    assert first + second == pytest.approx(1.0, abs=1e-15)
    h = 1e-5
    slope = (mean_over(a, r, d + h) - mean_over(a, r, d - h)) / (2 * h)
    assert first == pytest.approx(slope, abs=1e-8)


@given(weights, st.floats(0.05, 3.0), logs, logs)
def test_prices_and_quantities_are_dual(a: float, e: float, ln_p: float, ln_q: float) -> None:
    """Bought at least cost, price index times quantity index is what was spent."""
    price = float(ln_mean(a, 1 - e, ln_p, ln_q))
    first, second = shares(a, 1 - e, ln_p - ln_q)
    quantity = float(ln_quantity(a, e, math.log(first) - ln_p, math.log(second) - ln_q))
    assert price + quantity == pytest.approx(0.0, abs=1e-12)


def test_extremes_neither_overflow_nor_lose_the_smaller_share() -> None:
    assert mean_over(0.3, 1.0, 1000.0) == pytest.approx(1000.0 + math.log(0.3))
    assert mean_over(0.3, -1.0, 1000.0) == pytest.approx(-math.log(0.7))
    assert mean_over(0.3, 1.0, -1000.0) == pytest.approx(math.log(0.7))
    assert shares(0.3, 1.0, -600.0)[0] == pytest.approx(0.3 / 0.7 * math.exp(-600.0))
    assert shares(0.3, 1.0, 600.0)[1] == pytest.approx(0.7 / 0.3 * math.exp(-600.0))
    assert np.isfinite(ln_mean(0.3, [5.0, -5.0], [700.0, 700.0], [-700.0, -700.0])).all()


def test_zero_elasticity_is_leontiefs() -> None:
    found = ln_quantity(0.25, 0.0, np.log([1.0, 1.0]), np.log([6.0, 2.0]))
    np.testing.assert_allclose(np.exp(found), [4.0, 2.0 / 0.75])
    near = ln_quantity(0.25, 1e-4, np.log([1.0, 1.0]), np.log([6.0, 2.0]))
    np.testing.assert_allclose(found, near, atol=2e-4)
