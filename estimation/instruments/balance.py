"""Do shares or exposure go with what cities were before? Tests of what a design claims.

An exposure that is as good as random does not predict trends by what cities were like at first, nor
the outcome of years before it (Borusyak, Hull and Jaravel 2022, section 4.2). Shares that are as
good as random do not go with it either (Goldsmith-Pinkham, Sorkin and Swift 2020, section IV).
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import fdtrc

from estimation.inference.intervals import interval
from estimation.instruments.akm import akm
from estimation.instruments.partialled import Partialled
from estimation.instruments.scores import clustered_meat, fewest
from estimation.linear.partialling import left_after
from estimation.linear.sandwich import solved, wald_f
from estimation.samples.sample import Floats, Integers
from geo.errors import SampleError


@dataclass(frozen=True, slots=True)
class Slope:
    """One coefficient and how sure it is."""

    value: float
    """The coefficient."""
    std_error: float
    """Its standard error."""
    p_value: float
    """Two-sided."""
    errors: str
    """``AKM``, or ``clustered`` where AKM cannot be had."""


@dataclass(frozen=True, slots=True)
class Joint:
    """A test that several coefficients are zero."""

    statistic: float
    """F."""
    q: int
    """Coefficients."""
    df: float
    """Degrees of freedom of the denominator."""
    p_value: float
    """Of the null that all are zero."""


def exposure_slope(
    target: Partialled, shares: Floats, clusters: Integers, groupings: Integers, *, where: str
) -> Slope:
    """The exposure's coefficient on what it should not predict, with AKM errors where they are.

    Parameters
    ----------
    target : Partialled
        Its outcome is what should not be predicted; treatment and instrument are the exposure.
    shares : float array, shape (n, S)
        A column for each shock.
    clusters : int64 array, shape (S,)
        Clusters of shocks.
    groupings : int64 array, shape (n, 1) or (n, 2)
        Clusters of rows, where AKM has more shocks than rows or shares that determine each other.
    where : str
        What an error names.

    Returns
    -------
    Slope
    """
    try:
        found = akm(target, shares, clusters, where=where)
    except SampleError:
        fit = solved(target.y, target.Z, target.Z)
        inner = clustered_meat(fit.scores, groupings, slopes=target.slopes + 1, where=where)
        theta, std_error = float(fit.theta[0]), float(np.sqrt(inner[0, 0]) * fit.bread[0, 0])
        df = fewest(groupings, target.y.size) - 1
        return Slope(theta, std_error, interval(theta, std_error, df=df)[1], "clustered")
    return Slope(found.theta, found.std_error, found.p_value, "AKM")


def joint_slopes(
    values: Floats, characteristics: Floats, *, weights: Floats | None = None, where: str
) -> Joint:
    """Whether characteristics of cities predict a share, across cities, robust errors (HC1).

    Parameters
    ----------
    values : float array, shape (C,)
        The share.
    characteristics : float array, shape (C, q)
    weights : float array, shape (C,), optional
        Weights of the cities.
    where : str
        What an error names.

    Returns
    -------
    Joint

    Raises
    ------
    SampleError
        Fewer cities than coefficients, or characteristics that determine each other.
    """
    count, q = characteristics.shape
    scale = np.ones(count) if weights is None else np.sqrt(weights)
    # Slopes' test does not know units: columns of one spread keep the solution exact.
    spread = np.std(characteristics, axis=0)
    columns = np.column_stack([values, characteristics / np.where(spread > 0, spread, 1.0)])
    left = left_after(columns * scale[:, None], scale[:, None]).values
    y, X = left[:, 0], left[:, 1:]
    products = X.T @ X
    if count <= q + 1 or not np.linalg.eigvalsh(products)[0] > 1e-10 * np.trace(products):
        raise SampleError(
            where,
            expected="more cities than characteristics, none a linear function of others",
            found=f"{count} cities and {q} characteristics",
            hint="name fewer of them in balance",
        )
    fit = solved(y, X, X)
    statistic = wald_f(
        fit.theta, fit.bread @ clustered_meat(fit.scores, None, slopes=q) @ fit.bread
    )
    df = float(count - q - 1)
    return Joint(statistic, q, df, float(fdtrc(q, df, statistic)))
