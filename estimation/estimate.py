"""Estimating designs over a panel: samples, variants, fits, one tidy table."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import pandas as pd

from estimation.designs import PROVISIONAL, VARIANTS, Design, design_label
from estimation.dml import CrossFit, aggregate, fit_repetition
from estimation.fixed_effects import LinearFit, two_way_fixed_effects
from estimation.folds import city_folds, learner_seed, random_folds
from estimation.intervals import interval
from estimation.learners import make_learner
from estimation.pool import Progress, map_fits
from estimation.results import Estimate, estimates_table
from estimation.sample import STAGE, Sample, build_sample, varies_within_city
from estimation.transforms import Transformed, faithful, first_difference, within
from geo.audit import AuditRow
from geo.errors import DesignError, SampleError

LINEAR = "two_way_fixed_effects"
NEEDS_CONTROLS = ("first_difference", "within")
TRANSFORMS: Mapping[str, Callable[[Sample], Transformed]] = MappingProxyType(
    {"faithful": faithful, "first_difference": first_difference, "within": within}
)
EFFECTS: Mapping[str, str] = MappingProxyType(
    {
        "faithful": "city and year dummies among the features",
        "first_difference": "city effects differenced out; year dummies among the features",
        "within": "city effects demeaned out; year dummies among the features",
        LINEAR: "city and year effects absorbed",
    }
)
NOTES: Mapping[str, str] = MappingProxyType(
    {
        "faithful": "as in the paper: one random split; dummies do not make a tree control city "
        "effects",
        "first_difference": "provisionally recommended, until the simulation protocol has decided",
        "within": "demeaning is exact only for linear controls",
        LINEAR: "linear in the controls",
    }
)


@dataclass(frozen=True, slots=True)
class EstimationResult:
    """Everything that estimating some designs gives."""

    estimates: pd.DataFrame
    """One row for each design and variant, with the columns of :class:`Estimate`."""
    notes: tuple[str, ...]
    """What a reader must know beyond the table: variants not run, what is provisional."""
    audit: tuple[AuditRow, ...]
    """What was left out of the samples."""


@dataclass(frozen=True, slots=True)
class _Plan:
    """A design ready to be fitted."""

    design: Design
    transformed: Mapping[str, Transformed]
    linear: LinearFit | None
    notes: tuple[str, ...]
    audit: tuple[AuditRow, ...]


@dataclass(frozen=True, slots=True)
class _CrossFitTask:
    """One repetition of cross-fitting."""

    design: Design
    variant: str
    data: Transformed
    repetition: int


def estimate(
    panel: pd.DataFrame,
    designs: Sequence[Design],
    *,
    workers: int | None = None,
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> EstimationResult:
    """Estimate designs over a panel.

    Linear two-way fixed effects are shown beside the other variants whether a design names them or
    not. Without controls nothing but years is left to learn after differencing or demeaning: those
    two variants are not run and a note says so.

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
        Called with (repetitions of cross-fitting done, all of them).

    Returns
    -------
    EstimationResult
        Rows in the order of designs, then of :data:`estimation.designs.VARIANTS`.

    Raises
    ------
    DesignError, SampleError, DomainError, DuplicateCityYearError
        See :func:`estimation.sample.build_sample`; all designs are checked, and the linear fits
        made, before any learner is fitted.
    """
    _check_distinct(designs)
    plans = [_plan(panel, design) for design in designs]
    tasks = [task for plan in plans for task in _tasks(plan)]
    fits = iter(map_fits(_cross_fit, tasks, workers=workers, executor=executor, progress=progress))
    rows = []
    for plan in plans:
        for variant in plan.transformed:
            count = _repetitions(plan.design, variant)
            rows.append(_dml_estimate(plan, variant, [next(fits) for _ in range(count)]))
        if plan.linear is not None:
            rows.append(_linear_estimate(plan, plan.linear))
    return EstimationResult(
        estimates=estimates_table(rows),
        notes=tuple(note for plan in plans for note in plan.notes),
        audit=tuple(row for plan in plans for row in plan.audit),
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


def _plan(panel: pd.DataFrame, design: Design) -> _Plan:
    """Sample, transforms and linear fit of a design, all checked."""
    sample = build_sample(panel, design)
    wanted = [variant for variant in VARIANTS if variant in design.variants]
    varies = varies_within_city(sample)
    if not varies and set(wanted) - {"faithful"}:
        raise SampleError(
            f"{sample.label}, column '{design.treatment}'",
            expected="a treatment that changes within some city "
            f"(for {', '.join(variant for variant in wanted if variant != 'faithful')})",
            found="the same value in every year of each city",
            hint="name another treatment or only the variant 'faithful'",
        )
    learned = [name for name in wanted if name in TRANSFORMS]
    run = [name for name in learned if design.controls or name not in NEEDS_CONTROLS]
    transformed = {name: TRANSFORMS[name](sample) for name in run}
    for name, data in transformed.items():
        _check_transformed(design, name, data)
    lost = [row for name, data in transformed.items() for row in _lost(sample.label, name, data)]
    return _Plan(
        design=design,
        transformed=transformed,
        linear=two_way_fixed_effects(sample) if varies else None,
        notes=_notes(design, left_out=[name for name in learned if name not in run], varies=varies),
        audit=(*sample.audit, *lost),
    )


def _check_transformed(design: Design, variant: str, data: Transformed) -> None:
    cities = np.unique(data.clusters).size
    if cities < design.folds:
        raise SampleError(
            f"{design_label(design)}, {variant}",
            expected=f"at least as many cities as folds ({design.folds})",
            found=f"{cities} cities with usable rows",
            hint="use fewer folds, or leave the variant out",
        )
    if not np.ptp(data.d) > 0:
        raise SampleError(
            f"{design_label(design)}, {variant}, column '{design.treatment}'",
            expected="a treatment that varies",
            found="none after the transform",
            hint="name another treatment or leave the variant out",
        )


def _lost(label: str, variant: str, data: Transformed) -> tuple[AuditRow, ...]:
    """What a transform could not use."""
    rows = []
    if data.gaps:
        detail = f"{data.gaps} gaps of more than a year are not bridged"
        rows.append(AuditRow(STAGE, "gaps_not_bridged", f"{label}, {variant}", detail, data.gaps))
    if data.lost_cities:
        detail = f"{data.lost_cities} cities have too few years for this variant"
        rows.append(
            AuditRow(STAGE, "cities_without_rows", f"{label}, {variant}", detail, data.lost_cities)
        )
    return tuple(rows)


def _notes(design: Design, *, left_out: Sequence[str], varies: bool) -> tuple[str, ...]:
    label = design_label(design)
    notes = []
    if left_out:
        notes.append(
            f"{label}: {' and '.join(left_out)} not run: without controls nothing is left to learn "
            "but years; linear two-way fixed effects is shown instead"
        )
    if PROVISIONAL in design.variants and PROVISIONAL not in left_out:
        notes.append(f"{label}: {PROVISIONAL} is {NOTES[PROVISIONAL]}")
    if not varies:
        notes.append(
            f"{label}: linear two-way fixed effects not shown: the treatment is constant within "
            "every city"
        )
    return tuple(notes)


def _repetitions(design: Design, variant: str) -> int:
    return 1 if variant == "faithful" else design.repetitions


def _tasks(plan: _Plan) -> list[_CrossFitTask]:
    return [
        _CrossFitTask(plan.design, variant, data, repetition)
        for variant, data in plan.transformed.items()
        for repetition in range(_repetitions(plan.design, variant))
    ]


def _cross_fit(task: _CrossFitTask) -> CrossFit:
    """Draw the task's folds and fit. Runs in a worker: folds are drawn there, from the seed."""
    design, data = task.design, task.data
    if task.variant == "faithful":
        folds = random_folds(
            data.y.size, folds=design.folds, seed=design.seed, repetition=task.repetition
        )
    else:
        folds = city_folds(
            data.clusters, folds=design.folds, seed=design.seed, repetition=task.repetition
        )
    learner = make_learner(
        design.learner, seed=learner_seed(design.seed, repetition=task.repetition)
    )
    where = f"{design_label(design)}, {task.variant}, column '{design.treatment}'"
    return fit_repetition(data, folds=folds, learner=learner, where=where)


