"""An instrumented regression in a panel: city and year effects taken out with the controls."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from estimation.instruments.partialled import Partialled, check_left
from estimation.linear.partialling import demeaned, left_after, year_dummies
from estimation.samples.sample import Floats, Integers


@dataclass(frozen=True, slots=True, eq=False)
class PanelRows:
    """What is taken out: the city and year of each row, and its controls."""

    city: Integers
    """Shape (n,), 0 or more."""
    year: Integers
    """Shape (n,)."""
    controls: Floats
    """Shape (n, p)."""

    def take(self, rows: NDArray[np.bool_]) -> "PanelRows":
        """Some of the rows."""
        return PanelRows(self.city[rows], self.year[rows], self.controls[rows])


def in_panel(
    outcome: Floats,
    treatment: Floats,
    instruments: Floats,
    rows: PanelRows,
    *,
    names: tuple[str, ...] = (),
    where: str,
) -> Partialled:
    """Outcome, treatment and instruments with city and year effects and controls taken out.

    Parameters
    ----------
    outcome, treatment : float array, shape (n,)
    instruments : float array, shape (n, K)
    rows : PanelRows
    names : tuple of str
        The instruments' names, for errors.
    where : str
        What an error names.

    Returns
    -------
    Partialled
        Rows weigh the same.

    Raises
    ------
    SampleError
        Effects and controls determine the treatment or an instrument.
    """
    columns = np.column_stack([outcome, treatment, instruments])
    others = np.column_stack([year_dummies(rows.year), rows.controls])
    left = left_after(demeaned(columns, rows.city), demeaned(others, rows.city))
    each = names or tuple(f"instrument {place + 1}" for place in range(instruments.shape[1]))
    check_left(left.values[:, 1:], columns[:, 1:], ["the treatment", *each], where=where)
    values = left.values
    return Partialled(values[:, 0], values[:, 1], values[:, 2:], np.ones(outcome.size), left.rank)
