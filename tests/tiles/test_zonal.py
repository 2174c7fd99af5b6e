"""Zonal light: answers by hand, a naive oracle, and the same bits whatever the way to them."""

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely
from rasterio.transform import Affine
from shapely import Polygon, box

import tiles.sums
from geo.errors import (
    ContractError,
    MissingCrsError,
    NoOverlapError,
    TileChangedError,
    TileMissingError,
    TileUnreadableError,
)
from geo.stripes import STRIPE_ROWS
from tests.tiles.helpers import MakeUnits, WriteTile, row_of, run, value_of
from tiles.catalog import Catalog, read_catalog
from tiles.products import Product
from tiles.zonal import ZonalResult, zonal

LIGHT = [
    [1, 2, 3],
    [4, 5, 63],
    [0, -128, 9],
]
UNITS = {
    "row": box(0, 20, 30, 30),
    "corners": box(5, 15, 15, 25),
    "last": box(0, 0, 30, 10),
    "bright": box(20, 10, 30, 20),
    "fill": box(10, 0, 20, 10),
    "edge": box(25, 10, 35, 20),
    "far": box(100, 100, 110, 110),
    "triangle": Polygon([(0, 30), (10, 30), (0, 20)]),
    "speck": box(13, 13, 14, 14),
    "parts": shapely.MultiPolygon([box(0, 20, 10, 30), box(20, 0, 30, 5)]),
    "holed": box(0, 0, 30, 30).difference(box(10, 10, 20, 20)),
}
NAN = math.nan
EXPECTED = {
    "row": {"mean": 2.0, "sum": 6.0, "n_cells": 3.0, "valid_share": 1.0, "lit_share": 1.0},
    "corners": {"mean": 3.0, "sum": 3.0, "n_cells": 1.0, "saturated_share": 0.0, "flags": ""},
    "last": {"mean": 4.5, "sum": 9.0, "n_cells": 2.0, "valid_share": 2 / 3, "lit_share": 0.5},
    "bright": {"mean": 63.0, "saturated_share": 1.0, "flags": "mostly_saturated"},
    "fill": {
        "mean": NAN,
        "sum": NAN,
        "n_cells": 0.0,
        "valid_share": 0.0,
        "lit_share": NAN,
        "saturated_share": NAN,
        "flags": "no_valid_cells",
    },
    "edge": {
        "mean": 63.0,
        "sum": 31.5,
        "n_cells": 0.5,
        "valid_share": 1.0,
        "flags": "mostly_saturated;partly_outside;tiny",
    },
    "far": {
        "mean": NAN,
        "sum": NAN,
        "n_cells": 0.0,
        "valid_share": NAN,
        "flags": "no_valid_cells;outside",
    },
    "triangle": {"mean": 1.0, "sum": 0.5, "n_cells": 0.5},
    "speck": {"mean": 5.0, "sum": 0.05, "n_cells": 0.01, "flags": "tiny"},
    "parts": {"mean": 5.5 / 1.5, "sum": 5.5, "n_cells": 1.5},
    "holed": {
        "mean": 82 / 7,
        "sum": 82.0,
        "n_cells": 7.0,
        "valid_share": 7 / 8,
        "lit_share": 6 / 7,
        "saturated_share": 1 / 7,
        "flags": "",
    },
}
CASES = [
    (unit, statistic, value)
    for unit, answers in EXPECTED.items()
    for statistic, value in answers.items()
]


@pytest.fixture
def by_hand(write_tile: WriteTile, units_of: MakeUnits) -> ZonalResult:
    return run(units_of(UNITS), write_tile(LIGHT))


@pytest.mark.parametrize(("unit", "statistic", "expected"), CASES)
def test_answers_by_hand(by_hand: ZonalResult, unit: str, statistic: str, expected: Any) -> None:
    found = row_of(by_hand, unit)[statistic]
    if isinstance(expected, str):
        assert found == expected
    else:
        assert found == pytest.approx(expected, rel=1e-12, nan_ok=True)


