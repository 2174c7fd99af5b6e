"""Cross-fitting problems: what to learn for each, and the residuals and effects that come of it."""

from collections import Counter
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
    answering = _Answering(inquiries)
    learned = learn(
        [
            function
            for inquiry in inquiries
            for functions in _by_repetition(inquiry)
            for function in functions
        ],
        workers=workers,
        executor=executor,
        progress=progress,
        kept=kept,
        arrived=answering.take,
    )
    return answering.answers, learned.counts


class _Answering:
    """Answers an inquiry as soon as all that it needs is learned, while others are waited for.

    The final regressions of hundreds of problems would else keep one process busy after the others.
    """

    def __init__(self, inquiries: Sequence[Inquiry]) -> None:
        self._inquiries = inquiries
        self._places = [
            (number, repetition, target)
            for number, inquiry in enumerate(inquiries)
            for repetition in range(inquiry.repetitions)
            for target in range(_targets(inquiry.problem))
        ]
        self._missing = Counter(number for number, *_ in self._places)
        self._learned: dict[int, dict[tuple[int, int], Floats]] = {}
        self._answers: dict[int, Answer] = {}

    def take(self, position: int, predictions: Floats) -> None:
        """Take a nuisance function by its position among all."""
        number, repetition, target = self._places[position]
        self._learned.setdefault(number, {})[repetition, target] = predictions
        self._missing[number] -= 1
        if self._missing[number] == 0:
            self._answers[number] = self._answer(number)

    @property
    def answers(self) -> tuple[Answer, ...]:
        """All answers, in the order of the inquiries."""
        return tuple(self._answers[number] for number in range(len(self._inquiries)))

    def _answer(self, number: int) -> Answer:
        inquiry, learned = self._inquiries[number], self._learned.pop(number)
        return _answer(
            inquiry,
            [
                [learned[repetition, target] for target in range(_targets(inquiry.problem))]
                for repetition in range(inquiry.repetitions)
            ],
        )


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
