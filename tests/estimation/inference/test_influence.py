from collections.abc import Callable

import numpy as np
import pytest

from estimation.inference.influence import leave_one_out
from geo.errors import SampleError


@pytest.mark.parametrize("k", [1, 3])
@pytest.mark.parametrize("instrumented", [False, True])
def test_equals_deleting_each_city_and_refitting(
    residuals: Callable, refit: Callable, k: int, instrumented: bool
) -> None:
    r = residuals(13, k, 70)
    W = r.W if instrumented else None
    found = leave_one_out(r.u, r.V, W, r.clusters)
    Z = r.W if instrumented else r.V
    for row, code in enumerate(found.codes):
        rest = r.clusters != code
        expected = refit(r.u[rest], r.V[rest], Z[rest])
        assert found.without[row] == pytest.approx(expected, rel=1e-12, abs=1e-12)
    assert found.codes.tolist() == sorted(set(r.clusters.tolist()))
    assert found.change == pytest.approx(found.without - refit(r.u, r.V, Z), abs=1e-12)


def test_the_city_that_makes_the_result_is_named() -> None:
    clusters = np.repeat(np.array([0, 2, 3, 5]), 3)
    v = np.tile([1.0, -1.0, 0.5], 4)
    u = 0.1 * v
    u[clusters == 3] += 4.0 * v[clusters == 3]
    found = leave_one_out(u, v, None, clusters)
    # Mean of the slopes .1, .1, 4.1, .1; without the third city .1, without another 4.3 / 3.
    assert found.theta == pytest.approx([1.1])
    table = found.most(["a", "b", "c", "d", "e", "f"], count=2)
    assert table["city"].tolist() == ["d", "a"]
    assert table["without"].tolist() == pytest.approx([0.1, 4.3 / 3])
    assert table["change"].tolist() == pytest.approx([-1.0, 1 / 3])
    assert found.extremes() == pytest.approx((0.1, 4.3 / 3))


def test_an_effect_that_one_city_carries_is_refused() -> None:
    clusters = np.repeat(np.arange(3), 2)
    v = np.array([1.0, 2.0, 0.0, 0.0, 0.0, 0.0])
    with pytest.raises(SampleError, match="influence, cluster 0"):
        leave_one_out(v + 1.0, v, None, clusters)
