"""Regressions of a composite's design on other columns: its parts, their products, fitted values.

Each is the design's own linear regression with other treatments, so that effects, controls and
clusters are those of the design.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from estimation.designs import Design
from estimation.inference.difference import Wald, wald_test
from estimation.inference.few_clusters import are_few
from estimation.linear.fixed_effects import CITY, CRV3_OF, PROVINCE
from estimation.linear.other_terms import with_terms
from estimation.linear.rows import LinearEstimate, linear_estimate
from estimation.samples.sample import Floats, Sample


def regress_on(sample: Sample, design: Design, columns: Mapping[str, Floats]) -> LinearEstimate:
    """The design's regression with some columns in the place of its treatment.

    Parameters
    ----------
    sample : Sample
        Of the design.
    design : Design
    columns : mapping of str to float array, shape (n,)
        Name to values, in levels.

    Returns
    -------
    LinearEstimate

    Raises
    ------
    SampleError
        Effects, controls and other columns determine one of them.
    """
    first, *rest = columns
    kept = [name for name in sample.other_names if name not in columns]
    others = [sample.column(name) for name in kept] + [columns[name] for name in rest]
    shape = (sample.outcome.size, 0)
    changed = replace(
        sample,
        treatment=columns[first],
        others=np.column_stack(others) if others else np.empty(shape),
        other_names=(*kept, *rest),
    )
    return linear_estimate(changed, with_terms(design, tuple(columns)))


@dataclass(frozen=True, slots=True)
class Tested:
    """A joint test, and with which errors it was made."""

    wald: Wald
    """The test."""
    errors: str
    """``CRV3 by city``, for example."""


def joint_test(estimate: LinearEstimate, names: tuple[str, ...], *, where: str) -> Tested:
    """Wald test that some terms of a regression have no effect.

    CRV3 where clusters are few, CRV1 otherwise; by province where the design says so, else by city,
    whatever else the design's rows are clustered by.

    Parameters
    ----------
    estimate : LinearEstimate
    names : tuple of str
        Terms.
    where : str
        What an error names.

    Returns
    -------
    Tested

    Raises
    ------
    SampleError
        There are more terms than clusters tell apart.
    """
    fit = estimate.fit
    errors = PROVINCE if estimate.design.cluster == ("province",) else CITY
    clusters = fit.clusters[errors]
    few = are_few(clusters)
    matrix = fit.covariances[CRV3_OF[errors] if few else errors]
    R = np.array([[one == name for one in fit.names] for name in names], dtype=np.float64)
    wald = wald_test(fit.theta, matrix, R, df=float(clusters - 1), where=where)
    return Tested(wald, f"{'CRV3' if few else 'CRV1'} by {errors}")
