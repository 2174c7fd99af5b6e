"""One stage's files into the output folder, with its audit rows and its record in the manifest."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from geo.audit import AuditRow
from nightpanel.digests import FileDigests, file_digest
from nightpanel.manifest import (
    MANIFEST,
    REPORT,
    STAGE_FILES,
    STAGES,
    merged_manifest,
    read_manifest,
)
from nightpanel.outputs import merged_audit, staged, write_manifest, write_table

AUDIT = "audit.parquet"
AUDITED: Mapping[str, set[str]] = {
    "lights": {"boundaries", "tiles", "light"},
    "panel": {"panel"},
    "estimates": {"designs"},
    REPORT: set(),
}
"""Values of ``AuditRow.stage`` that each stage of a study makes."""
OWN_FOLDERS = frozenset({"tables", "figures"})
"""Folders with files whose names a study chose."""


def write_stage(
    name: str,
    out: Path,
    *,
    write: Callable[..., Mapping[str, str]],
    record: Callable[[Mapping[str, str]], Mapping[str, Any]],
    audit: Iterable[AuditRow],
) -> None:
    """Write a stage's files and let them take their places together.

    Files, audit rows and records of the stages after it are stale and go. Manifest and audit table
    are merged with those of the folder while nobody else moves files there. The report adds nothing
    to the audit table and leaves it as it is.

    Parameters
    ----------
    name : {"lights", "panel", "estimates", "report"}
        The stage.
    out : Path
        The output folder.
    write : callable
        Writes the files into the folder ``folder``; gives their SHA-256 by name.
    record : callable
        Makes the stage's entry of the manifest from these.
    audit : iterable of AuditRow
        The stage's rows.

    Raises
    ------
    OutputError
        The folder cannot be written, or is full; nothing in it has changed.
    """
    later = STAGES[STAGES.index(name) + 1 :]
    files: dict[str, str] = {}

    def merge(staging: Path) -> None:
        if name == REPORT:
            known = read_manifest(out).get("audit")
            shown = merged_manifest({name: record(files)}, out, audit=known)
            write_manifest(shown, staging / MANIFEST)
            return
        # Where the other stages' rows are lost, these stages are not finished any more.
        whole = audit_is_whole(out, FileDigests())
        gone = set(later) if whole else set(STAGES) - {name}
        rows = set().union(*(AUDITED[stage] for stage in {name, *gone}))
        table = merged_audit(audit, out if whole else staging, stages=rows)
        write_table(table, staging / AUDIT)
        digest = file_digest(staging / AUDIT)
        made = {name: record(files)}
        write_manifest(merged_manifest(made, out, audit=digest, stale=gone), staging / MANIFEST)

    # Also of this stage: what it has not written now is of an earlier run.
    stale = {file for stage in (name, *later) for file in STAGE_FILES[stage]}
    stale |= {file for stage in (name, *later) for file in _own_files(stage, out)}
    with staged(out, stale=stale, last=merge) as staging:
        files.update(write(folder=staging))


def _own_files(stage: str, out: Path) -> list[str]:
    """Tables and figures of a stage whose names a study chose, as its last run recorded them."""
    files = read_manifest(out).get("stages", {}).get(stage, {}).get("files", {})
    return [name for name in files if Path(name).parent.name in OWN_FOLDERS]


def audit_is_whole(out: Path, digests: FileDigests) -> bool:
    """Whether the audit table of a folder is the one that its manifest speaks of, or both lack."""
    path, known = out / AUDIT, read_manifest(out).get("audit")
    found = digests.of([path], watched=False)[path] if path.is_file() else None
    return bool(found == known)
