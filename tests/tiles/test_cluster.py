"""The raster graph on a real scheduler and real workers, started with Dask's own commands."""

import os
import pickle
import signal
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from dask.sizeof import sizeof
from distributed import Client, WorkerPlugin
from rasterio.transform import Affine

import tiles.cluster
import tiles.cluster_task
from geo.boundaries import Units
from geo.coverage import coverage
from geo.errors import SampleError, SchedulerError, TileMissingError
from geo.stripes import STRIPE_ROWS
from tests.dask_processes import DaskProcesses, dask_processes
from tests.tiles.helpers import MakeUnits, RandomUnits, WriteTile, assert_same_bits
from tiles.catalog import read_catalog
from tiles.cluster import Cluster, cluster
from tiles.zonal import zonal

YEARS, STRIPES, COLS = 6, 4, 30
ROWS = STRIPES * STRIPE_ROWS
WORKERS = 2


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DaskProcesses]:
    """A scheduler and two workers that no test may harm."""
    # Every two seconds Dask drops copies that few tasks wait for; a later one may fetch them again.
    env = {"DASK_DISTRIBUTED__SCHEDULER__ACTIVE_MEMORY_MANAGER__START": "False"}
    with dask_processes(tmp_path_factory.mktemp("dask"), env=env) as started:
        for name in range(WORKERS):
            started.start_worker(f"worker {name}")
        started.wait_for_workers(WORKERS)
        yield started


@pytest.fixture
def there(running: DaskProcesses) -> Iterator[Cluster]:
    with cluster(running.address) as connected:
        yield connected


@pytest.fixture
def paths(write_tile: WriteTile) -> list[Path]:
    """Tiles of four stripes, one a year."""
    rng = np.random.default_rng(5)
    values = rng.gamma(0.4, 9.0, size=(YEARS, ROWS, COLS)).clip(0, 63)
    where = Affine(10.0, 0.0, 0.0, 0.0, -10.0, 10.0 * ROWS)
    return [
        write_tile(values[k], f"DMSP{2000 + k}.tif", dtype="float32", transform=where)
        for k in range(YEARS)
    ]


@pytest.fixture
def units(random_units: RandomUnits, units_of: MakeUnits) -> Units:
    rng = np.random.default_rng(6)
    return units_of(random_units(rng, 25, 10 * COLS, 10 * ROWS))


# ---------------------------------------------------------------- the same table


def test_same_bits_as_threads(there: Cluster, units: Units, paths: list[Path]) -> None:
    catalog = read_catalog(paths)
    found = zonal(units, catalog, scheduler=there)
    assert_same_bits(zonal(units, catalog), found)
    assert found.tiles_read == YEARS


def test_same_bits_on_local_processes(units: Units, paths: list[Path]) -> None:
    catalog = read_catalog(paths)
    with cluster(workers=2) as local:
        pids = set(local.executor().map(lambda _: os.getpid(), range(8)))
        assert_same_bits(zonal(units, catalog), zonal(units, catalog, scheduler=local))
    assert os.getpid() not in pids
    assert not any(psutil.pid_exists(pid) for pid in pids)


def test_several_grids(
    there: Cluster, write_tile: WriteTile, units: Units, paths: list[Path]
) -> None:
    shifted = Affine(10.0, 0.0, 2.5, 0.0, -10.0, 10.0 * ROWS)
    values = np.random.default_rng(7).integers(0, 64, (ROWS, COLS))
    other = write_tile(values, "DMSP1999.tif", transform=shifted)
    catalog = read_catalog([*paths, other])
    found = zonal(units, catalog, scheduler=there)
    assert len(found.grids) == 2
    assert_same_bits(zonal(units, catalog), found)


