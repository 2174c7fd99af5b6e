"""Workers are killed while a real cluster computes: the same table, or a named error."""

import os
import signal
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from dask.delayed import delayed
from distributed.comm.core import CommClosedError
from rasterio.transform import Affine

import tiles.cluster
import tiles.cluster_graph
from geo.boundaries import Units
from geo.errors import SchedulerError
from geo.stripes import STRIPE_ROWS, Stripe
from geo.window import Window
from tests.dask_processes import DaskProcesses, dask_processes
from tests.tiles.helpers import MakeUnits, RandomUnits, WriteTile
from tiles.catalog import Catalog, read_catalog
from tiles.cluster import cluster
from tiles.cluster_graph import ClusterGraph
from tiles.zonal import zonal

Job = tuple[Units, Catalog, pd.DataFrame]

YEARS, STRIPES, COLS = 30, 6, 60


@pytest.fixture
def job(write_tile: WriteTile, random_units: RandomUnits, units_of: MakeUnits) -> Job:
    """Thirty years of six stripes, and their table by threads."""
    rng = np.random.default_rng(11)
    rows = STRIPES * STRIPE_ROWS
    where = Affine(10.0, 0.0, 0.0, 0.0, -10.0, 10.0 * rows)
    paths = []
    for year in range(1992, 1992 + YEARS):
        values = rng.gamma(0.4, 9.0, size=(rows, COLS)).clip(0, 63)
        name = f"DMSP{year}.tif" if year <= 2013 else f"DMSP-like{year}.tif"
        paths.append(write_tile(values, name, dtype="float32", transform=where, compress="deflate"))
    units = units_of(random_units(rng, 40, 10 * COLS, 10 * rows))
    catalog = read_catalog(paths)
    return units, catalog, zonal(units, catalog).unit_years


