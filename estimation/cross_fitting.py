"""Cross-fitting problems: what to learn for each, and the residuals and effects that come of it."""

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass

from estimation.dml import CrossFit, solve
from estimation.learning.learn import FitCounts, Kept, learn
from estimation.learning.learner_spec import LearnerSpec
from estimation.learning.nuisance_function import NuisanceFunction
from estimation.pool import Progress
from estimation.problems.problem import Problem
from estimation.residuals import Residuals, draw_folds, nuisance_functions, residuals_of
from estimation.samples.sample import Floats
from geo.errors import SampleError


@dataclass(frozen=True, slots=True, eq=False)
class Inquiry:
    """A problem and how it is cross-fitted."""

    problem: Problem
    """What is estimated."""
    learner: LearnerSpec
    """The learner of every nuisance function, or of all but the outcome's."""
    folds: int
    """Number of folds."""
    repetitions: int
    """Repetitions, each with folds of its own."""
    seed: int
    """Of folds and learners."""
    by_city: bool
    """Whether folds are of whole cities."""
    outcome_learner: LearnerSpec | None = None
    """The outcome's own, where it was tuned."""
    optional: bool = False
    """Whether a final regression that cannot be solved is an answer, too, and not an error."""


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """An inquiry's residuals and effects, one of each for every repetition."""

    inquiry: Inquiry
    """What was asked."""
    residuals: tuple[Residuals, ...]
    """Residuals by repetition."""
    found: tuple[CrossFit, ...] | SampleError
    """Effects by repetition; or, of an optional inquiry, why there are none."""

    @property
    def fits(self) -> tuple[CrossFit, ...]:
        """Effects by repetition.

        Raises
        ------
        SampleError
            There are none.
        """
        if isinstance(self.found, SampleError):
            raise self.found
        return self.found


def cross_fit(
    inquiries: Sequence[Inquiry],
    *,
    workers: int | None = None,
    executor: Executor | None = None,
    progress: Progress | None = None,
    kept: Kept | None = None,
) -> tuple[tuple[Answer, ...], FitCounts]:
    """Answer inquiries; nuisance functions that several of them need are fitted once.

    Parameters
    ----------
    inquiries : sequence of Inquiry
    workers, executor, progress, kept
        As in :func:`estimation.learning.learn.learn`.

    Returns
    -------
    tuple of Answer
        In order.
    FitCounts
        Fits asked for, distinct and made.

    Raises
    ------
    DesignError, SampleError
        A learner gives no number, or nothing is left to estimate from and the inquiry is not
        optional.
    """
    asked = [functions for inquiry in inquiries for functions in _by_repetition(inquiry)]
    learned = learn(
        [function for functions in asked for function in functions],
        workers=workers,
        executor=executor,
        progress=progress,
        kept=kept,
    )
    ready = iter(learned.predictions)
    answers = tuple(
        _answer(
            inquiry,
            [
                [next(ready) for _ in range(_targets(inquiry.problem))]
                for _ in range(inquiry.repetitions)
            ],
        )
        for inquiry in inquiries
    )
    return answers, learned.counts


def _by_repetition(inquiry: Inquiry) -> list[list[NuisanceFunction]]:
    return [
        nuisance_functions(
            inquiry.problem,
            draw_folds(
                inquiry.problem,
                folds=inquiry.folds,
                seed=inquiry.seed,
                repetition=repetition,
                by_city=inquiry.by_city,
            ),
            learners=(inquiry.outcome_learner or inquiry.learner, inquiry.learner),
            seed=inquiry.seed,
            repetition=repetition,
        )
        for repetition in range(inquiry.repetitions)
    ]


def _answer(inquiry: Inquiry, predictions: list[list[Floats]]) -> Answer:
    residuals = tuple(residuals_of(inquiry.problem, found) for found in predictions)
    found: tuple[CrossFit, ...] | SampleError
    try:
        found = solve(inquiry.problem, residuals)
    except SampleError as error:
        if not inquiry.optional:
            raise
        found = error
    return Answer(inquiry, residuals, found)


def _targets(problem: Problem) -> int:
    terms = len(problem.terms.names)
    return 1 + (terms if problem.Z is None else 2 * terms)