def test_progress_counts_every_block_and_tile_once(
    there: Cluster, units: Units, paths: list[Path]
) -> None:
    told: list[tuple[str, int, int]] = []
    zonal(units, read_catalog(paths), scheduler=there, progress=lambda *one: told.append(one))
    blocks = YEARS * STRIPES
    assert [one for one in told if one[0] == "tiles"] == [
        ("tiles", done, YEARS) for done in range(1, YEARS + 1)
    ]
    assert [one for one in told if one[0] == "blocks"] == [
        ("blocks", done, blocks) for done in range(1, blocks + 1)
    ]


def test_nothing_stays_on_the_cluster(
    running: DaskProcesses, there: Cluster, units: Units, paths: list[Path]
) -> None:
    zonal(units, read_catalog(paths), scheduler=there)
    with Client(running.address, set_as_default=False) as client:
        assert running.eventually(lambda: not any(client.has_what().values()))


# ---------------------------------------------------------------- what travels


def test_coverage_travels_once_to_a_worker(
    running: DaskProcesses, there: Cluster, units: Units, paths: list[Path]
) -> None:
    class Arrivals(WorkerPlugin):
        """Notes the coverage that comes to a worker, from whomever."""

        name = "arrivals"

        def setup(self, worker: Any) -> None:
            worker.arrivals = self.keys = []

        def transition(self, key: object, start: str, finish: str, **_: Any) -> None:
            if str(key).startswith("coverage") and finish == "memory" != start:
                self.keys.append(key)

    def arrivals(dask_worker: Any) -> list[object]:
        return list(dask_worker.arrivals)

    with Client(running.address, set_as_default=False) as client:
        client.register_plugin(Arrivals())
        zonal(units, read_catalog(paths), scheduler=there)
        came = client.run(arrivals).values()
    assert len({key for keys in came for key in keys}) == STRIPES
    assert all(len(keys) == len(set(keys)) for keys in came)


