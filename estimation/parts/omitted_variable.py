"""Sensitivity to an omitted variable: robustness values, and observed controls as a yardstick."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from estimation.cross_fitting import Answer, Inquiry
from estimation.inference.sensitivity import (
    Scenario,
    ShortFit,
    benchmark,
    bounds,
    robustness,
    short_fit,
)
from estimation.instruments.keys import instruments_of
from estimation.parts.check_rows import check_row, not_tested
from estimation.parts.part import MAIN, Setting, Told
from estimation.problems.problem import Problem
from estimation.problems.transforms import TRANSFORMS
from estimation.residuals import outcome_left
from estimation.results import Check

CHECK = "sensitivity"
SUPPOSED = 0.03
"""Strength in outcome and treatment for which bounds are told."""


@dataclass(frozen=True, slots=True)
class OmittedVariable:
    """The check ``sensitivity``."""

    name: ClassVar[str] = CHECK

    def ask(self, setting: Setting) -> Mapping[str, Inquiry]:
        """The main inquiry without each control in turn, once; bounds need no fit.

        Nothing with an instrument: the bounds are those of a treatment without.
        """
        if instruments_of(setting.design) or len(setting.design.controls) < 2:
            return {}
        return {
            f"{CHECK} without {control}": replace(
                setting.main, problem=_without(setting, control), repetitions=1
            )
            for control in setting.design.controls
        }

    def tell(self, setting: Setting, answers: Mapping[str, Answer]) -> Told:
        """Robustness values and bounds of the treatment, and how strong each control is."""
        if instruments_of(setting.design):
            why = "bounds are those of a treatment without an instrument"
            return Told(checks=(not_tested(setting, CHECK, setting.design.treatment, why),))
        term = 0
        terms = setting.main.problem.terms
        factor = float(next(iter(terms.scalings.values()))[term])
        long = _short(answers[MAIN], term)
        rows = _strength(setting, long, factor, terms.names[term])
        for control in setting.design.controls:
            answer = answers.get(f"{CHECK} without {control}")
            if answer is not None:
                rows += _benchmark(setting, long[0], _short(answer, term)[0], control)
        return Told(checks=tuple(rows))


def _without(setting: Setting, control: str) -> Problem:
    """The problem without any feature that a control gives."""
    sample = setting.sample
    kept = [name != control for name in sample.control_names]
    fewer = replace(
        sample,
        controls=np.ascontiguousarray(sample.controls[:, kept]),
        control_names=tuple(name for name in sample.control_names if name != control),
    )
    return replace(setting.main.problem, X=TRANSFORMS[setting.variant](fewer).X)


def _short(answer: Answer, term: int) -> list[ShortFit]:
    """The term in each repetition; a city effect left in the outcome is no residual variance."""
    problem = answer.inquiry.problem
    return [
        short_fit(outcome_left(problem, one), one.V, term=term, clusters=one.clusters)
        for one in answer.residuals
    ]


def _strength(setting: Setting, long: list[ShortFit], factor: float, name: str) -> list[Check]:
    found, supposed = robustness(long), bounds(long, Scenario(SUPPOSED, SUPPOSED))
    ends = sorted((factor * supposed.theta_lower, factor * supposed.theta_upper))
    told = (
        (
            "robustness value",
            found.rv,
            "explained share of outcome and treatment that would make the effect zero",
        ),
        (
            "robustness value of the 95 % limit",
            found.rva,
            "the same for its one-sided confidence limit, clustered by city",
        ),
        (
            f"lower bound at {SUPPOSED:g}",
            ends[0],
            "if a variable of that strength in both were omitted",
        ),
        (
            f"upper bound at {SUPPOSED:g}",
            ends[1],
            "if a variable of that strength in both were omitted",
        ),
    )
    return [
        check_row(setting, check=CHECK, subject=name, statistic=statistic, value=value, note=note)
        for statistic, value, note in told
    ]


def _benchmark(setting: Setting, whole: ShortFit, without: ShortFit, control: str) -> list[Check]:
    found = benchmark([whole], [without], name=control)
    told = (
        ("cf_y", found.cf_y),
        ("cf_d", found.cf_d),
        ("change of the estimate", found.delta_theta),
    )
    return [
        check_row(
            setting,
            check=CHECK,
            subject=f"as strong as {control}",
            statistic=statistic,
            value=value,
            note="by leaving the control out; first repetition",
        )
        for statistic, value in told
    ]
