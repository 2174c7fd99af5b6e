"""Mapping independent fits over processes; the numbers do not depend on how many there are.

Every task carries its own data and seeds, runs on one thread, and results are returned in the order
of the tasks. So one process and eight give the same bits.
"""

import os
import warnings
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future
from itertools import islice
from typing import TypeVar

from sklearn.utils.parallel import Parallel, delayed
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from geo.errors import DesignError

Task = TypeVar("Task")
Result = TypeVar("Result")
Progress = Callable[[int, int], None]
"""Called with the number of fits done and the number of all fits."""

UNDER_WAY = 64
"""Tasks that an executor has at a time, a number and no bound in bytes.

Each task carries its arrays, though other tasks share them. With features of 6 MB (2,783 city-years
and a dummy for each of 253 cities) about 400 MB are under way; ten times the cities make a hundred
times that. Processes of this machine have two tasks each under way.
"""


def map_fits(
    function: Callable[[Task], Result],
    tasks: Sequence[Task],
    *,
    workers: int | None = None,
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> list[Result]:
    """All results of :func:`iter_fits`, with the same parameters.

    Returns
    -------
    list
        One result for each task, in order.
    """
    results = iter_fits(function, tasks, workers=workers, executor=executor, progress=progress)
    return list(results)


def iter_fits(
    function: Callable[[Task], Result],
    tasks: Sequence[Task],
    *,
    workers: int | None = None,
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> Generator[Result]:
    """Apply a function to every task; results are given out one by one.

    Parameters
    ----------
    function : callable
        Pure, importable by name.
    tasks : sequence
        Picklable, independent of each other.
    workers : int or None
        Processes; 1 runs in this process, None takes as many as there are processors to use, and
        never more than tasks.
    executor : concurrent.futures.Executor, optional
        Takes the tasks instead, whatever ``workers`` says; a cluster's, for example. Its processes
        are left with one thread each for numeric libraries.
    progress : callable, optional
        Called in this process after each task, in order.

    Returns
    -------
    generator
        One result for each task, in order, as soon as it and those before it are there. Nothing
        runs before the first is asked for; once it is closed, nothing more is begun.

    Raises
    ------
    DesignError
        ``workers`` is less than 1.
    """
    count = worker_count(workers, len(tasks))
    results: Iterable[Result]
    if executor is not None:
        results = _on_executor(function, tasks, executor)
    elif count == 1:
        results = (_on_one_thread(function, task) for task in tasks)
    else:
        results = _on_processes(function, tasks, count)
    return _counted(results, len(tasks), progress)


def worker_count(workers: int | None, n_tasks: int) -> int:
    """Number of processes to use: as asked, or the processors at hand, and at most one a task.

    Raises
    ------
    DesignError
        ``workers`` is less than 1.
    """
    if workers is None:
        workers = _processors()
    elif workers < 1:
        raise DesignError(
            "workers", expected="1 or more", found=str(workers), hint="set workers to at least 1"
        )
    return max(1, min(workers, n_tasks))


def _processors() -> int:
    """Processors this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _counted(results: Iterable[Result], total: int, progress: Progress | None) -> Generator[Result]:
    for done, result in enumerate(results, 1):
        if progress is not None:
            progress(done, total)
        yield result


def _on_processes(
    function: Callable[[Task], Result], tasks: Sequence[Task], count: int
) -> Iterator[Result]:
    # Without max_nbytes=None large arrays would reach the workers as memory maps, which is one more
    # thing that differs between one process and several.
    parallel = Parallel(n_jobs=count, return_as="generator", max_nbytes=None)
    results = parallel(delayed(_on_one_thread)(function, task) for task in tasks)
    try:
        for result in results:  # noqa: UP028  (yield from would close it, warnings and all)
            yield result
    finally:
        with warnings.catch_warnings():
            # What nobody waits for any more is cancelled; joblib advises to ask for less.
            warnings.simplefilter("ignore", UserWarning)
            results.close()


def _on_executor(
    function: Callable[[Task], Result], tasks: Sequence[Task], executor: Executor
) -> Iterator[Result]:
    """Results in order, with so many tasks under way that arrays do not pile up.

    What is not needed any more is cancelled.
    """
    waiting: deque[Future[Result]] = deque()
    ahead = iter(tasks)
    try:
        for task in islice(ahead, UNDER_WAY):
            waiting.append(executor.submit(_on_worker, function, task))
        while waiting:
            result = waiting.popleft().result()
            for task in islice(ahead, 1):
                waiting.append(executor.submit(_on_worker, function, task))
            yield result
    finally:
        for future in waiting:
            future.cancel()


def _on_one_thread(function: Callable[[Task], Result], task: Task) -> Result:
    with threadpool_limits(limits=1):
        return function(task)


def _on_worker(function: Callable[[Task], Result], task: Task) -> Result:
    # Linear algebra has one limit for the whole process, and threadpoolctl lets only the first
    # thread that asks change it. A worker of a cluster may run several fits at once: were the
    # limit lifted when one of them ends, the others would go on with more threads.
    threadpool_limits(limits=1)
    return function(task)
