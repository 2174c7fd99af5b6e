"""Locks on files that end with the process that holds them, however it ends.

They are the kernel's (``flock``): a killed holder lets go at once, and a process id that was given
to somebody else is no trap. Where a file system or an operating system has none, nobody waits, and
only its age tells that a file was left by a killed process.
"""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from errno import EACCES, EAGAIN, ETIMEDOUT
from pathlib import Path
from typing import IO

STALE_SECONDS = 3600.0
PATIENCE_SECONDS = 60.0
POLL_SECONDS = 0.02
MAKING_SECONDS = 5.0

if sys.platform == "win32":

    def take(stream: IO[bytes]) -> bool | None:  # noqa: ARG001
        """As below; there are no such locks here."""
        return None

    def release(stream: IO[bytes]) -> None:
        """As below; there is nothing to let go of."""

else:
    import fcntl

    def take(stream: IO[bytes]) -> bool | None:
        """Lock an open file, without waiting.

        Parameters
        ----------
        stream : binary file
            Open for writing, which NFS demands.

        Returns
        -------
        bool or None
            True: it is ours until `release` or the end of the process; False: somebody alive has
            it; None: there are no locks here.
        """
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            return False if error.errno in {EAGAIN, EACCES} else None
        return True

    def release(stream: IO[bytes]) -> None:
        """Let go of the lock, also for forked processes that inherited the open file."""
        with suppress(OSError):
            fcntl.flock(stream, fcntl.LOCK_UN)


@contextmanager
def exclusive(path: Path, *, patience: float = PATIENCE_SECONDS) -> Iterator[None]:
    """Be the only one in the block, among all who name the same path.

    Parameters
    ----------
    path : Path
        The lock's file: there during the block, gone after it. Its folder is made when needed.
    patience : float
        Seconds to wait for others.

    Raises
    ------
    TimeoutError
        Somebody else has been in the block all the while.
    OSError
        The file cannot be made.
    """
    stream = _taken(path, time.monotonic() + patience)
    try:
        yield
    finally:
        # Removed while it is ours: who waits on this file sees that it has gone and makes another.
        with suppress(OSError):
            path.unlink()
        release(stream)
        stream.close()


def is_left(path: Path, *, age: float = 0.0) -> bool:
    """Whether a file that its maker keeps locked was left by a process that is gone.

    Parameters
    ----------
    path : Path
    age : float
        Seconds since the last write that it must have at least: making a file and locking it are
        two steps, and so are closing it and giving it its name.

    Returns
    -------
    bool
        False for a file that is not there, or is another user's.
    """
    try:
        stream = path.open("r+b")
    except (FileNotFoundError, PermissionError):
        return False
    with stream:
        free = take(stream)
        release(stream)
        quiet = time.time() - os.fstat(stream.fileno()).st_mtime
    return quiet >= (STALE_SECONDS if free is None else age) and free is not False


def make_folder(folder: Path) -> None:
    """Make a folder with its parents, though another run may be removing them while empty.

    Raises
    ------
    OSError
        It cannot be made.
    """
    until = time.monotonic() + MAKING_SECONDS
    while True:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except FileNotFoundError:  # a parent went
            if time.monotonic() > until:
                raise
        except FileExistsError as error:
            # Raised, too, when a folder goes just before it is looked at.
            there = Path(error.filename)
            if (os.path.lexists(there) and not there.is_dir()) or time.monotonic() > until:
                raise
        else:
            return


def _taken(path: Path, until: float) -> IO[bytes]:
    while True:
        with suppress(FileNotFoundError):  # somebody removed its folder just now
            make_folder(path.parent)
            stream = path.open("ab")
            if take(stream) is not False and _is_at(stream, path):
                return stream
            stream.close()
        if time.monotonic() > until:
            raise TimeoutError(ETIMEDOUT, f"another run that has held {path.name} for too long")
        time.sleep(POLL_SECONDS)


def _is_at(stream: IO[bytes], path: Path) -> bool:
    """Whether the open file is still the one at the path."""
    try:
        return os.path.samestat(os.fstat(stream.fileno()), path.stat())
    except FileNotFoundError:
        return False
