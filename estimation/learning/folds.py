"""Folds of cross-fitting, drawn from the design's seed and never from a global generator.

Draws depend on the seed, the repetition and the rows only, so that every design with the same seed
shares folds on the same rows.
"""

from collections.abc import Sequence

import numpy as np

from estimation.samples.sample import Integers

Fold = tuple[Integers, Integers]
"""Rows to train on and rows to predict, each ascending."""

_RANDOM, _BY_CITY, _LEARNER = 1, 2, 3


def random_folds(n_rows: int, *, folds: int, seed: int, repetition: int) -> list[Fold]:
    """Cut rows at random, whatever their city.

    Parameters
    ----------
    n_rows : int
    folds : int
        Number of folds, at most ``n_rows``.
    seed, repetition : int
        0 or more.

    Returns
    -------
    list of (train, test)
        The test sets partition the rows and differ in size by one row at most.
    """
    order = _generator(seed, _RANDOM, repetition).permutation(n_rows)
    return _as_folds(np.array_split(order, folds), n_rows)


def city_folds(clusters: Integers, *, folds: int, seed: int, repetition: int) -> list[Fold]:
    """Cut cities at random; all rows of a city are predicted together.

    Parameters
    ----------
    clusters : int64 array, shape (n,)
        City of each row.
    folds : int
        Number of folds, at most the number of cities.
    seed, repetition : int
        0 or more.

    Returns
    -------
    list of (train, test)
        The test sets partition the rows, no city is split, and folds differ by one city at most.
    """
    cities = _generator(seed, _BY_CITY, repetition).permutation(np.unique(clusters))
    parts = [np.flatnonzero(np.isin(clusters, part)) for part in np.array_split(cities, folds)]
    return _as_folds(parts, clusters.size)


def learner_seed(seed: int, *, repetition: int) -> int:
    """Seed of the learners of one repetition."""
    return int(np.random.SeedSequence([seed, _LEARNER, repetition]).generate_state(1)[0])


def _generator(seed: int, purpose: int, repetition: int) -> np.random.Generator:
    return np.random.default_rng(np.random.SeedSequence([seed, purpose, repetition]))


def _as_folds(parts: Sequence[Integers], n_rows: int) -> list[Fold]:
    every = np.arange(n_rows, dtype=np.int64)
    tests = [np.sort(part).astype(np.int64) for part in parts]
    return [(np.setdiff1d(every, test, assume_unique=True), test) for test in tests]
