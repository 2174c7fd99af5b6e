"""Regions of provinces: as many in each as the Bureau counts, and those of the real panel."""

from collections import Counter
from pathlib import Path

import pandas as pd
import pytest

from geo.errors import DomainError, TableColumnError
from panels.cities.codes import shipped_rows
from panels.cities.places import province_names
from panels.cities.regions import DIVISIONS, REGIONS, province_of, region_of, region_table
from panels.steps.regions import add_regions


def test_every_province_is_in_one_region_of_each_division() -> None:
    for division in DIVISIONS:
        assert set(region_table(division)) == set(province_names())
        assert set(region_table(division).values()) <= set(REGIONS)
    for row in shipped_rows("regions.csv"):
        assert row["name"] == province_names()[row["province"]]


def test_each_division_has_its_sources_once_with_an_address() -> None:
    sources = shipped_rows("region_sources.csv")
    assert {row["division"] for row in sources} == set(DIVISIONS)
    assert all(row["address"].startswith("http") and row["source"] for row in sources)
    assert len({tuple(row.values()) for row in sources}) == len(sources)
    assert [*shipped_rows("regions.csv")[0]] == ["province", "name", *DIVISIONS]


def test_regions_have_as_many_provinces_as_the_bureau_counts() -> None:
    three, four = (Counter(region_table(division).values()) for division in DIVISIONS)
    assert three == {"east": 11, "central": 8, "west": 12}
    assert four == {"east": 10, "central": 6, "west": 12, "northeast": 3}


@pytest.mark.parametrize(
    ("place", "province", "three", "four"),
    [
        ("21", "21", "east", "northeast"),
        ("2201", "22", "central", "northeast"),
        ("450100", "45", "west", "west"),
        ("内蒙古", "15", "west", "west"),
        ("海南省", "46", "east", "east"),
        ("710000", "71", None, None),
        ("苏州市", None, None, None),
        ("9101", None, None, None),
        ("110", None, None, None),
    ],
)
def test_places_by_code_or_name(
    place: str, province: str | None, three: str | None, four: str | None
) -> None:
    assert province_of(place) == province
    assert (region_of(place, "three"), region_of(place, "four")) == (three, four)


def table(**columns: list[object]) -> pd.DataFrame:
    return pd.DataFrame({"city_id": ["1100", "2101"], "year": [2011, 2011], **columns})


def test_the_step_adds_a_column() -> None:
    made = add_regions(table(), division="four", where="s").table
    assert made["region"].tolist() == ["east", "northeast"]
    by_number = table(province=[11.0, 22.0])
    stepped = add_regions(by_number, division="three", column="province", name="part", where="s")
    assert stepped.table["part"].tolist() == ["east", "central"]
    assert "part" not in by_number


def test_the_step_refuses_what_is_nowhere_and_taken_names() -> None:
    with pytest.raises(DomainError, match=r"s: column 'who'.*'Lyon' for city 2101, year 2011"):
        add_regions(table(who=["11", "Lyon"]), division="three", column="who", where="s")
    with pytest.raises(TableColumnError, match="a new name"):
        add_regions(table(region=["a", "b"]), division="three", where="s")
    with pytest.raises(TableColumnError, match="'province'"):
        add_regions(table(), division="three", column="province", where="s")


@pytest.mark.real
def test_the_real_panels_own_regions_are_the_three(data_dir: Path) -> None:
    panel = pd.read_csv(data_dir / "panel" / "china_city_panel_real.csv", dtype={"city_code": str})
    cities = panel.drop_duplicates("city_code")
    own = cities["region"].map({"东部": "east", "中部": "central", "西部": "west"})
    assert len(cities) == 300
    assert (cities["city_code"].map(lambda code: region_of(code, "three")) == own).all()
    assert (cities["province"].map(lambda name: region_of(name, "three")) == own).all()
