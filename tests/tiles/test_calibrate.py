"""Calibrated tiles in the pipeline: lazy, the numbers of NumPy, addresses of their own."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from geo.boundaries import Units
from geo.errors import CalibrationError, ContractError
from tests.tiles.helpers import MakeUnits, RandomUnits, WriteTile
from tiles.addresses import tile_digest
from tiles.calibrate import calibrate
from tiles.calibration.intercalibration import CoefficientTable, read_coefficients
from tiles.calibration.steps import Ceiling, Continuity, Floor, Intercalibrate, Step
from tiles.catalog import Catalog, read_catalog
from tiles.tile import Tile
from tiles.zonal import zonal

ROWS, COLS = 620, 40
YEARS = (2000, 2001, 2002)
NAME = "F15{}.v4b_web.stable_lights.avg_vis.tif"
ROW = (0.3, 1.1, -0.002)
TABLE = CoefficientTable("own", "a test", {("F15", year): ROW for year in YEARS})
STEPS: list[Step] = [Intercalibrate(TABLE), Continuity("gaps"), Floor(3.0), Ceiling(60.0)]


@pytest.fixture
def lights() -> Any:
    rng = np.random.default_rng(7)
    values = rng.integers(0, 64, size=(3, ROWS, COLS))
    return np.where(rng.random(values.shape) < 0.3, 0, values)


@pytest.fixture
def catalog(write_tile: WriteTile, lights: Any) -> Catalog:
    return read_catalog(
        [write_tile(lights[k], NAME.format(year), dtype="uint8") for k, year in enumerate(YEARS)]
    )


@pytest.fixture
def units(units_of: MakeUnits, random_units: RandomUnits) -> Units:
    return units_of(random_units(np.random.default_rng(1), 10, 10 * COLS, 10 * ROWS))


def by_hand(lights: Any) -> Any:
    light = lights.astype(np.float32)
    c0, c1, c2 = ROW
    found = np.clip(c0 + c1 * light + c2 * light**2, 0, 63)
    found[light == 0] = 0
    gap = (found[1] == 0) & (found[0] > 0) & (found[2] > 0)
    middle = np.where(gap, np.minimum(found[0], found[2]), found[1])
    found = np.stack([found[0], middle, found[2]])
    found[found < 3.0] = 0
    return np.minimum(found, 60.0)


def test_a_chain_has_the_numbers_of_plain_arithmetic(
    catalog: Catalog, units: Units, lights: Any, write_tile: WriteTile
) -> None:
    done = calibrate(catalog, STEPS)
    found = zonal(units, done.catalog, threads=2).unit_years
    expected = [
        write_tile(light, f"DMSP{year}.tif", dtype="float32")
        for light, year in zip(by_hand(lights), YEARS, strict=True)
    ]
    reference = zonal(units, read_catalog(expected)).unit_years
    for column in ("mean", "sum", "n_cells", "valid_share"):
        np.testing.assert_allclose(found[column], reference[column], rtol=2e-6)
    assert found["product"].unique().tolist() == ["dmsp-stable"]


def test_nothing_is_read_until_the_pipeline_reads(
    monkeypatch: pytest.MonkeyPatch, catalog: Catalog
) -> None:
    import tiles.raster_source

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("read")

    monkeypatch.setattr(tiles.raster_source, "read_rows", refuse)
    done = calibrate(catalog, STEPS)
    assert [tile.year for tile in done.catalog.tiles] == list(YEARS)


def test_the_manifest_lists_what_was_done(catalog: Catalog) -> None:
    (log,) = calibrate(catalog, STEPS).done.values()
    assert log[0] == {
        "step": "intercalibrate",
        "table": "own",
        "citation": "a test",
        "applied": {f"F15 {year}": list(ROW) for year in YEARS},
    }
    assert log[1:] == [
        {"step": "continuity", "rule": "gaps"},
        {"step": "floor", "below": 3.0, "to": "dark"},
        {"step": "saturation", "at": 60.0, "to": "cap"},
    ]


def test_years_at_the_ends_are_told(catalog: Catalog) -> None:
    rows = [row for row in calibrate(catalog, STEPS).catalog.audit if row.rule == "continuity"]
    assert [row.detail for row in rows] == [
        "years without both neighbours on their grid stay: 2000, 2002"
    ]


def digests(catalog: Catalog, steps: list[Step]) -> dict[int, str]:
    def of_file(path: Path) -> str:
        return path.read_bytes().hex()

    found: tuple[Tile, ...] = calibrate(catalog, steps).catalog.tiles
    return {tile.year: tile_digest(tile, of_file) for tile in found}


def test_addresses_hold_what_a_year_is_made_of(catalog: Catalog, write_tile: WriteTile) -> None:
    """Other years' files are no part of a step on single years; of continuity neighbours are."""
    alone, near = [STEPS[0], STEPS[2]], STEPS
    before = digests(catalog, alone), digests(catalog, near)
    assert digests(catalog, alone) == before[0]
    assert not set(before[0].values()) & set(before[1].values())
    write_tile(np.ones((ROWS, COLS)), NAME.format(2002), dtype="uint8")
    paths = [tile.path for tile in catalog.tiles]
    changed = read_catalog(paths)
    after = digests(changed, alone), digests(changed, near)
    assert [before[0][year] == after[0][year] for year in YEARS] == [True, True, False]
    assert [before[1][year] == after[1][year] for year in YEARS] == [True, False, False]
    assert digests(catalog, [STEPS[0], Floor(4.0)]) != after[0]
    assert digests(catalog, [STEPS[2], STEPS[0]]) != after[0]  # the order is the user's


