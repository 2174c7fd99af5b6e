"""Industrial structure upgrading: by hand, by an oracle in fractions, and every refusal."""

import math
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from geo.errors import DomainError, SharesError, TableColumnError
from panels.indices import uil
from panels.origins import Origins

VA = ["va1", "va2", "va3"]
SHARES = ["s1", "s2", "s3"]
WHERE = "yearbook.xlsx [panel]"


def made(va=None, shares=None, cities=None):
    n = len(va if va is not None else shares)
    table = pd.DataFrame({"city_id": cities or ["4508"] * n, "year": range(2018, 2018 + n)})
    for names, values in ((VA, va), (SHARES, shares)):
        if values is not None:
            table[names] = np.asarray(values, dtype=float)
    return table


def numbers(result):
    return list(result.values)


def rules(result):
    counts = ("uil_from_value_added", "uil_from_shares", "uil_missing")
    return {row.rule: row.count for row in result.audit if row.rule in counts}


def test_value_added_by_hand():
    table = made(va=[[10, 0, 0], [0, 10, 0], [0, 0, 10], [10, 20, 70], [1, 1, 2]])
    result = uil(table, value_added=VA, where=WHERE)
    assert numbers(result) == pytest.approx([1.0, 2.0, 3.0, 2.6, 2.25], abs=1e-15)
    assert result.keep.all()
    assert rules(result) == {"uil_from_value_added": 5}


@pytest.mark.parametrize(("unit", "scale"), [("fraction", 1.0), ("percent", 100.0)])
def test_shares_by_hand(unit, scale):
    table = made(shares=np.array([[0.1, 0.4, 0.5], [0.25, 0.25, 0.5]]) * scale)
    result = uil(table, shares=SHARES, unit=unit, where=WHERE)
    assert numbers(result) == pytest.approx([2.4, 2.25], abs=1e-14)
    assert rules(result) == {"uil_from_shares": 2}


def test_value_added_comes_first_and_shares_fill():
    table = made(
        va=[[1, 1, 2], [1, np.nan, 2], [np.nan] * 3, [1, 0, 0]],
        shares=[[0.1, 0.4, 0.5], [0.1, 0.4, 0.5], [np.nan, 0.5, 0.5], [0.2, 0.5, 0.5]],
    )
    places = {("4508", 2018 + at): ("yearbook.xlsx", 2 + at) for at in range(4)}
    origins = Origins(dict.fromkeys(SHARES, "book"), {"book": places})
    result = uil(table, value_added=VA, shares=SHARES, where=WHERE, origins=origins)
    np.testing.assert_allclose(result.values, [2.25, 2.4, np.nan, 1.0], atol=1e-14)
    assert result.keep.all()
    assert rules(result) == {
        "uil_from_value_added": 2,
        "uil_from_shares": 1,
        "uil_missing": 1,
    }
    told = [row for row in result.audit if row.file]
    assert [(one.rule, one.subject, one.row, one.old, one.new) for one in told] == [
        ("uil_filled_from_shares", f"{WHERE}: city 4508, year 2019", 3, "", "2.4"),
        ("shares_off_unused", f"{WHERE}: city 4508, year 2021", 5, "0.2 + 0.5 + 0.5", ""),
    ]
    assert [one.detail for one in told] == [
        "value added is not complete; from the shares 0.1 + 0.4 + 0.5",
        "shares sum to 1.2000; value added is used",
    ]


@given(st.lists(st.lists(st.integers(0, 10**9), min_size=3, max_size=3), min_size=1, max_size=8))
def test_against_exact_fractions(levels):
    assume(all(sum(row) > 0 for row in levels))
    values = numbers(uil(made(va=levels), value_added=VA, where=WHERE))
    exact = [Fraction(p + 2 * s + 3 * t, p + s + t) for p, s, t in levels]
    np.testing.assert_allclose(values, [float(x) for x in exact], rtol=1e-14)
    assert all(1.0 - 1e-15 <= value <= 3.0 + 1e-15 for value in values)


@given(
    st.lists(st.floats(0.01, 1e6), min_size=3, max_size=3),
    st.floats(1e-3, 1e3),
)
def test_value_added_and_its_own_shares_agree_at_any_scale(levels, scale):
    total = math.fsum(levels)
    table = made(va=[[v * scale for v in levels]], shares=[[100 * v / total for v in levels]])
    by_levels = uil(table, value_added=VA, where=WHERE)
    by_shares = uil(table, shares=SHARES, unit="percent", where=WHERE)
    np.testing.assert_allclose(by_levels.values, by_shares.values, rtol=1e-12)


def test_shares_that_miss_one_are_refused_by_name():
    table = made(shares=[[0.1, 0.4, 0.5], [0.1, 0.4, 0.4], [0.3, 0.4, 0.5]])
    with pytest.raises(SharesError) as caught:
        uil(table, shares=SHARES, where=WHERE)
    line = str(caught.value)
    assert WHERE in line
    assert "found 0.9000 for city 4508, year 2019 (2 rows in all)" in line


