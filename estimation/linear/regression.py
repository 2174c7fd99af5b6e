"""Linear regressions with any effects, clusters and errors, by the within transform of this room.

Everything but the terms is partialled out, effects first (Frisch, Waugh and Lovell), so that all
errors follow from what is left. The common design, effects of cities and years without instruments,
goes through pyfixest (:mod:`estimation.linear.fixed_effects`); tests hold the two to each other and
to pyfixest's own effects to 1e-10.
"""

from dataclasses import dataclass, field

import numpy as np

from estimation.inference.few_clusters import are_few
from estimation.linear.driscoll_kraay import driscoll_kraay_meat
from estimation.linear.fixed_effects import (
    CITY,
    CRV3_OF,
    ROBUST,
    Final,
    PanelFit,
    left_variances,
    scaled,
)
from estimation.linear.jackknife import jackknife_covariance
from estimation.linear.partialling import RANK_TOLERANCE
from estimation.linear.residualised import Regression, Residualised, residualised
from estimation.linear.sandwich import Solved, meat, solved, wald_f
from estimation.linear.small_sample import cluster_factor, parameters, robust_factor
from estimation.linear.within import absorber, nested
from estimation.rounding import is_rounding
from estimation.samples.sample import Floats
from geo.errors import SampleError

DRISCOLL_KRAAY = "driscoll_kraay"

MOST_REGRESSORS = 300
"""Terms, controls and dummies of effects across clusters, above which nothing is jackknifed."""


@dataclass(frozen=True, slots=True, eq=False)
class _Sums:
    """Covariances by name, the clusters of each, and what could not be had."""

    covariances: dict[str, Floats] = field(default_factory=dict)
    clusters: dict[str, int] = field(default_factory=dict)


def clustered_name(ways: tuple[str, ...]) -> str:
    """The name of errors clustered in some ways."""
    return "city and year" if frozenset(ways) == {"city", "year"} else "+".join(ways)


def third_name(ways: tuple[str, ...]) -> str:
    """The name of the jackknife by some clusters."""
    return CRV3_OF.get(clustered_name(ways), f"{clustered_name(ways)} CRV3")


def fit_regression(model: Regression) -> PanelFit:
    """Least squares, or two-stage least squares, with any effects.

    Parameters
    ----------
    model : Regression
        n rows, k terms.

    Returns
    -------
    PanelFit
        Covariances ``robust``, by city, clustered as asked, CRV3 by one way where clusters are few
        or it is asked for, and Driscoll and Kraay's where a lag is given.

    Raises
    ------
    SampleError
        Effects, controls and other terms determine a term, or no row is left.
    """
    left = residualised(model)
    V = left.V
    fit = solved(left.u, V, V if left.W is None else left.W)
    made = _covariances(left, fit, slopes=left.slopes)
    across = _across(left) if _few(left.model) else None
    notes = (across,) if isinstance(across, str) else ()
    whole = across if isinstance(across, _Across) else None
    if whole is not None:
        ((name, clusters),) = left.model.clusters.items()
        made.covariances[third_name((name,))] = jackknife_covariance(
            whole.y, whole.X, whole.Z, clusters=clusters, wanted=V.shape[1]
        )
        made.clusters[third_name((name,))] = made.clusters[clustered_name((name,))]
    unit = left.y_unit / left.units
    determined = bool(is_rounding(fit.residual, scaled(left.model.outcome)[0]))
    return PanelFit(
        names=model.term_names,
        theta=unit * fit.theta,
        covariances={name: np.outer(unit, unit) * one for name, one in made.covariances.items()},
        clusters=made.clusters,
        left_variance=left.units**2 * left_variances(V, V.shape[1]),
        n=left.u.size,
        n_cities=int(np.unique(left.model.city).size),
        lost_rows=model.outcome.size - left.u.size,
        collinear=left.collinear,
        final=_final(left, whole, determined=determined),
        first_stage=None if left.Z is None else _first_stage(left, left.Z),
        redundant=left.redundant,
        notes=notes,
    )


