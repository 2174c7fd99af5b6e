"""What city and year effects leave of a moderator, and the treatment's effect along it."""

import numpy as np

from estimation.designs import Design
from estimation.problems.changes import city_means
from estimation.problems.terms import slope_terms
from estimation.samples.sample import Floats, Sample
from geo.errors import SampleError

NOTHING = 1e-10
"""Share of a variance that is rounding."""

LITTLE = 0.01
"""Share of its variance below which a moderator has little left."""


def share_left(sample: Sample, values: Floats) -> float:
    """Share of a variable's variance that city and year effects leave.

    Parameters
    ----------
    sample : Sample
        n rows.
    values : float array, shape (n,)
        In levels, not constant.

    Returns
    -------
    float
        From 0 to 1: least squares on a dummy for every city and year.
    """
    years = (sample.year[:, None] == np.unique(sample.year)[1:]).astype(np.float64)
    columns = [values - values.mean(), *years.T]
    whole = float(np.sum(columns[0] ** 2))
    own, *dummies = (column - city_means(sample.city, column) for column in columns)
    if dummies:
        made = np.column_stack(dummies)
        own = own - made @ np.linalg.lstsq(made, own, rcond=None)[0]
    return float(np.sum(own**2)) / whole


def check_moderator(sample: Sample, design: Design) -> None:
    """Refuse a moderator that city and year effects determine.

    Parameters
    ----------
    sample : Sample
    design : Design
        Without a moderator nothing is checked.

    Raises
    ------
    SampleError
        It is fixed in each city, the same in all cities, or the sum of the two.
    """
    if design.moderator is None:
        return
    values = sample.column(design.moderator)
    if np.ptp(values) > 0 and share_left(sample, values) < NOTHING:
        raise SampleError(
            f"{sample.label}, moderator '{design.moderator}'",
            expected="a moderator that varies beyond city and year effects",
            found="none of its variance left: cities and years determine it",
            hint="use groups of periods for what changes with the years, and project_on, along or "
            "groups for what is fixed in a city",
        )


def effects_along(sample: Sample, design: Design, at: Floats) -> Floats:
    """Combinations that give the treatment's effect at values of the moderator.

    The product's effect is per unit of both, and the treatment's own is at the moderator's mean.

    Parameters
    ----------
    sample : Sample
        Where the mean is taken.
    design : Design
        With a moderator.
    at : float array, shape (m,)
        In the moderator's own units.

    Returns
    -------
    float array, shape (m, k)
        For the effects of all terms, in the order of
        :func:`estimation.problems.terms.treatment_terms`.
    """
    if design.moderator is None:
        return np.empty((at.size, 0))
    L = np.zeros((at.size, len(design.treatments) + len(slope_terms(sample, design)) + 2))
    L[:, 0] = 1.0
    L[:, -2] = at - sample.column(design.moderator).mean()
    return L
