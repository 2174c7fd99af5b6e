"""Estimating designs over a panel: plans, one pool of fits, tidy tables."""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from types import MappingProxyType

import pandas as pd

from estimation.cross_fitting import Answer, Inquiry, cross_fit
from estimation.designs import Design, design_label
from estimation.instruments.ready import with_built_columns
from estimation.learning.learn import FitCounts, Kept
from estimation.linear.rows import linear_rows
from estimation.parts.check_rows import not_tested
from estimation.parts.linear_part import LinearPart, LinearSetting
from estimation.parts.part import MAIN, Part, Setting, Told
from estimation.parts.registry import linear_parts_of, parts_of
from estimation.plan import Plan, plan_design
from estimation.pool import Progress
from estimation.recommended import cautions
from estimation.residual_table import learned_residuals, linear_residuals, residual_table
from estimation.results import Check, CurvePoint, Estimate, TunedLearner
from estimation.tables.tidy import tidy_table
from estimation.tuned_settings import tuned_plans
from geo.audit import AuditRow
from geo.errors import DesignError, SampleError


@dataclass(frozen=True, slots=True)
class EstimationResult:
    """Everything that estimating some designs gives."""

    estimates: pd.DataFrame
    """One row for each design, variant and term, with the fields of
    :class:`estimation.results.Estimate`."""
    checks: pd.DataFrame
    """One row for each check, with the fields of :class:`estimation.results.Check`."""
    curves: pd.DataFrame
    """Points of effects along variables: :class:`estimation.results.CurvePoint`."""
    tuning: pd.DataFrame
    """Settings chosen for learners: :class:`estimation.results.TunedLearner`."""
    notes: tuple[str, ...]
    """What a reader must know beyond the tables: variants not run, what failed a check."""
    audit: tuple[AuditRow, ...]
    """What was left out of the samples."""
    fits: FitCounts
    """Nuisance fits: asked for, distinct and made."""
    residuals: pd.DataFrame = field(default_factory=lambda: residual_table(()))
    """What is left of outcome and treatment, one row for each design, variant and row of its
    sample: :mod:`estimation.residual_table`."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is asked of one variant: the main inquiry, then those of each part."""

    setting: Setting
    parts: tuple[tuple[Part, tuple[str, ...]], ...]
    inquiries: tuple[Inquiry, ...]


def estimate(
    panel: pd.DataFrame,
    designs: Sequence[Design],
    *,
    workers: int | None = None,
    executor: Executor | None = None,
    progress: Progress | None = None,
    kept: Kept | None = None,
    beside: bool = True,
    tables: Mapping[str, pd.DataFrame] = MappingProxyType({}),
) -> EstimationResult:
    """Estimate designs over a panel.

    Linear two-way fixed effects are shown beside the other variants whether a design names them or
    not. Without controls nothing but years is left to learn after differencing or demeaning: those
    variants are not run and a note says so. Nuisance functions that several designs, variants or
    parts need are fitted once.

    Parameters
    ----------
    panel : pandas.DataFrame
        One row for every city and year; it is not changed.
    designs : sequence of Design
        With distinct names.
    workers : int or None
        Processes for cross-fitting; 1 runs in this process, None uses the processors at hand. The
        numbers are the same bits for any number.
    executor : concurrent.futures.Executor, optional
        Who fits instead of processes of this machine, for example a Dask cluster.
    progress : callable, optional
        Called with (nuisance fits done, all of them); before, where learners are tuned, with
        (nuisance functions tuned, all of them).
    kept : Kept, optional
        Where predictions and tuned settings of earlier runs are; what is there is not made again.
    beside : bool
        Whether linear two-way fixed effects are shown beside other variants, too.
    tables : mapping of str to pandas.DataFrame
        Tables that designs name beside the panel, by name.

    Returns
    -------
    EstimationResult
        Rows in the order of designs, then of :data:`estimation.vocabulary.VARIANTS`.

    Raises
    ------
    ExposureError
        A table of shares or shocks is wrong.
    DesignError, SampleError, DomainError, DuplicateCityYearError
        See :func:`estimation.samples.sample.build_sample`; all designs are checked, and the linear
        fits made, before any learner is fitted.
    """
    _check_distinct(designs)
    tuned = tuned_plans(
        [_planned(panel, design, tables, beside=beside) for design in designs],
        workers=workers,
        executor=executor,
        progress=progress,
        kept=kept,
    )
    plans = tuned.plans
    asked = [_ask(setting) for plan in plans for setting in plan.settings.values()]
    answers, counts = cross_fit(
        [inquiry for one in asked for inquiry in one.inquiries],
        workers=workers,
        executor=executor,
        progress=progress,
        kept=kept,
    )
    ready = iter(answers)
    told, left = {}, {}
    for one in asked:
        main = next(ready)
        told[id(one.setting)] = _tell(one, main, ready)
        left[id(one.setting)] = learned_residuals(one.setting, main)
    rows = [row for plan in plans for row in _told_by(plan, told, tables)]
    return EstimationResult(
        estimates=tidy_table([row for one in rows for row in one.estimates], Estimate),
        checks=tidy_table([row for one in rows for row in one.checks], Check),
        curves=tidy_table([row for one in rows for row in one.curves], CurvePoint),
        tuning=tidy_table(tuned.rows, TunedLearner),
        notes=tuple(
            dict.fromkeys(
                (
                    *cautions(row.recommended for one in rows for row in one.estimates),
                    *(note for one in rows for note in one.notes),
                )
            )
        ),
        audit=tuple(row for plan in plans for row in plan.audit),
        fits=counts,
        residuals=residual_table([rows for plan in plans for rows in _left_by(plan, left)]),
    )


