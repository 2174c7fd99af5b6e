import os

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from estimation.pool import map_fits, worker_count
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
    found = map_fits(
        square, range(5), workers=workers, progress=lambda done, total: seen.append((done, total))
    )
    assert found == [0, 1, 4, 9, 16]
    assert seen == [(1, 5), (2, 5), (3, 5), (4, 5), (5, 5)]


def test_one_worker_is_this_process_and_two_are_others() -> None:
    assert set(map_fits(process_of, range(3), workers=1)) == {os.getpid()}
    assert os.getpid() not in map_fits(process_of, range(4), workers=2)


@pytest.mark.parametrize("workers", [1, 2])
def test_learners_get_one_thread(workers: int) -> None:
    assert map_fits(threads_at_work, range(2), workers=workers) == [1, 1]


@pytest.mark.parametrize("workers", [1, 2])
def test_a_named_problem_keeps_its_name(workers: int) -> None:
    with pytest.raises(SampleError, match="design 'x': expected rows, found none; add rows"):
        map_fits(fail, range(4), workers=workers)


def test_number_of_workers() -> None:
    assert worker_count(3, 10) == 3
    assert worker_count(8, 2) == 2
    assert worker_count(4, 0) == 1
    assert 1 <= worker_count(None, 10_000) <= (os.cpu_count() or 1)
    assert map_fits(square, [], workers=None) == []
    with pytest.raises(DesignError, match="workers: expected 1 or more, found 0"):
        worker_count(0, 3)


def test_where_the_processors_at_hand_cannot_be_asked_all_are_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 3)
    assert worker_count(None, 10) == 3
