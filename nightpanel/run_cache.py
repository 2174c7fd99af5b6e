"""`nightpanel cache`: what the cache folder holds, and how it is made smaller."""

import secrets
import shutil
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from geo.errors import CacheError
from geo.threads import processors
from nightpanel.entry_file import read_entry
from nightpanel.manifest import MANIFEST, read_manifest
from nightpanel.store import UNPACKED, clear_killed, entry_paths, is_cache, unusable

COLUMNS = {
    "kind": "str",
    "key": "str",
    "bytes": "int64",
    "last_used": "datetime64[ns, UTC]",
    "damaged": "bool",
    "in_use": "boolean",
}


@dataclass(frozen=True, slots=True)
class LastRun:
    """What the last finished run into an output folder took from the cache or left there."""

    keys: Mapping[str, frozenset[str]]
    """Keys by kind of entry."""
    finished_ns: int
    """When it ended: nanoseconds since 1970."""


@dataclass(frozen=True, slots=True)
class Pruned:
    """What pruning did."""

    removed: pd.DataFrame
    """The removed entries, as rows of `cache_entries`."""
    drafts: int
    """Unfinished files of killed runs that were removed."""
    kept_bytes: int
    """Size of the entries that are still there."""


def read_last_run(out: Path) -> LastRun | None:
    """The last finished run into an output folder.

    Parameters
    ----------
    out : Path
        Output folder.

    Returns
    -------
    LastRun or None
        None where no run has finished, or none that used a cache.

    Raises
    ------
    OutputError
        The manifest cannot be read.
    """
    stores = [stage.get("store") for stage in read_manifest(out).get("stages", {}).values()]
    used = [store for store in stores if store is not None]
    if not used:
        return None
    kinds = {kind for store in used for kind in store}
    return LastRun(
        keys={kind: frozenset(key for s in used for key in s.get(kind, ())) for kind in kinds},
        finished_ns=(out / MANIFEST).stat().st_mtime_ns,
    )


def cache_entries(folder: Path, *, last_run: LastRun | None = None) -> pd.DataFrame:
    """The entries of a cache folder; all are read, to see which are damaged.

    Parameters
    ----------
    folder : Path
        The cache folder. One that is not there has no entries.
    last_run : LastRun, optional
        What counts as in use.

    Returns
    -------
    pandas.DataFrame
        Columns ``kind``, ``key``, ``bytes``, ``last_used`` (UTC), ``damaged`` and ``in_use``: the
        last finished run used the entry, or another has used it since, which is still at work or
        was interrupted; missing where ``last_run`` is not known. Sorted by kind and key.

    Raises
    ------
    CacheError
        The folder is there but is no cache, or cannot be read.
    """
    _require_cache(folder)
    try:
        paths = list(entry_paths(folder))
        with ThreadPoolExecutor(processors()) as pool:
            rows = [row for row in pool.map(lambda path: _row(path, last_run), paths) if row]
    except OSError as error:
        raise unusable(folder, error) from error
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(COLUMNS)


def prune_cache(
    folder: Path,
    *,
    keep_days: float | None = None,
    max_bytes: int | None = None,
    all: bool = False,  # noqa: A002
    last_run: LastRun | None = None,
) -> Pruned:
    """Remove entries from a cache folder. The next run computes again what it misses of them.

    Without a rule, what is not in use goes. Damaged entries go under every rule; what another run
    is writing, or has used since the folder was looked through, never does.

    Parameters
    ----------
    folder : Path
        The cache folder. In one that is not there, there is nothing to do.
    keep_days : float, optional
        Entries that were not used for longer go.
    max_bytes : int, optional
        The least recently used entries go until the rest fits, those in use last.
    all : bool
        Every entry goes.
    last_run : LastRun, optional
        As `cache_entries`.

    Returns
    -------
    Pruned

    Raises
    ------
    CacheError
        The folder is no cache or cannot be changed, or no rule says what should go.
    """
    if not (all or last_run) and keep_days is None and max_bytes is None:
        raise CacheError(
            str(folder),
            expected="the manifest of a finished run, which says what is in use",
            found="none",
            hint="run the study first, or say what should go: by age, by size, or all",
        )
    table = cache_entries(folder, last_run=last_run)
    goes = table["damaged"] | all
    if keep_days is not None:
        goes |= table["last_used"] < pd.Timestamp.now(tz="UTC") - pd.Timedelta(days=keep_days)
    if max_bytes is not None:
        goes |= _oldest_over(table, max_bytes)
    if keep_days is None and max_bytes is None and last_run is not None:
        goes |= ~table["in_use"].astype("bool")
    try:
        names = _names(table[goes])
        gone = np.array([_removed(folder, *name) for name in names], dtype=np.bool_)
        drafts = clear_killed(folder) if folder.exists() else 0
    except OSError as error:
        raise unusable(folder, error) from error
    removed = table[goes][gone].reset_index(drop=True)
    kept = int(table["bytes"].sum() - removed["bytes"].sum())
    return Pruned(removed=removed, drafts=drafts, kept_bytes=kept)


def _require_cache(folder: Path) -> None:
    """Refuse a folder whose files are none of ours: its entries may be removed."""
    try:
        ours = is_cache(folder) or not folder.exists()
    except OSError as error:
        raise unusable(folder, error) from error
    if not ours:
        raise CacheError(
            str(folder),
            expected="a cache folder that a run has made",
            found="a folder without its CACHEDIR.TAG",
            hint="name the output folder of a run, or the folder that was given with --cache",
        )


def _row(path: Path, last_run: LastRun | None) -> tuple[object, ...] | None:
    kind, key = path.parent.name, path.name
    try:
        found = path.stat()
        size, damaged = found.st_size, False
        if kind == UNPACKED:
            size = sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
        else:
            damaged = read_entry(path, kind, key) is None
    except FileNotFoundError:  # removed by another run meanwhile
        return None
    in_use = last_run and (
        key in last_run.keys.get(kind, ()) or found.st_mtime_ns > last_run.finished_ns
    )
    return kind, key, size, found.st_mtime_ns, damaged, in_use


def _oldest_over(table: pd.DataFrame, max_bytes: int) -> "pd.Series[bool]":
    """Which entries go for the rest to fit: the least recently used, those in use last."""
    latest_first = table.assign(in_use=table["in_use"].fillna(value=False)).sort_values(
        ["in_use", "last_used", "kind", "key"], ascending=False
    )
    return (latest_first["bytes"].cumsum() > max_bytes).reindex(table.index)


def _removed(folder: Path, kind: str, key: str, last_used_ns: int) -> bool:
    """Remove an entry, unless it was used or made anew since the folder was looked through."""
    path = folder / kind / key
    try:
        if path.stat().st_mtime_ns != last_used_ns:
            return False
        if kind == UNPACKED:
            # Out of the way in one step: nobody finds a part of it under its name.
            gone = path.with_name(f".{key}-gone-{secrets.token_hex(4)}")
            path.rename(gone)
            shutil.rmtree(gone)
        else:
            path.unlink()
    except FileNotFoundError:
        return False
    return True


def _names(table: pd.DataFrame) -> list[tuple[str, str, int]]:
    """Kind, key and time of last use in nanoseconds."""
    used = table["last_used"].astype("int64")
    return list(zip(table["kind"], table["key"], used, strict=True))
