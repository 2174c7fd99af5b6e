"""The wild cluster bootstrap of a variant's terms, where clusters are few."""

import numpy as np

from estimation.cross_fitting import Answer
from estimation.inference.few_clusters import are_few, bootstrap_weights
from estimation.inference.wild_bootstrap import WildBootstrap, wild_bootstrap
from estimation.samples.sample import Floats
from geo.errors import SampleError

NONE = float("nan")
COLUMNS = 3
"""p value, lower and upper end."""


def wild_tests(answer: Answer, *, seed: int) -> Floats:
    """Wild bootstrap p value and confidence set of each term, over repetitions their medians.

    Parameters
    ----------
    answer : Answer
    seed : int
        0 or more.

    Returns
    -------
    float array, shape (k, 3)
        p value, lower and upper end of the set; NaN where clusters are many or two-way, where
        several terms are instrumented, or where a cluster carries a term alone.
    """
    problem = answer.inquiry.problem
    k, ways = len(problem.terms.names), problem.groupings.shape[1]
    few = ways == 1 and are_few(np.unique(problem.groupings[:, 0]).size)
    if not few or (problem.Z is not None and k > 1):
        return np.full((k, COLUMNS), NONE)
    found = [_tests(answer, repetition, seed) for repetition in range(len(answer.residuals))]
    return np.asarray(np.median(found, axis=0), dtype=np.float64)


def _tests(answer: Answer, repetition: int, seed: int) -> list[tuple[float, float, float]]:
    problem, one = answer.inquiry.problem, answer.residuals[repetition]
    clusters = problem.groupings[:, 0]
    weights = bootstrap_weights(np.unique(clusters).size)
    rows = []
    for term in range(len(problem.terms.names)):
        try:
            test = wild_bootstrap(
                one.u,
                one.V,
                one.W,
                clusters,
                seed=seed + repetition,
                term=term,
                weights=weights,
                where=f"{problem.where}, wild bootstrap",
            )
        except SampleError:
            rows.append((NONE, NONE, NONE))
        else:
            rows.append(_figures(test))
    return rows


def _figures(test: WildBootstrap) -> tuple[float, float, float]:
    return test.p_value, test.ci_low, test.ci_high
