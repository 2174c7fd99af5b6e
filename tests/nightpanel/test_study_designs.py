"""Designs, their variations and the tables of them in a study file."""

from collections.abc import Callable
from dataclasses import MISSING, fields
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from estimation.designs import Design, Split
from estimation.heterogeneity.keys import Along, Groups, Projection
from estimation.learning.tuning_budget import Budget
from geo.errors import DesignError, NightpanelError, StudyFileError
from nightpanel.asked import Asked
from nightpanel.study_designs import DesignKeys, DesignSection
from nightpanel.study_file import load_designs

Command = Callable[..., CompletedProcess[str]]

BASE = """
[[designs]]
name = "base"
outcome = "gini"
treatment = "uil"
controls = ["a", "b"]
repetitions = 2
"""


def read(folder: Path, text: str) -> Asked:
    path = folder / "designs.toml"
    path.write_text(text, encoding="utf-8")
    return load_designs(path)


def varied(folder: Path, *lines: str) -> Asked:
    return read(folder, BASE + "vary = [" + ", ".join(lines) + "]\n")


def refused(folder: Path, text: str) -> NightpanelError:
    with pytest.raises(NightpanelError) as caught:
        read(folder, text)
    assert "\n" not in str(caught.value)
    return caught.value


def test_every_field_of_a_design_is_a_key_with_its_default() -> None:
    known = {one.name: one for one in fields(Design)}
    keys = {*DesignSection.model_fields} - {"vary"}
    assert keys == {*known} - {"variation_of"}
    assert {*DesignKeys.model_fields} == keys - {"name"}
    plain = DesignSection(name="n", outcome="y", treatment="d").design()
    for name, field in known.items():
        if field.default is not MISSING:
            assert getattr(plain, name) == field.default, name


def test_slopes_are_one_column_or_several() -> None:
    asked = {"name": "n", "outcome": "y", "treatment": "d"}
    one = DesignSection.model_validate(asked | {"slopes": "region"}).design()
    several = DesignSection.model_validate(asked | {"slopes": ["region", "year"]}).design()
    assert (one.slopes, several.slopes) == (("region",), ("region", "year"))


def test_every_kind_of_value_reaches_the_design(tmp_path: Path) -> None:
    text = BASE + (
        'joint = ["d2"]\nmoderator = "m"\nlearner = "lightgbm"\n'
        "settings = { n_estimators = 50, learning_rate = 0.1 }\n"
        'cluster = ["city", "year"]\nexclude_cities = ["1101"]\nexclude_municipalities = true\n'
        'years = [2018, 2019]\nsplit = { column = "uil", side = "high" }\n'
        'winsorise = [0.01, 0.99]\nmissing = "drop"\nchecks = []\n'
    )
    (design,) = read(tmp_path, text).designs
    assert design == Design(
        "base", "gini", "uil", controls=("a", "b"), repetitions=2, joint=("d2",), moderator="m",
        learner="lightgbm", settings=(("learning_rate", 0.1), ("n_estimators", 50)),
        cluster=("city", "year"), exclude_cities=frozenset({"1101"}), exclude_municipalities=True,
        years=(2018, 2019), split=Split("uil", "high"), winsorise=(0.01, 0.99), missing="drop",
        checks=(),
    )  # fmt: skip
    (one_way,) = read(tmp_path, BASE + 'cluster = "province"\n').designs
    assert one_way.cluster == ("province",)


def test_where_the_effect_may_differ_is_written_as_tables(tmp_path: Path) -> None:
    _, *rest = varied(
        tmp_path,
        '{ name = "g", groups = { column = "uil", quantiles = 2 } }',
        '{ name = "p", groups = { periods = [[2011, 2015], [2016, 2021]] } }',
        '{ name = "c", along = { column = "z", basis = 6, at = "year" } }',
        '{ name = "b", project_on = { columns = ["z", "w"] } }',
        '{ name = "t", tune = { seconds = 30.0, folds = 3 } }',
        '{ name = "u", tune = {} }',
    ).designs
    assert rest[0].groups == Groups("uil", 2)
    assert rest[1].groups == Groups(periods=((2011, 2015), (2016, 2021)))
    assert rest[2].along == Along("z", 6, "year")
    assert rest[3].project_on == Projection(("z", "w"))
    assert rest[4].tune == Budget(None, 30.0, 3)
    assert rest[5].tune == Budget()


