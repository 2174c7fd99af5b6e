"""Time and peak memory of one process and its workers.

Every measurement is a process of its own. Its files are taken out of the page cache first. Time is
taken twice: inside the process, after its imports, and around it, start-up included. Memory is the
peak of the resident sets of the process and its workers, added up, sampled every 20 ms; of the
process alone the kernel knows the peak, and that counts if it is larger.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).resolve().parents[1]
INTERVAL = 0.02
SAMPLES_PER_LOOK = 10
"""Samples of memory for each search for new workers, which costs more."""

SHOWN = 200
"""Characters of a failed command to show; it may name many files."""

BLOCK_CACHE_MIB = 256
"""GDAL's block cache where a program does not set its own: enough for rasterize's labels."""


@dataclass(frozen=True, slots=True)
class Request:
    """A program's task on some files."""

    program: str
    """A file of ``benchmarks/programs``."""
    task: str
    """A function of it."""
    boundaries: Path
    """Vector file of the units."""
    tiles: tuple[Path, ...]
    """Rasters, one for each year."""
    product: str = ""
    """Product of the rasters."""
    options: Mapping[str, str] = field(default_factory=dict)
    """What the program is told beside."""


@dataclass(frozen=True, slots=True)
class Measured:
    """One measurement."""

    seconds: float
    """Inside the process, after its imports; as ``process_seconds`` for a command."""
    cpu: float
    """Processor seconds of all threads of the process in that time; for a command from its start,
    the processes that it has waited for included."""
    process_seconds: float
    """Around the process, start-up included."""
    peak_mib: float
    """Peak resident memory of the process and its workers, in MiB."""
    threads: int
    """Most threads of the process and its workers at any sample."""
    processes: int
    """Most processes at any sample."""
    stolen: float = 0.0
    """Share of the processors' time that the host gave to others meanwhile; 0 where none tells."""


def measure(request: Request, *, table: Path | None = None, cold: bool = True) -> Measured:
    """Time a program's task in a new process.

    Parameters
    ----------
    request : Request
    table : Path, optional
        Parquet file to write the result's table to, after the time is taken.
    cold : bool
        Take the files out of the page cache first.

    Returns
    -------
    Measured
    """
    asked = {
        "program": request.program,
        "task": request.task,
        "boundaries": str(request.boundaries),
        "tiles": [str(tile) for tile in request.tiles],
        "product": request.product,
        "options": dict(request.options),
        "table": None if table is None else str(table),
    }
    words = [sys.executable, "-m", "benchmarks.child", json.dumps(asked)]
    outside, output = _watched(words, (request.boundaries, *request.tiles) if cold else ())
    inside = json.loads(output.strip().splitlines()[-1])
    return Measured(**(outside | inside))


def measure_command(words: Sequence[str], files: Iterable[Path]) -> Measured:
    """Time the command ``nightpanel``, start-up included.

    Parameters
    ----------
    words : sequence of str
        What follows ``nightpanel``.
    files : iterable of Path
        Input files, which are taken out of the page cache first.

    Returns
    -------
    Measured
    """
    program = str(Path(sys.executable).with_name("nightpanel"))
    outside, _ = _watched([program, *words], files)
    return Measured(seconds=outside["process_seconds"], **outside)


def forget(files: Iterable[Path]) -> None:
    """Take files out of the page cache; where the system has no way to, do nothing."""
    if not hasattr(os, "posix_fadvise"):
        return
    for path in files:
        with path.open("rb") as file:
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def _watched(words: Sequence[str], files: Iterable[Path]) -> tuple[dict[str, Any], str]:
    """Run a command; what was seen from outside, and what it printed."""
    forget(files)
    variables = os.environ | {"GDAL_CACHEMAX": str(BLOCK_CACHE_MIB)}
    start, before = time.perf_counter(), psutil.cpu_times()
    process = subprocess.Popen(  # noqa: S603
        words, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=variables
    )
    watch = _Watch(process.pid)
    while True:
        # wait4, not poll, for the processor time of the process and of those it waited for.
        pid, status, usage = os.wait4(process.pid, os.WNOHANG)
        if pid:
            break
        watch.sample()
        time.sleep(INTERVAL)
    seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.stdout is not None
    with process.stdout as stream:
        output = stream.read()
    if process.returncode:
        shown = " ".join(words)[:SHOWN]
        raise SystemExit(f"{shown} ... ended with {process.returncode}\n{output}")
    outside = {
        "cpu": usage.ru_utime + usage.ru_stime,
        "process_seconds": seconds,
        "peak_mib": watch.peak / 2**20,
        "threads": watch.threads,
        "processes": watch.processes,
        "stolen": _stolen(before, psutil.cpu_times()),
    }
    return outside, output


def _stolen(before: Any, after: Any) -> float:
    passed = sum(after) - sum(before)
    taken = getattr(after, "steal", 0.0) - getattr(before, "steal", 0.0)
    return float(taken / passed) if passed > 0.0 else 0.0


class _Watch:
    """Peaks over the samples of a process and its workers."""

    def __init__(self, pid: int) -> None:
        self._first = psutil.Process(pid)
        self._tree = [self._first]
        self._samples = 0
        self.peak, self.threads, self.processes = 0, 1, 1

    def sample(self) -> None:
        if self._samples % SAMPLES_PER_LOOK == 0:
            self._look()
        self._samples += 1
        resident = sum(_resident(process) for process in self._tree)
        self.peak = max(self.peak, resident, _peak_alone(self._first.pid))

    def _look(self) -> None:
        try:
            self._tree = [self._first, *self._first.children(recursive=True)]
        except psutil.NoSuchProcess:
            return
        self.processes = max(self.processes, len(self._tree))
        self.threads = max(self.threads, sum(_threads(process) for process in self._tree))


def _peak_alone(pid: int) -> int:
    """The kernel's peak of one process, in bytes; 0 where there is no such file.

    ``ru_maxrss`` would not do: it starts at what the parent held when it forked.
    """
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    return sum(1024 * int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))


def _resident(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.NoSuchProcess:
        return 0


def _threads(process: psutil.Process) -> int:
    try:
        return int(process.num_threads())
    except psutil.NoSuchProcess:
        return 0
