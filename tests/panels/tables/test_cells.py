"""What a cell means."""

import math
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.errors import TableColumnError
from panels.tables.cells import is_missing, number_column, plain, year_of

WHERE = "yearbook.csv: column 'gdp'"


@pytest.mark.parametrize(
    "cell", ["", "  ", "\u3000", "-", "..", "…", "……", "N/A", "NaN", "null", None, math.nan, pd.NA]
)
def test_missing(cell):
    assert is_missing(cell)


@pytest.mark.parametrize("cell", [0, 0.0, "0", "none", "北京", "--1", False])
def test_not_missing(cell):
    assert not is_missing(cell)


@pytest.mark.parametrize(
    ("cell", "number"),
    [
        (3, 3.0),
        (np.float32(0.5), 0.5),
        (Decimal("1.25"), 1.25),
        ("16737.30", 16737.3),
        (" -1.5e3 ", -1500.0),
        (".5", 0.5),
        ("7.", 7.0),
        ("1 234.5", 1234.5),
        ("1\u00a0234", 1234.0),
        ("１２３．５", 123.5),
        ("−5", -5.0),
        ("1,234", 1234.0),
        ("-1，234,567.8", -1234567.8),
    ],
)
def test_numbers(cell, number):
    read = number_column(pd.Series([cell], dtype=object), where=WHERE)
    assert read.numbers.tolist() == [number]
    assert read.numbers.dtype == "float64"


@pytest.mark.parametrize(
    "cell",
    ["12,5", "1,23", "1 23", "45%", "约300", "#DIV/0!", "0x10", "inf", "1_000", True, math.inf],
)
def test_what_is_no_number_is_named_with_file_column_row_and_value(cell):
    with pytest.raises(TableColumnError) as caught:
        number_column(pd.Series([1, cell], index=[2, 9], dtype=object), where=WHERE)
    line = str(caught.value)
    assert WHERE in line
    assert "row 9" in line
    assert repr(str(cell)) in line


def test_markers_and_commas_are_counted():
    cells = pd.Series(["1,000", "-", "..", None, "", "-", "2"], dtype=object)
    read = number_column(cells, where=WHERE)
    np.testing.assert_array_equal(read.numbers, [1000.0, *[math.nan] * 5, 2.0])
    assert read.markers == {"-": 2, "..": 1}
    assert read.grouped == 1


@given(st.lists(st.floats(allow_nan=True, allow_infinity=False), max_size=20))
def test_text_of_a_double_gives_back_the_double(values):
    text = pd.Series([repr(value) for value in values], dtype=object)
    read = number_column(text, where=WHERE)
    np.testing.assert_array_equal(read.numbers, np.array(values, dtype=float))


@pytest.mark.parametrize(
    "cell", [2018, 2018.0, np.float32(2018), "2018", " 2018.0 ", "2018年", "２０１８"]
)
def test_years(cell):
    assert year_of(cell) == 2018


@pytest.mark.parametrize(
    "cell",
    ["2018年度", "18", 18, 2018.5, 201801, True, None, math.nan, math.inf, "2018①", "-2018"],
)
def test_no_years(cell):
    assert year_of(cell) is None


def test_plain():
    assert plain(" 地区生产总值\n (万元)\u3000") == "地区生产总值 (万元)"


@pytest.mark.parametrize(
    ("cell", "decimal", "number"),
    [
        ("1,234", ".", 1234.0), ("1,234", ",", 1.234), ("1.234,5", ",", 1234.5),
        ("1.234", ",", 1234.0), ("12,5①", ",", 12.5), ("1,234.5", None, 1234.5),
        ("1,234,567", None, 1234567.0), ("１，５", ",", 1.5), (0.5, ",", 0.5),
    ],
)  # fmt: skip
def test_decimal_signs(cell, decimal, number):
    read = number_column(pd.Series([cell], dtype=object), where=WHERE, decimal=decimal)
    assert read.numbers.tolist() == [number]


@pytest.mark.parametrize("cell", ["1,234", "-12,500*", "１，２３４"])
def test_a_single_comma_is_not_guessed_where_it_may_be_either(cell):
    with pytest.raises(TableColumnError, match=r'semicolons; state decimal = ","'):
        number_column(pd.Series([cell], dtype=object), where=WHERE, decimal=None)


def test_a_decimal_comma_that_is_not_declared_is_told():
    with pytest.raises(TableColumnError, match="if the comma is the decimal sign"):
        number_column(pd.Series(["1,5"], dtype=object), where=WHERE)
