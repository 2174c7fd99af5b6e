"""The state of a file: what tells its bytes from others of the same path without reading them."""

from dataclasses import dataclass
from pathlib import Path

from geo.errors import NightpanelError, TileChangedError, TileMissingError


@dataclass(frozen=True, slots=True)
class FileState:
    """Size and time of last change of a file."""

    size: int
    """Bytes."""
    mtime_ns: int
    """Time of last change, nanoseconds since 1970."""


def file_state(path: Path) -> FileState:
    """The state of a tile's file.

    Parameters
    ----------
    path : Path

    Returns
    -------
    FileState

    Raises
    ------
    TileMissingError
        If there is no such file.
    """
    try:
        found = path.stat()
    except OSError as error:
        raise TileMissingError(
            str(path), expected="a raster file", found=str(error), hint="restore the file"
        ) from error
    return FileState(size=found.st_size, mtime_ns=found.st_mtime_ns)


def require_unchanged(path: Path, before: FileState) -> None:
    """Refuse what was read from a file that is not what it was.

    Parameters
    ----------
    path : Path
    before : FileState
        The file's state before anything was read from it.

    Raises
    ------
    TileChangedError
        If its size or time of last change is another.
    TileMissingError
        If it is gone.
    """
    now = file_state(path)
    if now != before:
        raise changed(TileChangedError, path, before, now)


def changed(
    kind: type[NightpanelError], path: Path, before: FileState, now: FileState
) -> NightpanelError:
    """What a user is told of a file that is another than before, as an error of a kind."""
    return kind(
        str(path),
        expected=f"the file of {before.size} bytes that was there when the run began",
        found=f"one of {now.size} bytes, changed while it was read",
        hint="wait until the file is complete, then run again: finished tiles are kept",
    )
