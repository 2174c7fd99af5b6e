"""Zonal light on the real tiles: against exactextract, and against published figures."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
from exactextract import exact_extract
from shapely import box

from geo.boundaries import make_units, read_units
from geo.errors import ContractError
from tiles.catalog import read_catalog
from tiles.products import Product
from tiles.zonal import zonal

pytestmark = pytest.mark.real

# exactextract holds shares in single precision.
ORACLE_TOLERANCE = 1e-4
# The published figures follow the rule of cell centres.
PUBLISHED_TOLERANCE = 0.015

HUNAN = {
    "常德市": "Changde",
    "郴州市": "Chenzhou",
    "衡阳市": "Hengyang",
    "怀化市": "Huaihua",
    "娄底市": "Loudi",
    "邵阳市": "Shaoyang",
    "湘潭市": "Xiangtan",
    "湘西土家族苗族自治州": "Xiangxi",
    "益阳市": "Yiyang",
    "永州市": "Yongzhou",
    "岳阳市": "Yueyang",
    "张家界市": "Zhangjiajie",
    "长沙市": "Changsha",
    "株洲市": "Zhuzhou",
}


def tiles_of_china(data_dir: Path) -> str:
    return str(data_dir / "raster" / "china_dmsplike" / "*.tif")


def pairwise_gini(light: pd.Series) -> float:
    values = light.to_numpy()
    differences = np.abs(values[:, None] - values[None, :])
    return float(differences.sum() / (2 * len(values) ** 2 * values.mean()))


def test_guigang_against_exactextract(data_dir: Path) -> None:
    boundary = data_dir / "polygons" / "guigang" / "guigang_townships.json"
    catalog = read_catalog([tiles_of_china(data_dir)])
    units = read_units(boundary, unit_id="code", city_id="code:4")
    result = zonal(units, catalog)
    assert len(result.grids) == 2
    assert len(result.unit_years) == 58 * 4
    polygons = gpd.read_file(boundary)
    # Vertices every 0.001 degrees: finer than a tenth of a cell asks for.
    polygons.geometry = polygons.geometry.segmentize(0.001)
    for tile in catalog.tiles:
        with rasterio.open(tile.path) as raster:
            local = polygons.to_crs(raster.crs)
            oracle = exact_extract(raster, local, ["mean", "count"], output="pandas")
        found = result.unit_years[result.unit_years["year"] == tile.year]
        np.testing.assert_allclose(found["mean"], oracle["mean"], rtol=ORACLE_TOLERANCE)
        np.testing.assert_allclose(found["n_cells"], oracle["count"], rtol=ORACLE_TOLERANCE)
        gini = pairwise_gini(found["mean"])
        assert gini == pytest.approx(pairwise_gini(oracle["mean"]), abs=ORACLE_TOLERANCE)


def test_guigang_gini_falls_as_known(data_dir: Path) -> None:
    boundary = data_dir / "polygons" / "guigang" / "guigang_townships.json"
    units = read_units(boundary, unit_id="code", city_id="code:4")
    table = zonal(units, read_catalog([tiles_of_china(data_dir)])).unit_years
    gini = table.groupby("year")["mean"].agg(pairwise_gini)
    assert gini[2018] == pytest.approx(0.68, abs=0.01)
    assert gini[2021] == pytest.approx(0.57, abs=0.01)


def test_hunan_against_published_means(data_dir: Path) -> None:
    folder = data_dir / "polygons" / "hunan"
    units = read_units(folder / "hunan.shp", unit_id="ShiName", city_id="ShiName")
    catalog = read_catalog([tiles_of_china(data_dir)], years=[2020])
    table = zonal(units, catalog).unit_years
    published = pd.read_csv(folder / "published_zonal_mean_DMSPlike2020.csv").set_index("name")
    found = table.set_index(table["unit_id"].map(HUNAN))["mean"]
    assert set(found.index) == set(published.index)
    relative = found / published["avg_published_readraster"] - 1.0
    assert relative.abs().max() < PUBLISHED_TOLERANCE


def test_counties_keep_the_contract_of_areas(data_dir: Path) -> None:
    boundary = data_dir / "polygons" / "china" / "china_counties_mapchina.gpkg"
    units = read_units(boundary, unit_id="Code_County", city_id="Code_Perfecture")
    catalog = read_catalog([tiles_of_china(data_dir)], years=[2018, 2021])
    table = zonal(units, catalog).unit_years
    assert len(table) == 2 * 2901
    assert not table["flags"].str.contains("area_mismatch").any()
    inside = table[~table["flags"].str.contains("outside")]
    # Cells of 1 square kilometre in a plane that keeps areas. Long borders of the desert counties
    # are straight lines in longitude and latitude here and geodesics there.
    np.testing.assert_allclose(inside["n_cells"], inside["area_km2"], rtol=1e-3)


def test_shanghai_negatives_are_refused_unless_declared(data_dir: Path) -> None:
    tiles = str(data_dir / "raster" / "shanghai_viirs" / "*.tif")
    city = gpd.GeoDataFrame(
        {"code": ["31"]}, geometry=[box(121.0, 30.8, 121.9, 31.5)], crs="EPSG:4326"
    )
    units = make_units(city, unit_id="code", city_id="code")
    with pytest.raises(ContractError, match=r"2022_2021\.tif: expected shanghai values from 0"):
        zonal(units, read_catalog([tiles], user=[shanghai(0.0)]))
    table = zonal(units, read_catalog([tiles], user=[shanghai(-10.0)])).unit_years
    assert table["year"].tolist() == [2018, 2019, 2020, 2021]
    assert table["mean"].between(5.0, 50.0).all()


def shanghai(lowest: float) -> Product:
    return Product(
        name="shanghai",
        title="annual VIIRS, Shanghai",
        pattern=r"NTL_Shanghai_NPP-VIIRS_2013_2022_(?P<year>\d{4})\.tif",
        unit="nW/cm2/sr",
        valid_min=lowest,
        valid_max=5000.0,
    )
