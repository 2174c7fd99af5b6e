import os
import threading
from collections.abc import Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from typing import Any

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from estimation.pool import UNDER_WAY, iter_fits, map_fits, worker_count
from geo.errors import DesignError, SampleError


def square(value: int) -> int:
    return value * value


def process_of(_: int) -> int:
    return os.getpid()


def threads_at_work(_: int) -> int:
    np.dot(np.eye(3), np.eye(3))
    return max(pool["num_threads"] for pool in threadpool_info())


def fail(value: int) -> int:
    if value == 2:
        raise SampleError("design 'x'", expected="rows", found="none", hint="add rows")
    return value


@pytest.mark.parametrize("workers", [1, 2])
def test_results_and_progress_come_in_order(workers: int) -> None:
    seen: list[tuple[int, int]] = []
    results = iter_fits(
        square, range(5), workers=workers, progress=lambda done, total: seen.append((done, total))
    )
    assert seen == []
    found = list(results)
    assert found == [0, 1, 4, 9, 16]
    assert seen == [(1, 5), (2, 5), (3, 5), (4, 5), (5, 5)]


def test_one_worker_is_this_process_and_two_are_others() -> None:
    assert set(map_fits(process_of, range(3), workers=1)) == {os.getpid()}
    assert os.getpid() not in set(map_fits(process_of, range(4), workers=2))


@pytest.mark.parametrize("workers", [1, 2])
def test_learners_get_one_thread(workers: int) -> None:
    assert list(map_fits(threads_at_work, range(2), workers=workers)) == [1, 1]


@pytest.mark.parametrize("workers", [1, 2])
def test_a_named_problem_keeps_its_name(workers: int) -> None:
    with pytest.raises(SampleError, match="design 'x': expected rows, found none; add rows"):
        list(map_fits(fail, range(4), workers=workers))


@pytest.fixture(scope="module")
def pool() -> Iterator[ProcessPoolExecutor]:
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as running:
        yield running


def test_an_executor_gets_the_tasks_and_gives_them_back_in_order(pool: ProcessPoolExecutor) -> None:
    seen: list[tuple[int, int]] = []
    found = map_fits(
        square, range(5), executor=pool, progress=lambda done, total: seen.append((done, total))
    )
    assert list(found) == [0, 1, 4, 9, 16]
    assert seen == [(1, 5), (2, 5), (3, 5), (4, 5), (5, 5)]
    assert os.getpid() not in set(map_fits(process_of, range(4), workers=1, executor=pool))
    assert list(map_fits(threads_at_work, range(2), executor=pool)) == [1, 1]
    assert list(map_fits(square, [], executor=pool)) == []


def test_an_executors_problem_keeps_its_name(pool: ProcessPoolExecutor) -> None:
    with pytest.raises(SampleError, match="design 'x': expected rows, found none; add rows"):
        list(map_fits(fail, range(4), executor=pool))


class FirstOnly(Executor):
    """Has an outcome for the first task it is given and never comes to the others."""

    def __init__(self, outcome: int | SampleError) -> None:
        self.outcome = outcome
        self.futures: list[Future[Any]] = []

    def submit(self, *_: Any, **__: Any) -> Future[Any]:
        future: Future[Any] = Future()
        if not self.futures and isinstance(self.outcome, SampleError):
            future.set_exception(self.outcome)
        elif not self.futures:
            future.set_result(self.outcome)
        self.futures.append(future)
        return future


def test_after_a_problem_an_executor_is_not_kept_busy() -> None:
    problem = SampleError("design 'x'", expected="rows", found="none", hint="add rows")
    executor = FirstOnly(problem)
    with pytest.raises(SampleError):
        list(map_fits(square, [2, 3, 4], executor=executor))
    assert [future.cancelled() for future in executor.futures] == [False, True, True]


def test_whoever_stops_asking_leaves_no_executor_busy() -> None:
    executor = FirstOnly(4)
    results = iter_fits(square, [2, 3, 4], executor=executor)
    assert next(results) == 4
    results.close()
    assert [future.cancelled() for future in executor.futures] == [False, True, True]


class Eager(Executor):
    """Does a task as it is given."""

    def __init__(self) -> None:
        self.given = 0

    def submit(self, function: Any, /, *arguments: Any, **_: Any) -> Future[Any]:
        self.given += 1
        future: Future[Any] = Future()
        future.set_result(function(*arguments))
        return future


def test_an_executor_has_so_many_tasks_at_a_time_and_no_more() -> None:
    executor = Eager()
    results = iter_fits(square, range(UNDER_WAY + 10), executor=executor)
    assert executor.given == 0
    assert next(results) == 0
    assert executor.given == UNDER_WAY + 1
    assert list(results) == [value**2 for value in range(1, UNDER_WAY + 10)]
    assert executor.given == UNDER_WAY + 10


def side_by_side(_: int) -> list[int]:
    """Threads at work at the end of two fits in this process, of which one ends first."""
    last_has_begun, first_is_done = threading.Event(), threading.Event()

    def fit(name: str) -> int:
        if name == "first to end":
            assert last_has_begun.wait(timeout=60)
            return threads_at_work(0)
        last_has_begun.set()
        assert first_is_done.wait(timeout=60)
        return threads_at_work(0)

    with ThreadPoolExecutor(2) as two:
        list(
            map_fits(threads_at_work, [0], executor=two)
        )  # whose thread is next given the first fit
        tasks = ["first to end", "last to end"]
        return list(map_fits(fit, tasks, executor=two, progress=lambda *_: first_is_done.set()))


def test_fits_side_by_side_in_a_worker_keep_to_one_thread(pool: ProcessPoolExecutor) -> None:
    assert pool.submit(side_by_side, 0).result() == [1, 1]


def test_number_of_workers() -> None:
    assert worker_count(3, 10) == 3
    assert worker_count(8, 2) == 2
    assert worker_count(4, 0) == 1
    assert 1 <= worker_count(None, 10_000) <= (os.cpu_count() or 1)
    assert list(map_fits(square, [], workers=None)) == []
    with pytest.raises(DesignError, match="workers: expected 1 or more, found 0"):
        worker_count(0, 3)
    with pytest.raises(DesignError, match="workers: expected 1 or more, found -2"):
        map_fits(square, [1], workers=-2)


def test_where_the_processors_at_hand_cannot_be_asked_all_are_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 3)
    assert worker_count(None, 10) == 3


def test_results_that_nobody_waits_for_any_more_are_cancelled_without_a_word() -> None:
    results = iter_fits(square, list(range(200)), workers=2)
    assert next(results) == 0
    results.close()  # warnings are errors
    assert map_fits(square, [3, 4], workers=2) == [9, 16]