@pytest.fixture
def graphs(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The graphs that are submitted, as they are."""
    seen: list[dict[str, Any]] = []
    submit = Client.get

    def noting(client: Client, graph: dict[str, Any], keys: Any, **options: Any) -> Any:
        seen.append(graph)
        return submit(client, graph, keys, **options)

    monkeypatch.setattr(Client, "get", noting)
    return seen


def test_the_graph_does_not_grow_with_units(
    there: Cluster,
    graphs: list[dict[str, Any]],
    random_units: RandomUnits,
    units_of: MakeUnits,
    paths: list[Path],
) -> None:
    rng = np.random.default_rng(8)
    many = random_units(rng, 400, 10 * COLS, 10 * ROWS)
    few = dict(list(many.items())[:20])
    for polygons in (few, many):
        zonal(units_of(polygons), read_catalog(paths), scheduler=there)
    assert [len(graph) for graph in graphs] == [STRIPES + 1] * 2 * YEARS
    sizes = [len(pickle.dumps(graph, protocol=5)) for graph in graphs]
    assert sizes[:YEARS] == pytest.approx(sizes[YEARS:], abs=8)  # n_units has more digits


def test_the_graph_grows_with_tiles_times_stripes(
    there: Cluster, graphs: list[dict[str, Any]], units: Units, paths: list[Path]
) -> None:
    for some in (paths[:2], paths[:4]):
        zonal(units, read_catalog(some), scheduler=there)
    assert [len(graph) for graph in graphs] == [STRIPES + 1] * 6
    assert len({len(pickle.dumps(graph, protocol=5)) for graph in graphs}) == 1


def test_dask_is_told_how_large_a_stripe_is(units: Units, paths: list[Path]) -> None:
    """Or it would move coverage around as if it were nothing."""
    grid = read_catalog(paths).tiles[0].grid
    stripes = coverage(units.table.geometry.to_numpy(), grid).stripes
    assert len(stripes) == STRIPES
    assert all(sizeof(stripe) >= stripe.cells.nbytes + stripe.shares.nbytes for stripe in stripes)


# ---------------------------------------------------------------- what is wrong with it


@pytest.mark.skipif(not Path("/proc/self/cwd").exists(), reason="needs Linux's /proc")
def test_a_worker_that_cannot_see_a_file_is_named(
    tmp_path: Path, units: Units, paths: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The folder /proc/self/cwd is another one for each process."""
    here, elsewhere = paths[0].parent, tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(here)
    seen = Path("/proc/self/cwd") / paths[0].name
    with dask_processes(tmp_path) as started:
        started.start_worker("blind", cwd=elsewhere)
        started.wait_for_workers(1)
        (worker,) = started.workers()
        with cluster(started.address) as blind, pytest.raises(TileMissingError) as caught:
            zonal(units, read_catalog([seen]), scheduler=blind)
    assert str(caught.value) == (
        f"{seen}, as worker {worker} on {socket.gethostname()} sees it: expected a raster file, "
        "found no such file; make the file visible under this path on every worker, as shared "
        "folders do"
    )


def test_a_worker_is_no_scheduler(running: DaskProcesses) -> None:
    worker = next(iter(running.workers()))
    with pytest.raises(SchedulerError, match="found a Worker"), cluster(worker):
        pass


def test_other_code_is_refused(running: DaskProcesses, monkeypatch: pytest.MonkeyPatch) -> None:
    here = tiles.cluster.code_version()
    other = tuple((name, "0.1" if name == "numba" else found) for name, found in here)
    monkeypatch.setattr(tiles.cluster, "code_version", lambda: other)
    with pytest.raises(SchedulerError) as caught, cluster(running.address):
        pass
    assert str(caught.value) == (
        f"scheduler {running.address}: expected numba 0.1, as here, found numba "
        f"{dict(here)['numba']}; run the same environment on every machine of the cluster"
    )


def test_other_code_is_refused_by_a_worker_that_comes_late(
    there: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = (*tiles.cluster_task.code_version()[:-1], ("nightpanel code", "0123"))
    monkeypatch.setattr(tiles.cluster_task, "code_version", lambda: other)
    with pytest.raises(SchedulerError, match=r"worker tcp.*expected nightpanel code 0123, as here"):
        there.executor().submit(abs, -1).result()


# ---------------------------------------------------------------- functions


def test_functions_run_on_the_workers(there: Cluster) -> None:
    executor = there.executor()
    assert executor.submit(divmod, 7, 3).result() == (2, 1)
    assert list(executor.map(pow, range(5), [2] * 5)) == [0, 1, 4, 9, 16]
    pids = set(executor.map(lambda _: os.getpid(), range(8)))
    assert os.getpid() not in pids
    assert 1 <= len(pids) <= WORKERS


def test_a_functions_problem_keeps_its_name(there: Cluster) -> None:
    def fail() -> None:
        raise SampleError("design 'x'", expected="rows", found="none", hint="add rows")

    with pytest.raises(SampleError) as caught:
        there.executor().submit(fail).result()
    assert str(caught.value) == "design 'x': expected rows, found none; add rows"


def test_a_function_that_ends_its_workers(tmp_path: Path) -> None:
    """Dask gives it to another worker first, as often as the scheduler allows."""

    def die() -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    failures = {"DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "1"}
    with dask_processes(tmp_path, env=failures) as started:
        started.start_worker("a")
        started.start_worker("b")
        started.wait_for_workers(2)
        with cluster(started.address) as there, pytest.raises(SchedulerError) as caught:
            there.executor().submit(die).result()
    assert "expected a worker that lives through it, found 2 that died of it" in str(caught.value)


def test_a_function_can_be_cancelled(there: Cluster) -> None:
    def wait() -> bool:
        return threading.Event().wait(timeout=5)

    executor = there.executor()
    waiting = [executor.submit(wait) for _ in range(WORKERS + 2)]
    assert waiting[-1].cancel()
    assert waiting[-1].cancelled()
    for one in waiting:
        one.cancel()
