"""City codes from every shape in which files store them."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.errors import CodeError
from panels.cities.codes import (
    MUNICIPALITIES,
    PSEUDO_CITIES,
    apply_crosswalk,
    city_code,
    crosswalk_named,
)

WHERE = "yearbook.xlsx [Sheet1]: column '城市代码'"


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (pd.Series([110000.0, 450821.0]), ["1100", "4508"]),
        (pd.Series([1100.0, 1301.0], dtype="float32"), ["1100", "1301"]),
        (pd.Series([1100, 4508]), ["1100", "4508"]),
        (pd.Series([110000, 450800], dtype="Int64"), ["1100", "4508"]),
        (pd.Series(["110000", " 450800 "]), ["1100", "4508"]),
        (pd.Series(["110000.0", "450800.00"]), ["1100", "4508"]),
        (pd.Series(["0101", "0120"]), ["0101", "0120"]),
        (pd.Series(["010100", "450800"], dtype=object), ["0101", "4508"]),
        (pd.Series([110101001, "450821100000"], dtype=object), ["1101", "4508"]),
        (pd.Series([np.int64(1100), np.float64(4508.0)], dtype=object), ["1100", "4508"]),
    ],
)
def test_every_stored_shape_becomes_the_same_text(values, expected):
    codes = city_code(values, where=WHERE)
    assert codes.tolist() == expected
    assert codes.dtype == "str"
    assert codes.index.equals(values.index)


def test_missing_codes_stay_missing_and_repeated_index_labels_do_no_harm():
    values = pd.Series(["1100", None, " ", np.nan, "-", 4508], index=[3, 3, 4, 5, 6, 6])
    codes = city_code(values, where=WHERE)
    assert codes.isna().tolist() == [False, True, True, True, True, False]
    assert codes.index.tolist() == [3, 3, 4, 5, 6, 6]
    assert codes.iloc[[0, 5]].tolist() == ["1100", "4508"]


@pytest.mark.parametrize(
    "bad", ["北京市", "11-00", "1.1e5", "1100.5", 1100.5, -1100, True, float("inf"), "１１００"]
)
def test_what_is_no_code_is_named_with_file_column_row_and_value(bad):
    with pytest.raises(CodeError) as caught:
        city_code(pd.Series(["1100", bad], index=[2, 7], dtype=object), where=WHERE)
    line = str(caught.value)
    assert WHERE in line
    assert "row 7" in line
    assert str(bad) in line


def test_a_code_that_is_too_short_has_lost_its_leading_zero():
    with pytest.raises(CodeError, match="found 101 in a column of 4-digit codes") as caught:
        city_code(pd.Series([101, 102]), where=WHERE)
    assert "read it as text" in str(caught.value)


def test_a_code_one_digit_shorter_than_its_neighbours_has_lost_its_leading_zero():
    with pytest.raises(CodeError, match=r"10100 .row 1. beside 6-digit codes"):
        city_code(pd.Series([110000, 10100]), where=WHERE)
    assert city_code(pd.Series(["1100", "450821"]), where=WHERE).tolist() == ["1100", "4508"]


@given(
    codes=st.lists(st.integers(0, 9999).map("{:04d}".format), min_size=1, max_size=20),
    tail=st.text("0123456789", min_size=2, max_size=2),
)
def test_text_keeps_its_first_digits(codes, tail):
    longer = pd.Series([code + tail for code in codes], dtype="str")
    assert city_code(longer, where=WHERE).tolist() == codes


@given(st.lists(st.integers(1000, 9999), min_size=1, max_size=20))
def test_numbers_and_text_agree(numbers):
    as_text = [str(number) for number in numbers]
    assert city_code(pd.Series(numbers, dtype="float64"), where=WHERE).tolist() == as_text
    assert city_code(pd.Series(numbers, dtype="int64"), where=WHERE).tolist() == as_text


def test_other_numbers_of_digits():
    codes = city_code(pd.Series(["110000", "450800"]), digits=2, where=WHERE)
    assert codes.tolist() == ["11", "45"]


def test_municipalities_are_one_city_each():
    assert dict(MUNICIPALITIES) == {
        "1101": "1100",
        "1102": "1100",
        "1201": "1200",
        "1202": "1200",
        "3101": "3100",
        "3102": "3100",
        "5001": "5000",
        "5002": "5000",
    }
    assert crosswalk_named("china-municipalities") == MUNICIPALITIES


def test_pseudo_cities():
    assert frozenset({"4190", "4290", "4690", "6590"}) == PSEUDO_CITIES


def test_the_crosswalk_moves_its_codes_only():
    codes = pd.Series(["1101", "1100", "4508", None], index=[5, 6, 7, 8], dtype="str")
    moved = apply_crosswalk(codes, MUNICIPALITIES)
    assert moved.iloc[:3].tolist() == ["1100", "1100", "4508"]
    assert moved.isna().tolist() == [False, False, False, True]
    assert moved.dtype == "str"
    assert moved.index.equals(codes.index)
    assert codes.iloc[0] == "1101"


def test_an_unknown_crosswalk_is_refused_with_the_known_names():
    with pytest.raises(CodeError, match=r"china-municipalities.*'china'"):
        crosswalk_named("china")
