"""A socket for the map's server, or in one line why there is none."""

import errno
import socket

from geo.errors import ViewError

FIRST_FREE = 1024
"""Ports below it are the system's own."""


def listening(host: str, port: int) -> socket.socket:
    """A socket that listens.

    Parameters
    ----------
    host : str
        Address or name of this machine.
    port : int
        0 for any that is free.

    Returns
    -------
    socket.socket

    Raises
    ------
    ViewError
        The port is taken or not allowed, or the address is not of this machine.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except OSError as error:
        raise _no_address(host, error) from error
    made = socket.socket(family, kind, protocol)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(address)
        made.listen()
    except OSError as error:
        made.close()
        raise _refused(host, port, error) from error
    return made


def _refused(host: str, port: int, error: OSError) -> ViewError:
    if error.errno == errno.EADDRINUSE:
        return ViewError(
            f"port {port}",
            expected="a port that is free",
            found="one in use, perhaps by another map",
            hint="choose another with --port; 0 takes any that is free",
        )
    if error.errno == errno.EACCES:
        return ViewError(
            f"port {port}",
            expected="a port that this user may open",
            found="one that the system keeps for itself",
            hint=f"choose one from {FIRST_FREE} on with --port; 0 takes any that is free",
        )
    return _no_address(host, error)


def _no_address(host: str, error: OSError) -> ViewError:
    return ViewError(
        f"host {host}",
        expected="an address of this machine",
        found=error.strerror or str(error),
        hint="leave --host out to be seen from this machine alone",
    )
