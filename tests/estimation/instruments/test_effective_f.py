"""The effective F: known critical values, its worst case found by search, the usual F."""

import numpy as np
import pytest
from scipy.stats import ncx2

from estimation.instruments.effective_f import critical_value, effective_f, worst_bias
from estimation.instruments.partialled import partialled
from tests.estimation.instruments.test_two_stage import several


def test_with_one_instrument_critical_values_are_those_everybody_prints() -> None:
    """37.418, 23.109, 15.062 and, with 1 / tau = 3.33 there, 12.039 of weakivtest."""
    y, x, Z, controls, city, _ = several()
    found = effective_f(partialled(y, x, Z[:, 0], controls), city)
    told = [found.critical[tau] for tau in (0.05, 0.10, 0.20)]
    np.testing.assert_allclose(told, [37.418, 23.109, 15.062], atol=5e-4)
    assert critical_value(np.eye(1), 3.33) == pytest.approx(12.039, abs=5e-4)
    assert found.simplified == pytest.approx(found.critical, rel=1e-6)
    assert found.statistic == pytest.approx(found.wald, rel=1e-12)
    assert found.effective == pytest.approx(1.0)


def test_it_is_the_nonrobust_f_scaled() -> None:
    """``F_eff = n pi'Q pi / tr(Omega Q)`` with the usual clustered covariance of the slopes."""
    y, x, Z, controls, city, _ = several(1)
    left = partialled(y, x, Z, controls)
    slopes = np.linalg.lstsq(left.Z, left.x, rcond=None)[0]
    residual, bread = left.x - left.Z @ slopes, np.linalg.inv(left.Z.T @ left.Z)
    sums = np.array([(left.Z * residual[:, None])[city == g].sum(axis=0) for g in range(30)])
    covariance = 299 / 294 * 30 / 29 * bread @ sums.T @ sums @ bread
    Q = left.Z.T @ left.Z
    found = effective_f(left, city)
    assert found.statistic == pytest.approx(slopes @ Q @ slopes / np.trace(covariance @ Q))
    assert found.wald == pytest.approx(slopes @ np.linalg.solve(covariance, slopes) / 3)
    assert found.instruments == 3
    assert 1 < found.effective < 3


def test_instruments_in_other_units_and_combinations_are_as_strong() -> None:
    y, x, Z, controls, city, _ = several(3)
    mixed = Z @ np.array([[1.0, 5.0, 0.0], [0.0, 100.0, 1e-3], [0.0, 0.0, 2e-3]])
    one, other = (effective_f(partialled(y, x, one, controls), city) for one in (Z, mixed))
    assert other.statistic == pytest.approx(one.statistic, rel=1e-8)
    assert other.critical == pytest.approx(one.critical, rel=1e-6)
    scaled = effective_f(partialled(1e6 * y, 1e-3 * x, Z, controls), city)
    assert scaled.critical == pytest.approx(one.critical, rel=1e-6)


def test_the_worst_bias_is_found() -> None:
    """Random effects and directions of the first stage come close to it and never above."""
    rng = np.random.default_rng(7)
    for _ in range(5):
        half = rng.normal(size=(6, 9))
        W = half @ half.T
        W1, W12, W2 = W[:3, :3], W[:3, 3:], W[3:, 3:]
        most = worst_bias(W1, W12, W2)
        effects = np.tan(rng.uniform(-np.pi / 2, np.pi / 2, size=4000))
        C = rng.normal(size=(200, 3))
        C /= np.linalg.norm(C, axis=1)[:, None]
        seen = 0.0
        for b in effects:
            S12 = W12 - b * W2
            S1 = np.trace(W1 - b * (W12 + W12.T) + b**2 * W2)
            along = np.einsum("ci,ij,cj->c", C, S12, C)
            bias = np.abs(np.trace(S12) - 2 * along) / np.sqrt(np.trace(W2) * S1)
            seen = max(seen, float(bias.max()))
        assert seen <= most * (1 + 1e-9)
        assert seen > 0.97 * most
        assert most <= 1.0 + 1e-9


def test_critical_values_follow_the_noncentral_chi_squared() -> None:
    """With equal strength of K instruments the degrees of freedom are K (1 + 2 x) / (1 + 2 x)."""
    assert critical_value(np.eye(4), 10.0) == pytest.approx(ncx2.ppf(0.95, 4, 40.0) / 4, rel=1e-12)
    two = np.diag([3.0, 1.0])
    degrees = 16 * 21 / (10 + 20 * 4 * 3)
    expected = ncx2.ppf(0.95, degrees, 10 * degrees) / degrees
    assert critical_value(two, 10.0) == pytest.approx(expected, rel=1e-12)
