"""Intervals against scipy's bootstrap, Sobel's error against textbook forms, and their p values."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from estimation.inference.clustered import one_way
from estimation.mediation.delta import clustered_covariance, figure_influence
from estimation.mediation.figures import DIRECT, TOTAL, Layout, figures_of
from estimation.mediation.intervals import bca, bca_p_values, p_values, percentile
from estimation.mediation.paths import paths_at, paths_without_each
from estimation.mediation.sample import linear_products
from estimation.mediation.system import LinearSystem, Products, products_of
from tests.estimation.mediation.panels import channels, sample_of


def skewed(seed: int, n: int = 40) -> np.ndarray:
    return np.random.default_rng(seed).lognormal(size=n)


@pytest.mark.parametrize("method", ["percentile", "BCa"])
def test_scipy_has_the_same_intervals_of_a_mean(method: str) -> None:
    values = skewed(1)
    theirs = stats.bootstrap(
        (values,), np.mean, n_resamples=4000, method=method, rng=np.random.default_rng(2)
    )
    draws = theirs.bootstrap_distribution[:, None]
    without = ((values.sum() - values) / (values.size - 1))[:, None]
    mine = percentile(draws) if method == "percentile" else bca(values.mean()[None], draws, without)
    low_high = [theirs.confidence_interval.low, theirs.confidence_interval.high]
    np.testing.assert_allclose(mine[0], low_high, rtol=1e-12)


def test_scipy_has_the_same_interval_of_an_indirect_effect() -> None:
    rng = np.random.default_rng(3)
    d, e, u = rng.normal(size=(3, 60))
    m = 0.5 * d + e
    y = 0.4 * m + 0.2 * d + u

    def indirect(d: np.ndarray, m: np.ndarray, y: np.ndarray) -> float:
        b = np.linalg.lstsq(np.column_stack([m, d, np.ones_like(d)]), y, rcond=None)[0][0]
        return float(b * np.polyfit(d, m, 1)[0])

    theirs = stats.bootstrap(
        (d, m, y), indirect, paired=True, vectorized=False, n_resamples=400, method="BCa",
        rng=np.random.default_rng(1),
    )  # fmt: skip
    products = products_of(LinearSystem(y, d, m[:, None], np.ones((60, 1)), np.arange(60)))
    place = Layout(1).indirect
    mine = bca(
        figures_of(paths_at(products))[0, place],
        theirs.bootstrap_distribution[:, None],
        figures_of(paths_without_each(products))[:, place],
    )
    low_high = [theirs.confidence_interval.low, theirs.confidence_interval.high]
    np.testing.assert_allclose(mine[0], low_high, rtol=1e-9)


def test_no_interval_where_all_draws_are_on_one_side() -> None:
    draws = np.linspace(1, 2, 100)[:, None]
    assert np.isnan(bca(np.array([0.0]), draws, skewed(1)[:, None])).all()
    assert np.isnan(bca_p_values(np.array([0.0]), draws, skewed(1)[:, None])).all()


@given(seed=st.integers(0, 2**20), shift=st.floats(-2, 2))
def test_p_values_are_below_five_per_cent_where_intervals_leave_zero_out(
    seed: int, shift: float
) -> None:
    rng = np.random.default_rng(seed)
    draws = (rng.gamma(3.0, size=(999, 1)) - 3 + shift) / 2
    estimate, without = np.median(draws, axis=0), skewed(seed)[:, None]
    for ends, p in (
        (percentile(draws)[0], p_values(draws)[0]),
        (bca(estimate, draws, without)[0], bca_p_values(estimate, draws, without)[0]),
    ):
        outside = ends[0] > 0 or ends[1] < 0
        # Quantiles lie between draws, p values count them: at the edge both are right.
        if abs(p - 0.05) > 0.005:
            assert outside == (p < 0.05)
        assert 0 < p <= 1


def test_p_values_by_hand() -> None:
    draws = np.array([[-1.0], [1.0], [2.0], [3.0]])
    assert p_values(draws)[0] == pytest.approx(2 * 2 / 5)
    assert p_values(np.abs(draws))[0] == pytest.approx(2 * 1 / 5)


def cross_section(seed: int) -> tuple[Products, np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    d, e, u = rng.normal(size=(3, 4000))
    m = 0.5 * d + e
    y = 0.4 * m + 0.2 * d + u
    system = LinearSystem(y, d, m[:, None], np.ones((4000, 1)), np.arange(4000))
    return products_of(system), d, m, y


def test_sobel_is_the_textbook_form_where_errors_are_plain() -> None:
    products, d, m, y = cross_section(1)
    ours = np.sqrt(np.diag(clustered_covariance(products)))
    a = stats.linregress(d, m)
    X = np.column_stack([m, d, np.ones_like(d)])
    b, squares = (lambda fit: (fit[0], fit[1][0]))(np.linalg.lstsq(X, y, rcond=None))
    errors = np.sqrt(np.diag(np.linalg.inv(X.T @ X)) * squares / (d.size - 3))
    sobel = np.hypot(b[0] * a.stderr, a.slope * errors[0])
    assert ours[Layout(1).indirect][0] == pytest.approx(sobel, rel=0.03)
    assert ours[DIRECT] == pytest.approx(errors[1], rel=0.03)


def test_errors_of_total_and_paths_are_the_rooms_clustered_ones() -> None:
    table = channels(2)
    sample, one = sample_of(table)
    products = linear_products(sample, one)
    ours = clustered_covariance(products)
    fixed = np.hstack(
        [
            (sample.city[:, None] == np.unique(sample.city)).astype(float),
            (sample.year[:, None] == np.unique(sample.year)[1:]).astype(float),
            sample.controls,
        ]
    )
    m = np.column_stack([sample.column(name) for name in ("m1", "m2", "m3")])

    def left(values: np.ndarray) -> np.ndarray:
        return values - fixed @ np.linalg.lstsq(fixed, values, rcond=None)[0]

    y, d, m = left(sample.outcome), left(sample.treatment[:, None]), left(m)
    layout = Layout(3)
    total = one_way(y, d, None, sample.city)
    assert ours[TOTAL, TOTAL] == pytest.approx(total.matrix[0, 0], rel=1e-9)
    beside = one_way(y, np.hstack([d, m]), None, sample.city)
    np.testing.assert_allclose(
        ours[layout.to_outcome, layout.to_outcome], beside.matrix[1:, 1:], rtol=1e-8
    )
    assert ours[DIRECT, DIRECT] == pytest.approx(beside.matrix[0, 0], rel=1e-9)
    for j in range(3):
        alone = one_way(m[:, j], d, None, sample.city)
        place = layout.to_mediator.start + j
        assert ours[place, place] == pytest.approx(alone.matrix[0, 0], rel=1e-9)
    # The delta method by hand, with the covariance of a and b.
    a, b = paths_at(products).a[0, 0], paths_at(products).b[0, 0]
    pair = [layout.to_mediator.start, layout.to_outcome.start]
    by_hand = np.array([b, a]) @ ours[np.ix_(pair, pair)] @ np.array([b, a])
    place = layout.indirect.start
    assert ours[place, place] == pytest.approx(by_hand, rel=1e-9)


def test_influence_sums_to_nothing_and_is_the_first_step_of_leaving_a_cluster_out() -> None:
    products = linear_products(*sample_of(channels(3, cities=75, kept=1.0)))
    influence = figure_influence(products)
    np.testing.assert_allclose(influence.sum(axis=0), 0, atol=1e-10)
    left_out = figures_of(paths_at(products))[0] - figures_of(paths_without_each(products))
    for j in range(influence.shape[1]):
        assert np.corrcoef(influence[:, j], left_out[:, j])[0, 1] > 0.98
