"""GeoParquet and FlatGeobuf, by their own readers and by others."""

import json
from pathlib import Path

import geopandas as gpd
import jsonschema
import numpy as np
import pyarrow.parquet as pq
import pyogrio
import pytest
import shapely
from geopandas.testing import assert_geodataframe_equal

from geo.errors import OutputError
from nightpanel.exports import flatgeobuf
from nightpanel.exports.export import export

SIDE = {"type": "array", "minItems": 2, "maxItems": 2}
# What the published schema of GeoParquet 1.1.0 requires.
SCHEMA = {
    "type": "object",
    "required": ["version", "primary_column", "columns"],
    "properties": {
        "version": {"const": "1.1.0"},
        "primary_column": {"const": "geometry"},
        "columns": {
            "type": "object",
            "required": ["geometry"],
            "additionalProperties": {
                "type": "object",
                "required": ["encoding", "geometry_types", "covering", "bbox", "crs"],
                "properties": {
                    "encoding": {"const": "WKB"},
                    "geometry_types": {
                        "type": "array",
                        "uniqueItems": True,
                        "items": {"enum": ["Polygon", "MultiPolygon"]},
                    },
                    "crs": {"type": "object", "required": ["$schema", "type", "name"]},
                    "bbox": {"type": "array", "minItems": 4, "maxItems": 4},
                    "covering": {
                        "type": "object",
                        "required": ["bbox"],
                        "properties": {
                            "bbox": {
                                "type": "object",
                                "required": ["xmin", "xmax", "ymin", "ymax"],
                                "additionalProperties": SIDE,
                            }
                        },
                    },
                },
            },
        },
    },
}


def _layer(run: Path, what: str) -> gpd.GeoDataFrame:
    return pyogrio.read_dataframe(run / "townships.gpkg", layer=what)


@pytest.mark.parametrize("what", ["townships", "cities"])
def test_geoparquet(run: Path, tmp_path: Path, what: str) -> None:
    to = tmp_path / f"{what}.parquet"
    assert export(run, what=what, to=to).audit == ()
    metadata = json.loads(pq.read_metadata(to).metadata[b"geo"])
    jsonschema.validate(metadata, SCHEMA)
    expected = _layer(run, what)
    found = gpd.read_parquet(to)
    assert_geodataframe_equal(found.drop(columns="bbox", errors="ignore"), expected)
    assert metadata["columns"]["geometry"]["bbox"] == expected.total_bounds.tolist()
    boxes = pq.read_table(to)["bbox"].to_pylist()
    assert [list(box.values()) for box in boxes] == expected.bounds.to_numpy().tolist()
    inside = gpd.read_parquet(to, bbox=(0.1, 0.1, 0.2, 0.2))
    boxes = expected.envelope.intersects(shapely.box(0.1, 0.1, 0.2, 0.2))
    assert len(inside) == boxes.sum() < len(expected) or what == "cities"


def test_fields_of_geoparquet_say_what_they_hold(run: Path, tmp_path: Path) -> None:
    export(run, what="townships", to=tmp_path / "t.geoparquet")
    said = pq.read_schema(tmp_path / "t.geoparquet").field("light_2020").metadata
    assert said[b"label"] == b"Mean light 2020"
    assert said[b"description"].startswith(b"Light per cell")


@pytest.mark.parametrize("what", ["townships", "cities"])
def test_flatgeobuf(run: Path, tmp_path: Path, what: str) -> None:
    to = tmp_path / f"{what}.fgb"
    assert export(run, what=what, to=to).audit == ()
    assert to.read_bytes()[:4] == b"fgb\x03"
    key = {"townships": "unit_id", "cities": "city_id"}[what]
    found, expected = (
        table.sort_values(key, ignore_index=True)
        for table in (pyogrio.read_dataframe(to), _layer(run, what))
    )
    assert_geodataframe_equal(found[list(expected)], expected)
    info = pyogrio.read_info(to)
    assert info["geometry_type"] == "MultiPolygon"
    assert info["capabilities"]["fast_spatial_filter"]


def test_a_flatgeobuf_that_reads_back_otherwise_is_refused(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = flatgeobuf._read
    monkeypatch.setattr(flatgeobuf, "_read", lambda path: honest(path).slice(1))
    with pytest.raises(OutputError, match="the rows that were written: 12, found 11"):
        export(run, what="townships", to=tmp_path / "x.fgb")
    monkeypatch.setattr(
        flatgeobuf,
        "_read",
        lambda path: honest(path).set_column(0, "unit_id", honest(path)["city_id"]),
    )
    with pytest.raises(OutputError, match="column"):
        export(run, what="townships", to=tmp_path / "x.fgb")
    assert not (tmp_path / "x.fgb").exists()


def test_light_that_is_missing_stays_so(run: Path, tmp_path: Path) -> None:
    for name in ("t.fgb", "t.parquet"):
        export(run, what="townships", to=tmp_path / name)
    missing = _layer(run, "townships")["light_2019"].isna().sum()
    assert missing == 1
    for table in (
        pyogrio.read_dataframe(tmp_path / "t.fgb"),
        gpd.read_parquet(tmp_path / "t.parquet"),
    ):
        assert np.isnan(table["light_2019"]).sum() == 1
