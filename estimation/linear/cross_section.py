"""Least squares on a plain cross-section: a constant in the place of city and year effects."""

import numpy as np

from estimation.inference.clustered import heteroskedastic, one_way
from estimation.linear.fixed_effects import (
    CITY,
    CITY_CRV3,
    ROBUST,
    Final,
    LinearModel,
    PanelFit,
    is_rounding,
    left_variances,
    scaled,
)
from estimation.linear.jackknife import jackknife_covariance
from estimation.linear.partialling import RANK_TOLERANCE, left_after
from estimation.samples.sample import Floats, Integers
from geo.errors import SampleError

EFFECTS = "none: a plain cross-section, with a constant"


def fit_cross_section(model: LinearModel, clusters: Integers) -> PanelFit:
    """Least squares of an outcome on terms, controls and a constant.

    Parameters
    ----------
    model : LinearModel
        n rows, k terms, p controls; city, year, province and instruments are not used.
    clusters : int64 array, shape (n,)
        0 or more.

    Returns
    -------
    PanelFit
        ``robust`` errors are HC1; those under ``city`` are clustered by ``clusters`` (CRV1 with
        ``G / (G - 1) (n - 1) / (n - parameters)``).

    Raises
    ------
    SampleError
        Constant and controls determine a term.
    """
    pairs = [scaled(column) for column in (model.outcome, *model.terms.T)]
    y, V = pairs[0][0], np.column_stack([column for column, _ in pairs[1:]])
    others, collinear = _others(model)
    left = left_after(np.column_stack([y, V]), others).values
    for name, column, before in zip(model.term_names, left.T[1:], V.T, strict=True):
        if not np.linalg.norm(column) > RANK_TOLERANCE * np.linalg.norm(before):
            raise SampleError(
                f"{model.label}, {name}",
                expected="variation left after controls",
                found="none: constant and controls determine it",
                hint="name another treatment, or remove the control that determines it",
            )
    k = V.shape[1]
    units = np.array([pairs[0][1] / unit for _, unit in pairs[1:]])
    X = np.hstack([V, others])
    n, parameters = X.shape
    robust = heteroskedastic(left[:, 0], left[:, 1:])
    by_cluster = one_way(left[:, 0], left[:, 1:], None, clusters)
    third = jackknife_covariance(y, X, X, clusters=clusters, wanted=k)
    count = int(np.unique(clusters).size)
    scale = np.outer(units, units)
    return PanelFit(
        names=model.term_names,
        theta=units * robust.theta,
        covariances={
            ROBUST: scale * robust.matrix * n / (n - parameters),
            CITY: scale * by_cluster.matrix * (n - 1) / (n - parameters),
            CITY_CRV3: scale * third,
        },
        clusters={ROBUST: n, CITY: count, CITY_CRV3: count},
        left_variance=left_variances(X, k) * np.array([unit**2 for _, unit in pairs[1:]]),
        n=n,
        n_cities=count,
        lost_rows=0,
        collinear=collinear,
        final=Final(
            y, X, None, units, {CITY: clusters}, is_rounding(left_after(y[:, None], X).values, y)
        ),
    )


def _others(model: LinearModel) -> tuple[Floats, tuple[str, ...]]:
    """A constant and the controls that it and those before them do not determine."""
    others = np.ones((model.outcome.size, 1))
    collinear = []
    for name, column in zip(model.control_names, model.controls.T, strict=True):
        values = scaled(column)[0][:, None]
        left = left_after(values, others).values
        if np.linalg.norm(left) > RANK_TOLERANCE * np.linalg.norm(values):
            others = np.hstack([others, values])
        else:
            collinear.append(name)
    return others, tuple(collinear)
