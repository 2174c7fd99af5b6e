"""The one place that says when clusters are few, and what is shown then besides CRV1."""

from estimation.inference.wild_bootstrap import Weights

FEW_CLUSTERS = 50
"""With so many clusters or fewer, CRV3 and the wild bootstrap are shown; `docs/few-clusters.md`."""

WEBB_AT_MOST = 7
"""With so many clusters or fewer, Webb's weights: patterns of signs are too few to test at 5 %."""


def are_few(n_clusters: int) -> bool:
    """Whether CRV3 and the wild bootstrap are shown."""
    return n_clusters <= FEW_CLUSTERS


def bootstrap_weights(n_clusters: int) -> Weights:
    """Weights of the wild bootstrap for so many clusters."""
    return "webb" if n_clusters <= WEBB_AT_MOST else "rademacher"
