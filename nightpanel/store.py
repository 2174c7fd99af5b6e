"""The store: results in a cache folder, each under the digest of everything that made it.

An entry is a file ``kind/key``; one of kind ``unpacked`` is a folder of what came packed, which
`tiles.unpack` writes and reads. Equal keys mean equal content, so that two runs at once can only
write the same, and the order in which they do does not matter.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from errno import ENOENT, ENOSPC, ESTALE
from functools import partial
from os import utime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geo.errors import CacheError
from nightpanel.drafts import clear_drafts, write_whole
from nightpanel.entry_file import read_entry, write_entry
from nightpanel.file_locks import make_folder
from tiles.whole_file import clear_left_folders

KIND = re.compile(r"[a-z][a-z_]*")
KEY = re.compile(r"[0-9a-f]{16,128}(-[0-9]+)?")
TAG = "CACHEDIR.TAG"
# bford.info/cachedir: backups leave such a folder out. Its first line is fixed; the second is ours,
# and tells that a folder is one whose files may be pruned.
TAG_TEXT = (
    b"Signature: 8a477f597d28d172789f06886806bc55\n# Results that nightpanel would compute again.\n"
)
BYTES = "bytes"
UNPACKED = "unpacked"
"""Kind of the entries for tiles that come packed."""


class Store:
    """Arrays and bytes by kind and key, in a cache folder.

    May be used by several threads, and the folder by several runs at once.

    Parameters
    ----------
    folder : Path
        The cache folder. Nothing is written or read until asked for; see `checked`.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._found: set[tuple[str, str]] = set()
        self._made: set[tuple[str, str]] = set()
        self._damaged: set[tuple[str, str]] = set()

    @classmethod
    def checked(cls, folder: Path) -> "Store":
        """A store whose folder can be written; what killed runs left in it is removed.

        Parameters
        ----------
        folder : Path
            Made when it is not there.

        Returns
        -------
        Store

        Raises
        ------
        CacheError
            The folder cannot be made or written.
        """
        try:
            make_folder(folder)
            write_whole(folder / TAG, lambda stream: stream.write(TAG_TEXT))
            clear_killed(folder)
        except OSError as error:
            raise unusable(folder, error) from error
        return cls(folder)

    @property
    def found(self) -> dict[str, list[str]]:
        """Sorted keys by kind of the entries that were asked for and there."""
        return _by_kind(self._found)

    @property
    def used(self) -> dict[str, list[str]]:
        """Sorted keys by kind of the entries that were found or put."""
        return _by_kind(self._found | self._made)

    @property
    def damaged(self) -> dict[str, list[str]]:
        """Sorted keys by kind of the entries that were damaged and have been removed."""
        return _by_kind(self._damaged)

    def get(self, kind: str, key: str) -> dict[str, NDArray[Any]] | None:
        """The arrays of an entry, which thereby counts as used now.

        Parameters
        ----------
        kind : str
            What it is, in small letters.
        key : str
            Hexadecimal digest of everything that made it, and the number of a part after a hyphen
            where it has parts.

        Returns
        -------
        dict of str to array, or None
            As they were put, but not to be written to: views on one buffer. None when there is no
            such entry, or only a damaged one; that one is removed.

        Raises
        ------
        CacheError
            The folder cannot be read.
        """
        path = self._path(kind, key)
        try:
            arrays = read_entry(path, kind, key)
        except OSError as error:
            if error.errno in {ENOENT, ESTALE}:  # never there, or pruned while it was opened
                return None
            raise unusable(self.folder, error) from error
        # Neither is needed for a right answer, so a folder that can only be read will do.
        with suppress(OSError):
            if arrays is None:
                path.unlink()
            else:
                utime(path)
        (self._damaged if arrays is None else self._found).add((kind, key))
        return arrays

    def put(self, kind: str, key: str, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Keep arrays under a key; an entry of that key is replaced in one step.

        Parameters
        ----------
        kind, key : str
            As in `get`.
        arrays : mapping of str to array
            Numbers, texts of fixed width or times, of any shape. They are not copied if they are in
            C order.

        Raises
        ------
        CacheError
            The folder cannot be written or is full; no entry is there in part.
        """
        path = self._path(kind, key)
        write = partial(write_entry, kind=kind, key=key, arrays=arrays)
        try:
            make_folder(path.parent)
            write_whole(path, write)
        except OSError as error:
            # Some systems do not replace a file that is being read; it then holds the same.
            if not (isinstance(error, PermissionError) and _is_whole(path)):
                raise unusable(self.folder, error) from error
        self._made.add((kind, key))

    def get_bytes(self, kind: str, key: str) -> memoryview | None:
        """The bytes of an entry that `put_bytes` made; as `get`."""
        arrays = self.get(kind, key)
        return None if arrays is None else arrays[BYTES].data

    def put_bytes(self, kind: str, key: str, data: bytes | memoryview) -> None:
        """Keep bytes under a key; as `put`."""
        self.put(kind, key, {BYTES: np.frombuffer(data, dtype=np.uint8)})

    def _path(self, kind: str, key: str) -> Path:
        if not (KIND.fullmatch(kind) and KEY.fullmatch(key)):
            raise ValueError(f"no kind and key of an entry: {kind!r}, {key!r}")
        return self.folder / kind / key


def entry_paths(folder: Path) -> Iterator[Path]:
    """The entries ``kind/key`` in a cache folder, in order of their names.

    Parameters
    ----------
    folder : Path
        A folder that is not there has none.
    """
    for path in sorted(folder.glob("*/*")):
        named = KIND.fullmatch(path.parent.name) and KEY.fullmatch(path.name)
        if named and (path.is_dir() if path.parent.name == UNPACKED else path.is_file()):
            yield path


def is_cache(folder: Path) -> bool:
    """Whether a folder is one that a store made.

    Raises
    ------
    OSError
        That cannot be told.
    """
    try:
        return (folder / TAG).read_bytes() == TAG_TEXT
    except FileNotFoundError:
        return False


def clear_killed(folder: Path) -> int:
    """Remove the unfinished files of runs that were killed, and count them.

    Raises
    ------
    OSError
        One cannot be removed.
    """
    kinds = (path for path in folder.iterdir() if path.is_dir() and KIND.fullmatch(path.name))
    files = (clear_drafts(place) for place in (folder, *sorted(kinds)))
    return sum(files) + clear_left_folders(folder / UNPACKED)


def unusable(folder: Path, error: OSError) -> CacheError:
    """What a user is told when the cache folder fails."""
    full = error.errno == ENOSPC
    return CacheError(
        str(folder),
        expected="a cache folder that can be read and written",
        found=error.strerror or str(error),
        hint=f"{'free space there' if full else 'mend it'}, or choose another with --cache",
    )


def _is_whole(path: Path) -> bool:
    try:
        return read_entry(path, path.parent.name, path.name) is not None
    except OSError:
        return False


def _by_kind(entries: set[tuple[str, str]]) -> dict[str, list[str]]:
    ordered = sorted(entries.copy())
    return {
        kind: [key for k, key in ordered if k == kind] for kind in sorted({k for k, _ in ordered})
    }
