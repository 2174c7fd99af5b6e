"""Files that appear under their name whole or not at all, whatever happens to their writer.

A file is written under a hidden name of its own beside its place and renamed, which is atomic.
There is no ``fsync``: what a killed process has written is the kernel's and stays whole. Only a
crash of the whole machine can damage a renamed file, and entries of the store tell by checksum.
"""

import os
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import IO

from nightpanel.file_locks import is_left, take

PREFIX = ".draft-"
GRACE_SECONDS = 60.0


def write_whole(path: Path, write: Callable[[IO[bytes]], object]) -> None:
    """Write a file that replaces the one at a path in one step.

    Parameters
    ----------
    path : Path
        In an existing folder.
    write : callable
        Writes the content to the open file.

    Raises
    ------
    OSError
        It cannot be written; what was at the path still is.
    """
    # The process is named for people who look into the folder; the rest makes the name unique.
    draft = path.parent / f"{PREFIX}{os.getpid()}-{secrets.token_hex(8)}"
    try:
        with draft.open("xb") as stream:
            take(stream)
            write(stream)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def clear_drafts(folder: Path) -> int:
    """Remove the drafts in a folder whose writers are gone.

    Parameters
    ----------
    folder : Path
        Sub-folders are not looked into.

    Returns
    -------
    int
        How many were removed.

    Raises
    ------
    OSError
        One cannot be removed.
    """
    left = [path for path in folder.glob(f"{PREFIX}*") if is_left(path, age=GRACE_SECONDS)]
    for path in left:
        path.unlink(missing_ok=True)
    return len(left)
