"""Studies of tables alone, and the steps, indices, ranges and tables of any panel."""

import csv
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

import nightpanel
from geo.errors import TableColumnError
from nightpanel.run_panel import Panel

HEAD = """
[study]
name = "tables"
years = [2011, 2012, 2013, 2014]

[[panel.tables]]
file = "a.csv"
city = "code"
year = "year"
columns = { y1 = "y1", y2 = "y2", y3 = "y3", s1 = "s1", s2 = "s2", s3 = "s3" }

[[panel.tables]]
file = "b.csv"
city = "code"
year = "year"
columns = { loans = "loans", people = "people" }
"""
STEPS = """
[panel.sums]
output = ["y1", "y2", "y3"]

[panel.indices.uil]
kind = "uil"
value_added = ["y1", "y2", "y3"]

[panel.indices.quality]
kind = "entropy"
indicators = { structure = ["uil", "s3"], size = ["output", "people"] }
reverse = ["people"]

[[panel.steps]]
step = "interpolate"
columns = ["loans"]
max_gap = 1

[[panel.steps]]
step = "balanced"
columns = ["loans"]

[[panel.steps]]
step = "log"
columns = ["loans"]
zeros = "log1p"

[[panel.steps]]
step = "winsorise"
columns = ["output"]
lower = 0.1
upper = 0.9
replace = true

[[panel.steps]]
step = "lag"
columns = ["uil", "log_loans"]

[[panel.steps]]
step = "difference"
columns = ["people"]
names = ["births"]

[[panel.steps]]
step = "standardise"
columns = ["uil"]
by = "year"

[[panel.steps]]
step = "index"
name = "quality"

[panel.ranges]
people = { above = 0 }
loans = { maximum = 50, on_outside = "flag" }

[panel.units]
loans = "1e4 yuan"

[panel.descriptives]
"Explained variable" = ["uil"]
"Control variable" = ["loans"]
"""


@pytest.fixture
def tables(tmp_path: Path) -> Path:
    """Five cities; 0104 lacks a year, 0105 is in one table alone, 0103 a value inside."""
    rng = np.random.default_rng(1)
    keys = [(f"010{city}", year) for city in range(1, 6) for year in range(2010, 2015)]
    first = pd.DataFrame(keys, columns=["code", "year"])
    for at in (1, 2, 3):
        first[f"y{at}"] = rng.uniform(1, 9, size=len(first)).round(3)
        first[f"s{at}"] = rng.uniform(0, 1, size=len(first)).round(3)
    first.to_csv(tmp_path / "a.csv", index=False)
    second = first[["code", "year"]].assign(
        loans=rng.uniform(1, 9, len(first)).round(3), people=7.5
    )
    second["people"] += second["year"] - 2010 + second["code"].astype(int)
    second.loc[(second["code"] == "0103") & (second["year"] == 2012), "loans"] = np.nan
    second.loc[(second["code"] == "0101") & (second["year"] == 2013), "loans"] = 0.0
    second.loc[(second["code"] == "0102") & (second["year"] == 2013), "loans"] = 99.0
    gone = (second["code"] == "0104") & (second["year"] == 2013) | (second["code"] == "0105")
    second[~gone].to_csv(tmp_path / "b.csv", index=False)
    (tmp_path / "study.toml").write_text(HEAD + STEPS, encoding="utf-8")
    return tmp_path


