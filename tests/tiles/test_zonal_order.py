"""Zonal light: the same bits whatever the way to them, what is read, and who is told."""

import functools
import itertools
import multiprocessing
import os
import threading
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import rasterio
from rasterio.transform import Affine
from shapely import box

import tiles.raster_source
from geo.boundaries import Units
from geo.coverage import coverage
from geo.stripes import STRIPE_ROWS
from tests.tiles.helpers import MakeUnits, RandomUnits, WriteTile, assert_same_bits, run, value_of
from tiles.catalog import Catalog, read_catalog
from tiles.schedulers import Threads
from tiles.sums import sum_stripe
from tiles.zonal import zonal

# ---------------------------------------------------------------- the order of addition

ROWS, COLS = 2 * STRIPE_ROWS + 100, 30


@pytest.fixture
def tall(
    write_tile: WriteTile, units_of: MakeUnits, random_units: RandomUnits
) -> tuple[Units, list[Path]]:
    """Three tiles of three stripes in two grids, and units that run through all stripes."""
    rng = np.random.default_rng(3)
    paths = []
    for k in range(3):
        values = rng.gamma(0.4, 9.0, size=(ROWS, COLS)).clip(0, 63)
        where = Affine(10.0, 0.0, 2.5 * (k == 2), 0.0, -10.0, 10.0 * ROWS)
        name = f"DMSP-like{2013 + k}.tif"
        paths.append(write_tile(values, name, dtype="float32", transform=where))
    polygons = random_units(rng, 12, 10 * COLS, 10 * ROWS)
    polygons |= {"v": box(42.5, 20, 211, 10 * ROWS - 7), "w": box(40, 0, 90, 10 * ROWS)}
    return units_of(polygons), paths


@pytest.mark.parametrize("threads", [1, 2, 4])
@pytest.mark.parametrize("read_rows", [1, 7, 100, 511, None])
def test_same_bits_for_threads_and_chunks(
    tall: tuple[Units, list[Path]], threads: int, read_rows: int | None
) -> None:
    units, paths = tall
    reference = run(units, *paths, threads=1)
    assert_same_bits(reference, run(units, *paths, threads=threads, read_rows=read_rows))


def test_same_bits_for_any_order_of_tiles(tall: tuple[Units, list[Path]]) -> None:
    units, paths = tall
    reference = run(units, *paths)
    for order in itertools.permutations(read_catalog(paths).tiles):
        result = zonal(units, Catalog(tiles=order, audit=()))
        table = result.unit_years.sort_values("year", kind="stable", ignore_index=True)
        assert_same_bits(reference, replace(result, unit_years=table))


@pytest.mark.parametrize(("early", "late"), [(0, 2), (2, 0)])
def test_same_bits_for_any_order_of_completion(
    tall: tuple[Units, list[Path]], monkeypatch: pytest.MonkeyPatch, early: int, late: int
) -> None:
    units, paths = tall
    reference = run(units, *paths, threads=1)
    real, ended = tiles.raster_source.read_rows, []
    early_ended = {path: threading.Event() for path in paths}

    def held_back(path: Path, window: Any, **options: Any) -> Iterator[Any]:
        stripe = window.first_row // STRIPE_ROWS
        if stripe == late:
            assert early_ended[path].wait(timeout=60)
        yield from real(path, window, **options)
        ended.append((path, stripe))
        if stripe == early:
            early_ended[path].set()

    monkeypatch.setattr(tiles.raster_source, "read_rows", held_back)
    assert_same_bits(reference, run(units, *paths, threads=4))
    assert len(ended) == 9
    assert all(ended.index((path, early)) < ended.index((path, late)) for path in paths)


def test_sums_are_those_of_the_written_order(tall: tuple[Units, list[Path]]) -> None:
    """Cell by cell in Python within each stripe, then stripe by stripe, to the last bit."""
    units, paths = tall
    with rasterio.open(paths[0]) as tile:
        values = tile.read(1).astype(np.float64)
    total = cells = 0.0
    for first in range(0, ROWS, STRIPE_ROWS):
        stripe_total = stripe_cells = 0.0
        for row in range(first, min(first + STRIPE_ROWS, ROWS)):
            for col in range(4, 9):  # the unit w is made of whole cells
                stripe_total += 1.0 * values[row, col]
                stripe_cells += 1.0
        total, cells = total + stripe_total, cells + stripe_cells
    result = run(units, paths[0])
    assert value_of(result, "w", "sum") == total
    assert value_of(result, "w", "mean") == total / cells


