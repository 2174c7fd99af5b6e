"""Whole studies on a cluster of real processes: the same files as with threads, or one line."""

import os
import signal
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pandas as pd
import pytest

from tests.dask_processes import DaskProcesses, dask_processes
from tiles.catalog import read_catalog
from tiles.cluster import Cluster
from tiles.cube import open_cube

Command = Callable[..., CompletedProcess[str]]
EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
LIGHT = ("units", "cities")
ALL = (*LIGHT, "panel", "estimates")


def assert_same_tables(first: Path, second: Path, names: Sequence[str]) -> None:
    for name in names:
        tables = [pd.read_parquet(out / f"{name}.parquet") for out in (first, second)]
        assert len(tables[0]) > 0
        pd.testing.assert_frame_equal(*tables, check_exact=True)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DaskProcesses]:
    """A scheduler and two workers that no test may harm."""
    with dask_processes(tmp_path_factory.mktemp("dask")) as started:
        for name in ("a", "b"):
            started.start_worker(name)
        started.wait_for_workers(2)
        yield started


@pytest.fixture
def learned(country: Path) -> Path:
    """The small study with a learner, so that there are fits to hand out."""
    study = country / "study.toml"
    text = study.read_text(encoding="utf-8")
    design = 'name = "learned"\noutcome = "gini"\ntreatment = "uil"\ncontrols = ["log_gdp"]\n'
    few = 'variants = ["first_difference"]\nrepetitions = 3\nfolds = 2\n'
    study.write_text(f"{text}\n[[designs]]\n{design}{few}", encoding="utf-8")
    return study


def test_a_study_on_a_cluster(
    running: DaskProcesses, learned: Path, command: Command, tmp_path: Path
) -> None:
    outs = [tmp_path / name for name in ("threads", "cluster")]
    words: tuple[tuple[object, ...], ...] = ((), ("--scheduler", running.address))
    for out, more in zip(outs, words, strict=True):
        ended = command("run", learned, "--out", out, *more)
        assert ended.returncode == 0, ended.stderr
    assert_same_tables(*outs, ALL)


def test_a_study_on_local_processes(country: Path, command: Command, tmp_path: Path) -> None:
    outs = [tmp_path / name for name in ("threads", "processes")]
    for out, more in zip(outs, ((), ("--workers", 2)), strict=True):
        ended = command("run", country / "study.toml", "--out", out, "--only", "lights", *more)
        assert ended.returncode == 0, ended.stderr
    assert_same_tables(*outs, LIGHT)


