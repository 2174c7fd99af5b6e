"""The wild bootstrap beside wildboottest, by refitting on made-up outcomes, and by hand."""

import itertools
from collections.abc import Callable

import numpy as np
import pytest
from wildboottest.wildboottest import WildboottestCL

from estimation.inference import wild_bootstrap as module
from estimation.inference.clustered import one_way
from estimation.inference.few_clusters import are_few, bootstrap_weights
from estimation.inference.wild_bootstrap import POINTS, wild_bootstrap
from geo.errors import DesignError, SampleError


def refitted(
    u: np.ndarray, V: np.ndarray, clusters: np.ndarray, signs: np.ndarray, term: int, null: float
) -> tuple[float, np.ndarray]:
    """Observed t, and t of outcomes made from the restricted fit, each regressed anew."""
    others = np.delete(V, term, axis=1)
    rest = u - null * V[:, term]
    fitted = null * V[:, term]
    if others.shape[1]:
        fitted = fitted + others @ np.linalg.lstsq(others, rest, rcond=None)[0]
    left = u - fitted
    position = np.unique(clusters, return_inverse=True)[1]
    drawn = []
    for row in signs:
        fit = one_way(fitted + row[position] * left, V, None, clusters)
        drawn.append((fit.theta[term] - null) / fit.std_errors[term])
    fit = one_way(u, V, None, clusters)
    return float((fit.theta[term] - null) / fit.std_errors[term]), np.array(drawn)


@pytest.mark.parametrize("weights", ["rademacher", "webb"])
@pytest.mark.parametrize("k", [1, 3])
def test_p_value_equals_wildboottest_with_the_same_weights(
    residuals: Callable, k: int, weights: str
) -> None:
    r = residuals(14, k, 20 + k)
    ours = wild_bootstrap(
        r.u, r.V, None, r.clusters, seed=3, term=k - 1, draws=2999, weights=weights
    )
    signs = np.concatenate(list(module._random(POINTS[weights], 14, 2999, 3)))
    restriction = np.zeros(k)
    restriction[k - 1] = 1.0
    theirs = WildboottestCL(
        X=r.V, Y=r.u, cluster=r.clusters, R=restriction, B=2999, seed=1, parallel=False
    )
    theirs.get_scores(bootstrap_type="11", impose_null=True, adj=False, cluster_adj=True)
    theirs.v, theirs.B = signs.T.copy(), 2999
    theirs.get_numer()
    theirs.get_denom()
    theirs.get_tboot()
    theirs.get_vcov()
    theirs.get_tstat()
    assert ours.statistic == pytest.approx(float(theirs.t_stat), rel=1e-10)
    hits = int((np.abs(theirs.t_boot) > abs(theirs.t_stat) * (1 - 1e-9)).sum())
    assert ours.p_value == (1 + hits) / 3000
    assert 10 < hits < 2990
    assert (ours.draws, ours.enumerated, ours.n_clusters) == (2999, False, 14)


@pytest.mark.parametrize("null", [0.0, -0.7, 2.0])
@pytest.mark.parametrize(("k", "term"), [(1, 0), (2, 0), (3, 1)])
def test_p_value_by_refitting_on_all_patterns_of_signs(
    residuals: Callable, k: int, term: int, null: float
) -> None:
    r = residuals(6, k, 30)
    signs = np.array(list(itertools.product([1.0, -1.0], repeat=6)))
    observed, drawn = refitted(r.u, r.V, r.clusters, signs, term, null)
    ours = wild_bootstrap(r.u, r.V, None, r.clusters, seed=1, term=term, null=null, draws=64)
    assert ours.statistic == pytest.approx(observed, rel=1e-10)
    assert ours.p_value == np.mean(np.abs(drawn) >= abs(observed) * (1 - 1e-9))
    assert (ours.draws, ours.enumerated) == (64, True)


def test_the_confidence_set_ends_where_the_p_value_crosses_five_percent(
    residuals: Callable,
) -> None:
    r = residuals(20, 2, 40)

    def p_value(null: float) -> float:
        return wild_bootstrap(
            r.u, r.V, None, r.clusters, seed=5, term=1, null=null, draws=999
        ).p_value

    ours = wild_bootstrap(r.u, r.V, None, r.clusters, seed=5, term=1, draws=999)
    theta, se = (
        values[1]
        for values in (lambda c: (c.theta, c.std_errors))(one_way(r.u, r.V, None, r.clusters))
    )
    assert ours.ci_low < theta < ours.ci_high
    for end, inwards in ((ours.ci_low, 1e-5), (ours.ci_high, -1e-5)):
        assert p_value(end) <= 0.05
        assert p_value(end + inwards * se) > 0.05
    assert p_value(theta) == 1.0


def test_three_clusters_by_hand() -> None:
    # V = 1, one row a cluster: u = (1, 2, 6); theta = 3. CRV1: 3/2 sum (u - 3)^2 / 9 = 14 / 6.
    # Under 0 the residuals are u: patterns by |mean|: 9, 7, 5, 3 over 3, each twice.
    u, clusters = np.array([1.0, 2.0, 6.0]), np.array([0, 1, 2])
    ours = wild_bootstrap(u, np.ones(3), None, clusters, seed=1, draws=8)
    assert ours.statistic == pytest.approx(3 / np.sqrt(14 / 6))
    # sum of squares is 41 in every pattern, so t grows with |mean|: only +-(1, 2, 6) reach it.
    assert ours.p_value == 2 / 8
    # With p never below 1/4, no null is rejected at 5 %.
    assert (ours.ci_low, ours.ci_high) == (-np.inf, np.inf)


