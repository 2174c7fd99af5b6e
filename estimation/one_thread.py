"""Linear algebra on one thread: small matrices gain little from more."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped]


@contextmanager
def one_thread() -> Iterator[None]:
    """Have this process's linear algebra take one thread meanwhile.

    With as many threads as cores, each waits for all others at every step: on a machine that does
    anything else, least squares of 1,400 rows on 700 columns took forty times as long.
    """
    with _libraries().limit(limits=1, user_api="blas"):
        yield


@cache
def _libraries() -> ThreadpoolController:
    """The libraries that are loaded; to look for them takes longer than to limit them."""
    return ThreadpoolController()
