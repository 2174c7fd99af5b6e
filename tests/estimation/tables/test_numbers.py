"""The one rule of rounding, by hand and as properties; that no table has another."""

import ast
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import estimation.tables
from estimation.tables.numbers import (
    decimals,
    figure,
    in_parentheses,
    interval,
    p_text,
    p_value,
    rounded,
)

NAN, INF = float("nan"), float("inf")
TABLES = Path(estimation.tables.__file__).parent


@pytest.mark.parametrize(
    ("error", "places"),
    [(0.0351, 3), (2.9, 3), (0.00231, 4), (0.000252, 5), (9.6e-05, 6), (1e-15, 9), (0.0, 3),
     (NAN, 3), (INF, 3)],
)  # fmt: skip
def test_two_figures_of_the_error_from_three_decimals_to_nine(error: float, places: int) -> None:
    assert decimals(error) == places


def test_published_numbers_are_printed_as_published() -> None:
    assert rounded(-0.0991, decimals(0.0351)) == "-0.099"
    assert in_parentheses(0.0351, decimals(0.0351)) == "(0.035)"
    assert interval(-0.168, -0.0302, 3) == "[-0.168, -0.030]"


def test_a_nought_has_no_sign_and_what_is_missing_is_empty() -> None:
    assert rounded(-0.0001, 3) == "0.000"
    assert figure(-0.0) == "0"
    assert rounded(NAN, 3) == in_parentheses(NAN, 3) == interval(NAN, NAN, 3) == figure(NAN) == ""
    assert interval(-INF, 0.5, 3) == "[-inf, 0.500]"


def test_other_figures_have_four_digits_and_p_values_three_decimals() -> None:
    assert [figure(one) for one in (117.63, 0.00041237, 1e7)] == ["117.6", "0.0004124", "1e+07"]
    assert figure(1 / 3, 6) == "0.333333"
    assert [p_value(one) for one in (0.0004, 0.0005, 0.0123, NAN)] == [
        "< 0.001",
        "0.001",
        "0.012",
        "",
    ]
    assert (p_text(0.0004), p_text(0.25)) == ("< 0.001", "= 0.250")


@given(
    st.floats(-1e6, 1e6, allow_nan=False),
    st.floats(1e-12, 1e3, allow_nan=False),
)
def test_rounding_is_that_of_the_exact_value(value: float, error: float) -> None:
    places = decimals(error)
    exact = Decimal(value).quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_EVEN)
    assert Decimal(rounded(value, places)) == exact
    if error > 1e-8:
        digits = rounded(error, places).replace(".", "").lstrip("0")
        assert len(digits) >= 2


def test_no_other_table_formats_a_number_itself() -> None:
    """A format such as ``:.3f`` in a table's module would be a second rule."""
    for path in TABLES.glob("*.py"):
        if path.name == "numbers.py":
            continue
        specs = [
            ast.unparse(node.format_spec)
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.FormattedValue) and node.format_spec is not None
        ]
        assert all("g" in spec and "." not in spec for spec in specs), path.name
