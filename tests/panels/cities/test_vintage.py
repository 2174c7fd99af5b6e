"""Tables in one vintage: totals stay, rates are averaged by their weight, gaps stay gaps."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.errors import CrosswalkError, DuplicateCityYearError
from panels.cities.crosswalks import china_2023, make_crosswalk
from panels.cities.vintage import VintageSpec, to_vintage

MERGED = make_crosswalk(
    pd.DataFrame(
        [
            ("0100", "0200", 1.0, 2019),
            ("0300", "0300", 0.25, 2011),
            ("0300", "0400", 0.75, 2011),
            ("0199", "0100", 1.0, None),
        ],
        columns=["old", "new", "weight", "year"],
    ),
    source="test",
)


def table(*rows, names=("people", "gdp", "gdp_per_head")):
    made = pd.DataFrame(rows, columns=["city_id", "year", *names])
    return made.astype(dict.fromkeys(names, "float64") | {"city_id": "str", "year": "int64"})


NAMED = {"counts": ("people", "gdp"), "rates": {"gdp_per_head": "people"}}


def moved(rows, **options):
    given_ = NAMED | options
    return to_vintage(rows, VintageSpec(MERGED, **given_), where="t.xlsx", places=placed(rows))


def placed(rows):
    """A table's city-years in rows 2, 3, ... of a sheet."""
    keys = rows[["city_id", "year"]].itertuples(index=False, name=None)
    return {key: ("t.xlsx [a]", at) for at, key in enumerate(keys, start=2)}


def told(result, rule):
    found = [row for row in result.audit if row.rule == rule]
    assert all(row.file == "t.xlsx [a]" for row in found)
    return [(row.row, row.old, row.new, row.count) for row in found]


def test_a_merger_by_hand():
    rows = table(
        ("0100", 2018, 1.0, 10.0, 10.0),
        ("0200", 2018, 3.0, 60.0, 20.0),
        ("0200", 2019, 4.1, 80.0, 19.5),
        ("0400", 2018, 8.0, 8.0, 1.0),
    )
    result = moved(rows)
    expected = table(
        ("0200", 2018, 4.0, 70.0, 17.5),
        ("0200", 2019, 4.1, 80.0, 19.5),
        ("0400", 2018, 8.0, 8.0, 1.0),
    )
    pd.testing.assert_frame_equal(result.table, expected)
    assert told(result, "vintage_moved") == [(2, "0100", "0200", 1), (3, "0200", "0200", 1)]
    for note in result.audit:
        assert (note.rule, note.subject) == ("vintage_moved", "t.xlsx: city 0200, year 2018")
        assert note.detail == "1 x 0100 + 1 x 0200, by test"


def test_a_split_by_hand():
    rows = table(
        ("0300", 2010, 4.0, 40.0, 10.0),
        ("0400", 2010, 1.0, 20.0, 20.0),
        ("0300", 2011, 1.0, 10.0, 10.0),
        ("0400", 2011, 4.0, 50.0, 12.5),
    )
    result = moved(rows).table
    before = result[result["year"] == 2010].set_index("city_id")
    assert before.loc["0300", ["people", "gdp", "gdp_per_head"]].tolist() == [1.0, 10.0, 10.0]
    assert before.loc["0400", ["people", "gdp"]].tolist() == [4.0, 50.0]
    # Three quarters of four people at 10, and one at 20.
    assert before.loc["0400", "gdp_per_head"] == 12.5
    after = result[result["year"] == 2011].reset_index(drop=True)
    pd.testing.assert_frame_equal(after, rows[rows["year"] == 2011].reset_index(drop=True))


def test_a_part_that_the_table_lacks_leaves_a_gap_or_is_included():
    rows = table(("0200", 2018, 3.0, 60.0, 20.0), ("0200", 2019, 4.0, 80.0, 20.0))
    result = moved(rows)
    assert result.table.loc[0, ["people", "gdp", "gdp_per_head"]].isna().all()
    assert [row.rule for row in result.audit] == ["vintage_unmet", "vintage_part_absent"]
    assert "no row of 0100: missing" in result.audit[1].detail
    included = moved(rows, absent_parts="included")
    pd.testing.assert_frame_equal(included.table, rows)
    assert "no row of 0100: taken as included" in included.audit[1].detail


def crosswalk_of(*rows):
    columns = ["old", "new", "weight", "year"]
    return make_crosswalk(pd.DataFrame(rows, columns=columns), source="own")


