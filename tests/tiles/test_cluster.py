"""The raster graph on a real scheduler and real workers, started with Dask's own commands."""

import os
import pickle
import socket
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import psutil
import pytest
from dask.sizeof import sizeof
from distributed import Client
from rasterio.transform import Affine

import tiles.cluster
import tiles.cluster_task
from geo.boundaries import Units
from geo.errors import SampleError, SchedulerError, TileMissingError
from geo.stripes import STRIPE_ROWS
from tests.dask_processes import DaskProcesses, dask_processes
from tiles.catalog import read_catalog
from tiles.cluster import Cluster, cluster
from tiles.grid_coverage import grid_coverage
from tiles.zonal import ZonalResult, zonal

WriteTile = Callable[..., Path]
MakeUnits = Callable[..., Units]
RandomUnits = Callable[..., dict[str, Any]]

YEARS, STRIPES, COLS = 6, 4, 30
ROWS = STRIPES * STRIPE_ROWS
WORKERS = 2


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DaskProcesses]:
    """A scheduler and two workers that no test may harm."""
    with dask_processes(tmp_path_factory.mktemp("dask")) as started:
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
        write_tile(values[k], f"DMSP{2010 + k}.tif", dtype="float32", transform=where)
        for k in range(YEARS)
    ]


@pytest.fixture
def units(random_units: RandomUnits, units_of: MakeUnits) -> Units:
    rng = np.random.default_rng(6)
    return units_of(random_units(rng, 25, 10 * COLS, 10 * ROWS))


def assert_same_bits(first: ZonalResult, second: ZonalResult) -> None:
    pd.testing.assert_frame_equal(first.unit_years, second.unit_years, check_exact=True)
    for name in ("mean", "sum", "n_cells", "valid_share"):
        bits = [result.unit_years[name].to_numpy().view(np.int64) for result in (first, second)]
        np.testing.assert_array_equal(*bits)


# ---------------------------------------------------------------- the same table


def test_same_bits_as_threads(there: Cluster, units: Units, paths: list[Path]) -> None:
    catalog = read_catalog(paths)
    found = zonal(units, catalog, scheduler=there)
    assert_same_bits(zonal(units, catalog), found)
    assert found.tiles_read == YEARS


def test_same_bits_on_local_processes(units: Units, paths: list[Path]) -> None:
    catalog = read_catalog(paths)
    with cluster(workers=2) as local:
        started = psutil.Process().children(recursive=True)
        assert_same_bits(zonal(units, catalog), zonal(units, catalog, scheduler=local))
    assert len(started) >= 2
    assert not any(process.is_running() for process in started if "spawn_main" in _words(process))


def _words(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.NoSuchProcess:
        return ""


def test_several_grids(
    there: Cluster, write_tile: WriteTile, units: Units, paths: list[Path]
) -> None:
    shifted = Affine(10.0, 0.0, 2.5, 0.0, -10.0, 10.0 * ROWS)
    values = np.random.default_rng(7).integers(0, 64, (ROWS, COLS))
    other = write_tile(values, "DMSP2009.tif", transform=shifted)
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
    def received(dask_worker: Any) -> list[str]:
        """Coverage that came to a worker: from others, and from the scheduler."""
        keys = [key for one in dask_worker.transfer_incoming_log for key in one["keys"]]
        keys += [
            event[0]
            for event in dask_worker.state.log
            if event[1:2] == ("receive-from-scatter",)
        ]
        return [str(key) for key in keys if str(key).startswith("coverage")]

    with Client(running.address, set_as_default=False) as client:
        before = client.run(received)
        zonal(units, read_catalog(paths), scheduler=there)
        after = client.run(received)
    arrivals = [Counter(after[worker]) - Counter(before[worker]) for worker in after]
    assert sum(counted.total() for counted in arrivals) >= STRIPES
    assert all(number == 1 for counted in arrivals for number in counted.values())


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
    assert [len(graph) for graph in graphs] == [YEARS * (STRIPES + 1)] * 2
    sizes = [len(pickle.dumps(graph, protocol=5)) for graph in graphs]
    assert sizes[0] == pytest.approx(sizes[1], abs=8 * YEARS)  # n_units has more digits


def test_the_graph_grows_with_tiles_times_stripes(
    there: Cluster, graphs: list[dict[str, Any]], units: Units, paths: list[Path]
) -> None:
    for some in (paths[:2], paths[:4]):
        zonal(units, read_catalog(some), scheduler=there)
    assert [len(graph) for graph in graphs] == [2 * (STRIPES + 1), 4 * (STRIPES + 1)]
    sizes = [len(pickle.dumps(graph, protocol=5)) for graph in graphs]
    assert sizes[1] < 2.1 * sizes[0]


def test_dask_is_told_how_large_a_stripe_is(units: Units, paths: list[Path]) -> None:
    """Or it would move coverage around as if it were nothing."""
    grid = read_catalog(paths).tiles[0].grid
    for stripe in grid_coverage_of(units, grid):
        assert sizeof(stripe) >= stripe.nbytes > 1000
