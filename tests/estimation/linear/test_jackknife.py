"""CRV3 against refits without a cluster, and against pyfixest."""

import numpy as np
import pandas as pd
import pyfixest
import pytest

from estimation.linear.jackknife import jackknife_covariance


def data(seed: int = 3) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    clusters = np.repeat([0, 1, 4, 5, 7, 8], [4, 6, 5, 9, 3, 8])
    X = rng.normal(size=(clusters.size, 3)) + 0.5 * clusters[:, None]
    Z = X + 0.3 * rng.normal(size=X.shape)
    y = X @ [1.0, -0.5, 0.2] + rng.normal(size=clusters.size) * (1 + clusters)
    return y, X, Z, clusters


@pytest.mark.parametrize("instrumented", [False, True])
def test_equals_refits_without_a_cluster(*, instrumented: bool) -> None:
    y, X, Z, clusters = data()
    Z = Z if instrumented else X
    whole = np.linalg.solve(Z.T @ X, Z.T @ y)
    expected = np.zeros((2, 2))
    for cluster in np.unique(clusters):
        rest = clusters != cluster
        without = np.linalg.solve(Z[rest].T @ X[rest], Z[rest].T @ y[rest])
        difference = (without - whole)[:2]
        expected += np.outer(difference, difference)
    found = jackknife_covariance(y, X, Z, clusters=clusters, wanted=2)
    assert found == pytest.approx(5 / 6 * expected, rel=1e-10)


@pytest.mark.filterwarnings("ignore:The inplace keyword in DataFrame:DeprecationWarning")
def test_equals_pyfixest() -> None:
    y, X, _, clusters = data()
    table = pd.DataFrame({"y": y, "a": X[:, 0], "b": X[:, 1], "c": X[:, 2], "g": clusters})
    theirs = pyfixest.feols(
        "y ~ a + b + c - 1",
        table,
        vcov={"CRV3": "g"},
        ssc=pyfixest.ssc(k_adj=False, G_adj=False),
    )
    found = jackknife_covariance(y, X, X, clusters=clusters, wanted=3)
    assert found == pytest.approx(5 / 6 * theirs._vcov, rel=1e-10)


def test_order_of_rows_and_names_of_clusters_do_not_matter() -> None:
    y, X, Z, clusters = data()
    order = np.random.default_rng(1).permutation(y.size)
    found = jackknife_covariance(y, X, Z, clusters=clusters, wanted=3)
    again = jackknife_covariance(
        y[order], X[order], Z[order], clusters=(50 - clusters)[order], wanted=3
    )
    assert again == pytest.approx(found, rel=1e-9)


def test_a_column_that_only_one_cluster_moves_does_not_spoil_the_others() -> None:
    y, X, _, clusters = data()
    alone = (clusters == 4) * np.arange(clusters.size)
    wide = np.column_stack([X, alone])
    expected = np.zeros((3, 3))
    whole = np.linalg.lstsq(wide, y, rcond=None)[0]
    for cluster in np.unique(clusters):
        rest = clusters != cluster
        difference = (np.linalg.lstsq(wide[rest], y[rest], rcond=None)[0] - whole)[:3]
        expected += np.outer(difference, difference)
    found = jackknife_covariance(y, wide, wide, clusters=clusters, wanted=3)
    assert found == pytest.approx(5 / 6 * expected, rel=1e-8)
