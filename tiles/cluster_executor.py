"""Plain functions on a cluster, as an executor of the standard library: fits, for example."""

from collections.abc import Callable
from concurrent.futures import CancelledError, Executor, Future
from typing import Any

from distributed import Client

from tiles.cluster_task import OnWorker, no_connection, reason_of


class ClusterExecutor(Executor):
    """Runs functions on a cluster.

    A function carries its arguments with it, so Dask gives it to another worker when one is lost.

    Parameters
    ----------
    client : distributed.Client
    """

    def __init__(self, client: Client) -> None:
        self._client = client
        # Without pure=False every argument would be hashed to find equal calls.
        self._inner: Executor = client.get_executor(pure=False)

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """As the standard library's executors; a lost scheduler or worker is a SchedulerError."""
        outer: Future[Any] = Future()
        inner = self._inner.submit(OnWorker.of(fn), *args, **kwargs)
        inner.add_done_callback(lambda done: self._pass_on(done, outer))
        outer.add_done_callback(lambda done: done.cancelled() and inner.cancel())
        return outer

    def _pass_on(self, inner: Future[Any], outer: Future[Any]) -> None:
        if not outer.set_running_or_notify_cancel():
            return
        try:
            error = inner.exception()
        except CancelledError:
            error = no_connection(self._client)
        if error is None:
            outer.set_result(inner.result())
        else:
            outer.set_exception(reason_of(error))
