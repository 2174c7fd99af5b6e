"""The output folder: files appear in it together or not at all.

Everything is written into a hidden staging folder first. One rename declares that folder whole, and
from then on its files go to their places, the manifest last. A run that is killed before the rename
has changed nothing; what one that is killed after it leaves undone, the next finishes.
"""

import errno
import json
import os
import shutil
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geo.audit import AuditRow, audit_table
from geo.errors import OutputError
from nightpanel.file_locks import exclusive
from nightpanel.manifest import MANIFEST
from nightpanel.owned_folders import discard, folder_of, left_owners, new_owner

if TYPE_CHECKING:
    import pandas as pd

LOCK = ".lock"  # held by the one who moves files
STAGED = ".staged-"
WHOLE = ".whole"  # the owner beside it holds the names of files to remove
LEAST_ROOM = 1 << 20
"""A disk with fewer bytes is full: what did not fit has been removed by then, in part."""
SHOWN = 200
"""Characters of another library's message."""


@contextmanager
def staged(
    folder: Path, *, stale: Collection[str] = (), last: Callable[[Path], None] | None = None
) -> Iterator[Path]:
    """A staging folder whose files move into ``folder`` when the block ends without an error.

    Two runs may do so at once: the files of one move after those of the other.

    Parameters
    ----------
    folder : Path
        The output folder; made when it is not there.
    stale : collection of str
        Files of ``folder``, as relative paths, that are removed when the others move, unless they
        are among them.
    last : callable, optional
        Adds to the staging folder, which it is given, what hangs on the files that are there: no
        other run moves files between this and the move.

    Yields
    ------
    Path
        The staging folder. Its files and sub-folders keep their relative paths when moved.

    Raises
    ------
    OutputError
        The folder cannot be made or written, or is full; nothing in it has changed.
    """
    try:
        with _staging(folder) as owner:
            staging = folder_of(owner)
            yield staging
            with exclusive(folder / LOCK):
                _finish_killed(folder)
                if last is not None:
                    last(staging)
                _require_places(staging, folder)
                moved = {str(path.relative_to(staging)) for path in _files(staging)}
                owner.write_text(json.dumps(sorted(set(stale) - moved)), encoding="utf-8")
                staging.rename(owner.with_suffix(WHOLE))
                _finish(owner)
    except (OSError, RuntimeError) as error:
        # GDAL's errors are recognised without importing it, which takes longer than most runs do.
        if isinstance(error, OSError) or type(error).__module__ == "pyogrio.errors":
            raise _unwritable(folder, error) from error
        raise


def check_writable(folder: Path) -> None:
    """Refuse an output folder that cannot be written, before any work is done.

    What a killed run had still to move into it is moved.

    Raises
    ------
    OutputError
        As `staged`.
    """
    made = [path for path in (folder, *folder.parents) if not path.exists()]
    with staged(folder):
        pass
    with suppress(OSError):  # another run has put something there meanwhile
        for path in made:
            path.rmdir()


