"""Names, crosswalks and vintages through a whole study: light and yearbook move together."""

from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import numpy as np
import pandas as pd
import pytest

from geo.boundaries import read_units
from geo.errors import CrosswalkError, StudyFileError
from nightpanel.explain_row import explain
from nightpanel.study_file import load_study
from nightpanel.unit_cities import with_crosswalk
from nightpanel.yearbook_files import yearbook_files

ROOT = Path(__file__).resolve().parents[2]
Command = Callable[..., CompletedProcess[str]]

MERGER = "old,new,weight,year\n0102,0101,1,2016\n"
"""City 0102 joins 0101 in 2016."""

STUDY = """
[study]
name = "a merger"
years = [2014, 2015, 2016, 2017]

[lights]
tiles = ["*.tif"]
bootstrap_draws = 0

[units]
file = "units.gpkg"
unit_id = "unit_id"
city_id = "unit_id:4"
crosswalk = "merger.csv"

[panel]
cities = "cities.csv"

[[panel.tables]]
file = "names.csv"
city_name = "city"
year = "year"
columns = { people = "people", gdp = "gdp", gdp_per_head = "gdp_per_head" }

[panel.tables.vintage]
crosswalk = "merger.csv"
counts = ["people", "gdp"]
rates = { gdp_per_head = "people" }

[[panel.tables]]
file = "pilots.csv"
city_name = "city"
columns = { pilot_year = "since" }
optional = true
"""

NAMES = [f"City {letter}" for letter in "ABCDEF"]


@pytest.fixture
def study(country: Path) -> Path:
    """The small country with names for codes, and a merger."""
    (country / "merger.csv").write_text(MERGER)
    codes = [f"010{at}" for at in range(1, 7)]
    cities = pd.DataFrame({"city_id": codes, "name": NAMES})
    cities.to_csv(country / "cities.csv", index=False)
    rows = [
        {"city": name, "year": year, "people": at + 1.0, "gdp": 10.0 * (at + 1) ** 2}
        for at, name in enumerate(NAMES)
        for year in range(2014, 2018)
        if (at, year) not in {(1, 2016), (1, 2017)}  # merged by then
    ]
    table = pd.DataFrame(rows).assign(gdp_per_head=lambda one: one["gdp"] / one["people"])
    table.to_csv(country / "names.csv", index=False)
    pilots = pd.DataFrame({"city": ["City C", "Citty D"], "since": [2015, 2016]})
    pilots.to_csv(country / "pilots.csv", index=False)
    file = country / "merger.toml"
    file.write_text(STUDY, encoding="utf-8")
    return file


def test_light_and_yearbook_move_to_one_vintage(study: Path, command: Command) -> None:
    out = study.parent / "out"
    ended = command("run", study, "--out", out, "--quiet")
    assert ended.returncode == 0, ended.stderr
    cities = pd.read_parquet(out / "cities.parquet").set_index(["city_id", "year"])
    units = pd.read_parquet(out / "units.parquet")
    assert "0102" not in set(units["city_id"])
    assert cities.loc[("0101", 2014), "n_units"] == 31 + 26
    panel = pd.read_parquet(out / "panel.parquet").set_index(["city_id", "year"])
    assert len(panel) == 5 * 4
    before, after = panel.loc[("0101", 2014)], panel.loc[("0101", 2016)]
    # One person with 10 and two with 40; afterwards the file has them together.
    assert before[["people", "gdp"]].tolist() == [3.0, 50.0]
    assert before["gdp_per_head"] == pytest.approx(50.0 / 3.0)
    assert after[["people", "gdp", "gdp_per_head"]].tolist() == [1.0, 10.0, 10.0]
    assert panel.loc["0103", "pilot_year"].tolist() == [2015.0] * 4
    assert panel["pilot_year"].isna().sum() == 16

    made = explain(out, city="0101", year=2014)
    assert (made.panel["people"], made.panel["gdp"]) == (3.0, 50.0)
    assert made.matches["name"].tolist() == [NAMES[0]]
    assert "vintage_moved" in {row.rule for row in made.audit}

    matches = pd.read_parquet(out / "matches.parquet")
    assert matches.columns[0] == "table"
    counts = matches.groupby(["table", "rule"]).size().to_dict()
    assert counts == {
        ("names.csv", "exact_name"): 6,
        ("pilots.csv", "exact_name"): 1,
        ("pilots.csv", "proposed"): 1,
    }
    (left_out,) = matches[matches["rule"] == "proposed"].itertuples()
    assert (left_out.name, left_out.city_id) == ("Citty D", "")
    assert left_out.proposals.startswith("0104 City D")
    audit = pd.read_parquet(out / "audit.parquet").groupby("rule").size()
    assert audit["vintage_moved"] == 4  # two parts in two years
    assert audit["crosswalk"] == 1
    assert audit["proposed_match"] == 1


def test_a_changed_crosswalk_runs_what_hangs_on_it_again(study: Path, command: Command) -> None:
    out = study.parent / "out"
    assert command("run", study, "--out", out).returncode == 0
    again = command("run", study, "--out", out)
    assert "lights: nothing to do" in again.stdout
    assert "panel: nothing to do" in again.stdout
    (study.parent / "merger.csv").write_text(MERGER.replace("2016", "2017"))
    assert "nothing to do" not in command("run", study, "--out", out).stdout
    panel = pd.read_parquet(out / "panel.parquet").set_index(["city_id", "year"])
    # The file has no row of the merged city in 2016, so that the sum is unknown.
    assert np.isnan(panel.loc[("0101", 2016), "gdp"])


