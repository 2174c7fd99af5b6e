"""Who is a low-carbon pilot: the list, the notices, and what the example leaves out."""

import tomllib
from pathlib import Path

import pandas as pd
import pytest

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
NOTICES = EXAMPLES / "low_carbon_notices.csv"
STUDY = EXAMPLES / "low_carbon_pilots.toml"
PILOT_PROVINCES = {"44", "21", "42", "61", "53", "46"}
NAMED_OUT, REST_OUT, BY_NOTICES = "named ones out", "pilot provinces' others out", "by the notices"


def varied(design: str) -> dict[str, dict[str, object]]:
    """The variations of a design, by name without the design's."""
    study = tomllib.loads(STUDY.read_text(encoding="utf-8"))
    (own,) = [one for one in study["designs"] if one["name"] == design]
    return {one["name"].removeprefix(f"{design}, "): one for one in own["vary"]}


def left_out(design: str, name: str) -> set[str]:
    listed = varied(design)[name]["exclude_cities"]
    assert len(listed) == len(set(listed))
    return set(listed)


def test_a_notice_names_a_city_once() -> None:
    """Eight cities in 2010, 28 in 2012 but for Jiyuan, 45 in 2017 but for ten smaller places."""
    table = pd.read_csv(NOTICES)
    assert not table["city_name"].duplicated().any()
    assert table.groupby("notice").size().to_dict() == {2010: 8, 2012: 27, 2017: 35}
    first = table.groupby("notice")["first_year"].unique()
    assert {one: list(years) for one, years in first.items()} == {
        2010: [2010], 2012: [2013], 2017: [2017],
    }  # fmt: skip
    sourced = table.loc[table["source"].notna(), "notice"].value_counts().to_dict()
    assert sourced == {2010: 8, 2012: 27, 2017: 1}


@pytest.mark.parametrize("name", [NAMED_OUT, REST_OUT, BY_NOTICES])
def test_both_outcomes_leave_out_the_same_cities(name: str) -> None:
    assert left_out("uil", name) == left_out("tertiary", name)


@pytest.mark.real
def test_what_is_left_out_is_what_the_list_and_the_notices_say(data_dir: Path) -> None:
    books = data_dir / "panel" / "yearbooks"
    listed = set(pd.read_excel(books / "pilot_city_list.xlsx")["city_name"])
    table = pd.read_excel(
        books / "city_industry_structure_2000_2023.xlsx", sheet_name="面板数据2000-2023",
        usecols=["城市名称", "城市代码"],
    )  # fmt: skip
    cities = table.dropna().drop_duplicates("城市名称").set_index("城市名称")["城市代码"]
    codes = (cities.astype(int) // 100).astype(str).replace("4690", "4604")  # Danzhou's since 2015
    named = set(pd.read_csv(NOTICES)["city_name"])
    assert named <= set(codes.index)
    of_province = set(codes.index[codes.str[:2].isin(PILOT_PROVINCES)])
    assert len(listed) == 92
    assert len(listed & named) == 56
    assert len(listed & of_province - named) == 36
    assert len(named - listed) == 14
    assert left_out("uil", NAMED_OUT) == set(codes[list(named - listed)])
    unlisted = (named | of_province) - listed
    assert left_out("uil", REST_OUT) == set(codes[list(unlisted)])
    assert left_out("uil", BY_NOTICES) == set(codes[list(of_province - named)])