def _check_distinct(designs: Sequence[Design]) -> None:
    if not designs:
        raise DesignError(
            "designs", expected="one or more designs", found="none", hint="write a design"
        )
    seen: set[str] = set()
    for design in designs:
        if design.name in seen:
            raise DesignError(
                design_label(design),
                expected="a name of its own for each design",
                found="the name twice",
                hint="rename one of them",
            )
        seen.add(design.name)


def _ask(setting: Setting) -> _Asked:
    parts = [
        (part, {name: replace(one, optional=True) for name, one in part.ask(setting).items()})
        for part in parts_of(setting.design)
    ]
    return _Asked(
        setting=setting,
        parts=tuple((part, tuple(asked)) for part, asked in parts),
        inquiries=(setting.main, *(one for _, asked in parts for one in asked.values())),
    )


def _tell(asked: _Asked, main: Answer, ready: Iterator[Answer]) -> list[Told]:
    """Hand each part its answers, in the order in which they were asked for, and the main one."""
    return [
        _told(part, asked.setting, {MAIN: main} | {name: next(ready) for name in names})
        for part, names in asked.parts
    ]


def _told(part: Part, setting: Setting, answers: Mapping[str, Answer]) -> Told:
    """What a part tells; of one that cannot, why: the fits of all others are made by now."""
    try:
        return part.tell(setting, answers)
    except SampleError as error:
        row = not_tested(setting, part.name, setting.design.treatment, error)
        where = setting.main.problem.where
        note = f"{where}: {part.name.replace('_', ' ')} not told: {error}"
        return Told(checks=(row,), notes=(note,))


def _planned(
    panel: pd.DataFrame, design: Design, tables: Mapping[str, pd.DataFrame], *, beside: bool
) -> Plan:
    """The plan of a design, once the columns that only its instruments need are made."""
    ready = with_built_columns(panel, design, tables)
    plan = plan_design(ready.panel, ready.design, beside=beside)
    notes, audit = (*ready.notes, *plan.notes), (*ready.audit, *plan.audit)
    return replace(plan, notes=notes, audit=audit)


def _told_by(
    plan: Plan, told: Mapping[int, Sequence[Told]], tables: Mapping[str, pd.DataFrame]
) -> Iterator[Told]:
    """Everything told of a design: its notes, its variants, linear fixed effects at the end."""
    yield Told(notes=plan.notes)
    for setting in plan.settings.values():
        yield from told[id(setting)]
    if plan.linear is not None:
        yield Told(estimates=tuple(linear_rows(plan.linear)))
        linear = LinearSetting(plan.design, plan.linear.sample, plan.linear, tables)
        yield from (_told_linear(part, linear) for part in linear_parts_of(plan.design))


def _left_by(plan: Plan, left: Mapping[int, pd.DataFrame]) -> Iterator[pd.DataFrame]:
    """Residuals of a design's variants, linear fixed effects at the end."""
    for setting in plan.settings.values():
        yield left[id(setting)]
    if plan.linear is not None:
        yield linear_residuals(plan.linear)


def _told_linear(part: LinearPart, setting: LinearSetting) -> Told:
    """What a linear part tells; of one that cannot, why."""
    try:
        return part.tell(setting)
    except SampleError as error:
        where = f"{setting.sample.label}, linear two-way fixed effects"
        return Told(notes=(f"{where}: {part.name.replace('_', ' ')} not told: {error}",))
