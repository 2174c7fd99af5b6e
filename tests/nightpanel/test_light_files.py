"""Files of light: what they hold, and that their bytes hang on nothing else."""

import sqlite3
from collections.abc import Sequence
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pyogrio
import pytest
import shapely

from geo.boundaries import Units
from geo.polygons import polygons_of
from nightpanel import light_files
from nightpanel.exports import geopackage
from nightpanel.light_files import write_light_files
from nightpanel.store import Store
from tiles.unit_geometry import UnitGeometry
from tiles.unit_years import COLUMNS

YEARS = (2000, 2001, 2002, 2003)
FILES = ("cities.parquet", "townships.gpkg", "townships.parquet", "units.parquet")
KEY = "0" * 64


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.checked(tmp_path / "cache")


def _units(crs: str = "EPSG:4326") -> gpd.GeoDataFrame:
    """Twelve units of three cities, the last one of two parts and the one before with a hole."""
    boxes = [shapely.box(x, y, x + 1, y + 1) for y in range(3) for x in range(4)]
    boxes[10] = boxes[10] - shapely.box(2.2, 2.2, 2.4, 2.4)
    boxes[11] = shapely.MultiPolygon([boxes[11], shapely.box(6, 2, 7, 3)])
    ids = [f"{city}{unit:02d}" for unit in range(4) for city in ("20", "10", "30")]
    texts = {"unit_id": ids, "city_id": [name[:2] for name in ids], "name": ["甲 乙", "", "c"] * 4}
    return gpd.GeoDataFrame(pd.DataFrame(texts, dtype="str"), geometry=boxes, crs=crs)


def _as_units(table: gpd.GeoDataFrame) -> Units:
    return Units(
        attributes=pd.DataFrame(table.drop(columns="geometry")),
        drawn=lambda: polygons_of(table.geometry.to_numpy()),
        crs=table.crs,
        audit=(),
        source="units",
    )


def _unit_years(
    units: gpd.GeoDataFrame, years: Sequence[int], products: Sequence[str] = ("viirs",)
) -> pd.DataFrame:
    """Numbers that hang on unit, year and product alone, some of them missing."""
    tables = []
    for product in products:
        for year in years:
            rng = np.random.default_rng([year, len(product)])
            table = pd.DataFrame(units[["unit_id", "city_id"]])
            table = table.assign(year=year, product=product)
            for name in COLUMNS[4:-1]:
                table[name] = rng.gamma(2.0, 3.0, len(units))
            table.loc[year % 12, ["mean", "sum"]] = np.nan
            table["flags"] = np.where(table["mean"].isna(), "no_valid_cells", "")
            tables.append(table)
    texts = dict.fromkeys(["unit_id", "city_id", "product", "flags"], "str")
    return pd.concat(tables, ignore_index=True).astype(texts)[list(COLUMNS)]


def _city_years(unit_years: pd.DataFrame) -> pd.DataFrame:
    keys = ["product", "city_id", "year"]
    table = unit_years.groupby(keys, as_index=False).agg(gini=("mean", "std"), mean=("mean", "sum"))
    return table[["city_id", "year", "product", "gini", "mean"]]


def _write(folder: Path, unit_years: pd.DataFrame, **options: object) -> dict[str, bytes]:
    """The bytes of the four files."""
    folder.mkdir()
    units = options.pop("units", _units())
    write_light_files(
        units=_as_units(units),
        unit_years=unit_years,
        city_years=_city_years(unit_years),
        folder=folder,
        **options,
    )
    assert sorted(path.name for path in folder.iterdir()) == list(FILES)
    return {name: (folder / name).read_bytes() for name in FILES}


