"""The quick way to read a file gives what the thorough way gives, or stands back."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from shapely import MultiPolygon, Point, Polygon, box

from geo import _vector_file
from geo._vector_file import read_vector
from geo.errors import BoundaryFileError
from geo.polygons import Polygons

N = 12
SQUARES = [box(110 + i, 23, 110.5 + i, 24) for i in range(N)]
HOLED = box(0, 0, 9, 9) - box(1, 1, 2, 2)
MIXED = [HOLED, MultiPolygon([HOLED, box(20, 0, 21, 1)]), *SQUARES[2:]]

COLUMNS = {
    "text": [f"{k:06d}" for k in range(N)],
    "chinese": ["镇", "", " 乡 ", *"abcdefghi"],
    "text_gaps": ["a", None, *"bcdefghijk"],
    "whole": np.arange(N) * 10**11,
    "small": np.arange(N, dtype=np.int32),
    "short": np.arange(N, dtype=np.int16),
    "real": np.arange(N) / 7,
    "real_gaps": [None, 1.5, *range(10)],
    "single": np.arange(N, dtype=np.float32) / 7,
    "truth": [True, False] * (N // 2),
    "day": pd.date_range("2020-01-01", periods=N),
    "whole_gaps": pd.array([None, *range(1, N)], dtype="Int64"),
}
GEOMETRIES = {
    "squares": SQUARES,
    "mixed": MIXED,
    "missing": [None, *SQUARES[1:]],
    "empty": [Polygon(), *SQUARES[1:]],
    "deep": [shapely.force_3d(one) for one in SQUARES],
    "point": [Point(1, 1), *SQUARES[1:]],
}


def thorough(monkeypatch, path: Path, names: list[str]) -> pd.DataFrame:
    with monkeypatch.context() as patch:
        patch.setattr(_vector_file, "table_of_arrow", lambda *_, **__: None)
        return read(path, names)


def read(path: Path, names: list[str]) -> gpd.GeoDataFrame:
    found = read_vector(path, layer=None, pick=lambda _: names)
    shapes = found.geometry
    drawn = shapes.geometries() if isinstance(shapes, Polygons) else shapes
    return gpd.GeoDataFrame(found.table, geometry=drawn, crs=found.crs)


def require_same(got: gpd.GeoDataFrame, want: gpd.GeoDataFrame, names: list[str]) -> None:
    assert got.crs == want.crs
    assert got.geometry.to_wkb().tolist() == want.geometry.to_wkb().tolist()
    for name in names:
        pd.testing.assert_series_equal(
            pd.Series(got[name].array), pd.Series(want[name].array), check_dtype=False
        )
        # Dtype by dtype, text may come as objects from one and as text from the other.
        assert pd.api.types.is_numeric_dtype(got[name]) == pd.api.types.is_numeric_dtype(want[name])
        assert [type(value) for value in got[name].dropna().astype(object)] == [
            type(value) for value in want[name].dropna().astype(object)
        ]


def written(path: Path, geometries: list, columns: dict) -> Path:
    table = gpd.GeoDataFrame(columns, geometry=geometries, crs="EPSG:4490")
    table.to_parquet(path) if path.suffix == ".parquet" else pyogrio.write_dataframe(table, path)
    return path


@pytest.mark.parametrize("suffix", ["gpkg", "fgb", "parquet"])
@pytest.mark.parametrize("column", COLUMNS)
def test_columns_of_every_kind(tmp_path, monkeypatch, suffix, column):
    columns = {"other": list("abcdefghijkl"), column: COLUMNS[column]}
    path = written(tmp_path / f"units.{suffix}", SQUARES, columns)
    names = [column, "other"]
    got = read(path, names)
    require_same(got, thorough(monkeypatch, path, names), names)


@pytest.mark.parametrize("suffix", ["gpkg", "parquet"])
@pytest.mark.parametrize("kind", GEOMETRIES)
def test_geometries_of_every_kind(tmp_path, monkeypatch, suffix, kind):
    path = written(tmp_path / f"units.{suffix}", GEOMETRIES[kind], {"code": COLUMNS["text"]})
    got = read(path, ["code"])
    require_same(got, thorough(monkeypatch, path, ["code"]), ["code"])


@pytest.mark.parametrize("suffix", ["gpkg", "fgb", "parquet"])
def test_plain_files_take_the_quick_way(tmp_path, monkeypatch, suffix):
    path = written(tmp_path / f"units.{suffix}", SQUARES, {"code": COLUMNS["text"]})
    built = []
    quick = _vector_file.table_of_arrow
    monkeypatch.setattr(
        _vector_file,
        "table_of_arrow",
        lambda *args, **named: built.append(quick(*args, **named)) or built[-1],
    )
    table = read(path, ["code"])
    assert built[0] is not None
    assert len(table) == len(built[0][0]) == N


@pytest.mark.parametrize("geometries", [SQUARES, [None, *SQUARES[1:]]])
def test_other_names_and_an_index(tmp_path, geometries):
    columns = {"code": COLUMNS["text"], "geometry": COLUMNS["whole"], "key": COLUMNS["small"]}
    table = gpd.GeoDataFrame(pd.DataFrame(columns), geometry=gpd.GeoSeries(geometries), crs=4490)
    table = table.rename_geometry("shape").assign(geometry=COLUMNS["whole"]).set_index("key")
    path, seen = tmp_path / "units.parquet", []
    table.to_parquet(path)
    found = read_vector(path, layer=None, pick=lambda names: seen.extend(names) or names)
    assert seen == found.table.columns.tolist() == ["code", "geometry"]
    shapes = found.geometry
    drawn = shapes.geometries() if isinstance(shapes, Polygons) else shapes
    assert shapely.to_wkb(drawn).tolist() == table.geometry.to_wkb().tolist()
    for name in seen:
        assert found.table[name].tolist() == table[name].tolist()


def test_gaps_in_the_rows_of_a_geopackage(tmp_path, monkeypatch):
    path = written(tmp_path / "units.gpkg", SQUARES, {"code": COLUMNS["text"]})
    with _sqlite(path) as database:
        database.execute("DELETE FROM units WHERE fid IN (1, 5, 6)")
    got = read(path, ["code"])
    assert len(got) == N - 3
    require_same(got, thorough(monkeypatch, path, ["code"]), ["code"])


def test_a_count_of_rows_that_is_wrong(tmp_path):
    path = written(tmp_path / "units.gpkg", SQUARES, {"code": COLUMNS["text"]})
    with _sqlite(path) as database:
        database.execute("UPDATE gpkg_ogr_contents SET feature_count = 5")
    assert len(read(path, ["code"])) == N


def test_text_that_is_no_utf8(tmp_path):
    path = written(tmp_path / "units.gpkg", SQUARES, {"code": COLUMNS["text"]})
    with _sqlite(path) as database:
        database.execute("UPDATE units SET code = CAST(x'ff41' AS TEXT) WHERE fid = 3")
    with pytest.raises(BoundaryFileError, match="decode"):
        read_vector(path, layer=None, pick=lambda _: ["code"])


@contextmanager
def _sqlite(path: Path) -> Iterator[sqlite3.Connection]:
    """The file as a database without GeoPackage's functions, hence without its spatial index."""
    database = sqlite3.connect(path)
    for (name,) in database.execute("SELECT name FROM sqlite_master WHERE name LIKE 'rtree%'"):
        database.execute(f"DROP TRIGGER IF EXISTS {name}")
    yield database
    database.commit()
    database.close()


@pytest.mark.parametrize("suffix", ["gpkg", "parquet"])
def test_files_damaged_in_the_middle(tmp_path, monkeypatch, suffix):
    geometries = [Point(k, k).buffer(0.4, quad_segs=60) for k in range(300)]
    path = written(tmp_path / f"units.{suffix}", geometries, {"code": [*map(str, range(300))]})
    whole, rng = path.read_bytes(), np.random.default_rng(5)
    outcomes = set()
    for at in np.linspace(len(whole) // 4, len(whole) * 3 // 4, 8).astype(int):
        path.write_bytes(whole[:at] + rng.bytes(4096) + whole[at + 4096 :])
        quick, slow = (_outcome(path, patch) for patch in (None, monkeypatch))
        assert quick == slow
        outcomes.add(quick[0])
    assert "refused" in outcomes


def _outcome(path: Path, monkeypatch) -> tuple[str, object]:
    try:
        if monkeypatch is None:
            table = read(path, ["code"])
        else:
            table = thorough(monkeypatch, path, ["code"])
    except BoundaryFileError as error:
        return "refused", str(error)
    return "read", (table.geometry.to_wkb().tolist(), table["code"].tolist())
