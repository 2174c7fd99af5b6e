"""A Dask cluster to run the raster graph on: one that is there, or local processes.

Whoever takes part must run the same code and see the same files under the same paths; that is
checked before any work is handed out. What happens to the work is in `tiles.cluster_graph`.
"""

import asyncio
import logging
import warnings
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import dask
from dask._task_spec import Task, TaskRef, convert_legacy_graph
from dask.delayed import Delayed
from dask.tokenize import tokenize
from distributed import Client, LocalCluster, Security, rpc
from distributed.utils import silence_logging_cmgr
from distributed.versions import VersionMismatchWarning

from geo.errors import SchedulerError
from geo.stripes import Stripe
from tiles.cluster_executor import ClusterExecutor
from tiles.cluster_graph import ClusterGraph
from tiles.cluster_task import address_of, no_workers
from tiles.code_version import CodeVersion, check_same_code, code_version
from tiles.peak_memory import peak_memory
from tiles.scheduler_address import CONNECT_SECONDS, no_scheduler
from tiles.schedulers import Done
from tiles.sums import TileSums

WORKER_SECONDS = 60.0
"""How long to wait for a worker when the scheduler has none."""
BUSY_SECONDS = 20.0
"""How long a scheduler that is there may take to answer, at the start or after a break."""


class Cluster:
    """Runs the graph of one grid on a cluster; a `tiles.schedulers.Scheduler`.

    Parameters
    ----------
    client : distributed.Client
    worker_seconds : float
        How long to wait for a worker when there is none.
    """

    together = False  # a worker's memory is planned by one stripe of one tile for each thread

    def __init__(self, client: Client, *, worker_seconds: float = WORKER_SECONDS) -> None:
        self._client, self._worker_seconds = client, worker_seconds
        self._stripes: dict[str, Stripe] = {}

    def hand_out(self, stripes: Sequence[Stripe]) -> Sequence[object]:
        """As `Scheduler.hand_out`: names; what they stand for is sent with the tasks."""
        self._stripes = {f"coverage-{tokenize(stripe)}": stripe for stripe in stripes}
        return [TaskRef(name) for name in self._stripes]

    def results(self, sums: Sequence[Delayed], done: Done) -> Iterator[tuple[int, TileSums]]:
        """As `Scheduler.results`, whatever workers come and go.

        Raises
        ------
        NightpanelError
            That of a task, which names its worker.
        SchedulerError
            If the scheduler, or every worker, is lost for good.
        """
        position = {str(tile.key): k for k, tile in enumerate(sums)}
        graph = ClusterGraph(
            self._client,
            stripes=self._stripes,
            tasks=_tasks(sums),
            patience=self._worker_seconds,
        )
        try:
            for name, result in graph.finished(list(position)):
                done(name)
                if name in position:
                    yield position[name], result
        finally:
            graph.close()

    def peak_memory(self) -> int:
        """Largest resident set of any worker that is there, in bytes."""
        found = self._client.run(peak_memory, on_error="ignore")
        return max(found.values(), default=0)

    def executor(self) -> Executor:
        """The cluster as an executor of plain functions, such as fits."""
        return ClusterExecutor(self._client)


def _tasks(sums: Sequence[Delayed]) -> dict[str, Task]:
    graph: dict[object, object] = {}
    for tile in sums:
        graph.update(tile.dask)
    return {str(name): task for name, task in convert_legacy_graph(graph).items()}


@contextmanager
def cluster(
    address: str | None = None,
    *,
    workers: int | None = None,
    worker_seconds: float = WORKER_SECONDS,
) -> Iterator[Cluster]:
    """Connect to a cluster, or start local processes for as long as the context lasts.

    Parameters
    ----------
    address : str, optional
        Of a running scheduler, as ``tcp://node1:8786``.
    workers : int, optional
        Local processes to start instead, each with one thread.
    worker_seconds : float
        How long to wait for a worker when the scheduler has none.

    Yields
    ------
    Cluster

    Raises
    ------
    SchedulerError
        If no scheduler answers within 5 s, it has no workers, or one of them runs other code.
    ValueError
        If not exactly one of ``address`` and ``workers`` is given, or ``workers`` is under 1.
    """
    if (address is None) == (workers is None):
        raise ValueError("a cluster is either the address of a scheduler or a number of workers")
    if workers is not None and workers < 1:
        raise ValueError(f"workers is at least 1, not {workers}")
    connected = _existing(address) if address is not None else _local(workers or 1)
    with silence_logging_cmgr(logging.CRITICAL), connected as client:
        _wait_for_workers(client, worker_seconds)
        _check_code(client)
        yield Cluster(client, worker_seconds=worker_seconds)


