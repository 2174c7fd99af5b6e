"""Whether somebody listens at a scheduler's address, told without Dask's libraries."""

import socket
from urllib.parse import urlsplit

from geo.errors import SchedulerError

CONNECT_SECONDS = 5.0
"""After this time a scheduler that has not answered is not there."""

SCHEMES = ("tcp://", "tls://", "ws://", "wss://")


def require_listening(address: str) -> None:
    """Refuse an address where nobody listens.

    Parameters
    ----------
    address : str
        As ``tcp://node1:8786``.

    Raises
    ------
    SchedulerError
        It is no address, or nothing answers there.
    """
    if not address.startswith(SCHEMES):
        found = "no address of that kind, as tcp://node1:8786"
        raise no_scheduler(address, found, seconds=CONNECT_SECONDS)
    try:
        where = urlsplit(address)
        there = (where.hostname or "", where.port or 0)
        socket.create_connection(there, CONNECT_SECONDS).close()
    except (OSError, ValueError) as error:
        found = getattr(error, "strerror", None) or str(error)
        raise no_scheduler(address, found, seconds=CONNECT_SECONDS) from error


def no_scheduler(address: str, found: str, *, seconds: float) -> SchedulerError:
    """What a user is told of an address where no scheduler answers within so many seconds."""
    return SchedulerError(
        f"scheduler {address}",
        expected=f"a Dask scheduler that answers within {seconds:g} s",
        found=found,
        hint="start it with 'dask scheduler', and give the address that it prints",
    )
