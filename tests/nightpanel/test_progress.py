"""Bars on a terminal, with rate and time left; nothing elsewhere, and a summary at the end."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.nightpanel.conftest import Command

pty = pytest.importorskip("pty", reason="terminals of one's own are there on POSIX alone")

COUNT = """
import time
from nightpanel.progress import progress_bars
with progress_bars("tiles", "blocks") as report:
    for done in range(1, 6):
        time.sleep(0.15)
        report("blocks", 2 * done, 10)
        report("tiles", done, 5)
    time.sleep(0.3)
"""


def on_a_terminal(*words: object) -> str:
    """What a process writes to standard error if that is a terminal."""
    ours, theirs = pty.openpty()
    surroundings = os.environ | {"TERM": "xterm", "COLUMNS": "120"}
    process = subprocess.Popen(
        [*map(str, words)], stdout=subprocess.DEVNULL, stderr=theirs, env=surroundings
    )
    os.close(theirs)
    shown = b""
    while True:
        try:
            piece = os.read(ours, 1 << 16)
        except OSError:  # so Linux tells the end
            break
        if not piece:
            break
        shown += piece
    os.close(ours)
    assert process.wait() == 0
    return shown.decode()


def test_bars_have_count_rate_and_time_left() -> None:
    shown = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", on_a_terminal(sys.executable, "-c", COUNT))
    for name, total in (("tiles", 5), ("blocks", 10)):
        assert re.search(rf"{name} +\S+ +\d+/{total} +[\d.]+/s +\d:\d\d:\d\d", shown), shown


def test_a_run_shows_bars_on_a_terminal_unless_quiet(country: Path, tmp_path: Path) -> None:
    program = Path(sys.executable).with_name("nightpanel")
    words = (program, "run", country / "study.toml", "--only", "lights")
    shown = on_a_terminal(*words, "--out", tmp_path / "loud")
    assert "tiles" in shown
    assert "blocks" in shown
    assert on_a_terminal(*words, "--quiet", "--out", tmp_path / "quiet") == ""


def test_a_run_tells_its_times_and_memory(country: Path, command: Command, tmp_path: Path) -> None:
    ended = command("run", country / "study.toml", "--out", tmp_path / "out", "--only", "lights")
    assert ended.stderr == ""
    lines = ended.stdout.splitlines()
    for pattern in (
        r"Seconds: lights [\d.]+, writing [\d.]+",
        r"Light: coverage [\d.]+ s, tiles [\d.]+ s, inequality [\d.]+ s",
        r"Tiles: 4 read, 0 from the cache; reading [\d.]+ s, adding [\d.]+ s, summed over threads",
        r"Peak memory: [1-9]\d+ MiB",
    ):
        assert any(re.fullmatch(pattern, line) for line in lines), pattern


def test_a_run_on_workers_tells_their_memory(
    country: Path, command: Command, tmp_path: Path
) -> None:
    words = ("run", country / "study.toml", "--out", tmp_path / "out", "--only", "lights")
    ended = command(*words, "--workers", 1)
    pattern = r"Peak memory: [1-9]\d+ MiB here, [1-9]\d+ MiB in the largest worker"
    assert re.search(pattern, ended.stdout), ended.stdout