def test_the_same_bits_for_any_number_of_threads(catalog: Catalog, units: Units) -> None:
    done = calibrate(catalog, STEPS).catalog
    one = zonal(units, done, threads=1).unit_years
    assert one.equals(zonal(units, done, threads=4).unit_years)
    assert one.equals(zonal(units, done, threads=3, read_rows=77).unit_years)


# ---------------------------------------------------------------- contracts and saturation

STABLE = "F10{}.v4b_web.stable_lights.avg_vis.tif"
ELVIDGE = read_coefficients("elvidge-2014")


@pytest.mark.parametrize(
    ("bad", "steps"),
    [
        (200.0, [Intercalibrate(ELVIDGE)]),
        (-5.0, [Floor(3.0)]),
        (90.0, [Ceiling(63.0)]),
        (90.0, [Continuity("gaps")]),
    ],
)
def test_steps_do_not_hide_what_breaks_a_contract(
    write_tile: WriteTile, units: Units, bad: float, steps: list[Step]
) -> None:
    light = np.random.default_rng(1).integers(1, 60, size=(ROWS, COLS)).astype(float)
    light[600, 7] = bad
    path = write_tile(light, STABLE.format(1992), dtype="float32")
    done = calibrate(read_catalog([path]), steps)
    with pytest.raises(
        ContractError, match=rf"1 cells outside, first {bad:g} at row 600, column 7"
    ):
        zonal(units, done.catalog)


@pytest.mark.parametrize(
    "row", [ELVIDGE.of("F10", 1992), (0.0, 1.2, 0.0), (5.0, 1.5, -0.008), (0.0, 1.0, 0.0)]
)
def test_saturated_cells_stay_saturated_and_no_others_become_so(
    write_tile: WriteTile, units: Units, row: tuple[float, float, float]
) -> None:
    light = np.random.default_rng(2).integers(40, 64, size=(ROWS, COLS))
    path = write_tile(light, STABLE.format(1992), dtype="uint8")
    catalog = read_catalog([path])
    table = CoefficientTable("t", "c", {("F10", 1992): row})
    found = zonal(units, calibrate(catalog, [Intercalibrate(table)]).catalog).unit_years
    raw = zonal(units, catalog).unit_years
    assert (raw["saturated_share"] > 0.0).sum() >= 9
    np.testing.assert_array_equal(found["saturated_share"], raw["saturated_share"])


def test_cells_capped_by_a_step_are_saturated(write_tile: WriteTile, units: Units) -> None:
    light = np.random.default_rng(2).integers(40, 64, size=(ROWS, COLS))
    catalog = read_catalog([write_tile(light, STABLE.format(1992), dtype="uint8")])
    found = zonal(units, calibrate(catalog, [Ceiling(50.0)]).catalog).unit_years
    over = read_catalog(
        [write_tile(np.where(light >= 50, 63, 40), STABLE.format(1993), dtype="uint8")]
    )
    expected = zonal(units, over).unit_years["saturated_share"]
    np.testing.assert_array_equal(found["saturated_share"], expected)


def test_steps_are_taken_in_their_order(write_tile: WriteTile, units: Units) -> None:
    """Saturated cells that become fill before the polynomial are not on its scale after it."""
    light = np.random.default_rng(2).integers(40, 64, size=(ROWS, COLS))
    catalog = read_catalog([write_tile(light, STABLE.format(1992), dtype="uint8")])
    steps: list[Step] = [Ceiling(63.0, "fill"), Intercalibrate(ELVIDGE)]
    found = zonal(units, calibrate(catalog, steps).catalog).unit_years
    raw = zonal(units, catalog).unit_years
    np.testing.assert_allclose(found["valid_share"], 1.0 - raw["saturated_share"], rtol=1e-12)


def test_polynomials_are_for_dn(write_tile: WriteTile) -> None:
    name = "VNL_v21_npp_2013_global_vcmcfg_c202205302300.average_masked.dat.tif"
    path = write_tile(np.full((4, 4), 785.0), name, dtype="float32")
    table = CoefficientTable("t", "c", {("NPP", 2013): (0.0, 1.0, 0.0)})
    with pytest.raises(CalibrationError, match="light in DN, which the polynomials are for"):
        calibrate(read_catalog([path]), [Intercalibrate(table)])


def test_what_was_applied_is_in_the_audit(write_tile: WriteTile) -> None:
    path = write_tile(np.ones((4, 4)), STABLE.format(1992), dtype="uint8")
    audit = calibrate(read_catalog([path]), [Intercalibrate(ELVIDGE)]).catalog.audit
    (row,) = (row for row in audit if row.rule == "intercalibrate")
    assert row.subject == "F10 1992"
    assert row.detail == "DN' = -2.057 +1.5903 DN -0.009 DN^2, elvidge-2014"
