"""Ranges, descriptives, missing values, outliers and losses."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.errors import DomainError, TableColumnError
from panels.describe import descriptive_table, missing_map, number_columns
from panels.losses import Source, join_losses, loss_table, lost_cities, step_losses
from panels.origins import Origins
from panels.outliers import outliers
from panels.ranges import Range, check_ranges
from panels.steps.stepped import dropped_keys, years_text


@pytest.fixture
def table():
    return pd.DataFrame(
        {
            "city_id": ["A", "A", "B", "B"],
            "year": [2010, 2011, 2010, 2012],
            "share": [0.0, 1.0, 1.5, np.nan],
            "people": [10.0, 0.0, 5.0, -1.0],
        }
    )


AT = Origins({"share": "t"}, {"t": {("B", 2010): ("book.xlsx [a]", 12)}})


def test_values_outside_are_refused_with_their_place(table):
    with pytest.raises(DomainError) as caught:
        check_ranges(table, {"share": Range(minimum=0, maximum=1)})
    assert str(caught.value) == (
        "panel.ranges.share: expected values at least 0 and at most 1, found 1.5 for city B, "
        'year 2010 (1 rows in all); correct the values, or set on_outside = "flag"'
    )
    with pytest.raises(DomainError, match=r"people: expected values above 0, found 0 .*\(2 rows"):
        check_ranges(table, {"people": Range(above=0)})


def test_values_outside_are_flagged(table):
    ranges = {
        "share": Range(minimum=0, maximum=1, on_outside="flag"),
        "people": Range(above=0, below=10, on_outside="flag"),
    }
    made = check_ranges(table, ranges, origins=AT)
    assert made.table["out_of_range"].tolist() == ["people", "people", "share", "people"]
    assert made.table["share"].tolist()[:3] == [0.0, 1.0, 1.5]
    first = made.audit[0]
    assert (first.rule, first.file, first.row, first.old, first.new) == (
        "out_of_range", "book.xlsx [a]", 12, "1.5", "1.5",
    )  # fmt: skip
    assert len(made.audit) == 4
    with pytest.raises(TableColumnError, match="out_of_range"):
        check_ranges(made.table, ranges)


def test_ranges_that_hold_change_nothing(table):
    made = check_ranges(table, {"share": Range(minimum=0, maximum=1.5), "year": Range(above=2000)})
    pd.testing.assert_frame_equal(made.table, table)
    assert made.audit == ()
    with pytest.raises(TableColumnError, match=r"column 'shares'.*did you mean 'share'"):
        check_ranges(table, {"shares": Range(minimum=0)})
    with pytest.raises(TableColumnError, match="found no bound"):
        check_ranges(table, {"share": Range()})


@pytest.mark.parametrize(
    ("empty", "said"),
    [
        (Range(minimum=1, maximum=0, on_outside="flag"), "at least 1 and at most 0"),
        (Range(minimum=1, below=1), "at least 1 and below 1"),
        (Range(above=1, maximum=1), "at most 1 and above 1"),
    ],
)
def test_a_range_without_values_is_refused(table, empty, said):
    with pytest.raises(DomainError, match=f"panel.ranges.share: expected .*found {said}"):
        check_ranges(table, {"share": empty})


def test_a_range_of_one_value_is_a_range(table):
    ones = table.assign(share=1.0)
    assert check_ranges(ones, {"share": Range(minimum=1, maximum=1)}).audit == ()


@given(st.lists(st.floats(-3, 3) | st.just(float("nan")), min_size=1, max_size=20))
def test_flags_are_exactly_the_values_outside(values):
    table = pd.DataFrame({"city_id": "A", "year": range(2000, 2000 + len(values)), "x": values})
    made = check_ranges(table, {"x": Range(minimum=-1, below=1, on_outside="flag")})
    expected = ["x" if value < -1 or value >= 1 else "" for value in values]
    assert made.table["out_of_range"].tolist() == expected
    assert len(made.audit) == expected.count("x")


def test_descriptives_have_the_papers_columns(table):
    found = descriptive_table(table, {"Explained variable": ["share"], "Control": ["people"]})
    assert list(found.columns) == ["Type", "Variable", "Obs", "Mean", "Std.", "Min", "Max"]
    assert found.iloc[0].tolist()[:4] == ["Explained variable", "share", 3, pytest.approx(2.5 / 3)]
    assert found.iloc[1].tolist()[2:] == [4, 3.5, pytest.approx(np.std([10, 0, 5, -1], ddof=1)),
                                          -1.0, 10.0]  # fmt: skip
    one = descriptive_table(table.iloc[:1], {"": ["share"]})
    assert one["Obs"].tolist() == [1]
    assert one["Std."].isna().all()
    none = descriptive_table(table.iloc[3:], {"": ["share"]})
    assert none["Mean"].isna().all()


def test_number_columns(table):
    more = table.assign(flag=True, text="a", count=1)
    assert number_columns(more) == ["share", "people", "count"]


def test_missing_by_column_and_year(table):
    found = missing_map(table, ["share", "people"]).set_index("column")
    assert found.loc["(row)", "map"] == ".55"
    assert found.loc["(row)", "missing"] == 2
    assert found.loc["share", "map"] == "..5"
    assert found.loc["share", "share"] == pytest.approx(1 / 6)
    assert found.loc["people", "map"] == "..."
    assert missing_map(table.assign(share=np.nan), ["share"])["map"].tolist() == [".55", "#55"]
    assert missing_map(table.iloc[:0], ["share"]).empty


def test_outliers_are_listed_with_their_row():
    values = [1.0, 1.1, 0.9, 1.05, 0.95, 40.0]
    table = pd.DataFrame({"city_id": "A", "year": range(2000, 2006), "x": values})
    places = {"t": {("A", 2005): ("book.csv", 7)}}
    found = outliers(table, ["x"], origins=Origins({"x": "t"}, places))
    (one,) = found.to_dict("records")
    assert (one["year"], one["value"], one["file"], one["row"]) == (2005, 40.0, "book.csv", 7)
    logs = np.log(values)
    mad = np.median(np.abs(logs - np.median(logs)))
    assert one["scale"] == "log"
    assert one["score"] == pytest.approx(0.6745 * (logs[-1] - np.median(logs)) / mad)


def test_outliers_where_more_than_half_are_equal():
    table = pd.DataFrame({"city_id": "A", "year": range(2000, 2010), "x": [0.0] * 9 + [5.0]})
    (one,) = outliers(table, ["x"]).to_dict("records")
    assert one["scale"] == "level"
    assert one["score"] == pytest.approx(5.0 / (1.2533 * 0.5))
    assert outliers(table.assign(x=1.0), ["x"]).empty
    assert outliers(table.assign(x=np.nan), ["x"]).empty


def test_losses_name_every_source_that_lacks_a_city_year():
    def keys(*pairs):
        return pd.DataFrame(pairs, columns=["city_id", "year"])

    light = Source("light", keys(("A", 2010), ("A", 2011), ("B", 2010)))
    book = Source("book", keys(("A", 2010), ("C", 2010)), dropped_keys([("A", 2011, "bad shares")]))
    joined = keys(("A", 2010))
    lost = join_losses([light, book], joined)
    assert lost.to_numpy().tolist() == [
        ["A", 2011, "book", "bad shares"],
        ["B", 2010, "book", "no row"],
        ["C", 2010, "light", "no row"],
    ]
    cities = lost_cities(lost, joined, names={"B": "Bay"})
    assert cities.to_numpy().tolist() == [
        ["B", "Bay", "2010", "book: no row (2010)"],
        ["C", "", "2010", "light: no row (2010)"],
    ]
    assert join_losses([Source("a", joined)], joined).empty
    assert loss_table().dtypes["year"] == "int64"


def test_losses_of_steps():
    dropped = dropped_keys([("B", 2011, "x missing"), ("B", 2010, "x missing")])
    lost = step_losses(dropped, place="panel.steps.0 (balanced)")
    (city,) = lost_cities(lost, pd.DataFrame({"city_id": ["A"]})).to_numpy().tolist()
    assert city == ["B", "", "2010-2011", "panel.steps.0 (balanced): x missing (2010-2011)"]


@given(st.sets(st.integers(1990, 2030), min_size=1))
def test_years_as_runs_can_be_read_back(years):
    read = set()
    for run in years_text(years).split(", "):
        first, _, last = run.partition("-")
        read |= set(range(int(first), int(last or first) + 1))
    assert read == years