def people(result):
    return result.set_index(["city_id", "year"])["people"].to_dict()


def test_what_goes_to_cities_that_did_not_exist_is_theirs():
    cut = crosswalk_of(("0102", "0103", 0.4, 2011), ("0102", "0104", 0.6, 2011))
    rows = table(
        ("0102", 2010, 10.0, 7.0), ("0103", 2011, 4.0, 1.0), ("0104", 2011, 6.0, 1.0),
        ("0103", 2010, np.nan, np.nan), names=("people", "rate"),
    )  # fmt: skip
    spec = VintageSpec(cut, counts=("people",), rates={"rate": "people"})
    result = to_vintage(rows, spec, where="t")
    assert result.table["people"].tolist() == [4.0, 4.0, 6.0, 6.0]
    assert result.table["rate"].tolist() == [7.0, 1.0, 7.0, 1.0]
    assert [row.rule for row in result.audit] == ["vintage_blank_rows", *2 * ["vintage_moved"]]
    # A merger into a new city, and another name of one with a year.
    joined = crosswalk_of(("0102", "0109", 1.0, 2011), ("0105", "0109", 1.0, 2011))
    renamed = crosswalk_of(("0102", "0109", 1.0, 2011))
    both = table(("0102", 2010, 10.0), ("0105", 2010, 3.0), names=("people",))
    spec = VintageSpec(joined, counts=("people",))
    assert people(to_vintage(both, spec, where="t").table) == {("0109", 2010): 13.0}
    result = to_vintage(both, VintageSpec(renamed, counts=("people",)), where="t")
    assert people(result.table) == {("0105", 2010): 3.0, ("0109", 2010): 10.0}
    assert [row.detail for row in result.audit] == ["1 x 0102, by own"]


def test_codes_without_a_year_are_followed_to_the_last_in_all_years():
    chain = crosswalk_of(
        ("6521", "6599", 1.0, None), ("6599", "6504", 1.0, None), ("3712", "6521", 1.0, 2011)
    )
    rows = table(
        ("6521", 2010, 1.0), ("3712", 2010, 2.0), ("6599", 2011, 4.0), ("6504", 2012, 5.0),
        names=("people",),
    )  # fmt: skip
    result = to_vintage(rows, VintageSpec(chain, counts=("people",)), where="t")
    assert people(result.table) == {("6504", 2010): 3.0, ("6504", 2011): 4.0, ("6504", 2012): 5.0}
    with pytest.raises(CrosswalkError, match="a circle without a year at 1111"):
        crosswalk_of(("1111", "2222", 1.0, None), ("2222", "1111", 1.0, None))


def test_a_city_that_stood_before_is_a_part_of_itself():
    # The table has a value of 0103 before, or the crosswalk says that it stood.
    cut = [("0102", "0103", 0.4, 2011), ("0102", "0104", 0.6, 2011)]
    rows = table(("0102", 2010, 10.0), ("0103", 2009, 1.0), names=("people",))
    for crosswalk, known in (
        (crosswalk_of(*cut), rows),
        (crosswalk_of(*cut, ("0103", "0103", 1.0, 2011)), rows[rows["year"] == 2010]),
    ):
        result = to_vintage(known, VintageSpec(crosswalk, counts=("people",)), where="t")
        assert np.isnan(people(result.table)["0103", 2010])
        assert people(result.table)["0104", 2010] == 6.0
        (absent,) = [row for row in result.audit if row.rule == "vintage_part_absent"
                     and "year 2010" in row.subject]  # fmt: skip
        assert absent.detail == "the table has no row of 0103: missing, and 0.4 x 0102 with it"


