"""The one place that says when clusters are few, and what is shown then besides CRV1."""

from dataclasses import dataclass

import numpy as np

from estimation.inference.wild_bootstrap import Weights, wild_bootstrap
from estimation.samples.sample import Floats, Integers
from geo.errors import SampleError

FEW_CLUSTERS = 50
"""With so many clusters or fewer, CRV3 and the wild bootstrap are shown; `docs/few-clusters.md`."""

WEBB_AT_MOST = 7
"""With so many clusters or fewer, Webb's weights: patterns of signs are too few to test at 5 %."""


@dataclass(frozen=True, slots=True)
class WildFigures:
    """What a row tells of a wild bootstrap."""

    p_value: float = float("nan")
    """Of no effect; NaN where there is no bootstrap."""
    ci_low: float = float("nan")
    """Lower end of the 95 % set."""
    ci_high: float = float("nan")
    """Upper end."""
    why_not: str = ""
    """Why there is none although clusters are few; else empty."""


def are_few(n_clusters: int) -> bool:
    """Whether CRV3 and the wild bootstrap are shown."""
    return n_clusters <= FEW_CLUSTERS


def few_one_way(groupings: Integers) -> bool:
    """Whether clusters, a column for each way, are one-way and few."""
    return groupings.shape[1] == 1 and are_few(np.unique(groupings[:, 0]).size)


def bootstrap_weights(n_clusters: int) -> Weights:
    """Weights of the wild bootstrap for so many clusters."""
    return "webb" if n_clusters <= WEBB_AT_MOST else "rademacher"


def wild_figures(
    u: Floats,
    V: Floats,
    W: Floats | None,
    clusters: Integers,
    *,
    seed: int,
    term: int,
    where: str,
) -> WildFigures:
    """The wild bootstrap of one term, or why there is none.

    Parameters
    ----------
    u, V, W, clusters, seed, term, where
        As in :func:`estimation.inference.wild_bootstrap.wild_bootstrap`.

    Returns
    -------
    WildFigures
    """
    weights = bootstrap_weights(np.unique(clusters).size)
    try:
        test = wild_bootstrap(u, V, W, clusters, seed=seed, term=term, weights=weights, where=where)
    except SampleError as error:
        return WildFigures(why_not=f"no wild bootstrap: {error.expected} wanted, {error.found}")
    return WildFigures(test.p_value, test.ci_low, test.ci_high)
