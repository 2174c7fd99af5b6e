"""Tuning the learners of designs that ask for it, before anything is cross-fitted.

What is tuned are the variants with folds by city, each on its own transformed data; the paper's own
variant keeps the learner that it names. A term beside the treatment is learned as the treatment is.
"""

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace

from estimation.learning.tuning import TuningTask, tune_nuisance, tuning_tasks
from estimation.parts.part import Setting
from estimation.plan import Plan
from estimation.pool import Progress, iter_fits
from estimation.results import TunedLearner
from estimation.vocabulary import DICTIONARIES


@dataclass(frozen=True, slots=True)
class TunedPlans:
    """Plans with the learners chosen for them."""

    plans: tuple[Plan, ...]
    """In order; those that ask for no tuning as they were."""
    rows: tuple[TunedLearner, ...]
    """What was chosen."""


def tuned_plans(
    plans: Sequence[Plan],
    *,
    workers: int | None = None,
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> TunedPlans:
    """Search the settings of the learners of every design that has a budget for it.

    Parameters
    ----------
    plans : sequence of Plan
    workers, executor, progress
        As in :func:`estimation.pool.iter_fits`; progress counts nuisance functions tuned.

    Returns
    -------
    TunedPlans

    Raises
    ------
    DesignError, SampleError
        A learner has nothing to tune or cannot be fitted, or there are fewer cities than folds.
    """
    wanted = [setting for plan in plans for setting in plan.settings.values() if _is_tuned(setting)]
    tasks = [task for setting in wanted for task in _tasks(setting)]
    if not tasks:
        return TunedPlans(tuple(plans), ())
    found = iter_fits(tune_nuisance, tasks, workers=workers, executor=executor, progress=progress)
    chosen, rows = {}, []
    for setting in wanted:
        outcome, treatment = next(found), next(found)
        main = replace(setting.main, learner=treatment.learner, outcome_learner=outcome.learner)
        chosen[id(setting)] = replace(setting, main=main)
        rows += [
            TunedLearner(
                design=setting.design.name,
                variant=setting.variant,
                target=one.target,
                before=setting.main.learner.text,
                after=one.learner.text,
                rmse_before=one.score_before,
                rmse_after=one.score_after,
                trials=one.trials,
            )
            for one in (outcome, treatment)
        ]
    return TunedPlans(
        tuple(
            replace(
                plan,
                settings={
                    name: chosen.get(id(setting), setting)
                    for name, setting in plan.settings.items()
                },
            )
            for plan in plans
        ),
        tuple(rows),
    )


def _is_tuned(setting: Setting) -> bool:
    untuned = ("faithful", *DICTIONARIES)
    return setting.design.tune is not None and setting.variant not in untuned


def _tasks(setting: Setting) -> tuple[TuningTask, ...]:
    problem, budget = setting.main.problem, setting.design.tune
    if budget is None:
        return ()
    return tuning_tasks(
        problem.y,
        problem.D[:, :1],
        problem.X,
        problem.clusters,
        names=(setting.design.outcome, problem.terms.names[0]),
        learner=setting.main.learner,
        budget=budget,
        seed=setting.design.seed,
        label=problem.where,
    )
