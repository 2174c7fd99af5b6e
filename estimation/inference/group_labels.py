"""Difference of an effect between groups of cities, tested by permuting labels of whole cities.

The statistic is the sum of squared distances of the groups' effects from their common mean, each
over its variance clustered by city (for two groups the squared t of the difference): permuting it
is exact where groups have one distribution and right in large samples where only their effects
are equal (Chung and Romano 2013).
"""

import numpy as np

from estimation.inference.moments import cluster_moments
from estimation.inference.permutation import Permutation, hits
from estimation.inference.streams import LABELS, check_draws, generator
from estimation.samples.sample import Floats, Integers
from geo.errors import SampleError

BLOCK = 1024
"""Permutations worked on at once."""


def group_of_cities(groups: Integers, clusters: Integers, *, where: str) -> Integers:
    """Group of each city, which must not change over its rows.

    Parameters
    ----------
    groups, clusters : int64 array, shape (n,)
        Group and city of each row.
    where : str
        What an error names.

    Returns
    -------
    int64 array, shape (G,)
        Position of each city's group among the groups in ascending order, cities in ascending
        order.

    Raises
    ------
    SampleError
        A city is in two groups, there are fewer than two groups, or a group has one city.
    """
    codes, first, position = np.unique(clusters, return_index=True, return_inverse=True)
    names, label = np.unique(groups[first], return_inverse=True)
    torn = groups != groups[first][position]
    if torn.any():
        raise SampleError(
            f"{where}, cluster {codes[position[torn][0]]}",
            expected="one group for all its years",
            found=f"groups {groups[first][position[torn][0]]} and {groups[torn][0]}",
            hint="group cities by a base year, or form the product with the group in levels",
        )
    sizes = np.bincount(label)
    if names.size < 2 or sizes.min() < 2:
        raise SampleError(
            where,
            expected="two groups or more, each of two cities or more",
            found=", ".join(f"{size} cities" for size in sizes),
            hint="draw the groups so that each has cities",
        )
    return label.astype(np.int64)


def permute_labels(
    u: Floats,
    v: Floats,
    w: Floats | None,
    clusters: Integers,
    groups: Integers,
    *,
    seed: int,
    draws: int = 9999,
    where: str = "groups",
) -> Permutation:
    """Test that one term's effect is the same in all groups of cities.

    Parameters
    ----------
    u, v : float array, shape (n,)
        Residuals of the outcome and of the term.
    w : float array, shape (n,), or None
        Residual of its instrument.
    clusters, groups : int64 array, shape (n,)
        City and group of each row; a city is in one group.
    seed : int
        0 or more.
    draws : int
    where : str
        What an error names.

    Returns
    -------
    Permutation
        ``estimate`` is the last group's effect less the first's; the statistic is the root of the
        sum of squares (with the difference's sign for two groups).

    Raises
    ------
    SampleError
        As :func:`group_of_cities` and :func:`estimation.inference.moments.cluster_moments`.
    DesignError
        No draws.
    """
    check_draws(draws, where)
    moments = cluster_moments(u, v, w, clusters, where=where)
    label = group_of_cities(groups, clusters, where=where)
    count = int(label.max()) + 1
    a, b = moments.a[:, 0], moments.B[:, 0, 0]
    if not (np.bincount(label, weights=b) != 0).all():
        raise SampleError(
            where,
            expected="a treatment that varies in each group",
            found="a group without variation",
            hint="draw the groups anew",
        )
    shuffled = generator(seed, LABELS).permuted(np.tile(label, (draws, 1)), axis=1)
    blocks = np.array_split(shuffled, max(1, draws // BLOCK))
    parts = [_differences(a, b, block, count) for block in blocks]
    estimates, statistics = (np.concatenate(column) for column in zip(*parts, strict=True))
    estimate, statistic = (float(one[0]) for one in _differences(a, b, label[None, :], count))
    reached = hits(statistic, statistics)
    return Permutation(
        estimate=estimate,
        statistic=statistic,
        p_value=(1 + reached) / (1 + draws),
        hits=reached,
        draws=draws,
        estimates=estimates,
        moved=label.size,
        kept=0,
    )


def _differences(a: Floats, b: Floats, labels: Integers, count: int) -> tuple[Floats, Floats]:
    """Last group's effect less the first's, and the statistic, for each row of labels.

    The variance of a group's effect ``theta = sum a / sum b`` is
    ``sum (a - b theta)^2 / (sum b)^2``, from sums of a, b, a^2, ab and b^2.
    """
    columns = np.column_stack([a, b, a * a, a * b, b * b])
    sums = np.stack([(labels == group) @ columns for group in range(count)])
    with np.errstate(divide="ignore", invalid="ignore"):
        theta = sums[..., 0] / sums[..., 1]
        spread = sums[..., 2] - 2 * theta * sums[..., 3] + theta**2 * sums[..., 4]
        weight = sums[..., 1] ** 2 / np.clip(spread, 0.0, None)
        mean = (weight * theta).sum(axis=0) / weight.sum(axis=0)
        statistic = np.sqrt((weight * (theta - mean) ** 2).sum(axis=0))
    difference = theta[-1] - theta[0]
    return difference, np.sign(difference) * statistic if count == 2 else statistic
