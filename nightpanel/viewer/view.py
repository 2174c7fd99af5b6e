"""`nightpanel view`: the map of an output folder as a page on this machine."""

import socket
import webbrowser
from collections.abc import Callable
from pathlib import Path

import uvicorn

from geo.errors import ViewError
from nightpanel.output_folder import read_output_folder
from nightpanel.viewer.guard import Guard, is_loopback
from nightpanel.viewer.listen import listening
from nightpanel.viewer.page_files import page_files
from nightpanel.viewer.routes import application
from nightpanel.viewer.shown_folder import shown_folder

HOST, PORT = "127.0.0.1", 8321
MOST_AT_ONCE = 100
"""Connections that are answered at a time."""
PATIENCE_SECONDS = 2
"""How long answers may take that are under way when the server ends."""


def view(
    out: Path,
    *,
    host: str = HOST,
    port: int = PORT,
    others: bool = False,
    browser: bool = True,
    cache: Path | None = None,
    announce: Callable[[str], object] = print,
) -> None:
    """Serve the map of an output folder until the program is interrupted.

    Parameters
    ----------
    out : Path
        Output folder of a run.
    host : str
        Address on which the server listens: one of this machine alone, unless ``others``.
    port : int
        0 for any that is free.
    others : bool
        Whether other machines may see the map. There is no password.
    browser : bool
        Whether to open it in the user's browser.
    cache : Path, optional
        Where simplified outlines are kept; the output folder's cache if not given.
    announce : callable
        Takes the address, once the server listens.

    Raises
    ------
    OutputError
        There is no output folder of this version there.
    ViewError
        The port is taken, the host is no address of this machine or one that others can reach, or a
        part of the page is absent.
    """
    if not others and not is_loopback(host):
        raise ViewError(
            f"host {host}",
            expected=f"an address of this machine alone, such as {HOST}",
            found="one by which other machines can see the map",
            hint="leave --host out, or say --others if they may",
        )
    files = page_files()
    with listening(host, port) as listener:
        shown = shown_folder(read_output_folder(out), cache=cache)
        app = Guard(application(shown, files), names=[host])
        address = address_of(listener, host)
        announce(address)
        if browser:
            webbrowser.open(address)
        server(app).run(sockets=[listener])


def server(app: Guard) -> uvicorn.Server:
    """A server of the application, which says nothing as long as all is well."""
    return uvicorn.Server(
        uvicorn.Config(
            app,
            lifespan="off",
            log_level="warning",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            limit_concurrency=MOST_AT_ONCE,
            timeout_graceful_shutdown=PATIENCE_SECONDS,
        )
    )


def address_of(listener: socket.socket, host: str) -> str:
    """The address under which a browser on this machine finds the page."""
    port = listener.getsockname()[1]
    everywhere = host in {"0.0.0.0", "::", ""}  # noqa: S104  compared, not bound
    name = "localhost" if everywhere else f"[{host}]" if ":" in host else host
    return f"http://{name}:{port}/"
