"""The raster graph on a Dask cluster: what its workers are given, and what if one is lost.

Coverage is scattered: each stripe of it goes to one worker, and from there once to any other that
is given a task on it. Tasks carry its name only, so that the graph grows with tiles and stripes and
not with units. All tiles are handed out at once, because Dask keeps a copy of a stripe where it
knows of tasks to come; the first have the highest priority, so that they are finished first. The
client holds a future for every task. A stripe's sums stay with the worker that made them until
their tile is added up; a tile's sums come home as soon as they are there.

A lost worker. Dask computes lost results again, but what was scattered to a lost worker is gone,
and Dask cancels everything that depends on it. The coverage is still here: it is scattered again,
to whoever is there by then, and what was cancelled is submitted again, all under new names, since
a name that Dask has cancelled may still be on its way out. Tasks are pure functions and sums are
added in the order of stripes, so not a bit changes.
"""

import time
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from dask._task_spec import Task
from dask.sizeof import sizeof
from distributed import CancelledError, Client, Future, as_completed

from geo.errors import SchedulerError
from geo.stripes import Stripe
from tiles.cluster_task import LOST_HINT, OnWorker, address_of, no_connection, no_workers, reason_of
from tiles.sums import StripeSums, TileSums

ATTEMPTS = 5
"""Times that a stripe of coverage is handed out without a task on it coming back."""

SCATTER_BYTES = 64 * 2**20
"""Coverage on its way at one time, in bytes: what the scheduler has to hold of it."""

SETTLE_SECONDS = 0.2
"""What Dask has to say about one lost worker arrives within this time."""


# Dask ships no types, so mypy takes these decorators for untyped.
@sizeof.register(Stripe)  # type: ignore[untyped-decorator]
def _bytes_of_stripe(stripe: Stripe) -> int:
    """What Dask weighs when it chooses between moving coverage and waiting; else it sees none."""
    return stripe.nbytes


@sizeof.register(StripeSums)  # type: ignore[untyped-decorator]
@sizeof.register(TileSums)  # type: ignore[untyped-decorator]
def _bytes_of_sums(sums: StripeSums | TileSums) -> int:
    return sums.sums.nbytes