def write_table(
    table: "pd.DataFrame", path: Path, *, units: Mapping[str, str] | None = None
) -> None:
    """A table as parquet, without the index.

    Parameters
    ----------
    table : pandas.DataFrame
    path : Path
    units : mapping of str to str, optional
        Units of columns, which become the metadata ``unit`` of the file's fields.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    if not units:
        table.to_parquet(path, index=False)
        return
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns = pa.Table.from_pandas(table, preserve_index=False)
    fields = [
        field.with_metadata({"unit": units[field.name]}) if field.name in units else field
        for field in columns.schema
    ]
    schema = pa.schema(fields, metadata=columns.schema.metadata)
    pq.write_table(columns.cast(schema), path)


def write_csv(table: "pd.DataFrame", path: Path) -> None:
    """A table as csv, without the index; texts that a spreadsheet would run are neutralised.

    Parameters
    ----------
    table : pandas.DataFrame
    path : Path
    """
    from nightpanel.exports.formulas import without_formulas  # pyarrow, as in `read_output`

    path.parent.mkdir(parents=True, exist_ok=True)
    without_formulas(table).to_csv(path, index=False)


def read_output(
    folder: Path,
    name: str,
    *,
    columns: Sequence[str] | None = None,
    filters: Sequence[tuple[str, str, Any]] | None = None,
) -> "pd.DataFrame":
    """A table of an output folder.

    Parameters
    ----------
    folder : Path
    name : str
        File name.
    columns : sequence of str, optional
        Columns to read; all when left out.
    filters : sequence of (column, operator, value), optional
        Rows to read, as `pandas.read_parquet` has it; all when left out.

    Returns
    -------
    pandas.DataFrame

    Raises
    ------
    OutputError
        The folder does not hold it, or it cannot be read.
    """
    import pandas as pd  # not for a run with nothing to read or write

    path = output_path(folder, name)
    try:
        return pd.read_parquet(
            path,
            columns=None if columns is None else list(columns),
            filters=None if filters is None else list(filters),
        )
    except (OSError, ValueError) as error:
        raise OutputError(
            str(path), expected="a parquet table", found=str(error), hint="run the stage again"
        ) from error


def read_csv(folder: Path, name: str) -> "pd.DataFrame":
    """A csv table of an output folder as it was before `write_csv`, its ids and reasons as text.

    Raises
    ------
    OutputError
        The folder does not hold it.
    """
    import pandas as pd  # as in `read_output`

    from nightpanel.exports.formulas import as_before

    texts = dict.fromkeys(("city_id", "Type", "group", "pattern", "map", "file"), "str")
    table = pd.read_csv(output_path(folder, name), dtype=texts)
    blank = [one for one in ("Type", "group", "file") if one in table]
    return as_before(table.fillna(dict.fromkeys(blank, "")))


def output_path(folder: Path, name: str) -> Path:
    """Where a table of an output folder is.

    Raises
    ------
    OutputError
        The folder does not hold it.
    """
    path = folder / name
    if not path.is_file():
        raise OutputError(
            str(path),
            expected=f"{name} of an earlier run",
            found="no such file",
            hint="run the stage that makes it, or name another output folder",
        )
    return path


def merged_audit(
    rows: Iterable[AuditRow], folder: Path, *, stages: Collection[str]
) -> "pd.DataFrame":
    """Audit rows of this run, after those of earlier runs for the stages that did not run now.

    Parameters
    ----------
    rows : iterable of AuditRow
        This run's rows.
    folder : Path
        The output folder.
    stages : collection of str
        Values of ``AuditRow.stage`` that this run made anew.

    Returns
    -------
    pandas.DataFrame
        As `geo.audit.audit_table`.
    """
    import pandas as pd  # as in `read_output`

    fresh = audit_table(rows)
    if not (folder / "audit.parquet").exists():
        return fresh
    earlier = read_output(folder, "audit.parquet")
    return pd.concat([earlier[~earlier["stage"].isin(stages)], fresh], ignore_index=True)


def write_manifest(content: Mapping[str, Any], path: Path) -> None:
    """A manifest as indented JSON with sorted keys.

    Parameters
    ----------
    content : mapping
        Values that JSON knows, or paths.
    path : Path
    """
    text = json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False, default=str)
    path.write_text(text + "\n", encoding="utf-8")


@contextmanager
def _staging(folder: Path) -> Iterator[Path]:
    """The owner of a new staging folder, which has its name without the ending."""
    with exclusive(folder / LOCK):
        _finish_killed(folder)
        owner, stream = new_owner(folder, STAGED)
    try:
        with stream:
            folder_of(owner).mkdir()
            yield owner
    finally:
        _discard(owner)


def _finish_killed(folder: Path) -> None:
    """Do what killed runs have left to do in a folder, and remove their staging folders."""
    for owner in left_owners(folder, STAGED):
        _finish(owner)
        _discard(owner)


def _finish(owner: Path) -> None:
    """Move the files of a staging folder, if it is whole."""
    whole = owner.with_suffix(WHOLE)
    if not whole.exists():
        return
    for name in json.loads(owner.read_text(encoding="utf-8")):
        (owner.parent / name).unlink(missing_ok=True)
    for source in _files(whole):
        target = owner.parent / source.relative_to(whole)
        target.parent.mkdir(parents=True, exist_ok=True)
        source.replace(target)
    shutil.rmtree(whole, ignore_errors=True)


def _discard(owner: Path) -> None:
    """Remove a staging folder; one that is whole stays until all of it has been moved."""
    if owner.with_suffix(WHOLE).exists():
        shutil.rmtree(folder_of(owner), ignore_errors=True)
    else:
        discard(owner)


def _require_places(staging: Path, folder: Path) -> None:
    """Refuse to move anything where one of the files has no place to go."""
    for source in _files(staging):
        target = folder / source.relative_to(staging)
        if target.is_dir():
            raise IsADirectoryError(errno.EISDIR, f"a folder named {target.name}")
        if target.parent.exists() and not target.parent.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, f"a file named {target.parent.name}")


def _files(folder: Path) -> list[Path]:
    """All files of a folder, the manifest last: it is true only once the others are there."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return sorted(files, key=lambda path: (path.name == MANIFEST, path))


def why_unwritable(folder: Path, error: Exception) -> str:
    """What an error of the system or of a library says of a file in a folder, for people."""
    found = (isinstance(error, OSError) and error.strerror) or str(error)
    # SQLite calls a database malformed whose journal had no room, and quotes the whole statement.
    if not isinstance(error, OSError) and shutil.disk_usage(folder).free < LEAST_ROOM:
        found = os.strerror(errno.ENOSPC)
    return found if len(found) <= SHOWN else f"{found[:SHOWN]} ..."


def _unwritable(folder: Path, error: Exception) -> OutputError:
    return OutputError(
        str(folder),
        expected="an output folder that can be written",
        found=why_unwritable(folder, error),
        hint="free space or mend its permissions, or choose another with --out",
    )
