"""A stage's files, record and audit rows beside those of other runs in the same folder."""

import json
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from geo.audit import AuditRow
from nightpanel.write_stage import write_stage


def write(out: Path, stage: str, *, meanwhile: object = None, rule: str = "said") -> None:
    """Write a stage; ``meanwhile`` is called while its files are written."""
    rows = {"lights": "light", "panel": "panel", "estimates": "designs"}

    def files(*, folder: Path) -> Mapping[str, str]:
        (folder / f"{stage}.txt").write_text(stage, encoding="utf-8")
        if callable(meanwhile):
            meanwhile()
        return {f"{stage}.txt": stage}

    write_stage(
        stage,
        out,
        write=files,
        record=lambda written: {"files": dict(written), "rule": rule},
        audit=[AuditRow(rows[stage], rule, "x", "")],
    )


def record(out: Path) -> dict[str, dict[str, object]]:
    return json.loads((out / "manifest.json").read_text(encoding="utf-8"))["stages"]


def rules(out: Path) -> list[str]:
    return pd.read_parquet(out / "audit.parquet")["rule"].tolist()


def test_the_record_of_a_run_that_ends_meanwhile_stays(tmp_path: Path) -> None:
    write(tmp_path, "lights", rule="old")
    write(
        tmp_path,
        "panel",
        meanwhile=lambda: write(tmp_path, "lights", rule="new"),
    )
    assert record(tmp_path)["lights"]["rule"] == "new"
    assert record(tmp_path)["panel"]["files"] == {"panel.txt": "panel"}
    assert rules(tmp_path) == ["new", "said"]


def test_later_stages_are_stale(tmp_path: Path) -> None:
    for stage in ("lights", "panel", "estimates"):
        write(tmp_path, stage)
    write(tmp_path, "panel", rule="again")
    assert set(record(tmp_path)) == {"lights", "panel"}
    assert rules(tmp_path) == ["said", "again"]


def test_where_the_audit_is_lost_only_the_stage_that_ran_is_finished(tmp_path: Path) -> None:
    for stage in ("lights", "panel"):
        write(tmp_path, stage)
    (tmp_path / "audit.parquet").write_bytes(b"damaged")
    write(tmp_path, "panel", rule="again")
    assert set(record(tmp_path)) == {"panel"}
    assert rules(tmp_path) == ["again"]