def test_shares_that_miss_one_are_kept_as_reported():
    table = made(shares=[[0.1, 0.4, 0.5], [0.1, 0.4, 0.4]])
    result = uil(table, shares=SHARES, on_bad_shares="keep", where=WHERE)
    assert numbers(result) == pytest.approx([2.4, 2.1], abs=1e-14)
    assert result.keep.tolist() == [True, True]
    flagged = [row for row in result.audit if row.rule == "shares_off"]
    assert [(row.subject, row.detail) for row in flagged] == [
        (f"{WHERE}: city 4508, year 2019", "shares sum to 0.9000; kept")
    ]
    assert rules(result) == {"uil_from_shares": 2}


def test_shares_that_miss_one_are_dropped():
    table = made(shares=[[0.1, 0.4, 0.5], [0.1, 0.4, 0.4]])
    result = uil(table, shares=SHARES, on_bad_shares="drop", where=WHERE)
    assert result.keep.tolist() == [True, False]
    assert [math.isnan(value) for value in numbers(result)] == [False, True]
    assert rules(result) == {"uil_from_shares": 1, "uil_missing": 1}
    assert [row.detail for row in result.audit if row.rule == "shares_off"] == [
        "shares sum to 0.9000; dropped"
    ]


@pytest.mark.parametrize(("total", "passes"), [(1.0049, True), (0.9951, True), (1.0051, False)])
def test_the_tolerance(total, passes):
    table = made(shares=[[0.2, 0.3, total - 0.5]])
    result = uil(table, shares=SHARES, on_bad_shares="drop", where=WHERE)
    assert result.keep.tolist() == [passes]


@pytest.mark.parametrize(
    "row", [[0.1, 0.4, 0.495], [0.1, 0.4, 0.505], [0.2, 0.3, 0.505], [0.995, 0, 0], [0, 0, 1.005]]
)
@pytest.mark.parametrize(("unit", "scale"), [("fraction", 1.0), ("percent", 100.0)])
def test_just_the_tolerance_is_not_more_than_it(row, unit, scale):
    result = uil(made(shares=[np.array(row) * scale]), shares=SHARES, unit=unit, where=WHERE)
    assert numbers(result) == pytest.approx([row[0] + 2 * row[1] + 3 * row[2]], abs=1e-12)


@pytest.mark.parametrize("on_bad_shares", ["error", "keep", "drop"])
@pytest.mark.parametrize(
    ("unit", "scale", "other"), [("fraction", 100, "percent"), ("percent", 1, "fraction")]
)
def test_the_wrong_unit_is_recognised(on_bad_shares, unit, scale, other):
    table = made(shares=np.array([[0.1, 0.4, 0.5], [0.2, 0.4, 0.4]]) * scale)
    with pytest.raises(SharesError, match=f'declare unit = "{other}"') as caught:
        uil(table, shares=SHARES, unit=unit, on_bad_shares=on_bad_shares, where=WHERE)
    assert f"sums of typically {scale}" in str(caught.value)


def test_negative_value_added_is_refused_by_name():
    with pytest.raises(DomainError) as caught:
        uil(made(va=[[1, 1, 1], [1, -2.5, 3]]), value_added=VA, where=WHERE)
    assert f"{WHERE}: column 'va2'" in str(caught.value)
    assert "-2.5 for city 4508, year 2019" in str(caught.value)


@pytest.mark.parametrize("bad", [-0.1, math.inf])
def test_shares_out_of_domain_are_refused(bad):
    with pytest.raises(DomainError, match=r"column 's1'.*city 4508, year 2018"):
        uil(made(shares=[[bad, 0.6, 0.5]]), shares=SHARES, where=WHERE)


def test_no_value_added_at_all_is_refused():
    with pytest.raises(DomainError, match="zero in all three for city 4508, year 2019"):
        uil(made(va=[[1, 1, 1], [0, 0, 0]]), value_added=VA, where=WHERE)


def test_kept_shares_must_still_give_an_index():
    table = made(shares=[[0.1, 0.4, 0.5], [0.3, 0.1, 0.1]])
    with pytest.raises(
        DomainError, match=r"between 1 and 3, found 0.8000 for city 4508, year 2019"
    ):
        uil(table, shares=SHARES, on_bad_shares="keep", where=WHERE)


def test_columns_are_three_and_exist():
    table = made(va=[[1, 1, 1]])
    with pytest.raises(TableColumnError, match="neither"):
        uil(table, where=WHERE)
    with pytest.raises(TableColumnError, match="three columns"):
        uil(table, value_added=VA[:2], where=WHERE)
    with pytest.raises(TableColumnError, match=r"value added: .*found va1, va2, va1"):
        uil(table, value_added=["va1", "va2", "va1"], where=WHERE)
    with pytest.raises(TableColumnError, match=r"share: .*found va3, va3, va3"):
        uil(table, value_added=VA, shares=["va3"] * 3, where=WHERE)
    with pytest.raises(TableColumnError, match=r"'va4'.*did you mean"):
        uil(table, value_added=["va1", "va2", "va4"], where=WHERE)


def test_the_table_is_not_touched_and_its_index_is_kept():
    table = made(va=[[1, 1, 2], [3, 1, 0]]).set_axis([5, 9])
    before = table.copy(deep=True)
    result = uil(table, value_added=VA, where=WHERE)
    pd.testing.assert_frame_equal(table, before)
    expected = pd.Series([2.25, 1.25], index=[5, 9], name="uil")
    pd.testing.assert_series_equal(result.values, expected)
    assert result.keep.index.tolist() == [5, 9]