def _dml_estimate(plan: _Plan, variant: str, fits: Sequence[CrossFit]) -> Estimate:
    design, data, fit = plan.design, plan.transformed[variant], aggregate(fits)
    notes = [NOTES[variant]]
    if len(fits) > 1:
        thetas = [one.theta for one in fits]
        notes.append(f"{len(fits)} repetitions from {min(thetas):.6g} to {max(thetas):.6g}")
    if data.gaps:
        notes.append(f"{data.gaps} gaps not bridged")
    return _row(
        design,
        variant,
        fit,
        n=data.y.size,
        n_clusters=int(np.unique(data.clusters).size),
        note="; ".join(notes),
    )


def _linear_estimate(plan: _Plan, fit: LinearFit) -> Estimate:
    notes = [NOTES[LINEAR]]
    if fit.collinear:
        notes.append(f"collinear and left out: {', '.join(fit.collinear)}")
    if fit.lost_rows:
        notes.append(f"{fit.lost_rows} rows alone in their city or year left out")
    as_cross_fit = CrossFit(
        theta=fit.theta,
        se_robust=fit.se_robust,
        se_city=fit.se_city,
        rmse_outcome=float("nan"),
        rmse_treatment=float("nan"),
        treatment_residual_variance=fit.treatment_residual_variance,
    )
    return _row(
        plan.design,
        LINEAR,
        as_cross_fit,
        n=fit.n,
        n_clusters=fit.n_clusters,
        note="; ".join(notes),
    )


def _row(
    design: Design, variant: str, fit: CrossFit, *, n: int, n_clusters: int, note: str
) -> Estimate:
    linear = variant == LINEAR
    se_type = "robust" if variant == "faithful" else "city"
    std_error = fit.se_robust if se_type == "robust" else fit.se_city
    statistic, p_value, ci_low, ci_high = interval(fit.theta, std_error)
    return Estimate(
        design=design.name,
        variant=variant,
        term=design.treatment,
        estimate=fit.theta,
        std_error=std_error,
        statistic=statistic,
        p_value=p_value,
        ci_low=ci_low,
        ci_high=ci_high,
        n=n,
        n_clusters=n_clusters,
        se_type=se_type,
        std_error_robust=fit.se_robust,
        std_error_city=fit.se_city,
        learner="linear" if linear else design.learner,
        folds=0 if linear else design.folds,
        repetitions=0 if linear else _repetitions(design, variant),
        seed=design.seed,
        rmse_outcome=fit.rmse_outcome,
        rmse_treatment=fit.rmse_treatment,
        treatment_residual_variance=fit.treatment_residual_variance,
        outcome=design.outcome,
        treatment=design.treatment,
        controls=";".join(design.controls),
        effects=EFFECTS[variant],
        recommended="provisional" if variant == PROVISIONAL else "",
        note=note,
    )
