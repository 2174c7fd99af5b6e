"""GeoPackages are read back and refused if they hold something else."""

from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyarrow as pa
import pyogrio
import pytest
import shapely

from geo.errors import OutputError
from nightpanel.exports import geopackage
from nightpanel.exports.geopackage import write_blocks, write_layers
from nightpanel.shapes import unit_shapes
from nightpanel.year_blocks import year_blocks

Damage = Callable[[pa.Table], pa.Table]


def _layer() -> gpd.GeoDataFrame:
    boxes = [shapely.box(x, 0, x + 1, 1) for x in range(4)]
    boxes[1] = shapely.MultiPolygon([boxes[1], shapely.box(1, 5, 2, 6)])
    columns = {"unit_id": ["a", "b", "c", "d"], "light_2015": [1.0, float("nan"), 3.0, 4.0]}
    table = pd.DataFrame(columns).astype({"unit_id": "str"})
    return gpd.GeoDataFrame(table, geometry=boxes, crs="EPSG:4326")


def _with(column: str, value: object) -> Damage:
    """Another value in a column's third row."""

    def damage(table: pa.Table) -> pa.Table:
        place = table.schema.get_field_index(column)
        values = [*table[column].to_pylist()[:2], value, *table[column].to_pylist()[3:]]
        return table.set_column(place, table.field(column), pa.array(values, table[column].type))

    return damage


DAMAGES = {
    "text": _with("unit_id", "x"),
    "text that is missing": _with("unit_id", None),
    "number": _with("light_2015", 3.0000000000000004),
    "number that is missing": _with("light_2015", None),
    "vertex": _with("geom", shapely.MultiPolygon([shapely.box(2, 0, 3 + 1e-15, 1)]).wkb),
    "row": lambda table: table.slice(0, 3),
    "order": lambda table: table.take([0, 1, 3, 2]),
    "column": lambda table: table.drop(["light_2015"]),
    "column that is more": lambda table: table.append_column("more", table["unit_id"]),
    "type": lambda table: table.set_column(1, "light_2015", pa.array(["1", "", "x", "4"])),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_layer_that_reads_back_otherwise_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: Damage
) -> None:
    layer, table = _layer(), pd.DataFrame(_layer().drop(columns="geometry"))
    write_layers({"sound": layer, "table": table}, tmp_path / "sound.gpkg")
    honest = pyogrio.read_arrow

    def read(*words: object, **named: object) -> tuple[dict[str, object], pa.Table]:
        info, columns = honest(*words, **named)
        assert columns.column_names == ["unit_id", "light_2015", "geom"]
        return info, damage(columns)

    monkeypatch.setattr(pyogrio, "read_arrow", read)
    with pytest.raises(OutputError, match="differ from them"):
        write_layers({"layer": layer}, tmp_path / "damaged.gpkg")


@pytest.mark.parametrize("written", [2, 6])
def test_a_layer_with_other_rows_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written: int
) -> None:
    honest = pyogrio.write_arrow

    def write(table: pa.Table, *words: object, **named: object) -> None:
        rows = table.read_all()
        honest(pa.concat_tables([rows, rows]).slice(0, written), *words, **named)

    monkeypatch.setattr(pyogrio, "write_arrow", write)
    with pytest.raises(OutputError, match=f"the 4 rows that were written, found {written} rows"):
        write_layers({"layer": _layer()}, tmp_path / "other.gpkg")
    rows = pd.DataFrame({"year": [1, 1, 1, 1], "product": "x", "mean": [1.0, 2.0, 3.0, 4.0]})
    with pytest.raises(OutputError, match=f"found {written} rows"):
        write_blocks(year_blocks(rows), tmp_path / "blocks.gpkg", layer="rows", page=4096)


def test_every_part_of_a_layer_is_read_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(geopackage, "PART_BYTES", 1)
    read = []
    honest = pyogrio.read_arrow

    def listed(*words: object, **named: object) -> tuple[dict[str, object], pa.Table]:
        info, columns = honest(*words, **named)
        read.extend(columns["unit_id"].to_pylist())
        return info, columns

    monkeypatch.setattr(pyogrio, "read_arrow", listed)
    write_layers({"layer": _layer()}, tmp_path / "layer.gpkg")
    assert sorted(read) == ["a", "b", "c", "d"]


def test_polygons_become_multipolygons_and_nothing_else(tmp_path: Path) -> None:
    layer = _layer()
    write_layers({"layer": layer}, tmp_path / "layer.gpkg")
    info, shapes = pyogrio.read_arrow(tmp_path / "layer.gpkg", layer="layer")
    names = {info["geometry_name"]: "geometry"}
    shapes = shapes.rename_columns([names.get(name, name) for name in shapes.column_names])
    expected = [
        shape if shape.geom_type == "MultiPolygon" else shapely.MultiPolygon([shape])
        for shape in layer.geometry
    ]
    assert shapes["geometry"].to_pylist() == [shape.wkb for shape in expected]
    others = unit_shapes(layer).drop(["geometry"])
    assert shapes.select(others.column_names).cast(others.schema) == others


def test_an_empty_table(tmp_path: Path) -> None:
    empty = pd.DataFrame({"a": pd.Series([], dtype="str"), "b": pd.Series([], dtype="float64")})
    write_layers({"empty": empty}, tmp_path / "empty.gpkg")
    assert pyogrio.read_dataframe(tmp_path / "empty.gpkg").columns.tolist() == ["a", "b"]


def test_settings_of_writing_end_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        assert pyogrio.get_gdal_config_option("OGR_CURRENT_DATE") == geopackage.FIXED_TIME
        raise OSError("full")

    monkeypatch.setattr(pyogrio, "write_arrow", fail)
    with pytest.raises(OSError, match="full"):
        write_layers({"layer": _layer()}, tmp_path / "layer.gpkg")
    for name in ("CURRENT_DATE", "SQLITE_CACHE", "SQLITE_PRAGMA", "SQLITE_SYNCHRONOUS"):
        assert pyogrio.get_gdal_config_option(f"OGR_{name}") is None
