"""Tuning the learners of designs that ask for it, before anything is cross-fitted.

What is tuned are the variants with folds by city, each on its own transformed data; the paper's own
variant keeps the learner that it names. A term beside the treatment is learned as the treatment is.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace

from estimation.learning.kept_tuning import keep, recall, tuning_address
from estimation.learning.learn import Kept
from estimation.learning.nuisance_function import Addresses
from estimation.learning.tuning import Tuned, TuningTask, tune_nuisance, tuning_tasks
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
    kept: Kept | None = None,
) -> TunedPlans:
    """Search the settings of the learners of every design that has a budget for it.

    Parameters
    ----------
    plans : sequence of Plan
    workers, executor, progress
        As in :func:`estimation.pool.iter_fits`; progress counts nuisance functions tuned.
    kept : Kept, optional
        Where settings that earlier runs chose are; what is there is not searched again.

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
    ways = {"workers": workers, "executor": executor, "progress": progress}
    found = _found(tasks, kept, lambda left: iter_fits(tune_nuisance, left, **ways))  # type: ignore[arg-type]
    chosen, rows = {}, []
    for setting in wanted:
        outcome, treatment = next(found), next(found)
        chosen[id(setting)] = _with_learners(setting, outcome, treatment)
        rows += [_row(setting, one) for one in (outcome, treatment)]
    return TunedPlans(tuple(_with_settings(plan, chosen) for plan in plans), tuple(rows))


def _found(
    tasks: Sequence[TuningTask],
    kept: Kept | None,
    search: Callable[[Sequence[TuningTask]], Iterator[Tuned]],
) -> Iterator[Tuned]:
    """What is chosen for each task, in order; what is kept is not searched."""
    if kept is None:
        yield from search(tasks)
        return
    addresses = Addresses()
    named = [(tuning_address(task, addresses), task) for task in tasks]
    known = {address: recall(task, address, kept) for address, task in named}
    made = search([task for address, task in named if known[address] is None])
    for address, task in named:
        one = known[address]
        if one is None:
            one = next(made)
            keep(task, one, address, kept)
        yield one


def _with_learners(setting: Setting, outcome: Tuned, treatment: Tuned) -> Setting:
    main = replace(setting.main, learner=treatment.learner, outcome_learner=outcome.learner)
    return replace(setting, main=main)


def _with_settings(plan: Plan, chosen: Mapping[int, Setting]) -> Plan:
    """The plan with what was chosen in the place of what it had."""
    return replace(
        plan, settings={name: chosen.get(id(one), one) for name, one in plan.settings.items()}
    )


def _row(setting: Setting, found: Tuned) -> TunedLearner:
    return TunedLearner(
        design=setting.design.name,
        variant=setting.variant,
        target=found.target,
        before=setting.main.learner.text,
        after=found.learner.text,
        rmse_before=found.score_before,
        rmse_after=found.score_after,
        trials=found.trials,
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
