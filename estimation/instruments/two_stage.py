"""Two-stage least squares of one treatment, and whether several instruments agree."""

from dataclasses import dataclass

import numpy as np
from scipy.special import chdtrc

from estimation.inference.moments import SINGULAR
from estimation.instruments.partialled import Partialled
from estimation.instruments.predicted import instrument_basis, predicted
from estimation.instruments.scores import clustered_meat, fewest
from estimation.linear.sandwich import solved
from estimation.samples.sample import Floats, Integers
from geo.errors import SampleError


@dataclass(frozen=True, slots=True, eq=False)
class TwoStage:
    """An effect by two-stage least squares."""

    theta: float
    """The effect."""
    std_error: float
    """Its standard error."""
    residuals: Floats
    """Of the outcome, rows scaled by their weights, shape (n,)."""
    projected: Floats
    """The treatment as the instruments predict it, shape (n,)."""


@dataclass(frozen=True, slots=True)
class OverIdentification:
    """Hansen's test that all instruments lead to one effect."""

    statistic: float
    """J, chi squared with ``df`` degrees of freedom."""
    df: int
    """Instruments less one."""
    p_value: float
    """Of the null that every instrument is valid."""


def two_stage(
    p: Partialled,
    groupings: Integers | None = None,
    *,
    factor: bool = True,
    where: str = "two-stage least squares",
) -> TwoStage:
    """The effect by two-stage least squares, with a sandwich error.

    Parameters
    ----------
    p : Partialled
        n rows, K instruments, 1 or more.
    groupings : int64 array or None
        As in :func:`estimation.instruments.scores.clustered_meat`; robust if None.
    factor : bool
        Small-sample factors of :func:`estimation.instruments.scores.clustered_meat`, or none.
    where : str
        What an error names.

    Returns
    -------
    TwoStage

    Raises
    ------
    SampleError
        Instruments say the same, none moves the treatment, or two ways to cluster leave a negative
        variance.
    """
    W = predicted(p.x[:, None], p.Z, where=where)
    if not float(W[:, 0] @ p.x) > SINGULAR * float(p.x @ p.x):
        raise SampleError(
            where,
            expected="instruments that move the treatment",
            found="none that does after controls and effects",
            hint="name other instruments",
        )
    fit = solved(p.y, p.x[:, None], W)
    slopes = p.slopes + 1 if factor else None
    inner = clustered_meat(fit.scores, groupings, slopes=slopes, where=where)
    variance = float((fit.bread @ inner @ fit.bread.T)[0, 0])
    return TwoStage(float(fit.theta[0]), float(np.sqrt(variance)), fit.residual, W[:, 0])


def over_identification(
    p: Partialled, groupings: Integers | None = None, *, where: str = "over-identification"
) -> OverIdentification:
    """Hansen's (1982) J of two-step efficient GMM, weighted by the first step's clustered scores.

    The first step is two-stage least squares. No small-sample factor, as ``ivreg2`` has it.

    Parameters
    ----------
    p : Partialled
        K instruments, 2 or more.
    groupings : int64 array or None
        As in :func:`estimation.instruments.scores.clustered_meat`.
    where : str
        What an error names.

    Returns
    -------
    OverIdentification

    Raises
    ------
    SampleError
        There is one instrument, instruments say the same, clusters are no more than they, or two
        ways to cluster leave a negative variance.
    """
    count = p.Z.shape[1]
    if count < 2 or fewest(groupings, p.y.size) <= count:
        raise SampleError(
            where,
            expected="two instruments or more, and more clusters than instruments",
            found=f"{count} instruments and {fewest(groupings, p.y.size)} clusters",
            hint="leave the test out, or cluster by something smaller",
        )
    basis = instrument_basis(p.Z, where=where)
    first = two_stage(p, groupings, where=where)
    scores = basis * first.residuals[:, None]
    weight = np.linalg.inv(clustered_meat(scores, groupings, where=where))
    moved, moments = basis.T @ p.x, basis.T @ p.y
    theta = (moved @ weight @ moments) / (moved @ weight @ moved)
    left = moments - theta * moved
    statistic = float(left @ weight @ left)
    return OverIdentification(statistic, count - 1, float(chdtrc(count - 1, statistic)))
