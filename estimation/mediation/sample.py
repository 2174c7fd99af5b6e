"""From samples and residuals to the cross-products that mediation works on."""

from dataclasses import replace

import numpy as np

from estimation.cross_fitting import Answer
from estimation.designs import Design
from estimation.linear.fixed_effects import not_alone
from estimation.linear.partialling import year_dummies
from estimation.mediation.system import LinearSystem, Products, products_of
from estimation.residuals import outcome_left
from estimation.samples.sample import Sample


def linear_products(sample: Sample, design: Design) -> Products:
    """Cross-products of the linear equations: city effects as means, years as dummies.

    Parameters
    ----------
    sample : Sample
    design : Design
        With mediators.

    Returns
    -------
    Products
        Of the rows that linear fixed effects use; of a cross-section, with a constant alone.

    Raises
    ------
    SampleError
        As :func:`estimation.mediation.system.products_of`.
    """
    return products_of(linear_system(sample, design))


def linear_system(sample: Sample, design: Design) -> LinearSystem:
    """The linear equations of a design with mediators, as arrays."""
    names = () if design.mediators is None else design.mediators.columns
    system = LinearSystem(
        outcome=sample.outcome,
        treatment=sample.treatment,
        mediators=np.column_stack([sample.column(name) for name in names]),
        others=np.hstack([np.ones((sample.outcome.size, 1)), sample.controls]),
        clusters=sample.groupings[:, 0],
        treatment_name=design.treatment,
        outcome_name=design.outcome,
        mediator_names=names,
        where=f"{sample.label}, mediators",
    )
    if design.cross_section:
        return system
    kept = not_alone(sample.city, sample.year)
    return replace(
        system,
        outcome=sample.outcome[kept],
        treatment=sample.treatment[kept],
        mediators=system.mediators[kept],
        others=np.hstack([year_dummies(sample.year[kept]), sample.controls[kept]]),
        clusters=system.clusters[kept],
        absorbed=sample.city[kept],
    )


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
