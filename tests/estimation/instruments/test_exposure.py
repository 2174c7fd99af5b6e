"""Exposure from tables: by hand, by loops; every wrong table by name."""

import numpy as np
import pandas as pd
import pytest

from estimation.instruments.exposure import by_shock, exposure
from estimation.instruments.keys import LeaveOneOut, Shares, ShiftShare, Shocks
from estimation.instruments.leave_one_out import leave_one_out_shocks
from geo.errors import DesignError, ExposureError
from tests.estimation.instruments.made_up import panel_tables

ASKED = ShiftShare(Shares("shares"), "shocks", Shocks("shocks", year="year"))
SHARES = pd.DataFrame(
    {
        "city_id": ["1101", "1101", "1102", "1102"],
        "sector": ["a", "b", "a", "b"],
        "share": [0.25, 0.75, 1.0, 0.0],
    }
)
SHOCKS = pd.DataFrame(
    {
        "sector": ["a", "b", "a", "b"],
        "year": [2011, 2011, 2012, 2012],
        "shock": [1.0, 2.0, 4.0, 8.0],
    }
)
CITIES, YEARS = ["1101", "1101", "1102"], np.array([2011, 2012, 2012])


def made(shares: pd.DataFrame = SHARES, shocks: pd.DataFrame = SHOCKS, asked: ShiftShare = ASKED):
    tables = {"shares": shares, "shocks": shocks}
    return exposure(asked, tables, CITIES, YEARS, where="design 'd', shift_share")


def test_exposure_by_hand() -> None:
    found = made()
    np.testing.assert_allclose(found.values, [0.25 + 1.5, 1.0 + 6.0, 4.0])
    np.testing.assert_allclose(found.sums, 1.0)
    assert found.complete
    assert found.even_sums
    columns = by_shock(found)
    np.testing.assert_allclose(columns.shares @ columns.shocks, found.values)
    assert columns.year.tolist() == [2011, 2011, 2012, 2012]
    assert columns.cluster.tolist() == [0, 1, 0, 1]


def test_shocks_of_all_years_and_clusters() -> None:
    shocks = pd.DataFrame({"sector": ["a", "b"], "shock": [1.0, 3.0], "wide": ["w", "w"]})
    asked = ShiftShare(Shares("shares"), "shocks", Shocks("shocks", cluster="wide"))
    found = made(shocks=shocks, asked=asked)
    np.testing.assert_allclose(found.values, [2.5, 2.5, 1.0])
    columns = by_shock(found)
    assert columns.cluster.tolist() == [0, 0]
    np.testing.assert_allclose(columns.shares @ columns.shocks, found.values)


def test_numbers_as_codes_and_years_of_shares() -> None:
    yearly = pd.concat([SHARES.assign(y=2011), SHARES.assign(y=2012, share=[0.5, 0.5, 0.2, 0.8])])
    yearly["city_id"] = yearly["city_id"].astype("int64")
    own = ShiftShare(Shares("shares", year="y"), "shocks", Shocks("shocks", year="year"))
    base = ShiftShare(
        Shares("shares", year="y", base_year=2012), "shocks", Shocks("shocks", year="year")
    )
    np.testing.assert_allclose(made(yearly, asked=own).values, [1.75, 6.0, 7.2])
    np.testing.assert_allclose(made(yearly, asked=base).values, [1.5, 6.0, 7.2])


def test_sums_below_one_are_seen() -> None:
    less = made(SHARES.assign(share=[0.25, 0.5, 0.5, 0.25]))
    assert not less.complete
    assert less.even_sums
    uneven = made(SHARES.assign(share=[0.25, 0.5, 0.5, 0.0]))
    assert not uneven.even_sums


def test_sectors_that_nobody_has_are_told() -> None:
    shares = pd.concat([SHARES, SHARES.assign(sector="c", share=0.0)[::2]])
    shocks = pd.concat([SHOCKS, pd.DataFrame({"sector": ["d"], "year": [2011], "shock": [9.0]})])
    found = made(shares, shocks)
    assert found.unused == ("c", "d")
    np.testing.assert_allclose(found.values, made().values)


