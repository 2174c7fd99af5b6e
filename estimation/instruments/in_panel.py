"""An instrumented regression in a panel: its effects taken out with the controls."""

from dataclasses import KW_ONLY, dataclass

import numpy as np
from numpy.typing import NDArray

from estimation.instruments.partialled import Partialled, check_left
from estimation.linear.partialling import left_after
from estimation.linear.small_sample import parameters
from estimation.linear.within import absorber, in_company
from estimation.samples.sample import Floats, Integers


@dataclass(frozen=True, slots=True, eq=False)
class PanelRows:
    """What is taken out: the effects of each row, and its controls."""

    city: Integers
    """Shape (n,), 0 or more."""
    year: Integers
    """Shape (n,)."""
    controls: Floats
    """Shape (n, p)."""
    _: KW_ONLY
    effects: tuple[Integers, ...] | None = None
    """Level of each row in each effect, shape (n,) each; None for effects of city and year."""
    clusters: tuple[Integers, ...] | None = None
    """Ways to cluster, shape (n,) each: effects nested in them count for nothing in the errors;
    None for the city."""

    @property
    def absorbed(self) -> tuple[Integers, ...]:
        """The effects that are taken out."""
        return (self.city, self.year) if self.effects is None else self.effects

    @property
    def ways(self) -> tuple[Integers, ...]:
        """The ways to cluster."""
        return (self.city,) if self.clusters is None else self.clusters

    def take(self, rows: NDArray[np.bool_] | Integers) -> "PanelRows":
        """Some of the rows."""
        return PanelRows(
            self.city[rows],
            self.year[rows],
            self.controls[rows],
            effects=tuple(one[rows] for one in self.absorbed),
            clusters=tuple(one[rows] for one in self.ways),
        )

    def in_company(self) -> NDArray[np.bool_]:
        """Rows that are not alone in a level of an effect, shape (n,)."""
        return in_company(self.absorbed, n=self.city.size)


def in_panel(
    outcome: Floats,
    treatment: Floats,
    instruments: Floats,
    rows: PanelRows,
    *,
    names: tuple[str, ...] = (),
    where: str,
) -> Partialled:
    """Outcome, treatment and instruments with effects and controls taken out.

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
    out = absorber(rows.absorbed, n=outcome.size, where=where)
    left = left_after(out.left(columns), out.left(rows.controls))
    each = names or tuple(f"instrument {place + 1}" for place in range(instruments.shape[1]))
    check_left(left.values[:, 1:], columns[:, 1:], ["the treatment", *each], where=where)
    values = left.values
    # A constant is not counted here, but in the errors' own factors.
    slopes = parameters(left.rank, rows.absorbed, rows.ways) - 1
    return Partialled(values[:, 0], values[:, 1], values[:, 2:], np.ones(outcome.size), slopes)
