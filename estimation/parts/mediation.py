"""Effects through mediators: of linear fixed effects, and of variants that learn."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import ClassVar

import numpy as np

from estimation.cross_fitting import Answer, Inquiry
from estimation.designs import Design, design_label
from estimation.mediation.estimate import Mediation, mediation
from estimation.mediation.keys import Mediators
from estimation.mediation.rows import checks_of, curves_of, rows_of
from estimation.mediation.sample import learned_products, linear_products
from estimation.mediation.system import Products
from estimation.mediation.words import assumptions, notes_of
from estimation.parts.estimate_row import blank_row
from estimation.parts.linear_part import LinearSetting
from estimation.parts.part import Setting, Told
from estimation.parts.rows import learner_text
from estimation.problems.terms import PLAIN, Terms
from estimation.results import Estimate
from estimation.vocabulary import LINEAR

ASKED = "mediation"
HELD_FIXED = "nuisance functions held fixed in every resample; each figure is the median over "
HELD_FIXED += "repetitions, so that parts add up in each of them and nearly here"


@dataclass(frozen=True, slots=True)
class LinearMediation:
    """The linear part of a design with mediators."""

    name: ClassVar[str] = ASKED

    mediators: Mediators
    """What was asked."""

    def tell(self, setting: LinearSetting) -> Told:
        """Rows, curves and notes of the linear equations."""
        design = setting.design
        row = replace(blank_row(design, LINEAR, part="", term=""), learner="linear")
        return _told([linear_products(setting.sample, design)], design, self.mediators, row)


@dataclass(frozen=True, slots=True)
class LearnedMediation:
    """The part of a design with mediators in a variant that learns.

    The equations are partially linear: ``m_j = a_j d + f_j(x) + e_j`` and ``y = c' d +
    sum_j b_j m_j + g(x) + u``. Outcome, treatment and mediators are each predicted from the
    features, and residuals are regressed on residuals.
    """

    name: ClassVar[str] = ASKED

    mediators: Mediators
    """What was asked."""

    def ask(self, setting: Setting) -> Mapping[str, Inquiry]:
        """The main inquiry with the mediators as further terms; what both need is fitted once."""
        problem = setting.main.problem
        change = setting.transformed.change
        levels = [setting.sample.column(name) for name in self.mediators.columns]
        terms = Terms(
            names=(*problem.terms.names, *self.mediators.columns),
            levels=np.column_stack([problem.terms.levels, *levels]),
            scalings=MappingProxyType({PLAIN: np.ones(1 + len(levels))}),
        )
        changed = np.column_stack([problem.D, *(change(column) for column in levels)])
        return {ASKED: replace(setting.main, problem=replace(problem, D=changed, terms=terms))}

    def tell(self, setting: Setting, answers: Mapping[str, Answer]) -> Told:
        """Rows, curves and notes of the partially linear equations."""
        answer, design = answers[ASKED], setting.design
        inquiry = answer.inquiry
        row = replace(
            blank_row(design, setting.variant, part="", term=""),
            learner=learner_text(inquiry),
            folds=inquiry.folds,
            repetitions=inquiry.repetitions,
        )
        return _told(learned_products(answer, design), design, self.mediators, row)


def _told(products: Sequence[Products], design: Design, asked: Mediators, row: Estimate) -> Told:
    where = f"{design_label(design)}, {row.variant}"
    found = mediation(
        products,
        draws=asked.draws,
        seed=design.seed,
        method=asked.interval,
        where=f"{where}, mediators",
    )
    return Told(
        estimates=tuple(rows_of(found, row, design)),
        checks=tuple(checks_of(found, row, design)),
        curves=tuple(curves_of(found, row, design)),
        notes=(
            *(f"{design_label(design)}: {note}" for note in assumptions(asked)),
            *(f"{where}: {note}" for note in _notes(found, asked, row)),
        ),
    )


def _notes(found: Mediation, asked: Mediators, row: Estimate) -> Iterator[str]:
    yield from notes_of(found, asked)
    if row.folds:
        yield HELD_FIXED
