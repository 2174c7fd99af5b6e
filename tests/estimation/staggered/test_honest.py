"""Honest bounds: a general solver, another package's figures, coverage, by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linprog
from scipy.stats import norm

from estimation.staggered.honest import (
    honest_path,
    relative_bounds,
    relative_breakdown,
    relative_restrictions,
    smoothness_bounds,
    smoothness_breakdown,
)
from estimation.staggered.moment_test import rejected
from estimation.staggered.smoothness import folded_quantile
from estimation.staggered.vertex import feasible_table, largest
from geo.errors import SampleError


def case(seed: int, pre: int, post: int):
    rng = np.random.default_rng(seed)
    m = pre + post
    root = rng.normal(size=(m, m)) * 0.3 + np.eye(m) + 0.5
    effects = np.concatenate([rng.normal(size=pre) * 0.005, np.linspace(0.03, 0.08, post)])
    at = np.concatenate([np.arange(-pre - 1, -1), np.arange(post)]).astype(float)
    return at, effects, root @ root.T * 1e-4


FIXED_LENGTH = (
    # Seed, years before and after, target, M, ends: moderndid 0.2.0, compute_flci (alpha 0.05).
    (1, 4, 3, "mean", 0.0, 0.00495, 0.08936),
    (1, 4, 3, "mean", 0.005, -0.02260, 0.11494),
    (1, 4, 3, "first", 0.0, -0.01928, 0.07458),
    (1, 4, 3, "first", 0.02, -0.04650, 0.11343),
    (2, 2, 4, "mean", 0.0, -0.02482, 0.12713),
    (2, 2, 4, "mean", 0.02, -0.13546, 0.24571),
    (2, 2, 4, "first", 0.005, -0.02433, 0.07960),
)


@pytest.mark.parametrize(("seed", "pre", "post", "target", "M", "low", "high"), FIXED_LENGTH)
def test_smoothness_as_another_package(seed, pre, post, target, M, low, high):
    at, effects, covariance = case(seed, pre, post)
    weights = np.eye(post)[0] if target == "first" else None
    path = honest_path(at, effects, covariance, reference=-1.0, target=weights)
    assert smoothness_bounds(path, M) == pytest.approx((low, high), abs=4e-5)


def test_without_bends_it_is_the_best_extrapolation_of_a_line():
    """With M = 0 trends are lines: the interval is that of generalised least squares."""
    at, effects, covariance = case(5, 3, 2)
    path = honest_path(at, effects, covariance, reference=-1.0)
    design = np.column_stack([at + 1, *(at == one for one in (0.0, 1.0))])
    inverse = np.linalg.inv(covariance)
    bread = np.linalg.inv(design.T @ inverse @ design)
    target = np.array([0.0, 0.5, 0.5])
    middle = target @ bread @ design.T @ inverse @ effects
    error = np.sqrt(target @ bread @ target)
    low, high = smoothness_bounds(path, 0.0)
    assert (low + high) / 2 == pytest.approx(middle, abs=1e-5)
    assert (high - low) / 2 == pytest.approx(norm.ppf(0.975) * error, rel=1e-5)


@given(st.integers(0, 10_000), st.integers(1, 5), st.integers(0, 4))
def test_vertex_as_a_general_solver(seed, rows, extra):
    rng = np.random.default_rng(seed)
    m = 2 * rows + extra + 2
    A = np.vstack([rng.uniform(0.5, 2.0, size=m), rng.normal(size=(rows, m))])
    goal, costs = np.eye(rows + 1)[0], rng.normal(size=m)
    other = linprog(-costs, A_eq=A, b_eq=goal, bounds=(0, None))
    table, basis, found = feasible_table(A, goal)
    assert found == (other.status == 0)
    if found:
        value, vertex = largest(table, basis, costs)
        assert value == pytest.approx(-other.fun, abs=1e-7)
        np.testing.assert_allclose(A @ vertex, goal, atol=1e-7)


def test_restrictions_by_hand():
    """One year before, two after: changes are d0 - d-2, d1 - d0 ... with d-1 = 0."""
    A = relative_restrictions(1, 2, 0.5, 0, positive=True)
    trend = np.array([-1.0, 0.5, 1.0])  # changes 1 before; 0.5 and 0.5 after
    assert (A @ trend <= 1e-12).all()
    assert not (A @ np.array([-1.0, 0.6, 1.0]) <= 1e-12).all()
    assert not (A @ np.array([1.0, 0.0, 0.0]) <= 1e-12).all()


def test_bounds_widen_and_break_down_where_nought_is_inside():
    at, effects, covariance = case(3, 3, 2)
    path = honest_path(at, effects * [1, 1, 1, 2, 2], covariance, reference=-1.0)
    ends = [relative_bounds(path, size) for size in (0.0, 0.5, 1.0)]
    assert ends[0][0] > ends[1][0] > ends[2][0]
    assert ends[0][1] < ends[1][1] < ends[2][1]
    least = relative_breakdown(path)
    assert 0 < least < 5
    assert relative_bounds(path, least + 0.05)[0] <= 0 < relative_bounds(path, least - 0.05)[0]
    bend = smoothness_breakdown(path)
    assert smoothness_bounds(path, bend)[0] <= 0 < smoothness_bounds(path, 0.95 * bend)[0]


def test_bounds_hold_the_truth_as_often_as_they_say():
    """A trend that keeps its slope after adoption: Mbar = 1 is just large enough."""
    rng = np.random.default_rng(4)
    at, _, covariance = case(7, 2, 2)
    root, trend = np.linalg.cholesky(covariance), 0.02 * (at + 1)
    held, draws = 0, 80
    for _ in range(draws):
        effects = trend + root @ rng.normal(size=4)
        path = honest_path(at, effects, covariance, reference=-1.0)
        low, high = relative_bounds(path, 1.0)
        held += low <= 0.0 <= high
    assert held >= 0.95 * draws - 3 * np.sqrt(0.05 * 0.95 * draws)


def test_scales_with_the_outcome():
    at, effects, covariance = case(2, 2, 3)
    small = relative_bounds(honest_path(at, effects, covariance, reference=-1.0), 1.0)
    path = honest_path(at, 1e5 * effects, 1e10 * covariance, reference=-1.0)
    assert relative_bounds(path, 1.0) == pytest.approx([1e5 * end for end in small], rel=1e-3)


@pytest.mark.parametrize(
    ("at", "word"), [([-3.0, 0.0], "gap"), ([0.0, 1.0], "0 before"), ([-3.0, -2.0], "0 after")]
)
def test_paths_that_cannot_be_bounded_are_named(at, word):
    with pytest.raises(SampleError, match=word):
        honest_path(np.array(at), np.zeros(2), np.eye(2), reference=-1.0)


def test_folded_quantile():
    assert folded_quantile(0.0) == pytest.approx(1.959964, abs=1e-6)
    assert folded_quantile(5.0) == pytest.approx(5.0 + norm.ppf(0.95), abs=1e-6)


def test_the_union_is_searched_in_every_set():
    """Both ends are ends of what is accepted for some change and sign, by a fine search."""
    at, effects, covariance = case(2, 3, 2)
    path = honest_path(at, effects, covariance, reference=-1.0)
    for size in (0.5, 2.0, 6.0):
        low, high = relative_bounds(path, size)
        grid = np.linspace(low - 0.3 * (high - low), high + 0.3 * (high - low), 121)
        accepted = [
            theta
            for theta in grid
            if any(
                not rejected(known, y - along * theta)
                for known, y, along in (path.known[size, k, sign] for k in range(3)
                                        for sign in (True, False))
            )
        ]  # fmt: skip
        assert min(accepted) >= low - 1e-6
        assert max(accepted) <= high + 1e-6
        step = grid[1] - grid[0]
        assert min(accepted) <= low + step
        assert max(accepted) >= high - step


def _top(y, X, error):
    """The largest g'y over multipliers g >= 0 with g'X = 0 and g'error = 1, by a general solver."""
    A, goal = np.vstack([error, X.T]), np.eye(1 + X.shape[1])[0]
    found = linprog(-y, A_eq=A, b_eq=goal, bounds=(0, None), method="highs")
    return (-found.fun, found.x) if found.status == 0 else (None, None)


