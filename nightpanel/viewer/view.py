"""`nightpanel view`: the map of an output folder as a page on this machine."""

import webbrowser
from collections.abc import Callable
from pathlib import Path

from geo.errors import ViewError
from nightpanel.output_folder import read_output_folder
from nightpanel.viewer.guard import is_loopback
from nightpanel.viewer.listen import listening
from nightpanel.viewer.page_files import page_files
from nightpanel.viewer.serving import address_of, server
from nightpanel.viewer.shown_folder import shown_folder

HOST, PORT = "127.0.0.1", 8321


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
        address = address_of(listener, host)
        announce(address)
        if browser:
            webbrowser.open(address)
        server(shown, files, names=[host]).run(sockets=[listener])
