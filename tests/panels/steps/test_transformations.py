"""Logs, winsorising, lags, scaling, interpolation and balance."""

import math

import numpy as np
import pandas as pd
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from geo.errors import DomainError, DuplicateCityYearError, TableColumnError
from panels.balance import balance_patterns, balanced
from panels.origins import Origins
from panels.steps.interpolate import interpolate
from panels.steps.lags import difference, lag
from panels.steps.logs import log_columns
from panels.steps.scaling import scale_columns
from panels.steps.winsorise import winsorise

GAPS = [("A", 2010, 1.0), ("A", 2011, 2.0), ("A", 2013, 8.0), ("B", 2012, 5.0), ("B", 2011, 4.0)]
AT = Origins({"x": "t"}, {"t": {("0000", 2001): ("book.xlsx", 7)}})


def keyed(rows=GAPS):
    return pd.DataFrame(rows, columns=["city_id", "year", "x"])


def one_city(values, first=2000):
    return keyed([("0000", first + at, value) for at, value in enumerate(values)])


def test_a_lag_is_the_value_of_the_year_before_never_of_the_row_before():
    made = lag(keyed(), {"x": "l"}, years=1, where="s")
    assert made.table["l"].tolist()[1] == 1.0
    assert np.isnan(made.table["l"].to_numpy()[[0, 2, 4]]).all()
    assert made.table["l"].tolist()[3] == 4.0
    (row,) = made.audit
    assert (row.rule, row.count) == ("lag_missing", 3)
    assert "3 missing because the city has no row" in row.detail


def test_leads_and_longer_lags():
    assert lag(keyed(), {"x": "f"}, years=-1, where="s").table["f"].tolist()[4] == 5.0
    two = lag(keyed(), {"x": "l"}, years=2, where="s").table["l"]
    assert two.tolist()[2] == 2.0
    assert two.notna().sum() == 1


def test_differences_respect_gaps():
    made = difference(keyed(), {"x": "d"}, where="s").table["d"]
    assert made.tolist()[1] == 1.0
    assert made.tolist()[3] == 1.0
    assert made.notna().sum() == 2
    with pytest.raises(DomainError, match="1 or more years"):
        difference(keyed(), {"x": "d"}, years=0, where="s")
    with pytest.raises(DomainError, match="other than 0"):
        lag(keyed(), {"x": "d"}, years=0, where="s")


def test_lags_refuse_repeated_years_and_taken_names():
    with pytest.raises(DuplicateCityYearError):
        lag(keyed([*GAPS, GAPS[0]]), {"x": "l"}, years=1, where="s")
    with pytest.raises(TableColumnError, match="s: column 'x': expected a new name"):
        lag(keyed(), {"x": "x"}, years=1, where="s")


keys = st.lists(
    st.tuples(st.sampled_from("AB"), st.integers(2000, 2012)), unique=True, min_size=1, max_size=20
)


@given(keys, st.integers(-3, 3).filter(bool))
def test_lags_by_dictionary(pairs, years):
    values = {pair: float(at) for at, pair in enumerate(pairs)}
    table = keyed([(*pair, value) for pair, value in values.items()])
    made = lag(table, {"x": "l"}, years=years, where="s").table["l"]
    expected = [values.get((city, year - years), math.nan) for city, year in pairs]
    np.testing.assert_array_equal(made, expected)


def test_logs_by_rule():
    table = one_city([1.0, 0.0, math.e, np.nan])
    shifted = log_columns(table, {"x": "l"}, zeros="log1p", where="s")
    np.testing.assert_allclose(shifted.table["l"], np.log1p(table["x"]))
    assert [(row.rule, row.count) for row in shifted.audit] == [("zeros_log1p", 1)]
    added = log_columns(table, {"x": "l"}, zeros="add", constant=0.5, where="s")
    np.testing.assert_allclose(added.table["l"], np.log(table["x"] + 0.5))
    dropped = log_columns(table, {"x": "l"}, zeros="drop", origins=AT, where="s")
    np.testing.assert_allclose(dropped.table["l"], [0.0, 1.0, np.nan])
    assert dropped.dropped.to_numpy().tolist() == [["0000", 2001, "x is zero"]]
    (row,) = dropped.audit
    assert (row.rule, row.file, row.row, row.old, row.new) == (
        "zero_dropped", "book.xlsx", 7, "0", "",
    )  # fmt: skip
    assert table.columns.tolist() == ["city_id", "year", "x"]


def test_logs_refuse_zeros_and_negatives():
    with pytest.raises(DomainError, match=r"s: expected x above 0, found 0 for city 0000, year"):
        log_columns(one_city([1.0, 0.0]), {"x": "l"}, where="s")
    for zeros in ("drop", "log1p", "error"):
        with pytest.raises(DomainError, match="x of zero or more, found -1"):
            log_columns(one_city([-1.0]), {"x": "l"}, zeros=zeros, where="s")
    for constant in (None, 0.0, math.nan):
        with pytest.raises(DomainError, match="a constant above 0"):
            log_columns(one_city([1.0]), {"x": "l"}, zeros="add", constant=constant, where="s")


