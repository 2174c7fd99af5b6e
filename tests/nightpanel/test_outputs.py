"""Output folders change whole or not at all, whenever a run is killed and whoever else runs."""

import errno
import os
import subprocess
import sys
import time
from collections.abc import Callable
from inspect import getsource
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest

from geo.audit import AuditRow, audit_table
from geo.errors import OutputError
from nightpanel.file_locks import exclusive
from nightpanel.outputs import (
    LOCK,
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


def test_stale_files_go_when_the_others_come(tmp_path: Path) -> None:
    for name in ("a.txt", "b.txt", "c.txt"):
        (tmp_path / name).write_text("old", encoding="utf-8")
    with staged(tmp_path, stale=["a.txt", "b.txt", "never.txt"]) as staging:
        (staging / "a.txt").write_text("new", encoding="utf-8")
        assert (tmp_path / "b.txt").exists()
    assert content(tmp_path) == {"a.txt": "new", "c.txt": "old"}


def test_the_manifest_moves_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    moved: list[str] = []
    real = Path.replace

    def replace(self: Path, target: Path) -> Path:
        moved.append(target.name)
        return real(self, target)

    monkeypatch.setattr(Path, "replace", replace)
    with staged(tmp_path) as staging:
        for name in ("z.txt", "manifest.json", "a.txt"):
            (staging / name).touch()
    assert moved == ["a.txt", "z.txt", "manifest.json"]


def test_the_staging_folder_of_a_living_run_is_left_alone(tmp_path: Path) -> None:
    with staged(tmp_path) as first:
        (first / "a.txt").write_text("first", encoding="utf-8")
        with staged(tmp_path) as second:
            (second / "a.txt").write_text("second", encoding="utf-8")
        assert content(tmp_path) == {"a.txt": "second"}
    assert content(tmp_path) == {"a.txt": "first"}


def test_moves_that_fail_half_way_are_finished_by_the_next_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Path.replace

    def replace(self: Path, target: Path) -> Path:
        if target.name == "b.txt":
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return real(self, target)

    def move() -> None:
        with staged(tmp_path) as staging:
            for name in ("a.txt", "b.txt"):
                (staging / name).write_text("new", encoding="utf-8")

    with monkeypatch.context() as broken:
        broken.setattr(Path, "replace", replace)
        with pytest.raises(OutputError, match="Input/output error"):
            move()
    assert content(tmp_path) == {"a.txt": "new"}
    with staged(tmp_path):
        assert content(tmp_path) == {"a.txt": "new", "b.txt": "new"}
    assert len(list(tmp_path.iterdir())) == 2


def test_a_run_killed_at_any_moment_leaves_all_or_nothing(tmp_path: Path) -> None:
    # Killed before its first, its second, ... call that opens, makes, moves or removes a file.
    killed = _output_of(_killed_at_every_call, tmp_path).split()
    outcomes = []
    for number in killed:
        out = tmp_path / number
        check_writable(out)
        outcomes.append(content(out))
        assert not [path.name for path in out.iterdir() if path.name.startswith(".")]
    old = {"a.txt": "old", "stale.txt": "old", "manifest.json": "old"}
    new = {"a.txt": "new", "tables/b.txt": "new", "manifest.json": "new"}
    kept = outcomes.count(old)
    assert outcomes == [old] * kept + [new] * (len(killed) - kept)
    assert kept > 3
    assert len(killed) - kept > 3


def test_files_of_two_runs_at_once_do_not_mix(tmp_path: Path) -> None:
    out, enough = tmp_path / "out", tmp_path / "enough"
    out.mkdir()
    runs = [_started(_move_until_enough, out) for _ in range(2)]
    seen, until = set(), time.monotonic() + 60
    while len(seen) < 2 and time.monotonic() < until:
        with exclusive(out / LOCK):
            found = content(out)
        assert len(found) in {0, 30}
        assert len(set(found.values())) <= 1
        seen |= set(found.values())
        time.sleep(0.05)
    enough.touch()
    assert [run.wait() for run in runs] == [0, 0]
    assert len(seen) == 2
    assert len(list(out.iterdir())) == 30


def test_two_runs_may_check_one_new_folder_at_once(tmp_path: Path) -> None:
    runs = [_started(_check_often, tmp_path) for _ in range(2)]
    assert [run.wait() for run in runs] == [0, 0]
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_what_gdal_cannot_write_is_a_named_error(tmp_path: Path) -> None:
    def write() -> None:
        with staged(tmp_path / "out") as staging:
            (staging / "t.gpkg").mkdir()
            table = gpd.GeoDataFrame({"a": [1]}, geometry=gpd.points_from_xy([0], [0]), crs=4326)
            pyogrio.write_dataframe(table, staging / "t.gpkg" / "none" / "t.gpkg", driver="GPKG")

    with pytest.raises(OutputError, match=r"out: expected .*--out"):
        write()
    assert list((tmp_path / "out").iterdir()) == []

    def fail() -> None:
        with staged(tmp_path / "out"):
            raise RuntimeError("ours")

    with pytest.raises(RuntimeError, match="ours"):
        fail()


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


def test_tables_have_no_index(tmp_path: Path) -> None:
    write_table(pd.DataFrame({"a": [1]}, index=[7]), tmp_path / "deep" / "t.parquet")
    back = pd.read_parquet(tmp_path / "deep" / "t.parquet")
    assert back.index.tolist() == [0]
    assert back.columns.tolist() == ["a"]


def content(folder: Path) -> dict[str, str]:
    """Every file that can be seen in a folder, with its text."""
    return {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in folder.rglob("*")
        if path.is_file() and not path.relative_to(folder).parts[0].startswith(".")
    }


def _killed_at_every_call(folder: Path) -> None:
    import itertools
    import os
    import signal
    import sys

    from nightpanel.outputs import staged

    watched = {"open", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "fcntl.flock"}

    def killed_at(number: int, out: Path) -> bool:
        calls = itertools.count(1)

        def hook(event: str, _: object) -> None:
            if event in watched and next(calls) == number:
                os.kill(os.getpid(), signal.SIGKILL)

        child = os.fork()
        if child == 0:
            sys.addaudithook(hook)
            with staged(out, stale=["stale.txt", "a.txt"]) as staging:
                (staging / "tables").mkdir()
                for name in ("a.txt", "tables/b.txt", "manifest.json"):
                    (staging / name).write_text("new", encoding="utf-8")
            os._exit(0)
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != 0

    for number in itertools.count(1):
        out = folder / str(number)
        out.mkdir()
        for name in ("a.txt", "stale.txt", "manifest.json"):
            (out / name).write_text("old", encoding="utf-8")
        if not killed_at(number, out):
            break
        print(number)


def _move_until_enough(folder: Path) -> None:
    import os
    import time

    from nightpanel.outputs import staged

    real = Path.replace

    def slowly(self: Path, target: Path) -> Path:
        time.sleep(0.001)
        return real(self, target)

    Path.replace = slowly
    while not (folder.parent / "enough").exists():
        with staged(folder) as staging:
            for number in range(30):
                (staging / str(number)).write_text(str(os.getpid()), encoding="utf-8")


def _check_often(folder: Path) -> None:
    from nightpanel.outputs import check_writable

    for _ in range(200):
        check_writable(folder / "deep" / "out")


def _script(function: Callable[[Path], None], folder: Path) -> list[str]:
    """The command that runs a function, which imports what it needs, in a process of its own."""
    call = f"{function.__name__}(Path({str(folder)!r}))"
    source = f"from pathlib import Path\n{getsource(function)}\n{call}"
    return [sys.executable, "-c", source]


def _started(function: Callable[[Path], None], folder: Path) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(_script(function, folder))


def _output_of(function: Callable[[Path], None], folder: Path) -> str:
    return subprocess.check_output(_script(function, folder), text=True)
