"""Fake timing: the treatment of later years beside the treatment itself.

What comes later cannot act now. A later treatment that has an effect beside the present one says
that cities on their way to a treatment differ already: an effect of something else. The present
treatment stays in the regression, because treatments persist.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from estimation.cross_fitting import Answer, Inquiry
from estimation.inference.fake_timing import shift_paths
from estimation.inference.multiplicity import holm
from estimation.instruments.keys import instruments_of
from estimation.parts.check_rows import check_row, not_tested
from estimation.parts.part import Setting, Told
from estimation.parts.rows import term_rows
from estimation.problems.problem import Problem
from estimation.problems.terms import PLAIN, Terms
from estimation.problems.transforms import TRANSFORMS
from estimation.results import Check, Estimate
from estimation.samples.sample import Sample, moves_within, take
from geo.errors import SampleError

CHECK = "fake_timing"
LEADS = (1, 2)
"""Years by which the treatment is moved ahead, each by itself."""


@dataclass(frozen=True, slots=True)
class FakeTiming:
    """The check ``fake_timing``."""

    name: ClassVar[str] = CHECK

    def ask(self, setting: Setting) -> Mapping[str, Inquiry]:
        """For each lead with enough years, treatment and later treatment together.

        Nothing with an instrument: the later treatment would need one of its own.
        """
        asked = {}
        for lead in LEADS:
            problem = None if instruments_of(setting.design) else _problem(setting, lead)
            if problem is not None:
                asked[f"{CHECK} {lead}"] = replace(setting.main, problem=problem)
        return asked

    def tell(self, setting: Setting, answers: Mapping[str, Answer]) -> Told:
        """The effect of each later treatment; verdicts by Holm's p value over the leads."""
        if instruments_of(setting.design):
            why = "the later treatment would need an instrument of its own"
            return Told(checks=(not_tested(setting, CHECK, setting.design.treatment, why),))
        found = {lead: _later(setting, answers.get(f"{CHECK} {lead}")) for lead in LEADS}
        made = {lead: row for lead, row in found.items() if isinstance(row, Estimate)}
        names = [_name(setting, lead) for lead in made]
        family = holm(names, [row.p_value for row in made.values()]) if made else None
        corrected = dict(zip(made, family.adjusted.tolist(), strict=True)) if family else {}
        return Told(
            checks=tuple(
                _row(setting, row, corrected[lead], len(made))
                if isinstance(row, Estimate)
                else not_tested(setting, CHECK, _name(setting, lead), row)
                for lead, row in found.items()
            )
        )


def _later(setting: Setting, answer: Answer | None) -> Estimate | SampleError | str:
    """The row of the later treatment, or why there is none."""
    if answer is None:
        return "too few years in a row"
    try:
        return term_rows(setting, answer)[1]
    except SampleError as error:
        return error


def _row(setting: Setting, later: Estimate, corrected: float, count: int) -> Check:
    told = f"; Holm's p over {count} leads {corrected:.3g}, which the verdict is by"
    return check_row(
        setting,
        check=CHECK,
        subject=later.term,
        statistic="effect beside the present treatment",
        value=later.estimate,
        reference=later.std_error,
        p_value=later.p_value,
        verdict="failed" if corrected < 0.05 else "passed",
        note=f"{later.n} rows; reference is its standard error ({later.se_type})"
        f"{told if count > 1 else ''}",
    )


def _name(setting: Setting, lead: int) -> str:
    return f"{setting.design.treatment}, {lead} year{'s' if lead > 1 else ''} later"


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
    # Where city effects are means, residuals are centred later: what stays within cities counts.
    levels = (sample.treatment, later) if transformed.centred else ()
    if not all(moves_within(sample.city, column) for column in levels):
        return None
    terms = Terms(
        (name, _name(setting, lead)),
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
