"""Sums, ratios and logs."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.errors import DomainError, TableColumnError
from panels.steps.derive import derive


@pytest.fixture
def table():
    return pd.DataFrame(
        {
            "city_id": ["0101", "0101", "4508"],
            "year": [2018, 2019, 2018],
            "loans": [2.0, 4.0, np.nan],
            "deposits": [3.0, 0.0, 7.0],
            "gdp": [10.0, 8.0, 5.0],
            "people": [5, 4, 2],
        },
        index=[7, 8, 9],
    )


def test_by_hand(table):
    made = derive(
        table,
        sums={"balances": ["loans", "deposits"]},
        ratios={"depth": ("balances", "gdp"), "gdp_pc": ("gdp", "people")},
        logs={"ln_balances": ["loans", "deposits"], "ln_gdp_pc": "gdp_pc"},
    )
    assert made["balances"].iloc[:2].tolist() == [5.0, 4.0]
    assert made["depth"].iloc[:2].tolist() == [0.5, 0.5]
    assert made["gdp_pc"].tolist() == [2.0, 2.0, 2.5]
    assert made["ln_balances"].iloc[:2].tolist() == [math.log(5.0), math.log(4.0)]
    assert made["ln_gdp_pc"].tolist() == [math.log(2.0), math.log(2.0), math.log(2.5)]
    assert made.loc[9, ["balances", "depth", "ln_balances"]].isna().all()
    assert made.columns.tolist()[6:] == ["balances", "depth", "gdp_pc", "ln_balances", "ln_gdp_pc"]
    assert made.index.equals(table.index)
    assert "balances" not in table.columns


def test_nothing_asked_for_changes_nothing(table):
    pd.testing.assert_frame_equal(derive(table, sums={}, ratios={}, logs={}), table)


@pytest.mark.parametrize("value", [0.0, -1.5])
def test_the_log_of_zero_or_less_is_refused_with_its_city_year(table, value):
    bad = table.assign(deposits=[3.0, value, value])
    with pytest.raises(DomainError) as caught:
        derive(bad, sums={}, ratios={}, logs={"ln_deposits": "deposits"}, where="panel")
    line = str(caught.value)
    assert line.startswith("panel.logs.ln_deposits: ")
    assert f"deposits above 0, found {value:g} for city 0101, year 2019 (2 rows in all)" in line


def test_a_zero_denominator_is_refused_with_its_city_year(table):
    with pytest.raises(
        DomainError, match=r"panel\.ratios\.r: .*deposits.*0 for city 0101, year 2019 \(1 rows"
    ):
        derive(table, sums={}, ratios={"r": ("gdp", "deposits")}, logs={})


@pytest.mark.parametrize(
    ("pair", "found"),
    [(["gdp"], r"1 \(gdp\)"), (["gdp", "people", "loans"], "3"), ([], "none"), ("gd", r"1 \(gd\)")],
)
def test_a_ratio_has_two_columns(table, pair, found):
    with pytest.raises(TableColumnError, match=rf"panel\.ratios\.q: .*two columns.*found {found}"):
        derive(table, sums={}, ratios={"q": pair}, logs={})


@pytest.mark.parametrize(
    ("steps", "key"),
    [
        ({"sums": {"s": ["loans", "deposit"]}}, "sums.s"),
        ({"ratios": {"r": ("gdp", "deposit")}}, "ratios.r"),
        ({"logs": {"l": "deposit"}}, "logs.l"),
    ],
)
def test_an_unknown_input_is_named_with_its_key_and_neighbours(table, steps, key):
    line = rf"panel\.{key}: column 'deposit'.*did you mean 'deposits'"
    with pytest.raises(TableColumnError, match=line):
        derive(table, **({"sums": {}, "ratios": {}, "logs": {}} | steps))


@pytest.mark.parametrize(
    "steps",
    [
        {"logs": {"gdp": "gdp"}},
        {"sums": {"city_id": ["gdp"]}},
        {"sums": {"new": ["gdp"]}, "logs": {"new": "gdp"}},
    ],
)
def test_a_taken_name_is_refused(table, steps):
    with pytest.raises(TableColumnError, match="expected a new name"):
        derive(table, **({"sums": {}, "ratios": {}, "logs": {}} | steps))


def test_text_is_refused(table):
    with pytest.raises(TableColumnError, match="column 'city_id': expected numbers"):
        derive(table, sums={"s": ["city_id", "gdp"]}, ratios={}, logs={})
    with pytest.raises(TableColumnError, match="one column or more"):
        derive(table, sums={"s": []}, ratios={}, logs={})


@given(st.lists(st.floats(1e-6, 1e12) | st.just(math.nan), min_size=1, max_size=20))
def test_logs_invert_and_gaps_stay(values):
    keys = pd.DataFrame({"city_id": "0101", "year": range(2000, 2000 + len(values))})
    made = derive(keys.assign(x=values), sums={}, ratios={}, logs={"ln": "x"})
    np.testing.assert_allclose(np.exp(made["ln"]), values, rtol=1e-12)