def test_winsorising_by_hand():
    table = one_city([float(one) for one in range(1, 102)])
    made = winsorise(table, {"x": "w"}, lower=0.05, upper=0.9, origins=AT, where="s")
    assert made.table["w"].min() == 6.0
    assert made.table["w"].max() == 91.0
    changed = [row for row in made.audit if row.rule == "winsorised"]
    assert len(changed) == 15
    assert next(row for row in changed if row.row == 7).old == "2"
    assert (changed[0].old, changed[0].new) == ("1", "6")


@given(
    st.lists(st.floats(-1e6, 1e6) | st.just(math.nan), min_size=2, max_size=50),
    st.sampled_from([0.0, 0.05, 0.1]),
)
def test_stata_quantiles_and_idempotence(values, tail):
    table = one_city(values)
    step = winsorise(table, {"x": "w"}, lower=tail, upper=1 - tail, quantiles="stata", where="s")
    made = step.table["w"].to_numpy()
    known = sorted(one for one in values if not math.isnan(one))
    if not known:
        assert np.isnan(made).all()
        assert step.audit == ()
        return

    def percentile(p):
        rank = len(known) * p
        if abs(rank - round(rank)) < 1e-9:
            at = round(rank)
            return (known[max(at - 1, 0)] + known[min(at, len(known) - 1)]) / 2
        return known[math.ceil(rank) - 1]

    np.testing.assert_allclose(np.nanmin(made), percentile(tail), rtol=1e-12)
    np.testing.assert_allclose(np.nanmax(made), percentile(1 - tail), rtol=1e-12)
    np.testing.assert_array_equal(np.isnan(made), np.isnan(values))
    changed = [a for a, b in zip(values, made, strict=True) if a != b and not math.isnan(a)]
    assert len(step.audit) == len(changed)
    assert all(row.old and row.new for row in step.audit)


def test_winsorising_against_scipy_and_by_year():
    rng = np.random.default_rng(1)
    table = pd.DataFrame(
        {"city_id": [f"{one:04d}" for one in range(100)] * 2, "year": [2000] * 100 + [2001] * 100}
    ).assign(x=rng.normal(size=200) + np.repeat([0.0, 100.0], 100))
    # scipy moves a whole number of values to their neighbour, which is a closest observation.
    oracle = scipy.stats.mstats.winsorize(table["x"].to_numpy(), limits=(0.05, 0.05))
    pooled = winsorise(table, {"x": "w"}, lower=0.05, upper=0.95, where="s").table["w"]
    assert np.isclose(pooled, oracle).mean() >= 0.9
    by_year = winsorise(table, {"x": "w"}, lower=0.05, upper=0.95, by="year", where="s").table
    for year, part in by_year.groupby("year"):
        low, high = np.quantile(table.loc[table["year"] == year, "x"], [0.05, 0.95])
        assert part["w"].min() == pytest.approx(low)
        assert part["w"].max() == pytest.approx(high)


def test_replacing_must_be_said():
    table = one_city([1.0, 5.0, 9.0]).assign(y=1.0)
    with pytest.raises(TableColumnError, match="column 'y': expected a new name"):
        winsorise(table, {"x": "y"}, where="s")
    assert winsorise(table, {"x": "x"}, lower=0.5, upper=1, where="s").table["x"].tolist() == [
        5.0, 5.0, 9.0,
    ]  # fmt: skip
    with pytest.raises(DomainError, match="0 <= lower < upper <= 1"):
        winsorise(table, {"x": "w"}, lower=0.9, upper=0.1, where="s")
    with pytest.raises(TableColumnError, match="'w' twice"):
        winsorise(table, {"x": "w", "y": "w"}, where="s")


@pytest.mark.parametrize("by", ["pooled", "year", "city"])
def test_scaling_against_pandas(by):
    rng = np.random.default_rng(2)
    table = pd.DataFrame(
        [(f"c{city}", year, rng.normal()) for city in range(5) for year in range(2000, 2006)],
        columns=["city_id", "year", "x"],
    )
    table.loc[3, "x"] = np.nan
    by_column = {"pooled": pd.Series(0, index=table.index), "year": table["year"],
                 "city": table["city_id"]}  # fmt: skip
    grouped = table.groupby(by_column[by])["x"]
    low, high = grouped.transform("min"), grouped.transform("max")
    expected = {
        "centre": table["x"] - grouped.transform("mean"),
        "standardise": (table["x"] - grouped.transform("mean")) / grouped.transform("std"),
        "min_max": (table["x"] - low) / (high - low),
    }
    for rule, values in expected.items():
        made = scale_columns(table, {"x": "s"}, rule=rule, by=by, where="s").table["s"]
        np.testing.assert_allclose(made, values, atol=1e-12)


def test_what_does_not_vary_cannot_be_scaled():
    table = one_city([3.0, 3.0])
    assert scale_columns(table, {"x": "c"}, rule="centre", where="s").table["c"].tolist() == [0, 0]
    for rule in ("standardise", "min_max"):
        with pytest.raises(DomainError, match=r"s: city 0000: expected values of x that differ"):
            scale_columns(table, {"x": "s"}, rule=rule, by="city", where="s")


