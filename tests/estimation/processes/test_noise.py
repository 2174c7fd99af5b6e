import numpy as np
import pytest

from estimation.processes.noise import BOUND, bounded, even, persistent

SHAPE = (4000, 11)


def test_noise_is_bounded_with_mean_0_and_variance_1() -> None:
    draws = bounded(np.random.default_rng(1), SHAPE)
    assert abs(draws.mean()) < 0.02
    assert draws.var() == pytest.approx(1.0, abs=0.02)
    # cut at 2.5 the variance of a normal is .9113, so that it is stretched by 1.0475
    assert 0.95 * BOUND < np.abs(draws).max() <= 1.0476 * BOUND


def test_traits_are_even_between_plus_and_minus_the_root_of_3() -> None:
    trait = even(np.random.default_rng(2), 20_000)
    assert trait.shape == (20_000, 1)
    assert trait.var() == pytest.approx(1.0, abs=0.02)
    assert np.abs(trait).max() <= np.sqrt(3.0)
    counts, _ = np.histogram(trait, bins=10, range=(-np.sqrt(3.0), np.sqrt(3.0)))
    assert counts.min() > 1800
    assert counts.max() < 2200


@pytest.mark.parametrize("rho", [0.0, 0.5, 0.8])
def test_paths_are_stationary_with_the_autocorrelation_asked_for(rho: float) -> None:
    path = persistent(np.random.default_rng(3), SHAPE, rho)
    np.testing.assert_allclose(path.var(axis=0), 1.0, atol=0.1)
    for lag in (1, 3):
        found = np.mean(path[:, lag:] * path[:, :-lag])
        assert found == pytest.approx(rho**lag, abs=0.03), lag


def test_a_path_without_persistence_is_the_noise_itself() -> None:
    path, noise = (
        make(np.random.default_rng(4), (7, 5))
        for make in (lambda rng, shape: persistent(rng, shape, 0.0), bounded)
    )
    np.testing.assert_array_equal(path, noise)
