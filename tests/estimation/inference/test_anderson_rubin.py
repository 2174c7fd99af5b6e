"""The Anderson-Rubin test: by hand, beside statsmodels, beside a grid of nulls."""

import numpy as np
import pytest
import statsmodels.api as sm
from scipy.stats import f as fisher

from estimation.inference.anderson_rubin import AndersonRubin, anderson_rubin
from estimation.inference.wild_bootstrap import wild_bootstrap
from geo.errors import SampleError

GRID = np.linspace(-60.0, 60.0, 4001)


def draw(strength: float, seed: int = 0, cities: int = 60) -> tuple[np.ndarray, ...]:
    """u, v, w, clusters: an effect of 0.5, a confounder, an instrument of some strength."""
    rng = np.random.default_rng(seed)
    clusters = np.repeat(np.arange(cities), 5)
    w, e, noise = rng.normal(size=(3, clusters.size))
    v = strength * w + e
    return 0.5 * v + e + noise + 0.5 * rng.normal(size=cities)[clusters], v, w, clusters


def naive(u: np.ndarray, v: np.ndarray, w: np.ndarray, clusters: np.ndarray, null: float) -> float:
    """F of the instrument in the regression of what the null leaves, by statsmodels."""
    fit = sm.OLS(u - null * v, w).fit(cov_type="cluster", cov_kwds={"groups": clusters})
    return float(fit.tvalues[0] ** 2)


def holds(found: AndersonRubin, null: float) -> bool:
    inside = found.low <= null <= found.high
    return not inside or null in (found.low, found.high) if found.shape == "complement" else inside


def test_by_hand() -> None:
    """Two clusters with w = 1: slopes are means, scores are sums less their mean.

    u = (1, 3 | 2, 2), v = (1, 1 | 3, 3): slopes 2 and 2; sums of scores (0 | 0) and (-2 | 2), in
    units of w'w = 4: S = 2 ((0, 0), (0, 1/4 + 1/4)) = ((0, 0), (0, 1)).
    """
    u, v, w = np.array([1.0, 3, 2, 2]), np.array([1.0, 1, 3, 3]), np.ones(4)
    found = anderson_rubin(u, v, w, np.array([[0], [0], [1], [1]]), null=2.0)
    assert found.statistic == pytest.approx((2 - 4) ** 2 / 4)
    assert found.df == 1
    assert found.p_value == pytest.approx(fisher.sf(1.0, 1, 1))
    # (2 - 2 t)^2 <= 161.45 t^2 for all but the nulls near 0: 1 / t - 1 is beyond +-6.353
    reach = np.sqrt(fisher.isf(0.05, 1, 1)) / 2
    assert found.shape == "complement"
    assert (found.low, found.high) == pytest.approx((1 / (1 - reach), 1 / (1 + reach)))


@pytest.mark.parametrize(
    ("strength", "seed", "shape"),
    [(1.0, 0, "interval"), (0.15, 8, "complement"), (0.0, 2, "line")],
)
def test_the_set_is_every_null_that_statsmodels_does_not_reject(
    strength: float, seed: int, shape: str
) -> None:
    u, v, w, clusters = draw(strength, seed)
    found = anderson_rubin(u, v, w, clusters[:, None])
    assert found.shape == shape
    critical = fisher.isf(0.05, 1, 59)
    for null in GRID[::20]:
        statistic = naive(u, v, w, clusters, float(null))
        told = anderson_rubin(u, v, w, clusters[:, None], null=float(null))
        assert told.statistic == pytest.approx(statistic, rel=1e-9)
        assert told.p_value == pytest.approx(fisher.sf(statistic, 1, 59), rel=1e-9)
        assert holds(found, float(null)) == (statistic <= critical)
    if shape != "line":
        for end in (found.low, found.high):
            assert naive(u, v, w, clusters, end) == pytest.approx(critical, rel=1e-9)


def test_the_statistic_is_that_of_the_wild_bootstrap() -> None:
    u, v, w, clusters = draw(0.5, cities=12)
    wild = wild_bootstrap(u, v, w[:, None], clusters, seed=0, null=0.3, draws=99)
    found = anderson_rubin(u, v, w, clusters[:, None], null=0.3)
    assert found.statistic == pytest.approx(wild.statistic**2, rel=1e-12)


def test_two_ways_to_cluster() -> None:
    """By hand: CRV1 of each way, less that of single rows, which is their intersection here."""
    u, v, w, clusters = draw(1.0, cities=30)
    years = np.tile(np.arange(5), 30)
    found = anderson_rubin(u, v, w, np.column_stack([clusters, years]), null=0.2)
    e = u - 0.2 * v
    score = w * (e - w * (w @ e) / (w @ w)) / (w @ w)
    meats = [
        size / (size - 1) * np.sum(np.bincount(code, weights=score) ** 2)
        for code, size in ((clusters, 30), (years, 5), (np.arange(150), 150))
    ]
    expected = ((w @ e) / (w @ w)) ** 2 / (meats[0] + meats[1] - meats[2])
    assert found.statistic == pytest.approx(expected, rel=1e-9)
    assert found.df == 4


def test_size_with_an_instrument_that_does_nothing() -> None:
    rejected = [
        anderson_rubin(u, v, w, clusters[:, None], null=0.5).p_value <= 0.05
        for u, v, w, clusters in (draw(0.0, seed) for seed in range(400))
    ]
    assert 0.025 <= np.mean(rejected) <= 0.08


def test_an_instrument_of_which_nothing_is_left_is_refused() -> None:
    u, v, w, clusters = draw(1.0)
    with pytest.raises(SampleError, match="Anderson-Rubin test"):
        anderson_rubin(u, v, 0.0 * w, clusters[:, None])
