"""VIIRS to DMSP-like light: a known curve and a known kernel are recovered."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import rasterio
from rasterio.transform import Affine
from scipy.ndimage import gaussian_filter
from shapely import box

from geo.errors import CalibrationError, ContractError, NoOverlapError
from tests.tiles.helpers import WriteTile
from tiles.calibration import conversion_fit
from tiles.calibration.conversion_fit import fit_conversion
from tiles.calibration.conversion_quality import quality, require_useful
from tiles.calibration.kernel_average import area_average, blurred, sigma_in_cells
from tiles.calibration.logistic_curve import LogisticCurve, fit_logistic
from tiles.calibration.viirs_to_dmsp import Cleaning, overlap
from tiles.catalog import read_catalog
from tiles.lazy import lazy_layer
from tiles.products import Product

CURVE = LogisticCurve(a=-3.0, b=72.0, c=1.3, d=2.2)
COARSE = Affine(1000.0, 0.0, 0.0, 0.0, -1000.0, 96_000.0)
FINE = Affine(500.0, 0.0, 0.0, 0.0, -500.0, 96_000.0)
RADIANCE = Product(
    name="radiance", title="", pattern=r"radiance(?P<year>\d{4})\.tif", unit="nW/cm2/sr",
    valid_min=-10.0, valid_max=1e6,
)  # fmt: skip


def city_light(rng: np.random.Generator, side: int) -> Any:
    """Smooth towns and a bright city in the dark, in nW/cm2/sr."""
    rough = gaussian_filter(rng.gamma(0.05, 60.0, size=(side, side)), 1.5)
    y, x = np.mgrid[:side, :side]
    city = 90.0 * np.exp(-((x - side / 2) ** 2 + (y - side / 3) ** 2) / (2 * (side / 14) ** 2))
    return rough + city


@pytest.fixture
def pair(write_tile: WriteTile) -> tuple[Path, Path]:
    """Radiance at 500 m, and DN at 1 km that came from it through CURVE and a kernel of 1.25 km."""
    rng = np.random.default_rng(4)
    radiance = city_light(rng, 192)
    average = radiance.reshape(96, 2, 96, 2).mean(axis=(1, 3))
    seen = blurred(average, sigma=(1.25, 1.25))
    dn = CURVE(np.log1p(seen)) + rng.normal(0.0, 0.7, size=seen.shape)
    dn = np.where(dn < 5.0, 0.0, np.minimum(dn, 63.0))
    radiance[3, 5] = -0.4  # noise of the sensor
    options = {"dtype": "float32"}
    viirs = write_tile(radiance, "radiance2013.tif", transform=FINE, **options)
    return viirs, write_tile(dn, "DMSP2013.tif", transform=COARSE, **options)


def test_the_curve_and_the_kernel_are_recovered(pair: tuple[Path, Path]) -> None:
    (viirs,) = read_catalog([pair[0]], user=[RADIANCE]).tiles
    (dmsp,) = read_catalog([pair[1]]).tiles
    cleaning = Cleaning()
    fitted = fit_conversion([overlap(viirs, dmsp, cleaning)], cleaning=cleaning)
    assert fitted.conversion.sigma_km == 1.25
    x = np.linspace(0.8, 4.0, 50)
    expected = np.clip(CURVE(x), 0.0, 63.0)
    found = np.minimum(fitted.conversion.curve(x), 63.0)
    shown = expected >= 5.0  # below it the product shows nothing
    np.testing.assert_allclose(found[shown], expected[shown], atol=0.5)
    judged = quality(fitted)
    assert judged.held_out.rmse < 1.2
    assert abs(judged.held_out.bias) < 0.1
    assert judged.held_out.cells == 96 * 96
    assert judged.tried_km[1.25] < judged.tried_km[0.0] - 0.5
    row = judged.seam.iloc[0]
    assert row["gini_converted"] == pytest.approx(row["gini_dmsp"], abs=0.01)
    assert judged.deciles["cells"].sum() == 96 * 96
    dark, *lit = judged.deciles["bias"].abs()
    assert max(lit) < 0.2
    assert dark < 3.0  # the noise decides which cells near the threshold are dark


def test_saturated_and_dark_cells_are_bounds() -> None:
    """A curve fitted to saturated cells as if they were values would bend down."""
    rng = np.random.default_rng(5)
    x = rng.uniform(0.0, 5.0, size=4000)
    dn = CURVE(x) + rng.normal(0.0, 0.5, size=x.size)
    dn = np.where(dn < 5.0, 0.0, np.minimum(dn, 63.0))
    curve = fit_logistic(x, dn, ceiling=63.0, threshold=5.0)
    assert curve.a == pytest.approx(CURVE.a, abs=1.0)
    assert curve.b == pytest.approx(CURVE.b, rel=0.03)
    assert curve.c == pytest.approx(CURVE.c, rel=0.05)
    assert curve.d == pytest.approx(CURVE.d, abs=0.05)


def test_outliers_do_not_bend_the_curve() -> None:
    rng = np.random.default_rng(6)
    x = rng.uniform(0.5, 4.0, size=3000)
    dn = np.minimum(CURVE(x) + rng.normal(0.0, 0.5, size=x.size), 62.9).clip(0.0)
    dn[:60] = 1.0  # two per cent of flares that DMSP never saw
    curve = fit_logistic(x, dn, ceiling=63.0, threshold=1.0)
    grid = np.linspace(1.0, 3.5, 20)
    np.testing.assert_allclose(curve(grid), CURVE(grid), atol=1.0)


def test_too_little_light_is_refused() -> None:
    with pytest.raises(CalibrationError, match="at least 200 cells"):
        fit_logistic(np.ones(100), np.full(100, 5.0), ceiling=63.0, threshold=1.0)
    with pytest.raises(CalibrationError, match="of varying light"):
        fit_logistic(np.ones(500), np.full(500, 5.0), ceiling=63.0, threshold=1.0)


def test_a_fold_is_held_out_of_the_choice_of_the_kernel_too(
    pair: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if a fold had no DN: width, threshold and curve come from the other folds alone."""
    monkeypatch.setattr(conversion_fit, "SIGMAS_KM", (0.75, 1.25, 2.0))
    (viirs,) = read_catalog([pair[0]], user=[RADIANCE]).tiles
    (dmsp,) = read_catalog([pair[1]]).tiles
    whole = overlap(viirs, dmsp, Cleaning())
    block = np.arange(96) // conversion_fit.BLOCK_CELLS
    folds = (2 * block[:, None] + block[None, :]) % conversion_fit.FOLDS
    # Each of two folds has light that another kernel explains better than that of all others.
    blur = {0: blurred(whole.radiance, sigma=(2.0, 2.0)), 1: whole.radiance}
    dn = whole.dn.copy()
    for fold, seen in blur.items():
        there = np.clip(CURVE(np.log1p(seen)), 0.0, 63.0)
        dn[folds == fold] = np.where(there < 5.0, 0.0, there)[folds == fold]
    whole = replace(whole, dn=dn)
    fitted = fit_conversion([whole], cleaning=Cleaning())
    for fold in (0, 1):
        rest = replace(whole, dn=np.where(folds == fold, np.nan, dn))
        other = fit_conversion([rest], cleaning=Cleaning())
        assert fitted.widths_km[fold] == other.conversion.sigma_km
        found = other.conversion.dn(rest.radiance, rest.grid)
        np.testing.assert_array_equal(fitted.held_out[0][folds == fold], found[folds == fold])
    assert len(set(fitted.widths_km)) > 1


