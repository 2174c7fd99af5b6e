"""Output folders change whole or not at all."""

from pathlib import Path

import pandas as pd
import pytest

from geo.audit import AuditRow, audit_table
from geo.errors import OutputError
from nightpanel.manifest import digests
from nightpanel.outputs import (
    check_writable,
    merged_audit,
    read_output,
    staged,
    write_table,
)


def test_staged_files_appear_together(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with staged(out) as staging:
        (staging / "tables").mkdir()
        (staging / "a.txt").write_text("a", encoding="utf-8")
        (staging / "tables" / "b.txt").write_text("b", encoding="utf-8")
        assert [path for path in out.iterdir() if not path.name.startswith(".")] == []
    assert sorted(path.name for path in out.rglob("*")) == ["a.txt", "b.txt", "tables"]


def test_a_failure_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("old", encoding="utf-8")

    def fail_halfway() -> None:
        with staged(tmp_path) as staging:
            (staging / "a.txt").write_text("new", encoding="utf-8")
            raise KeyError("halfway")

    with pytest.raises(KeyError):
        fail_halfway()
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]
    assert (tmp_path / "a.txt").read_text(encoding="utf-8") == "old"


def test_check_writable_leaves_no_trace(tmp_path: Path) -> None:
    check_writable(tmp_path / "new")
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="file"):
        check_writable(tmp_path / "file")


def test_read_output_says_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"cities\.parquet of an earlier run"):
        read_output(tmp_path, "cities.parquet")
    (tmp_path / "cities.parquet").write_text("no table", encoding="utf-8")
    with pytest.raises(OutputError, match="a parquet table"):
        read_output(tmp_path, "cities.parquet")


def test_audit_keeps_the_stages_that_did_not_run(tmp_path: Path) -> None:
    old = [AuditRow("panel", "old", "x", ""), AuditRow("light", "old", "y", "")]
    write_table(audit_table(old), tmp_path / "audit.parquet")
    fresh = [AuditRow("panel", "new", "z", "", 3)]
    table = merged_audit(fresh, tmp_path, stages={"panel"})
    assert table[["stage", "rule", "count"]].to_numpy().tolist() == [
        ["light", "old", 1],
        ["panel", "new", 3],
    ]


def test_digest_of_known_bytes(tmp_path: Path) -> None:
    path = tmp_path / "abc"
    path.write_bytes(b"abc")
    # FIPS 180-2, appendix B.1.
    known = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert digests([path, path]) == {str(path): known}


def test_tables_have_no_index(tmp_path: Path) -> None:
    write_table(pd.DataFrame({"a": [1]}, index=[7]), tmp_path / "deep" / "t.parquet")
    back = pd.read_parquet(tmp_path / "deep" / "t.parquet")
    assert back.index.tolist() == [0]
    assert back.columns.tolist() == ["a"]