@pytest.fixture
def losses(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Numbers of tasks that Dask gave up, each time that it did."""
    seen: list[int] = []
    lost = ClusterGraph._lost

    def noting(graph: ClusterGraph) -> list[str]:
        names = lost(graph)
        seen.append(len(names))
        return names

    monkeypatch.setattr(ClusterGraph, "_lost", noting)
    return seen


class Killer:
    """Kills a worker whenever another share of the blocks is done."""

    def __init__(self, started: DaskProcesses, shares: list[float]) -> None:
        self._pids, self._shares = sorted(started.workers().values()), shares
        self.killed: list[int] = []
        self.blocks: list[int] = []

    def __call__(self, what: str, done: int, total: int) -> None:
        if what != "blocks":
            return
        self.blocks.append(done)
        if self._shares and done >= self._shares[0] * total:
            self._shares.pop(0)
            self.killed.append(self._pids.pop())
            os.kill(self.killed[-1], signal.SIGKILL)


@pytest.mark.parametrize("nanny", [False, True], ids=["gone for good", "restarted by a nanny"])
def test_two_lost_workers_change_no_bit(
    nanny: bool, job: Job, tmp_path: Path, losses: list[int]
) -> None:
    units, catalog, expected = job
    with dask_processes(tmp_path) as started:
        for name in ("a", "b", "c"):
            started.start_worker(name, nanny=nanny)
        started.wait_for_workers(3)
        with cluster(started.address) as there:
            killer = Killer(started, [0.2, 0.5])
            found = zonal(units, catalog, scheduler=there, progress=killer)
    assert len(killer.killed) == 2
    assert sum(losses) > 0
    pd.testing.assert_frame_equal(found.unit_years, expected, check_exact=True)
    assert killer.blocks == list(range(1, YEARS * STRIPES + 1))


def test_a_worker_that_comes_late_takes_over(job: Job, tmp_path: Path, losses: list[int]) -> None:
    """The only worker dies; what it held goes to one that did not exist when the job began."""
    units, catalog, expected = job
    with dask_processes(tmp_path) as started:
        started.start_worker("first")
        started.wait_for_workers(1)
        with cluster(started.address) as there:
            killer = Killer(started, [0.3])

            def progress(*told: Any) -> None:
                killer(*told)
                if killer.killed and len(started.processes) == 2:
                    started.start_worker("second")

            found = zonal(units, catalog, scheduler=there, progress=progress)
    pd.testing.assert_frame_equal(found.unit_years, expected, check_exact=True)
    assert sum(losses) > 0


def test_no_worker_is_left(job: Job, tmp_path: Path) -> None:
    units, catalog, _ = job
    with dask_processes(tmp_path) as started:
        started.start_worker("only")
        started.wait_for_workers(1)
        with (
            cluster(started.address, worker_seconds=1.0) as there,
            pytest.raises(SchedulerError, match=r"expected at least one worker, found none in 1 s"),
        ):
            zonal(units, catalog, scheduler=there, progress=Killer(started, [0.3]))


@pytest.mark.parametrize("while_fetching", [False, True])
def test_the_scheduler_is_lost(
    job: Job, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, while_fetching: bool
) -> None:
    """Between two results, or with one of them on its way, when Dask raises an error of its own."""
    units, catalog, _ = job
    monkeypatch.setattr(tiles.cluster, "BUSY_SECONDS", 1.0)
    outcome = tiles.cluster_graph._outcome
    with dask_processes(tmp_path) as started:
        started.start_worker("only")
        started.wait_for_workers(1)
        scheduler = started.processes[0]

        def progress(what: str, done: int, total: int) -> None:
            if what == "blocks" and done == total // 3:
                scheduler.kill()

        def fetched(future: Any, *, fetch: bool) -> Any:
            if while_fetching and scheduler.poll() is not None:
                raise CommClosedError("in the middle of a result")
            return outcome(future, fetch=fetch)

        monkeypatch.setattr(tiles.cluster_graph, "_outcome", fetched)
        with (
            cluster(started.address) as there,
            pytest.raises(SchedulerError, match="a scheduler that stays to the end"),
        ):
            zonal(units, catalog, scheduler=there, progress=progress)


def stripe(number: int) -> Stripe:
    """One cell of one unit."""
    return Stripe(
        stripe=number,
        window=Window(0, 1, 0, 1),
        spans=((0, 1),),
        units=np.array([0]),
        indptr=np.array([0, 1]),
        cells=np.array([0], dtype=np.int32),
        shares=np.array([1.0]),
        covered=np.array([1.0]),
    )


def test_a_task_that_ends_its_workers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As one does that needs more memory than they have."""
    monkeypatch.setattr(tiles.cluster_graph, "ATTEMPTS", 2)

    def die(part: Stripe) -> Stripe:
        if part.stripe == 3:
            os.kill(os.getpid(), signal.SIGKILL)
        return part

    with dask_processes(tmp_path) as started:
        for name in ("a", "b", "c"):
            started.start_worker(name)
        started.wait_for_workers(3)
        with cluster(started.address, worker_seconds=5.0) as there:
            nodes = there.hand_out([stripe(number) for number in range(5)])
            parts = [delayed(die)(node, dask_key_name=f"part-{k}") for k, node in enumerate(nodes)]
            whole = delayed(len)(parts, dask_key_name="whole")
            with pytest.raises(SchedulerError) as caught:
                list(there.results([whole], lambda _: None))
    assert str(caught.value) == (
        f"scheduler {started.address}: expected workers that stay until their task is done, found "
        "2 lost with stripe 3 of the coverage; see the workers' logs; if memory ended them, "
        "docs/clusters.md says how much they need"
    )


def test_functions_survive_a_lost_worker(tmp_path: Path) -> None:
    with dask_processes(tmp_path) as started:
        for name in ("a", "b"):
            started.start_worker(name)
        started.wait_for_workers(2)
        with cluster(started.address) as there:

            def square(number: int) -> int:
                time.sleep(0.1)
                return number**2

            results = there.executor().map(square, range(20))
            found = [next(results)]
            os.kill(next(iter(started.workers().values())), signal.SIGKILL)
            found += results
    assert found == [number**2 for number in range(20)]
