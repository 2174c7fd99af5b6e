"""The study file: paths, variables, every problem at once."""

from pathlib import Path

import pytest

from geo.errors import StudyFileError
from nightpanel.study import lights_study
from nightpanel.study_file import load_designs, load_study, read_study

SOUND = """
[study]
name = "one"
[lights]
tiles = ["light/*.tif", "${NIGHTPANEL_TEST_ROOT}/more/*.tif"]
[units]
file = "units.gpkg"
unit_id = "id"
city_id = "id:4"
[[panel.tables]]
file = "../yearbook.csv"
city = "code"
year = "year"
columns = { gdp = "GDP" }
[[designs]]
name = "first"
outcome = "gini"
treatment = "uil"
exclude_cities = ["0101"]
years = [2018, 2019]
"""


@pytest.fixture
def study_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NIGHTPANEL_TEST_ROOT", "/somewhere")
    path = tmp_path / "folder" / "study.toml"
    path.parent.mkdir()
    path.write_text(SOUND, encoding="utf-8")
    return path


def test_paths_are_anchored_at_the_file_and_variables_expanded(study_file: Path) -> None:
    study = load_study(study_file)
    folder = study_file.parent
    assert study.lights.tiles == [str(folder / "light/*.tif"), "/somewhere/more/*.tif"]
    assert study.units.file == folder / "units.gpkg"
    assert study.panel is not None
    assert study.panel.tables[0].file == folder / "../yearbook.csv"


def test_designs_of_a_study_become_frozen_designs(study_file: Path) -> None:
    (design,) = load_designs(study_file).designs
    assert (design.name, design.outcome, design.treatment) == ("first", "gini", "uil")
    assert design.exclude_cities == frozenset({"0101"})
    assert design.years == (2018, 2019)
    assert design.repetitions == 20


@pytest.mark.parametrize(
    ("old", "new", "where", "parts"),
    [
        ('name = "one"', 'nmae = "one"', "study.nmae", ["did you mean 'name'"]),
        ('unit_id = "id"', "unit_id = 7", "units.unit_id", ["7", "string"]),
        ('unit_id = "id"\n', "", "units.unit_id", ["expected this key", "add it"]),
        ('columns = { gdp = "GDP" }', "columns = {}", "panel.tables.0.columns", ["{}"]),
        ('outcome = "gini"', 'outcoem = "gini"', "designs.0.outcoem", ["did you mean 'outcome'"]),
        ("[units]", "[unist]", "unist", ["did you mean 'units'"]),
        ("[study]", "[study", "study.toml", ["TOML", "line"]),
        ("[[panel.tables]]", "[[panel.tabels]]", "panel.tabels", ["did you mean 'tables'"]),
    ],
)
def test_a_problem_names_its_key(
    study_file: Path, old: str, new: str, where: str, parts: list[str]
) -> None:
    study_file.write_text(SOUND.replace(old, new), encoding="utf-8")
    with pytest.raises(StudyFileError) as caught:
        load_study(study_file)
    assert str(study_file) in caught.value.where
    assert caught.value.where.endswith(where)
    for part in parts:
        assert part in str(caught.value)
    assert "\n" not in str(caught.value)


def test_every_problem_is_found_at_once(study_file: Path) -> None:
    text = SOUND.replace('unit_id = "id"', "unit_id = 7").replace('name = "one"', "name = 1")
    study_file.write_text(text, encoding="utf-8")
    study, problems = read_study(study_file)
    assert study is None
    assert len(problems) == 2
    with pytest.raises(StudyFileError, match="1 more"):
        load_study(study_file)


def test_designs_need_a_panel(study_file: Path) -> None:
    head, _, rest = SOUND.partition("[[panel.tables]]")
    study_file.write_text(head + rest[rest.index("[[designs]]") :], encoding="utf-8")
    with pytest.raises(StudyFileError, match=r"designs need a \[panel\] section"):
        load_study(study_file)


def test_a_study_without_designs_has_none_to_estimate(study_file: Path) -> None:
    study_file.write_text(SOUND[: SOUND.index("[[designs]]")], encoding="utf-8")
    with pytest.raises(StudyFileError, match="at least one"):
        load_designs(study_file)


def test_lights_need_no_file() -> None:
    study = lights_study(tiles=["a.tif"], units=Path("u.gpkg"), unit_id="id", city_id="id:4")
    assert study.panel is None
    assert study.lights.product is None
