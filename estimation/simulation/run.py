"""Running draws that are not kept yet, spread over processes or a cluster, within a time."""

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from itertools import accumulate
from time import perf_counter
from typing import Protocol

import pandas as pd

from estimation.pool import map_fits, worker_count
from estimation.simulation.draws import Draw, DrawResult, keys_of, results_table, run_draw

BATCH = 16
"""Draws for each worker between two savings; a killed run loses no more."""

Told = Callable[[int, int], None]
"""Called with the number of draws kept and the number of all."""


class Store(Protocol):
    """Where draws are kept; files, if any, are its business."""

    def table(self) -> pd.DataFrame:
        """All results kept, with the columns of :class:`estimation.simulation.draws.DrawResult`."""
        ...

    def add(self, results: pd.DataFrame) -> None:
        """Keep more of them."""
        ...


@dataclass(frozen=True, slots=True)
class Progressed:
    """How far a run got."""

    made: int
    """Draws made now."""
    kept: int
    """Draws asked for that the store has."""
    left: int
    """Draws asked for that it has not: the time was up."""


def run_missing(
    draws: Sequence[Draw],
    store: Store,
    *,
    workers: int | None = None,
    executor: Executor | None = None,
    seconds: float | None = None,
    told: Told | None = None,
    clock: Callable[[], float] = perf_counter,
) -> Progressed:
    """Make the draws that a store does not have, in order, and keep them.

    Draws go out in batches, the slowest of a batch first so that no worker waits long at its end.
    With a time to keep to, a batch is cut to what earlier draws say will fit, and none is begun
    when it is up.

    Parameters
    ----------
    draws : sequence of Draw
    store : Store
        Its draws are not made again.
    workers : int or None
        Processes, as in :func:`estimation.pool.map_fits`.
    executor : concurrent.futures.Executor, optional
        Who takes the draws instead, for example a Dask cluster.
    seconds : float, optional
        Wall time after which no more batch is begun.
    told : callable, optional
        Called after each batch.
    clock : callable
        What time it is, in seconds.

    Returns
    -------
    Progressed
    """
    start = clock()
    there = keys_of(store.table())
    queue = [draw for draw in draws if draw.key not in there]
    total, made = len(queue), 0
    known = len(draws) - total
    hands = worker_count(workers, max(1, total))
    speeds = _Speeds(store.table())
    while queue:
        left = None if seconds is None else seconds - (clock() - start)
        batch = queue[: speeds.fitting(queue[: BATCH * hands], left, hands)]
        if not batch:
            break
        batch.sort(key=speeds.of, reverse=True)
        results = list(map_fits(run_draw, batch, workers=workers, executor=executor))
        store.add(results_table(results))
        speeds.learn(results)
        queue = queue[len(batch) :]
        made += len(batch)
        if told is not None:
            told(known + made, len(draws))
    return Progressed(made=made, kept=known + made, left=len(queue))


class _Speeds:
    """Mean seconds of an estimator on a process, from the draws so far."""

    def __init__(self, table: pd.DataFrame) -> None:
        self._sums: dict[tuple[str, str, str], tuple[float, int]] = {}
        columns = ["process", "variant", "learner", "seconds"]
        for process, variant, learner, seconds in table[columns].itertuples(index=False):
            self._note((str(process), str(variant), str(learner)), float(seconds))

    def learn(self, results: Sequence[DrawResult]) -> None:
        for one in results:
            self._note((one.process, one.variant, one.learner), one.seconds)

    def of(self, draw: Draw) -> float:
        """Seconds expected; without bound where nothing is known, so that it is found out first."""
        total, count = self._sums.get(_kind(draw), (float("inf"), 1))
        return total / count

    def fitting(self, batch: Sequence[Draw], left: float | None, hands: int) -> int:
        """How many of the draws fit the time that is left; what is unknown fits any."""
        if left is None:
            return len(batch)
        if left <= 0:
            return 0
        expected = (0.0 if self.of(draw) == float("inf") else self.of(draw) for draw in batch)
        return sum(total <= left * hands for total in accumulate(expected))

    def _note(self, kind: tuple[str, str, str], seconds: float) -> None:
        total, count = self._sums.get(kind, (0.0, 0))
        self._sums[kind] = (total + seconds, count + 1)


def _kind(draw: Draw) -> tuple[str, str, str]:
    return draw.spec.name, draw.estimator.variant, draw.estimator.learner
