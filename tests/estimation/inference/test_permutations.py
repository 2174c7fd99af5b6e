"""Paths and labels of whole cities, by hand, by refitting, and as tests that keep their size."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from estimation.inference import group_labels, placebo
from estimation.inference.clustered import one_way
from estimation.inference.fake_timing import shift_paths
from estimation.inference.group_labels import permute_labels
from estimation.inference.permutation import hits
from estimation.inference.placebo import permute_paths, same_years
from geo.errors import DesignError, DuplicateCityYearError, SampleError


def panel(n_cities: int, n_years: int, k: int, seed: int) -> tuple[np.ndarray, ...]:
    rng = np.random.default_rng(seed)
    clusters = np.repeat(np.arange(n_cities), n_years)
    years = np.tile(2011 + np.arange(n_years), n_cities)
    W = rng.normal(size=(clusters.size, k))
    V = W + 0.5 * rng.normal(size=W.shape)
    return rng.normal(size=clusters.size) + 0.4 * V[:, 0], V, W, clusters, years


def statistic(u: np.ndarray, V: np.ndarray, W: np.ndarray | None, clusters: np.ndarray, term: int):
    fit = one_way(u, V, W, clusters, factor=False)
    return fit.theta[term], fit.theta[term] / fit.std_errors[term]


@pytest.mark.parametrize("instrumented", [False, True])
@pytest.mark.parametrize(("k", "term"), [(1, 0), (3, 2)])
def test_each_deal_of_paths_equals_refitting_on_it(instrumented: bool, k: int, term: int) -> None:
    """Cities 0 to 5 have all years, 6 to 8 have three, 9 alone has two."""
    u, V, W, clusters, years = panel(10, 4, k, 80)
    gone = ((clusters >= 6) & (years == 2012)) | ((clusters == 9) & (years == 2014))
    u, V, W, clusters, years = (one[~gone] for one in (u, V, W, clusters, years))
    Z = W if instrumented else None
    found = permute_paths(u, V, Z, clusters, years, seed=4, term=term, draws=25)
    deals = np.concatenate(placebo._deals(same_years(clusters, years), 25, 4))
    statistics = []
    for deal, estimate in zip(deals, found.estimates, strict=True):
        rows = np.concatenate([np.flatnonzero(clusters == city) for city in deal])
        assert np.array_equal(years[rows], years)
        effect, one = statistic(u, V[rows], W[rows] if instrumented else None, clusters, term)
        assert estimate == pytest.approx(effect, rel=1e-10)
        statistics.append(one)
    effect, observed = statistic(u, V, Z, clusters, term)
    assert (found.estimate, found.statistic) == pytest.approx((effect, observed), rel=1e-10)
    assert found.hits == sum(abs(one) >= abs(observed) * (1 - 1e-9) for one in statistics)
    assert found.p_value == (1 + found.hits) / 26
    assert (found.moved, found.kept) == (9, 1)
    assert (np.sort(deals, axis=1) == np.arange(10)).all()


def test_three_cities_by_hand() -> None:
    """Six deals, one of them as observed: p from many draws is the share of all six."""
    u, V, _, clusters, years = panel(3, 5, 1, 81)
    _, observed = statistic(u, V, None, clusters, 0)
    reached = 0
    for deal in itertools.permutations(range(3)):
        rows = np.concatenate([np.flatnonzero(clusters == city) for city in deal])
        reached += abs(statistic(u, V[rows], None, clusters, 0)[1]) >= abs(observed) * (1 - 1e-9)
    found = permute_paths(u, V, None, clusters, years, seed=1, draws=6000)
    assert 1 <= reached < 6
    assert found.p_value == pytest.approx(reached / 6, abs=0.03)


def test_placebo_keeps_its_size_with_serial_correlation_and_finds_an_effect() -> None:
    """Levels that never change within a city would reject always if years were permuted."""
    rng = np.random.default_rng(82)
    clusters, years = np.repeat(np.arange(15), 6), np.tile(np.arange(6), 15)
    p_values = []
    for seed in range(400):
        city = rng.normal(size=(2, 15)).repeat(6, axis=1) + 0.3 * rng.normal(size=(2, 90))
        p_values.append(
            permute_paths(city[0], city[1], None, clusters, years, seed=seed, draws=99).p_value
        )
    # Exact: multiples of 1/100; four Monte-Carlo errors of 10 % from 400 are 6 points.
    assert np.mean(np.array(p_values) <= 0.10) == pytest.approx(0.10, abs=0.06)
    v = rng.normal(size=90)
    strong = permute_paths(v + 0.1 * rng.normal(size=90), v, None, clusters, years, seed=1)
    assert strong.p_value == 1 / 10_000
    assert strong.estimate == pytest.approx(1.0, abs=0.1)


@given(order=st.permutations(list(range(30))))
def test_the_order_of_rows_does_not_matter(order: list[int]) -> None:
    u, V, _, clusters, years = panel(6, 5, 2, 83)
    plain = permute_paths(u, V, None, clusters, years, seed=2, draws=49)
    mixed = permute_paths(u[order], V[order], None, clusters[order], years[order], seed=2, draws=49)
    assert mixed.hits == plain.hits
    assert mixed.estimates == pytest.approx(plain.estimates, rel=1e-9)


def test_years_decide_who_may_trade() -> None:
    clusters = np.array([5, 5, 7, 7, 8, 8, 9])
    years = np.array([2011, 2012, 2012, 2011, 2011, 2013, 2011])
    strata = same_years(clusters, years)
    assert strata[0] == strata[1]
    assert len(set(strata.tolist())) == 3


def test_paths_that_cannot_move_are_refused() -> None:
    u, v = np.array([1.0, 2.0, 0.5, 3.0]), np.array([1.0, -1.0, 2.0, 0.3])
    clusters = np.array([0, 0, 1, 1])
    with pytest.raises(SampleError, match="placebo: expected cities with the same years"):
        permute_paths(u, v, None, clusters, np.array([1, 2, 2, 3]), seed=1)
    with pytest.raises(DuplicateCityYearError):
        permute_paths(u, v, None, clusters, np.array([1, 1, 2, 3]), seed=1)
    with pytest.raises(DesignError, match="draws"):
        permute_paths(u, v, None, clusters, np.array([1, 2, 1, 2]), seed=1, draws=0)


def groupwise(u: np.ndarray, v: np.ndarray, clusters: np.ndarray, groups: np.ndarray) -> tuple:
    """Each group's regression by itself, and the statistic of their equality."""
    fits = []
    for group in np.unique(groups):
        rows = groups == group
        fit = one_way(u[rows], v[rows], None, clusters[rows], factor=False)
        fits.append((fit.theta[0], fit.matrix[0, 0]))
    theta, variance = np.array(fits).T
    mean = np.average(theta, weights=1 / variance)
    return theta[-1] - theta[0], np.sqrt(np.sum((theta - mean) ** 2 / variance))