@pytest.mark.parametrize("product", ["viirs", "dmsp"])
def test_values_outside_a_contract_are_refused(
    pair: tuple[Path, Path], write_tile: WriteTile, product: str
) -> None:
    """255 in a tile of 0 to 63, and -999.3 as an undeclared fill, wherever they lie."""
    name, where = ("radiance2013.tif", FINE) if product == "viirs" else ("DMSP2013.tif", COARSE)
    with rasterio.open(pair[product == "dmsp"]) as file:
        light = file.read(1)
    light[7, 9] = -999.3 if product == "viirs" else 255.0
    write_tile(light, name, dtype="float32", transform=where)
    (viirs,) = read_catalog([pair[0]], user=[RADIANCE]).tiles
    (dmsp,) = read_catalog([pair[1]]).tiles
    value = "-999.3" if product == "viirs" else "255"
    with pytest.raises(
        ContractError, match=rf"{name}.* 1 cells outside, first {value} at row 7, column 9"
    ):
        overlap(viirs, dmsp, Cleaning())


def test_a_place_of_a_breach_is_that_in_the_tile(
    pair: tuple[Path, Path], write_tile: WriteTile
) -> None:
    """The tile begins 100 km further west and 50 km further north than the radiance."""
    light = np.ones((196, 300))
    light[100, 150] = 255.0
    wide = Affine(1000.0, 0.0, -100_000.0, 0.0, -1000.0, 146_000.0)
    dmsp = write_tile(light, "DMSP2013.tif", dtype="uint8", transform=wide)
    (viirs,) = read_catalog([pair[0]], user=[RADIANCE]).tiles
    with pytest.raises(ContractError, match="first 255 at row 100, column 150"):
        overlap(viirs, read_catalog([dmsp]).tiles[0], Cleaning())


