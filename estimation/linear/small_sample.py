"""Small-sample factors of linear fixed effects: those of pyfixest, fixest and reghdfe.

``(n - 1) / (n - k)`` times ``G / (G - 1)``; ``n / (n - k)`` for errors robust to
heteroskedasticity. k counts slopes and effects, of several effects one less for each after the
first. Levels of an effect that is nested in the clusters are not counted, but for one (pyfixest's
``ssc(k_fixef="nonnested", G_df="min")``, its default). Of two ways to cluster G is the fewer, in
all three terms.
"""

from collections.abc import Sequence

import numpy as np

from estimation.linear.within import nested
from estimation.samples.sample import Integers


def parameters(slopes: int, effects: Sequence[Integers], clusters: Sequence[Integers] = ()) -> int:
    """Parameters that the factors count.

    Parameters
    ----------
    slopes : int
        Terms and controls that are estimated.
    effects : sequence of int64 arrays, shape (n,)
        Level of each row; none stands for a constant.
    clusters : sequence of int64 arrays, shape (n,)
        Ways to cluster; none for errors that are not clustered.

    Returns
    -------
    int
    """
    if not effects:
        return slopes + 1
    sizes = [int(np.unique(one).size) for one in effects]
    inside = [
        size
        for one, size in zip(effects, sizes, strict=True)
        if any(nested(one, way) for way in clusters)
    ]
    return slopes + sum(sizes) - (len(sizes) - 1) - sum(inside) + len(inside)


def robust_factor(n: int, k: int) -> float:
    """The factor of errors robust to heteroskedasticity; not a number without freedom."""
    return n / (n - k) if n > k else float("nan")


def cluster_factor(n: int, k: int, groups: int) -> float:
    """The factor of errors summed over so many clusters or years."""
    return (n - 1) / (n - k) * groups / (groups - 1) if n > k else float("nan")
