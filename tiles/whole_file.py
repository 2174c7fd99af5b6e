"""Files and folders that appear under their name whole or not at all."""

import os
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

STALE_SECONDS = 3600.0
"""Age of a draft whose writer is taken to be gone."""


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A hidden place beside a path, whose file moves there if the block ends without an error.

    Parameters
    ----------
    path : Path
        In an existing folder.

    Yields
    ------
    Path
        Where to write; nobody else writes there.

    Raises
    ------
    OSError
        If the file cannot be moved; what was at the path still is.
    """
    draft = _beside(path)
    try:
        yield draft
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """A hidden folder beside a path, which moves there if the block ends without an error.

    Parameters
    ----------
    path : Path
        In an existing folder. If somebody makes it meanwhile, theirs stays: both hold the same.

    Yields
    ------
    Path
        Where to write; nobody else writes there.

    Raises
    ------
    OSError
        If the folder cannot be made or moved.
    """
    draft = _beside(path)
    draft.mkdir()
    try:
        yield draft
        try:
            draft.replace(path)
        except OSError:
            if not path.is_dir():
                raise
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def clear_left_folders(folder: Path) -> int:
    """Remove what killed writers of `whole_folder` have left, and count it.

    Raises
    ------
    OSError
        If the folder cannot be looked through.
    """
    left = []
    for draft in folder.glob(".*"):
        with suppress(FileNotFoundError):
            if draft.is_dir() and time.time() - draft.stat().st_mtime > STALE_SECONDS:
                left.append(draft)
    for draft in left:
        shutil.rmtree(draft, ignore_errors=True)
    return len(left)


def _beside(path: Path) -> Path:
    return path.with_name(f".{path.name}-{os.getpid()}-{secrets.token_hex(4)}")
