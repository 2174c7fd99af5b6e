"""Does the variant control city effects? An informative variable that is fixed in time tells.

Whether a city's mean of the outcome (of the treatment) lies above the median says much about its
effect and nothing about its changes. Where city effects are controlled, adding it to the features
moves no estimate. A random dummy moves nothing either, and would prove nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from estimation.cross_fitting import Answer, Inquiry
from estimation.parts.check_rows import check_row
from estimation.parts.part import MAIN, Setting, Told
from estimation.problems.changes import city_means
from estimation.results import Check
from estimation.samples.sample import Floats, Sample
from estimation.tables.numbers import decimals, rounded

LEVELS = ("faithful", "correlated_random_effects")
"""Variants that look at levels; the others lose whatever is fixed in time."""

ASKED = "city_effects"


@dataclass(frozen=True, slots=True)
class CityEffects:
    """The check ``city_effects``."""

    name: ClassVar[str] = ASKED

    def ask(self, setting: Setting) -> Mapping[str, Inquiry]:
        """The main inquiry once more, with the informative variables among its features."""
        if setting.variant not in LEVELS:
            return {}
        main = setting.main
        told = informative(setting.sample)[setting.transformed.rows]
        problem = replace(main.problem, X=np.hstack([main.problem.X, told]))
        return {ASKED: replace(main, problem=problem, repetitions=1)}

    def tell(self, setting: Setting, answers: Mapping[str, Answer]) -> Told:
        """How far each term moves, in its standard errors."""
        design, variant = setting.design, setting.variant
        if ASKED not in answers:
            row = _check(
                setting, design.treatment, 0.0, float("nan"), NOT_APPLICABLE, BY_CONSTRUCTION
            )
            return Told(checks=(row,))
        before, after = answers[MAIN].fits[0], answers[ASKED].fits[0]
        error = before.se_robust if variant == "faithful" else before.se_cluster
        checks, notes = [], []
        terms = answers[MAIN].inquiry.problem.terms
        factors = next(iter(terms.scalings.values()))
        for j, term in enumerate(terms.names):
            moved = float(factors[j] * (after.theta[j] - before.theta[j]))
            reach = float(factors[j] * error[j])
            failed = abs(moved) > reach
            verdict = "failed" if failed else "passed"
            checks.append(_check(setting, term, moved, reach, verdict, MEANING))
            if failed:
                places = decimals(reach)
                notes.append(
                    f"design '{design.name}', {variant}: city effects are NOT controlled: two "
                    f"variables fixed in time move {term} by {rounded(moved, places)}, more than "
                    f"its standard error of {rounded(reach, places)}"
                )
        return Told(checks=tuple(checks), notes=tuple(notes))


NOT_APPLICABLE = "not applicable"
BY_CONSTRUCTION = "zero by construction: whatever is fixed in time drops out"
MEANING = (
    "change of the estimate with two variables fixed in time among the features: whether the "
    "city's mean outcome, and its mean treatment, is above the median; compared with the standard "
    "error"
)


def informative(sample: Sample) -> Floats:
    """Whether a city's mean outcome, and its mean treatment, lies above the median over cities.

    Parameters
    ----------
    sample : Sample
        n rows.

    Returns
    -------
    float array, shape (n, 2)
        0 or 1, the same in all years of a city.
    """
    first = np.searchsorted(sample.city, np.arange(len(sample.cities)))
    columns = []
    for values in (sample.outcome, sample.treatment):
        means = city_means(sample.city, values)
        columns.append((means > np.median(means[first])).astype(np.float64))
    return np.column_stack(columns)


def _check(
    setting: Setting, subject: str, value: float, reference: float, verdict: str, note: str
) -> Check:
    return check_row(
        setting,
        check=ASKED,
        subject=subject,
        statistic="estimate moves by",
        value=value,
        reference=reference,
        verdict=verdict,
        note=note,
    )
