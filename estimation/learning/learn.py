"""The shared pool: every distinct nuisance function of all designs is fitted once.

Designs hand in the nuisance functions they need; equal ones (same target, features, rows, folds,
learner and seed) are found by their address. What is left is cut into fits of one fold or of some,
longest first, spread over processes or a cluster, and put together again. What is kept from an
earlier run is not fitted again, so that an interrupted run resumes.
"""

from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import closing
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from estimation.learning.fold_fit import FoldFits, cost, run_fits
from estimation.learning.folds import Fold
from estimation.learning.nuisance_function import Addresses, NuisanceFunction
from estimation.pool import UNDER_WAY, Progress, iter_fits, worker_count
from estimation.samples.sample import Floats

TASKS_EACH = 16
"""Tasks that each process should have, at least, before folds of a function travel together.

A task carries the arrays of its function, so that five folds in one task cost a fifth of the way.
"""


class Kept(Protocol):
    """Where predictions, and the numbers of tuning, are kept between runs, by address."""

    def get(self, address: str) -> Floats | None:
        """Numbers kept under an address, shape (n,); None if there are none."""
        ...

    def put(self, address: str, predictions: Floats) -> None:
        """Keep numbers, shape (n,)."""
        ...


Arrived = Callable[[int, Floats], None]
"""Called with the position of a function and its predictions."""


@dataclass(frozen=True, slots=True)
class FitCounts:
    """How much was asked for and how much was done, in single fits (one learner, one fold)."""

    asked: int
    """Fits that the designs would make one by one, without sharing."""
    distinct: int
    """Fits that differ."""
    fitted: int
    """Fits made now; the other distinct ones were kept from an earlier run."""


@dataclass(frozen=True, slots=True)
class Learned:
    """Out-of-fold predictions of nuisance functions."""

    predictions: tuple[Floats, ...]
    """One array for each function, in order, shape (n,)."""
    counts: FitCounts
    """What it took."""


def learn(
    functions: Sequence[NuisanceFunction],
    *,
    workers: int | None = None,
    executor: Executor | None = None,
    progress: Progress | None = None,
    kept: Kept | None = None,
    arrived: Arrived | None = None,
) -> Learned:
    """Predict every nuisance function out of fold.

    Parameters
    ----------
    functions : sequence of NuisanceFunction
        Equal ones share their fits.
    workers, executor, progress
        As in :func:`estimation.pool.iter_fits`; progress counts single fits.
    kept : Kept, optional
        Where predictions of earlier runs are, and where new ones go as soon as all folds of a
        function are done.
    arrived : callable, optional
        Called in this process for each function as soon as all its folds are there, while others
        are still being fitted; last for those that were kept.

    Returns
    -------
    Learned
        The same bits for any number of workers, and with or without kept predictions.

    Raises
    ------
    DesignError
        A learner fails or gives no number.
    """
    addresses = Addresses()
    positions: dict[str, list[int]] = {}
    for position, function in enumerate(functions):
        positions.setdefault(addresses.of(function), []).append(position)
    distinct = {address: functions[first] for address, (first, *_) in positions.items()}
    found = {} if kept is None else _kept(distinct, kept)
    missing = {address: one for address, one in distinct.items() if address not in found}
    predictions: dict[int, Floats] = {}

    def take(address: str, values: Floats) -> None:
        for position in positions[address]:
            predictions[position] = values
            if arrived is not None:
                arrived(position, values)

    collect = _Collector(missing, kept, progress)
    tasks, results = _fitted(missing, workers, executor)
    with closing(results):  # whatever is raised here, no process goes on
        for (address, fits), predicted in zip(tasks, results, strict=True):
            whole = collect.add(address, fits, predicted)
            if whole is not None:
                take(address, whole)
    for address, values in found.items():
        take(address, values)
    return Learned(
        predictions=tuple(predictions[position] for position in range(len(functions))),
        counts=FitCounts(
            asked=_n_fits(functions),
            distinct=_n_fits(distinct.values()),
            fitted=_n_fits(missing.values()),
        ),
    )


def _fitted(
    functions: Mapping[str, NuisanceFunction], workers: int | None, executor: Executor | None
) -> tuple[list[tuple[str, FoldFits]], Generator[tuple[Floats, ...]]]:
    """Tasks by their functions' addresses, the longest first, and their results in that order."""
    total = _n_fits(functions.values())
    processes = UNDER_WAY if executor is not None else worker_count(workers, total)
    together = max(1, total // (processes * TASKS_EACH))
    tasks = [(address, fits) for address, one in functions.items() for fits in _cut(one, together)]
    tasks.sort(key=lambda pair: -cost(pair[1]))
    fits = [one for _, one in tasks]
    return tasks, iter_fits(run_fits, fits, workers=workers, executor=executor)


def _kept(functions: Mapping[str, NuisanceFunction], kept: Kept) -> dict[str, Floats]:
    """Predictions of an earlier run, of those functions that have them."""
    there = {address: kept.get(address) for address in functions}
    return {
        address: values
        for address, values in there.items()
        if values is not None and values.shape == functions[address].target.shape
    }


class _Collector:
    """Puts the folds of functions together and keeps a function once it is whole."""

    def __init__(
        self,
        functions: Mapping[str, NuisanceFunction],
        kept: Kept | None,
        progress: Progress | None,
    ) -> None:
        self._functions = functions
        self._parts: dict[str, Floats] = {}
        self._missing: dict[str, int] = {}
        self._kept = kept
        self._progress = progress
        self._done, self._total = 0, _n_fits(functions.values())

    def add(self, address: str, fits: FoldFits, values: Sequence[Floats]) -> Floats | None:
        """Take the predictions of some folds; give those of all once they are there."""
        function = self._functions[address]
        if address not in self._parts:
            self._parts[address] = np.empty_like(function.target)
            self._missing[address] = len(function.folds)
        for (_, (_, predicted)), found in zip(fits.folds, values, strict=True):
            self._parts[address][predicted] = found
            self._missing[address] -= 1
            self._done += 1
            if self._progress is not None:
                self._progress(self._done, self._total)
        if self._missing[address] > 0:
            return None
        whole = self._parts.pop(address)
        if self._kept is not None:
            self._kept.put(address, whole)
        return whole


def _n_fits(functions: Iterable[NuisanceFunction]) -> int:
    return sum(len(function.folds) for function in functions)


def _cut(function: NuisanceFunction, together: int) -> list[FoldFits]:
    """The function's fits, so many folds at a time at the most."""
    named: list[tuple[str, Fold]] = [
        (f"fold {number} of {len(function.folds)}", fold)
        for number, fold in enumerate(function.folds, 1)
    ]
    return [
        FoldFits(
            target=function.target,
            features=function.features,
            folds=tuple(named[first : first + together]),
            learner=function.learner,
            seed=function.seed,
            where=function.where,
        )
        for first in range(0, len(named), together)
    ]