@pytest.fixture(params=["small pages", "large pages"])
def page(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    if request.param == "large pages":
        monkeypatch.setattr(geopackage, "LARGE", 12)
        return geopackage.LARGE_PAGE
    return geopackage.SMALL_PAGE


@pytest.mark.parametrize("products", [("viirs",), ("viirs", "dmsp")])
def test_files_hold_the_tables(tmp_path: Path, products: Sequence[str], page: int) -> None:
    unit_years = _unit_years(_units(), YEARS, sorted(products))
    _write(tmp_path / "out", unit_years)
    path = tmp_path / "out" / "townships.gpkg"
    for name, table in (("unit", unit_years), ("city", _city_years(unit_years))):
        plural = {"unit": "units", "city": "cities"}[name]
        whole = pd.read_parquet(tmp_path / "out" / f"{plural}.parquet")
        pd.testing.assert_frame_equal(whole, table, check_exact=True)
        back = pyogrio.read_dataframe(path, layer=f"{name}_years")
        order = ["year", "product"] if name == "unit" else []
        ordered = table.sort_values(order, kind="stable", ignore_index=True) if order else table
        pd.testing.assert_frame_equal(back, ordered, check_exact=True)
    with sqlite3.connect(path) as database:
        assert database.execute("pragma page_size").fetchone() == (page,)


@pytest.mark.parametrize("products", [("viirs",), ("viirs", "dmsp")])
def test_layers_are_units_and_cities_with_columns_of_years(
    tmp_path: Path, products: Sequence[str]
) -> None:
    units, unit_years = _units(), _unit_years(_units(), YEARS, sorted(products))
    unit_years = unit_years[unit_years["unit_id"] != units["unit_id"][3]]
    _write(tmp_path / "out", unit_years)
    path = tmp_path / "out" / "townships.gpkg"
    expected = _joined(units, unit_years, "unit_id", {"light": "mean"})
    layer = pyogrio.read_dataframe(path, layer="townships")
    assert set(layer.geom_type) == {"MultiPolygon"}
    single = layer.set_geometry(
        [shape.geoms[0] for shape in layer.geometry[:11]] + [units.geometry[11]]
    )
    pd.testing.assert_frame_equal(single[list(expected)], expected, check_exact=True)
    twin = gpd.read_parquet(tmp_path / "out" / "townships.parquet")
    pd.testing.assert_frame_equal(twin, expected, check_exact=True)
    assert twin.crs == layer.crs == units.crs
    expected.to_parquet(tmp_path / "expected.parquet")
    files = (tmp_path / "out" / "townships.parquet", tmp_path / "expected.parquet")
    assert len({pq.read_metadata(file).metadata[b"geo"] for file in files}) == 1
    cities = pyogrio.read_dataframe(path, layer="cities")
    dissolved = units.dissolve("city_id", as_index=False).assign(n_units=4)
    values = {"gini": "gini", "mean": "mean"}
    table = dissolved[["city_id", "geometry", "n_units"]]
    expected = _joined(table, _city_years(unit_years), "city_id", values)
    assert cities.geometry.geom_equals(expected.geometry).all()
    numbers = [name for name in expected if name != "geometry"]
    pd.testing.assert_frame_equal(
        pd.DataFrame(cities[numbers]), pd.DataFrame(expected[numbers]), check_exact=True
    )


def _joined(
    table: gpd.GeoDataFrame, rows: pd.DataFrame, key: str, values: dict[str, str]
) -> gpd.GeoDataFrame:
    """The table with columns PREFIX_YEAR or PREFIX_PRODUCT_YEAR, one lookup at a time."""
    several = rows["product"].nunique() > 1
    for prefix, value in values.items():
        for product in sorted(rows["product"].unique()):
            for year in sorted(rows["year"].unique()):
                of_block = rows[(rows["year"] == year) & (rows["product"] == product)]
                found = dict(zip(of_block[key], of_block[value], strict=True))
                name = f"{prefix}_{product}_{year}" if several else f"{prefix}_{year}"
                table = table.assign(**{name: [found.get(row, np.nan) for row in table[key]]})
    return table


def test_a_geographic_system_reads_the_geopackage(tmp_path: Path) -> None:
    _write(tmp_path / "out", _unit_years(_units(), YEARS))
    path = tmp_path / "out" / "townships.gpkg"
    kinds = [(str(name), kind) for name, kind in pyogrio.list_layers(path)]
    assert kinds == [
        ("townships", "MultiPolygon"), ("cities", "MultiPolygon"),
        ("townships_by_year", "MultiPolygon"), ("cities_by_year", "MultiPolygon"),
        ("unit_years", None), ("city_years", None), ("years", None), ("layer_styles", None),
    ]  # fmt: skip
    with sqlite3.connect(path) as database:
        assert database.execute("pragma integrity_check").fetchall() == [("ok",)]
        assert database.execute("pragma journal_mode").fetchone() == ("delete",)
        extents = database.execute(
            "select table_name, min_x, min_y, max_x, max_y, srs_id from gpkg_contents"
            " where data_type = 'features' order by table_name"
        ).fetchall()
        layers = ("cities", "cities_by_year", "townships", "townships_by_year")
        assert extents == [(layer, 0, 0, 7, 3, 4326) for layer in layers]
        indexed = database.execute("select count(*) from rtree_townships_geom").fetchone()
        assert indexed == (12,)
        times = database.execute("select distinct last_change from gpkg_contents").fetchall()
        assert times == [(geopackage.FIXED_TIME,)]
    inside = pyogrio.read_dataframe(path, layer="townships", bbox=(0.1, 0.1, 0.2, 0.2))
    assert inside["unit_id"].tolist() == ["2000"]


@pytest.mark.parametrize("crs", ["ESRI:102025", "+proj=aea +lat_1=25 +lat_2=47 +lon_0=105"])
def test_any_reference_system(tmp_path: Path, crs: str) -> None:
    units = _units(crs)
    _write(tmp_path / "out", _unit_years(units, YEARS[:1]), units=units)
    bounds = units.to_crs("EPSG:4326").total_bounds
    for layer in ("townships", "cities"):
        found = pyogrio.read_dataframe(tmp_path / "out" / "townships.gpkg", layer=layer)
        assert found.crs != "EPSG:4326"
        np.testing.assert_array_equal(found.total_bounds, units.total_bounds)
        np.testing.assert_allclose(found.to_crs("EPSG:4326").total_bounds, bounds, rtol=1e-12)
    assert gpd.read_parquet(tmp_path / "out" / "townships.parquet").crs == units.crs


@pytest.mark.parametrize("products", [("viirs",), ("viirs", "dmsp")])
def test_an_added_year_makes_the_bytes_of_a_run_from_nothing(
    tmp_path: Path, store: Store, page: int, products: Sequence[str]
) -> None:
    units = _units()
    nothing = _write(tmp_path / "nothing", _unit_years(units, YEARS, products))
    _write(tmp_path / "before", _unit_years(units, YEARS[:3], products), store=store, units_key=KEY)
    (kept,) = store.used["blocks"]
    written = _layers_written(
        tmp_path / "added", _unit_years(units, YEARS, products), store=store, units_key=KEY
    )
    assert written.count("unit_years") == len(products)
    assert store.found["blocks"] == [kept]
    assert len(store.found["shapes"]) == 1
    assert {name: (tmp_path / "added" / name).read_bytes() for name in FILES} == nothing
    with sqlite3.connect(tmp_path / "added" / "townships.gpkg") as database:
        assert database.execute("pragma page_size").fetchone() == (page,)


def _layers_written(folder: Path, unit_years: pd.DataFrame, **options: object) -> list[str]:
    """Names of the layers that were written to, one for each time."""
    written = []
    honest = pyogrio.write_arrow

    def write(*words: object, **named: object) -> None:
        written.append(str(named["layer"]))
        honest(*words, **named)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pyogrio, "write_arrow", write)
        _write(folder, unit_years, **options)
    return written


