"""The real yearbooks: which of their codes and names are which cities, and by what rule."""

import runpy
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from panels.cities.crosswalks import china_2023
from panels.cities.match import UNMATCHED
from panels.cities.vintage import VintageSpec, to_vintage
from panels.read import ReadTable, read_table

pytestmark = pytest.mark.real
ROOT = Path(__file__).resolve().parents[2]

RULES = {
    "industry": {"code": 337, "earlier_code": 5},
    "loans": {"code": 300},
    "population": {"code": 298},
    "population, names alone": {"exact_name": 298},
    "deflators": {"exact_name": 296},
    "investment from abroad": {"normalised_name": 293, "proposed": 1, "unmatched": 1},
    "pilot cities": {"exact_name": 92},
    "digital finance, 2018": {"code": 338},
    "digital finance, 2014": {"code": 333, "earlier_code": 5},
    "city panel": {"code": 300},
}
"""Distinct codes and names of each table by the rule that found them."""

EARLIER = {
    "industry": {
        "4604 儋州市", "5406 那曲地区", "6504 吐鲁番地区", "6504 吐鲁番市", "6505 哈密地区",
    },
    "digital finance, 2014": {
        "5405 山南地区", "5406 那曲地区", "5404 林芝地区", "6504 吐鲁番地区", "6505 哈密地区",
    },
}  # fmt: skip
"""Cities under a code of an earlier year, by the code they are read as."""


@pytest.fixture(scope="module")
def script() -> dict[str, Any]:
    """What fills the page on codes."""
    return runpy.run_path(str(ROOT / "docs" / "scripts" / "city_matches.py"))


@pytest.fixture(scope="module")
def tables(script: dict[str, Any], data_dir: Path) -> dict[str, ReadTable]:
    return {name: read_table(spec) for name, spec in script["specs"](data_dir).items()}


def test_the_page_has_what_the_script_finds(script, tables, data_dir):
    page = (ROOT / "docs" / "codes-and-vintages.md").read_text(encoding="utf-8")
    assert script["report"](tables, script["boundary_cities"](data_dir)) in page


def test_every_code_and_name_is_found_but_two(tables):
    counted = {
        name: read.matches["rule"].value_counts().sort_index().to_dict()
        for name, read in tables.items()
    }
    assert counted == RULES
    left_out = pd.concat(
        [read.matches[read.matches["city_id"] == ""] for read in tables.values()]
    ).set_index("name")
    assert sorted(left_out.index) == ["中国", "吉林"]
    assert left_out.loc["中国", "rule"] == UNMATCHED
    assert left_out.loc["吉林", "reason"] == "also the name of a province"
    assert left_out.loc["吉林", "proposals"] == "2202 吉林市"


def test_earlier_codes(tables):
    for name, expected in EARLIER.items():
        matches = tables[name].matches
        rows = matches[matches["rule"] == "earlier_code"]
        found = set(rows["city_id"] + " " + rows["name"])
        assert found == expected
    # No code stands beside the name of another city.
    for read in tables.values():
        assert (read.matches.loc[read.matches["city_id"] != "", "reason"] == "").all()


def test_one_file_names_cities_as_well_as_it_codes_them(tables):
    by_code, by_name = (tables[name].table for name in ("population", "population, names alone"))
    pd.testing.assert_frame_equal(by_code, by_name)


def test_cities_that_ended_have_no_later_values(tables):
    for name in ("loans", "city panel", "investment from abroad"):
        table = tables[name].table
        for city, last in (("3414", 2010), ("3712", 2018)):
            late = table[(table["city_id"] == city) & (table["year"] > last)]
            assert len(late) == 2023 - last
            assert late.drop(columns=["city_id", "year"]).isna().all(axis=None)


def test_mergers_and_splits_keep_the_totals_of_every_year(tables):
    spec = VintageSpec(china_2023(), counts=("gdp",))
    for name in ("loans", "city panel", "industry"):
        read = tables[name].table
        before = read[read["year"] >= 2003].dropna().reset_index(drop=True)
        moved = to_vintage(before, spec, where=name)
        after = moved.table.set_index(["city_id", "year"])["gdp"]
        # Where the table has all the parts, nothing is lost.
        assert not {"3414", "3712"} & set(moved.table["city_id"])
        old = before.set_index(["city_id", "year"])["gdp"]
        assert after["3701", 2018] == old["3701", 2018] + old["3712", 2018]
        assert after["3701", 2019] == old["3701", 2019]
        assert after["3401", 2010] == pytest.approx(old["3401", 2010] + 0.453 * old["3414", 2010])
        for year in range(2003, 2024):
            lost = after.xs(year, level="year").isna()
            totals = (one.xs(year, level="year").sum() for one in (old, after))
            assert lost.any() or np.isclose(*totals, rtol=1e-12), (name, year)
        absent = [row.subject for row in moved.audit if row.rule == "vintage_part_absent"]
        # The industry table has no row of Laiwu for one year.
        assert len(absent) == (1 if name == "industry" else 0)
