"""Units from files: every format, and one clear line for a file that cannot be used."""

import json
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
import shapely
from shapely import box

from geo.boundaries import Units, make_units, read_units
from geo.errors import (
    BoundaryColumnError,
    BoundaryFileError,
    GeometryError,
    MissingCrsError,
    NightpanelError,
)

CODES = ["450802001", "450803002", "011201003"]
SQUARES = [box(110 + i, 23, 111 + i, 24) for i in range(3)]


def country(**columns: object) -> gpd.GeoDataFrame:
    data = {"code": CODES, "town": ["甲", "乙", None]} | columns
    return gpd.GeoDataFrame(data, geometry=SQUARES, crs="EPSG:4326")


def of(table: gpd.GeoDataFrame, unit_id: str = "code", city_id: str = "code:4") -> Units:
    return make_units(table, unit_id=unit_id, city_id=city_id)


def rules(units: Units) -> list[str]:
    return [row.rule for row in units.audit]


def line_of(error: pytest.ExceptionInfo[NightpanelError], *parts: object) -> None:
    line = str(error.value)
    assert "\n" not in line
    for part in parts:
        assert str(part) in line


@pytest.mark.parametrize("suffix", ["gpkg", "geojson", "shp", "fgb", "parquet"])
def test_every_format_gives_the_same_units(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"units.{suffix}"
    table = country()
    table.to_parquet(path) if suffix == "parquet" else table.to_file(path)
    units = read_units(path, unit_id="code", city_id="code:4", name="town")
    expected = pd.DataFrame(
        {"unit_id": CODES, "city_id": ["4508", "4508", "0112"], "name": ["甲", "乙", ""]},
        dtype="str",
    )
    got = units.table.sort_values("unit_id", ascending=False, ignore_index=True)
    want = expected.sort_values("unit_id", ascending=False, ignore_index=True)
    pd.testing.assert_frame_equal(pd.DataFrame(got.drop(columns="geometry")), want)
    assert units.table.crs == "EPSG:4326"
    assert isinstance(units.table.index, pd.RangeIndex)
    assert units.source == str(path)
    assert units.audit == ()
    assert shapely.area(units.table.geometry.to_numpy()) == pytest.approx([1.0, 1.0, 1.0])


def test_file_order_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "units.gpkg"
    country().to_file(path)
    assert list(read_units(path, unit_id="code", city_id="code").table["unit_id"]) == CODES


def test_numbers_as_codes_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "units.gpkg"
    country(whole=[450802, 450803, 450804], real=[450802.0, 450803.0, 450804.0]).to_file(path)
    units = read_units(path, unit_id="whole", city_id="real:4")
    assert list(units.table["unit_id"]) == ["450802", "450803", "450804"]
    assert set(units.table["city_id"]) == {"4508"}
    for row, column in zip(units.audit, ("whole", "real"), strict=True):
        assert (row.stage, row.rule, row.count) == ("boundaries", "codes_from_numbers", 3)
        assert row.subject == f"{path}, {column}"
        assert "'450802'" in row.detail


@pytest.mark.parametrize("suffix", ["gpkg", "geojson", "parquet"])
def test_missing_file(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"none.{suffix}"
    with pytest.raises(BoundaryFileError) as error:
        read_units(path, unit_id="code", city_id="code")
    line_of(error, path, "no such file")


@pytest.mark.parametrize("suffix", ["gpkg", "geojson", "fgb", "parquet"])
def test_truncated_file(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"units.{suffix}"
    table = country()
    table.to_parquet(path) if suffix == "parquet" else table.to_file(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(BoundaryFileError) as error:
        read_units(path, unit_id="code", city_id="code")
    line_of(error, path)


def test_truncated_shapefile_is_refused_by_unit(tmp_path: Path) -> None:
    path = tmp_path / "units.shp"
    country().to_file(path)
    path.write_bytes(path.read_bytes()[:-50])
    with pytest.raises(GeometryError) as error:
        read_units(path, unit_id="code", city_id="code")
    line_of(error, path, CODES[2], "truncated")


def test_files_that_hold_no_units(tmp_path: Path) -> None:
    contents = {
        "words.gpkg": "no database",
        "empty.geojson": "",
        "nothing.geojson": '{"type":"FeatureCollection","features":[]}',
        "plain.csv": "code,name\n1,a\n",
    }
    for name, text in contents.items():
        path = tmp_path / name
        path.write_text(text)
        with pytest.raises((BoundaryFileError, BoundaryColumnError)) as error:
            read_units(path, unit_id="code", city_id="code")
        line_of(error, path)


def test_table_without_rows_or_geometry() -> None:
    with pytest.raises(BoundaryFileError, match="no rows"):
        of(country().iloc[:0])
    with pytest.raises(BoundaryFileError, match="without geometry"):
        of(pd.DataFrame({"code": CODES}))


def test_parquet_without_geometry_and_with_a_layer(tmp_path: Path) -> None:
    plain, units = tmp_path / "plain.parquet", tmp_path / "units.parquet"
    pd.DataFrame({"code": CODES}).to_parquet(plain)
    with pytest.raises(BoundaryFileError) as error:
        read_units(plain, unit_id="code", city_id="code")
    line_of(error, plain)
    country().to_parquet(units)
    with pytest.raises(BoundaryFileError) as error:
        read_units(units, unit_id="code", city_id="code", layer="towns")
    line_of(error, units, "layer = 'towns'")


@pytest.fixture
def layered(tmp_path: Path) -> Path:
    path = tmp_path / "layers.gpkg"
    pyogrio.write_dataframe(pd.DataFrame({"note": ["x"]}), path, layer="notes")
    country().to_file(path, layer="towns")
    return path


def test_one_layer_with_geometry_needs_no_name(layered: Path) -> None:
    assert len(read_units(layered, unit_id="code", city_id="code").table) == 3


def test_several_layers_with_geometry_need_one(layered: Path) -> None:
    country().iloc[:2].to_file(layered, layer="counties")
    with pytest.raises(BoundaryFileError) as error:
        read_units(layered, unit_id="code", city_id="code")
    line_of(error, layered, "'towns'", "'counties'")
    assert "notes" not in str(error.value)
    units = read_units(layered, unit_id="code", city_id="code", layer="counties")
    assert len(units.table) == 2


def test_a_layer_that_is_not_there_or_has_no_geometry(layered: Path) -> None:
    with pytest.raises(BoundaryFileError) as error:
        read_units(layered, unit_id="code", city_id="code", layer="town")
    line_of(error, layered, "layer = 'town'", "did you mean 'towns'?")
    with pytest.raises(BoundaryFileError):
        read_units(layered, unit_id="code", city_id="code", layer="notes")


def test_missing_crs(tmp_path: Path) -> None:
    path = tmp_path / "units.shp"
    country().to_file(path)
    path.with_suffix(".prj").unlink()
    with pytest.raises(MissingCrsError) as error:
        read_units(path, unit_id="code", city_id="code")
    line_of(error, path, "crs")


@pytest.mark.parametrize(
    ("encoding", "name", "rule"),
    [
        ("UTF-8", "贵港市", ["guessed_encoding"]),
        ("GB18030", "贵港市", ["guessed_encoding"]),
        ("ISO-8859-1", "Córdoba", ["guessed_encoding"]),
        ("UTF-8", "Guigang", []),
    ],
)
def test_shapefile_that_states_no_encoding(
    tmp_path: Path, encoding: str, name: str, rule: list[str]
) -> None:
    path = tmp_path / "units.shp"
    pyogrio.write_dataframe(country(town=[name, name, "x"]), path, encoding=encoding)
    path.with_suffix(".cpg").unlink()
    units = read_units(path, unit_id="code", city_id="code", name="town")
    assert list(units.table["name"]) == [name, name, "x"]
    assert rules(units) == rule
    assert all(name in row.detail and encoding in row.detail for row in units.audit)


def test_chinese_column_names_of_a_shapefile(tmp_path: Path) -> None:
    path = tmp_path / "units.shp"
    table = country().rename(columns={"code": "代码"})
    pyogrio.write_dataframe(table, path, encoding="GB18030")
    path.with_suffix(".cpg").unlink()
    assert list(read_units(path, unit_id="代码", city_id="代码:4").table["unit_id"]) == CODES


def test_warnings_of_the_reader_are_audited(tmp_path: Path) -> None:
    path = tmp_path / "units.geojson"
    feature = {"type": "Feature", "geometry": shapely.geometry.mapping(SQUARES[0])}
    features = [feature | {"properties": {"code": "a"}}, feature | {"properties": {"code": 3}}]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    units = read_units(path, unit_id="code", city_id="code")
    assert list(units.table["unit_id"]) == ["a", "3"]
    assert rules(units) == ["reader_warning"]
    assert units.audit[0].subject == str(path)


def test_malformed_ring_names_the_unit(tmp_path: Path) -> None:
    path = tmp_path / "units.geojson"
    ring = {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1]]]}
    feature = {"type": "Feature", "properties": {"code": "a7"}, "geometry": ring}
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    with pytest.raises(GeometryError) as error:
        read_units(path, unit_id="code", city_id="code")
    line_of(error, path, "a7")


def test_other_index_and_geometry_column() -> None:
    table = country().set_index(pd.Index([7, 3, 9])).rename_geometry("shape")
    units = of(table)
    assert list(units.table.columns) == ["unit_id", "city_id", "name", "geometry"]
    assert list(units.table.index) == [0, 1, 2]
    assert [g.wkb for g in units.table.geometry] == [g.wkb for g in SQUARES]
