"""Units from the real boundary files."""

from pathlib import Path

import pytest
import shapely

from geo.boundaries import Units, read_units
from geo.errors import BoundaryColumnError, DuplicateUnitError

pytestmark = pytest.mark.real


def require_sound(units: Units) -> None:
    geometry = units.table.geometry.to_numpy()
    assert shapely.is_valid(geometry).all()
    assert set(units.table.geometry.geom_type) <= {"Polygon", "MultiPolygon"}
    assert units.table["unit_id"].is_unique
    assert (units.table["city_id"].str.len() > 0).all()


def test_guigang(data_dir: Path) -> None:
    path = data_dir / "polygons" / "guigang" / "guigang_townships.json"
    units = read_units(path, unit_id="code", city_id="code:4", name="Name")
    require_sound(units)
    assert len(units.table) == 58
    assert set(units.table["city_id"]) == {"4508"}
    assert set(units.table["unit_id"].str.len()) == {12}
    assert units.table.loc[0, ["unit_id", "name"]].tolist() == ["450821109000", "镇隆镇"]
    assert units.table.crs == "EPSG:4326"
    assert units.audit == ()


def test_guigang_with_wrong_columns(data_dir: Path) -> None:
    path = data_dir / "polygons" / "guigang" / "guigang_townships.json"
    with pytest.raises(BoundaryColumnError, match=r"unit_id = 'cod'.*did you mean 'code'\?"):
        read_units(path, unit_id="cod", city_id="code:4")
    with pytest.raises(DuplicateUnitError, match="'乡镇' 58 times"):
        read_units(path, unit_id="layer", city_id="code:4")
    with pytest.raises(BoundaryColumnError, match="13 characters"):
        read_units(path, unit_id="code", city_id="code:13")


def test_china_counties(data_dir: Path) -> None:
    path = data_dir / "polygons" / "china" / "china_counties_mapchina.gpkg"
    units = read_units(path, unit_id="Code_County", city_id="Code_Perfecture", name="Name_County")
    require_sound(units)
    assert len(units.table) == 2901
    assert units.table["city_id"].nunique() == 347
    assert (units.table["unit_id"].str[:4] == units.table["city_id"]).all()
    sizes = units.table.groupby("city_id").size()
    assert (sizes == 1).sum() == 6
    assert (sizes <= 3).sum() == 23
    (row,) = units.audit
    assert row.rule == "cut_collection"
    assert "'510302'" in row.subject
    assert row.detail == "polygons kept: 1; dropped: 2 LineString"


def test_china_cities_without_a_name_are_refused(data_dir: Path) -> None:
    # Municipalities, county groups under a province, Taiwan, Hong Kong and Macao have codes only.
    path = data_dir / "polygons" / "china" / "china_counties_mapchina.gpkg"
    with pytest.raises(BoundaryColumnError, match="no value for unit '110101'"):
        read_units(path, unit_id="Code_County", city_id="Name_Perfecture")


def test_hunan_without_a_stated_encoding(data_dir: Path) -> None:
    path = data_dir / "polygons" / "hunan" / "hunan.shp"
    units = read_units(path, unit_id="ShiName", city_id="ShiName", name="Name")
    require_sound(units)
    assert len(units.table) == 14
    assert {"长沙市", "湘西土家族苗族自治州"} <= set(units.table["unit_id"])
    assert {"Changsha", "Xiangxi"} <= set(units.table["name"])
    (row,) = units.audit
    assert row.rule == "guessed_encoding"
    assert "UTF-8" in row.detail
