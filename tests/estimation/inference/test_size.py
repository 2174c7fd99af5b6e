"""The simulation of test sizes: what it draws, and what it shows with ten uneven cities."""

import numpy as np
import pytest

from estimation.inference.size import (
    METHODS,
    ResidualProcess,
    draw_residuals,
    rejection_rates,
    rejections,
)

UNEVEN = ResidualProcess("uneven", 10, shortest=3, unevenness=1.0)


def test_residuals_are_as_described() -> None:
    u, V, clusters = draw_residuals(ResidualProcess("even", 4000), seed=1)
    assert (np.bincount(clusters) == 11).all()
    for values in (u, V[:, 0]):
        path = values.reshape(4000, 11)
        assert path.std() == pytest.approx(1.0, abs=0.02)
        assert np.corrcoef(path[:, 3], path[:, 4])[0, 1] == pytest.approx(0.6, abs=0.04)
    # No effect: the slope is within four of its standard errors, about 1 / sqrt(n / 2.1).
    assert (u @ V[:, 0]) / (V[:, 0] @ V[:, 0]) == pytest.approx(0.0, abs=4 * (2.1 / 44_000) ** 0.5)
    u, V, clusters = draw_residuals(
        ResidualProcess("all", 3000, shortest=3, unevenness=1.0, moderated=True), seed=2
    )
    sizes = np.bincount(clusters)
    assert (sizes.min(), sizes.max()) == (3, 11)
    ratio = V[:, 1] / V[:, 0]
    assert np.ptp(ratio[clusters == 7]) == pytest.approx(0.0, abs=1e-9)
    spread = np.log([V[clusters == city, 0].std() for city in range(3000)])
    assert spread.std() == pytest.approx(1.0, abs=0.25)


def test_a_draw_depends_on_its_seed_only() -> None:
    assert rejections(3, process=UNEVEN, draws=99) == rejections(3, process=UNEVEN, draws=99)
    first, other = (draw_residuals(UNEVEN, seed)[0] for seed in (3, 4))
    assert first.size != other.size or not np.allclose(first, other)


def test_with_ten_uneven_cities_crv1_rejects_too_often_and_the_bootstrap_does_not() -> None:
    rates = rejection_rates(UNEVEN, seeds=range(300), draws=199)
    rate = dict(zip(rates["method"], rates["rate"], strict=True))
    assert tuple(rate) == METHODS
    error = rates["error"].iloc[0]
    assert error == pytest.approx((0.05 * 0.95 / 300) ** 0.5)
    assert rate["CRV0, normal"] > rate["CRV1, t"] > 0.05 + 4 * error
    for method in ("CRV3, t", "wild, signs", "wild, Webb"):
        assert 0.01 < rate[method] < rate["CRV1, t"] - 0.04
        assert rate[method] < 0.05 + 4 * error