def test_a_study_of_tables_alone(tables: Path, command) -> None:
    ended = command("run", tables / "study.toml", "--out", tables / "out")
    assert ended.returncode == 0, ended.stderr
    out = tables / "out"
    panel = pd.read_parquet(out / "panel.parquet")
    assert sorted(panel["city_id"].unique()) == ["0101", "0102", "0103"]
    assert len(panel) == 12
    assert panel["loans_interpolated"].sum() == 1
    at = panel.set_index(["city_id", "year"])
    assert at.loc[("0103", 2012), "loans"] == pytest.approx(
        at.loc[[("0103", 2011), ("0103", 2013)], "loans"].mean()
    )
    assert at.loc[("0101", 2013), "log_loans"] == 0.0
    assert at.loc[("0102", 2013), "out_of_range"] == "loans"
    assert at.loc[("0102", 2012), "uil_lag1"] == at.loc[("0102", 2011), "uil"]
    assert panel.loc[panel["year"] == 2011, "births"].isna().all()
    assert (panel.loc[panel["year"] > 2011, "births"] == 1.0).all()
    assert {"quality", "quality_structure", "quality_size", "uil_z"} <= set(panel.columns)
    dropped = pd.read_parquet(out / "dropped.parquet")
    assert dropped.groupby(["city_id", "place"]).size().to_dict() == {
        ("0104", "b.csv"): 1,
        ("0104", "panel.steps.1 (balanced)"): 3,
        ("0105", "b.csv"): 4,
    }
    lost = pd.read_csv(out / "tables" / "lost_cities.csv", dtype="str").set_index("city_id")
    assert lost.loc["0105", "reason"] == "b.csv: no row (2011-2014)"
    assert "no row in 2013" in lost.loc["0104", "reason"]


def test_every_change_of_a_value_stands_in_the_audit(tables: Path, command) -> None:
    command("run", tables / "study.toml", "--out", tables / "out")
    audit = pd.read_parquet(tables / "out" / "audit.parquet").set_index("rule")
    filled = audit.loc["interpolated"]
    assert (filled["subject"], filled["file"], filled["old"]) == (
        "loans: city 0103, year 2012",
        str(tables / "b.csv"),
        "",
    )
    lines = (tables / "b.csv").read_text(encoding="utf-8").splitlines()
    assert lines[filled["row"] - 1].startswith("0103,2012,,")
    flagged = audit.loc["out_of_range"]
    assert lines[flagged["row"] - 1].startswith("0102,2013,99.0")
    winsorised = audit.loc[["winsorised"]]
    assert len(winsorised) >= 2
    assert (winsorised["old"] != winsorised["new"]).all()
    assert {"city_not_complete", "zeros_log1p", "composite_made"} <= set(audit.index)


def test_units_and_index_tables_are_kept(tables: Path, command) -> None:
    out = tables / "out"
    command("run", tables / "study.toml", "--out", out)
    schema = pq.read_schema(out / "panel.parquet")
    assert schema.field("loans").metadata == {b"unit": b"1e4 yuan"}
    assert nightpanel.run(tables / "study.toml", out=out).up_to_date == ("panel",)
    again = nightpanel.run(tables / "study.toml", out=out).panel
    assert again is not None
    assert again.units == {"loans": "1e4 yuan"}
    descriptives = again.tables["descriptives"]
    assert descriptives["Type"].tolist() == ["Explained variable", "Control variable"]
    assert again.tables["index_weights"]["indicator"].tolist() == ["uil", "s3", "output", "people"]
    assert len(again.tables["index_contributions"]) == 16
    study = (tables / "study.toml").read_text(encoding="utf-8")
    without = study.replace('[[panel.steps]]\nstep = "index"\nname = "quality"\n', "")
    start = without.index("[panel.indices.quality]")
    without = without[:start] + without[without.index("[[panel.steps]]") :]
    (tables / "study.toml").write_text(without, encoding="utf-8")
    ended = command("run", tables / "study.toml", "--out", out)
    assert ended.returncode == 0, ended.stderr
    assert not (out / "tables" / "index_weights.csv").exists()
    assert (out / "tables" / "descriptives.csv").exists()


def test_a_composite_on_the_scale_of_an_earlier_run(tables: Path, command) -> None:
    command("run", tables / "study.toml", "--out", tables / "out")
    first = pd.read_parquet(tables / "out" / "panel.parquet")
    study = (tables / "study.toml").read_text(encoding="utf-8")
    scored = study.replace(
        'reverse = ["people"]', 'reverse = ["people"]\nscale = "out/tables/index_weights.csv"'
    ).replace("2013, 2014]", "2013]")
    (tables / "later.toml").write_text(scored, encoding="utf-8")
    ended = command("run", tables / "later.toml", "--out", tables / "later")
    assert ended.returncode == 0, ended.stderr
    later = pd.read_parquet(tables / "later" / "panel.parquet")
    both = later.merge(first, on=["city_id", "year"], suffixes=("", "_first"))
    same = np.isclose(both["output"], both["output_first"])  # not those winsorised otherwise
    assert same.sum() >= 6
    np.testing.assert_allclose(both["quality"][same], both["quality_first"][same], rtol=1e-12)
    (tables / "later.toml").write_text(scored.replace("index_weights", "none"), encoding="utf-8")
    missing = command("run", tables / "later.toml", "--out", tables / "later")
    assert missing.returncode == 1
    assert "panel.indices.quality.scale" in missing.stderr