def test_a_polygon_is_no_multipolygon_of_one(tmp_path: Path, store: Store) -> None:
    """Equal rings, and another type of geometry: not the same units, nor the same bytes."""
    single, table = _units(), _unit_years(_units(), YEARS[:1])
    multi = single.set_geometry(
        [shapely.MultiPolygon(list(shapely.get_parts(shape))) for shape in single.geometry]
    )
    keys = [UnitGeometry(_as_units(units)).digest for units in (single, multi)]
    assert keys[0] != keys[1]
    for name, units, key in zip(("single", "multi"), (single, multi), keys, strict=True):
        nothing = _write(tmp_path / f"{name} nothing", table, units=units)
        assert _write(tmp_path / name, table, units=units, store=store, units_key=key) == nothing


def test_what_the_store_has_is_taken_as_far_as_it_goes(tmp_path: Path, store: Store) -> None:
    units = _units()
    options = {"store": store, "units_key": KEY}
    _write(tmp_path / "a", _unit_years(units, (2000, 2001, 2003)), **options)
    _write(tmp_path / "b", _unit_years(units, (2000, 2001)), **options)
    inserted = _unit_years(units, YEARS)
    changed = inserted.copy()
    changed.loc[14, "mean"] += 1e-9  # of 2001
    fewer = inserted[inserted["unit_id"] != "2000"]
    cases = {"inserted": (inserted, 2), "changed": (changed, 4), "fewer": (fewer, 4)}
    for case, (table, blocks) in cases.items():
        written = _layers_written(tmp_path / case, table, **options)
        assert written.count("unit_years") == blocks
        nothing = _write(tmp_path / f"{case} nothing", table)
        assert {name: (tmp_path / case / name).read_bytes() for name in FILES} == nothing


