"""Facts of tiles, counted by hand and against NumPy."""

import numpy as np
import pytest
from rasterio.transform import Affine

from geo.errors import TileUnreadableError
from tests.tiles.helpers import WriteTile
from tiles.catalog import read_catalog
from tiles.several import Rule
from tiles.tile_facts import tile_facts


def test_counts_by_hand(write_tile: WriteTile) -> None:
    path = write_tile([[0, 63, -128], [5, 64, 7]], "DMSP-like2015.tif")
    ((facts,), wrong) = tile_facts(read_catalog([path]).tiles)
    counts = facts.counts
    assert not wrong
    assert (counts.cells, counts.valid, counts.zero, counts.saturated) == (6, 4, 1, 1)
    assert (counts.low, counts.high, counts.light) == (0.0, 63.0, 75.0)
    breaches = counts.breaches
    assert (breaches.count, breaches.row, breaches.col, breaches.value) == (1, 1, 1, 64.0)
    assert facts.before is None


@pytest.mark.parametrize("threads", [1, 4])
def test_changes_against_the_year_before(write_tile: WriteTile, threads: int) -> None:
    rng = np.random.default_rng(1)
    lights = [rng.integers(0, 64, size=(1100, 20)) for _ in range(2)]
    lights[1] = (lights[0] + rng.integers(0, 5, size=(1100, 20))).clip(0, 63)
    lights[1][:3] = -128
    shifted = Affine(10.0, 0.0, 2.5, 0.0, -10.0, 11_010.0)
    paths = [write_tile(light, f"DMSP-like{2013 + k}.tif") for k, light in enumerate(lights)]
    paths.append(write_tile(lights[0], "DMSP-like2015.tif", transform=shifted))
    paths.append(write_tile(lights[0], "DMSP-like2018.tif"))
    facts, _ = tile_facts(read_catalog(paths).tiles, threads=threads)
    by_year = {one.tile.year: one for one in facts}
    second = by_year[2014]
    expected = np.corrcoef(lights[0][3:].ravel(), lights[1][3:].ravel())[0, 1]
    assert second.correlation == pytest.approx(expected, rel=1e-9)
    assert second.jump == pytest.approx(lights[1][3:].sum() / lights[0].sum() - 1)
    third = by_year[2015]
    assert third.before == second.tile
    # A quarter of a cell to the right and a row up: row r of one is row r + 1 of the other.
    x, y = lights[1][3:-1], lights[0][4:]
    assert third.correlation == pytest.approx(np.corrcoef(x.ravel(), y.ravel())[0, 1], rel=1e-9)
    assert third.jump == pytest.approx(y.sum() / x.sum() - 1)
    assert by_year[2018].before is None


def test_two_versions_of_a_year_are_compared(write_tile: WriteTile) -> None:
    light = np.arange(40).reshape(5, 8)
    paths = [write_tile(light, "DMSP2013.tif"), write_tile(2 * (light // 2), "DMSP-like2013.tif")]
    facts, _ = tile_facts(read_catalog(paths, rule=Rule("keep-both")).tiles)
    assert facts[0].before is None
    assert facts[1].correlation > 0.99


def test_a_tile_that_cannot_be_read_does_not_lose_the_others(write_tile: WriteTile) -> None:
    rng = np.random.default_rng(1)
    paths = [
        write_tile(rng.integers(0, 64, size=(900, 50)), f"DMSP-like{year}.tif", compress="deflate")
        for year in (2013, 2014, 2015)
    ]
    whole = paths[1].read_bytes()
    paths[1].write_bytes(whole[: len(whole) // 2])
    facts, wrong = tile_facts(read_catalog(paths).tiles)
    assert [one.tile.year for one in facts] == [2013, 2015]
    assert isinstance(wrong["dmsp-like-china", 2014], TileUnreadableError)


def test_cells_of_another_size_or_place_are_not_compared(write_tile: WriteTile) -> None:
    light = np.arange(40).reshape(5, 8)
    wider = Affine(11.0, 0.0, 0.0, 0.0, -10.0, 50.0)
    away = Affine(10.0, 0.0, 80.0, 0.0, -10.0, 50.0)
    paths = [
        write_tile(light, "DMSP2013.tif"),
        write_tile(light, "DMSP-like2014.tif", transform=wider),
        write_tile(light, "DMSP-like2015.tif"),
        write_tile(light, "DMSP-like2016.tif", transform=away),
    ]
    facts, _ = tile_facts(read_catalog(paths).tiles)
    assert all(np.isnan([one.jump, one.correlation]).all() for one in facts)
