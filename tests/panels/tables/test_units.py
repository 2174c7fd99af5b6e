"""Units: their names, their arithmetic, and the file against the study."""

from fractions import Fraction

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.errors import TableColumnError
from panels.tables.units import UNITS, converted, split_unit, stated_unit, unit_change, unit_named
from tests.panels.table_files import csv, named, read, xlsx

ROWS = [["110000", 2018, 10.5], ["450800", 2018, 7.25]]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("万元", "万元"), ("亿元人民币", "亿元"), ("100 million yuan", "亿元"),
        ("10,000 yuan", "万元"), ("％", "percent"), ("km²", "平方公里"), ("m³", "立方米"),
        ("m²", "平方米"), ("万 人", "万人"), ("人/平方公里", "人/平方公里"),
    ],
)  # fmt: skip
def test_units_by_their_names(text, name):
    assert unit_named(text) == UNITS[name]


@pytest.mark.parametrize("text", ["万", "亿", "", "gdp", "现价", "元/吨"])
def test_what_is_no_unit(text):
    assert unit_named(text) is None


@pytest.mark.parametrize(
    ("header", "name", "unit"),
    [
        ("GDP（亿元）", "GDP", "亿元"),
        ("地区生产总值（现价，万元）", "地区生产总值", "万元"),
        ("人均GDP(元)", "人均GDP", "元"),
        ("面积 [km2]", "面积", "平方公里"),
        ("GDP/万元", "GDP", "万元"),
        ("GDP, 10,000 yuan", "GDP", "万元"),
        ("增长率(%)①", "增长率", "percent"),
        ("GDP/人", "GDP/人", None),
        ("房价(元/吨)", "房价(元/吨)", None),
        ("gdp_share", "gdp_share", None),
        ("万元", "万元", None),
    ],
)
def test_units_in_headers(header, name, unit):
    assert split_unit(header) == (name, None if unit is None else UNITS[unit])


def test_units_that_a_line_states():
    assert stated_unit("单位：万元") == UNITS["万元"]
    assert stated_unit("表1 （单位:亿元）") == UNITS["亿元"]
    assert stated_unit("Unit: 10,000 persons") == UNITS["万人"]
    assert stated_unit("2018年") is None


@pytest.mark.parametrize(
    ("before", "after", "value", "expected"),
    [
        ("万元", "亿元", 123.45, 0.012345),
        ("亿元", "万元", 0.012345, 123.45),
        ("percent", "fraction", 43.7, 0.437),
        ("亩", "公顷", 15.0, 1.0),
        ("千公顷", "平方公里", 1.0, 10.0),
        ("人/平方公里", "万人/平方公里", 12345.0, 1.2345),
    ],
)
def test_conversions(before, after, value, expected):
    made = converted(pd.Series([value]), UNITS[before], UNITS[after])
    assert made.tolist() == pytest.approx([expected], rel=1e-15)


@given(st.integers(-(10**12), 10**12), st.sampled_from(["元", "千元", "万元", "百万元", "亿元"]))
def test_amounts_to_a_hundredth_convert_to_the_nearest_double(hundredths, unit):
    value = pd.Series([hundredths / 100])
    exact = Fraction(hundredths / 100) * UNITS[unit].factor / UNITS["亿元"].factor
    assert converted(value, UNITS[unit], UNITS["亿元"]).iloc[0] == float(exact)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("万圆人", "found '万圆人'; did you mean '万.'"),
        ("万元 -> 万人", "expected a unit that 万元 can become"),
        ("万元 -> 亿元 -> 元", "write one arrow"),
    ],
)
def test_declarations_that_make_no_sense(text, message):
    with pytest.raises(TableColumnError, match=message):
        unit_change(text, where="t")


def table(folder, header, rows=ROWS):
    return xlsx(folder, [["城市代码", "年份", header], *rows])


def test_a_declared_unit_is_converted_and_recorded(tmp_path):
    made = read(table(tmp_path, "地区生产总值"), units={"gdp": "亿元 -> 万元"})
    assert made.table["gdp"].tolist() == [105000.0, 72500.0]
    assert made.units == {"gdp": "万元"}
    (row,) = named(made, "unit_converted")
    assert (row.count, row.old, row.new) == (2, "亿元", "万元")


