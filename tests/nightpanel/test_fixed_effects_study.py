"""Keys of linear fixed effects in a study file, and panels of provinces through the commands."""

import doctest
import re
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import numpy as np
import pandas as pd
import pytest

from estimation.heterogeneity.keys import Groups
from estimation.linear.keys import Windows
from geo.errors import NightpanelError
from nightpanel.study_file import load_designs
from panels.cities.places import province_names

Command = Callable[..., CompletedProcess[str]]
PAGE = Path(__file__).resolve().parents[2] / "docs" / "fixed-effects.md"

DESIGN = """
[[designs]]
name = "base"
outcome = "y"
treatment = "d"
controls = ["x"]
variants = ["two_way_fixed_effects"]
"""


def panel() -> pd.DataFrame:
    """Thirty provinces in 2012-2019, an effect of 0.5, stronger in the east."""
    rng = np.random.default_rng(11)
    codes = [code for code in province_names() if code != "54"]
    code, year = np.repeat(codes, 8), np.tile(np.arange(2012, 2020), 30)
    fixed = np.repeat(rng.normal(size=30), 8)
    x, e, v = rng.normal(size=(3, 240))
    d = fixed + 0.5 * x + v
    y = 0.5 * d + fixed + x + 0.3 * e
    return pd.DataFrame({"province": code, "year": year, "y": y, "d": d, "x": x})


def named(table: pd.DataFrame) -> pd.DataFrame:
    """The same with short names of the provinces."""
    short = {code: re.sub("(壮族|回族|维吾尔)?自治区$|省$|市$", "", name)
             for code, name in province_names().items()}  # fmt: skip
    return table.assign(province=table["province"].map(short))


def load(tmp_path: Path, text: str) -> object:
    file = tmp_path / "designs.toml"
    file.write_text(text, encoding="utf-8")
    return load_designs(file).designs


def test_the_keys_reach_the_design(tmp_path: Path) -> None:
    designs = load(
        tmp_path,
        DESIGN + 'effects = ["city", "province^year"]\nerrors = "driscoll_kraay"\nlag = 3\n'
        "standardised = true\nwindows = { width = 5 }\n"
        'groups = { regions = "four", controls = "by_group" }\n'
        'vary = [{ name = "none", effects = [], unset = ["errors", "lag", "windows"] },\n'
        '{ name = "one", effects = "year" }]\n',
    )
    base, none, one = designs
    assert base.effects == ("city", "province^year")
    assert (base.errors, base.lag, base.standardised) == ("driscoll_kraay", 3, True)
    assert base.windows == Windows(5, 1)
    assert base.groups == Groups(regions="four", controls="by_group")
    assert (none.effects, none.errors, none.lag, none.windows) == ((), None, None, None)
    assert one.effects == ("year",)


@pytest.mark.parametrize(
    ("keys", "parts"),
    [
        ('effects = ["city^"]', ["effects", "'city^'"]),
        ('effects = ["a^b", "b^a"]', ["effects", "'b^a' twice"]),
        ('effects = ["a^a"]', ["effects", "'a^a'"]),
        ('effects = ["city"]\nvariants = ["within"]', ["effects", "within", "city and year"]),
        ('errors = "crv3"\ncluster = ["city", "year"]', ["errors", "one way", "city and year"]),
        ("lag = 2", ["lag", "driscoll_kraay"]),
        ('errors = "driscoll_kraay"\nlag = -1', ["lag", "-1"]),
        ('errors = "newey"', ["errors"]),
        ("windows = { width = 2 }", ["windows", "width", "3 or more"]),
        ("windows = { width = 4, step = 0 }", ["windows", "step"]),
        ('groups = { regions = "five" }', ["groups.regions"]),
        ('groups = { regions = "three", column = "x" }', ["groups", "both column and regions"]),
        ('groups = { regions = "three", quantiles = 2 }', ["groups", "quantiles of regions"]),
    ],
)
def test_keys_that_cannot_be_meant_are_named(tmp_path: Path, keys: str, parts: list[str]) -> None:
    text = DESIGN
    if "variants" in keys:
        text = text.replace('variants = ["two_way_fixed_effects"]\n', "")
    with pytest.raises(NightpanelError) as error:
        load(tmp_path, text + keys + "\n")
    assert "\n" not in str(error.value)
    for part in parts:
        assert part in str(error.value)


def test_the_page_says_what_is_true(tmp_path: Path) -> None:
    text = PAGE.read_text(encoding="utf-8")
    (toml,) = re.findall(r"```toml\n(.*?)```", text, flags=re.DOTALL)
    assert len(load(tmp_path, toml)) == 6
    failed, tried = doctest.testfile(str(PAGE), module_relative=False)
    assert (failed, tried) == (0, 2)