def test_a_variation_differs_in_what_it_says_and_in_nothing_else(tmp_path: Path) -> None:
    base, *rest = varied(
        tmp_path,
        '{ name = "1:5", folds = 6 }',
        '{ name = "more", add_controls = ["c"], drop_controls = ["a"] }',
        '{ name = "none", controls = [] }',
        '{ name = "all years again", years = [2018], repetitions = 2 }',
    ).designs
    assert base.variation_of == ""
    assert {one.variation_of for one in rest} == {"base"}
    assert [one.name for one in rest] == ["1:5", "more", "none", "all years again"]
    assert (rest[0].folds, rest[0].controls, rest[0].repetitions) == (6, ("a", "b"), 2)
    assert rest[1].controls == ("b", "c")
    assert rest[2].controls == ()
    assert rest[3].years == (2018,)


TUNED = BASE.replace(
    "repetitions = 2",
    'learner = "lightgbm"\nsettings = { n_estimators = 5 }\ntune = { trials = 3 }\n'
    'moderator = "m"\nyears = [2018, 2019]',
)


def test_another_learner_has_settings_and_tuning_of_its_own(tmp_path: Path) -> None:
    _, same, other, own = read(
        tmp_path,
        TUNED + "vary = [{ learner = 'lightgbm' }, { learner = 'xgboost' },\n"
        "{ learner = 'xgboost', settings = { max_depth = 2 } }]\n",
    ).designs
    settings = (("n_estimators", 5),)
    assert (same.settings, same.tune) == (settings, Budget(3))
    assert (other.learner, other.settings, other.tune) == ("xgboost", (), None)
    assert (own.settings, own.tune) == ((("max_depth", 2),), None)
    assert other.moderator == "m"


def test_a_variation_may_unset_keys(tmp_path: Path) -> None:
    base, plain, bare = read(
        tmp_path, TUNED + "vary = [{ unset = ['tune', 'moderator'] }, { unset = ['settings'] }]\n"
    ).designs
    assert (base.tune, base.moderator) == (Budget(3), "m")
    assert (plain.tune, plain.moderator, plain.years) == (None, None, (2018, 2019))
    assert plain.settings == base.settings
    assert plain.name == "base: unset = tune, moderator"
    assert (bare.settings, bare.tune) == ((), Budget(3))


def test_a_variation_without_a_name_is_called_by_what_differs(tmp_path: Path) -> None:
    _, one, two, three = varied(
        tmp_path,
        "{ folds = 6 }",
        '{ split = { column = "uil", side = "low" }, exclude_municipalities = true }',
        '{ outcome = "' + "o" * 100 + '" }',
    ).designs
    assert one.name == "base: folds = 6"
    assert "split = {column = uil, side = low}" in two.name
    assert "exclude_municipalities = true" in two.name
    assert three.name.endswith(" ...")


