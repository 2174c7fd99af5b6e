"""The real yearbooks: which of their codes and names are which cities, and by what rule."""

from pathlib import Path

import pandas as pd
import pytest

from panels.match import UNMATCHED
from panels.read import ReadTable, TableSpec, read_table

pytestmark = pytest.mark.real

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


def specs(data: Path) -> dict[str, TableSpec]:
    books = data / "panel" / "yearbooks"
    finance = data / "panel" / "pku_dfiic" / "PKU_DFIIC_city.dta"
    population = books / "city298_popdensity_1998_2024.xlsx"
    sheet = {"sheet": "面板数据", "city_name": "城市", "province": "省份"}
    return {
        "industry": TableSpec(
            books / "city_industry_structure_2000_2023.xlsx", "城市代码", "年度标识",
            {"gdp": "gdp（亿元人民币）"}, "面板数据2000-2023",
            city_name="城市名称", province="省份名称",
        ),
        "loans": TableSpec(
            books / "city_findev_loans_deposits_2003_2023.xlsx", "城市代码", "年份",
            {"gdp": "地区生产总值(万元)"}, city_name="城市", province="省份",
        ),
        "population": TableSpec(population, "城市代码", "年份", {"p": "常住人口（万人）"}, **sheet),
        "population, names alone": TableSpec(
            population, None, "年份", {"p": "常住人口（万人）"}, **sheet
        ),
        "deflators": TableSpec(
            books / "city296_gdp_base2000.xlsx", None, "年份", {"deflator": "GDP平减指数"},
            "Sheet1", city_name="城市", province="省份",
        ),
        "investment from abroad": TableSpec(
            books / "city_fdi_1996_2023.xlsx", None, "year", {"fdi": "外商直接投资"}, "Sheet1",
            city_name="地级市",
        ),
        "pilot cities": TableSpec(
            books / "pilot_city_list.xlsx", None, None, {"pilot_year": "pilot_year"},
            city_name="city_name", years=(2018,),
        ),
        "digital finance, 2018": TableSpec(
            finance, "pref_code_year18", "year", {"d": "index_aggregate"},
            city_name="pref_name_year18",
        ),
        "digital finance, 2014": TableSpec(
            finance, "pref_code_year14", "year", {"d": "index_aggregate"},
            city_name="pref_name_year14",
        ),
        "city panel": TableSpec(
            data / "panel" / "china_city_panel_real.csv", "city_code", "year",
            {"gdp": "gdp_100m"}, city_name="city", province="province",
        ),
    }  # fmt: skip


@pytest.fixture(scope="module")
def tables(data_dir: Path) -> dict[str, ReadTable]:
    return {name: read_table(spec) for name, spec in specs(data_dir).items()}


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
