"""The effect as a combination of multipliers: products of treatment and groups, splines, variables.

Where ``y = sum_j theta_j m_j d + g(x) + effects + e``, the terms are the products ``m_j d``,
formed in levels; they go through the transform as the treatment does. A multiplier that is fixed in
time passes through the transform, so that the residual of its product is ``m_j`` times the residual
of the treatment and nothing has to be fitted again (as doubleml's ``gate`` and ``cate``, which are
wrong for a multiplier that moves).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from estimation.cross_fitting import Answer, Inquiry
from estimation.dml import solve
from estimation.instruments.keys import instruments_of
from estimation.parts.part import Setting
from estimation.problems.changes import Change, city_means
from estimation.problems.problem import Problem
from estimation.problems.terms import PLAIN, Terms
from estimation.problems.transforms import TRANSFORMS
from estimation.residuals import Residuals
from estimation.rounding import is_rounding
from estimation.samples.sample import Floats, Sample
from geo.errors import SampleError

FIXED = 1e-12
"""Relative change within a city that still counts as none."""


@dataclass(frozen=True, slots=True, eq=False)
class Products:
    """What the treatment is multiplied by."""

    names: tuple[str, ...]
    """Names of the terms, J of them."""
    multipliers: Floats
    """In levels, shape (n, J); the constant is among their combinations."""
    features: Mapping[str, Floats]
    """Their own effects on the outcome: columns in levels, shape (n,) each, that become features
    where they move and are no control already."""
    refit: bool = False
    """Whether the products are fitted although they are fixed in time."""


def needs_fit(sample: Sample, products: Products) -> bool:
    """Whether the products have to go through transform and learner."""
    return products.refit or not all(is_fixed(sample, column) for column in products.multipliers.T)


def is_fixed(sample: Sample, values: Floats) -> bool:
    """Whether a column in levels is the same in all years of each city."""
    spread = np.abs(values - city_means(sample.city, values)).max()
    return bool(spread <= FIXED * np.abs(values).max())


def inquiry_of(setting: Setting, products: Products) -> Inquiry | None:
    """What has to be cross-fitted for the products; None where residuals are enough.

    Parameters
    ----------
    setting : Setting
    products : Products

    Returns
    -------
    Inquiry or None
        Terms are the products; features are the design's own, with those of the products that move
        among the controls.
    """
    sample, design = setting.sample, setting.design
    if not needs_fit(sample, products):
        return None
    change, X = setting.transformed.change, setting.transformed.X
    added = features_added(sample, products)
    if added:
        controls = np.column_stack([sample.controls, *added.values()])
        more = replace(sample, controls=controls, control_names=(*sample.control_names, *added))
        X = TRANSFORMS[setting.variant](more).X
    terms = _terms(products, _multiplied(sample.treatment, products.multipliers))
    Z = None
    for name in instruments_of(design):
        Z = _each(change, _multiplied(sample.column(name), products.multipliers))
    problem = replace(setting.main.problem, D=_each(change, terms.levels), Z=Z, X=X, terms=terms)
    return replace(setting.main, problem=problem)


def features_added(sample: Sample, products: Products) -> dict[str, Floats]:
    """The products' own features that move and are no control already."""
    return {
        name: values
        for name, values in products.features.items()
        if name not in sample.control_names and not is_fixed(sample, values)
    }


def answer_from(setting: Setting, products: Products, main: Answer) -> Answer:
    """The final regression on products that are fixed in time, from the treatment's residuals.

    Parameters
    ----------
    setting : Setting
    products : Products
        None of which moves.
    main : Answer
        The design's own.

    Returns
    -------
    Answer
        As if the products had been asked for.
    """
    problem = main.inquiry.problem
    m = products.multipliers[problem.rows]
    changed = replace(
        problem,
        D=problem.D * m,
        Z=None if problem.Z is None else problem.Z * m,
        terms=_terms(products, setting.sample.treatment[:, None] * products.multipliers),
    )
    residuals = tuple(
        replace(one, V=one.V * m, W=None if one.W is None else one.W * m) for one in main.residuals
    )
    return solved(main.inquiry, changed, residuals)


def rows_of(answer: Answer, kept: NDArray[np.bool_], *, where: str) -> Answer:
    """The final regression on some rows only; nothing is fitted again.

    Parameters
    ----------
    answer : Answer
    kept : bool array, shape (n,)
    where : str
        What an error names.

    Returns
    -------
    Answer

    Raises
    ------
    SampleError
        Nothing is left of a term in these rows.
    """
    problem = answer.inquiry.problem
    part = replace(
        problem,
        y=problem.y[kept],
        D=problem.D[kept],
        Z=None if problem.Z is None else problem.Z[kept],
        X=problem.X[kept],
        clusters=problem.clusters[kept],
        groupings=problem.groupings[kept],
        rows=problem.rows[kept],
        where=where,
    )
    residuals = tuple(
        replace(
            one,
            u=one.u[kept],
            V=one.V[kept],
            W=None if one.W is None else one.W[kept],
            clusters=one.clusters[kept],
            rows=one.rows[kept],
        )
        for one in answer.residuals
    )
    _check_moves(problem, kept, where)
    return solved(answer.inquiry, part, residuals)


def _check_moves(problem: Problem, kept: NDArray[np.bool_], where: str) -> None:
    """Refuse rows in which a term is nothing but rounding, as measured by all rows."""
    D = problem.D
    if problem.centred:
        D = D - np.column_stack([city_means(problem.clusters, column) for column in D.T])
    if is_rounding(D[kept], D).any():
        raise SampleError(
            where,
            expected="a treatment that changes within cities",
            found="the same value in every year of each city",
            hint="choose groups in each of which it moves",
        )


def renamed(answer: Answer, names: tuple[str, ...]) -> Answer:
    """The same answer with other names of its terms."""
    problem = answer.inquiry.problem
    changed = replace(problem, terms=replace(problem.terms, names=names))
    return replace(answer, inquiry=replace(answer.inquiry, problem=changed))


def solved(inquiry: Inquiry, problem: Problem, residuals: tuple[Residuals, ...]) -> Answer:
    """The final regression on given residuals.

    Parameters
    ----------
    inquiry : Inquiry
        Where folds, learner and seed are from.
    problem : Problem
        What the residuals are of.
    residuals : tuple of Residuals
        By repetition.

    Returns
    -------
    Answer
    """
    return Answer(
        inquiry=replace(inquiry, problem=problem),
        residuals=residuals,
        found=solve(problem, residuals),
    )


def _terms(products: Products, levels: Floats) -> Terms:
    scalings = {PLAIN: np.ones(len(products.names))}
    return Terms(products.names, levels, MappingProxyType(scalings))


def _multiplied(values: Floats, multipliers: Floats) -> Floats:
    """Products, of the centred values: less is left to features that stand for the multipliers.

    The product with a constant is the column itself, which other problems have, too.
    """
    shift = np.where(np.ptp(multipliers, axis=0) > 0, values.mean(), 0.0)
    return np.asarray((values[:, None] - shift) * multipliers, dtype=np.float64)


def _each(change: Change, levels: Floats) -> Floats:
    return np.column_stack([change(column) for column in levels.T])
