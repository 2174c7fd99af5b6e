"""Linear instrumental variables with city and year effects.

There are as many instruments as terms, or more for one term. Everything but terms and instruments
is partialled out, which leaves the estimate as it is (Frisch, Waugh and Lovell); errors have the
small-sample factors of pyfixest, which is not used here because it takes one instrumented term.
"""

import numpy as np

from estimation.instruments.two_stage import instrument_basis
from estimation.linear.fixed_effects import (
    CITY,
    CITY_AND_YEAR,
    CRV3_OF,
    PROVINCE,
    ROBUST,
    Final,
    LinearModel,
    PanelFit,
    cluster_counts,
    left_variances,
    nothing_left,
    one_way_clusters,
    scaled,
    usable,
)
from estimation.linear.jackknife import jackknife_covariance
from estimation.linear.partialling import RANK_TOLERANCE, demeaned, left_after, year_dummies
from estimation.rounding import is_rounding
from estimation.samples.sample import Floats, Integers
from geo.errors import SampleError


def fit_instrumented(model: LinearModel) -> PanelFit:
    """Two-stage least squares: ``W'(u - V theta) = 0`` with effects taken out.

    W are the instruments; of several for one term it is the term as they predict it, which CRV3 and
    the wild bootstrap hold fixed.

    Parameters
    ----------
    model : LinearModel
        n rows, k terms, k instruments, or K for one term; every term is instrumented, the controls
        are exogenous.

    Returns
    -------
    PanelFit
        ``first_stage`` is each term's F of all instruments, clustered by city. With several
        terms it is no test that they are identified together.

    Raises
    ------
    SampleError
        There are not as many instruments as terms, the instruments do not tell the terms apart
        after effects and controls or say the same, or no row is left.
    """
    used = usable(model)
    y, y_unit = scaled(used.outcome)
    terms, units = _scaled_columns(used.terms)
    instruments, _ = _scaled_columns(_instruments(used))
    others, collinear = _others(used)
    k = terms.shape[1]
    columns = demeaned(np.column_stack([y, terms, instruments]), used.city)
    left = left_after(columns, others).values
    u, V, Z = left[:, 0], left[:, 1 : 1 + k], left[:, 1 + k :]
    _check_identified(used, V, Z, before=columns[:, 1:])
    W, with_effects = Z, columns[:, 1 + k :]
    if Z.shape[1] > k:
        basis = instrument_basis(Z, where=used.label)
        W = with_effects = basis @ (basis.T @ V)
    bread = np.linalg.inv(W.T @ V)
    theta = bread @ (W.T @ u)
    meats = _meats(used, W * (u - V @ theta)[:, None], slopes=others.shape[1] + k)
    covariances = {errors: bread @ meat @ bread.T for errors, meat in meats.items()}
    clusters = one_way_clusters(used)
    for errors, ids in clusters.items():
        covariances[CRV3_OF[errors]] = jackknife_covariance(
            columns[:, 0],
            np.hstack([columns[:, 1 : 1 + k], others]),
            np.hstack([with_effects, others]),
            clusters=ids,
            wanted=k,
        )
    unit = y_unit / units
    return PanelFit(
        names=used.term_names,
        theta=unit * theta,
        covariances={errors: np.outer(unit, unit) * one for errors, one in covariances.items()},
        clusters=cluster_counts(used),
        left_variance=units**2 * left_variances(np.hstack([columns[:, 1 : 1 + k], others]), k),
        n=u.size,
        n_cities=int(np.unique(used.city).size),
        lost_rows=model.outcome.size - u.size,
        collinear=collinear,
        final=Final(u, V, W, unit, clusters, bool(is_rounding(u - V @ theta, y))),
        first_stage=_first_stage(used, V, Z, slopes=others.shape[1] + Z.shape[1]),
    )


def _instruments(model: LinearModel) -> Floats:
    terms = model.terms.shape[1]
    given = 0 if model.instruments is None else model.instruments.shape[1]
    if model.instruments is not None and (given == terms or (terms == 1 and given > 1)):
        return model.instruments
    raise SampleError(
        f"{model.label}, instruments",
        expected=f"as many instruments as terms ({terms})",
        found=str(given),
        hint="name one instrument for each term",
    )


