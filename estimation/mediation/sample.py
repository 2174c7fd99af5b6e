"""From samples and residuals to the cross-products that mediation works on."""

from collections.abc import Sequence

import numpy as np

from estimation.cross_fitting import Answer
from estimation.designs import Design
from estimation.linear.regression import MOST_REGRESSORS
from estimation.linear.residualised import without_redundant
from estimation.linear.rows import regression_of
from estimation.linear.within import in_company, nested
from estimation.mediation.system import LinearSystem, Products, products_of
from estimation.problems.terms import treatment_terms
from estimation.residuals import outcome_left
from estimation.samples.sample import Floats, Integers, Sample
from geo.errors import SampleError


def linear_products(sample: Sample, design: Design) -> Products:
    """Cross-products of the linear equations: effects inside clusters as means, others as dummies.

    Parameters
    ----------
    sample : Sample
    design : Design
        With mediators.

    Returns
    -------
    Products
        Of the rows that linear fixed effects use.

    Raises
    ------
    SampleError
        As :func:`estimation.mediation.system.products_of`.
    """
    return products_of(linear_system(sample, design))


def linear_system(sample: Sample, design: Design) -> LinearSystem:
    """The linear equations of a design with mediators, as arrays.

    Raises
    ------
    SampleError
        Effects across clusters have more levels than each draw can estimate.
    """
    names = () if design.mediators is None else design.mediators.columns
    where, n = f"{sample.label}, mediators", sample.outcome.size
    terms = treatment_terms(sample, design)
    effects = without_redundant(regression_of(sample, design, terms))[0].effects
    kept = in_company(list(effects.values()), n=n)
    effects = {name: levels[kept] for name, levels in effects.items()}
    clusters = sample.groupings[kept, 0]
    # A city in several clusters is refused, not made dummies.
    absorbed = {
        name: one for name, one in effects.items() if name == "city" or nested(one, clusters)
    }
    across = [one for name, one in effects.items() if name not in absorbed]
    return LinearSystem(
        outcome=sample.outcome[kept],
        treatment=sample.treatment[kept],
        mediators=np.column_stack([sample.column(name)[kept] for name in names]),
        others=np.hstack([_dummies(across, clusters.size, where), sample.controls[kept]]),
        clusters=clusters,
        absorbed=absorbed,
        treatment_name=design.treatment,
        outcome_name=design.outcome,
        mediator_names=names,
        where=where,
    )


def _dummies(effects: Sequence[Integers], n: int, where: str) -> Floats:
    """A constant and a 0/1 column for each level but the first of each effect, shape (n, q)."""
    levels = [np.unique(one) for one in effects]
    count = sum(one.size for one in levels)
    if count > MOST_REGRESSORS:
        raise SampleError(
            where,
            expected=f"at most {MOST_REGRESSORS} levels of effects that reach across clusters",
            found=str(count),
            hint="cluster by what holds each of them whole, or leave an effect out",
        )
    pairs = zip(effects, levels, strict=True)
    columns = [(one[:, None] == there[1:]).astype(np.float64) for one, there in pairs]
    return np.hstack([np.ones((n, 1)), *columns])


def learned_products(answer: Answer, design: Design) -> tuple[Products, ...]:
    """Cross-products of residuals, one for each repetition of cross-fitting.

    Parameters
    ----------
    answer : Answer
        Whose terms are the treatment, then the mediators.
    design : Design

    Returns
    -------
    tuple of Products
        Nothing is taken out of them: cross-fitting has done so.

    Raises
    ------
    SampleError
        As :func:`estimation.mediation.system.products_of`.
    """
    problem = answer.inquiry.problem
    return tuple(
        products_of(
            LinearSystem(
                outcome=outcome_left(problem, one),
                treatment=one.V[:, 0],
                mediators=one.V[:, 1:],
                others=np.empty((one.u.size, 0)),
                clusters=problem.groupings[:, 0],
                treatment_name=design.treatment,
                outcome_name=design.outcome,
                mediator_names=problem.terms.names[1:],
                where=f"{problem.where}, mediators",
            )
        )
        for one in answer.residuals
    )