@pytest.mark.parametrize("count", [2, 3])
def test_each_shuffle_of_labels_equals_regressions_by_group(count: int) -> None:
    u, V, _, clusters, _ = panel(12, 4, 1, 84)
    label = np.arange(12) % count
    found = permute_labels(u, V[:, 0], None, clusters, label[clusters], seed=6, draws=20)
    shuffled = group_labels.generator(6, group_labels.LABELS).permuted(
        np.tile(label, (20, 1)), axis=1
    )
    statistics = []
    for one, estimate in zip(shuffled, found.estimates, strict=True):
        difference, value = groupwise(u, V[:, 0], clusters, one[clusters])
        assert estimate == pytest.approx(difference, rel=1e-9)
        statistics.append(value)
    difference, observed = groupwise(u, V[:, 0], clusters, label[clusters])
    assert found.estimate == pytest.approx(difference, rel=1e-9)
    assert abs(found.statistic) == pytest.approx(observed, rel=1e-9)
    if count == 2:
        assert np.sign(found.statistic) == np.sign(difference)
    assert found.hits == sum(one >= observed * (1 - 1e-9) for one in statistics)


def test_labels_find_a_difference_and_none_where_there_is_none() -> None:
    rng = np.random.default_rng(85)
    clusters = np.repeat(np.arange(40), 5)
    groups = (clusters % 2).astype(np.int64)
    p_values = []
    for seed in range(300):
        v = rng.normal(size=200) * (1 + clusters % 3)
        u = -0.1 * v + rng.normal(size=200)
        p_values.append(permute_labels(u, v, None, clusters, groups, seed=seed, draws=99).p_value)
    assert np.mean(np.array(p_values) <= 0.10) == pytest.approx(0.10, abs=0.07)
    v = rng.normal(size=200)
    apart = permute_labels(
        groups * v + 0.2 * rng.normal(size=200), v, None, clusters, groups, seed=1
    )
    assert apart.p_value == 1 / 10_000
    assert apart.estimate == pytest.approx(1.0, abs=0.1)


