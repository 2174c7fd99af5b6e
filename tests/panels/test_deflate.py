"""Nominal values made real: by hand, and each kind of index against the others."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.errors import DomainError, TableColumnError
from panels.deflate import deflated, with_index
from panels.origins import Origins


def frame(nominal, index, years=None, city="1100"):
    years = range(2000, 2000 + len(nominal)) if years is None else years
    return pd.DataFrame({"city_id": city, "year": list(years), "gdp": nominal, "index": index})


def real(table, kind, base=2000):
    made = deflated(table, nominal="gdp", index="index", kind=kind, base=base, where="t")
    return made.values.tolist()


def test_a_deflator_by_hand():
    table = frame([100.0, 110.0, 132.0], [1.0, 1.1, 1.2])
    np.testing.assert_allclose(real(table, "level"), [100.0, 100.0, 110.0])
    np.testing.assert_allclose(real(table, "level", base=2001), [110.0, 110.0, 121.0])


@pytest.mark.parametrize("scale", [100.0, 1.0])
def test_a_chain_by_hand(scale):
    table = frame([100.0, 110.0, 132.0], [1.05 * scale, 1.1 * scale, 1.2 * scale])
    np.testing.assert_allclose(real(table, "preceding_year"), [100.0, 100.0, 100.0])
    # Backwards: a value of 2000 at prices of 2002 is 1.1 x 1.2 as much.
    np.testing.assert_allclose(real(table, "preceding_year", base=2002), [132.0, 132.0, 132.0])


def test_growth_of_volume_by_hand():
    table = frame([100.0, 999.0, np.nan], [111.0, 110.0, 105.0])
    np.testing.assert_allclose(real(table, "volume"), [100.0, 110.0, 115.5])


@given(
    st.lists(st.floats(80, 120), min_size=2, max_size=8),
    st.lists(st.floats(1, 1e4), min_size=8, max_size=8),
    st.integers(0, 7),
)
def test_a_chain_is_the_level_that_it_multiplies_up_to(growth, nominal, base):
    years = len(growth)
    base = 2000 + base % years
    level = np.cumprod(np.array(growth) / 100)
    chained = real(frame(nominal[:years], growth), "preceding_year", base)
    by_level = real(frame(nominal[:years], level), "level", base)
    np.testing.assert_allclose(chained, by_level, rtol=1e-12)


def test_a_gap_ends_the_chain_on_its_side_and_is_said_value_by_value():
    table = pd.concat(
        [
            frame([1.0, 1.0, 1.0, 1.0], [100.0, np.nan, 100.0, 100.0]),
            frame([1.0, 1.0], [100.0, 100.0], years=[2000, 2002], city="4508"),
        ],
        ignore_index=True,
    )
    origins = Origins({"gdp": "a"}, {"a": {("1100", 2000): ("a.xlsx", 7)}})
    made = deflated(
        table, nominal="gdp", index="index", kind="preceding_year", base=2002, where="t",
        origins=origins,
    )  # fmt: skip
    assert made.values.isna().tolist() == [True, False, False, False, True, False]
    lost = [(row.subject, row.file, row.row, row.old)
            for row in made.audit if row.rule == "not_deflated"]  # fmt: skip
    assert lost == [
        ("t: city 1100, year 2000", "a.xlsx", 7, "1"), ("t: city 4508, year 2000", "", None, "1"),
    ]  # fmt: skip


def test_rows_may_come_in_any_order():
    table = frame([100.0, 110.0, 132.0], [100.0, 110.0, 120.0]).iloc[[2, 0, 1]]
    made = deflated(
        table, nominal="gdp", index="index", kind="preceding_year", base=2000, where="t"
    )
    np.testing.assert_allclose(made.values.loc[[0, 1, 2]], [100.0, 100.0, 100.0])


@pytest.mark.parametrize(
    ("index", "kind", "base", "message"),
    [
        ([1.0, 0.0], "level", 2000, r"above 0, found 0 for city 1100, year 2001"),
        ([2.5, 3.1], "preceding_year", 2000, "add 100 to growth rates in percent"),
        ([1.0, 1.1], "level", 1999, "base year 1999, found years 2000 to 2001"),
    ],
)
def test_what_no_index_can_be(index, kind, base, message):
    with pytest.raises(DomainError, match=message):
        real(frame([1.0, 2.0], index), kind, base)


def test_indices_of_provinces_and_of_the_country():
    table = pd.DataFrame({"city_id": ["1101", "4508"], "year": 2001, "gdp": [1.0, 2.0]})
    index = pd.DataFrame({"city_id": ["11", "45"], "year": 2001, "cpi": [101.0, 102.0]})
    made = with_index(table, index, column="cpi", digits=2, where="t")
    assert made["cpi"].tolist() == [101.0, 102.0]
    country = pd.DataFrame({"city_id": ["0000"], "year": [2001], "cpi": [103.0]})
    assert with_index(table, country, column="cpi", digits=None, where="t")["cpi"].tolist() == [
        103.0,
        103.0,
    ]
    with pytest.raises(TableColumnError, match="an index of a name of its own"):
        with_index(made, index, column="cpi", digits=2, where="t")


@pytest.mark.parametrize("kind", ["level", "preceding_year", "volume"])
def test_one_value_on_another_scale_is_refused_by_city_and_year(kind):
    table = frame([100.0] * 5, [105.0, 105.0, 1.05, 105.0, 105.0])
    with pytest.raises(DomainError, match=r"1.05 for city 1100, year 2002"):
        real(table, kind)


@pytest.mark.parametrize(
    ("index", "kind", "rule"),
    [
        ([100.0, 121.0, 133.0], "preceding_year", "index_looks_like_level"),
        ([1.0, 1.21, 1.33], "volume", "index_looks_like_level"),
        ([103.0, 105.0, 102.0], "level", "index_looks_like_chain"),
        ([1.03, 1.05, 1.02], "level", "index_looks_like_chain"),
        ([100.0, 121.0, 133.0], "level", None),
        ([103.0, 105.0, 102.0], "preceding_year", None),
    ],
)
def test_an_index_that_looks_like_one_of_another_kind_is_flagged(index, kind, rule):
    table = frame([100.0] * 3, index)
    made = deflated(table, nominal="gdp", index="index", kind=kind, base=2000, where="t")
    assert [row.rule for row in made.audit if "looks" in row.rule] == ([rule] if rule else [])


def test_what_a_volume_index_makes_without_a_nominal_value_is_named():
    table = frame([100.0, np.nan, 120.0], [100.0, 105.0, 102.0])
    made = deflated(table, nominal="gdp", index="index", kind="volume", base=2000, where="t")
    (row,) = [row for row in made.audit if row.rule == "real_without_nominal"]
    assert (row.subject, row.new) == ("t: city 1100, year 2001", "105")
