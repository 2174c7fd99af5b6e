"""The paper's own numbers: Table 3 and section 4, with China's wage gaps."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from estimation.structural.paths import reform
from estimation.structural.published import ALPHA_M, ALPHA_M_PRINTED, published
from estimation.structural.residuals import residuals
from estimation.structural.scenarios import paper
from estimation.structural.simulate import Simulated, simulate
from tests.estimation.structural.data import chinese_shares

pytestmark = pytest.mark.real

Runs = dict[str, Simulated]
SHARES = 0.004
"""Largest distance from a published share."""
DEGREES = 0.012
"""Largest distance from a published change of the degree of integration."""

L_FIRST, L_LAST = (0.597, 0.088, 0.315), (0.182, 0.150, 0.668)
Y_FIRST, Y_LAST = (0.551, 0.219, 0.231), (0.200, 0.310, 0.490)
L_CHANGES = {
    "infrastructure_0.02": (-0.539, 0.072, 0.467),
    "infrastructure_0.05": (-0.590, 0.078, 0.513),
    "reform_m": (-0.459, 0.072, 0.387),
    "reform_s": (-0.374, 0.125, 0.248),
}
Y_CHANGES = {
    "infrastructure_0.02": (-0.486, 0.124, 0.362),
    "infrastructure_0.05": (-0.544, 0.140, 0.403),
}
INTEGRATION = {"infrastructure_0.02": 0.296, "infrastructure_0.05": 1.080}


@pytest.fixture(scope="module")
def runs(xi: np.ndarray) -> Runs:
    return {one.name: simulate(one.parameters, one.paths, one.state) for one in paper(xi)}


@pytest.fixture(scope="module")
def printed(xi: np.ndarray) -> Runs:
    scenarios = paper(xi, parameters=published(ALPHA_M_PRINTED))
    return {one.name: simulate(one.parameters, one.paths, one.state) for one in scenarios}


def distances(runs: Runs) -> tuple[float, float]:
    """Largest distances from the published shares and from the two degrees of integration."""
    base = runs["benchmark"]
    shares = [
        base.labour[0] - L_FIRST,
        base.labour[-1] - L_LAST,
        base.output[0] - Y_FIRST,
        base.output[-1] - Y_LAST,
        *(runs[name].labour[-1] - runs[name].labour[0] - to for name, to in L_CHANGES.items()),
        *(runs[name].output[-1] - runs[name].output[0] - to for name, to in Y_CHANGES.items()),
    ]
    degrees = [
        runs[name].integration[-1, 0] - runs[name].integration[0, 0] - to
        for name, to in INTEGRATION.items()
    ]
    return float(np.abs(shares).max()), float(np.abs(degrees).max())


def test_every_published_figure_follows_from_alpha_m_of_850(runs: Runs) -> None:
    shares, degrees = distances(runs)
    assert shares < SHARES
    assert degrees < DEGREES
    assert shares == pytest.approx(0.0031, abs=0.0002)
    assert degrees == pytest.approx(0.0101, abs=0.0005)


def test_with_the_printed_alpha_m_they_are_far_off(printed: Runs) -> None:
    shares, degrees = distances(printed)
    assert shares == pytest.approx(0.081, abs=0.001)
    assert degrees == pytest.approx(0.80, abs=0.005)
    base = printed["benchmark"]
    np.testing.assert_allclose(base.labour[0], [0.641, 0.053, 0.306], atol=6e-4)
    np.testing.assert_allclose(base.labour[-1], [0.181, 0.130, 0.689], atol=6e-4)
    np.testing.assert_allclose(base.output[-1], [0.202, 0.279, 0.519], atol=6e-4)
    for name, change in (("infrastructure_0.02", 0.077), ("infrastructure_0.05", 0.280)):
        degree = printed[name].integration[:, 0]
        assert degree[-1] - degree[0] == pytest.approx(change, abs=6e-4)


RAW = {
    "infrastructure_0.02": ((-0.541, 0.072, 0.469), (-0.483, 0.123, 0.360)),
    "infrastructure_0.05": ((-0.593, 0.077, 0.515), (-0.542, 0.139, 0.402)),
    "reform_m": ((-0.462, 0.072, 0.390), None),
    "reform_s": ((-0.372, 0.126, 0.247), None),
}


def test_golden_numbers_with_raw_wage_gaps(runs: Runs) -> None:
    base = runs["benchmark"]
    for found, golden in (
        (base.labour[0], (0.599, 0.087, 0.314)),
        (base.output[0], (0.549, 0.219, 0.232)),
        (base.labour[-1], (0.184, 0.148, 0.668)),
        (base.output[-1], (0.200, 0.310, 0.490)),
    ):
        np.testing.assert_allclose(found, golden, atol=6e-4)
    for name, (labour, output) in RAW.items():
        run = runs[name]
        np.testing.assert_allclose(run.labour[-1] - run.labour[0], labour, atol=6e-4)
        if output is not None:
            np.testing.assert_allclose(run.output[-1] - run.output[0], output, atol=6e-4)


def test_two_factors_on_the_wage_gaps_halve_the_distance(xi: np.ndarray) -> None:
    scenarios = paper(xi, parameters=published(0.8496), xi_scale=(0.9747, 0.9869))
    shares, degrees = distances({s.name: simulate(s.parameters, s.paths) for s in scenarios})
    assert shares < 0.0017
    assert degrees < 0.0102


def test_infrastructure_beside_investment_moves_the_benchmark(xi: np.ndarray, runs: Runs) -> None:
    """Inside the rate of investment is what the published changes need."""
    beside = replace(published(), infrastructure_inside=False)
    found = {s.name: simulate(s.parameters, s.paths) for s in paper(xi, parameters=beside)}
    assert distances(found)[0] > distances(runs)[0]


def test_a_shorter_end_of_the_reform_gives_the_same_last_period(xi: np.ndarray) -> None:
    base = paper(xi)[0]
    for sector in ("m", "s"):
        late = simulate(base.parameters, reform(base.paths, sector)).labour[-1]
        early = simulate(base.parameters, reform(base.paths, sector, 29, 45)).labour[-1]
        np.testing.assert_allclose(early, late, atol=1e-3)


def test_residuals_of_all_of_the_papers_runs_are_rounding(runs: Runs) -> None:
    assert max(residuals(run).largest for run in runs.values()) < 2e-14


def test_what_the_paper_only_describes(runs: Runs) -> None:
    """A narrower bias and other elasticities move shares little; a lower one integrates more."""
    base = runs["benchmark"]
    for name in ("bias_0.6", "bias_0.7"):
        np.testing.assert_allclose(runs[name].labour[-1], base.labour[-1], atol=0.005)
        assert runs[name].integration[-1, 0] > runs[name].integration[0, 0]
    for name in ("sigma_M_0.8", "sigma_M_0.3"):
        np.testing.assert_allclose(runs[name].labour[-1], base.labour[-1], atol=0.02)
    degrees = [runs[n].integration[-1, 0] for n in ("sigma_M_0.3", "benchmark", "sigma_M_0.8")]
    assert degrees == sorted(degrees, reverse=True)


def test_rising_integration_and_falling_eta_over_the_periods_with_ai(runs: Runs) -> None:
    base = runs["benchmark"]
    assert (np.diff(base.integration[29:, 0]) > 0).all()
    assert (np.diff(base.eta[29:]) < 0).all()


def test_the_distance_to_the_data_from_1990_to_2018(runs: Runs, data_dir: Path) -> None:
    """Root mean squares by sector; by 2018 the model has fewer people in producer services."""
    labour, output = chinese_shares(data_dir)
    base = runs["benchmark"]
    apart = [base.labour[:29] - labour, base.output[:29] - output]
    found = np.sqrt([np.mean(gap**2, axis=0) for gap in apart])
    np.testing.assert_allclose(found, [[0.021, 0.015, 0.022], [0.023, 0.026, 0.019]], atol=6e-4)
    assert base.labour[28, 1] == pytest.approx(0.121, abs=6e-4)
    assert labour[28, 1] == pytest.approx(0.152, abs=6e-4)


def test_full_powers_for_all_sectors_grow_faster_than_exponentially(xi: np.ndarray) -> None:
    base = paper(xi, parameters=published().with_values(gamma=1.0))[0]
    run = simulate(base.parameters, base.paths)
    assert run.ln_K[-1] == pytest.approx(33.0, abs=0.5)
    assert (np.diff(run.ln_M, 2)[35:] > 0).all()


def test_ai_grows_to_the_known_stock_in_200_periods(xi: np.ndarray) -> None:
    base = paper(xi, periods=200)[0]
    run = simulate(base.parameters, base.paths)
    assert run.ln_M[-1] == pytest.approx(28.6, abs=0.1)
    assert base.parameters.alpha_M == ALPHA_M
    assert residuals(run).largest < 1e-12
