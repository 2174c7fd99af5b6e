"""Threads for work that lets go of the interpreter lock; order in, order out."""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from itertools import pairwise
from typing import TypeVar

import numpy as np
import numpy.typing as npt

Piece = TypeVar("Piece")
Result = TypeVar("Result")


_most: int | None = None


def processors() -> int:
    """How many processors this process may use, at least 1; inside `at_most` no more than that."""
    if hasattr(os, "sched_getaffinity"):
        there = max(1, len(os.sched_getaffinity(0)))
    else:
        there = os.cpu_count() or 1
    return there if _most is None else min(there, _most)


@contextmanager
def at_most(threads: int | None) -> Iterator[None]:
    """Have this process take no more than so many processors; all there are if None."""
    global _most  # noqa: PLW0603
    before, _most = _most, threads
    try:
        yield
    finally:
        _most = before


def in_threads(
    work: Callable[[Piece], Result],
    pieces: Sequence[Piece],
    threads: int,
    *,
    pool: Executor | None = None,
) -> list[Result]:
    """Results of ``work`` for every piece, in the order of the pieces.

    The first error of a piece, in their order, is raised. ``pool`` are threads to use instead of
    new ones, for work that keeps something by thread from one call to the next.
    """
    if len(pieces) < 2 or threads < 2:
        return [work(piece) for piece in pieces]
    if pool is not None:
        return list(pool.map(work, pieces))
    with ThreadPoolExecutor(min(threads, len(pieces))) as own:
        return list(own.map(work, pieces))


def blocks(n: int, size: int) -> list[slice]:
    """Slices of ``size``, the last one shorter, that together run from 0 to ``n``."""
    return [slice(start, min(start + size, n)) for start in range(0, n, size)]


def runs(starts: npt.NDArray[np.int64], size: int) -> list[tuple[int, int]]:
    """Runs of items, as (first, last + 1), that hold about ``size`` members each.

    ``starts`` (n_items + 1) are the offsets of items into their members.
    """
    n_items = len(starts) - 1
    inner = np.searchsorted(starts, np.arange(size, starts[-1], size))
    return list(pairwise(np.unique([0, *inner.clip(0, n_items), n_items]).tolist()))
