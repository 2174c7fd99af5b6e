import numpy as np
import pytest

from estimation.heterogeneity.difference_paths import permute_difference
from estimation.inference.clustered import one_way
from geo.errors import SampleError

N, T = 40, 6
CITY, YEAR = np.repeat(np.arange(N), T), np.tile(np.arange(T), N)
LATE = (YEAR >= 3).astype(np.float64)


def drawn(seed: int, effects: tuple[float, float]) -> tuple[np.ndarray, np.ndarray]:
    """Residuals with serially correlated errors, and an effect in each half of the years."""
    rng = np.random.default_rng(seed)
    v, e = rng.normal(size=N * T), rng.normal(size=(N, T)) + rng.normal(size=(N, 1))
    V = np.column_stack([v * (1 - LATE), v * LATE])
    return V @ np.array(effects) + e.ravel(), V


def permuted(u: np.ndarray, V: np.ndarray, W: np.ndarray | None = None, draws: int = 199):
    return permute_difference(u, V, W, CITY, YEAR, group=1, seed=3, draws=draws)


def test_the_difference_and_its_statistic_are_those_of_the_products() -> None:
    u, V = drawn(0, (0.5, 1.0))
    found = permuted(u, V)
    fit = one_way(u, V, None, CITY, factor=False)
    R = np.array([-1.0, 1.0])
    assert found.estimate == pytest.approx(fit.theta @ R)
    assert found.statistic == pytest.approx(fit.theta @ R / np.sqrt(R @ fit.matrix @ R))
    assert found.p_value == (1 + found.hits) / 200
    assert found.moved == N


def test_a_common_effect_of_any_size_changes_nothing() -> None:
    u, V = drawn(1, (0.0, 0.2))
    assert permuted(u, V).p_value == permuted(u + 50.0 * V.sum(axis=1), V).p_value


def test_a_difference_is_seen_and_none_is_seen_about_as_often_as_it_should_be() -> None:
    assert permuted(*drawn(2, (0.0, 1.5))).p_value == 1 / 200
    p_values = [permuted(*drawn(seed, (1.0, 1.0)), draws=99).p_value for seed in range(200)]
    rejected = np.mean(np.array(p_values) <= 0.05)
    # Four standard errors of a share of .05 among 200.
    assert abs(rejected - 0.05) < 4 * np.sqrt(0.05 * 0.95 / 200)


def test_a_third_group_is_left_as_it_is_and_instruments_serve_as_themselves() -> None:
    u, V = drawn(4, (0.5, 1.0))
    third = np.column_stack([V[:, 0] * (YEAR < 2), V[:, 0] * (YEAR == 2), V[:, 1]])
    fit = one_way(u, third, None, CITY, factor=False)
    for group in (1, 2):
        found = permute_difference(u, third, None, CITY, YEAR, group=group, seed=3, draws=99)
        assert found.estimate == pytest.approx(fit.theta[group] - fit.theta[0])
    assert permuted(u, V, V).p_value == permuted(u, V).p_value


def test_without_two_cities_of_the_same_years_it_says_so() -> None:
    u, V = drawn(5, (0.5, 1.0))
    years = YEAR + 10 * CITY
    with pytest.raises(SampleError, match="same years"):
        permute_difference(u, V, None, CITY, years, group=1, seed=3, draws=99)