def test_negative_radiance_counts_as_dark_only_where_the_product_has_it(
    pair: tuple[Path, Path],
) -> None:
    (dmsp,) = read_catalog([pair[1]]).tiles
    (viirs,) = read_catalog([pair[0]], user=[RADIANCE]).tiles
    assert overlap(viirs, dmsp, Cleaning()).seen.all()  # one cell of -0.4
    strict = replace(RADIANCE, valid_min=0.0)
    (viirs,) = read_catalog([pair[0]], user=[strict]).tiles
    with pytest.raises(ContractError, match=r"first -0\.4 at row 3, column 5"):
        overlap(viirs, dmsp, Cleaning())


def test_a_floor_of_any_size_inside_a_region(pair: tuple[Path, Path]) -> None:
    (viirs,) = read_catalog([pair[0]], user=[RADIANCE]).tiles
    (dmsp,) = read_catalog([pair[1]]).tiles
    region = gpd.GeoDataFrame(geometry=[box(0, 0, 48_000, 96_000)], crs=dmsp.grid.crs)
    found = overlap(viirs, dmsp, Cleaning(floor=1e-05), region=region)
    assert found.seen[:, :48].all()
    assert not found.seen[:, 48:].any()
    whole = overlap(viirs, dmsp, Cleaning(floor=1e-05))
    np.testing.assert_array_equal(found.radiance[:, :48], whole.radiance[:, :48])


def test_a_fit_that_says_nothing_is_refused(pair: tuple[Path, Path]) -> None:
    """DN that has nothing to do with the radiance: coefficients at bounds, or no better a guess."""
    (viirs,) = read_catalog([pair[0]], user=[RADIANCE]).tiles
    (dmsp,) = read_catalog([pair[1]]).tiles
    right = overlap(viirs, dmsp, Cleaning())
    rng = np.random.default_rng(8)
    noise = replace(right, dn=rng.integers(5, 63, size=right.dn.shape).astype(np.float64))
    with pytest.raises(CalibrationError, match="a bound of the fit"):
        fit_conversion([noise], cleaning=Cleaning(), sigma_km=1.0)
    fitted = fit_conversion([right], cleaning=Cleaning(), sigma_km=1.25)
    require_useful(quality(fitted))
    worse = replace(fitted, held_out=(rng.permuted(fitted.held_out[0]),))
    with pytest.raises(CalibrationError, match="R2 above 0, found R2 -"):
        require_useful(quality(worse))


