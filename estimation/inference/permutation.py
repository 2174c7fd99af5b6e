"""What permutation tests share: the result and its p value."""

from dataclasses import dataclass

import numpy as np

from estimation.samples.sample import Floats

TIE = 1e-9
"""Relative difference below which a permuted statistic equals the observed one."""


@dataclass(frozen=True, slots=True)
class Permutation:
    """A test by permuting whole cities."""

    estimate: float
    """What is tested, as observed: an effect, or a difference of effects."""
    statistic: float
    """The observed statistic, over its standard error clustered by city (without a factor)."""
    p_value: float
    """``(1 + hits) / (1 + draws)``: two-sided, the observed arrangement counted."""
    hits: int
    """Permutations with a statistic at least as far from zero."""
    draws: int
    """Permutations drawn."""
    estimates: Floats
    """The effect (or difference) of each permutation, shape (draws,)."""
    moved: int
    """Cities that could change places."""
    kept: int
    """Cities that could not: no other city has the same years."""


def hits(observed: float, permuted: Floats) -> int:
    """Permuted statistics at least as far from zero; one that is not defined counts."""
    return int((~(np.abs(permuted) < abs(observed) * (1 - TIE))).sum())
