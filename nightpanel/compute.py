"""Where a run computes: in this process, in local worker processes, or on a cluster."""

from concurrent.futures import Executor
from contextlib import ExitStack
from types import TracebackType
from typing import TYPE_CHECKING, Self

from nightpanel.effort import Effort
from tiles.peak_memory import peak_memory
from tiles.scheduler_address import require_listening

if TYPE_CHECKING:
    from tiles.cluster import Cluster


class Compute:
    """Opens the cluster when there is something to do for it, and closes it at the end.

    Parameters
    ----------
    scheduler : str, optional
        Address of a running scheduler, as ``tcp://node1:8786``.
    workers : int, optional
        Local processes to start where there is no address; none when left out.
    """

    def __init__(self, scheduler: str | None = None, workers: int | None = None) -> None:
        self._address, self._workers = scheduler, workers
        self._stack = ExitStack()
        self._opened: Cluster | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.__exit__(kind, error, trace)

    def require_there(self) -> None:
        """Refuse an address where nobody listens, before hours of work for it.

        Raises
        ------
        SchedulerError
            It is no address, or nothing answers there.
        """
        if self._address is not None:
            require_listening(self._address)

    def scheduler(self) -> "Cluster | None":
        """Who reads the tiles; None for the threads of this process.

        Raises
        ------
        SchedulerError
            The cluster is not there.
        """
        if self._address is None and self._workers is None:
            return None
        if self._opened is None:
            from tiles.cluster import cluster  # distributed takes most of a second to load

            workers = None if self._address else self._workers
            self._opened = self._stack.enter_context(cluster(self._address, workers=workers))
        return self._opened

    def peaks(self) -> Effort:
        """The largest resident sets so far, of this process and of the cluster's workers."""
        workers = 0 if self._opened is None else self._opened.peak_memory()
        return Effort(peak_bytes=peak_memory(), worker_peak_bytes=workers)

    def executor(self) -> Executor | None:
        """Who fits, where a cluster is given by address; None for processes of this machine.

        Raises
        ------
        SchedulerError
            The cluster is not there.
        """
        running = None if self._address is None else self.scheduler()
        return None if running is None else running.executor()
