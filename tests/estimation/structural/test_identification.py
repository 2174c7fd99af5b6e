"""Identification: the rule flags the paper's design and passes the one that recovers."""

from dataclasses import FrozenInstanceError, replace

import numpy as np
import pytest
from scipy.stats import chi2

from estimation.structural.demand_system import implied
from estimation.structural.fgnls import estimate_fgnls
from estimation.structural.identification import (
    CONDITION_NUMBER,
    ERROR_BOUND,
    identification_report,
    local_identification,
)
from estimation.structural.monte_carlo import monte_carlo
from estimation.structural.nls import Box, Problem, best_of, starting_points
from estimation.structural.profile_likelihood import profile_likelihood
from estimation.structural.synthetic_prices import at_truth, with_noise
from geo.errors import StructuralError
from tests.estimation.structural.demand_data import TRUTH, blank, china, moving


def noise(sd):
    return sd**2 * np.eye(2)


@pytest.fixture(scope="module")
def passing():
    return identification_report(Problem(moving()), TRUTH, noise(0.001), points=9, draws=30)


def test_the_recovery_design_passes(passing):
    assert not passing.weak
    assert passing.verdict == "identified"
    assert passing.local.rank == 5
    assert passing.local.condition_number < CONDITION_NUMBER / 10
    assert passing.local.error_bounds.max() < ERROR_BOUND / 5
    assert not any(profile.open for profile in passing.profiles)
    assert passing.monte_carlo.bound_share.max() == 0.0
    with pytest.raises(FrozenInstanceError):
        passing.at = TRUTH


def test_every_finding_says_what_it_holds_against(passing):
    rules = {finding.rule for finding in passing.findings}
    assert rules == {"rank", "condition_number", "error_bound", "profile", "on_bound", "spread"}
    for finding in passing.findings:
        beyond = (
            finding.value < finding.limit
            if finding.rule == "rank"
            else finding.value > finding.limit
        )
        assert finding.weak == beyond


def test_twice_the_noise_passes_and_twenty_times_does_not():
    problem = Problem(moving())
    for sd, weak in ((0.002, False), (0.02, True)):
        report = identification_report(problem, TRUTH, noise(sd), points=0, draws=0)
        assert report.weak == weak
        assert (report.profiles, report.monte_carlo) == ((), None)
    assert "error_bound sigma_M" in report.verdict


def test_constant_prices_leave_a_rank_of_two():
    # theta and eta are constants: only two products of weights are seen, whatever the noise.
    problem = Problem(at_truth(blank(), TRUTH))
    report = identification_report(problem, TRUTH, noise(1e-8), points=0, draws=0)
    assert report.weak
    assert report.local.rank == 2
    assert report.local.error_bounds.max() > 1e3
    assert report.verdict.startswith("weakly identified: rank")


def test_the_weakest_direction_moves_shares_least():
    seen = moving()
    local = local_identification(Problem(seen), TRUTH, noise(0.001))
    b, step = TRUTH.unbounded(), 1e-4
    rng = np.random.default_rng(0)

    def moved(direction):
        full = b.copy()
        full[:5] += step * direction / np.linalg.norm(direction)
        return np.linalg.norm(implied(full, seen).labour - seen.labour)

    weakest = moved(local.weakest)
    assert weakest == pytest.approx(step * local.singular_values[-1], rel=0.02)
    assert all(moved(rng.normal(size=5)) > weakest for _ in range(200))


def test_bounds_of_errors_are_the_inverse_information():
    seen = moving()
    covariance = 1e-6 * np.array([[1.0, 0.3], [0.3, 2.0]])
    local = local_identification(Problem(seen), TRUTH, covariance)
    jacobian = implied(TRUTH.unbounded(), seen).jacobian[:, :, :5]
    information = np.einsum("tik,ij,tjl->kl", jacobian, np.linalg.inv(covariance), jacobian)
    expected = np.sqrt(np.diag(np.linalg.inv(information)))
    np.testing.assert_allclose(local.error_bounds, expected, rtol=1e-6)


def test_monte_carlo_spreads_as_known():
    made = monte_carlo(Problem(moving()), TRUTH, noise(0.001), draws=60)
    assert made.sd[0] == pytest.approx(0.028, abs=0.008)
    assert made.sd[1] == pytest.approx(0.015, abs=0.005)
    np.testing.assert_allclose(made.mean[:5], TRUTH.vector()[:5], atol=0.015)
    local = local_identification(Problem(moving()), TRUTH, noise(0.001))
    np.testing.assert_allclose(made.sd[:5] / local.error_bounds_natural, 1.0, atol=0.35)
    again = monte_carlo(Problem(moving()), TRUTH, noise(0.001), draws=60)
    np.testing.assert_array_equal(made.estimates, again.estimates)


