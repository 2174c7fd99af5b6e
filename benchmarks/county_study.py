"""Time and peak memory of the county study, each run a new process.

Needs ``NIGHTPANEL_DATA``. Memory is the peak of the resident sets of the process and its workers,
added up, sampled every 20 ms. Kernels are compiled before the first counted run; the result folder
is empty at every run; files may be in the page cache.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

STUDY = Path(__file__).resolve().parents[1] / "examples" / "china_counties.toml"
INTERVAL = 0.02


@dataclass(frozen=True, slots=True)
class Measured:
    """One run of the study."""

    seconds: float
    """Wall time of the whole command, start-up included."""
    peak_mib: float
    """Peak resident memory of the process and its workers, in MiB."""
    stages: dict[str, float]
    """Wall time of each stage, in seconds."""


def measure(words: list[str], out: Path) -> Measured:
    """Run the command once.

    Parameters
    ----------
    words : list of str
        Options after ``nightpanel run STUDY --out OUT``.
    out : Path
        Empty output folder.

    Returns
    -------
    Measured
    """
    command = [str(Path(sys.executable).with_name("nightpanel")), "run", str(STUDY), "--quiet"]
    start = time.perf_counter()
    process = subprocess.Popen(  # noqa: S603
        [*command, "--out", str(out), *words], stdout=subprocess.DEVNULL
    )
    watched, peak = psutil.Process(process.pid), 0
    while process.poll() is None:
        peak = max(peak, _resident(watched))
        time.sleep(INTERVAL)
    seconds = time.perf_counter() - start
    if process.returncode:
        raise SystemExit(process.returncode)
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    stages = {stage: record["seconds"] for stage, record in manifest["stages"].items()}
    return Measured(seconds, peak / 2**20, stages)


def _resident(process: psutil.Process) -> int:
    total = 0
    try:
        for one in (process, *process.children(recursive=True)):
            total += one.memory_info().rss
    except psutil.NoSuchProcess:
        return total
    return total


def _report(name: str, runs: list[Measured]) -> None:
    stages = {
        stage: statistics.median(run.stages[stage] for run in runs) for stage in runs[0].stages
    }
    print(
        f"{name}: {statistics.median(run.seconds for run in runs):.1f} s, "
        f"peak {statistics.median(run.peak_mib for run in runs):.0f} MiB (medians of {len(runs)}); "
        + ", ".join(f"{stage} {seconds:.1f} s" for stage, seconds in stages.items())
    )


def main() -> None:
    """Measure the light alone and the whole study."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    runs = parser.parse_args().runs
    print(f"{platform.platform()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    for name, words in (
        ("light only", ["--only", "lights"]),
        ("light and panel", ["--only", "lights,panel"]),
        ("whole study", []),
    ):
        measured = []
        for counted in range(-1 if name == "light only" else 0, runs):
            with tempfile.TemporaryDirectory() as folder:
                one = measure(words, Path(folder) / "out")
            if counted >= 0:
                measured.append(one)
        _report(name, measured)


if __name__ == "__main__":
    main()
