"""Two sources of one variable."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.errors import JoinError, TableColumnError
from panels.reconcile import RECONCILIATION, reconciled, with_chosen

A = pd.DataFrame(
    {
        "city_id": ["1100", "1100", "4508"],
        "year": [2018, 2019, 2018],
        "gdp": [100.0, 0.0, np.nan],
        "x": 1.0,
    }
)
B = pd.DataFrame(
    {
        "city_id": ["1100", "1100", "4508", "4509"],
        "year": [2018, 2019, 2018, 2018],
        "gdp": [110.0, 0.0, 5.0, 6.0],
    }
)


def compare(a=A, b=B, **changes):
    settings = {"column": "gdp", "tolerance": 0.05, "prefer": "a", "fill": False, "where": "r"}
    return reconciled(("a", a), ("b", b), **(settings | changes))


def test_differences_by_hand():
    table = compare().comparison
    assert list(table.columns) == list(RECONCILIATION)
    assert table["city_id"].tolist() == ["1100", "1100", "4508", "4509"]
    np.testing.assert_allclose(table["relative_difference"], [1 / 11, 0.0, np.nan, np.nan])
    assert table["above"].tolist() == [True, False, False, False]
    assert table["chosen"].tolist() == ["a", "a", "", ""]
    assert not compare(tolerance=0.1).comparison["above"].any()


def test_gaps_are_filled_only_when_asked_and_each_is_said():
    made = compare(fill=True)
    assert made.comparison["chosen"].tolist() == ["a", "a", "b", "b"]
    assert made.comparison["value"].tolist() == [100.0, 0.0, 5.0, 6.0]
    filled = [(row.subject, row.new) for row in made.audit if row.rule == "reconcile_filled"]
    assert filled == [
        ("r: column 'gdp', city 4508, year 2018", "5"),
        ("r: column 'gdp', city 4509, year 2018", "6"),
    ]
    assert (
        "2 city-years in both, 1 differ by more than 0.05; the most, +0.091" in made.audit[0].detail
    )


def test_the_preferred_table_keeps_the_column_and_its_rows():
    tables = {"a": A, "b": B}
    made = with_chosen(tables, compare().comparison, prefer="a")
    assert list(made) == ["a"]
    pd.testing.assert_frame_equal(made["a"], A)
    filled = with_chosen(tables, compare(fill=True).comparison, prefer="a")["a"]
    assert filled["gdp"].tolist() == [100.0, 0.0, 5.0, 6.0]
    assert filled["x"].isna().tolist() == [False, False, False, True]


def test_the_other_table_keeps_what_else_it_has():
    other = with_chosen({"a": A, "b": B}, compare(prefer="b").comparison, prefer="b")
    assert list(other["a"].columns) == ["city_id", "year", "x"]
    pd.testing.assert_frame_equal(other["b"], B)


@given(st.floats(-1e9, 1e9), st.floats(-1e9, 1e9))
def test_the_difference_is_bounded_and_antisymmetric(one, two):
    key = {"city_id": ["1100"], "year": [2018]}
    a, b = pd.DataFrame({**key, "gdp": [one]}), pd.DataFrame({**key, "gdp": [two]})
    units = ("万元", "万元")
    forth = compare(a, b, units=units).comparison["relative_difference"].iloc[0]
    back = compare(b, a, units=units).comparison["relative_difference"].iloc[0]
    assert forth == -back
    assert -2.0 <= forth <= 2.0
    assert (forth == 0.0) == (one == two)


def test_what_cannot_be_reconciled():
    with pytest.raises(TableColumnError, match="prefer: expected 'a' or 'b', found 'c'"):
        compare(prefer="c")
    with pytest.raises(TableColumnError, match="table 'b': column 'gdp'"):
        compare(b=B.drop(columns="gdp"))
    with pytest.raises(JoinError, match="city-years with a value in 'a' and in 'b', found none"):
        compare(b=B.iloc[3:])


def in_units(*units, **changes):
    b = B.assign(gdp=B["gdp"] / 10000)
    return compare(A, b, fill=True, units=units, **changes)


def test_values_of_two_known_units_are_compared_in_the_preferred_ones():
    made = in_units("万元", "亿元")
    np.testing.assert_allclose(made.comparison["value"], [100.0, 0.0, 5.0, 6.0])
    np.testing.assert_allclose(made.comparison["relative_difference"][:2], [1 / 11, 0.0])
    (row,) = [row for row in made.audit if row.rule == "unit_converted"]
    assert (row.count, row.old, row.new) == (4, "亿元", "万元")
    other = in_units("万元", "亿元", prefer="b").comparison
    np.testing.assert_allclose(other["value"], [0.011, 0.0, 0.0005, 0.0006])


@pytest.mark.parametrize(
    ("units", "said"),
    [
        (("万元", "万人"), "found 万元 in 'a', 万人 in 'b'"),
        (("万元", None), r"typically 0.00011 times those of 'a' \(万元 in 'a', no unit in 'b'\)"),
        ((None, None), "values in one unit"),
    ],
)
def test_units_that_cannot_be_one_are_refused(units, said):
    with pytest.raises(TableColumnError, match=said):
        in_units(*units)


def test_what_only_the_other_table_has_is_named_where_it_does_not_fill():
    left = [row for row in compare().audit if row.rule == "reconcile_unfilled"]
    assert [(row.subject, row.count) for row in left] == [
        ("r: column 'gdp', city 4508", 1),
        ("r: column 'gdp', city 4509", 1),
    ]
    assert not [row for row in compare(fill=True).audit if row.rule == "reconcile_unfilled"]
