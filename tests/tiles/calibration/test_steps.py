"""Steps of a calibration, each against arithmetic by hand or by plain NumPy."""

from pathlib import Path
from typing import Any

import dask.array as da
import geopandas as gpd
import numpy as np
import pytest
import xarray as xr
from rasterio.transform import Affine
from shapely import box

from geo.errors import CalibrationError
from tests.tiles.helpers import WriteTile
from tiles.calibration.coefficient_tables import ELVIDGE_2014
from tiles.calibration.continuity import continuous
from tiles.calibration.intercalibration import intercalibrate, read_coefficients
from tiles.calibration.invariant_regions import fit_invariant
from tiles.calibration.levels import with_ceiling, with_floor
from tiles.calibration.region_mask import around, inside_regions, with_mask
from tiles.catalog import read_catalog
from tiles.cube import open_cube

NAN = np.nan


def cube(values: Any, years: list[int], satellites: list[str] | None = None) -> xr.DataArray:
    """A lazy cube on cells of 10 m whose lower left corner is (0, 0)."""
    array = np.asarray(values, dtype=np.float32)
    _, rows, cols = array.shape
    light = xr.DataArray(
        da.from_array(array, chunks=(1, max(rows // 2, 1), -1)),
        dims=("year", "y", "x"),
        coords={
            "year": years,
            "y": 10.0 * (rows - np.arange(rows)) - 5.0,
            "x": 10.0 * np.arange(cols) + 5.0,
            "satellite": ("year", satellites or ["F10"] * len(years)),
        },
    )
    placed: xr.DataArray = light.rio.write_crs("EPSG:32649")
    return placed.rio.write_transform(Affine(10.0, 0.0, 0.0, 0.0, -10.0, 10.0 * rows))


def is_lazy(light: xr.DataArray) -> bool:
    return isinstance(light.data, da.Array)


# ---------------------------------------------------------------- polynomials


@pytest.mark.parametrize(
    ("satellite", "year", "dn", "expected"),
    [  # by hand from the coefficients in the literature, at a DN of 10 and of 63
        ("F10", 1992, 10, -2.0570 + 15.903 - 0.90),
        ("F14", 1997, 10, -1.1323 + 17.696 - 1.22),
        ("F16", 2009, 10, 0.9492 + 10.683 - 0.16),
        ("F18", 2010, 10, 2.3430 + 5.102 + 0.65),
        ("F18", 2012, 10, 1.8750 + 6.203 + 0.52),
        ("F16", 2009, 63, 0.9492 + 1.0683 * 63 - 0.0016 * 63**2),
        ("F18", 2010, 63, 2.3430 + 0.5102 * 63 + 0.0065 * 63**2),
    ],
)
def test_shipped_coefficients(satellite: str, year: int, dn: float, expected: float) -> None:
    light = cube([[[dn, 0.0], [NAN, 63.0]]], [year], [satellite])
    found = intercalibrate(light, read_coefficients(ELVIDGE_2014))
    assert is_lazy(found)
    values = found.to_numpy()[0]
    assert values[0, 0] == pytest.approx(min(expected, 63.0), rel=1e-6)
    assert values[0, 1] == 0.0  # zero stays zero, though c0 is not
    assert np.isnan(values[1, 0])
    assert values[1, 1] <= 63.0


def test_a_negative_polynomial_ends_at_zero() -> None:
    light = cube([[[1.0]]], [1992], ["F10"])
    assert intercalibrate(light, read_coefficients(ELVIDGE_2014)).to_numpy().item() == 0.0


def test_layers_have_polynomials_of_their_own() -> None:
    rng = np.random.default_rng(1)
    values = rng.integers(0, 64, size=(2, 30, 20)).astype(np.float32)
    table = read_coefficients(ELVIDGE_2014)
    found = intercalibrate(cube(values, [1992, 2012], ["F10", "F18"]), table).to_numpy()
    for k, (c0, c1, c2) in enumerate([(-2.0570, 1.5903, -0.0090), (1.8750, 0.6203, 0.0052)]):
        by_hand = np.clip(c0 + c1 * values[k] + c2 * values[k] ** 2, 0, 63)
        by_hand[values[k] == 0] = 0
        np.testing.assert_allclose(found[k], by_hand, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("year", [2013, 1999])
def test_a_satellite_year_without_coefficients_is_never_extrapolated(year: int) -> None:
    with pytest.raises(CalibrationError, match=f"a row for F18 {year}, found rows for 2010, 2012"):
        intercalibrate(cube([[[1.0]]], [year], ["F18"]), read_coefficients(ELVIDGE_2014))


def test_a_table_of_the_users_own(tmp_path: Path) -> None:
    path = tmp_path / "own.csv"
    path.write_text("# mine\nsatellite,year,c0,c1,c2\nf18, 2013, 0.5, 1.0, 0.0\n")
    table = read_coefficients(path, citation="a paper")
    assert intercalibrate(cube([[[2.0]]], [2013], ["F18"]), table).to_numpy().item() == 2.5
    with pytest.raises(CalibrationError, match="a citation, where they come from, found none"):
        read_coefficients(path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("satellite,year,c0,c1\nF18,2013,1,1\n", "the columns satellite, year, c0, c1, c2"),
        ("satellite,year,c0,c1,c2\nF18,2013,1,x,0\n", "line 2: expected a satellite and numbers"),
        ("satellite,year,c0,c1,c2\nF18,2013,1,inf,0\n", "finite coefficients"),
        ("satellite,year,c0,c1,c2\nF18,2013,1,1,0\nF18,2013,1,1,0\n", "each satellite-year once"),
        ("satellite,year,c0,c1,c2\n", "at least one row"),
        ("", "a csv file of coefficients"),
    ],
)
def test_damaged_tables(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "own.csv"
    path.write_text(text)
    with pytest.raises(CalibrationError, match=message):
        read_coefficients(path, citation="a paper")


# ---------------------------------------------------------------- an invariant region


def region(*corners: float) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(geometry=[box(*corners)], crs="EPSG:32649")


def test_the_polynomial_of_an_invariant_region_is_recovered() -> None:
    """F15 is seen through a known curve; outside the region a city has grown."""
    rng = np.random.default_rng(2)
    reference = rng.uniform(1.0, 55.0, size=(60, 60))
    # x with 0.8 + 1.1 x + 0.002 x^2 = reference
    seen = (-1.1 + np.sqrt(1.1**2 - 4 * 0.002 * (0.8 - reference))) / (2 * 0.002)
    grown = seen.copy()
    grown[:, 30:] = 60.0
    grown[:3, :30] = rng.uniform(1, 60, size=(3, 30))  # some of the region changed after all
    light = cube([reference, grown], [1999, 2005], ["F12", "F15"])
    fit = fit_invariant(light, region(0, 0, 300, 600), reference=("F12", 1999))
    c0, c1, c2 = fit.table.rows["F15", 2005]
    x = np.linspace(2.0, 50.0, 20)
    np.testing.assert_allclose(c0 + c1 * x + c2 * x**2, 0.8 + 1.1 * x + 0.002 * x**2, atol=0.3)
    assert fit.cells["F15", 2005] <= 1800
    assert fit.rmse["F12", 1999] < 1e-4
    calibrated = intercalibrate(light, fit.table).isel(year=1).to_numpy()[10:, :30]
    np.testing.assert_allclose(calibrated, reference[10:, :30], atol=0.4)


def test_a_region_that_is_too_small_or_a_reference_that_is_not_there() -> None:
    light = cube(np.full((2, 60, 60), 5.0), [1999, 2005], ["F12", "F15"])
    with pytest.raises(CalibrationError, match="at least 100 cells"):
        fit_invariant(light, region(0, 0, 50, 50), reference=("F12", 1999))
    with pytest.raises(CalibrationError, match=r"a layer of F12 2000, the reference"):
        fit_invariant(light, region(0, 0, 600, 600), reference=("F12", 2000))
    with pytest.raises(CalibrationError, match="polygons that touch the grid"):
        fit_invariant(light, region(9000, 9000, 9500, 9500), reference=("F12", 1999))


# ---------------------------------------------------------------- neighbouring years


@pytest.mark.parametrize(
    ("rule", "now", "expected"),
    [
        # columns:   gap  gap   went  stays new   fill  bright
        ("gaps", [0, 0, 0, 5, 0, NAN, 40], [3, 2, 0, 5, 0, NAN, 40]),
        ("growth", [0, 0, 0, 5, 0, NAN, 40], [4, 2, 0, 6, 0, NAN, 0]),
    ],
)
def test_rules_of_continuity(rule: Any, now: list[float], expected: list[float]) -> None:
    before = [4, 2, 7, 6, 0, 8, 30]
    after = [3, 9, 0, 8, 6, 8, 0]
    light = cube([[before], [now], [after]], [2000, 2001, 2002])
    found = continuous(light, rule=rule)
    assert is_lazy(found)
    np.testing.assert_array_equal(found.sel(year=2001).to_numpy(), [np.float32(expected)])
    np.testing.assert_array_equal(found.sel(year=2000), light.sel(year=2000))
    np.testing.assert_array_equal(found.sel(year=2002), light.sel(year=2002))
    assert found["year"].to_numpy().tolist() == [2000, 2001, 2002]


def test_a_year_without_its_neighbours_stays() -> None:
    light = cube([[[4.0]], [[0.0]], [[4.0]]], [2000, 2001, 2003])
    np.testing.assert_array_equal(continuous(light), light)


def test_every_year_is_corrected_by_its_neighbours_as_they_were() -> None:
    light = cube([[[4.0]], [[0.0]], [[0.0]], [[4.0]]], [2000, 2001, 2002, 2003])
    np.testing.assert_array_equal(continuous(light), light)


def test_continuity_wants_each_year_once() -> None:
    with pytest.raises(CalibrationError, match="one layer for each year, found several for 2000"):
        continuous(cube([[[4.0]], [[0.0]]], [2000, 2000]))


# ---------------------------------------------------------------- levels and masks


def test_noise_floor_and_saturation() -> None:
    light = cube([[[0.0, 2.9, 3.0, 62.0, 63.0, 70.0, NAN]]], [2000])
    for found, expected in [
        (with_floor(light, below=3.0), [0, 0, 3, 62, 63, 70, NAN]),
        (with_floor(light, below=3.0, to="fill"), [NAN, NAN, 3, 62, 63, 70, NAN]),
        (with_ceiling(light, at=63.0), [0, 2.9, 3, 62, 63, 63, NAN]),
        (with_ceiling(light, at=63.0, to="fill"), [0, 2.9, 3, 62, NAN, NAN, NAN]),
    ]:
        assert is_lazy(found)
        np.testing.assert_array_equal(found.to_numpy()[0, 0], np.float32(expected))


def test_cells_inside_and_outside_polygons() -> None:
    """The polygon holds the centres of the second and third cell of the upper row."""
    light = cube([[[1, 2, NAN, 4], [5, 6, 7, 8]]], [2000])
    country = region(14, 12, 27, 20)
    for where, to, expected in [
        ("outside", "fill", [[NAN, 2, NAN, NAN], [NAN] * 4]),
        ("inside", "dark", [[1, 0, NAN, 4], [5, 6, 7, 8]]),
        ("inside", "fill", [[1, NAN, NAN, 4], [5, 6, 7, 8]]),
    ]:
        found = with_mask(light, country, where=where, to=to)  # type: ignore[arg-type]
        assert is_lazy(found)
        np.testing.assert_array_equal(found.to_numpy()[0], np.float32(expected))


def test_a_mask_is_drawn_in_the_chunks_of_the_light(write_tile: WriteTile) -> None:
    light = np.ones((1200, 30))
    (opened,) = open_cube(read_catalog([write_tile(light)])).values()
    country = region(54, 3000, 211, 9000)
    inside = inside_regions(opened, country)
    assert inside.chunks == opened.isel(year=0).chunks
    rows, cols = np.nonzero(inside.to_numpy())
    assert (rows.min(), rows.max(), cols.min(), cols.max()) == (300, 899, 5, 20)
    part = around(opened, country)
    assert (part.sizes["y"], part.sizes["x"]) == (600, 17)
    assert inside_regions(part, country).to_numpy().sum() == inside.to_numpy().sum()


def test_polygons_elsewhere_are_refused() -> None:
    with pytest.raises(CalibrationError, match="polygons that touch the grid"):
        with_mask(
            cube([[[1.0, 2.0]] * 2], [2000]), region(9e5, 9e5, 9e6, 9e6), where="inside", to="fill"
        )


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("F18,2005,0.9,1.0,-0.001", "a year of F18, 2010 to 2013, found 2005"),
        ("F16,2009,0.9492,-0.0016,1.0683", r"a curve that rises .*DN 63 to 4\.24e\+03"),
        ("F16,2009,0.0,2.5,-0.03", "falling by"),
        ("F16,2009,60.0,-0.5,0.0", "falling by"),
    ],
)
def test_rows_that_cannot_be(tmp_path: Path, row: str, message: str) -> None:
    path = tmp_path / "own.csv"
    path.write_text(f"satellite,year,c0,c1,c2\n{row}\n")
    with pytest.raises(CalibrationError, match=message):
        read_coefficients(path, citation="somebody")
