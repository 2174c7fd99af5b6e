"""Packed files and archives: unpacked into a folder, never beyond its bounds, never without end."""

import gzip
import hashlib
import os
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from typing import IO, Protocol

from geo.errors import TileSizeError, TileUnreadableError
from tiles.file_state import FileState, file_state
from tiles.whole_file import whole_file, whole_folder

CHUNK_BYTES = 4 << 20
GZIP, ZIP = ".gz", ".zip"
RASTERS = (".tif", ".tiff", ".h5", ".hdf5", ".he5")
"""Endings of an archive's members that are tiles."""


class Readable(Protocol):
    """What can be read piece by piece."""

    def read(self, size: int, /) -> bytes:
        """At most so many bytes; none at the end."""
        ...


def default_folder() -> Path:
    """Where packed files are unpacked if nobody says where: the user's cache folder."""
    home = os.environ.get("XDG_CACHE_HOME")
    return (Path(home) if home else Path.home() / ".cache") / "nightpanel" / "unpacked"


def is_packed(path: Path) -> bool:
    """Whether a file is a packed one, by its name."""
    return path.suffix.lower() in (GZIP, ZIP)


def packed_key(path: Path, state: FileState) -> str:
    """The name of the folder that holds what is in a packed file, of 16 hexadecimal digits."""
    return hashlib.sha256(repr((str(path.resolve()), state)).encode()).hexdigest()[:16]


def packed_keys(files: Iterable[Path]) -> list[str]:
    """The names of the folders of those files that are packed, sorted."""
    return sorted({packed_key(path, file_state(path)) for path in files if is_packed(path)})


def unpacked(path: Path, state: FileState, *, folder: Path, max_bytes: int) -> Path:
    """Unpack a file, unless that has been done.

    Parameters
    ----------
    path : Path
        A file that ends in ``.gz`` or ``.zip``.
    state : FileState
        Its state, which with its path names the result.
    folder : Path
        Where to; made if it is not there.
    max_bytes : int
        How large what is in it may become, all together.

    Returns
    -------
    Path
        A folder with a packed file under its name without ``.gz``, or with an archive's members.
        The time of its last change is that of its last use.

    Raises
    ------
    TileUnreadableError
        If the file is damaged, a member's name leads out of the folder, or there is no room.
    TileSizeError
        If it becomes larger than that.
    """
    target = folder / packed_key(path, state)
    if not target.is_dir():
        with _damage(path):
            folder.mkdir(parents=True, exist_ok=True)
            with whole_folder(target) as draft:
                _unpack(path, draft, max_bytes=max_bytes)
    with suppress(OSError):  # a folder that can only be read will do
        os.utime(target)
    return target


def unpack_beside(path: Path, *, max_bytes: int) -> list[Path]:
    """Unpack a file beside itself, an archive into a folder of its name; as `unpacked`.

    Returns
    -------
    list of Path
        The files, each of them whole; those of these names are replaced.
    """
    is_archive = path.suffix.lower() == ZIP
    return _unpack(path, path.with_suffix("") if is_archive else path.parent, max_bytes=max_bytes)


def tile_members(path: Path) -> list[str]:
    """The rasters in a zip archive, by their names.

    Parameters
    ----------
    path : Path

    Returns
    -------
    list of str
        Names of its GeoTIFF and HDF5 members, in the order of the archive; hidden ones are none.

    Raises
    ------
    TileUnreadableError
        If the archive is damaged, has no such member, or one whose name leads out of its folder.
    """
    with _damage(path), zipfile.ZipFile(path) as archive:
        names = [_inside(path, one.filename) for one in archive.infolist() if not one.is_dir()]
    tiles = [
        str(name)
        for name in names
        if name.suffix.lower() in RASTERS and not name.name.startswith(".")
    ]
    if not tiles:
        raise TileUnreadableError(
            str(path),
            expected=f"an archive with a member that ends in {', '.join(RASTERS)}",
            found=f"{len(names)} others, as {', '.join(map(str, names[:3]))}" if names else "none",
            hint="unpack it, and name the rasters",
        )
    return tiles


def archive_of(where: str) -> tuple[Path, str]:
    """A path as a file and, if that file is an archive, the name of a member.

    Parameters
    ----------
    where : str
        A path, as ``tiles.zip/2013/DMSP2013.tif`` that of a member.

    Returns
    -------
    Path
        The file.
    str
        The member; empty if the path is that of a file.
    """
    path = Path(where)
    for parent in path.parents:
        if parent.suffix.lower() == ZIP and parent.is_file():
            return parent, path.relative_to(parent).as_posix()
    return path, ""


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
        size = 0
        for member, target in zip(members, targets, strict=True):
            with archive.open(member) as packed:
                size = _write_bounded(packed, target, max_bytes=max_bytes, where=path, before=size)
            written.append(target)
    return written


def _unpack(path: Path, folder: Path, *, max_bytes: int) -> list[Path]:
    if path.suffix.lower() == ZIP:
        return unzip(path, folder=folder, max_bytes=max_bytes)
    target = folder / path.stem
    with _damage(path), gzip.open(path, "rb") as packed:
        _write_bounded(packed, target, max_bytes=max_bytes, where=path)
    return [target]


def _write_bounded(
    stream: Readable, target: Path, *, max_bytes: int, where: Path, before: int = 0
) -> int:
    """Write a stream to a file, whole or not at all; bytes of all files with those before."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(target) as draft, draft.open("xb") as copy:
        return _copy(stream, copy, max_bytes=max_bytes, where=where, before=before)


def _copy(stream: Readable, draft: IO[bytes], *, max_bytes: int, where: Path, before: int) -> int:
    size = before
    while chunk := stream.read(CHUNK_BYTES):
        size += len(chunk)
        if size > max_bytes:
            raise TileSizeError(
                str(where),
                expected=f"at most {max_bytes / 1e9:.3g} GB when unpacked",
                found="more than that",
                hint="fetch it again; if it is that large, raise lights.max_unpacked_gb, or "
                "--max-unpacked-gb of fetch",
            )
        draft.write(chunk)
    return size


@contextmanager
def _damage(path: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile, RuntimeError) as error:
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