def test_a_city_that_goes_on_after_its_end_is_refused_added_or_left_out():
    merged = crosswalk_of(("0112", "0101", 1.0, 2011))
    rows = [(one, year, value) for one, value in (("0101", 100.0), ("0112", 50.0))
            for year in (2010, 2011, 2012)]  # fmt: skip
    rows = table(*rows, names=("people",))
    with pytest.raises(CrosswalkError, match=r"city 0112, year 2011: .* 2011 on, .* found 2 rows"):
        to_vintage(rows, VintageSpec(merged, counts=("people",)), where="t")
    spec = VintageSpec(merged, counts=("people",), late_parts="added")
    assert to_vintage(rows, spec, where="t").table["people"].tolist() == [150.0, 150.0, 150.0]
    spec = VintageSpec(merged, counts=("people",), late_parts="included")
    result = to_vintage(rows, spec, where="t", places=placed(rows))
    assert result.table["people"].tolist() == [150.0, 100.0, 100.0]
    assert told(result, "vintage_late") == [(6, "people 50", "", 1), (7, "people 50", "", 1)]
    assert [row.rule for row in result.audit][2:] == 2 * ["vintage_moved"]
    blank = rows.assign(
        people=rows["people"].where(rows["city_id"].ne("0112") | (rows["year"] < 2011))
    )
    result = to_vintage(blank, VintageSpec(merged, counts=("people",)), where="t")
    assert set(result.table["city_id"]) == {"0101"}
    assert (result.audit[0].rule, result.audit[0].count) == ("vintage_blank_rows", 2)


def test_a_crosswalk_that_the_table_does_not_meet_is_refused_or_told():
    rows = table(("3712", 2010, 1.0), ("3702", 2010, 1.0), names=("people",))
    six = crosswalk_of(("371200", "370100", 1.0, 2011))
    with pytest.raises(CrosswalkError, match="ids of 4 characters, such as 3712, found 371200"):
        to_vintage(rows, VintageSpec(six, counts=("people",)), where="t")
    mistyped = crosswalk_of(("3721", "3701", 1.0, 2011))
    result = to_vintage(rows, VintageSpec(mistyped, counts=("people",)), where="t")
    assert [(row.rule, row.count) for row in result.audit] == [("vintage_unmet", 1)]
    assert result.audit[0].detail == "no row of 3721, which own moves"


def test_a_missing_value_of_a_part_is_missing_in_the_whole():
    rows = table(("0100", 2018, np.nan, 10.0, 10.0), ("0200", 2018, 3.0, 60.0, 20.0))
    result = moved(rows)
    assert result.table["gdp"].tolist() == [70.0]
    assert result.table[["people", "gdp_per_head"]].isna().all(axis=None)
    # The weight of the rate is missing, so that both parts' rates are lost with one count.
    assert told(result, "vintage_part_missing") == [
        (3, "people 3", "", 1), (2, "gdp_per_head 10", "", 1), (3, "gdp_per_head 20", "", 1),
    ]  # fmt: skip


def test_another_code_of_the_same_place_counts_in_all_years():
    spec = VintageSpec(crosswalk_of(("0199", "0100", 1.0, None)), **NAMED)
    rows = table(("0199", 2020, 1.0, 10.0, 10.0), ("0100", 2020, np.nan, np.nan, np.nan))
    result = to_vintage(rows, spec, where="t", places=placed(rows))
    assert result.table["city_id"].tolist() == ["0100"]
    assert result.table["people"].tolist() == [1.0]
    assert {row.rule for row in result.audit} == {"vintage_code", "merged_equal_rows"}
    assert told(result, "vintage_code") == [(2, "0199", "0100", 1)]
    assert told(result, "merged_equal_rows") == [(3, "0100", "0199", 1)]
    differ = table(("0199", 2020, 1.0, 10.0, 10.0), ("0100", 2020, 2.0, 20.0, 10.0))
    with pytest.raises(DuplicateCityYearError, match=r"city 0100, year 2020 .*codes 0199, 0100"):
        to_vintage(differ, spec, where="t")


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ({"counts": ("people",)}, "column 'gdp': expected a place in counts, or in rates.*neither"),
        ({"rates": {}}, "column 'gdp_per_head': expected a place in counts.*named weight"),
        ({"rates": {"gdp_per_head": "people", "gdp": "people"}}, "column 'gdp': .*found both"),
        ({"rates": {"gdp_per_head": "area"}}, "rates.gdp_per_head: .*as its weight, found 'area'"),
        ({"rates": {"gdp_per_head": "gdp_per_head"}}, "rates.gdp_per_head: expected a column of"),
        ({"counts": ("people", "gdp", "cars")}, "column 'cars': expected a mapped column"),
    ],
)
def test_no_column_is_moved_without_being_named(options, line):
    with pytest.raises(CrosswalkError, match=line):
        moved(table(("0200", 2018, 3.0, 60.0, 20.0)), **options)


IDS = ["a", "b", "c", "d"]