@pytest.mark.parametrize(("more", "kept"), [(3, 1), (4, 2)])
def test_some_years_are_rather_written_again_than_kept(
    tmp_path: Path, store: Store, more: int, kept: int
) -> None:
    table = _unit_years(_units(), range(2000, 2002 + more))
    _write(tmp_path / "first", table[table["year"] < 2002], store=store)
    for folder, again in (("more", more), ("again", more if kept == 1 else 0)):
        written = _layers_written(tmp_path / folder, table, store=store)
        assert written.count("unit_years") == again
        assert len(store.used["blocks"]) == kept


def test_files_of_other_pages_are_not_taken(
    tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = _unit_years(_units(), YEARS)
    _write(tmp_path / "small", table, store=store)
    monkeypatch.setattr(geopackage, "LARGE", 12)
    nothing = _write(tmp_path / "nothing", table)
    assert _write(tmp_path / "large", table, store=store) == nothing


def test_what_is_there_is_not_put_again(
    tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = _unit_years(_units(), YEARS)
    _write(tmp_path / "first", table, store=store, units_key=KEY)

    def refuse(*_: object) -> None:
        raise AssertionError("put again")

    monkeypatch.setattr(Store, "put", refuse)
    _write(tmp_path / "second", table, store=store, units_key=KEY)


def test_damaged_entries_are_not_taken(tmp_path: Path, store: Store) -> None:
    table = _unit_years(_units(), YEARS)
    nothing = _write(tmp_path / "nothing", table, store=store, units_key=KEY)
    for kind in ("blocks", "shapes"):
        (path,) = (store.folder / kind).iterdir()
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        path.write_bytes(content)
    assert _write(tmp_path / "again", table, store=store, units_key=KEY) == nothing
    assert set(store.damaged) == {"blocks", "shapes"}


def test_shapes_are_kept_for_these_units_alone(tmp_path: Path, store: Store) -> None:
    units, table = _units(), _unit_years(_units(), YEARS[:1])
    _write(tmp_path / "a", table, store=store, units_key=KEY)
    renamed = units.assign(name=units["name"].str.upper())
    recoded = units.assign(city_id="1" + units["city_id"])
    for case, (other, key) in {
        "name": (renamed, KEY), "city": (recoded, KEY), "geometry": (units, "1" * 64),
    }.items():  # fmt: skip
        found = dict(store.found)
        options = {"units": other, "store": store, "units_key": key}
        assert _write(tmp_path / case, table, **options) == _write(
            tmp_path / f"{case} nothing", table, units=other
        )
        assert store.found.get("shapes") == found.get("shapes")


def test_bytes_do_not_hang_on_how_the_table_is_stored(tmp_path: Path) -> None:
    units = _units()
    whole = _unit_years(units, YEARS)
    years = [_unit_years(units, [year]) for year in YEARS]
    texts = ["unit_id", "city_id", "product", "flags"]
    nothing = _write(tmp_path / "whole", whole)
    assert _write(tmp_path / "joined", pd.concat(years)) == nothing
    assert _write(tmp_path / "codes", whole.astype(dict.fromkeys(texts, "category"))) == nothing
    assert _write(tmp_path / "threads", whole, threads=1) == nothing


def test_shapes_of_unknown_geometry_are_not_kept(tmp_path: Path, store: Store) -> None:
    _write(tmp_path / "out", _unit_years(_units(), YEARS[:1]), store=store)
    assert set(store.used) == {"blocks"}


def test_an_error_of_the_pool_is_raised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(light_files, "write_parquet", full)
    with pytest.raises(OSError, match="No space left"):
        _write(tmp_path / "out", _unit_years(_units(), YEARS[:1]))