def test_the_table(by_hand: ZonalResult) -> None:
    table = by_hand.unit_years
    texts, floats = (
        ["unit_id", "city_id", "product", "flags"],
        table.columns.difference(["unit_id", "city_id", "product", "flags", "year"]),
    )
    assert table.columns.tolist() == [
        "unit_id",
        "city_id",
        "year",
        "product",
        "mean",
        "sum",
        "area_km2",
        "valid_share",
        "lit_share",
        "saturated_share",
        "n_cells",
        "flags",
    ]
    assert table["unit_id"].tolist() == list(UNITS)
    assert table["city_id"].tolist() == [unit[0] for unit in UNITS]
    assert (table["year"] == 2015).all()
    assert table["year"].dtype == np.int64
    assert (table["product"] == "dmsp-like-china").all()
    assert all(isinstance(table[name].dtype, pd.StringDtype) for name in texts)
    assert all(table[name].dtype == np.float64 for name in floats)


def test_the_area_is_geodesic_and_of_the_whole_unit(by_hand: ZonalResult) -> None:
    # At the equator, far west of the zone's central meridian, the plane stretches areas by some
    # thousandths; the unit half outside keeps its whole area.
    whole, half_outside = (value_of(by_hand, unit, "area_km2") for unit in ("bright", "edge"))
    assert whole == pytest.approx(1e-4, rel=0.02)
    assert half_outside == pytest.approx(whole, rel=1e-4)


def test_flags_are_in_the_audit_with_counts(by_hand: ZonalResult) -> None:
    rows = {row.rule: row for row in by_hand.audit}
    assert {rule: row.count for rule, row in rows.items()} == {
        "mostly_saturated": 2,
        "no_valid_cells": 2,
        "outside": 1,
        "partly_outside": 1,
        "tiny": 3,
        "overlapping_units": 8,
    }
    assert rows["tiny"].detail == "units edge, triangle, speck"
    assert rows["no_valid_cells"].detail == "units fill, far"
    assert rows["outside"].subject == "DMSP-like2015.tif"


