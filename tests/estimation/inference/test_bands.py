from collections.abc import Callable

import numpy as np
import pytest
from scipy.stats import norm, t

from estimation.inference.bands import multiplier_band, simulated_band
from estimation.inference.clustered import one_way
from geo.errors import DesignError

MONTE_CARLO = 0.03
"""Absolute: three Monte-Carlo errors of a 95 % quantile near 2.5 from 40,000 draws."""


def test_independent_combinations_have_sidaks_critical_value() -> None:
    m = 6
    band = simulated_band(
        np.arange(6.0), np.diag(np.arange(1.0, 7.0)), np.eye(m), df=np.inf, seed=1, draws=40_000
    )
    assert band.critical == pytest.approx(norm.ppf((1 + 0.95 ** (1 / m)) / 2), abs=MONTE_CARLO)
    assert band.pointwise == pytest.approx(norm.ppf(0.975))
    assert band.std_error == pytest.approx(np.sqrt(np.arange(1.0, 7.0)))
    assert band.uniform_low == pytest.approx(band.estimate - band.critical * band.std_error)
    assert band.high == pytest.approx(band.estimate + band.pointwise * band.std_error)


def test_one_direction_needs_no_more_than_an_interval() -> None:
    L = np.array([[1.0, 0.0], [-2.0, 0.0], [0.3, 0.0]])
    for df in (7, np.inf):
        band = simulated_band(np.ones(2), np.eye(2), L, df=df, seed=2, draws=40_000)
        expected = t(df).ppf(0.975) if np.isfinite(df) else norm.ppf(0.975)
        assert band.pointwise == pytest.approx(expected)
        assert band.pointwise <= band.critical <= band.pointwise + MONTE_CARLO * expected


def test_a_uniform_band_covers_all_points_at_once() -> None:
    """600 panels of 40 cities: the line theta_0 + theta_1 m at 15 values of m."""
    rng = np.random.default_rng(3)
    clusters = np.repeat(np.arange(40), 4)
    L = np.column_stack([np.ones(15), np.linspace(-2, 2, 15)])
    held = {"uniform": 0, "pointwise": 0}
    draws = 600
    for seed in range(draws):
        V = rng.normal(size=(160, 1)) * np.column_stack([np.ones(160), rng.normal(size=160)])
        u = V @ np.array([-0.1, 0.2]) + rng.normal(size=160)
        matrix = one_way(u, V, None, clusters).matrix
        band = multiplier_band(u, V, None, clusters, L, matrix=matrix, seed=seed, draws=199)
        truth = L @ np.array([-0.1, 0.2])
        held["uniform"] += bool(((band.uniform_low <= truth) & (truth <= band.uniform_high)).all())
        held["pointwise"] += bool(((band.low <= truth) & (truth <= band.high)).all())
    # Four Monte-Carlo errors of 95 % from 600 draws are 3.6 points.
    assert held["uniform"] / draws == pytest.approx(0.95, abs=0.036)
    assert held["pointwise"] / draws < 0.90


def test_the_two_bands_agree(residuals: Callable) -> None:
    r = residuals(200, 2, 4)
    fit = one_way(r.u, r.V, None, r.clusters)
    L = np.column_stack([np.ones(9), np.linspace(-1, 1, 9)])
    simulated = simulated_band(fit.theta, fit.matrix, L, df=fit.df, seed=5, draws=40_000)
    multiplied = multiplier_band(
        r.u, r.V, None, r.clusters, L, matrix=fit.matrix, seed=5, draws=40_000
    )
    assert simulated.estimate == pytest.approx(multiplied.estimate)
    assert simulated.std_error == pytest.approx(multiplied.std_error)
    assert simulated.critical == pytest.approx(multiplied.critical, abs=0.06)


def test_a_combination_without_error_does_not_widen_the_others() -> None:
    L = np.array([[1.0, 0.0], [0.0, 0.0]])
    band = simulated_band(np.ones(2), np.eye(2), L, df=30, seed=1, draws=999)
    alone = simulated_band(np.ones(2), np.eye(2), L[:1], df=30, seed=1, draws=999)
    assert band.critical == alone.critical
    assert (band.uniform_low[1], band.uniform_high[1]) == (0.0, 0.0)


def test_units_do_not_matter_and_seeds_do(residuals: Callable) -> None:
    r = residuals(20, 2, 6)
    units = np.array([1e5, 1e-4])
    bands = [
        multiplier_band(
            r.u,
            r.V * scale,
            None,
            r.clusters,
            np.eye(2),
            matrix=one_way(r.u, r.V * scale, None, r.clusters).matrix,
            seed=seed,
            draws=499,
        )
        for scale, seed in ((np.ones(2), 1), (units, 1), (units, 2))
    ]
    assert bands[1].uniform_low * units == pytest.approx(bands[0].uniform_low, rel=1e-9)
    assert bands[1].critical != bands[2].critical


def test_no_draws_no_band() -> None:
    with pytest.raises(DesignError, match="uniform band, draws"):
        simulated_band(np.ones(1), np.eye(1), np.eye(1), df=3, seed=1, draws=0)
