"""The seam between two versions of one year, by hand."""

import math

import pandas as pd
import pytest

from nightpanel.seam import seam_summary, seam_table


@pytest.fixture
def city_years() -> pd.DataFrame:
    """Two cities; 2013 as two versions, of which the second lacks a third city."""
    rows = [
        ("p", 2012, "a", 9.0, 0.3),
        ("p:old", 2013, "a", 10.0, 0.30),
        ("p:old", 2013, "b", 0.0, math.nan),
        ("p:old", 2013, "c", 2.0, 0.50),
        ("p:new", 2013, "a", 12.0, 0.25),
        ("p:new", 2013, "b", 1.0, 0.60),
        ("q", 2013, "a", 5.0, 0.1),
    ]
    return pd.DataFrame(rows, columns=["product", "year", "city_id", "mean", "gini"])


def test_cities_stand_side_by_side(city_years: pd.DataFrame) -> None:
    seam = seam_table(city_years)
    assert seam.columns.tolist() == [
        "product", "year", "first", "second", "city_id", "mean_first", "mean_second",
        "mean_change", "gini_first", "gini_second", "gini_change",
    ]  # fmt: skip
    first, second = seam.to_dict("records")
    assert [first[name] for name in ("product", "year", "first", "second", "city_id")] == [
        "p", 2013, "new", "old", "a",
    ]  # fmt: skip
    assert first["mean_change"] == pytest.approx(10 / 12 - 1)
    assert first["gini_change"] == pytest.approx(0.05)
    assert second["city_id"] == "b"
    assert (second["mean_change"], math.isnan(second["gini_change"])) == (-1.0, True)


def test_the_summary_takes_cities_that_both_show(city_years: pd.DataFrame) -> None:
    (row,) = seam_summary(seam_table(city_years)).to_dict("records")
    assert (row["cities"], row["mean_first"], row["mean_second"]) == (1, 12.0, 10.0)
    assert row["mean_change"] == pytest.approx(10 / 12 - 1)
    assert row["gini_change"] == pytest.approx(0.05)


def test_a_dark_city_has_no_relative_change(city_years: pd.DataFrame) -> None:
    swapped = city_years.replace({"product": {"p:old": "p:a"}})
    seam = seam_table(swapped).set_index("city_id")
    assert math.isnan(seam.loc["b", "mean_change"])


def test_three_versions_make_two_pairs(city_years: pd.DataFrame) -> None:
    third = city_years[city_years["product"] == "p:old"].assign(product="p:z")
    seam = seam_table(pd.concat([city_years, third]))
    pairs = seam[["first", "second"]].drop_duplicates().to_numpy().tolist()
    assert pairs == [["new", "old"], ["old", "z"]]


def test_there_is_no_seam_where_every_year_is_one(city_years: pd.DataFrame) -> None:
    assert len(seam_table(city_years[~city_years["product"].str.contains(":")])) == 0