@pytest.mark.parametrize(
    ("shares", "message"),
    [
        (
            SHARES.assign(share=[0.25, 0.8, 1, 0]),
            r"city_id 1101: .* one or less, found 1.05 \(1 suc",
        ),
        (SHARES.assign(share=[25, 75, 100, 0]), r"found 100 \(2 such sums.*percentages by 100"),
        (SHARES.assign(share=[-0.1, 1, 1, 0]), r"1101, sector a: .* 0 to 1, found -0.1 \(1 neg"),
        (SHARES.assign(share=[np.nan, 1, 1, 0]), r"1101, sector a: expected a number as 'share'"),
        (pd.concat([SHARES, SHARES[:1]]), r"1101, sector a: expected one row, found two \(1 rows"),
        (
            SHARES[:2],
            r"city_id 1102: .* every city-year .* found none \(1 city-years of 1 cities\)",
        ),
        (SHARES.assign(sector=["a", None, "a", "b"]), r"row 2 of the data: expected a key in ev"),
    ],
)
def test_wrong_shares_are_named(shares: pd.DataFrame, message: str) -> None:
    with pytest.raises(
        ExposureError, match=rf"design 'd', shift_share, shares \(shares\), .*{message}"
    ):
        made(shares)


@pytest.mark.parametrize(
    ("shocks", "message"),
    [
        (SHOCKS[:3], r"sector b, year 2012: expected a shock for every sector .* none \(1 lacking"),
        (SHOCKS[SHOCKS["sector"] == "a"], r"sector b, year 2011: .* found none \(2 lacking\)"),
        (pd.concat([SHOCKS, SHOCKS[:1]]), r"sector a, year 2011: expected one row, found two"),
        (SHOCKS.assign(shock=["x", 1, 2, 3]), r"sector a, year 2011: expected a number as 'shock'"),
        (SHOCKS.assign(year=[2011.5, 2011, 2012, 2012]), r"column 'year': expected years, found"),
    ],
)
def test_wrong_shocks_are_named(shocks: pd.DataFrame, message: str) -> None:
    with pytest.raises(ExposureError, match=rf"shift_share, shocks \(shocks\), .*{message}"):
        made(shocks=shocks)


def test_missing_columns_tables_and_clusters_are_named() -> None:
    with pytest.raises(DesignError, match=r"shares \(shares\), column 'share'.*did you mean"):
        made(SHARES.rename(columns={"share": "shares"}))
    with pytest.raises(DesignError, match=r"table 'shocks': .* handed over, found shares; name"):
        exposure(ASKED, {"shares": SHARES}, CITIES, YEARS, where="design 'd', shift_share")
    asked = ShiftShare(Shares("shares"), "shocks", Shocks("shocks", year="year", cluster="w"))
    with pytest.raises(ExposureError, match="sector a: expected one cluster, found several"):
        made(shocks=SHOCKS.assign(w=["p", "q", "r", "q"]), asked=asked)


@pytest.mark.parametrize("kind", ["growth", "log_growth", "value"])
def test_left_out_shocks_are_sums_over_the_others(kind: str) -> None:
    _, tables = panel_tables(cities=6, years=3, sectors=3)
    asked = ShiftShare(Shares("shares"), "shares", leave_one_out=LeaveOneOut("outcomes", kind=kind))
    cities, years = ["1101", "1103", "1106"], np.array([2011, 2013, 2012])
    found = exposure(asked, tables, cities, years, where="x")
    table = tables["outcomes"].set_index(["city_id", "year", "sector"])["value"]
    others = [f"{1101 + place}" for place in range(6)]
    for row, (city, year) in enumerate(zip(cities, years, strict=True)):
        for column, sector in enumerate(found.sectors):
            now = sum(table[c, year, sector] for c in others if c != city)
            before = sum(table[c, year - 1, sector] for c in others if c != city)
            expected = {
                "growth": now / before - 1,
                "log_growth": np.log(now / before),
                "value": now,
            }
            assert found.shocks[row, column] == pytest.approx(expected[kind], rel=1e-12)


