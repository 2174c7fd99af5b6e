"""The Anderson-Rubin set with several instruments: by a grid, by the one-instrument formula."""

import numpy as np
import pytest
from scipy.stats import f

from estimation.inference.anderson_rubin import anderson_rubin
from estimation.instruments.anderson_rubin_set import anderson_rubin_set
from estimation.instruments.partialled import partialled
from geo.errors import SampleError
from tests.estimation.instruments.test_two_stage import several


def rejected(left, city, effect: float) -> tuple[float, bool]:
    """The clustered Wald test of the instruments on ``y - effect x``, from scratch."""
    u = left.y - effect * left.x
    slopes = np.linalg.lstsq(left.Z, u, rcond=None)[0]
    scores = left.Z * (u - left.Z @ slopes)[:, None]
    groups, K = np.unique(city).size, left.Z.shape[1]
    sums = np.array([scores[city == g].sum(axis=0) for g in np.unique(city)])
    bread = np.linalg.inv(left.Z.T @ left.Z)
    covariance = groups / (groups - 1) * bread @ sums.T @ sums @ bread
    statistic = slopes @ np.linalg.solve(covariance, slopes) / K
    return statistic, statistic > f.ppf(0.95, K, groups - 1)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("strength", [1.0, 0.15, 0.0])
def test_the_set_is_what_is_not_rejected(seed: int, strength: float) -> None:
    y, x, Z, controls, city, _ = several(seed)
    x = x - (1 - strength) * Z @ [0.6, 0.3, 0.1]
    left = partialled(y, x, Z, controls)
    found = anderson_rubin_set(left, city)
    for effect in np.concatenate([np.linspace(-8, 8, 161), [-1e4, 1e4]]):
        inside = any(low <= effect <= high for low, high in found.pieces)
        assert inside != rejected(left, city, effect)[1], (effect, found.pieces)
    assert found.statistic == pytest.approx(rejected(left, city, 0.0)[0], rel=1e-9)
    assert found.p_value == pytest.approx(f.sf(found.statistic, 3, 29), rel=1e-9)


def test_ends_are_where_the_test_turns() -> None:
    y, x, Z, controls, city, _ = several(1)
    left = partialled(y, x, Z, controls)
    for low, high in anderson_rubin_set(left, city).pieces:
        for end in (low, high):
            assert rejected(left, city, end)[0] == pytest.approx(f.ppf(0.95, 3, 29), rel=1e-7)


@pytest.mark.parametrize("strength", [1.0, 0.1, 0.0])
def test_one_instrument_gives_the_closed_form(strength: float) -> None:
    y, x, Z, controls, city, _ = several(5)
    left = partialled(y, x - (1 - strength) * 0.9 * Z[:, 0], Z[:, 0], controls)
    found = anderson_rubin_set(left, city)
    closed = anderson_rubin(left.y, left.x, left.Z[:, 0], city[:, None])
    assert found.statistic == pytest.approx(closed.statistic, rel=1e-10)
    assert found.p_value == pytest.approx(closed.p_value, rel=1e-8)
    low, high = closed.low, closed.high
    expected = {
        "interval": ((low, high),),
        "complement": ((-np.inf, low), (high, np.inf)),
        "line": ((-np.inf, np.inf),),
    }[closed.shape]
    np.testing.assert_allclose(found.pieces, expected, rtol=1e-7)


def test_instruments_that_contradict_each_other_leave_nothing() -> None:
    y, x, Z, controls, city, _ = several(0, wrong=4.0)
    assert anderson_rubin_set(partialled(y, x, Z, controls), city).pieces == ()


def test_two_ways_of_clusters_are_added_and_their_intersection_taken_off() -> None:
    y, x, Z, controls, city, _ = several(4)
    ways = np.column_stack([city, np.tile(np.arange(10), 30)])
    left = partialled(y, x, Z[:, 0], controls)
    z, both = left.Z[:, 0], ways[:, 0] * 100 + ways[:, 1]

    def statistic(effect: float) -> float:
        """The factor is that of the fewer clusters, as in the fit."""
        target = left.y - effect * left.x
        slope = (z @ target) / (z @ z)
        score = z * (target - slope * z)
        squares = [
            sum(score[way == one].sum() ** 2 for one in np.unique(way)) for way in (*ways.T, both)
        ]
        variance = 10 / 9 * (squares[0] + squares[1] - squares[2]) / (z @ z) ** 2
        return slope**2 / variance

    found = anderson_rubin_set(left, ways)
    assert found.statistic == pytest.approx(statistic(0.0), rel=1e-10)
    ((low, high),) = found.pieces
    for end in (low, high):
        assert statistic(end) == pytest.approx(f.ppf(0.95, 1, 9), rel=1e-8)


def test_as_many_clusters_as_instruments_are_refused() -> None:
    y, x, Z, controls, city, _ = several(4)
    with pytest.raises(SampleError, match=r"more clusters than instruments \(3\), found 3"):
        anderson_rubin_set(partialled(y, x, Z, controls), city // 10)
