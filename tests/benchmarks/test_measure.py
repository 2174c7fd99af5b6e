"""Measuring a process: its time, its memory and that of its workers; the benchmark runs."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import bench
from benchmarks import measure as measuring
from benchmarks.measure import ROOT, Request, forget, measure
from benchmarks.plan import Line, Size, lines
from benchmarks.workload import Workload

HOLD = "import time; data = bytearray(200 << 20); time.sleep(0.4)"
IN_TWO = (
    "import subprocess, sys; one = subprocess.Popen([sys.executable, '-c', sys.argv[1]]); "
    "exec(sys.argv[1]); one.wait()"
)


def test_memory_of_workers_is_added() -> None:
    alone, _ = measuring._watched([sys.executable, "-c", HOLD], ())
    both, _ = measuring._watched([sys.executable, "-c", IN_TWO, HOLD], ())
    assert 200 < alone["peak_mib"] < 260
    assert 400 < both["peak_mib"] < 520
    assert (alone["processes"], both["processes"]) == (1, 2)
    assert alone["process_seconds"] > 0.4


def test_a_failed_process_ends_the_run() -> None:
    with pytest.raises(SystemExit, match="ended with 3"):
        measuring._watched([sys.executable, "-c", "raise SystemExit(3)"], ())


def test_forgetting_a_file_leaves_it_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"light" * 1000)
    forget([path])
    assert path.read_bytes() == b"light" * 1000


def test_a_program_is_timed_inside_and_out(tmp_path: Path) -> None:
    tiles = tuple(Workload(tmp_path, (280, 340)).tiles("integer", [2000]))
    found = measure(Request("bare_read", "read", tiles[0], tiles))
    assert 0 < found.seconds < found.process_seconds
    assert found.peak_mib > 50


def test_coverage_group_runs_from_end_to_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its two lines that are compared: each process that a line needs takes seconds to start."""

    def compared(size: Size, workload: Workload) -> list[Line]:
        return [line for line in lines(size, workload) if line.compared]

    monkeypatch.setattr(bench, "lines", compared)
    words = ["bench", "--quick", "--only", "coverage", "--out", tmp_path]
    monkeypatch.setattr(sys, "argv", [*map(str, words), "--work", str(tmp_path / "work")])
    bench.main()
    found = _results(tmp_path, capsys.readouterr().out)
    ours, *others = found["lines"]
    assert (ours["group"], ours["name"]) == ("coverage", "nightpanel")
    assert [other["name"] for other in others] == ["exactextract, by feature"]
    # exactextract's shares are in single precision.
    assert ours["difference"]["absolute"] < 1e-6


@pytest.mark.slow
def test_all_of_the_quick_benchmark_runs(tmp_path: Path) -> None:
    pytest.importorskip("rasterstats")
    pytest.importorskip("xvec")
    found = _bench(tmp_path)
    exact = {"nightpanel", "exactextract, by feature", "xvec, exact"}
    compared = [line for line in found["lines"] if line["difference"] and "year" in line["group"]]
    assert {line["name"] for line in compared} >= exact
    for line in compared:
        relative = line["difference"]["relative"]
        if line["name"] in exact:
            assert relative < 1e-6
        else:
            assert relative > 1e-4
    words = [sys.executable, "-m", "benchmarks.scaling", "--quick"]
    words += ["--work", str(tmp_path / "work"), "--out", str(tmp_path)]
    subprocess.run(words, cwd=ROOT, check=True, capture_output=True)
    assert "**By million cells**" in (tmp_path / "scaling_quick.md").read_text(encoding="utf-8")


def _bench(folder: Path) -> dict[str, list[dict[str, dict[str, float]]]]:
    words = [sys.executable, "-m", "benchmarks.bench", "--quick"]
    words += ["--work", str(folder / "work"), "--out", str(folder)]
    done = subprocess.run(words, cwd=ROOT, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    return _results(folder, done.stdout)


def _results(folder: Path, printed: str) -> dict[str, list[dict[str, dict[str, float]]]]:
    assert (folder / "quick.md").read_text(encoding="utf-8") in printed
    found: dict[str, list[dict[str, dict[str, float]]]] = json.loads(
        (folder / "quick.json").read_text(encoding="utf-8")
    )
    return found