def test_the_file_contradicts_the_study(tmp_path):
    with pytest.raises(TableColumnError) as caught:
        read(table(tmp_path, "地区生产总值（亿元）"), units={"gdp": "万元"})
    line = str(caught.value)
    assert "expected numbers in 万元, as the study declares" in line
    assert 'found 亿元, as the column itself says; declare "亿元" or "亿元 -> 万元"' in line


def test_a_line_above_contradicts_the_study_only_in_its_dimension(tmp_path):
    text = "单位：万元\n城市代码,年份,地区生产总值,人口\n110000,2018,10.5,3\n"
    file = csv(tmp_path, text)
    columns = {"gdp": "地区生产总值", "pop": "人口"}
    made = read(file, columns=columns, units={"gdp": "万元", "pop": "万人"})
    assert made.units == {"gdp": "万元", "pop": "万人"}
    with pytest.raises(TableColumnError, match="found 万元, as the table as a whole says"):
        read(file, columns=columns, units={"gdp": "亿元"})


def test_a_column_of_nothing_but_a_unit_states_it(tmp_path):
    text = "城市代码,年份,地区生产总值,单位\n110000,2018,10.5,百万美元\n450800,2018,2,百万美元\n"
    made = read(csv(tmp_path, text), units={"gdp": "-> 亿美元"})
    assert made.table["gdp"].tolist() == [0.105, 0.02]


def test_the_unit_may_be_left_to_the_file_if_it_says_one(tmp_path):
    made = read(table(tmp_path, "地区生产总值（万元）"), units={"gdp": "-> 亿元"})
    assert made.table["gdp"].tolist() == [0.00105, 0.000725]
    with pytest.raises(TableColumnError, match='found none; declare it: "UNIT -> 亿元"'):
        read(table(tmp_path, "地区生产总值"), units={"gdp": "-> 亿元"})
    with pytest.raises(TableColumnError, match=r"expected numbers in 亿元.*found 万人"):
        read(table(tmp_path, "地区生产总值（万人）"), units={"gdp": "-> 亿元"})


def test_a_unit_that_only_the_file_says_is_kept_and_said(tmp_path):
    made = read(table(tmp_path, "地区生产总值（亿元）"))
    assert made.table["gdp"].tolist() == [10.5, 7.25]
    assert named(made, "unit_read")[0].new == "亿元"


def test_units_of_one_meaning_are_no_contradiction(tmp_path):
    made = read(table(tmp_path, "地区生产总值（公顷）"), units={"gdp": "万平方米"})
    assert made.table["gdp"].tolist() == [10.5, 7.25]


def test_percents_declared_as_fractions_are_refused(tmp_path):
    with pytest.raises(
        TableColumnError, match=r"expected fractions, found values of typically 8.8"
    ):
        read(table(tmp_path, "地区生产总值"), units={"gdp": "fraction"})


def test_percent_signs_are_numbers_only_in_columns_of_percents(tmp_path):
    file = table(tmp_path, "地区生产总值", [["110000", 2018, "35.2%"], ["450800", 2018, "40％"]])
    with pytest.raises(TableColumnError, match='declare the column\'s unit as "percent"'):
        read(file)
    made = read(file, units={"gdp": "percent -> fraction"})
    assert made.table["gdp"].tolist() == [35.2 / 100, 0.4]


def test_a_unit_of_no_mapped_column_is_refused(tmp_path):
    with pytest.raises(TableColumnError, match=r"units\.pop: expected one of the mapped"):
        read(table(tmp_path, "地区生产总值"), units={"pop": "人"})


def test_labels_of_stata_columns_say_units(tmp_path):
    file = tmp_path / "t.dta"
    table = pd.DataFrame({"code": ["1100"], "year": [2018], "gdp": [10.5]})
    table.to_stata(
        file, write_index=False, variable_labels={"gdp": "地区生产总值（亿元）"}, version=118
    )
    made = read(file, city="code", year="year", columns={"gdp": "gdp"}, units={"gdp": "-> 万元"})
    assert made.table["gdp"].tolist() == [105000.0]


def test_each_fraction_that_may_be_a_percent_is_named(tmp_path):
    text = "城市代码,年份,地区生产总值\n110000,2018,0.35\n110000,2019,0.9\n110000,2020,45\n"
    made = read(csv(tmp_path, text), units={"gdp": "fraction"})
    (row,) = named(made, "fraction_above")
    assert (row.row, row.old) == (4, "45")
    assert made.table["gdp"].tolist() == [0.35, 0.9, 45.0]