@st.composite
def changes(draw):
    """Up to three years of changes among four divisions, each old one's weights sum to one."""
    rows = []
    for year in sorted(draw(st.sets(st.integers(2001, 2005), max_size=3))):
        for old in sorted(draw(st.sets(st.sampled_from(IDS), min_size=1, max_size=2))):
            new = sorted(draw(st.sets(st.sampled_from(IDS), min_size=1, max_size=3)))
            parts = [draw(st.integers(1, 9)) for _ in new]
            rows += [(old, to, p / sum(parts), year) for to, p in zip(new, parts, strict=True)]
    return make_crosswalk(
        pd.DataFrame(rows, columns=["old", "new", "weight", "year"]), source="drawn"
    )


@st.composite
def full_tables(draw):
    values = st.floats(0.0, 1e6)
    rows = [(one, year, draw(values), 1.0) for one in IDS for year in range(2000, 2006)]
    return table(*rows, names=("people", "one"))


@settings(max_examples=20)
@given(changes(), full_tables())
def test_totals_of_every_year_stay_and_a_constant_rate_stays_constant(crosswalk, rows):
    spec = VintageSpec(crosswalk, counts=("people",), rates={"one": "people"}, late_parts="added")
    result = to_vintage(rows, spec, where="t").table
    before, after = (one.groupby("year")["people"].sum() for one in (rows, result))
    np.testing.assert_allclose(after, before, rtol=1e-9)
    np.testing.assert_allclose(result["one"].dropna(), 1.0, rtol=1e-9)
    assert not result.duplicated(["city_id", "year"]).any()


@st.composite
def histories(draw):
    """Changes into new divisions too, and a table of those that exist in each year."""
    alive, rows, cells = set(IDS), [], []
    for year in range(2000, 2006):
        if year > 2000 and draw(st.booleans()):
            olds = sorted(draw(st.sets(st.sampled_from(sorted(alive)), min_size=1, max_size=2)))
            to = sorted(alive) + [f"{year}{letter}" for letter in "xy"]
            made: set[str] = set()
            for old in olds:
                new = sorted(draw(st.sets(st.sampled_from(to), min_size=1, max_size=3)))
                parts = [draw(st.integers(1, 9)) for _ in new]
                rows += [(old, n, p / sum(parts), year) for n, p in zip(new, parts, strict=True)]
                made |= set(new)
            alive = (alive - set(olds)) | made
        cells += [(one, year, draw(st.floats(0.0, 1e6)), 1.0) for one in sorted(alive)]
    return crosswalk_of(*rows), table(*cells, names=("people", "one")), alive


@settings(max_examples=40)
@given(histories())
def test_totals_stay_where_divisions_begin_and_end(history):
    crosswalk, rows, last = history
    spec = VintageSpec(crosswalk, counts=("people",), rates={"one": "people"})
    result = to_vintage(rows, spec, where="t").table
    before, after = (one.groupby("year")["people"].sum() for one in (rows, result))
    np.testing.assert_allclose(after, before, rtol=1e-9)
    np.testing.assert_allclose(result["one"].dropna(), 1.0, rtol=1e-9)
    assert result["people"].notna().all()
    assert set(result["city_id"]) <= last


@settings(max_examples=20)
@given(full_tables())
def test_without_changes_nothing_changes(rows):
    none = make_crosswalk(
        pd.DataFrame({"old": [], "new": [], "weight": [], "year": []}), source="none"
    )
    spec = VintageSpec(none, counts=("people", "one"))
    result = to_vintage(rows, spec, where="t")
    pd.testing.assert_frame_equal(result.table, rows)
    assert result.audit == ()


def test_the_shipped_vintage_names_counties_that_moved():
    rows = table(
        ("3701", 2018, 7.0, 70.0, 10.0), ("3712", 2018, 1.0, 20.0, 20.0),
        ("2203", 2019, 3.0, 3.0, 1.0), ("2203", 2020, 2.0, 2.0, 1.0),
    )  # fmt: skip
    spec = VintageSpec(china_2023(), counts=("people", "gdp"), rates={"gdp_per_head": "people"})
    result = to_vintage(rows, spec, where="t")
    assert result.table.loc[2].tolist() == ["3701", 2018, 8.0, 90.0, 11.25]
    notes = {row.rule: row.detail for row in result.audit}
    assert set(notes) == {"vintage_moved", "older_area"}
    assert notes["older_area"].startswith("county 220381 went from 2203 to 2201 in 2020")
    assert "1 rows of years before" in notes["older_area"]
