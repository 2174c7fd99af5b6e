"""The join: which keys are in the panel, which are listed, and every refusal."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.errors import (
    CodeError,
    DuplicateCityYearError,
    JoinError,
    ProductError,
    TableColumnError,
)
from panels.join import join_panel


def keyed(keys, **columns):
    cities, years = zip(*keys, strict=True) if keys else ((), ())
    table = pd.DataFrame(
        {"city_id": pd.Series(cities, dtype="str"), "year": pd.Series(years, dtype="int64")}
    )
    return table.assign(**columns)


def listed(result, side, table):
    rows = result.unmatched[
        (result.unmatched["side"] == side) & (result.unmatched["table"] == table)
    ]
    return list(zip(rows["city_id"], rows["year"], strict=True))


def counts(result):
    return {(row.subject, row.rule): row.count for row in result.audit}


LIGHT = [("4508", 2019), ("4508", 2018), ("1101", 2018), ("0101", 2018)]


def test_by_hand():
    light = keyed(LIGHT, gini=[0.5, 0.6, 0.3, 0.4], product="dmsp-like-china")
    industry = keyed(
        [("0101", 2018), ("4508", 2018), ("4508", 2019), ("1100", 2018), ("4508", 2000)],
        uil=[2.0, 2.1, 2.2, 2.3, 2.4],
    )
    finance = keyed([("4508", 2018), ("0101", 2018)], difi=[200.0, 201.0])
    result = join_panel(light, [("industry", industry), ("finance", finance)])
    expected = pd.DataFrame(
        {
            "city_id": ["0101", "4508"],
            "year": [2018, 2018],
            "gini": [0.4, 0.6],
            "product": "dmsp-like-china",
            "uil": [2.0, 2.1],
            "difi": [201.0, 200.0],
        }
    )
    pd.testing.assert_frame_equal(result.panel, expected)
    assert listed(result, "light", "industry") == [("1101", 2018)]
    assert listed(result, "table", "industry") == [("1100", 2018)]
    assert listed(result, "light", "finance") == [("1101", 2018), ("4508", 2019)]
    assert listed(result, "table", "finance") == []
    assert counts(result) == {
        ("industry", "joined"): 3,
        ("industry", "light_without_table"): 1,
        ("industry", "table_without_light"): 1,
        ("industry", "outside_light_years"): 1,
        ("industry", "crosswalk_would_match"): 1,
        ("finance", "joined"): 2,
        ("finance", "light_without_table"): 2,
        ("panel", "panel_rows"): 2,
    }
    (hint,) = [row.detail for row in result.audit if row.rule == "crosswalk_would_match"]
    assert "1101 with 1100" in hint


def test_no_table_gives_the_light_sorted():
    result = join_panel(keyed(LIGHT, gini=[0.5, 0.6, 0.3, 0.4]), [])
    assert result.panel["city_id"].tolist() == ["0101", "1101", "4508", "4508"]
    assert result.panel["year"].tolist() == [2018, 2018, 2018, 2019]
    assert result.unmatched.columns.tolist() == ["side", "table", "city_id", "year"]
    assert result.unmatched.empty
    assert result.unmatched["city_id"].dtype == "str"
    assert result.unmatched["year"].dtype == "int64"


KEYS = st.sets(
    st.tuples(st.sampled_from(["0101", "1100", "4508", "6590"]), st.integers(2016, 2019)),
    min_size=1,
)


@settings(max_examples=30)
@given(light=KEYS, first=KEYS, second=KEYS)
def test_every_key_of_the_lights_years_is_in_the_panel_or_listed(light, first, second):
    tables = {"first": first, "second": second}
    years = {year for _, year in light}
    common = light & first & second
    frames = [(name, keyed(sorted(keys), **{name: 1.0})) for name, keys in tables.items()]
    cities = keyed(list(light), gini=0.5)
    if not common:
        with pytest.raises(JoinError):
            join_panel(cities, frames)
        return
    result = join_panel(cities, frames)
    assert list(zip(result.panel["city_id"], result.panel["year"], strict=True)) == sorted(common)
    for name, keys in tables.items():
        assert listed(result, "light", name) == sorted(light - keys)
        assert listed(result, "table", name) == sorted(k for k in keys - light if k[1] in years)


def test_several_products_are_refused():
    light = keyed(LIGHT, product=["dmsp-like-china", "viirs-annual"] * 2)
    with pytest.raises(
        ProductError, match=r"panel\.product: .*dmsp-like-china, viirs-annual; choose the product"
    ):
        join_panel(light, [])


def test_a_name_in_two_tables_is_refused():
    light = keyed(LIGHT, gini=0.5)
    with pytest.raises(TableColumnError, match=r"table 'b': column 'gdp'.*'a'"):
        join_panel(light, [("a", keyed(LIGHT, gdp=1.0)), ("b", keyed(LIGHT, gdp=1.0))])
    with pytest.raises(TableColumnError, match=r"table 'a': column 'gini'.*'light'"):
        join_panel(light, [("a", keyed(LIGHT, gini=1.0))])


def test_a_repeated_key_is_refused_on_either_side():
    light = keyed(LIGHT, gini=0.5)
    twice = keyed([*LIGHT, LIGHT[0]], uil=2.0)
    with pytest.raises(DuplicateCityYearError, match=r"table 'yearbook'.*city 4508, year 2019"):
        join_panel(light, [("yearbook", twice)])
    with pytest.raises(DuplicateCityYearError, match="table 'light'"):
        join_panel(twice, [])


def test_codes_as_numbers_are_refused():
    numbers = keyed(LIGHT).assign(city_id=[4508, 4508, 1101, 101])
    with pytest.raises(CodeError, match="table 'yearbook': column 'city_id'"):
        join_panel(keyed(LIGHT), [("yearbook", numbers)])


@pytest.mark.parametrize(
    ("keys", "hint"),
    [
        ([("450800", 2018)], "compare the codes"),
        ([("4508", 2001)], "no year is in both"),
        ([("1100", 2018)], "apply the crosswalk china-municipalities"),
    ],
)
def test_when_nothing_joins_both_sides_are_shown(keys, hint):
    with pytest.raises(JoinError) as caught:
        join_panel(keyed(LIGHT, gini=0.5), [("yearbook", keyed(keys, uil=2.0))])
    line = str(caught.value)
    assert "table 'yearbook'" in line
    assert "4508 2019, 4508 2018, 1101 2018" in line
    assert "{} {}".format(*keys[0]) in line
    assert hint in line


def test_tables_that_share_no_key_with_each_other():
    tables = [("a", keyed([LIGHT[0]], a=1.0)), ("b", keyed([LIGHT[1]], b=1.0))]
    with pytest.raises(JoinError, match="in every table"):
        join_panel(keyed(LIGHT), tables)


def test_empty_sides():
    with pytest.raises(JoinError, match="table 'light'"):
        join_panel(keyed([]), [])
    with pytest.raises(JoinError, match=r"table 'yearbook'.*no rows"):
        join_panel(keyed(LIGHT), [("yearbook", keyed([], uil=1.0))])


def test_inputs_are_not_changed():
    light, table = keyed(LIGHT, gini=0.5), keyed(LIGHT, uil=2.0)
    before = light.copy(deep=True), table.copy(deep=True)
    join_panel(light, [("yearbook", table)])
    pd.testing.assert_frame_equal(light, before[0])
    pd.testing.assert_frame_equal(table, before[1])