def test_overlapping_parts_are_flagged_with_the_figure(
    write_tile: WriteTile, units_of: MakeUnits, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = tiles.grid_coverage.coverage

    def off_by_a_half(*args: Any, **kwargs: Any) -> Any:
        found = real(*args, **kwargs)
        found.area_error[0], found.mismatch[0] = 3.21e-7, True
        return found

    monkeypatch.setattr(tiles.grid_coverage, "coverage", off_by_a_half)
    result = run(units_of({"a": box(0, 0, 10, 10)}), write_tile(LIGHT))
    assert result.unit_years["flags"].tolist() == ["area_mismatch:3.2e-07"]
    (row,) = result.audit
    assert (row.rule, "3.21e-07 of it" in row.detail) == ("area_mismatch", True)


def test_overlapping_units_are_counted_in_cells_once_for_a_grid(
    write_tile: WriteTile, units_of: MakeUnits
) -> None:
    paths = [write_tile(LIGHT, f"DMSP-like{year}.tif") for year in (2014, 2015)]
    apart = {"a": box(0, 0, 15, 30), "b": box(15, 0, 30, 30)}
    assert "overlapping_units" not in {row.rule for row in run(units_of(apart), *paths).audit}
    # The copy of a fills two columns of three cells: whole in the first, by a half in the second.
    twice = run(units_of(apart | {"again": apart["a"]}), *paths)
    (row,) = [row for row in twice.audit if row.rule == "overlapping_units"]
    assert (row.stage, row.count) == ("light", 6)
    assert row.subject == f"grid {twice.grids[0].grid_id}"
    assert "up to 2 of it" in row.detail


def test_overlaps_add_up_over_stripes(write_tile: WriteTile, units_of: MakeUnits) -> None:
    rows = STRIPE_ROWS + 3
    half = box(5, 0, 10, 10 * rows)
    units = units_of({"a": box(0, 0, 10, 10 * rows), "b": half, "c": half})
    result = run(units, write_tile(np.ones((rows, 1)), "DMSP-like2015.tif"))
    (row,) = [row for row in result.audit if row.rule == "overlapping_units"]
    assert row.count == rows


@pytest.mark.parametrize("dtype", ["int8", "int16", "int32", "float32", "float64"])
@pytest.mark.parametrize("nodata", [None, -128.0])
def test_types_and_declared_nodata_do_not_matter(
    write_tile: WriteTile, units_of: MakeUnits, by_hand: ZonalResult, dtype: str, nodata: float
) -> None:
    path = write_tile(LIGHT, "DMSP-like2015.tif", dtype=dtype, nodata=nodata)
    found = run(units_of(UNITS), path).unit_years
    pd.testing.assert_frame_equal(found, by_hand.unit_years, check_exact=True)


def test_nan_is_fill(write_tile: WriteTile, units_of: MakeUnits) -> None:
    path = write_tile([[1.0, NAN, 3.0]], dtype="float32")
    result = run(units_of({"a": box(0, 0, 30, 10)}), path)
    assert value_of(result, "a", "mean") == 2.0
    assert value_of(result, "a", "valid_share") == pytest.approx(2 / 3)


def test_fill_of_a_narrow_float_is_recognised(write_tile: WriteTile, units_of: MakeUnits) -> None:
    own = Product(
        name="own",
        title="with a fill value that float32 cannot hold exactly",
        pattern=r"own(?P<year>\d{4})\.tif",
        unit="DN",
        valid_min=0.1,
        valid_max=0.7,
        fill_values=(-999.9,),
        saturation=0.7,
        lit_above=0.3,
    )
    path = write_tile([[0.1, -999.9, 0.3, 0.7]], "own2015.tif", dtype="float32")
    result = zonal(units_of({"a": box(0, 0, 40, 10)}), read_catalog([path], product=own))
    assert value_of(result, "a", "n_cells") == 3.0
    assert value_of(result, "a", "lit_share") == pytest.approx(1 / 3)
    assert value_of(result, "a", "saturated_share") == pytest.approx(1 / 3)


def test_a_product_without_saturation(write_tile: WriteTile, units_of: MakeUnits) -> None:
    name = "VNL_v21_npp_2015_global_vcmslcfg_c1.average_masked.dat.tif"
    result = run(units_of({"a": box(0, 0, 20, 10)}), write_tile([[5, 900]], name, dtype="float32"))
    assert value_of(result, "a", "saturated_share") == 0.0


# ---------------------------------------------------------------- contracts and bad input


@pytest.mark.parametrize(
    ("dtype", "bad", "shown"),
    [("uint8", 255, "255"), ("int8", -1, "-1"), ("int16", 64, "64"), ("float32", np.inf, "inf")],
)
def test_values_outside_the_contract(
    write_tile: WriteTile, units_of: MakeUnits, dtype: str, bad: float, shown: str
) -> None:
    rows = STRIPE_ROWS + 10
    values = np.ones((rows, 6), dtype=dtype)
    values[5, 3] = values[STRIPE_ROWS + 1, 2] = values[STRIPE_ROWS + 4, 1] = bad
    values[0, 0] = values[5, 5] = bad  # no unit makes these be read
    path = write_tile(values, dtype=dtype)
    top = 10 * rows
    units = units_of({"a": box(15, 5, 45, top - 15)})
    for read_rows in (None, 1, 100):
        with pytest.raises(ContractError) as error:
            run(units, path, read_rows=read_rows)
        assert str(path) in str(error.value)
        assert f"found 3 cells outside, first {shown} at row 5, column 3" in str(error.value)


def test_infinity_is_never_valid(write_tile: WriteTile, units_of: MakeUnits) -> None:
    name = "VNL_v21_npp_2015_global_vcmslcfg_c1.average_masked.dat.tif"
    path = write_tile([[5, np.inf]], name, dtype="float32")
    with pytest.raises(ContractError, match="first inf at row 0, column 1"):
        run(units_of({"a": box(0, 0, 20, 10)}), path)


def test_the_first_tile_in_order_is_refused(write_tile: WriteTile, units_of: MakeUnits) -> None:
    paths = [write_tile([[70 + k]], f"DMSP{2006 + k}.tif") for k in range(5)]
    for threads in (1, 4):
        with pytest.raises(ContractError, match=r"DMSP2006\.tif.*first 70"):
            run(units_of({"a": box(0, 0, 10, 10)}), *reversed(paths), threads=threads)


def test_no_overlap_says_both_extents(write_tile: WriteTile, units_of: MakeUnits) -> None:
    path = write_tile(LIGHT)
    with pytest.raises(NoOverlapError) as error:
        run(units_of({"a": box(110, 30, 110.1, 30.1)}, crs="EPSG:4326"), path)
    line = str(error.value)
    assert str(path) in line
    for part in ("x 0 to 30", "UTM zone 49N", "units.gpkg", "x 110 to 110.1", "WGS 84;"):
        assert part.rstrip(";") in line


@pytest.mark.parametrize("options", [{}, {"compress": "packbits"}, {"compress": "deflate"}])
@pytest.mark.parametrize("kept", [0.4, 0.7, 0.95])
def test_a_truncated_tile(
    write_tile: WriteTile, units_of: MakeUnits, options: dict[str, Any], kept: float
) -> None:
    values = np.random.default_rng(1).integers(0, 63, (1200, 300))
    path = write_tile(values, **options)
    content = path.read_bytes()
    path.write_bytes(content[: int(kept * len(content))])
    with pytest.raises(TileUnreadableError, match=r"DMSP-like2015\.tif, rows \d+ to \d+"):
        run(units_of({"a": box(0, 0, 3000, 12000)}), path)


def test_a_tile_that_vanishes_or_changes(write_tile: WriteTile, units_of: MakeUnits) -> None:
    units = units_of({"a": box(0, 0, 10, 10)})
    path = write_tile(LIGHT)
    catalog = read_catalog([path])
    write_tile(np.ones((2, 2)))
    with pytest.raises(TileChangedError, match=r"DMSP-like2015\.tif"):
        zonal(units, catalog)
    path.unlink()
    with pytest.raises(TileMissingError, match=r"DMSP-like2015\.tif"):
        zonal(units, catalog)


def test_units_without_crs(units_of: MakeUnits) -> None:
    with pytest.raises(MissingCrsError, match=r"units\.gpkg"):
        units_of({"a": box(0, 0, 10, 10)}, crs=None)


def test_no_tile(units_of: MakeUnits) -> None:
    with pytest.raises(TileMissingError):
        zonal(units_of({"a": box(0, 0, 10, 10)}), Catalog(tiles=(), audit=()))


def test_an_unknown_cell_area(write_tile: WriteTile, units_of: MakeUnits) -> None:
    with pytest.raises(ValueError, match="'round'"):
        run(units_of({"a": box(0, 0, 10, 10)}), write_tile(LIGHT), cell_area="round")


@pytest.mark.parametrize("options", [{"threads": 0}, {"read_rows": 0}, {"read_rows": -3}])
def test_numbers_under_one(
    write_tile: WriteTile, units_of: MakeUnits, options: dict[str, int]
) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        run(units_of({"a": box(0, 0, 10, 10)}), write_tile(LIGHT), **options)


# ---------------------------------------------------------------- grids


def test_each_grid_has_its_own_coverage(write_tile: WriteTile, units_of: MakeUnits) -> None:
    first = write_tile([[0, 10, 20]], "DMSP-like2014.tif")
    shifted = Affine(10.0, 0.0, 2.5, 0.0, -10.0, 10.0)
    second = write_tile([[0, 10, 20]], "DMSP-like2015.tif", transform=shifted)
    result = run(units_of({"a": box(10, 0, 20, 10)}), second, first)
    assert result.unit_years["year"].tolist() == [2014, 2015]
    assert result.unit_years["mean"].tolist() == pytest.approx([10.0, 7.5])
    assert [grid.transform[2] for grid in result.grids] == [0.0, 2.5]
    (row,) = result.audit
    assert (row.rule, row.count) == ("several_grids", 2)


def test_south_up_equals_north_up(write_tile: WriteTile, units_of: MakeUnits) -> None:
    north = run(units_of(UNITS), write_tile(LIGHT)).unit_years
    upward = Affine(10.0, 0.0, 0.0, 0.0, 10.0, 0.0)
    south = run(units_of(UNITS), write_tile(LIGHT[::-1], transform=upward)).unit_years
    pd.testing.assert_frame_equal(north, south, rtol=1e-12)


def test_products_years_units_in_order(write_tile: WriteTile, units_of: MakeUnits) -> None:
    names = ["Harmonized_DN_NTL_2012_calDMSP.tif", "DMSP-like2016.tif", "DMSP2012.tif"]
    paths = [write_tile([[k]], name) for k, name in enumerate(names)]
    table = run(units_of({"z": box(0, 0, 10, 5), "a": box(0, 5, 10, 10)}), *paths).unit_years
    assert table[["product", "year", "unit_id", "mean"]].to_numpy().tolist() == [
        ["dmsp-like-china", 2012, "z", 2.0],
        ["dmsp-like-china", 2012, "a", 2.0],
        ["dmsp-like-china", 2016, "z", 1.0],
        ["dmsp-like-china", 2016, "a", 1.0],
        ["harmonized", 2012, "z", 0.0],
        ["harmonized", 2012, "a", 0.0],
    ]
