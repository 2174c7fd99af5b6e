"""Crosswalks: checked weights, composition, weights of pieces, and the shipped one."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.errors import CodeError, CrosswalkError, TableColumnError
from panels.cities.crosswalks import (
    china_2023,
    code_map,
    compose,
    has_weights,
    identity,
    make_crosswalk,
    moved_counties,
    read_crosswalk,
    weights_of_year,
)
from panels.cities.piece_weights import crosswalk_of_pieces

SPLIT = [("a", "x", 0.25, 2011), ("a", "y", 0.75, 2011), ("b", "x", 1.0, 2011)]


def made(rows, source="test"):
    return make_crosswalk(
        pd.DataFrame(rows, columns=["old", "new", "weight", "year"]), source=source
    )


@pytest.mark.parametrize(
    ("rows", "line"),
    [
        ([("a", "x", 0.25, 2011), ("a", "y", 0.7, 2011)], r"sum to 1.*found 0.95 for a in 2011"),
        ([("a", "x", 1.2, 2011)], r"between 0 and 1, found 1.2 for a to x"),
        ([("a", "x", -0.1, 2011), ("a", "y", 1.1, 2011)], "between 0 and 1"),
        ([("a", "x", float("nan"), 2011)], "between 0 and 1"),
        ([("a", "x", 0.5, 2011), ("a", "x", 0.5, 2011)], "each pair once, found a to x twice"),
        ([("a", "x", 0.5, None), ("a", "y", 0.5, None)], "a year for a division that is split"),
        ([("a", "x", 1.0, None), ("a", "y", 1.0, 2011)], "a year in all rows"),
    ],
)
def test_weights_that_are_none_are_refused(rows, line):
    with pytest.raises(CrosswalkError, match=line) as caught:
        made(rows)
    assert str(caught.value).startswith("crosswalk test: ")


def test_an_old_division_may_change_twice():
    crosswalk = made([("a", "a", 0.9, 2005), ("a", "b", 0.1, 2005), ("a", "c", 1.0, 2010)])
    assert crosswalk.years == [2005, 2010]
    early = weights_of_year(crosswalk, ["a"], 2004)
    assert early.to_dict("list") == {"old": ["a", "a"], "new": ["b", "c"], "weight": [0.1, 0.9]}
    late = weights_of_year(crosswalk, ["a"], 2005)
    assert late.to_dict("list") == {"old": ["a"], "new": ["c"], "weight": [1.0]}
    none = weights_of_year(crosswalk, ["a"], 2010)
    assert none.to_dict("list") == {"old": ["a"], "new": ["a"], "weight": [1.0]}


@st.composite
def weights(draw, old="abcd", new="abcdef"):
    """Weights of some of the old divisions, in any of the new ones, that sum to one."""
    rows = []
    for one in sorted(draw(st.sets(st.sampled_from(old), min_size=1))):
        targets = sorted(draw(st.sets(st.sampled_from(new), min_size=1, max_size=3)))
        parts = [draw(st.integers(1, 9)) for _ in targets]
        rows += [(one, t, part / sum(parts)) for t, part in zip(targets, parts, strict=True)]
    return pd.DataFrame(rows, columns=["old", "new", "weight"])


def matrix(table, rows="abcdef", columns="abcdef"):
    """The same as a matrix in which what is not held stays."""
    result = np.array([[float(row == column) for column in columns] for row in rows])
    for old in set(table["old"]):
        result[rows.index(old)] = 0.0
    for old, new, weight in table.itertuples(index=False):
        result[rows.index(old), columns.index(new)] += weight
    return result


@settings(max_examples=25)
@given(weights(), weights(old="abcdef"))
def test_composition_is_the_product_of_matrices(first, then):
    both = compose(first, then)
    held = ["abcdef".index(old) for old in sorted(set(first["old"]))]
    expected = (matrix(first) @ matrix(then))[held]
    np.testing.assert_allclose(matrix(both)[held], expected, atol=1e-12)
    np.testing.assert_allclose(both.groupby("old")["weight"].sum(), 1.0, atol=1e-12)


@settings(max_examples=25)
@given(weights())
def test_identity_changes_nothing(table):
    ordered = table.sort_values(["old", "new"], ignore_index=True)
    for same in (
        compose(identity(table["old"]), table),
        compose(table, identity(table["new"])),
        compose(table, pd.DataFrame({"old": [], "new": [], "weight": []}).astype(table.dtypes)),
    ):
        pd.testing.assert_frame_equal(same, ordered, check_dtype=False)


@settings(max_examples=25)
@given(weights(), weights(old="abcdef"), weights(old="abcdef"))
def test_composition_does_not_ask_for_brackets(first, second, third):
    left = compose(compose(first, second), third)
    # What the second does not hold would be lost if it did not stay.
    whole = pd.concat([second, identity(set("abcdef") - set(second["old"]))], ignore_index=True)
    right = compose(first, compose(whole, third))
    pd.testing.assert_frame_equal(left, right, check_dtype=False)


def test_files_of_the_users_own(tmp_path):
    file = tmp_path / "crosswalk.csv"
    file.write_text("old,new,weight,year,note\n0101,0201,.25,2011,\n0101,0202,.75,2011,\n,,,,\n")
    table = read_crosswalk(file).table
    assert table["old"].tolist() == ["0101", "0101"]
    assert table["weight"].tolist() == [0.25, 0.75]
    assert table["year"].tolist() == [2011, 2011]
    assert has_weights(str(file))
    file.write_text("old,new,weight\n0101,0201,1\n")
    assert read_crosswalk(file).table["year"].isna().all()
    file.write_text("old,new\n0101,0201\n")
    with pytest.raises(TableColumnError, match="column 'weight'"):
        read_crosswalk(file)
    file.write_text("old,new,weight,year\n0101,0201,1,soon\n")
    with pytest.raises(CrosswalkError, match="'soon' in row 2"):
        read_crosswalk(file)
    file.write_text("old,new,weight,year\n0101,,1,2011\n")
    with pytest.raises(CodeError, match="a blank in row 2"):
        read_crosswalk(file)
    with pytest.raises(CodeError, match="expected china-2023, or a file, found 'china-2032'"):
        read_crosswalk("china-2032")
    codes = tmp_path / "codes.csv"
    codes.write_text("code,city_id\n0101,0100\n0102,0100\n")
    assert code_map(str(codes)) == {"0101": "0100", "0102": "0100"}
    assert not has_weights(str(codes))
    codes.write_text("code,city_id\n0101,0100\n0101,0200\n")
    with pytest.raises(CrosswalkError, match="one city for each code, found two for 0101"):
        code_map(str(codes))


def test_the_shipped_crosswalk():
    crosswalk = china_2023()
    assert crosswalk.years == [2011, 2019]
    before = weights_of_year(crosswalk, ["3401", "3414", "3701", "3712", "6521", "1102"], 2010)
    assert before.to_numpy().tolist() == [
        ["1102", "1100", 1.0],
        ["3401", "3401", 1.0],
        ["3414", "3401", 0.453],
        ["3414", "3402", 0.331],
        ["3414", "3405", 0.216],
        ["3701", "3701", 1.0],
        ["3712", "3701", 1.0],
        ["6521", "6504", 1.0],
    ]
    between = weights_of_year(crosswalk, ["3414", "3712"], 2018)
    assert between["new"].tolist() == ["3414", "3701"]
    # Residents of the 2010 census behind the weights of Chaohu.
    juchao, lujiang, hanshan, he, all_of_it = 780711, 973850, 376436, 460161, 3873000
    assert abs((juchao + lujiang) / all_of_it - 0.453) < 5e-4
    assert abs((hanshan + he) / all_of_it - 0.216) < 5e-4
    counties = moved_counties()
    assert counties["old"].str.fullmatch(r"\d{6}").all()
    assert counties["old"].is_unique
    assert counties["source"].ne("").all()


def test_weights_of_pieces_by_hand():
    pieces = pd.DataFrame(
        [("a", "x", 1.0, 0.0), ("a", "y", 3.0, 0.0), ("b", "x", 2.0, 4.0), ("b", "x", 0.0, 1.0)],
        columns=["old", "new", "area_km2", "light"],
    )
    by_area, audit = crosswalk_of_pieces(pieces, measure="area_km2", year=2011)
    assert by_area.table["weight"].tolist() == [0.25, 0.75, 1.0]
    assert audit == ()
    with pytest.raises(CrosswalkError, match=r"above zero in some piece.*none in a .1 in all"):
        crosswalk_of_pieces(pieces, measure="light", year=2011)
    by_light, audit = crosswalk_of_pieces(pieces, measure="light", year=2011, instead="area_km2")
    assert by_light.table["weight"].tolist() == [0.25, 0.75, 1.0]
    assert [(row.rule, row.subject) for row in audit] == [("weighed_instead", "pieces: a")]
    with pytest.raises(CrosswalkError, match=r"none below zero, found -1\.0 for a in x"):
        crosswalk_of_pieces(pieces.assign(light=-1.0), measure="light", year=2011)


@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.sampled_from("xyz"), st.floats(1e-6, 1e9)), min_size=1
    )
)
def test_weights_of_pieces_sum_to_one_and_pieces_without_anything_do_not_count(rows):
    pieces = pd.DataFrame(rows, columns=["old", "new", "people"])
    crosswalk, _ = crosswalk_of_pieces(pieces, measure="people", year=2011)
    sums = crosswalk.table.groupby("old")["weight"].sum()
    np.testing.assert_allclose(sums, 1.0, rtol=1e-12)
    assert set(sums.index) == {old for old, _, _ in rows}
    empty = pd.concat([pieces, pieces.assign(new="w", people=0.0)], ignore_index=True)
    again, _ = crosswalk_of_pieces(empty, measure="people", year=2011)
    pd.testing.assert_frame_equal(again.table, crosswalk.table)
