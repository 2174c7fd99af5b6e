"""Sensitivity to the correlation of errors: a system with a known correlation is undone."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from estimation.mediation.paths import paths_at
from estimation.mediation.rho import GRID, correlation_left, effects_at_rho
from estimation.mediation.system import LinearSystem, Products, products_of


def exact(rho: float, *, b: float = 0.4, second: bool = False, seed: int = 1) -> Products:
    """Errors with exactly this correlation in the sample; a = 0.5, direct effect 0.2."""
    n = 64
    basis = np.linalg.qr(
        np.column_stack([np.ones(n), np.random.default_rng(seed).normal(size=(n, 4))])
    )[0]
    d, e, own, f = basis[:, 1:].T * np.array([[1.0], [2.0], [3.0], [1.5]])
    u = 3.0 * (rho * e / 2.0 + np.sqrt(1 - rho**2) * own / 3.0)
    m = 0.5 * d + e
    mediators = [m]
    y = 0.2 * d + b * m + u
    if second:
        other = -0.3 * d + f
        mediators.append(other)
        y = y + 0.7 * other
    system = LinearSystem(y, d, np.column_stack(mediators), np.ones((n, 1)), np.arange(n))
    return products_of(system)


@pytest.mark.parametrize("second", [False, True])
@pytest.mark.parametrize("rho", [-0.7, -0.2, 0.0, 0.5, 0.9])
def test_the_true_effect_stands_at_the_true_correlation(rho: float, *, second: bool) -> None:
    paths = paths_at(exact(rho, second=second))
    found = effects_at_rho(paths, np.array([rho]))[0, 0, 0]
    assert found == pytest.approx(0.5 * 0.4, rel=1e-9)
    if rho:
        assert paths.indirect[0, 0] != pytest.approx(0.2, rel=1e-3)


def test_no_effect_with_correlated_errors_is_zero_there() -> None:
    paths = paths_at(exact(0.3, b=0.0))
    assert correlation_left(paths)[0, 0] == pytest.approx(0.3)
    assert effects_at_rho(paths, np.array([0.3]))[0, 0, 0] == pytest.approx(0.0, abs=1e-12)


@given(seed=st.integers(0, 2**20), rho=st.floats(-0.9, 0.9))
def test_the_curve_is_the_indirect_effect_at_no_correlation_and_falls_with_a(
    seed: int, rho: float
) -> None:
    paths = paths_at(exact(rho, seed=seed))
    curve = effects_at_rho(paths, GRID)[0, 0]
    assert curve[GRID == 0.0][0] == pytest.approx(paths.indirect[0, 0], rel=1e-9)
    assert (np.diff(curve) * np.sign(paths.a[0, 0]) < 0).all()
    zero = correlation_left(paths)[0]
    assert effects_at_rho(paths, zero)[0, 0, 0] == pytest.approx(0.0, abs=1e-9)