def test_check_lists_every_name_that_is_left_out(study: Path, command: Command) -> None:
    checked = command("check", study)
    assert checked.returncode == 0, checked.stderr
    assert "cities of names.csv: 6 exact_name" in checked.stdout
    assert "cities of pilots.csv: 1 exact_name, 1 proposed" in checked.stdout
    assert "Citty D left out, no city of this name; perhaps 0104 City D" in checked.stdout


def test_a_proposal_is_confirmed_by_a_table_of_the_study(study: Path, command: Command) -> None:
    (study.parent / "words.csv").write_text("name,city_id\nCitty D,0104\n")
    study.write_text(STUDY + 'confirm = "words.csv"\n')
    checked = command("check", study)
    assert "cities of pilots.csv: 1 exact_name, 1 confirmed" in checked.stdout


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ('city_name = "city"\nyear', 'yaer = "city"\nyear', "panel.tables.0.yaer"),
        ('city_name = "city"\nyear', "year", "city must name the column of codes"),
        ('city_name = "city"\nyear', 'city = "city"\nprovince = "p"\nyear', "city_name must name"),
        ('rates = { gdp_per_head = "people" }', "", "'gdp_per_head': expected a place in counts"),
        ('counts = ["people", "gdp"]', 'counts = ["gdp"]', "'people': expected a place in counts"),
        ('crosswalk = "merger.csv"\ncounts', 'crosswalk = "m.csv"\ncounts', "m.csv: expected a"),
    ],
)
def test_wrong_keys_are_one_line(
    study: Path, command: Command, old: str, new: str, line: str
) -> None:
    study.write_text(STUDY.replace(old, new, 1), encoding="utf-8")
    ended = command("check", study)
    assert ended.returncode == 1
    assert line in ended.stderr
    assert "Traceback" not in ended.stderr


def test_weights_that_do_not_sum_to_one_are_named(study: Path, command: Command) -> None:
    (study.parent / "merger.csv").write_text(
        "old,new,weight,year\n0102,0101,.5,2016\n0102,0103,.4,2016\n"
    )
    ended = command("run", study, "--out", study.parent / "out")
    assert ended.returncode == 1
    assert "sum to 1 for each old division, found 0.9 for 0102 in 2016" in ended.stderr


def test_a_unit_of_a_city_that_was_split_needs_a_word_of_its_own(country: Path) -> None:
    units = read_units(country / "units.gpkg", unit_id="unit_id", city_id="unit_id:4")
    split = country / "split.csv"
    split.write_text("old,new,weight,year\n0102,0101,.5,2016\n0102,0103,.5,2016\n")
    with pytest.raises(CrosswalkError, match=r"unit '0102.*splits .26 units in all"):
        with_crosswalk(units, str(split))
    own = country / "own.csv"
    own.write_text("code,city_id\n0102,0101\n")
    mapped, rows = with_crosswalk(units, str(own))
    assert "0102" not in set(mapped.attributes["city_id"])
    assert [(row.rule, row.count) for row in rows] == [("crosswalk", 26)]


def test_counties_that_moved_take_their_light_with_them(country: Path) -> None:
    units = read_units(country / "units.gpkg", unit_id="unit_id", city_id="unit_id:4")
    codes = ["341402001", "341423001", "341421", "371202", "652101", "110101", "340101"]
    table = units.attributes.head(len(codes)).assign(
        unit_id=codes, city_id=[code[:4] for code in codes]
    )
    few = type(units)(table.astype("str"), units.drawn, units.crs, (), "few")
    mapped, rows = with_crosswalk(few, "china-2023")
    assert mapped.attributes["city_id"].tolist() == [
        "3401", "3405", "3401", "3701", "6504", "1100", "3401",
    ]  # fmt: skip
    assert len(rows) == 5


def test_crosswalks_are_anchored_at_the_study_file(study: Path) -> None:
    loaded = load_study(study)
    folder = study.parent
    assert loaded.units.crosswalk == str(folder / "merger.csv")
    assert loaded.panel is not None
    files = yearbook_files(loaded.panel)
    assert [path.name for path in files] == ["cities.csv", "names.csv", "merger.csv", "pilots.csv"]
    assert all(path.parent == folder for path in files)
    study.write_text(STUDY.replace('"merger.csv"', '"china-2023"'), encoding="utf-8")
    assert load_study(study).units.crosswalk == "china-2023"
    study.write_text(STUDY.replace("counts =", "count ="), encoding="utf-8")
    with pytest.raises(StudyFileError, match="did you mean 'counts'"):
        load_study(study)


@pytest.mark.real
def test_check_tells_the_kinds_of_units(
    data_dir: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NIGHTPANEL_DATA", str(data_dir))
    checked = command("check", ROOT / "examples" / "guigang_townships.toml")
    assert "units by their codes: 39 town, 17 township, 2 street office" in checked.stdout