TOLD = (
    'city = "province"\nstandardised = true\ngroups = { regions = "three" }\n'
    "windows = { width = 5 }\n"
    '[[tables]]\ntitle = "Table S"\nkind = "standardised"\ncolumns = ["base"]\n'
    '[[tables]]\ntitle = "Table W"\nkind = "curves"\ncolumns = ["base"]\n'
)


def test_a_panel_of_provinces_is_estimated_by_codes_and_by_names(
    tmp_path: Path, command: Command
) -> None:
    found = []
    designs = tmp_path / "designs.toml"
    designs.write_text(DESIGN + TOLD, encoding="utf-8")
    for name, table in (("codes", panel()), ("names", named(panel()))):
        file, out = tmp_path / f"{name}.csv", tmp_path / name
        table.to_csv(file, index=False)
        ended = command("estimate", "--panel", file, "--designs", designs, "--out", out)
        assert ended.returncode == 0, ended.stderr
        assert "x  " in ended.stdout
        assert "overlap" in ended.stdout
        found.append(pd.read_parquet(out / "estimates.parquet"))
    codes, names = found
    # Another order of the provinces draws other signs for the bootstrap, and changes nothing else.
    columns = ["term", "estimate", "std_error", "std_error_jackknife"]
    for column in columns[1:]:
        assert codes[column].to_numpy() == pytest.approx(names[column].to_numpy(), rel=1e-9)
    assert codes["term"].tolist() == names["term"].tolist()
    effect = codes.iloc[0]
    assert abs(effect["estimate"] - 0.5) < 4 * effect["std_error"]
    assert (effect["n"], effect["n_clusters"]) == (240, 30)
    assert effect["se_type"] == "city, wild bootstrap"
    assert codes["part"].value_counts().to_dict() == {
        "standardised": codes["part"].eq("standardised").sum(), "group": 3, "difference": 3,
        "effect": 1,
    }  # fmt: skip


def test_a_study_of_provinces_runs(tmp_path: Path, command: Command) -> None:
    study = (
        '[study]\nname = "provinces"\n[panel]\nunit = "province"\nregions = "three"\n'
        '[[panel.steps]]\nstep = "region"\ndivision = "four"\nname = "part"\n'
        '[[panel.tables]]\nfile = "table.csv"\n{key}\nyear = "year"\n'
        'columns = {{ y = "y", d = "d", x = "x" }}\n' + DESIGN + 'cluster = "province"\n'
        'groups = {{ column = "part" }}\n'
    )
    found = []
    for place, (table, key) in enumerate(
        ((panel(), 'city = "province"'), (named(panel()), 'city_name = "province"'))
    ):
        folder = tmp_path / str(place)
        folder.mkdir()
        table.to_csv(folder / "table.csv", index=False)
        (folder / "study.toml").write_text(study.format(key=key), encoding="utf-8")
        ended = command("run", folder / "study.toml", "--out", folder / "out")
        assert ended.returncode == 0, ended.stderr
        found.append(pd.read_parquet(folder / "out" / "estimates.parquet"))
        made = pd.read_parquet(folder / "out" / "panel.parquet")
        assert made["region"].value_counts().to_dict() == {"east": 88, "central": 64, "west": 88}
        assert made["part"].nunique() == 4
        assert sorted(made["city_id"].unique()) == sorted(panel()["province"].unique())
    pd.testing.assert_frame_equal(*found)
    assert found[0]["n"].iloc[0] == 240


@pytest.mark.parametrize(
    ("keys", "parts"),
    [
        ('effects = ["city", "industri"]', ["effects, column 'industri'", "'industry'?"]),
        ('effects = ["city", "industry", "year"]', ["'industry'", "an effect in every row"]),
        (
            'effects = ["city", "one^year"]',
            ["d: expected", "the effects city, one^year", "determine it"],
        ),
        ('cluster = "indust"', ["cluster, column 'indust'"]),
        ('groups = { column = "one" }\ncity = "province"', ["one group, one = 1"]),
    ],
)
def test_wrong_data_is_one_line(
    tmp_path: Path, command: Command, keys: str, parts: list[str]
) -> None:
    table = panel().assign(industry=np.nan, one=1)
    if "determine" in parts[-1]:
        table = table.assign(d=table["province"].astype(int) + table["year"] % 5)
    table.to_csv(tmp_path / "panel.csv", index=False)
    designs = tmp_path / "designs.toml"
    city = "" if "city =" in keys else '\ncity = "province"'
    designs.write_text(DESIGN + keys + city + "\n", encoding="utf-8")
    out = tmp_path / "out"
    ended = command("estimate", "--panel", tmp_path / "panel.csv", "--designs", designs,
                    "--out", out)  # fmt: skip
    assert ended.returncode == 1
    assert ended.stderr.count("\n") == 1
    for part in parts:
        assert part in ended.stderr
    assert not (out / "estimates.parquet").exists()
