"""One exported file: it appears under its name whole or not at all, and replaces an older one then.

It is made in a hidden folder beside its place, flushed to the disk and renamed. What a killed
export left there, the next one into the same folder removes.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from pyogrio.errors import DataLayerError, DataSourceError

from geo.errors import OutputError
from nightpanel.file_locks import make_folder
from nightpanel.outputs import why_unwritable
from nightpanel.owned_folders import discard, folder_of, left_owners, new_owner

HIDDEN = ".export-"


@contextmanager
def whole_file(to: Path) -> Iterator[Path]:
    """A draft that takes its place when the block ends without an error.

    Parameters
    ----------
    to : Path
        The file's place. Its folder is made when needed.

    Yields
    ------
    Path
        Where to write it: another folder, the same name.

    Raises
    ------
    OutputError
        It cannot be written; what was at its place still is.
    """
    try:
        if to.is_dir():
            raise IsADirectoryError(0, "a folder of that name")
        make_folder(to.parent)
        with _folder(to.parent) as folder:
            draft = folder / to.name
            yield draft
            _flush(draft)
            draft.replace(to)
    except (OSError, sqlite3.Error, DataLayerError, DataSourceError) as error:
        place = next(folder for folder in to.parents if folder.exists())
        raise OutputError(
            str(to),
            expected="a file that can be written",
            found=why_unwritable(place, error),
            hint="free space or choose another with --to",
        ) from error


@contextmanager
def _folder(parent: Path) -> Iterator[Path]:
    """A hidden folder, gone after the block, with an owner for as long as we live."""
    for left in left_owners(parent, HIDDEN):
        discard(left)
    owner, stream = new_owner(parent, HIDDEN)
    try:
        with stream:
            folder_of(owner).mkdir()
            yield folder_of(owner)
    finally:
        with suppress(OSError):
            discard(owner)


def _flush(path: Path) -> None:
    """Have the file on the disk, which tells of some that are full only now."""
    with path.open("r+b") as stream:
        os.fsync(stream.fileno())
