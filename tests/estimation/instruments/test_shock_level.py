"""The shock-level regression: equal to the units', and to linearmodels on the averaged rows."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from linearmodels.iv import IV2SLS

from estimation.instruments.partialled import partialled
from estimation.instruments.shock_level import shock_level
from estimation.instruments.two_stage import two_stage
from geo.errors import SampleError
from tests.estimation.instruments.made_up import made_up


@given(st.integers(0, 10_000), st.booleans(), st.booleans())
def test_its_coefficient_is_that_of_the_units(seed: int, weighted: bool, summed: bool) -> None:
    """With and without the sums of shares among the controls."""
    data = made_up(seed)
    controls = data.controls if summed else data.controls[:, :1]
    weights = data.weights if weighted else None
    left = partialled(data.y, data.x, data.exposure, controls, weights=weights)
    found = shock_level(left, data.shares, data.shocks)
    assert found.theta == pytest.approx(two_stage(left).theta, rel=1e-10, abs=1e-12)
    assert found.centred == summed


def test_errors_are_those_of_the_averaged_rows() -> None:
    data = made_up(5, n=120, sectors=30)
    left = data.left()
    w = data.weights
    size = np.array([sum(w[i] * data.shares[i, k] for i in range(120)) for k in range(30)])
    y, x = (data.shares.T @ (np.sqrt(w) * column) / size for column in (left.y, left.x))
    clusters = np.arange(30) // 3
    model = IV2SLS(y, np.ones((30, 1)), x, data.shocks[:, None], weights=size)
    other = model.fit(cov_type="clustered", clusters=clusters, debiased=False)
    found = shock_level(left, data.shares, data.shocks, clusters)
    assert found.theta == pytest.approx(other.params.iloc[-1], rel=1e-9)
    assert found.std_error == pytest.approx(other.std_errors.iloc[-1], rel=1e-8)
    share = size / size.sum()
    assert found.effective_shocks == pytest.approx(1 / np.sum(share**2), rel=1e-12)
    by_cluster = np.bincount(clusters, weights=share)
    assert found.effective_clusters == pytest.approx(1 / np.sum(by_cluster**2), rel=1e-12)
    np.testing.assert_allclose(found.weights, share, rtol=1e-12)


def test_equal_shares_of_equal_sectors_count_each() -> None:
    shares = np.kron(np.eye(4), np.ones((3, 1)))
    shocks = np.array([1.0, -1.0, 2.0, 0.0])
    x = shares @ shocks + np.tile([0.1, -0.1, 0.0], 4)
    y = 2.0 * x + np.repeat([0.5, -0.5, 0.1, -0.1], 3)
    found = shock_level(partialled(y, x, shares @ shocks, np.empty((12, 0))), shares, shocks)
    assert found.effective_shocks == pytest.approx(4.0)
    assert (found.n_shocks, found.n_clusters) == (4, 4)


def test_shocks_that_do_not_differ_are_refused() -> None:
    data = made_up(2)
    left = data.left()
    with pytest.raises(SampleError, match="shocks that differ, found 9 clusters, spread"):
        shock_level(left, data.shares, np.ones(9))
    with pytest.raises(SampleError, match="found 1 clusters"):
        shock_level(left, data.shares, data.shocks, np.zeros(9, dtype=np.int64))