def _scaled_columns(columns: Floats) -> tuple[Floats, Floats]:
    pairs = [scaled(column) for column in columns.T]
    return np.column_stack([values for values, _ in pairs]), np.array([unit for _, unit in pairs])


def _others(model: LinearModel) -> tuple[Floats, tuple[str, ...]]:
    """Independent years and controls, city effects taken out; names of the controls left out."""
    others = demeaned(year_dummies(model.year), model.city)
    others = others[:, np.linalg.norm(others, axis=0) > 0]
    collinear = []
    for name, column in zip(model.control_names, model.controls.T, strict=True):
        values = demeaned(scaled(column)[0][:, None], model.city)
        left = left_after(values, others).values
        if np.linalg.norm(left) > RANK_TOLERANCE * np.linalg.norm(scaled(column)[0]):
            others = np.hstack([others, values])
        else:
            collinear.append(name)
    return others, tuple(collinear)


def _check_identified(model: LinearModel, V: Floats, Z: Floats, *, before: Floats) -> None:
    """Refuse terms and instruments of which nothing is left, or too little in common."""
    each = [f"instrument of {name}" for name in model.term_names]
    if Z.shape[1] > len(each):
        each = [f"instrument {place + 1} of {model.term_names[0]}" for place in range(Z.shape[1])]
    names = (*model.term_names, *each)
    left = np.linalg.norm(np.hstack([V, Z]), axis=0)
    for name, size, whole in zip(names, left, np.linalg.norm(before, axis=0), strict=True):
        if not size > RANK_TOLERANCE * whole:
            raise nothing_left(model.label, name, "none: effects and controls determine it")
    k = V.shape[1]
    common = (Z / left[k:]).T @ (V / left[:k])
    if not np.linalg.svd(common, compute_uv=False)[-1] > RANK_TOLERANCE:
        raise SampleError(
            f"{model.label}, instruments",
            expected="instruments that move each term on its own",
            found="none that does after effects and controls",
            hint="name other instruments",
        )


def _meats(model: LinearModel, scores: Floats, *, slopes: int) -> dict[str, Floats]:
    """Sums of products of summed scores, with pyfixest's small-sample factors.

    City effects are counted for errors that are not clustered, and not where they are nested in
    the clusters.
    """
    n, cities = model.city.size, np.unique(model.city).size
    rest = (n - 1) / (n - slopes - 1)
    rows = scores.T @ scores
    by_city, by_year = _summed(scores, model.city), _summed(scores, model.year)
    fewer = min(cities, np.unique(model.year).size)
    meats = {ROBUST: n / (n - slopes - cities) * rows, CITY: rest * _fair(cities) * by_city}
    if model.province is not None:
        provinces = np.unique(model.province).size
        meats[PROVINCE] = rest * _fair(provinces) * _summed(scores, model.province)
    meats[CITY_AND_YEAR] = rest * _fair(fewer) * (by_city + by_year - rows)
    return meats


def _fair(clusters: int) -> float:
    return clusters / (clusters - 1)


def _summed(scores: Floats, clusters: Integers) -> Floats:
    _, place = np.unique(clusters, return_inverse=True)
    sums = np.zeros((int(place.max()) + 1, scores.shape[1]))
    np.add.at(sums, place, scores)
    return sums.T @ sums


def _first_stage(model: LinearModel, V: Floats, W: Floats, *, slopes: int) -> Floats:
    """Wald F of all instruments in each term's regression on them, clustered by city."""
    bread = np.linalg.inv(W.T @ W)
    found = []
    for v in V.T:
        slope = bread @ (W.T @ v)
        meat = _meats(model, W * (v - W @ slope)[:, None], slopes=slopes)[CITY]
        found.append(slope @ np.linalg.solve(bread @ meat @ bread, slope) / slope.size)
    return np.array(found)
