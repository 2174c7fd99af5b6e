"""A run that is killed, whenever, and started again ends with the same bytes in every table."""

import multiprocessing
import random
import shutil
import signal
import time
from collections.abc import Iterator
from multiprocessing import forkserver
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import Any

import pytest

from nightpanel.manifest import MANIFEST
from tests.nightpanel import killed_runs
from tests.nightpanel.killed_runs import run_until_write, whole_run

pytestmark = pytest.mark.long

KILLS_A_CHAIN, CHAINS = 5, 10
MOST_WRITES = 400
PARTS = 3
ROOT = Path(__file__).resolve().parents[2]
COMPARED = (".parquet", ".gpkg", ".csv", ".txt")


@pytest.fixture(scope="module")
def processes() -> Iterator[ForkServerContext]:
    """New processes that have loaded what a run needs, so that 50 kills take seconds."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([killed_runs.__name__])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(ROOT))
        forkserver.ensure_running()
        yield context


def tables(out: Path) -> dict[str, bytes]:
    """Every file of the output folder but the manifest, which holds times."""
    visible = (path for path in out.rglob("*") if path.is_file())
    return {
        str(path.relative_to(out)): path.read_bytes()
        for path in visible
        if path.suffix in COMPARED and not path.relative_to(out).parts[0].startswith(".")
    }


def ended(processes: ForkServerContext, work: Any, *args: Any) -> int:
    process = processes.Process(target=work, args=args)
    process.start()
    process.join(timeout=120)
    assert process.exitcode is not None
    return process.exitcode


@pytest.fixture(scope="module")
def study(painted: Path) -> Path:
    """The small country's study."""
    return painted / "study.toml"


@pytest.fixture(scope="module")
def reference(
    study: Path, processes: ForkServerContext, tmp_path_factory: pytest.TempPathFactory
) -> tuple[dict[str, bytes], float]:
    """The tables of a run that nobody disturbs, and its seconds."""
    out = tmp_path_factory.mktemp("undisturbed") / "out"
    assert ended(processes, whole_run, study, out) == 0  # compiles what has to be
    shutil.rmtree(out)
    began = time.perf_counter()
    assert ended(processes, whole_run, study, out) == 0
    assert (out / MANIFEST).is_file()
    found = tables(out)
    assert {"units.parquet", "cities.parquet", "townships.gpkg", "panel.parquet"} <= found.keys()
    return found, time.perf_counter() - began


@pytest.mark.parametrize("chain", range(CHAINS))
def test_kills_at_random_times(
    study: Path,
    processes: ForkServerContext,
    reference: tuple[dict[str, bytes], float],
    tmp_path: Path,
    chain: int,
) -> None:
    """Ten times five kills, each into what those before have left."""
    expected, seconds = reference
    chance, out, killed = random.Random(chain), tmp_path / "out", 0  # noqa: S311
    while killed < KILLS_A_CHAIN:
        process = processes.Process(target=whole_run, args=(study, out))
        process.start()
        process.join(timeout=chance.uniform(0.0, seconds))
        if process.exitcode is None:
            process.kill()
            process.join()
            killed += 1
            # What can be seen is whole: that of finished stages, or nothing. The audit grows.
            left = {name: what for name, what in tables(out).items() if name != "audit.parquet"}
            assert all(expected[name] == what for name, what in left.items())
        else:
            assert tables(out) == expected
            shutil.rmtree(out)
    assert ended(processes, whole_run, study, out) == 0
    assert tables(out) == expected


@pytest.mark.parametrize(
    "part", [0, *(pytest.param(part, marks=pytest.mark.slow) for part in range(1, PARTS))]
)
@pytest.mark.parametrize("stages", ["lights", "panel and estimates"])
def test_kills_after_every_write(
    painted: Path, processes: ForkServerContext, tmp_path: Path, stages: str, part: int
) -> None:
    """Killed before the first file is put into place, after the first, after the second, ...

    Each part takes every third of these moments; the second and third are for the slow tests.
    """
    country = Path(shutil.copytree(painted, tmp_path / "country"))
    study, before = country / "study.toml", tmp_path / "before"
    text = study.read_text(encoding="utf-8")
    text = text.replace("years = [2014, 2015, 2016, 2017]", "years = [2014, 2016]")
    study.write_text(text[: text.index("[[panel.tables]]")], encoding="utf-8")
    if stages != "lights":
        assert ended(processes, whole_run, study, before) == 0
        study.write_text(text, encoding="utf-8")
    expected: dict[str, bytes] = {}
    for last in (None, *range(part, MOST_WRITES, PARTS)):
        out = tmp_path / "out"
        if before.exists():
            shutil.copytree(before, out)
        if last is not None:
            code = ended(processes, run_until_write, study, out, last)
            assert code in {0, -signal.SIGKILL}
            if code == 0:
                assert tables(out) == expected
                assert last > len(expected) - len(tables(before))
                return
        assert ended(processes, whole_run, study, out) == 0
        expected = expected or tables(out)
        assert tables(out) == expected
        shutil.rmtree(out)
    pytest.fail(f"more than {MOST_WRITES} writes")