class ClusterGraph:
    """A graph under way on a cluster.

    Parameters
    ----------
    client : distributed.Client
    stripes : mapping of str to Stripe
        The coverage, by the names that tasks use for it.
    tasks : mapping of str to Task
        Every task by its name.
    patience : float
        Seconds to wait for a worker when none is there.
    """

    def __init__(
        self,
        client: Client,
        *,
        stripes: Mapping[str, Stripe],
        tasks: Mapping[str, Task],
        patience: float,
    ) -> None:
        self._client, self._stripes, self._patience = client, stripes, patience
        self._tasks = {
            name: Task(name, OnWorker.of(task.func), *task.args, **task.kwargs)
            for name, task in tasks.items()
        }
        self._futures: dict[str, Future[Any]] = {}  # of stripes and tasks, by name
        self._names: dict[object, str] = {}  # of stripes and tasks, by what the scheduler calls it
        self._uses: Counter[str] = Counter()  # of a name
        self._losses: Counter[str] = Counter()  # of a stripe since a task on it was done

    def finished(self, tiles: Sequence[str]) -> Iterator[tuple[str, Any]]:
        """Run the tasks.

        Parameters
        ----------
        tiles : sequence of str
            Names of the tasks whose results come home; each depends on tasks of its own, which
            depend on stripes. Workers prefer the first ones, so that some are finished long before
            all are.

        Yields
        ------
        name, result
            Each task once, as it is finished; the result of one that is no tile is None.

        Raises
        ------
        NightpanelError
            That of a task, with the worker named; a SchedulerError if there is no worker, workers
            are lost again and again, or the scheduler is.
        """
        try:
            yield from self._finished(tiles)
        except OSError:  # as Dask's own, of a connection that ended while something was on its way
            self._check_connection()
            raise

    def _finished(self, tiles: Sequence[str]) -> Iterator[tuple[str, Any]]:
        waiting = as_completed(loop=self._client.loop)
        for tile in tiles:
            waiting.update(self._submit(self._with_parts(tile)))
        told: set[str] = set()
        for batch in waiting.batches():
            lost = False
            for future in batch:
                name = self._names.get(future.key)
                if name is None:
                    continue  # let go, or handed out again under another name
                try:
                    result = _outcome(future, fetch=name in tiles)
                except CancelledError:
                    lost = True
                    continue
                # The news of a tile may overtake that of its stripes.
                for one in (*self._let_go(name), name) if name in tiles else (name,):
                    self._losses_are_over(one)
                    if one not in told:
                        told.add(one)
                        yield one, result if one == name else None
            if lost:
                waiting.update(self._submit_again(self._lost()))

    def close(self) -> None:
        """Let go of everything on the cluster."""
        for future in self._futures.values():
            future.release()
        self._futures.clear()
        self._names.clear()

    def _submit_again(self, tasks: Sequence[str]) -> list["Future[Any]"]:
        stripes = self._needed(tasks)
        self._losses.update(stripes)
        for name in stripes:
            if self._losses[name] >= ATTEMPTS:
                raise self._lost_too_often(name)
        return self._submit(tasks)

    def _submit(self, tasks: Sequence[str]) -> list["Future[Any]"]:
        """Hand out tasks, and those stripes of coverage that they need and no worker holds."""
        self._check_connection()
        self._scatter([name for name in self._needed(tasks) if self._is_missing(name)])
        keys = self._new_keys(tasks)
        held = {name: future.key for name, future in self._futures.items()}
        current: dict[Any, Any] = held | keys
        graph = {keys[name]: self._tasks[name].substitute(current, keys[name]) for name in tasks}
        # fifo_timeout: what is handed out first has priority, and not what Dask would find best.
        futures: list[Future[Any]] = self._client.get(
            graph, list(graph), sync=False, fifo_timeout="0s"
        )
        self._keep(tasks, futures)
        return futures

    def _scatter(self, stripes: Sequence[str]) -> None:
        """Send stripes to workers, so many at a time that the scheduler can bear it."""
        group: list[str] = []
        size = 0
        for name in stripes:
            if group and size + self._stripes[name].nbytes > SCATTER_BYTES:
                self._scatter_group(group)
                group, size = [], 0
            group.append(name)
            size += self._stripes[name].nbytes
        if group:
            self._scatter_group(group)

    def _scatter_group(self, stripes: Sequence[str]) -> None:
        for _ in range(ATTEMPTS):
            self._check_connection()
            keys = self._new_keys(stripes)
            data = {keys[name]: self._stripes[name] for name in stripes}
            try:
                futures = self._client.scatter(data, timeout=self._patience)
            except TimeoutError as error:
                raise no_workers(self._client, self._patience) from error
            except (OSError, KeyError):  # a worker was lost on the way
                time.sleep(SETTLE_SECONDS)
            else:
                self._keep(stripes, [futures[keys[name]] for name in stripes])
                return
        raise self._lost_too_often(stripes[0])

    def _new_keys(self, names: Collection[str]) -> dict[str, str]:
        """What to call things, so that the scheduler has never heard it from here."""
        keys = {
            name: f"{name}-again-{self._uses[name]}" if self._uses[name] else name for name in names
        }
        self._uses.update(names)
        return keys

    def _keep(self, names: Sequence[str], futures: Sequence["Future[Any]"]) -> None:
        for name, future in zip(names, futures, strict=True):
            if name in self._futures:
                del self._names[self._futures[name].key]
            self._futures[name] = future
            self._names[future.key] = name

    def _with_parts(self, tile: str) -> list[str]:
        """The tasks that a tile depends on, and itself."""
        parts = self._tasks[tile].dependencies & self._tasks.keys()
        return [*sorted(map(str, parts)), tile]

    def _needed(self, tasks: Sequence[str]) -> list[str]:
        """The stripes that tasks depend on."""
        names = {name for task in tasks for name in self._tasks[task].dependencies}
        return [name for name in self._stripes if name in names]

    def _let_go(self, name: str) -> list[str]:
        """Release a tile and its parts, whose names are returned."""
        *parts, _ = self._with_parts(name)
        for one in (*parts, name):
            future = self._futures.pop(one)
            del self._names[future.key]
            future.release()
        return parts

    def _is_missing(self, name: str) -> bool:
        """Whether no worker holds it or will, as far as Dask has told."""
        return name not in self._futures or self._futures[name].status == "cancelled"

    def _lost(self) -> list[str]:
        """Names of the tasks that Dask has cancelled and that are still needed."""
        time.sleep(SETTLE_SECONDS)
        self._check_connection()
        held = (name for name in self._futures if name in self._tasks)
        return [name for name in held if self._is_missing(name)]

    def _check_connection(self) -> None:
        while self._client.status == "connecting":
            time.sleep(SETTLE_SECONDS)
        if self._client.status != "running":
            raise no_connection(self._client)

    def _losses_are_over(self, task: str) -> None:
        for stripe in self._tasks[task].dependencies & self._stripes.keys():
            del self._losses[stripe]

    def _lost_too_often(self, stripe: str) -> SchedulerError:
        return SchedulerError(
            f"scheduler {address_of(self._client)}",
            expected="workers that stay until their task is done",
            found=f"{ATTEMPTS} lost with stripe {self._stripes[stripe].stripe} of the coverage",
            hint=LOST_HINT,
        )


def _outcome(future: "Future[Any]", *, fetch: bool) -> Any:
    """The result of a future that has ended, None if it is not to be fetched.

    Raises
    ------
    CancelledError
        If it was lost.
    Exception
        That of the task.
    """
    if future.status == "error":
        raise reason_of(future.exception())
    if fetch or future.status == "cancelled":
        return future.result()
    return None