def test_interpolation_inside_gaps_only():
    table = one_city([np.nan, 1.0, np.nan, 3.0, np.nan, np.nan, 9.0, np.nan])
    made = interpolate(table, ["x"], max_gap=1, origins=AT, where="s")
    np.testing.assert_array_equal(
        made.table["x"], [np.nan, 1.0, 2.0, 3.0, np.nan, np.nan, 9.0, np.nan]
    )
    assert made.table["x_interpolated"].tolist() == [False, False, True] + [False] * 5
    filled, left = made.audit
    assert (filled.rule, filled.subject, filled.old, filled.new) == (
        "interpolated", "x: city 0000, year 2002", "", "2",
    )  # fmt: skip
    assert (left.rule, left.count) == ("not_interpolated", 4)
    wide = interpolate(table, ["x"], max_gap=2, where="s").table["x"]
    np.testing.assert_array_equal(wide, [np.nan, 1.0, 2.0, 3.0, 5.0, 7.0, 9.0, np.nan])


def test_interpolation_runs_over_years_not_rows():
    """Absent rows count in the gap, rows come in any order, cities are not mixed."""
    table = keyed([("A", 2004, 9.0), ("A", 2000, 1.0), ("A", 2001, np.nan), ("B", 2001, np.nan),
                   ("B", 2000, 5.0)])  # fmt: skip
    assert np.isnan(interpolate(table, ["x"], max_gap=2, where="s").table["x"][2])
    made = interpolate(table, ["x"], max_gap=3, where="s").table["x"]
    assert made[2] == 3.0
    assert np.isnan(made[3])
    with pytest.raises(DomainError, match="max_gap: expected 1 year or more"):
        interpolate(table, ["x"], max_gap=0, where="s")
    with pytest.raises(TableColumnError, match="x_interpolated"):
        interpolate(table.assign(x_interpolated=1), ["x"], max_gap=1, where="s")


@given(st.lists(st.floats(-100, 100) | st.just(math.nan), min_size=1, max_size=25))
def test_interpolation_against_pandas(values):
    made = interpolate(one_city(values), ["x"], max_gap=100, where="s").table["x"]
    expected = pd.Series(values).interpolate(limit_area="inside")
    np.testing.assert_allclose(made, expected, atol=1e-9)


def test_balance_drops_cities_with_their_reasons():
    table = keyed(
        [
            ("A", 2010, 1.0),
            ("A", 2011, 1.0),
            ("B", 2010, 1.0),
            ("C", 2010, 1.0),
            ("C", 2011, np.nan),
        ]
    )
    made = balanced(table, ["x"], where="s")
    assert made.table["city_id"].tolist() == ["A", "A"]
    assert [(row.subject, row.detail, row.count) for row in made.audit] == [
        ("city B", "no row in 2011; dropped", 1),
        ("city C", "x missing in 2011; dropped", 2),
    ]
    assert made.dropped.to_numpy().tolist() == [
        ["B", 2010, "no row in 2011"],
        ["C", 2010, "x missing in 2011"],
        ["C", 2011, "x missing in 2011"],
    ]


def test_balance_over_some_years():
    table = keyed([("A", 2010, 1.0), ("A", 2011, 1.0), ("B", 2011, 1.0), ("C", 2010, 1.0)])
    made = balanced(table, ["x"], years=[2011], where="s")
    assert made.table[["city_id", "year"]].to_numpy().tolist() == [["A", 2011], ["B", 2011]]
    assert {row.rule: row.count for row in made.audit} == {
        "city_not_complete": 1,
        "outside_years": 1,
    }
    reasons = dict(zip(made.dropped["city_id"], made.dropped["reason"], strict=True))
    assert reasons == {"A": "outside the years", "C": "no row in 2011"}
    with pytest.raises(DomainError, match=r"a city with every column in 2010-2012, found none"):
        balanced(table, ["x"], years=[2010, 2011, 2012], where="s")


@given(keys)
def test_balance_keeps_exactly_the_complete_cities(pairs):
    table = keyed([(*pair, 1.0) for pair in pairs])
    years = {year for _, year in pairs}
    complete = {city for city in "AB" if all((city, year) in pairs for year in years)}
    if not complete:
        with pytest.raises(DomainError):
            balanced(table, [], where="s")
        return
    made = balanced(table, [], where="s")
    assert set(made.table["city_id"]) == complete
    assert len(made.table) + len(made.dropped) == len(table)


def test_patterns_of_years():
    table = keyed([("A", 2010, 0.0), ("A", 2012, 0.0), ("B", 2010, 0.0), ("B", 2012, 0.0),
                   ("C", 2010, 0.0), ("C", 2011, 0.0), ("C", 2012, 0.0)])  # fmt: skip
    found = balance_patterns(table)
    assert found.to_numpy().tolist() == [["#.#", 2, 4, "2011", "A, B"], ["###", 1, 3, "", "C"]]
    assert balance_patterns(table.iloc[:0]).empty