@contextmanager
def _existing(address: str) -> Iterator[Client]:
    """A client of a running scheduler."""
    _check_scheduler(address)
    with warnings.catch_warnings():
        # Other versions are refused in `_check_code`, in one line.
        warnings.simplefilter("ignore", VersionMismatchWarning)
        try:
            client = Client(address, timeout=BUSY_SECONDS, set_as_default=False)
        except OSError as error:
            raise no_scheduler(address, f"{error}" or "no answer", seconds=BUSY_SECONDS) from error
    with client:
        yield client


def _check_scheduler(address: str) -> None:
    """Ask who is there; a client would take long to give up, and would not say why."""
    try:
        # In a thread of its own because a notebook has an event loop in this one.
        with ThreadPoolExecutor(1) as thread:
            kind = thread.submit(asyncio.run, _kind(address)).result()
    except Exception as error:
        # What is no scheduler may fail in any way.
        found = "no answer" if isinstance(error, TimeoutError) else f"{error}"
        raise no_scheduler(address, found, seconds=CONNECT_SECONDS) from error
    if kind != "Scheduler":
        raise no_scheduler(address, f"a {kind}", seconds=CONNECT_SECONDS)


async def _kind(address: str) -> object:
    """What kind of Dask server answers at an address."""

    async def ask() -> object:
        security = Security().get_connection_args("client")
        async with rpc(address, connection_args=security) as server:
            return (await server.identity())["type"]

    return await asyncio.wait_for(ask(), CONNECT_SECONDS)


@contextmanager
def _local(workers: int) -> Iterator[Client]:
    """A client of new processes of this machine, which end with the context."""
    # Dask would drop copies of coverage that few tasks still wait for, and send them again.
    keep_copies = {"distributed.scheduler.active-memory-manager.start": False}
    try:
        with dask.config.set(keep_copies):
            local = LocalCluster(
                n_workers=workers,
                threads_per_worker=1,
                host="127.0.0.1",
                dashboard_address="127.0.0.1:0",
                memory_limit=0,
                silence_logs=logging.CRITICAL,
            )
    except RuntimeError as error:
        raise SchedulerError(
            "workers",
            expected=f"{workers} processes",
            found=str(error).rstrip("."),
            hint="in a script of your own, call this under: if __name__ == '__main__'",
        ) from error
    with local, Client(local, timeout=BUSY_SECONDS, set_as_default=False) as client:
        yield client


def _wait_for_workers(client: Client, seconds: float) -> None:
    try:
        client.wait_for_workers(1, timeout=seconds)
    except TimeoutError as error:
        raise no_workers(client, seconds) from error


def _check_code(client: Client) -> None:
    """Refuse a scheduler or workers that run other code; later workers are checked by tasks."""
    # The scheduler unpacks the graph and so needs the code too.
    answers: dict[str, Any] = {}
    try:
        answers[f"scheduler {address_of(client)}"] = client.run_on_scheduler(_code_there)
    except ImportError as error:
        answers[f"scheduler {address_of(client)}"] = error
    of_workers = client.run(_code_there, on_error="return")
    answers |= {f"worker {address}": answer for address, answer in of_workers.items()}
    for where, answer in answers.items():
        if isinstance(answer, BaseException):
            raise SchedulerError(
                where,
                expected="this version of nightpanel",
                found=f"{type(answer).__name__}: {answer}",
                hint="run the same environment on every machine of the cluster",
            ) from answer
        check_same_code(code_version(), answer, where=where)


def _code_there() -> CodeVersion:
    """What another process runs; to be asked it must have imported what tasks need."""
    return code_version()
