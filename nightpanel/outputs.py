"""The output folder: files appear in it whole or not at all.

Everything is written into a hidden staging folder inside the output folder first, and moved into
place with one rename a file once all of it could be written.
"""

import errno
import json
import shutil
import tempfile
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd

from geo.audit import AuditRow, audit_table
from geo.errors import OutputError


@contextmanager
def staged(folder: Path) -> Iterator[Path]:
    """A staging folder whose files move into ``folder`` when the block ends without an error.

    Parameters
    ----------
    folder : Path
        The output folder; made when it is not there.

    Yields
    ------
    Path
        The staging folder. Its files and sub-folders keep their relative paths when moved.

    Raises
    ------
    OutputError
        The folder cannot be made or written; nothing in it has changed.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        staging = Path(tempfile.mkdtemp(prefix=".staging-", dir=folder))
    except OSError as error:
        raise _unwritable(folder, error) from error
    try:
        yield staging
        _move_into(staging, folder)
    except OSError as error:
        raise _unwritable(folder, error) from error
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def check_writable(folder: Path) -> None:
    """Refuse an output folder that cannot be written, before any work is done.

    Raises
    ------
    OutputError
        As `staged`.
    """
    made = [path for path in (folder, *folder.parents) if not path.exists()]
    with staged(folder):
        pass
    for path in made:
        path.rmdir()


def write_table(table: pd.DataFrame, path: Path) -> None:
    """A table as parquet, without the index.

    Parameters
    ----------
    table : pandas.DataFrame
    path : Path
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    table.to_parquet(path, index=False)


def read_output(folder: Path, name: str) -> pd.DataFrame:
    """A table of an output folder.

    Raises
    ------
    OutputError
        The folder does not hold it, or it cannot be read.
    """
    path = folder / name
    try:
        return pd.read_parquet(path)
    except FileNotFoundError as error:
        raise OutputError(
            str(path),
            expected=f"{name} of an earlier run",
            found="no such file",
            hint="run the stage that makes it, or name another output folder",
        ) from error
    except (OSError, ValueError) as error:
        raise OutputError(
            str(path), expected="a parquet table", found=str(error), hint="run the stage again"
        ) from error


def merged_audit(
    rows: Iterable[AuditRow], folder: Path, *, stages: Collection[str]
) -> pd.DataFrame:
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


def _move_into(staging: Path, folder: Path) -> None:
    """Move every staged file; nothing is moved where one of them has no place to go."""
    moves = {
        source: folder / source.relative_to(staging)
        for source in sorted(path for path in staging.rglob("*") if path.is_file())
    }
    for target in moves.values():
        if target.is_dir():
            raise IsADirectoryError(errno.EISDIR, f"a folder named {target.name}")
        if target.parent.exists() and not target.parent.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, f"a file named {target.parent.name}")
    for source, target in moves.items():
        target.parent.mkdir(parents=True, exist_ok=True)
        source.replace(target)


def _unwritable(folder: Path, error: OSError) -> OutputError:
    return OutputError(
        str(folder),
        expected="an output folder that can be written",
        found=error.strerror or str(error),
        hint="choose another with --out, or mend its permissions",
    )