def test_a_scheduler_that_is_not_there_is_one_line(
    country: Path, command: Command, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    ended = command("run", country / "study.toml", "--out", out, "--scheduler", "http://node1:8786")
    assert ended.returncode == 1
    (line,) = ended.stderr.splitlines()
    assert line.startswith("SchedulerError: ")
    assert "scheduler http://node1:8786: expected a Dask scheduler that answers within 5 s" in line
    assert not (out / "units.parquet").exists()


@pytest.mark.skipif(not Path("/proc/self/cwd").exists(), reason="needs Linux's /proc")
def test_a_file_that_a_worker_cannot_see_is_one_line(
    country: Path, command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The folder /proc/self/cwd is another one for each process."""
    study, elsewhere = country / "study.toml", tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(country)
    text = study.read_text(encoding="utf-8")
    study.write_text(text.replace('"*.tif"', '"/proc/self/cwd/*.tif"'), encoding="utf-8")
    with dask_processes(tmp_path) as started:
        started.start_worker("blind", cwd=elsewhere)
        started.wait_for_workers(1)
        (worker,) = started.workers()
        ended = command("run", study, "--out", tmp_path / "out", "--scheduler", started.address)
    assert ended.returncode == 1
    (line,) = ended.stderr.splitlines()
    assert line.startswith("TileMissingError: ")
    assert "/proc/self/cwd/" in line
    assert f"as worker {worker} on " in line


# ---------------------------------------------------------------- the county study


@pytest.fixture
def counties(
    data_dir: Path, command: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Callable[..., Path]:
    """Run the light of the county study with more options, and give the output folder."""
    monkeypatch.setenv("NIGHTPANEL_DATA", str(data_dir))

    def run(name: str, *more: object) -> Path:
        out = tmp_path / name
        study = EXAMPLES / "china_counties.toml"
        ended = command("run", study, "--out", out, "--only", "lights,panel", *more)
        assert ended.returncode == 0, ended.stderr
        return out

    return run


@pytest.fixture
def killing(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[int]]:
    """Let workers be killed when so many tasks are done; their processes are noted."""

    def at(started: DaskProcesses, tasks: Sequence[int]) -> list[int]:
        pids, killed, counted = sorted(started.workers().values()), [], []
        real = Cluster.results

        def results(there: Cluster, sums: Any, done: Callable[[str], None]) -> Any:
            def done_or_dead(key: str) -> None:
                done(key)
                counted.append(key)
                if len(counted) in tasks:
                    killed.append(pids.pop())
                    os.kill(killed[-1], signal.SIGKILL)

            return real(there, sums, done_or_dead)

        monkeypatch.setattr(Cluster, "results", results)
        return killed

    return at


@pytest.mark.real
@pytest.mark.parametrize(
    "nanny",
    [
        pytest.param(False, id="gone for good"),
        pytest.param(True, id="restarted by a nanny", marks=pytest.mark.slow),
    ],
)
def test_the_county_study_on_a_cluster_that_loses_two_workers(
    nanny: bool, counties: Callable[..., Path], killing: Callable[..., list[int]], tmp_path: Path
) -> None:
    expected = counties("threads")
    with dask_processes(tmp_path) as started:
        for name in ("a", "b", "c"):
            started.start_worker(name, nanny=nanny)
        started.wait_for_workers(3)
        whole = counties("whole", "--scheduler", started.address)
        assert_same_tables(expected, whole, (*LIGHT, "panel"))
        killed = killing(started, [5, 12])
        found = counties("lossy", "--scheduler", started.address)
    assert len(killed) == 2
    assert_same_tables(expected, found, (*LIGHT, "panel"))


# ---------------------------------------------------------------- light made from light


@pytest.fixture
def calibrated_study(country: Path) -> Path:
    """The small country's light through steps that look at single years and at neighbours."""
    study = country / "study.toml"
    steps = '{ step = "continuity" }, { step = "floor", below = 6.0 }, '
    steps += '{ step = "saturation", at = 55.0 }, '
    steps += '{ step = "mask", file = "units.gpkg", where = "outside" }'
    text = study.read_text(encoding="utf-8")
    changed = text.replace("bootstrap_draws = 20", f"bootstrap_draws = 20\nsteps = [{steps}]")
    assert changed != text
    study.write_text(changed, encoding="utf-8")
    return study


@pytest.fixture
def cube_study(country: Path) -> Path:
    """The small country's light as Zarr cubes, one for each of its two grids."""
    study = country / "study.toml"
    cubes = open_cube(read_catalog([f"{country}/*.tif"]))
    for name, cube in cubes.items():
        cube.to_dataset().to_zarr(country / f"{name}.zarr", consolidated=False)
    text = study.read_text(encoding="utf-8").replace('"*.tif"', '"*.zarr"')
    study.write_text(text, encoding="utf-8")
    return study


@pytest.mark.parametrize("made", ["calibrated_study", "cube_study"])
def test_light_made_from_light_on_a_cluster(
    running: DaskProcesses,
    made: str,
    command: Command,
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> None:
    """Lazy arrays travel to the workers: the same bits as with threads."""
    study = request.getfixturevalue(made)
    outs = [tmp_path / name for name in ("threads", "cluster")]
    words: tuple[tuple[object, ...], ...] = ((), ("--scheduler", running.address))
    for out, more in zip(outs, words, strict=True):
        ended = command("run", study, "--out", out, "--only", "lights", *more)
        assert ended.returncode == 0, ended.stderr
    assert_same_tables(*outs, LIGHT)
