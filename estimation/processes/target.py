"""Which average of the effects an estimator aims at, were both of its nuisance functions known.

A partially linear model with one coefficient recovers, where effects differ, an average weighted by
what the treatment's own noise contributes. With ``v_i`` the noise of city ``i`` in its years, of
covariance ``Omega_i``, and ``P_i`` the matrix that takes the city's effect out, the limit is::

    sum_i E[(P_i v_i)' (theta_i v_i)] / sum_i E[v_i' P_i v_i]  =  sum w theta / sum w,
    w_it = (P_i Omega_i)_tt

a weighted average of the city-years' effects with known weights, none of them negative where the
noise is independent over years.
"""

from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from estimation.processes.noise import Floats
from estimation.processes.spec import ProcessSpec

Contrast = Literal["levels", "within", "difference"]
"""What an estimator leaves of a city's years: all of it (city effects known or learned), what
differs from the city's mean, or what changes from one year to the next."""


def target_average(panel: pd.DataFrame, spec: ProcessSpec, contrast: Contrast) -> float:
    """The weighted average of the panel's true effects that a contrast aims at.

    Parameters
    ----------
    panel : pandas.DataFrame
        As drawn by :func:`estimation.processes.draw.draw_panel`.
    spec : ProcessSpec
        The process it was drawn from.
    contrast : {'levels', 'within', 'difference'}

    Returns
    -------
    float
    """
    weights = target_weights(panel, spec, contrast)
    return float(np.average(panel["true_effect"].to_numpy(), weights=weights))


def target_weights(panel: pd.DataFrame, spec: ProcessSpec, contrast: Contrast) -> Floats:
    """The weight of each row in what a contrast aims at.

    Parameters
    ----------
    panel, spec, contrast
        As for :func:`target_average`.

    Returns
    -------
    float array, shape (n,)
        0 for a ``within`` city of one year and for a ``difference`` row without neighbouring years.
    """
    sd = panel["true_noise_sd"].to_numpy()
    year = panel["year"].to_numpy()
    weights = np.empty(len(panel))
    for rows in panel.groupby("city_id", sort=False).indices.values():
        apart = np.abs(year[rows][:, None] - year[rows][None, :])
        covariance = np.outer(sd[rows], sd[rows]) * spec.treatment_persistence**apart
        weights[rows] = np.sum(_projection(year[rows], contrast) * covariance, axis=1)
    return weights


def _projection(year: NDArray[np.int64], contrast: Contrast) -> Floats:
    """``P`` of one city: symmetric, of the sum of squares that the contrast leaves."""
    if contrast == "levels":
        return np.eye(year.size)
    if contrast == "within":
        return np.eye(year.size) - 1.0 / year.size
    steps = np.flatnonzero(np.diff(year) == 1)
    change = np.zeros((steps.size, year.size))
    change[np.arange(steps.size), steps] = -1.0
    change[np.arange(steps.size), steps + 1] = 1.0
    return np.asarray(change.T @ change, dtype=np.float64)
