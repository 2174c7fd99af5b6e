"""Fake timing: the treatment of later years beside the treatment itself.

What comes later cannot act now. A later treatment that has an effect beside the present one says
that cities on their way to a treatment differ already: an effect of something else. The present
treatment stays in the regression, because treatments persist.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from estimation.cross_fitting import Answer, Inquiry
from estimation.inference.fake_timing import shift_paths
from estimation.parts.check_rows import check_row
from estimation.parts.part import Setting, Told
from estimation.parts.rows import term_rows
from estimation.problems.problem import Problem
from estimation.problems.terms import PLAIN, Terms
from estimation.problems.transforms import TRANSFORMS
from estimation.samples.sample import Sample, take
from geo.errors import SampleError

CHECK = "fake_timing"
LEADS = (1, 2)
"""Years by which the treatment is moved ahead, each by itself."""


@dataclass(frozen=True, slots=True)
class FakeTiming:
    """The check ``fake_timing``."""

    def ask(self, setting: Setting) -> Mapping[str, Inquiry]:
        """For each lead with enough years, treatment and later treatment together."""
        asked = {}
        for lead in LEADS:
            problem = _problem(setting, lead)
            if problem is not None:
                asked[f"{CHECK} {lead}"] = replace(setting.main, problem=problem)
        return asked

    def tell(self, setting: Setting, answers: Mapping[str, Answer]) -> Told:
        """The effect of each later treatment, and its p value."""
        rows = []
        for lead in LEADS:
            answer = answers.get(f"{CHECK} {lead}")
            if answer is None:
                continue
            later = term_rows(setting, answer)[1]
            rows.append(
                check_row(
                    setting,
                    check=CHECK,
                    subject=later.term,
                    statistic="effect beside the present treatment",
                    value=later.estimate,
                    reference=later.std_error,
                    p_value=later.p_value,
                    verdict="failed" if later.p_value < 0.05 else "passed",
                    note=f"{later.n} rows; reference is its standard error ({later.se_type})",
                )
            )
        if not rows:
            rows.append(
                check_row(
                    setting,
                    check=CHECK,
                    subject=setting.design.treatment,
                    statistic="effect beside the present treatment",
                    value=float("nan"),
                    note="not tested: too few years in a row",
                )
            )
        return Told(checks=tuple(rows))


def _problem(setting: Setting, lead: int) -> Problem | None:
    """Treatment and later treatment after the variant's transform; None without enough years."""
    design, name = setting.design, setting.design.treatment
    where = f"{setting.main.problem.where}, fake timing"
    try:
        sample, later = _with_later(setting.sample, lead, where)
    except SampleError:
        return None
    transformed = TRANSFORMS[setting.variant](sample)
    if np.unique(transformed.clusters).size < design.folds:
        return None
    change = transformed.change
    columns = [change(sample.treatment), change(later)]
    if not all(np.ptp(column) > 0 for column in columns):
        return None
    terms = Terms(
        (name, f"{name}, {lead} year{'s' if lead > 1 else ''} later"),
        np.column_stack([sample.treatment, later]),
        {PLAIN: np.ones(2)},
    )
    return replace(
        setting.main.problem,
        y=change(sample.outcome),
        D=np.column_stack(columns),
        Z=None,
        X=transformed.X,
        terms=terms,
        clusters=transformed.clusters,
        groupings=sample.groupings[transformed.rows],
        rows=transformed.rows,
        where=where,
    )


def _with_later(sample: Sample, lead: int, where: str) -> tuple[Sample, np.ndarray]:
    """The rows that have the treatment of some years later, and that treatment."""
    shifted = shift_paths(sample.treatment, sample.city, sample.year, years=-lead, where=where)
    there = np.zeros(sample.city.size, dtype=bool)
    there[shifted.rows] = True
    return take(sample, there), shifted.values
