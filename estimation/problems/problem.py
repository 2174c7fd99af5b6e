"""What cross-fitting sees: a sample's terms and outcome after a transform."""

from dataclasses import dataclass

import numpy as np

from estimation.designs import Design
from estimation.instruments.keys import instruments_of
from estimation.problems.terms import Terms
from estimation.problems.transforms import Transformed
from estimation.samples.sample import Floats, Integers, Sample


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """Arrays of a partially linear model: y on D, or on D by Z, given X."""

    y: Floats
    """Outcome, shape (n,)."""
    D: Floats
    """Treatment terms, shape (n, k)."""
    Z: Floats | None
    """Instruments, one for each term, shape (n, k); None without."""
    X: Floats
    """Features, shape (n, p)."""
    terms: Terms
    """The terms by name, and their scalings."""
    clusters: Integers
    """City of each row, shape (n,): the sample's positions."""
    groupings: Integers
    """Cluster of each row, one column for each way to cluster, shape (n, c)."""
    rows: Integers
    """Row of the sample each row stands for, shape (n,)."""
    centred: bool
    """Whether predictions of terms and instruments are moved to their city means."""
    where: str
    """Whose problem it is, for errors."""


def pose(
    sample: Sample, transformed: Transformed, terms: Terms, design: Design, *, where: str
) -> Problem:
    """Apply a transform to outcome, terms and instrument.

    Parameters
    ----------
    sample : Sample
    transformed : Transformed
        The sample's own.
    terms : Terms
        In levels, over the sample's rows.
    design : Design
    where : str

    Returns
    -------
    Problem
    """
    change = transformed.change
    Z = None
    named = instruments_of(design)
    if len(named) == 1:  # several are for linear fixed effects, which take them in levels
        Z = change(sample.column(named[0]))[:, None]
    return Problem(
        y=change(sample.outcome),
        D=np.column_stack([change(column) for column in terms.levels.T]),
        Z=Z,
        X=transformed.X,
        terms=terms,
        clusters=transformed.clusters,
        groupings=sample.groupings[transformed.rows],
        rows=transformed.rows,
        centred=transformed.centred,
        where=where,
    )
