"""Whether an effect differs between groups that cities move through, by dealing whole city paths.

Labels of cities cannot be permuted where the groups are periods. Under the null of one effect, what
the treatment leaves unexplained is exchangeable between cities with the same years: the outcome's
residual less the common effect (Freedman and Lane 1983), whole paths of which are dealt against the
paths of the products. Years within a city stay together.
"""

import numpy as np

from estimation.inference.moments import as_columns, cluster_moments
from estimation.inference.permutation import Permutation
from estimation.inference.placebo import permute_paths
from estimation.samples.sample import Floats, Integers


def permute_difference(
    u: Floats,
    V: Floats,
    W: Floats | None,
    clusters: Integers,
    years: Integers,
    *,
    group: int,
    seed: int,
    draws: int = 9999,
    where: str = "difference of groups",
) -> Permutation:
    """Test that a group's effect is the first group's.

    Parameters
    ----------
    u : float array, shape (n,)
        Residual of the outcome.
    V : float array, shape (n, J)
        Residuals of the products of treatment and groups.
    W : float array, shape (n, J), or None
        Those of the instrument.
    clusters, years : int64 array, shape (n,)
        City and year of each row.
    group : int
        Position of the group, not 0.
    seed, draws, where
        As in :func:`estimation.inference.placebo.permute_paths`.

    Returns
    -------
    Permutation
        ``estimate`` is the difference.

    Raises
    ------
    SampleError
        As :func:`estimation.inference.placebo.permute_paths`.
    """
    other = [j for j in range(V.shape[1]) if j not in (0, group)]
    terms = _pooled(V, group, other)
    instruments = None if W is None else _pooled(W, group, other)
    # The difference is the second column's coefficient; without it the effect is common to both.
    common = np.delete(terms, 1, axis=1)
    given = None if instruments is None else np.delete(instruments, 1, axis=1)
    restricted = cluster_moments(u, common, given, clusters, where=where).theta
    left = u - as_columns(common) @ restricted
    return permute_paths(
        left, terms, instruments, clusters, years, seed=seed, term=1, draws=draws, where=where
    )


def _pooled(V: Floats, group: int, other: list[int]) -> Floats:
    """First group and the one to test together, the latter alone, the others as they are."""
    return np.column_stack([V[:, 0] + V[:, group], V[:, group], V[:, other]])
