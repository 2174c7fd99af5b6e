"""Power of pre-trend tests: closed forms and simulation."""

import numpy as np
import pytest
from scipy.stats import f as f_distribution
from scipy.stats import norm

from estimation.staggered.pretrends import detectable_trend
from geo.errors import SampleError


def _found(at, covariance, power, **how):
    weights = (at >= 0) / (at >= 0).sum()
    return detectable_trend(at, covariance, weights, reference=-1.0, power=power, **how)


def test_one_effect_before_is_a_normal_probability():
    at = np.array([-2.0, 0.0, 1.0])
    found = _found(at, np.diag([0.04, 0.01, 0.01]), 0.8)
    shift = found.slope / 0.2
    assert norm.cdf(-1.96 - shift) + norm.sf(1.96 - shift) == pytest.approx(0.8, abs=1e-5)
    assert found.bias == pytest.approx(found.slope * 1.5)
    # Effects after adoption are independent of the test: passing it changes nothing.
    assert found.bias_if_passed == pytest.approx(found.bias, abs=1e-9)


@pytest.mark.parametrize("joint", [False, True])
def test_power_is_what_simulation_finds(joint):
    rng = np.random.default_rng(2)
    at = np.array([-4.0, -3.0, -2.0, 0.0, 1.0])
    root = 0.3 * rng.normal(size=(5, 5)) + np.eye(5)
    covariance = root @ root.T
    found = _found(at, covariance, 0.5, joint=joint, df=60.0, seed=1)
    trend = found.slope * (at + 1)
    draws = trend + rng.normal(size=(200_000, 5)) @ root.T
    before = draws[:, :3]
    if joint:
        inverse = np.linalg.inv(covariance[:3, :3])
        wald = np.einsum("di,ij,dj->d", before, inverse, before) / 3
        scale = np.sqrt(rng.chisquare(60, size=len(draws)) / 60)
        passed = wald / scale**2 <= f_distribution.ppf(0.95, 3, 60)
    else:
        passed = (np.abs(before) <= 1.96 * np.sqrt(np.diag(covariance)[:3])).all(axis=1)
    assert passed.mean() == pytest.approx(0.5, abs=0.005)
    assert draws[passed, 3:].mean() == pytest.approx(found.bias_if_passed, abs=0.03)


def test_no_year_before_is_named():
    with pytest.raises(SampleError, match="before adoption"):
        _found(np.array([0.0, 1.0]), np.eye(2), 0.8)


def test_a_power_below_the_size_is_named():
    with pytest.raises(SampleError, match="more power"):
        _found(np.array([-3.0, -2.0, 0.0]), np.eye(3), 0.05)