@pytest.mark.parametrize("sigma_km", [-1.0, float("nan"), float("inf")])
def test_a_kernel_of_no_width_is_refused(pair: tuple[Path, Path], sigma_km: float) -> None:
    (viirs,) = read_catalog([pair[0]], user=[RADIANCE]).tiles
    found = overlap(viirs, read_catalog([pair[1]]).tiles[0], Cleaning())
    with pytest.raises(CalibrationError, match="a width of 0 km or more"):
        fit_conversion([found], cleaning=Cleaning(), sigma_km=sigma_km)


@pytest.mark.parametrize(
    ("floor", "cap"),
    [(4.0, 1.0), (0.0, -5.0), (-1.0, None), (2.0, 2.0), (np.nan, None), (0, np.nan)],
)
def test_cleaning_that_leaves_nothing_is_refused(floor: float, cap: float | None) -> None:
    with pytest.raises(CalibrationError, match="a floor from 0 on and a cap above it"):
        Cleaning(floor, cap)


def test_cleaning() -> None:
    found = Cleaning(floor=0.5, cap=100.0)(np.array([-3.0, 0.4, 0.5, 99.0, 5000.0, np.nan]))
    np.testing.assert_array_equal(found, [0.0, 0.0, 0.5, 99.0, 100.0, np.nan])
    np.testing.assert_array_equal(Cleaning()(np.array([-3.0, 0.4])), [0.0, 0.4])


def test_the_average_over_cells_of_another_grid(write_tile: WriteTile) -> None:
    values = np.arange(16.0).reshape(4, 4)
    values[0, 0] = np.nan
    fine = write_tile(values, "radiance2013.tif", dtype="float32")
    (tile,) = read_catalog([fine], user=[RADIANCE]).tiles
    coarse = write_tile([[0, 0], [0, 1]], "DMSP2013.tif", transform=Affine(20, 0, 0, 0, -20, 40))
    (target,) = read_catalog([coarse]).tiles
    found = area_average(lazy_layer(tile).compute(), target.grid)
    np.testing.assert_allclose(found, [[(1 + 4 + 5) / 3, 4.5], [10.5, 12.5]], rtol=1e-6)


def test_a_blur_keeps_the_mean_and_spreads_no_fill() -> None:
    light = np.zeros((41, 41))
    light[20, 20] = 100.0
    spread = blurred(light, sigma=(2.0, 2.0))
    assert spread.sum() == pytest.approx(100.0, rel=1e-3)
    assert spread[20, 20] == pytest.approx(100.0 / (2 * np.pi * 4.0), rel=0.02)
    light[20, 21] = np.nan
    seen = blurred(light, sigma=(2.0, 2.0))
    assert np.isnan(seen[20, 21])
    assert np.isfinite(seen).sum() == light.size - 1
    assert blurred(light, sigma=(0.0, 0.0)) is light


def test_a_width_in_kilometres(write_tile: WriteTile) -> None:
    degrees = Affine(0.01, 0.0, 120.0, 0.0, -0.01, 60.5)
    path = write_tile(np.eye(100), "DMSP2013.tif", transform=degrees, crs="EPSG:4326")
    (tile,) = read_catalog([path]).tiles
    assert sigma_in_cells(tile.grid, 2.2264) == pytest.approx((2.0, 4.0), rel=1e-3)


def test_years_and_places_that_do_not_match(write_tile: WriteTile, pair: tuple[Path, Path]) -> None:
    (viirs,) = read_catalog([pair[0]], user=[RADIANCE]).tiles
    other_year = write_tile(np.eye(4), "DMSP2012.tif")
    with pytest.raises(CalibrationError, match="two files of the same year"):
        overlap(viirs, read_catalog([other_year]).tiles[0], Cleaning())
    far = Affine(10.0, 0.0, 9e6, 0.0, -10.0, 40.0)
    elsewhere = write_tile(np.eye(4), "DMSP2013.tif", transform=far)
    with pytest.raises(NoOverlapError, match="two different places"):
        overlap(viirs, read_catalog([elsewhere]).tiles[0], Cleaning())
