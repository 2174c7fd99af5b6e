"""Streams of random numbers, one for each purpose, from the seed that is handed in."""

import numpy as np

from geo.errors import DesignError

WILD, BANDS, PATHS, LABELS, SIZE, MEDIATION = 101, 102, 103, 104, 105, 106
TRENDS, MOMENTS = 131, 132
COMPOSITE = 141
"""Purposes; far from those of folds and learners, so that no two share a stream."""


def generator(seed: int, purpose: int, *more: int) -> np.random.Generator:
    """A generator that depends on seed and purpose (and what else is named) only.

    Parameters
    ----------
    seed : int
        0 or more.
    purpose : int
        One of this module's.
    *more : int
        0 or more, for example a repetition.
    """
    return np.random.default_rng(np.random.SeedSequence([seed, purpose, *more]))


def check_draws(draws: int, where: str) -> None:
    """Refuse a number of draws that gives no p value.

    Raises
    ------
    DesignError
        ``draws`` is less than 1.
    """
    if draws < 1:
        raise DesignError(
            f"{where}, draws", expected="1 or more", found=str(draws), hint="ask for 999 or 9999"
        )