def test_check_shows_the_panel_and_writes_nothing(tables: Path, command) -> None:
    before = sorted(tables.rglob("*"))
    ended = command("check", tables / "study.toml")
    assert ended.returncode == 0, ended.stderr
    for text in (
        "panel: 12 city-years of 3 cities join",
        "Descriptive statistics",
        "Explained variable",
        "##.#",
        "Lost cities: 2",
        "0105: b.csv: no row (2011-2014)",
        "no problems",
    ):
        assert text in ended.stdout
    assert sorted(tables.rglob("*")) == before


def test_indices_are_listed(command) -> None:
    ended = command("indices")
    assert ended.returncode == 0
    assert "rationalisation: deviation from a rational structure" in ended.stdout


def test_check_of_steps_over_light_that_is_not_read(country: Path, command) -> None:
    """Balanced by Gini, and a composite with it: known only when the light is."""
    study = (country / "study.toml").read_text(encoding="utf-8")
    steps = """
[panel.indices.both]
kind = "equal_min_max"
indicators = ["gini", "uil"]

[[panel.steps]]
step = "winsorise"
columns = ["gini"]

[[panel.steps]]
step = "balanced"
columns = ["gini", "uil"]

[panel.ranges]
gini = { minimum = 0, maximum = 1 }

[[designs]]
"""
    (country / "study.toml").write_text(
        study.replace("\n[[designs]]\n", steps, 1), encoding="utf-8"
    )
    ended = command("check", country / "study.toml")
    assert ended.returncode == 0, ended.stderr + ended.stdout
    assert "log_gdp" in ended.stdout
    ran = command("run", country / "study.toml", "--out", country / "out", "--only", "lights,panel")
    assert ran.returncode == 0, ran.stderr
    panel = pd.read_parquet(country / "out" / "panel.parquet")
    assert panel[["both", "gini_w"]].notna().all().all()
    stability = pd.read_csv(country / "out" / "tables" / "index_stability.csv")
    assert len(stability) == 3


WRONG = [
    ('step = "lag"', 'step = "lagg"', "panel.steps.4.step: expected one of", "did you mean 'lag'?"),
    ("max_gap = 1", "max_gap = 0", "panel.steps.0.interpolate.max_gap", "greater than or equal"),
    ("max_gap = 1", "maxgap = 1", "one of the keys columns, max_gap, step", "did you mean"),
    ('name = "quality"', 'name = "qualty"', "name an index of [panel.indices]", "'qualty'"),
    ('names = ["births"]', 'names = ["a", "b"]', "one name for each of 1 columns", ""),
    ('names = ["births"]', 'names = ["people"]', "panel.steps.5: column 'people'", "a new name"),
    ('columns = ["output"]', 'columns = ["outputs"]', "panel.steps.3: column 'outputs'", "output"),
    ("people = { above = 0 }", "people = {}", "minimum, maximum, above or below", ""),
    ("people = { above = 0 }", "people = { above = 500 }", "panel.ranges.people", "above"),
    ('zeros = "log1p"', 'zeros = "error"', "loans above 0, found 0 for city 0101, year 2013", ""),
    ('zeros = "log1p"', 'zeros = "add"', "constant must be stated", ""),
    ('loans = "1e4 yuan"', 'loan = "1e4 yuan"', "panel.units: column 'loan'", "'loans'"),
    ('reverse = ["people"]', 'reverse = ["person"]', "reverse must name indicators", "'person'"),
    ('kind = "entropy"', 'kind = "entropie"', "panel.indices.quality.kind", "mean 'entropy'?"),
    ('"Control variable" = ["loans"]', '"C" = ["loan"]', "panel.descriptives: column 'loan'", ""),
    ('columns = ["loans"]\nzeros', 'columns = []\nzeros', "panel.steps.2.log.columns", ""),
    ("years = [2011, 2012, 2013, 2014]", "years = [1999]", "study.years: expected", ""),
]  # fmt: skip