@pytest.mark.parametrize(
    ("groups", "found"),
    [
        ([0, 0, 1, 0, 0, 0, 1, 1], "cluster 1: expected one group for all its years"),
        ([0, 0, 0, 0, 0, 0, 0, 0], "two groups or more"),
        ([0, 0, 0, 0, 0, 0, 1, 1], "3 cities, 1 cities"),
    ],
)
def test_groups_that_cannot_be_compared_are_refused(groups: list[int], found: str) -> None:
    u, V, _, clusters, _ = panel(4, 2, 1, 86)
    with pytest.raises(SampleError, match=found):
        permute_labels(u, V[:, 0], None, clusters, np.array(groups), seed=1)


def test_a_group_without_variation_is_refused() -> None:
    u, V, _, clusters, _ = panel(4, 2, 1, 86)
    v = V[:, 0] * (clusters < 2)
    with pytest.raises(SampleError, match="varies in each group"):
        permute_labels(u, v, None, clusters, clusters // 2, seed=1)


def test_a_statistic_that_is_not_defined_counts_as_far_out() -> None:
    assert hits(2.0, np.array([1.9, -2.0, np.nan, 2.1])) == 3


def test_fake_timing_by_hand() -> None:
    city = np.array([1, 1, 1, 2, 2, 2])
    year = np.array([2011, 2012, 2013, 2011, 2013, 2014])
    d = np.array([10.0, 11.0, 12.0, 20.0, 22.0, 23.0])
    earlier = shift_paths(d, city, year, years=-1)
    # Each row gets next year's treatment: city 2 has no 2012.
    assert earlier.rows.tolist() == [0, 1, 4]
    assert earlier.values.tolist() == [11.0, 12.0, 23.0]
    assert earlier.lost == 3
    later = shift_paths(np.column_stack([d, -d]), city, year, years=2)
    assert later.rows.tolist() == [2, 4]
    assert later.values.tolist() == [[10.0, -10.0], [20.0, -20.0]]
    order = [4, 0, 5, 2, 1, 3]
    mixed = shift_paths(d[order], city[order], year[order], years=-1)
    found = {
        (city[order][row], year[order][row]): value
        for row, value in zip(mixed.rows, mixed.values, strict=True)
    }
    assert found == {(1, 2011): 11.0, (1, 2012): 12.0, (2, 2013): 23.0}


def test_fake_timing_that_moves_nothing_is_refused() -> None:
    d, city, year = np.ones(2), np.array([1, 1]), np.array([2011, 2012])
    with pytest.raises(DesignError, match="years: expected not 0"):
        shift_paths(d, city, year, years=0)
    with pytest.raises(SampleError, match="rows 5 years apart"):
        shift_paths(d, city, year, years=-5)
