"""The wild cluster bootstrap of a variant's terms, where clusters are few."""

import numpy as np

from estimation.cross_fitting import Answer
from estimation.inference.few_clusters import WildFigures, few_one_way, wild_figures


def wild_tests(answer: Answer, *, seed: int) -> tuple[WildFigures, ...]:
    """Wild bootstrap p value and confidence set of each term, over repetitions their medians.

    Parameters
    ----------
    answer : Answer
    seed : int
        0 or more.

    Returns
    -------
    tuple of WildFigures
        k of them; NaN where clusters are many or two-way, where several terms are instrumented, or
        where the bootstrap says why it cannot be had.
    """
    problem = answer.inquiry.problem
    k = len(problem.terms.names)
    if not few_one_way(problem.groupings) or (problem.Z is not None and k > 1):
        return (WildFigures(),) * k
    return tuple(_over_repetitions(answer, seed, term) for term in range(k))


def _over_repetitions(answer: Answer, seed: int, term: int) -> WildFigures:
    problem = answer.inquiry.problem
    found = [
        wild_figures(
            one.u,
            one.V,
            one.W,
            problem.groupings[:, 0],
            seed=seed + repetition,
            term=term,
            where=f"{problem.where}, wild bootstrap",
        )
        for repetition, one in enumerate(answer.residuals)
    ]
    middle = np.median([(one.p_value, one.ci_low, one.ci_high) for one in found], axis=0)
    p_value, ci_low, ci_high = middle.tolist()
    return WildFigures(p_value, ci_low, ci_high, next((x.why_not for x in found if x.why_not), ""))