def _covariances(left: Residualised, fit: Solved, *, slopes: int) -> _Sums:
    """All covariances but the jackknife, in the residuals' units."""
    model, scores, made = left.model, fit.scores, _Sums()

    def keep(name: str, factor: float, inner: Floats, clusters: int) -> None:
        made.covariances[name] = factor * fit.bread @ inner @ fit.bread.T
        made.clusters[name] = clusters

    n, effects = scores.shape[0], list(model.effects.values())
    plain = parameters(slopes, effects)
    keep(ROBUST, robust_factor(n, plain), meat(scores, ()), n)
    for ways in dict.fromkeys(((CITY,), tuple(model.clusters))):
        codes = [model.city] if ways == (CITY,) else [model.clusters[name] for name in ways]
        groups = min(int(np.unique(one).size) for one in codes)
        if groups < 2:
            if ways == (CITY,):
                continue
            raise _one_cluster(model, ways)
        counted = parameters(slopes, effects, codes)
        keep(clustered_name(ways), cluster_factor(n, counted, groups), meat(scores, codes), groups)
    if model.lag is not None:
        years = int(np.unique(model.year).size)
        if years < 2:
            raise _one_cluster(model, ("year",))
        inner = driscoll_kraay_meat(scores, model.year, lag=model.lag)
        keep(DRISCOLL_KRAAY, cluster_factor(n, plain, years), inner, years)
    return made


def _one_cluster(model: Regression, ways: tuple[str, ...]) -> SampleError:
    return SampleError(
        f"{model.where}, errors by {' and '.join(ways)}",
        expected="two clusters or more of each way",
        found="one",
        hint="cluster by another column",
    )


def _few(model: Regression) -> bool:
    ways = list(model.clusters.values())
    return len(ways) == 1 and (model.third or are_few(int(np.unique(ways[0]).size)))


@dataclass(frozen=True, slots=True, eq=False)
class _Across:
    """The regression in which whole clusters may be left out or change their sign."""

    y: Floats
    """Outcome, shape (n,)."""
    X: Floats
    """Terms, then controls and effects across clusters, shape (n, q)."""
    Z: Floats
    """The same with instruments in the place of terms."""


def _across(left: Residualised) -> _Across | str:
    """Effects inside clusters taken out, others as dummies; or why not.

    Leaving a cluster out, or drawing its sign, then estimates everything anew that is common to
    several clusters.
    """
    model = left.model
    (clusters,) = model.clusters.values()
    inside = [one for one in model.effects.values() if nested(one, clusters)]
    across = [one for one in model.effects.values() if not nested(one, clusters)]
    if not model.effects:
        across = [np.zeros(left.u.size, dtype=np.int64)]
    levels = sum(int(np.unique(one).size) for one in across) + left.slopes
    if levels > MOST_REGRESSORS:
        return f"no CRV3 nor wild bootstrap: {levels} slopes and levels of effects across clusters"
    k = left.V.shape[1]
    given = model.terms if model.instruments is None else model.instruments
    several = given.shape[1] > k
    given = model.terms if several else given
    columns = [scaled(one)[0] for one in (model.outcome, *model.terms.T, *given.T)]
    dummies = [(one[:, None] == np.unique(one)).astype(np.float64) for one in across]
    raw = np.column_stack([*columns, *dummies])
    out = absorber(inside, n=left.u.size, where=model.where).left(raw) if inside else raw
    others = _spanning(np.hstack([out[:, 1 + 2 * k :], left.controls]))
    # What several instruments predict has effects and controls taken out already.
    with_others = left.W if several and left.W is not None else out[:, 1 + k : 1 + 2 * k]
    return _Across(
        out[:, 0],
        np.hstack([out[:, 1 : 1 + k], others]),
        np.hstack([with_others, others]),
    )


def _final(left: Residualised, across: _Across | None, *, determined: bool) -> Final:
    """What the wild bootstrap works on; without clusters where there is none."""
    model, unit = left.model, left.y_unit / left.units
    ways = {clustered_name((name,)): one for name, one in model.clusters.items()}
    known = ways if across is not None else {}
    if across is None or left.W is not None:
        return Final(left.u, left.V, left.W, unit, known, determined)
    return Final(across.y, across.X, None, unit, known, determined)


def _spanning(columns: Floats) -> Floats:
    """Columns that span the same space and are independent, shape (n, rank)."""
    norms = np.linalg.norm(columns, axis=0)
    if not norms.size or not norms.max() > 0:
        return columns[:, :0]
    left, sizes, _ = np.linalg.svd(columns[:, norms > 0] / norms[norms > 0], full_matrices=False)
    return np.asarray(left[:, sizes > RANK_TOLERANCE * sizes[0]], dtype=np.float64)


def _first_stage(left: Residualised, Z: Floats) -> Floats:
    """F of the instruments in each term's regression on them, clustered as asked."""
    slopes = left.controls.shape[1] + Z.shape[1]
    name = clustered_name(tuple(left.model.clusters))
    found = []
    for v in left.V.T:
        fit = solved(v, Z, Z)
        found.append(wald_f(fit.theta, _covariances(left, fit, slopes=slopes).covariances[name]))
    return np.array(found)