def test_an_instrumented_term_by_refitting_the_anderson_rubin_regression(
    residuals: Callable,
) -> None:
    r = residuals(7, 1, 50)
    signs = np.array(list(itertools.product([1.0, -1.0], repeat=7)))
    for null in (0.0, 0.5):
        rest = r.u - null * r.V[:, 0]
        observed, drawn = refitted(rest, r.W, r.clusters, signs, 0, 0.0)
        ours = wild_bootstrap(r.u, r.V, r.W, r.clusters, seed=1, null=null, draws=128)
        assert ours.statistic == pytest.approx(observed, rel=1e-10)
        assert ours.p_value == np.mean(np.abs(drawn) >= abs(observed) * (1 - 1e-9))


def test_a_weak_instrument_leaves_the_confidence_set_open() -> None:
    rng = np.random.default_rng(2)
    clusters = np.repeat(np.arange(20), 5)
    W, V, u = rng.normal(size=(100, 1)), rng.normal(size=(100, 1)), rng.normal(size=100)
    weak = wild_bootstrap(u, V, W, clusters, seed=1, draws=999)
    assert np.isinf([weak.ci_low, weak.ci_high]).any()
    strong = wild_bootstrap(u, V, V, clusters, seed=1, draws=999)
    plain = wild_bootstrap(u, V, None, clusters, seed=1, draws=999)
    assert np.isfinite([strong.ci_low, strong.ci_high]).all()
    # W = V: the two regressions differ by V times the null, which the term takes up.
    assert strong.p_value == plain.p_value
    assert strong.ci_low == pytest.approx(plain.ci_low, abs=0.01)


def test_units_order_and_names_of_clusters_do_not_matter(residuals: Callable) -> None:
    r = residuals(9, 2, 60)
    order = np.random.default_rng(1).permutation(r.u.size)
    ours = wild_bootstrap(r.u, r.V, None, r.clusters, seed=8, draws=999)
    theirs = wild_bootstrap(
        1e6 * r.u[order], 1e-3 * r.V[order], None, 100 - r.clusters[order], seed=8, draws=999
    )
    assert ours.enumerated
    assert theirs.p_value == ours.p_value
    assert theirs.statistic == pytest.approx(ours.statistic, rel=1e-9)
    assert (theirs.ci_low, theirs.ci_high) == pytest.approx(
        (1e9 * ours.ci_low, 1e9 * ours.ci_high), rel=1e-5
    )


def test_draws_depend_on_the_seed_only(residuals: Callable) -> None:
    r = residuals(25, 2, 61)
    p_values = [
        wild_bootstrap(r.u, r.V, None, r.clusters, seed=seed, draws=499).p_value
        for seed in (1, 1, 2)
    ]
    assert p_values[0] == p_values[1] != p_values[2]


@pytest.mark.parametrize(("weights", "count"), [("rademacher", 2), ("webb", 6)])
def test_weights_have_mean_zero_and_variance_one(weights: str, count: int) -> None:
    points = POINTS[weights]
    assert len(set(points.tolist())) == count
    assert points.sum() == pytest.approx(0.0, abs=1e-15)
    assert np.mean(points**2) == pytest.approx(1.0)
    assert {-1.0, 1.0} <= set(points.tolist())


def test_all_of_webbs_patterns_by_refitting(residuals: Callable) -> None:
    r = residuals(4, 2, 31)
    signs = np.array(list(itertools.product(POINTS["webb"], repeat=4)))
    observed, drawn = refitted(r.u, r.V, r.clusters, signs, 1, 0.3)
    ours = wild_bootstrap(r.u, r.V, None, r.clusters, seed=1, term=1, null=0.3, weights="webb")
    assert (ours.draws, ours.enumerated) == (1296, True)
    assert ours.p_value == np.mean(np.abs(drawn) >= abs(observed) * (1 - 1e-9))


def test_what_cannot_be_tested_is_refused(residuals: Callable) -> None:
    r = residuals(9, 2, 62)
    with pytest.raises(DesignError, match="table 6, instruments: expected one instrumented term"):
        wild_bootstrap(r.u, r.V, r.W, r.clusters, seed=1, where="table 6")
    with pytest.raises(DesignError, match="draws: expected 1 or more, found 0"):
        wild_bootstrap(r.u, r.V, None, r.clusters, seed=1, draws=0)
    with pytest.raises(SampleError, match="do not fit exactly"):
        wild_bootstrap(np.zeros(r.u.size), r.V, None, r.clusters, seed=1)


def test_what_few_clusters_are_and_how_they_are_weighted() -> None:
    assert [are_few(count) for count in (3, 50, 51)] == [True, True, False]
    assert [bootstrap_weights(count) for count in (7, 8)] == ["webb", "rademacher"]
