"""The demand system: the paper's formulas written out, derivatives, the whole equilibrium."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from estimation.structural.demand_parameters import (
    DemandParameters,
    natural,
    natural_slope,
)
from estimation.structural.demand_system import Observations, implied
from estimation.structural.paths import paths
from estimation.structural.published import published
from estimation.structural.simulate import simulate
from geo.errors import SampleError, StructuralError
from tests.estimation.structural.demand_data import PRINTED, TRUTH, blank, china

elasticities = st.one_of(st.floats(0.05, 0.95), st.floats(1.05, 5.0))
weights = st.floats(0.02, 0.98)
parameters = st.builds(
    DemandParameters, elasticities, elasticities, weights, weights, weights, st.floats(0.0, 3.0)
)
prices = st.tuples(st.floats(-2.0, 2.0), st.floats(-2.0, 2.0))


def one_year(r_m, r_s, xi=(2.0, 1.5), beta=(0.614, 0.658, 0.439)):
    return Observations(
        np.array([r_m]), np.array([r_s]), np.array([xi[0]]), np.array([xi[1]]),
        np.full((1, 2), 0.3), beta,
    )  # fmt: skip


def by_hand(p, seen):
    """(10)-(13), (27)-(30) as they stand, p_x = 1."""
    p_m, p_s = float(np.exp(seen.log_price_m[0])), float(np.exp(seen.log_price_s[0]))
    theta_m = p.alpha_M / (1 - p.alpha_M) * p_m ** (1 - p.sigma_M)
    theta_s = p.alpha_S / (1 - p.alpha_S) * p_s ** (1 - p.sigma_S)
    index_m = (p.alpha_M * p_m ** (1 - p.sigma_M) + 1 - p.alpha_M) ** (1 / (1 - p.sigma_M))
    index_s = (p.alpha_S * p_s ** (1 - p.sigma_S) + 1 - p.alpha_S) ** (1 / (1 - p.sigma_S))
    eta = p.omega / (1 - p.omega) * (index_m / index_s) ** (1 - p.epsilon)
    b_m, b_x, b_s = seen.beta
    m = (1 - b_m) * seen.xi_m[0] * eta * (1 + theta_s) * theta_m
    s = (1 - b_s) * seen.xi_s[0] * (1 + theta_m) * theta_s
    x = (1 - b_x) * (eta * (1 + theta_s) + 1 + theta_m)
    return np.array([m, x]) / (m + x + s)


@given(parameters, prices)
def test_the_formulas_written_out(p, r):
    seen = one_year(*r)
    np.testing.assert_allclose(implied(p.unbounded(), seen).labour[0], by_hand(p, seen), rtol=1e-10)


@given(parameters, prices)
def test_derivatives_by_central_differences(p, r):
    seen, b, step = one_year(*r), p.unbounded(), 1e-5
    slopes = implied(b, seen).jacobian[0]
    for place in range(6):
        if not np.isfinite(b[place]):
            continue
        move = np.zeros(6)
        move[place] = step
        by_difference = (implied(b + move, seen).labour[0] - implied(b - move, seen).labour[0]) / (
            2 * step
        )
        np.testing.assert_allclose(slopes[:, place], by_difference, atol=2e-9)


@pytest.mark.parametrize("name", ["sigma_M", "sigma_S"])
def test_nothing_happens_at_one(name):
    seen = one_year(-1.3, 0.8)
    at_one = implied(replace(TRUTH, **{name: 1.0}).unbounded(), seen)
    previous = np.inf
    for gap in (1e-2, 1e-4, 1e-6, 1e-8):
        near = implied(replace(TRUTH, **{name: 1.0 + gap}).unbounded(), seen)
        size = np.abs(near.labour - at_one.labour).max()
        assert size < 2 * gap
        assert size < previous
        np.testing.assert_allclose(near.jacobian, at_one.jacobian, atol=5 * gap)
        previous = size


def test_the_whole_equilibrium_implies_its_own_employment():
    # The model's prices put into (28) and (29) must give back the model's employment.
    v = published()
    rng = np.random.default_rng(3)
    run = simulate(v, paths(60, xi_m=rng.uniform(0.5, 2.5, 60), xi_s=rng.uniform(0.5, 2.5, 60)))
    ratios = run.ln_p - run.ln_p[:, [1]]
    seen = Observations(
        ratios[:, 0], ratios[:, 2], run.paths.xi_m, run.paths.xi_s, run.labour[:, :2], v.beta
    )
    found = implied(TRUTH.unbounded(), seen).labour
    np.testing.assert_allclose(found, run.labour[:, :2], rtol=1e-12)


@given(parameters)
def test_scales_there_and_back(p):
    b = p.unbounded()
    np.testing.assert_allclose(natural(b), p.vector(), rtol=1e-12, atol=1e-300)
    step = 1e-6
    inner = np.where(np.isfinite(b), b, -3.0)
    slope = (natural(inner + step) - natural(inner - step)) / (2 * step)
    np.testing.assert_allclose(natural_slope(inner), slope, rtol=1e-6)
    assert DemandParameters.of_unbounded(b).vector() == pytest.approx(p.vector(), rel=1e-12)


def test_weights_never_round_to_one():
    made = DemandParameters.of_unbounded(np.array([0.0, 0.0, 80.0, -800.0, 0.0, -np.inf]))
    assert 0.0 < made.alpha_S < made.alpha_M < 1.0


@pytest.mark.parametrize(
    ("name", "value"),
    [("sigma_M", 0.0), ("sigma_S", -1.0), ("alpha_M", 1.0), ("alpha_S", 0.0), ("omega", 1.2),
     ("epsilon", -0.1), ("sigma_M", np.inf), ("omega", np.nan)],
)  # fmt: skip
def test_bad_parameters_are_named(name, value):
    with pytest.raises(StructuralError, match=f"parameter {name}: expected"):
        replace(TRUTH, **{name: value})


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"log_price_s": np.zeros(3)}, "29 years of prices"),
        ({"labour": np.zeros((29, 3))}, "two employment shares"),
        ({"log_price_m": np.full(29, np.nan)}, "finite prices"),
        ({"xi_m": np.zeros(29)}, "wage gaps above 0"),
        ({"beta": (0.5, 0.5, 1.0)}, "capital income shares between 0 and 1"),
    ],
)
def test_bad_observations_are_named(change, words):
    with pytest.raises(SampleError, match=words):
        replace(blank(), **change)


@pytest.mark.real
def test_the_published_point_on_the_papers_data(data_dir):
    seen = china(data_dir)
    assert seen.years == tuple(range(1990, 2019))
    for point, expected in ((PRINTED, (0.111, 0.056)), (TRUTH, (0.064, 0.020))):
        off = implied(point.unbounded(), seen).labour - seen.labour
        rmse = np.sqrt((off**2).mean(axis=0))
        np.testing.assert_allclose(rmse, expected, atol=1e-3)