def _hybrid(covariance, X, y, critical) -> bool:
    """Andrews, Roth and Pakes' hybrid test, its truncation points by bisection."""
    statistic, g = _top(y, X, np.sqrt(np.diag(covariance)))
    if statistic is None:
        return False
    if statistic > critical:
        return True
    variance = g @ covariance @ g
    error, direction = np.sqrt(variance), covariance @ g / variance
    rest = y - direction * statistic
    ends = []
    for sign in (-1.0, 1.0):

        def optimal(step, sign=sign):
            v = statistic + sign * step
            return abs(_top(rest + direction * v, X, np.sqrt(np.diag(covariance)))[0] - v) < 1e-8

        near, far = 0.0, max(100.0, 50.0 * error)
        if optimal(far):
            ends.append(sign * np.inf)
            continue
        for _ in range(40):
            middle = (near + far) / 2
            near, far = (middle, far) if optimal(middle) else (near, middle)
        ends.append(statistic + sign * near)
    low, high = ends[0] / error, min(ends[1], critical) / error
    size = (0.05 - 0.005) / (1 - 0.005)
    if low > 0:
        limit = -norm.ppf(size * norm.cdf(-low) + (1 - size) * norm.cdf(-high))
    else:
        limit = norm.ppf(size * norm.cdf(low) + (1 - size) * norm.cdf(high))
    return statistic / error > max(0.0, limit)


@pytest.mark.parametrize(("seed", "pre", "post"), [(2, 2, 3), (3, 3, 2), (5, 1, 3)])
def test_the_hybrid_test_by_a_general_solver(seed, pre, post):
    """Restrictions, nuisance parameters and the conditional test, all written again."""
    at, effects, covariance = case(seed, pre, post)
    path = honest_path(at, 2 * effects, covariance, reference=-1.0)
    relative_bounds(path, 1.0)
    target = np.full(post, 1 / post)
    basis = np.vstack([target, np.eye(post)[1:]])
    decided = []
    for change in range(pre):
        for positive in (True, False):
            A = relative_restrictions(pre, post, 1.0, change, positive=positive)
            A = A[(A[:, pre:] != 0).any(axis=1)]
            A = A / np.sqrt(np.diag(A @ covariance @ A.T))[:, None]
            moved = A[:, pre:] @ np.linalg.inv(basis)
            known, y, along = path.known[1.0, change, positive]
            for theta in (-0.05, 0.02, 0.1, 0.2):
                ours = rejected(known, y - along * theta)
                moments = A @ path.effects - moved[:, 0] * theta
                theirs = _hybrid(A @ covariance @ A.T, moved[:, 1:], moments, known.critical)
                assert ours == theirs
                decided.append(ours)
    assert 0 < sum(decided) < len(decided)
