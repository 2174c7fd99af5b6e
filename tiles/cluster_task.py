"""One task on a worker of a cluster: the same code as here, and errors that say where."""

import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

from distributed import Client, KilledWorker, get_worker

from geo.errors import (
    NightpanelError,
    SchedulerError,
    TileChangedError,
    TileMissingError,
    TileUnreadableError,
)
from tiles.code_version import CodeVersion, check_same_code, code_version

LOST_HINT = "see the workers' logs; if memory ended them, docs/clusters.md says how much they need"


@dataclass(frozen=True, slots=True)
class OnWorker:
    """The function of a task, which knows on which worker it runs."""

    function: Callable[..., Any]
    """What the task computes."""
    code: CodeVersion
    """What the client computes with; a worker with other code is refused."""

    @classmethod
    def of(cls, function: Callable[..., Any]) -> Self:
        """The function, to be run with the code of this process."""
        return cls(function, code_version())

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Compute, on a worker.

        Raises
        ------
        SchedulerError
            If the worker runs other code than the client.
        NightpanelError
            That of the function; the worker is named where a file is the problem, since one machine
            may see a file that another does not.
        """
        place = f"worker {get_worker().address} on {socket.gethostname()}"
        check_same_code(self.code, code_version(), where=place)
        try:
            return self.function(*args, **kwargs)
        except TileMissingError as error:
            hint = "make the file visible under this path on every worker, as shared folders do"
            raise _placed(error, place, hint) from error
        except (TileUnreadableError, TileChangedError) as error:
            raise _placed(error, place, error.hint) from error


def _placed(error: NightpanelError, place: str, hint: str) -> NightpanelError:
    where = f"{error.where}, as {place} sees it"
    return type(error)(where, expected=error.expected, found=error.found, hint=hint)


def reason_of(error: BaseException | None) -> BaseException:
    """What to raise for a task that failed: its own error, or that workers died of it."""
    if isinstance(error, KilledWorker):
        return SchedulerError(
            f"task {error.task}",
            expected="a worker that lives through it",
            found=f"{error.allowed_failures + 1} that died of it",
            hint=LOST_HINT,
        )
    return error or RuntimeError("a task failed without an error")


def address_of(client: Client) -> str:
    """Address of a client's scheduler."""
    return str(client.scheduler.address) if client.scheduler is not None else "unknown"


def no_workers(client: Client, seconds: float) -> SchedulerError:
    """The error of a scheduler that has no workers."""
    return SchedulerError(
        f"scheduler {address_of(client)}",
        expected="at least one worker",
        found=f"none in {seconds:g} s",
        hint="start workers with 'dask worker', or wait until the cluster has given some",
    )


def no_connection(client: Client) -> SchedulerError:
    """The error of a scheduler that has gone away."""
    return SchedulerError(
        f"scheduler {address_of(client)}",
        expected="a scheduler that stays to the end",
        found="no connection any more",
        hint="see the scheduler's log, then run again",
    )
