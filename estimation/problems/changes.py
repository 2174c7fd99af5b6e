"""How a column in levels becomes what cross-fitting sees: itself, a difference, a deviation.

The same change is applied to the outcome, to every treatment term and to an instrument. A product
of treatment and moderator is formed in levels first and changed afterwards.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from estimation.samples.sample import Floats, Integers


class Change(Protocol):
    """From levels, shape (n,), to the rows of a transform, shape (m,)."""

    def __call__(self, levels: Floats) -> Floats:
        """Change one column."""
        ...


@dataclass(frozen=True, slots=True)
class Levels:
    """No change."""

    def __call__(self, levels: Floats) -> Floats:
        """The column itself."""
        return levels


@dataclass(frozen=True, slots=True, eq=False)
class Differences:
    """A row minus an earlier row of the same city."""

    later: Integers
    """Later rows, shape (m,)."""
    earlier: Integers
    """Earlier rows, shape (m,)."""

    def __call__(self, levels: Floats) -> Floats:
        """Later minus earlier."""
        return np.asarray(levels[self.later] - levels[self.earlier], dtype=np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class Deviations:
    """A row minus its city's mean over the sample."""

    city: Integers
    """City of every row of the sample, shape (n,)."""
    rows: Integers
    """Rows kept, shape (m,)."""

    def __call__(self, levels: Floats) -> Floats:
        """Value minus city mean."""
        means = city_means(self.city, levels)
        return np.asarray(levels[self.rows] - means[self.rows], dtype=np.float64)


def city_means(city: Integers, values: Floats) -> Floats:
    """The mean over a row's city, shape (n,).

    Parameters
    ----------
    city : int64 array, shape (n,)
        0 or more; numbers may be skipped.
    values : float array, shape (n,)
    """
    counts = np.maximum(np.bincount(city), 1)
    means: Floats = (np.bincount(city, weights=values) / counts)[city]
    return means
