"""The commands on light products, on real files: what they are, and a conversion held out."""

from pathlib import Path

import geopandas as gpd
import pytest

from nightpanel.run_conversion import viirs_to_dmsp
from nightpanel.run_tiles import tiles
from tests.nightpanel.conftest import Command
from tiles.calibration.conversion_quality import errors_of
from tiles.calibration.viirs_to_dmsp import overlap
from tiles.catalog import read_catalog
from tiles.products import read_products

pytestmark = pytest.mark.real

PRODUCTS = Path(__file__).resolve().parents[3] / "docs" / "scripts" / "shanghai_viirs.toml"
FITTED, UNSEEN = (2018, 2019, 2020), 2021


def test_what_the_tiles_of_china_are(data_dir: Path) -> None:
    report = tiles([str(data_dir / "raster" / "china_dmsplike" / "*.tif")])
    assert report.problems == ()
    facts = {one.tile.year: one for one in report.facts}
    assert sorted(facts) == [2018, 2019, 2020, 2021]
    for one in facts.values():
        assert (one.tile.product.name, one.tile.dtype) == ("dmsp-like-china", "int8")
        assert one.tile.grid.shape == (4055, 4856)
        assert (one.counts.low, one.counts.high) == (0.0, 63.0)
    # One name has an underscore; one file declares its nodata.
    assert facts[2021].tile.name == "DMSP_like2021.tif"
    assert [facts[year].tile.nodata for year in sorted(facts)] == [None, None, None, -128.0]
    light = {2018: 2.69608e7, 2019: 3.01206e7, 2020: 2.83925e7, 2021: 3.17241e7}
    assert {year: one.counts.light for year, one in facts.items()} == pytest.approx(light, rel=1e-5)
    assert facts[2018].tile.grid == facts[2019].tile.grid
    assert facts[2020].tile.grid == facts[2021].tile.grid
    jumps = {2019: 0.1172, 2020: -0.0574, 2021: 0.1173}
    assert {year: facts[year].jump for year in jumps} == pytest.approx(jumps, abs=1e-4)
    likeness = {2019: 0.9805, 2020: 0.9735, 2021: 0.9857}
    assert {year: facts[year].correlation for year in jumps} == pytest.approx(likeness, abs=1e-4)


def test_the_shift_between_the_grids_of_china_is_said(data_dir: Path, command: Command) -> None:
    pattern = data_dir / "raster" / "china_dmsplike" / "*20[12][90].tif"
    shown = command("tiles", pattern)
    assert shown.returncode == 0, shown.stderr
    (line,) = (line for line in shown.stdout.splitlines() if line.startswith("Note: "))
    # About 144 m and 334 m of cells of 1 km.
    assert line == (
        "Note: DMSP-like2020.tif: cells -0.144 columns and -0.334 rows off those of "
        "DMSP-like2019.tif"
    )
    audit = read_catalog([pattern]).audit
    assert [row.subject for row in audit if row.rule == "grid_shift"] == ["DMSP-like2020.tif"]


def test_viirs_of_shanghai_as_dmsp_like_light(data_dir: Path, tmp_path: Path) -> None:
    """Fitted on three years, judged on blocks and on a year that the fit did not see."""
    counties = gpd.read_file(data_dir / "polygons" / "china" / "china_counties_mapchina.gpkg")
    inside = counties["Code_County"].astype(str).str.startswith("31")
    region = counties.loc[inside, ["geometry"]]
    region.to_file(tmp_path / "shanghai.gpkg")
    viirs = str(data_dir / "raster" / "shanghai_viirs" / "*.tif")
    dmsp = str(data_dir / "raster" / "china_dmsplike" / "*.tif")
    run = viirs_to_dmsp(
        [viirs],
        dmsp=[dmsp],
        out=tmp_path / "out",
        overlap_years=FITTED,
        products=PRODUCTS,
        region=tmp_path / "shanghai.gpkg",
        sigma_km=1.5,
    )
    assert run.quality is not None
    held_out = run.quality.held_out
    assert held_out.cells > 10_000
    assert held_out.rmse < 4.8
    assert held_out.r2 > 0.94
    assert abs(held_out.bias) < 0.7
    # No better than that: the fit is not to look better than it is.
    assert held_out.rmse > 4.0
    assert held_out.rmse >= run.quality.in_sample.rmse - 0.05
    (radiance,) = read_catalog([viirs], years=[UNSEEN], user=read_products(PRODUCTS)).tiles
    (light,) = read_catalog([dmsp], years=[UNSEEN]).tiles
    conversion = run.stored.conversion
    unseen = overlap(radiance, light, conversion.cleaning, region=region)
    found = conversion.dn(unseen.radiance, unseen.grid)
    errors = errors_of(found[unseen.seen], unseen.dn[unseen.seen])
    assert errors.rmse < 5.4
    assert errors.r2 > 0.93
    # The years before 2021 are darker at equal radiance: the year that was not seen is too bright.
    assert 0.5 < errors.bias < 2.0