@pytest.mark.parametrize(
    ("line", "kind", "parts"),
    [
        ('{ name = "1:5", flods = 6 }', StudyFileError, ["variation '1:5'", "mean 'folds'"]),
        ('{ name = "x", folds = "six" }', StudyFileError, ["vary.0.folds", "variation 'x'"]),
        ('{ name = "x", folds = 1 }', DesignError, ["design 'x', folds", "2 or more"]),
        ('{ name = "x", learner = "lasoo" }', DesignError, ["design 'x'", "'lasso'"]),
        ('{ name = "x", winsorise = [0.9, 0.1] }', DesignError, ["design 'x', winsorise"]),
        ('{ name = "x", winsorise = [0.1] }', StudyFileError, ["variation 'x'", "2 items"]),
        ('{ name = "x" }', StudyFileError, ["variation 'x'", "differs from the design"]),
        ('{ name = "x", unset = ["outcome"] }', StudyFileError, ["vary.0.unset", "'outcome'"]),
        ('{ name = "x", tune = {}, unset = ["tune"] }', StudyFileError, ["tune given, or in"]),
        ('{ name = "x", drop_controls = ["z"] }', StudyFileError, ["vary.0.drop_controls"]),
        ('{ name = "x", add_controls = ["a"] }', DesignError, ["design 'x', column 'a'"]),
        ('{ name = "x", controls = [], add_controls = ["c"] }', StudyFileError, ["add_controls"]),
        ('{ name = "base", folds = 6 }', DesignError, ["'base' twice", "rename"]),
        ("{ vary = [] }", StudyFileError, ["vary.0.vary", "one of the keys"]),
        ('{ name = "x", variation_of = "y" }', StudyFileError, ["variation_of"]),
        ('{ name = "x", groups = { colunm = "z" } }', StudyFileError, ["mean 'column'"]),
        ('{ name = "x", groups = {} }', DesignError, ["design 'x', groups", "neither"]),
        ('{ name = "x", settings = { depth = nan } }', DesignError, ["'depth'", "finite"]),
    ],
)
def test_a_wrong_variation_is_named(
    tmp_path: Path, line: str, kind: type[NightpanelError], parts: list[str]
) -> None:
    error = refused(tmp_path, BASE + f"vary = [{line}]\n")
    assert isinstance(error, kind)
    for part in parts:
        assert part in str(error)


TABLE = """
[[tables]]
title = "Table 3"
columns = ["base"]
"""


@pytest.mark.parametrize(
    ("old", "new", "parts"),
    [
        ('["base"]', '["bsae"]', ["tables.0.columns", "'bsae'", "did you mean 'base'"]),
        ('["base"]', "[]", ["tables.0.columns"]),
        ('["base"]', '["base", "base"]', ["each design once"]),
        ('"Table 3"', '"--"', ["letter or a digit"]),
        ('"Table 3"', '"Estimates"', ["stands for another table"]),
        ('columns', 'kind = "fancy"\ncolumns', ["tables.0.kind"]),
        ('columns', 'kind = "descriptive"\nstars = true\ncolumns', ["stars are for a table"]),
        ('columns', 'kind = "descriptive"\nvariants = ["within"]\ncolumns', ["no variants"]),
        ('["base"]', '["base"]\nstarz = true', ["did you mean 'stars'"]),
    ],
)  # fmt: skip
def test_a_wrong_table_is_named(tmp_path: Path, old: str, new: str, parts: list[str]) -> None:
    assert read(tmp_path, BASE + TABLE).tables[0].stem() == "table_3"
    error = refused(tmp_path, BASE + TABLE.replace(old, new))
    for part in parts:
        assert part in str(error)


def test_two_tables_of_one_file_are_refused(tmp_path: Path) -> None:
    error = refused(tmp_path, BASE + TABLE + TABLE.replace("Table 3", "table-3"))
    assert "tables/table_3.csv twice" in str(error)


def test_check_reports_the_columns_of_every_variation(country: Path, command: Command) -> None:
    study = country / "study.toml"
    text = study.read_text(encoding="utf-8")
    vary = (
        'vary = [{ name = "a", add_controls = ["log_gpd"] }, { name = "b", moderator = "difi" },\n'
        '{ name = "c", split = { column = "uli", side = "low" } }]\n'
    )
    study.write_text(text + vary, encoding="utf-8")
    ended = command("check", study)
    assert ended.returncode == 1
    assert "design 'a', column 'log_gpd'" in ended.stderr
    assert "'log_gdp'" in ended.stderr
    assert "design 'b', column 'difi'" in ended.stderr
    assert "design 'c', column 'uli'" in ended.stderr
    assert ended.stderr.count("\n") == 3
    study.write_text(text + vary.replace('"a"', '"b"') + TABLE, encoding="utf-8")
    twice = command("check", study)
    assert "'b' twice" in twice.stderr


def test_check_lists_every_wrong_design(country: Path, command: Command) -> None:
    study = country / "study.toml"
    text = study.read_text(encoding="utf-8")
    vary = 'vary = [{ name = "a", folds = 1 }, { name = "b", learner = "tree" }]\n'
    study.write_text(text + vary, encoding="utf-8")
    ended = command("check", study)
    assert ended.returncode == 1
    assert "design 'a', folds" in ended.stderr
    assert "design 'b', learner" in ended.stderr
