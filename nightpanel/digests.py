"""Digests of input files, remembered in the cache for as long as the file looks the same.

A file looks the same when size, times of write and of change, and inode are what they were. A write
within one tick of the clock leaves them all alone, so the digest of a file that was young when it
was read is given but not remembered.
"""

import hashlib
import json
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cache
from pathlib import Path

from geo.errors import CacheError, InputFileError
from geo.threads import processors
from nightpanel.store import Store
from tiles.file_state import FileState, changed

READ_BYTES = 4 << 20
YOUNG_NS = 2_000_000_000  # the coarsest tick of a file system's clock in use (FAT)
KIND = "digests"
KEY = hashlib.sha256(b"SHA-256 by path, with size, mtime_ns, ctime_ns, inode").hexdigest()
SHAPEFILE_PARTS = (".dbf", ".shx", ".prj", ".cpg")
"""Endings in place of a shapefile's own."""
WORLD_FILES = (".tfw", ".tifw", ".tiffw", ".wld")
"""Endings in place of a raster's own, of files that say where it lies."""
APPENDED = (".aux.xml", "-wal", "-journal")
"""Endings after a file's whole name: what GDAL has noted on it, what SQLite has still to write."""

Look = tuple[int, int, int, int]
"""Size in bytes, mtime and ctime in nanoseconds, inode."""


class FileDigests:
    """SHA-256 of files, computed in threads or remembered.

    Parameters
    ----------
    store : Store, optional
        Where digests are remembered; they are not when left out.
    threads : int, optional
        Threads that read files; all cores when left out.

    Raises
    ------
    CacheError
        The cache folder cannot be read.
    """

    def __init__(self, store: Store | None = None, *, threads: int | None = None) -> None:
        self._store = store
        self._threads = threads or processors()
        self._remembered = _load(store)
        self._states: dict[Path, FileState] = {}

    def of(self, files: Iterable[Path], *, watched: bool = True) -> dict[Path, str]:
        """The digests of files.

        Parameters
        ----------
        files : iterable of Path
        watched : bool
            Whether `require_unchanged` concerns them: inputs, but not what a run itself may write.

        Returns
        -------
        dict of Path to str
            64 hexadecimal digits by path as given, in order of first mention.

        Raises
        ------
        InputFileError
            A file is not there, cannot be read, or changed since it was first read.
        """
        paths = list(dict.fromkeys(files))
        began = time.time_ns()
        with ThreadPoolExecutor(self._threads) as pool:
            read = dict(zip(paths, pool.map(self._digest, paths), strict=True))
        if watched:
            # What was watched before must still be what it was.
            for path in read.keys() & self._states.keys():
                _require_same(path, self._states[path])
            self._states = {path: state for path, (state, _, _) in read.items()} | self._states
        self._remember(
            {
                str(path.absolute()): (look, digest)
                for path, (_, look, digest) in read.items()
                if look[1] + YOUNG_NS <= began
            }
        )
        return {path: digest for path, (_, _, digest) in read.items()}

    def require_unchanged(self) -> None:
        """Refuse what was read of any watched file, if the file changed since.

        To be called after the last byte has been read, and before results are shown.

        Raises
        ------
        InputFileError
            A file is another than it was, or gone.
        """
        for path, state in self._states.items():
            _require_same(path, state)

    def _digest(self, path: Path) -> tuple[FileState, Look, str]:
        try:
            look = _look(path)
            known, digest = self._remembered.get(str(path.absolute()), (None, ""))
            if known != look:
                digest = _sha256(path)
        except OSError as error:
            raise _unreadable(path, error) from error
        state = FileState(size=look[0], mtime_ns=look[1])
        _require_same(path, state)
        return state, look, digest

    def _remember(self, read: dict[str, tuple[Look, str]]) -> None:
        news = {path: row for path, row in read.items() if self._remembered.get(path) != row}
        self._remembered |= news
        if news and self._store is not None:
            text = json.dumps(self._remembered, sort_keys=True)
            # Only saves reading, and a run with nothing to do may have nowhere to write.
            with suppress(CacheError):
                self._store.put_bytes(KIND, KEY, text.encode())


def file_digest(path: Path) -> str:
    """The digest of one file, remembered nowhere; as `FileDigests.of`."""
    return FileDigests().of([path])[path]


def digest_among(digests: Mapping[str, str], path: Path) -> str:
    """The digest of a file, or of all files of a folder, among known ones.

    Parameters
    ----------
    digests : mapping of str to str
        By absolute path.
    path : Path

    Returns
    -------
    str
    """
    whole = path.resolve()
    if str(whole) in digests:
        return digests[str(whole)]
    inside = {name: digest for name, digest in digests.items() if Path(name).is_relative_to(whole)}
    lines = (f"{Path(name).relative_to(whole)} {inside[name]}\n" for name in sorted(inside))
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def input_files(paths: Iterable[Path]) -> list[Path]:
    """The files that inputs consist of.

    Parameters
    ----------
    paths : iterable of Path
        Files; folders, whose files at any depth count. Files beside them that change what is read
        count: the parts of a shapefile, world files, notes of GDAL, open journals of SQLite.

    Returns
    -------
    list of Path
        Absolute, sorted, each once.
    """

    @cache
    def listed(folder: Path) -> dict[str, Path]:
        """The files of a folder by their names in small letters."""
        return {path.name.lower(): path for path in folder.iterdir() if path.is_file()}

    def parts(path: Path) -> Iterable[Path]:
        if path.is_dir():
            return (file for file in path.rglob("*") if file.is_file())
        if not path.is_file():
            return (path,)
        endings = SHAPEFILE_PARTS if path.suffix.lower() == ".shp" else WORLD_FILES
        names = [path.stem + ending for ending in endings]
        names += [path.name + ending for ending in APPENDED]
        beside = (listed(path.parent).get(name.lower()) for name in names)
        return (path, *(file for file in beside if file is not None))

    return sorted({file for path in paths for file in parts(path.resolve())})


def _load(store: Store | None) -> dict[str, tuple[Look, str]]:
    kept = None if store is None else store.get_bytes(KIND, KEY)
    if kept is None:
        return {}
    rows = json.loads(bytes(kept))
    return {path: (tuple(look), digest) for path, (look, digest) in rows.items()}


def _require_same(path: Path, before: FileState) -> None:
    try:
        found = path.stat()
    except OSError as error:
        raise _unreadable(path, error) from error
    now = FileState(found.st_size, found.st_mtime_ns)
    if now != before:
        raise changed(InputFileError, path, before, now)


def _unreadable(path: Path, error: OSError) -> InputFileError:
    return InputFileError(
        str(path),
        expected="an input file that can be read",
        found=error.strerror or str(error),
        hint="restore it or mend its permissions",
    )


def _look(path: Path) -> Look:
    found = path.stat()
    return found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    block = memoryview(bytearray(READ_BYTES))
    with path.open("rb", buffering=0) as stream:
        while size := stream.readinto(block):
            digest.update(block[:size])
    return digest.hexdigest()
