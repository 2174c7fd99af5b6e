"""How many clusters carry a term: those in which it moves, before anything is predicted.

The clustered error of a term that moves in one cluster is close to nought whatever the effect: that
cluster's score is zero, and the scores of the others are noise of the predictions.
"""

from collections.abc import Sequence

import numpy as np

from estimation.problems.changes import city_means
from estimation.problems.problem import Problem
from estimation.samples.sample import Floats, Integers
from geo.errors import SampleError

FEW_MOVING = 10
"""So few clusters or fewer give no trustworthy error of an effect that they carry."""

CARRIED = "leave it out: what moves in one cluster cannot be told from its other changes"
"""What to do about a term that one cluster carries."""

ROUNDING = 1e-12
"""Share of a term's largest level below which a change is rounding."""


def moving_clusters(problem: Problem, year: Integers, *, in_levels: bool) -> tuple[int, ...]:
    """Clusters in which each term moves; of an instrumented term those of its instrument if fewer.

    Parameters
    ----------
    problem : Problem
        k terms, c ways to cluster.
    year : int64 array, shape (n,)
        Year of each row of the problem.
    in_levels : bool
        Whether a term's level counts, not only its change in a city.

    Returns
    -------
    tuple of int
        k counts, each the fewest of: clusters of each way with a row that is not what most
        rows of its year are, and with one that changes. A city that does what all others do
        tells of the year alone.
    """
    counts = [problem.y.size] * problem.D.shape[1]
    for columns in (problem.D, problem.Z):
        for j in range(0 if columns is None else len(counts)):
            steps = _steps(problem, np.asarray(columns)[:, j], j)
            apart = np.zeros(steps.size)
            for one in np.unique(year):
                apart[year == one] = _not_the_commonest(steps[year == one])
            counts[j] = min(counts[j], _clusters(problem, apart))
            if not in_levels:
                counts[j] = min(counts[j], _clusters(problem, steps))
    return tuple(counts)


def changing_clusters(problem: Problem, inside: Floats, *, in_levels: bool) -> tuple[int, ...]:
    """Clusters of each group in which its treatment changes, whatever happens in other groups.

    Parameters
    ----------
    problem : Problem
        One term for all groups, or one for each.
    inside : array, shape (n, J)
        Not zero in the rows that say something about a group.
    in_levels : bool
        As for :func:`moving_clusters`.

    Returns
    -------
    tuple of int
        J counts; of two ways to cluster the fewer.
    """
    counts = []
    for j, rows in enumerate((inside != 0).T):
        term = min(j, problem.D.shape[1] - 1)
        steps = _steps(problem, problem.D[:, term], term)
        moves = np.zeros(steps.size)
        moves[rows] = _not_the_commonest(steps[rows]) if in_levels else steps[rows]
        counts.append(_clusters(problem, moves))
    return tuple(counts)


def check_moving(counts: Sequence[int], names: Sequence[str], *, where: str, hint: str) -> None:
    """Refuse what moves in fewer than two clusters.

    Parameters
    ----------
    counts : sequence of int
    names : sequence of str
        What each count is of, as an error shall say it.
    where, hint : str

    Raises
    ------
    SampleError
    """
    for name, count in zip(names, counts, strict=True):
        if count < 2:
            raise SampleError(
                f"{where}, {name}",
                expected="changes of its own in two clusters or more",
                found=f"{count or 'none'}",
                hint=hint,
            )


def few_moving(count: int, *, inside: str = "") -> str:
    """What is said of a term that few clusters carry; nothing where they are enough."""
    if count > FEW_MOVING:
        return ""
    return f"WARNING: moves in only {count} clusters{inside}: do not trust its standard error"


def _steps(problem: Problem, column: Floats, term: int) -> Floats:
    """A column in whole steps of what counts as rounding; 0 where it does not change."""
    if problem.centred:
        column = column - city_means(problem.clusters, column)
    largest = max(np.abs(problem.terms.levels[:, term]).max(), np.abs(column).max())
    return np.round(column / (ROUNDING * largest)) if largest > 0 else column


def _not_the_commonest(steps: Floats) -> Floats:
    """1 where a value is not the commonest; everywhere if no two are alike."""
    _, place, counts = np.unique(steps, return_inverse=True, return_counts=True)
    apart = place != counts.argmax() if counts.max() > 1 else np.ones(steps.size, dtype=bool)
    return np.asarray(apart, dtype=np.float64)


def _clusters(problem: Problem, moves: Floats) -> int:
    """Clusters with a row that is not zero; of two ways the fewer."""
    return min(np.unique(clusters[moves != 0]).size for clusters in problem.groupings.T)