def test_a_task_gives_the_same_bits_in_another_process(tall: tuple[Units, list[Path]]) -> None:
    units, paths = tall
    (tile,) = read_catalog([paths[0]]).tiles
    parts = coverage(units.table.geometry.to_numpy(), tile.grid).stripes
    work = functools.partial(sum_stripe, tile=tile)
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        elsewhere = list(pool.map(work, parts))
    for part, found in zip(parts, elsewhere, strict=True):
        assert work(part).sums.tobytes() == found.sums.tobytes()


def test_names_of_tasks(tall: tuple[Units, list[Path]], monkeypatch: pytest.MonkeyPatch) -> None:
    """Equal for equal work; different once the file, the units or the weights are."""
    units, paths = tall
    names: list[set[str]] = []
    real = Threads.results

    def noting(self: Threads, sums: Any, done: Any) -> Any:
        keys = {str(key) for node in sums for key in node.dask}
        names.append({key for key in keys if not key.startswith("coverage")})
        return real(self, sums, done)

    monkeypatch.setattr(Threads, "results", noting)
    threads = Threads(2)
    run(units, paths[0], scheduler=threads)
    run(units, paths[0], scheduler=Threads(1), read_rows=9)
    assert names[0] == names[1]
    assert len([name for name in names[0] if name.startswith("sum-stripe")]) == 3
    os.utime(paths[0], ns=(1, 1))
    run(units, paths[0], scheduler=threads)
    assert not names[0] & names[2]
    rest = np.arange(1, len(units.attributes))
    fewer = replace(
        units,
        attributes=units.attributes.iloc[1:].reset_index(drop=True),
        drawn=lambda: units.polygons.subset(rest),
    )
    run(fewer, paths[0], scheduler=threads)
    assert not names[2] & names[3]


# ---------------------------------------------------------------- what is read, and who is told


def test_only_what_units_touch_is_read(
    write_tile: WriteTile, units_of: MakeUnits, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_tile(np.ones((3 * STRIPE_ROWS, 50)))
    top = 30 * STRIPE_ROWS
    polygons = {
        "a": box(105, top - 45, 125, top - 15),
        "b": box(300, 10, 310, 10.5),
    }
    windows, real = [], tiles.raster_source.read_rows

    def watched(path: Path, window: Any, **options: Any) -> Iterator[Any]:
        windows.append((window.first_row, window.end_row, window.first_col, window.end_col))
        return real(path, window, **options)

    monkeypatch.setattr(tiles.raster_source, "read_rows", watched)
    run(units_of(polygons), path)
    last = 3 * STRIPE_ROWS - 1
    assert sorted(windows) == [(1, 5, 10, 13), (last - 1, last, 30, 31)]


def test_progress_counts_every_stripe(tall: tuple[Units, list[Path]]) -> None:
    units, paths = tall
    told: list[tuple[str, int, int]] = []
    run(units, *paths, progress=lambda *news: told.append(news))
    blocks = [news[1:] for news in told if news[0] == "blocks"]
    assert blocks == [(done, 9) for done in range(1, 10)]
    assert [news[1:] for news in told if news[0] == "tiles"] == [(1, 3), (2, 3), (3, 3)]


def test_progress_counts_stripes_that_no_unit_touches(
    write_tile: WriteTile, units_of: MakeUnits
) -> None:
    told: list[tuple[str, int, int]] = []
    path = write_tile(np.ones((3 * STRIPE_ROWS, 5)))
    units = units_of({"a": box(0, 0, 10, 10)})
    run(units, path, progress=lambda *news: told.append(news))
    assert told == [("blocks", 2, 3), ("blocks", 3, 3), ("tiles", 1, 1)]


def test_an_interrupt_is_clean(tall: tuple[Units, list[Path]]) -> None:
    units, paths = tall

    def interrupt(what: str, done: int, total: int) -> None:
        if (what, done, total) == ("blocks", 2, 9):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(units, *paths, threads=2, progress=interrupt)
    assert len(run(units, *paths, threads=2).unit_years) == 3 * len(units.table)


def test_inputs_are_left_alone(tall: tuple[Units, list[Path]]) -> None:
    units, paths = tall
    before, content = units.table.copy(deep=True), [path.read_bytes() for path in paths]
    run(units, *paths)
    pd.testing.assert_frame_equal(units.table, before)
    assert [path.read_bytes() for path in paths] == content
