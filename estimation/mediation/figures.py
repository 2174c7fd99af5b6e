"""What mediation tells, as one row of figures for each draw."""

from dataclasses import dataclass

import numpy as np

from estimation.mediation.paths import Paths
from estimation.samples.sample import Floats

TOTAL, DIRECT, ALL = 0, 1, 2
"""Columns of the total effect, the direct one and the sum of the indirect ones."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Where each figure stands, for J mediators."""

    J: int
    """Mediators."""

    @property
    def indirect(self) -> slice:
        """Effects through each mediator."""
        return slice(3, 3 + self.J)

    @property
    def to_mediator(self) -> slice:
        """Paths from the treatment to each mediator."""
        return slice(3 + self.J, 3 + 2 * self.J)

    @property
    def to_outcome(self) -> slice:
        """Paths from each mediator to the outcome."""
        return slice(3 + 2 * self.J, 3 + 3 * self.J)

    @property
    def size(self) -> int:
        """Figures of a draw."""
        return 3 + 3 * self.J


def figures_of(paths: Paths) -> Floats:
    """Total, direct and indirect effects and the paths behind them.

    Parameters
    ----------
    paths : Paths
        D draws, J mediators.

    Returns
    -------
    float array, shape (D, 3 + 3 J)
        In the order of :class:`Layout`. The direct effect is the total less the indirect ones,
        which in the linear system is the treatment's coefficient beside the mediators.
    """
    through = paths.indirect
    together = through.sum(axis=1)
    head = np.column_stack([paths.total, paths.total - together, together])
    return np.hstack([head, through, paths.a, paths.b])


def shares_of(figures: Floats, layout: Layout) -> Floats:
    """Indirect effects over the total: all of them, then each, shape (D, 1 + J)."""
    parts = np.column_stack([figures[:, ALL], figures[:, layout.indirect]])
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(parts / figures[:, [TOTAL]], dtype=np.float64)
