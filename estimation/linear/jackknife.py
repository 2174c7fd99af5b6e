"""CRV3: the cluster-robust covariance from leaving out one cluster at a time.

MacKinnon, Nielsen and Webb (2023): ``(G - 1) / G sum_g (b_(g) - b)(b_(g) - b)'``, with ``b_(g)``
estimated without cluster g. No other small-sample factor.
"""

import numpy as np

from estimation.samples.sample import Floats, Integers


def jackknife_covariance(
    y: Floats, X: Floats, Z: Floats, *, clusters: Integers, wanted: int
) -> Floats:
    """CRV3 of the first coefficients of a regression, from cross-products by cluster.

    Parameters
    ----------
    y : float array, shape (n,)
        Outcome, city effects taken out.
    X, Z : float array, shape (n, q)
        Regressors, and instruments for them (X itself for least squares), city effects taken out.
    clusters : int64 array, shape (n,)
        0 or more. Each city lies in one cluster, so that its means do not depend on the others.
    wanted : int
        How many coefficients, from the first on.

    Returns
    -------
    float array, shape (wanted, wanted)
        Where a column is zero without a cluster, the shortest solution is taken.
    """
    _, place = np.unique(clusters, return_inverse=True)
    count = int(place.max()) + 1
    q = X.shape[1]
    products = np.zeros((count, q, q + 1))
    right = np.column_stack([X, y])
    order = np.argsort(place, kind="stable")
    for cluster, rows in enumerate(np.split(order, np.cumsum(np.bincount(place))[:-1])):
        products[cluster] = Z[rows].T @ right[rows]
    whole = products.sum(axis=0)
    without = whole - products
    estimate = np.linalg.pinv(whole[:, :q], rcond=1e-12) @ whole[:, q]
    left_out = np.linalg.pinv(without[:, :, :q], rcond=1e-12) @ without[:, :, q:]
    difference = left_out[:, :wanted, 0] - estimate[:wanted]
    return np.asarray((count - 1) / count * difference.T @ difference, dtype=np.float64)
