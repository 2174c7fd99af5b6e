"""Clustered errors of the figures by the delta method: Sobel's (1982), with the joint covariance.

Sobel's product of coefficients has variance ``b^2 var(a) + a^2 var(b) + 2 a b cov(a, b)``. The
covariance of a and b is zero for independent rows; with clusters it need not be.
"""

import numpy as np

from estimation.mediation.figures import ALL, DIRECT, TOTAL, Layout
from estimation.mediation.paths import paths_at
from estimation.mediation.system import Products
from estimation.samples.sample import Floats


def clustered_covariance(products: Products) -> Floats:
    """Covariance of all figures, clustered (CRV1: the factor G / (G - 1)).

    Parameters
    ----------
    products : Products

    Returns
    -------
    float array, shape (3 + 3 J, 3 + 3 J)
        In the order of :class:`estimation.mediation.figures.Layout`.
    """
    count = products.sums.shape[0]
    influence = figure_influence(products)
    return np.asarray(count / (count - 1) * influence.T @ influence, dtype=np.float64)


def figure_influence(products: Products) -> Floats:
    """How much each cluster moves each figure, to first order, shape (G, 3 + 3 J)."""
    rank, J, units = products.rank, len(products.names), products.units
    left = products.sums[:, rank:, rank:]
    whole = left.sum(axis=0)
    paths = paths_at(products)
    a = paths.a[0] * units[0] / units[1 : J + 1]
    total = paths.total[0] * units[0] / units[-1]
    of_treatment = (left[:, 0, 1:] - left[:, [0], 0] * np.append(a, total)) / whole[0, 0]
    beside = np.linalg.solve(whole[: J + 1, : J + 1], whole[: J + 1, J + 1])
    scores = left[:, : J + 1, J + 1] - left[:, : J + 1, : J + 1] @ beside
    of_outcome = np.linalg.solve(whole[: J + 1, : J + 1], scores.T).T
    to_mediator = of_treatment[:, :J] * units[1 : J + 1] / units[0]
    to_outcome = of_outcome[:, 1:] * units[-1] / units[1 : J + 1]
    layout = Layout(J)
    found = np.empty((left.shape[0], layout.size))
    found[:, layout.to_mediator], found[:, layout.to_outcome] = to_mediator, to_outcome
    found[:, layout.indirect] = to_mediator * paths.b[0] + to_outcome * paths.a[0]
    found[:, ALL] = found[:, layout.indirect].sum(axis=1)
    found[:, TOTAL] = of_treatment[:, J] * units[-1] / units[0]
    found[:, DIRECT] = of_outcome[:, 0] * units[-1] / units[0]
    return found
