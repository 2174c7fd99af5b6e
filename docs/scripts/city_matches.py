"""Which codes and names of the real tables are which cities, and which are in the boundaries.

Needs ``NIGHTPANEL_DATA``. Fills the part of ``docs/codes-and-vintages.md`` between its marks.
"""

import os
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from benchmarks.document import filled
from geo.boundaries import read_units
from nightpanel.unit_cities import with_crosswalk
from panels.cities.crosswalks import china_2023, weights_of_year
from panels.cities.places import china_cities
from panels.read import ReadTable, TableSpec, read_table

PAGE = Path(__file__).resolve().parents[1] / "codes-and-vintages.md"
YEAR = 2018
"""The year in which tables and boundaries are compared."""
LISTED = 12
"""So many cities are listed by name; files of 300 cities leave out the autonomous prefectures."""


def specs(data: Path) -> dict[str, TableSpec]:
    """How each real table names its cities."""
    books = data / "panel" / "yearbooks"
    finance = data / "panel" / "pku_dfiic" / "PKU_DFIIC_city.dta"
    population = books / "city298_popdensity_1998_2024.xlsx"
    densities = partial(
        TableSpec, population, year="年份", columns={"p": "常住人口（万人）"},
        sheet="面板数据", city_name="城市", province="省份",
    )  # fmt: skip
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
        "population": densities(city="城市代码"),
        "population, names alone": densities(city=None),
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


def boundary_cities(data: Path) -> frozenset[str]:
    """Cities of 2023 in the county boundaries, without those that group counties."""
    file = data / "polygons" / "china" / "china_counties_mapchina.gpkg"
    units = read_units(file, unit_id="Code_County", city_id="Code_Perfecture")
    cities = set(with_crosswalk(units, "china-2023")[0].attributes["city_id"])
    return frozenset(cities & {city.city_id for city in china_cities()})


def in_boundaries(read: ReadTable, known: frozenset[str]) -> tuple[int, list[str], list[str]]:
    """How many cities of the boundaries the table has in ``YEAR``, and who is on one side alone."""
    rows = read.table[read.table["year"] == YEAR]
    valued = rows[rows.drop(columns=["city_id", "year"]).notna().any(axis=1)]
    has = set(weights_of_year(china_2023(), valued["city_id"], YEAR)["new"])
    return len(has & known), sorted(known - has), sorted(has - known)


def report(tables: Mapping[str, ReadTable], known: frozenset[str]) -> str:
    """The page's part: a table of rules, and everything that is not matched."""
    names = {city.city_id: city.name for city in china_cities()}
    columns = (
        "table", "found by code", "by an earlier code", "by the name as it is",
        "by the name without suffix", "not found",
        f"of the {len(known)} cities of the boundaries in {YEAR}",
    )  # fmt: skip
    lines = [
        f"| {' | '.join(columns)} |",
        "| --- | ---: | ---: | ---: | ---: | --- | ---: |",
    ]
    notes = []
    for name, read in tables.items():
        counts = read.matches["rule"].value_counts()
        found = [
            str(counts.get(rule, 0))
            for rule in ("code", "earlier_code", "exact_name", "normalised_name")
        ]
        lost = read.matches[read.matches["city_id"] == ""]
        reasons = "; ".join(
            f"{row} ({why})" for row, why in zip(lost["name"], lost["reason"], strict=True)
        )
        both, absent, outside = in_boundaries(read, known)
        lines.append(f"| {name} | {' | '.join(found)} | {reasons or 'none'} | {both} |")
        earlier = read.matches[read.matches["rule"] == "earlier_code"]
        if len(earlier):
            pairs = zip(earlier["code"], earlier["name"], earlier["city_id"], strict=True)
            listed = ", ".join(f"{code} {city} as {new}" for code, city, new in pairs)
            notes.append(f"* {name}, earlier codes: {listed}.")
        if outside:
            listed = ", ".join(f"{one} {names[one]}" for one in outside)
            notes.append(f"* {name}, not in the boundaries: {listed}.")
        if 0 < len(absent) <= LISTED:
            listed = ", ".join(f"{one} {names[one]}" for one in absent)
            notes.append(f"* {name}, no value in {YEAR} of: {listed}.")
    return "\n".join([*lines, "", *notes])


def main() -> None:
    """Fill the page."""
    data = Path(os.environ["NIGHTPANEL_DATA"])
    tables = {name: read_table(spec) for name, spec in specs(data).items()}
    text = report(tables, boundary_cities(data))
    PAGE.write_text(filled(PAGE.read_text(encoding="utf-8"), "matches", text), encoding="utf-8")


if __name__ == "__main__":
    main()
