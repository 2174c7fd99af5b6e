"""Codes of units and cities as text: what is accepted, what is refused and how it is told."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import box

from geo.boundaries import Units, make_units, read_units
from geo.errors import BoundaryColumnError, DuplicateUnitError, NightpanelError

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


@pytest.mark.parametrize(
    ("values", "expected", "rule"),
    [
        (["007", "7", "x"], ["007", "7", "x"], []),
        ([" 007", "7\u3000", "x"], ["007", "7", "x"], ["stripped_blanks"]),
        (["４３０１", "4302", "甲"], ["4301", "4302", "甲"], ["full_width_digits"]),
        ([1, 2, 450821109000], ["1", "2", "450821109000"], ["codes_from_numbers"]),
        (pd.array([1, 2, 3], dtype="Int64"), ["1", "2", "3"], ["codes_from_numbers"]),
        (np.array([1, 2, 3], dtype=np.uint8), ["1", "2", "3"], ["codes_from_numbers"]),
        ([1.0, 2.0, 450821109000.0], ["1", "2", "450821109000"], ["codes_from_numbers"]),
        (np.array([1, 2, 3], dtype=np.float32), ["1", "2", "3"], ["codes_from_numbers"]),
        (pd.Series([1, "b ", 3.0], dtype=object), ["1", "b", "3"], None),
        (pd.Categorical(["a", "b", "c"]), ["a", "b", "c"], []),
    ],
)
def test_codes_become_text(values: object, expected: list[str], rule: list[str] | None) -> None:
    units = of(country(code=values), city_id="code")
    assert list(units.table["unit_id"]) == expected
    assert list(units.table["city_id"]) == expected
    assert rules(units) == (["codes_from_numbers", "stripped_blanks"] if rule is None else rule)


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ([1.0, 2.5, 3.0], "2.5"),
        ([1.0, float("inf"), 3.0], "inf"),
        ([1.0, 2.0**53, 3.0], "9007199254740992.0"),
        (np.array([1, 2**24, 3], dtype=np.float32), "16777216.0"),
        ([True, False, True], "True"),
        ([1, [2], 3], "list"),
        (pd.date_range("2020-01-01", periods=3), "Timestamp"),
    ],
)
def test_values_that_are_no_codes(values: object, found: str) -> None:
    with pytest.raises(BoundaryColumnError) as error:
        of(country(code=values), city_id="town")
    line_of(error, "table", "unit_id = 'code'", found)


@pytest.mark.parametrize("kind", ["int64", "float64", "Int64", "object"])
def test_numbers_that_lost_a_leading_zero(tmp_path: Path, kind: str) -> None:
    numbers = pd.Series([450802001, 11201003, 11201004]).astype(kind)
    for key, options in (
        ("unit_id = 'number'", {"unit_id": "number"}),
        ("city_id = 'number:4'", {"city_id": "number:4"}),
    ):
        with pytest.raises(BoundaryColumnError) as error:
            of(country(number=numbers), **options)
        line_of(error, "table", key, "'11201003'", "9 digits", "store the codes as text")
    path = tmp_path / "units.gpkg"
    country(number=[450802001, 11201003, 450802002]).to_file(path)
    with pytest.raises(BoundaryColumnError) as error:
        read_units(path, unit_id="number", city_id="code")
    line_of(error, path, "unit_id = 'number'", "'11201003'")


def test_texts_and_names_of_two_lengths_lost_nothing() -> None:
    texts = ["450802001", "11201003", "11201004"]
    assert list(of(country(code=texts)).table["unit_id"]) == texts
    units = make_units(country(house=[9, 10, 11]), unit_id="code", city_id="code:4", name="house")
    assert list(units.table["name"]) == ["9", "10", "11"]


def test_missing_column_with_suggestion(tmp_path: Path) -> None:
    path = tmp_path / "units.gpkg"
    country(Code_Perfecture=CODES).to_file(path)
    with pytest.raises(BoundaryColumnError) as error:
        read_units(path, unit_id="code", city_id="Code_Prefecture:4")
    line_of(error, path, "city_id = 'Code_Prefecture:4'", "did you mean 'Code_Perfecture'?")
    with pytest.raises(BoundaryColumnError) as error:
        read_units(path, unit_id="CODE", city_id="code")
    line_of(error, path, "unit_id = 'CODE'", "did you mean 'code'?")
    with pytest.raises(BoundaryColumnError) as error:
        read_units(path, unit_id="code", city_id="code", name="zzz")
    line_of(error, path, "name = 'zzz'", "'town'")
    assert "did you mean" not in str(error.value)


def test_geometry_is_no_column_of_codes() -> None:
    with pytest.raises(BoundaryColumnError):
        of(country(), unit_id="geometry")


def test_a_column_name_that_occurs_twice() -> None:
    table = country()
    table.columns = ["code", "code", "geometry"]
    with pytest.raises(BoundaryColumnError, match="found 2 of that name"):
        of(table)


@pytest.mark.parametrize("digits", ["0", "-1", "4.0", "x", "", "٤"])
def test_digits_must_be_a_positive_integer(digits: str) -> None:
    with pytest.raises(BoundaryColumnError) as error:
        of(country(), city_id=f"code:{digits}")
    line_of(error, "table", f"city_id = 'code:{digits}'", "positive integer")


def test_column_whose_name_has_a_colon() -> None:
    table = country().rename(columns={"town": "gb:4"}).assign(**{"gb:4": ["a", "b", "c"]})
    assert list(of(table, city_id="gb:4").table["city_id"]) == ["a", "b", "c"]


def test_code_shorter_than_the_digits() -> None:
    with pytest.raises(BoundaryColumnError) as error:
        of(country(city=["4508", "450", "4508"]), city_id="city:4")
    line_of(error, "table", "city_id = 'city:4'", "'450'", CODES[1])


@pytest.mark.parametrize("missing", [None, float("nan"), "", "  "])
def test_missing_city(missing: object) -> None:
    table = country(city=pd.Series(["4508", missing, "4508"], dtype=object))
    with pytest.raises(BoundaryColumnError) as error:
        of(table, city_id="city")
    line_of(error, "table", "city_id = 'city'", CODES[1])


@pytest.mark.parametrize("missing", [None, float("nan"), "", "  "])
def test_missing_unit_id(missing: object) -> None:
    table = country(code=pd.Series(["1", "2", missing], dtype=object))
    with pytest.raises(DuplicateUnitError) as error:
        of(table, city_id="town")
    line_of(error, "table", "unit_id = 'code'", "row 3")


def test_duplicated_unit_ids(tmp_path: Path) -> None:
    path = tmp_path / "units.gpkg"
    country(code=["b", "a", " a"]).to_file(path)
    with pytest.raises(DuplicateUnitError) as error:
        read_units(path, unit_id="code", city_id="code")
    line_of(error, path, "unit_id = 'code'", "'a' 2 times")


def test_duplicates_are_counted() -> None:
    codes = ["x", "b", "b", "b", "a", "a"]
    table = country().iloc[[0, 1, 2, 0, 1, 2]].assign(code=codes)
    with pytest.raises(DuplicateUnitError, match=r"'b' 3 times \(2 ids occur more than once\)"):
        of(table, city_id="code")
