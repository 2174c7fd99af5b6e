"""One year in several files: refused until a rule says what becomes of them."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rasterio.transform import Affine
from shapely import box

from geo.errors import CalibrationError, ContractError, DuplicateYearError
from geo.window import Window
from tests.tiles.helpers import MakeUnits, WriteTile
from tiles.calibrate import calibrate
from tiles.calibration.intercalibration import CoefficientTable
from tiles.calibration.steps import Continuity, Floor, Intercalibrate
from tiles.catalog import read_catalog
from tiles.several import Rule
from tiles.zonal import zonal

STABLE = "{}{}.v4{}_web.stable_lights.avg_vis.tif"


@pytest.fixture
def seam(write_tile: WriteTile) -> list[Path]:
    """The year 2013 as DMSP and as DMSP-like."""
    return [
        write_tile([[1, 2], [3, 4]], "DMSP2013.tif"),
        write_tile([[5, 6], [7, 8]], "DMSP-like2013.tif"),
        write_tile([[9, 9], [9, 1]], "DMSP-like2014.tif"),
    ]


@pytest.fixture
def satellites(write_tile: WriteTile) -> list[Path]:
    """Two satellites in 2000, one in 2001."""
    names = [STABLE.format("F14", 2000, "b"), STABLE.format("F15", 2000, "b")]
    names.append(STABLE.format("F15", 2001, "b"))
    lights: list[Any] = [[[10, 255], [0, 255]], [[20, 30], [0, 255]], [[7, 7], [7, 8]]]
    return [
        write_tile(light, name, dtype="uint8") for light, name in zip(lights, names, strict=True)
    ]


def test_two_versions_of_a_year_are_refused_and_the_ways_out_are_named(seam: list[Path]) -> None:
    with pytest.raises(
        DuplicateYearError, match=r"'average', 'prefer' or 'keep-both' \(lights\.several"
    ):
        read_catalog(seam)


def test_two_files_of_one_version_are_refused_whatever_the_rule(write_tile: WriteTile) -> None:
    paths = [write_tile([[1, 2]], name) for name in ("DMSP-like2018.tif", "DMSP_like2018.tif")]
    for rule in (Rule(), Rule("keep-both"), Rule("prefer", ("dmsp-like",)), Rule("average")):
        with pytest.raises(DuplicateYearError, match="name only one of the two files"):
            read_catalog(paths, rule=rule)


def test_the_preferred_version_is_taken_and_the_other_is_told(seam: list[Path]) -> None:
    catalog = read_catalog(seam, rule=Rule("prefer", ("dmsp",)))
    assert [tile.name for tile in catalog.tiles] == ["DMSP2013.tif", "DMSP-like2014.tif"]
    rows = [row for row in catalog.audit if row.rule == "not_preferred"]
    assert [(row.subject, row.detail) for row in rows] == [
        ("DMSP-like2013.tif", "dmsp is preferred for 2013")
    ]


def test_the_first_satellite_that_a_year_has_is_preferred(satellites: list[Path]) -> None:
    catalog = read_catalog(satellites, rule=Rule("prefer", ("F14", "F15")))
    assert [tile.facts.satellite for tile in catalog.tiles] == ["F14", "F15"]


def test_a_preference_that_no_file_meets_decides_nothing(seam: list[Path]) -> None:
    with pytest.raises(DuplicateYearError):
        read_catalog(seam, rule=Rule("prefer", ("F99",)))


def test_both_versions_are_kept_under_labels_and_show_the_seam(
    seam: list[Path], units_of: MakeUnits
) -> None:
    catalog = read_catalog(seam, rule=Rule("keep-both"))
    units = units_of({"a": box(0, 0, 20, 20)})
    table = zonal(units, catalog).unit_years
    assert table[["product", "year", "sum"]].to_numpy().tolist() == [
        ["dmsp-like-china:dmsp", 2013, 10.0],
        ["dmsp-like-china:dmsp-like", 2013, 26.0],
        ["dmsp-like-china:dmsp-like", 2014, 28.0],
    ]
    assert [row.detail for row in catalog.audit if row.rule == "keep_both"] == [
        "dmsp-like-china:dmsp, dmsp-like-china:dmsp-like"
    ]


def table(**rows: tuple[float, float, float]) -> CoefficientTable:
    keys = {name: (name.split("_")[0], int(name.split("_")[1])) for name in rows}
    return CoefficientTable("own", "a test", {keys[name]: row for name, row in rows.items()})


def test_satellites_are_averaged_after_they_are_calibrated(
    satellites: list[Path], units_of: MakeUnits
) -> None:
    """Twice F14 is 20; the average goes over the satellites that observed a cell."""
    catalog = read_catalog(satellites, rule=Rule("average"))
    steps = [
        Intercalibrate(table(F14_2000=(0, 2, 0), F15_2000=(0, 1, 0), F15_2001=(0, 1, 0))),
        Floor(9.0),
    ]
    done = calibrate(catalog, steps, average=True)
    cells = {"a": box(0, 10, 10, 20), "b": box(10, 10, 20, 20), "c": box(0, 0, 10, 10)}
    cells["d"] = box(10, 0, 20, 10)
    found = zonal(units_of(cells), done.catalog).unit_years
    by_year = found.pivot_table(index="year", columns="unit_id", values="mean")
    assert by_year.loc[2000].dropna().to_dict() == {"a": 20.0, "b": 30.0, "c": 0.0}
    assert by_year.loc[2001].to_dict() == {"a": 0.0, "b": 0.0, "c": 0.0, "d": 0.0}
    assert [step["step"] for step in next(iter(done.done.values()))] == [
        "intercalibrate", "average", "floor",
    ]  # fmt: skip


def test_satellites_are_not_averaged_before_they_are_calibrated(satellites: list[Path]) -> None:
    catalog = read_catalog(satellites, rule=Rule("average"))
    with pytest.raises(CalibrationError, match="puts the satellites on one scale"):
        calibrate(catalog, [Floor(3.0)], average=True)


def test_versions_of_a_calibrated_product_may_be_averaged(
    seam: list[Path], units_of: MakeUnits
) -> None:
    done = calibrate(read_catalog(seam, rule=Rule("average")), [], average=True)
    found = zonal(units_of({"a": box(0, 0, 20, 20)}), done.catalog).unit_years
    assert found["sum"].tolist() == [18.0, 28.0]


def test_a_year_that_the_product_does_not_have(write_tile: WriteTile) -> None:
    path = write_tile([[1, 2]], STABLE.format("F18", 2014, "c"), dtype="uint8")
    with pytest.raises(ContractError, match="a year of dmsp-stable, 1992 to 2013, found 2014"):
        read_catalog([path])


def test_what_is_known_of_a_satellite_year_is_said(write_tile: WriteTile) -> None:
    paths = [
        write_tile(np.ones((2, 2)), STABLE.format("F16", year, "b"), dtype="uint8")
        for year in (2008, 2009)
    ]
    rows = [row for row in read_catalog(paths).audit if row.rule == "product_note"]
    assert [row.subject for row in rows] == [STABLE.format("F16", 2009, "b")]


def test_files_of_a_year_on_two_grids_are_not_averaged(
    satellites: list[Path], write_tile: WriteTile
) -> None:
    """They would stand side by side as two rows of one unit and year."""
    shifted = Affine(10.0, 0.0, 3.0, 0.0, -10.0, 20.0)
    other = write_tile([[1, 2], [3, 4]], satellites[1].name, dtype="uint8", transform=shifted)
    catalog = read_catalog([satellites[0], other], rule=Rule("average"))
    steps = [Intercalibrate(table(F14_2000=(0, 1, 0), F15_2000=(0, 1, 0)))]
    with pytest.raises(CalibrationError, match=r"dmsp-stable 2000 on one grid, found F142000.*two"):
        calibrate(catalog, steps, average=True)


def test_kept_versions_are_series_that_steps_see_whole(satellites: list[Path]) -> None:
    """F15 has two years under one label, also where only one of them has a second satellite."""
    catalog = read_catalog(satellites, rule=Rule("keep-both"))
    labels = [(tile.product_label, tile.year) for tile in catalog.tiles]
    assert labels == [
        ("dmsp-stable:F14-v4b", 2000), ("dmsp-stable:F15-v4b", 2000), ("dmsp-stable:F15-v4b", 2001),
    ]  # fmt: skip
    rows = table(F14_2000=(0, 2, 0), F15_2000=(0, 1, 0), F15_2001=(0, 1, 0))
    done = calibrate(catalog, [Intercalibrate(rows), Continuity("gaps")])
    assert [(tile.product_label, tile.year) for tile in done.catalog.tiles] == labels
    assert len(done.done) == 2
    ((_, first),) = done.catalog.tiles[0].source.pieces(Window(0, 2, 0, 2))
    np.testing.assert_array_equal(first, [[20, np.nan], [0, np.nan]])


def test_two_satellites_are_no_mosaic(satellites: list[Path]) -> None:
    with pytest.raises(DuplicateYearError, match="a second one"):
        read_catalog(satellites, rule=Rule("mosaic"))