@pytest.mark.parametrize(("right", "wrong", "message", "more"), WRONG)
def test_wrong_studies_are_named(
    tables: Path, command, right: str, wrong: str, message: str, more: str
) -> None:
    study = (tables / "study.toml").read_text(encoding="utf-8")
    assert right in study
    (tables / "study.toml").write_text(study.replace(right, wrong), encoding="utf-8")
    ended = command("run", tables / "study.toml", "--out", tables / "out")
    assert ended.returncode == 1, ended.stdout
    (line,) = ended.stderr.strip().splitlines()
    assert message in line
    assert more in line
    assert not (tables / "out" / "panel.parquet").exists()
    checked = command("check", tables / "study.toml")
    assert checked.returncode == 1
    assert message in checked.stderr


def test_light_and_units_come_together(tables: Path, command) -> None:
    text = HEAD + '\n[lights]\ntiles = ["*.tif"]\n'
    (tables / "study.toml").write_text(text, encoding="utf-8")
    ended = command("check", tables / "study.toml")
    assert "lights and units come together" in ended.stderr
    (tables / "study.toml").write_text('[study]\nname = "nothing"\n', encoding="utf-8")
    assert "or a [panel] section, must be there" in command("check", tables / "study.toml").stderr
    (tables / "study.toml").write_text(HEAD, encoding="utf-8")
    ended = command("run", tables / "study.toml", "--out", tables / "out", "--only", "lights")
    assert ended.returncode == 1
    assert "StudyFileError" in ended.stderr


def two_tables(folder: Path, a: str, b: str, rest: str = "") -> Panel:
    """The panel of two small tables of the columns ``code``, ``year`` and one or more values."""
    study = '[study]\nname = "two"\nyears = [2010, 2011, 2012]\n'
    for name, text in (("a", a), ("b", b)):
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
        columns = ", ".join(
            f'{one.partition("（")[0]} = "{one.partition("（")[0]}"'
            for one in text.splitlines()[0].split(",")[2:]
        )
        study += f'[[panel.tables]]\nname = "{name}"\nfile = "{name}.csv"\ncity = "code"\n'
        study += f'year = "year"\ncolumns = {{ {columns} }}\n'
    (folder / "study.toml").write_text(study + rest, encoding="utf-8")
    made = nightpanel.panel_of_study(folder / "study.toml", out=folder / "out").panel
    assert made is not None
    return made


RECONCILE = """
[[panel.reconcile]]
columns = ["gdp"]
tables = ["a", "b"]
prefer = "a"
tolerance = 0.01
"""


def test_two_sources_in_two_units_are_one_in_the_preferred_ones(tmp_path: Path) -> None:
    a = "code,year,gdp（万元）\n3201,2010,10000\n3201,2011,11000\n3202,2010,20000\n"
    b = "code,year,gdp（亿元）\n3201,2010,1\n3202,2010,2\n3202,2011,1.9\n"
    made = two_tables(tmp_path, a, b, RECONCILE + "fill = true\n")
    assert made.panel["gdp"].tolist() == [10000.0, 11000.0, 20000.0, 19000.0]
    assert made.units == {"gdp": "万元"}


@pytest.mark.parametrize(
    ("rest", "said"),
    [
        ('[panel.sums]\nmoney = ["loans", "deposits"]\n', "panel.sums.money: expected columns of"),
        ('[panel.units]\nloans = "亿元"\n', "panel.units.loans: expected 万元"),
    ],
)
def test_known_units_are_neither_mixed_nor_overwritten(
    tmp_path: Path, rest: str, said: str
) -> None:
    a = "code,year,loans（万元）\n3201,2010,10000\n"
    b = "code,year,deposits（亿元）\n3201,2010,5\n"
    with pytest.raises(TableColumnError, match=said):
        two_tables(tmp_path, a, b, rest)


