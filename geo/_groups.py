"""Sums inside groups of neighbouring rows, none of which depends on another group's numbers."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Groups:
    """Rows cut into consecutive groups; a group may be empty."""

    of_row: Integers
    """The group of each row, not decreasing, shape (n_rows,)."""
    size: Integers
    """Rows of each group, shape (n_groups,)."""
    start: Integers
    """First row of each group, shape (n_groups,); of an empty group, the next group's."""

    def sums(self, values: Floats) -> Floats:
        """Sums over each group, terms added one by one in row order; 0 for an empty group."""
        sums = np.bincount(self.of_row, weights=values, minlength=len(self.size))
        return sums.astype(np.float64, copy=False)

    def counts(self, which: NDArray[np.bool_]) -> Integers:
        """How many rows of each group are flagged."""
        return np.bincount(self.of_row[which], minlength=len(self.size)).astype(np.int64)

    def running_sums(self, values: Floats) -> Floats:
        """Inclusive running sums that restart with each group, shape (n_rows,).

        A running sum over all rows less its value at each group's start would be cheaper, but would
        carry the rounding of the groups before.
        """
        sums = values.copy()
        by_size = np.argsort(-self.size, kind="stable")
        start, size = self.start[by_size], self.size[by_size]
        for rank in range(1, int(size[0]) if size.size else 0):
            row = start[: np.searchsorted(-size, -rank)] + rank
            sums[row] += sums[row - 1]
        return sums


def group_rows(of_row: Integers, n_groups: int) -> Groups:
    """Groups from each row's group number, which must not decrease."""
    size = np.bincount(of_row, minlength=n_groups).astype(np.int64)
    return Groups(of_row=of_row, size=size, start=np.cumsum(size) - size)