def test_a_city_that_enters_counts_in_no_growth_before_it_has_two_years() -> None:
    _, tables = panel_tables(cities=4, years=3, sectors=2)
    table = tables["outcomes"]
    entering = table[~((table["city_id"] == "1102") & (table["year"] == 2010))]
    without = table[table["city_id"] != "1102"]
    asked = ShiftShare(Shares("shares"), "shares", leave_one_out=LeaveOneOut("outcomes"))
    first, other = (
        exposure(asked, tables | {"outcomes": one}, ["1101"], np.array([2011]), where="x")
        for one in (entering, without)
    )
    np.testing.assert_allclose(first.shocks, other.shocks)
    gone = table[table["year"] != 2010]
    with pytest.raises(ExposureError, match=r"sector s0, year 2011: .* the year before, found non"):
        exposure(asked, tables | {"outcomes": gone}, ["1101"], np.array([2011]), where="x")


LEFT_OUT = ShiftShare(Shares("shares"), "shares", leave_one_out=LeaveOneOut("outcomes"))


def test_cities_without_outcomes_of_their_own_are_refused() -> None:
    """Nothing could be left out for them, as where codes are spelt otherwise."""
    _, tables = panel_tables(cities=4, years=3, sectors=2)
    longer = tables["outcomes"].assign(city_id=lambda t: t["city_id"] + "00")
    cities, years = ["1101", "1102", "1101"], np.array([2011, 2011, 2012])
    with pytest.raises(
        ExposureError,
        match=r"leave_one_out \(outcomes\), city_id 1101: expected outcomes of every city .* "
        r"found none \(2 cities of 2\); add them, spell codes",
    ):
        exposure(LEFT_OUT, tables | {"outcomes": longer}, cities, years, where="x")
    unknown = tables["outcomes"].copy()
    unknown.loc[unknown["city_id"] == "1102", "value"] = np.nan
    with pytest.raises(ExposureError, match=r"city_id 1102: .* found none \(1 cities of 2\)"):
        exposure(LEFT_OUT, tables | {"outcomes": unknown}, cities, years, where="x")


@pytest.mark.parametrize("cell", ["1,234", "n/a", np.inf])
def test_outcomes_that_are_no_numbers_are_named(cell: object) -> None:
    _, tables = panel_tables(cities=4, years=3, sectors=2)
    table = tables["outcomes"].astype({"value": object})
    table.iloc[[3, 5], table.columns.get_loc("value")] = cell
    with pytest.raises(
        ExposureError,
        match=rf"city_id 1101, sector s1, year 2011: expected a number as 'value', found "
        rf"'{cell}' \(2 such cells\)",
    ):
        exposure(LEFT_OUT, tables | {"outcomes": table}, ["1101"], np.array([2012]), where="x")


def test_an_empty_outcome_is_not_known() -> None:
    _, tables = panel_tables(cities=4, years=3, sectors=2)
    table = tables["outcomes"]
    gone = (table["city_id"] == "1102") & (table["year"] == 2011)
    empty = table.astype({"value": object}).assign(value=lambda t: t["value"].where(~gone, " "))
    first, other = (
        exposure(LEFT_OUT, tables | {"outcomes": one}, ["1101"], np.array([2011]), where="x")
        for one in (empty, table[~gone])
    )
    np.testing.assert_array_equal(first.shocks, other.shocks)


def test_a_total_of_no_other_city_is_not_known() -> None:
    values = np.array([[[5.0, 1.0]], [[np.nan, 2.0]]])
    own, year = np.array([0, 1]), np.array([0, 0])
    found = leave_one_out_shocks(values, own, year, kind="value")
    np.testing.assert_array_equal(found, [[np.nan, 2.0], [5.0, 1.0]])