def test_spread_grows_with_the_noise():
    made = {
        sd: monte_carlo(Problem(moving()), TRUTH, noise(sd), draws=60, starts=1)
        for sd in (0.005, 0.02)
    }
    assert made[0.005].sd[0] == pytest.approx(0.16, abs=0.07)
    assert made[0.005].sd[1] == pytest.approx(0.07, abs=0.03)
    assert made[0.02].sd[0] > 2 * made[0.005].sd[0]


def test_profile_against_an_independent_search():
    problem = Problem(with_noise(moving(), noise(0.002), np.random.default_rng(2)))
    root = np.eye(2) / 0.002
    profile = profile_likelihood(problem, "sigma_M", TRUTH, covariance=noise(0.002), points=9)
    best = best_of(problem, starting_points(problem, 8, 3), root)[0].objective
    assert profile.fall.min() == 0.0
    for value, fall in zip(profile.values, profile.fall, strict=True):
        held = Problem(problem.seen, {"epsilon": 0.0, "sigma_M": float(value)})
        lowest = best_of(held, starting_points(held, 8, 3), root)[0].objective
        # The grid holds the truth, not the estimate: its lowest point is a little above the best.
        assert fall == pytest.approx(lowest - best, rel=1e-4, abs=chi2.ppf(0.95, 1))
        assert fall <= lowest - best + 1e-6


def test_profile_intervals_are_those_of_the_errors_where_all_is_regular():
    problem = Problem(moving())
    local = local_identification(problem, TRUTH, noise(2e-4))
    for place, name in enumerate(("sigma_M", "sigma_S")):
        profile = profile_likelihood(problem, name, TRUTH, covariance=noise(2e-4), points=9)
        half = 1.96 * local.error_bounds_natural[place]
        truth = getattr(TRUTH, name)
        assert truth - profile.low == pytest.approx(half, rel=0.1)
        assert profile.high - truth == pytest.approx(half, rel=0.1)


def test_profile_with_estimated_noise_agrees_with_known_noise():
    problem = Problem(with_noise(moving(), noise(0.001), np.random.default_rng(4)))
    fit = estimate_fgnls(problem.seen, starts=2).iterated
    ends = [
        (profile.low, profile.high)
        for profile in (
            profile_likelihood(problem, "sigma_S", fit.estimate, covariance=known, points=7)
            for known in (None, fit.residual_covariance)
        )
    ]
    np.testing.assert_allclose(ends[0], ends[1], rtol=0.02)


def test_bad_questions_are_named():
    problem = Problem(moving())
    with pytest.raises(StructuralError, match="positive definite"):
        identification_report(problem, TRUTH, np.zeros((2, 2)))
    with pytest.raises(StructuralError, match="positive definite"):
        monte_carlo(problem, TRUTH, np.eye(3))
    with pytest.raises(StructuralError, match="two draws or more, found 1"):
        monte_carlo(problem, TRUTH, noise(0.001), draws=1)
    with pytest.raises(StructuralError, match=r"profile: expected one of sigma_M, .* 'epsilon'"):
        profile_likelihood(problem, "epsilon", TRUTH)


@pytest.mark.real
def test_the_papers_prices_flag_weak_identification(data_dir):
    problem = Problem(at_truth(china(data_dir), TRUTH))
    report = identification_report(problem, TRUTH, noise(0.001), points=9, draws=30)
    assert report.weak
    np.testing.assert_allclose(
        report.local.singular_values_natural, [6.1, 2.1, 0.050, 0.013, 0.00016], rtol=0.025
    )
    assert report.local.condition_number > 10 * CONDITION_NUMBER
    assert report.local.error_bounds[:2].min() > 4.0
    assert report.monte_carlo.sd[0] > 0.8
    assert report.monte_carlo.sd[1] > 1.0
    assert any(profile.open for profile in report.profiles)
    for rule in ("condition_number", "error_bound sigma_M sigma_S", "profile", "spread"):
        assert rule in report.verdict


@pytest.mark.real
def test_the_papers_data_say_nothing_of_the_elasticities(data_dir):
    seen = china(data_dir)
    fit = estimate_fgnls(seen, starts=4).iterated
    problem = Problem(seen)
    for name in ("sigma_M", "sigma_S"):
        profile = profile_likelihood(problem, name, fit.estimate, points=9)
        assert profile.open_low
        assert profile.open_high
        assert profile.fall.max() < 1.0
    # What prices do pin: the share of industrial goods in demand, given the rest.
    local = identification_report(problem, fit.estimate, fit.residual_covariance, points=0, draws=0)
    assert "on_bound sigma_M sigma_S alpha_M" in local.verdict


def test_a_narrower_box_is_respected():
    box = Box((0.3, 2.0), (0.05, 0.95))
    profile = profile_likelihood(
        Problem(moving(), box=box), "sigma_M", TRUTH, covariance=noise(0.05), points=5
    )
    assert profile.open
    assert profile.values[[0, -1]] == pytest.approx((0.3, 2.0))
    assert replace(TRUTH).sigma_M in profile.values.round(12)