def test_a_study_year_that_a_table_lacks_is_told(tables: Path, command) -> None:
    """Balance and gaps show it, the audit names it, and no city is complete without it."""
    text = HEAD.replace("2014]", "2014, 2015]")
    (tables / "study.toml").write_text(text, encoding="utf-8")
    ended = command("run", tables / "study.toml", "--out", tables / "out")
    assert ended.returncode == 0, ended.stderr
    audit = pd.read_parquet(tables / "out" / "audit.parquet").set_index("rule")
    told = audit.loc["year_without_rows"]
    assert (told["subject"], told["detail"]) == ("year 2015", "no row of it in a.csv, b.csv")
    balance = pd.read_csv(tables / "out" / "tables" / "balance.csv", dtype="str")
    assert set(balance["pattern"]) == {"####.", "##.#."}
    gaps = pd.read_csv(tables / "out" / "tables" / "missing.csv", dtype="str")
    assert set(gaps.loc[gaps["column"] == "(row)", "map"]) == {"..3.#"}
    step = '\n[[panel.steps]]\nstep = "balanced"\n'
    (tables / "study.toml").write_text(text + step, encoding="utf-8")
    refused = command("run", tables / "study.toml", "--out", tables / "other")
    assert refused.returncode == 1
    assert "a city with every column in 2011-2015" in refused.stderr
    (tables / "study.toml").write_text(
        text + step + "years = [2011, 2012, 2013, 2014]\n", encoding="utf-8"
    )
    assert command("run", tables / "study.toml", "--out", tables / "other").returncode == 0


def test_city_years_of_a_second_source_that_fills_nothing_are_lost_by_name(tmp_path: Path) -> None:
    a = "code,year,gdp\n3201,2010,1\n3202,2010,2\n"
    b = "code,year,gdp\n3201,2010,1\n3202,2011,2\n3203,2010,3\n3203,2009,3\n"
    made = two_tables(tmp_path, a, b, RECONCILE)
    lost = made.dropped[["city_id", "year", "place", "reason"]].to_numpy().tolist()
    reason = "only in b, which does not fill it"
    assert lost == [["3202", 2011, "a", reason], ["3203", 2010, "a", reason]]
    cities = made.tables["lost_cities"]
    assert cities["city_id"].tolist() == ["3203"]
    filled = two_tables(tmp_path, a, b, RECONCILE + "fill = true\n")
    assert filled.dropped.empty


def test_names_that_spreadsheets_would_run_are_neutralised(tables: Path) -> None:
    """In every csv of a run; a scale that is read back knows its indicators."""
    index = '[panel.indices."=quality"]\nkind = "entropy"\nindicators = ["=cmd|x", "people"]\n'
    text = HEAD.replace('loans = "loans"', '"=cmd|x" = "loans"').replace("2013, 2014", "2014")
    (tables / "study.toml").write_text(text + index, encoding="utf-8")
    result = nightpanel.run(tables / "study.toml", out=tables / "out")
    files = sorted((tables / "out" / "tables").glob("*.csv"))
    assert len(files) == 9
    for file in files:
        with file.open(encoding="utf-8", newline="") as stream:
            texts = [text for row in csv.reader(stream) for text in row]
        assert not [text for text in texts if re.match(r"[=+@]|-[^0-9]", text)], file
    again = nightpanel.run(tables / "study.toml", out=tables / "out")
    assert again.up_to_date == ("panel",)
    for name in ("descriptives", "index_weights"):
        made, read = result.panel.tables[name], again.panel.tables[name]
        pd.testing.assert_frame_equal(made, read, check_dtype=False)
    scaled = text + index + 'scale = "out/tables/index_weights.csv"\n'
    (tables / "study.toml").write_text(scaled, encoding="utf-8")
    other = nightpanel.run(tables / "study.toml", out=tables / "other")
    np.testing.assert_allclose(
        other.panel.panel["=quality"], result.panel.panel["=quality"], rtol=1e-12
    )
