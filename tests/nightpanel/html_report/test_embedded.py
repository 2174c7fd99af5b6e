"""Data inside the page: read back by a decoder of its own, and never the end of a script."""

import base64
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nightpanel.html_report.embedded import decimals_for, packed, packed_matrix, script_json


def unpacked(text: str) -> list[int]:
    """A second, naive way: bit by bit, with Python's whole numbers."""
    numbers, value, shift = [], 0, 0
    for byte in base64.b64decode(text):
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            numbers.append(-(value // 2) - 1 if value % 2 else value // 2)
            value, shift = 0, 0
    return numbers


def test_bytes_by_hand() -> None:
    assert base64.b64decode(packed(np.array([0, -1, 1, 63, 64, -65]))) == bytes(
        [0, 1, 2, 126, 0x80, 0x01, 0x81, 0x01]
    )
    assert packed(np.array([], dtype=np.int64)) == ""


@given(st.lists(st.integers(-(2**50) + 1, 2**50 - 1), max_size=40))
def test_numbers_come_back(numbers: list[int]) -> None:
    assert unpacked(packed(np.array(numbers, dtype=np.int64))) == numbers


def test_a_matrix_comes_back_with_its_gaps() -> None:
    values = np.array([[1.234, np.nan, 0.0], [np.nan, np.nan, 2.5]])
    made = packed_matrix(values, 3)
    assert (made["rows"], made["columns"], made["decimals"]) == (2, 3, 3)
    whole = np.cumsum(np.array(unpacked(made["values"])).reshape(2, 3), axis=1)
    assert whole.tolist() == [[1235, 0, 1], [0, 0, 2501]]


@pytest.mark.parametrize(
    ("largest", "decimals"), [(63.0, 3), (1.0, 4), (0.05, 6), (7000.0, 3), (0.0, 3), (1e-9, 9)]
)
def test_decimals_keep_five_digits(largest: float, decimals: int) -> None:
    assert decimals_for(np.array([[largest, np.nan]])) == decimals


@pytest.mark.parametrize(
    "text", ["</script>", "<!--<script>", "a & b", "line\u2028end\u2029", "汉字", '"\\']
)
def test_no_text_ends_a_script(text: str) -> None:
    made = script_json({"text": text, text: [1, None]})
    assert not set("<>&\u2028\u2029") & set(made)
    assert json.loads(made) == {"text": text, text: [1, None]}


def test_what_is_not_finite_is_null() -> None:
    value = {"a": [float("nan"), np.float64("inf"), np.int64(3)], "b": np.array([0.5, np.nan])}
    assert json.loads(script_json(value)) == {"a": [None, None, 3], "b": [0.5, None]}
