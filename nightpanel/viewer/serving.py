"""The map's server: on a socket that listens, until it is told to end."""

import socket
import threading
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import uvicorn

from nightpanel.viewer.guard import Guard
from nightpanel.viewer.listen import listening
from nightpanel.viewer.page_files import page_files
from nightpanel.viewer.routes import application
from nightpanel.viewer.shown_folder import ShownFolder

MOST_AT_ONCE = 100
"""Connections that are answered at a time."""
PATIENCE_SECONDS = 2
"""How long answers may take that are under way when the server ends."""


def server(
    shown: ShownFolder, files: Mapping[str, Path], *, names: Collection[str] = ()
) -> uvicorn.Server:
    """A server of a folder's map, which says nothing as long as all is well.

    Parameters
    ----------
    shown : ShownFolder
    files : mapping of str to Path
        Files of the page by path.
    names : collection of str
        Names, beside localhost, by which it may be called.

    Returns
    -------
    uvicorn.Server
    """
    return uvicorn.Server(
        uvicorn.Config(
            Guard(application(shown, files), names=names),
            lifespan="off",
            ws="none",
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


@contextmanager
def serving(shown: ShownFolder) -> Iterator[str]:
    """Serve a folder's map from a thread of its own, as long as the block lasts.

    Yields
    ------
    str
        Its address, of this machine alone.

    Raises
    ------
    ViewError
        A part of the page is absent.
    """
    host = "127.0.0.1"
    files = page_files()
    with listening(host, 0) as listener:
        served = server(shown, files)
        thread = threading.Thread(target=served.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield address_of(listener, host)
        finally:
            served.should_exit = True
            thread.join()
