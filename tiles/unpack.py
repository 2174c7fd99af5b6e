"""Packed files: unpacked once into a folder, never beyond its bounds and never without end."""

import gzip
import hashlib
import os
import shutil
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, Protocol

from geo.errors import TileSizeError, TileUnreadableError
from tiles.file_state import FileState
from tiles.whole_file import whole_file

CHUNK_BYTES = 4 << 20


class Readable(Protocol):
    """What can be read piece by piece."""

    def read(self, size: int, /) -> bytes:
        """At most so many bytes; none at the end."""
        ...


def default_folder() -> Path:
    """Where packed files are unpacked if nobody says where: the user's cache folder."""
    home = os.environ.get("XDG_CACHE_HOME")
    return (Path(home) if home else Path.home() / ".cache") / "nightpanel" / "unpacked"


def unpacked(path: Path, state: FileState, *, folder: Path, max_bytes: int) -> Path:
    """Unpack a gzip file, unless that has been done.

    Parameters
    ----------
    path : Path
        A file that ends in ``.gz``.
    state : FileState
        Its state, which with its path names the result.
    folder : Path
        Where to; made if it is not there.
    max_bytes : int
        How large it may become.

    Returns
    -------
    Path

    Raises
    ------
    TileUnreadableError
        If the file is damaged, or the folder has no room.
    TileSizeError
        If it becomes larger than that.
    """
    key = hashlib.sha256(repr((str(path.resolve()), state)).encode()).hexdigest()[:16]
    target = folder / f"{key}-{path.name[: -len('.gz')]}"
    if not target.is_file():
        with _damage(path), gzip.open(path, "rb") as packed:
            write_bounded(packed, target, max_bytes=max_bytes, where=path)
    return target


def unzip(path: Path, *, folder: Path, max_bytes: int) -> list[Path]:
    """Unpack the files of a zip archive.

    Parameters
    ----------
    path : Path
    folder : Path
        Where to; made if it is not there.
    max_bytes : int
        How large they may become, all together.

    Returns
    -------
    list of Path
        The files, in the order of the archive.

    Raises
    ------
    TileUnreadableError
        If the archive is damaged, or a member's name leads out of the folder; then nothing is
        unpacked.
    TileSizeError
        If they become larger than that.
    """
    written: list[Path] = []
    with _damage(path), zipfile.ZipFile(path) as archive:
        members = [member for member in archive.infolist() if not member.is_dir()]
        targets = [folder / _inside(path, member.filename) for member in members]
        left = max_bytes
        for member, target in zip(members, targets, strict=True):
            with archive.open(member) as packed:
                left -= write_bounded(packed, target, max_bytes=left, where=path)
            written.append(target)
    return written


def write_bounded(stream: Readable, target: Path, *, max_bytes: int, where: Path) -> int:
    """Write a stream to a file, whole or not at all.

    Parameters
    ----------
    stream : binary file
    target : Path
        Replaced when all is written.
    max_bytes : int
    where : Path
        The packed file, for errors.

    Returns
    -------
    int
        Bytes written.

    Raises
    ------
    TileSizeError
        If there are more than ``max_bytes``.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(target) as draft, draft.open("xb") as copy:
        return _copy(stream, copy, max_bytes=max_bytes, where=where)


def _copy(stream: Readable, draft: IO[bytes], *, max_bytes: int, where: Path) -> int:
    size = 0
    while chunk := stream.read(CHUNK_BYTES):
        size += len(chunk)
        if size > max_bytes:
            raise TileSizeError(
                str(where),
                expected=f"at most {max_bytes / 1e9:.3g} GB when unpacked",
                found="more than that",
                hint="fetch it again; if it is that large, raise lights.max_unpacked_gb",
            )
        draft.write(chunk)
    return size


@contextmanager
def _damage(path: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile, shutil.Error) as error:
        raise TileUnreadableError(
            str(path),
            expected="a packed file that can be unpacked",
            found=str(error) or type(error).__name__,
            hint="fetch it again, or make room in the cache folder",
        ) from error


def _inside(path: Path, name: str) -> PurePosixPath:
    """A member's name as a path below the folder."""
    member = PurePosixPath(name.replace("\\", "/"))
    if member.is_absolute() or ".." in member.parts or ":" in name or "\0" in name:
        raise TileUnreadableError(
            str(path),
            expected="members inside the archive's own folder",
            found=f"one called {name!r}",
            hint="do not trust this archive; fetch it from its maker",
        )
    return member
