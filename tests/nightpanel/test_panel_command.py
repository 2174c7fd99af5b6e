"""`nightpanel panel` as typed: with light, without, and proposals."""

import tomllib
from pathlib import Path

import pandas as pd
import pytest

from geo.errors import OutputError
from nightpanel.exports.export import export
from nightpanel.manifest import read_manifest
from tests.nightpanel.conftest import Command

TABLES = """
[study]
name = "two sources"
years = [2018, 2019]

[[panel.tables]]
name = "a"
file = "a.csv"
city = "code"
year = "year"
columns = { gdp = "GDP（亿元）", index = "GDP指数" }
units = { gdp = "亿元" }

[[panel.tables]]
name = "b"
file = "b_*.csv"
city = "code"
year_from = "name"
columns = { gdp = "GDP", people = "人口" }
units = { gdp = "万元 -> 亿元" }

[[panel.reconcile]]
columns = ["gdp"]
tables = ["a", "b"]
prefer = "a"
tolerance = 0.01
fill = true

[panel.real.gdp_real]
nominal = "gdp"
index = "cpi"
kind = "preceding_year"
base = 2018
table = { file = "cpi.csv", year = "年份", column = "居民消费价格指数" }
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    files = {
        "study.toml": TABLES,
        "a.csv": "code,year,GDP（亿元）,GDP指数\n1100,2018,100,105\n1100,2019,120,106\n"
        "4508,2018,,104\n4508,2019,50,103\n",
        "b_2018.csv": "code,GDP,人口\n1100,1000000,20\n4508,400000,5\n",
        "b_2019.csv": "code,GDP,人口\n1100,1500000,21\n4508,500000,6\n",
        "cpi.csv": "年份,居民消费价格指数\n2018,102\n2019,103\n",
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def test_yearbooks_alone(folder: Path, command: Command) -> None:
    out = folder / "out"
    done = command("panel", folder / "study.toml", "--out", out, "--csv", folder / "panel.csv")
    assert done.returncode == 0
    panel = pd.read_parquet(out / "panel.parquet")
    assert panel["gdp"].tolist() == [100.0, 120.0, 40.0, 50.0]
    assert panel["gdp_real"].tolist() == pytest.approx([100.0, 120 / 1.03, 40.0, 50 / 1.03])
    assert len(pd.read_csv(folder / "panel.csv")) == 4
    assert read_manifest(out)["stages"]["panel"]["units"] == {"gdp": "亿元", "gdp_real": "亿元"}
    inputs = {Path(path).name for path in read_manifest(out)["stages"]["panel"]["inputs"]}
    assert inputs == {"a.csv", "b_2018.csv", "b_2019.csv", "cpi.csv"}
    compared = pd.read_parquet(out / "reconciliation.parquet")
    assert compared["above"].sum() == 1
    assert compared["chosen"].tolist() == ["a", "a", "b", "a"]
    assert "Tables joined with each other; no light." in done.stdout
    assert "gdp: 3 values of a" in done.stdout
    assert "Above the tolerance: 1" in done.stdout
    audit = pd.read_parquet(out / "audit.parquet")
    assert {"reconcile_filled", "unit_converted", "deflated"} <= set(audit["rule"])


def test_check_says_what_a_run_will_say(folder: Path, command: Command) -> None:
    """The reconciliation, and each rule of the panel's audit with its count."""
    semicolons = (folder / "a.csv").read_text(encoding="utf-8").replace(",", ";")
    (folder / "a.csv").write_text(semicolons, encoding="gb18030")
    checked = command("check", folder / "study.toml")
    assert checked.returncode == 0, checked.stderr
    assert "gdp: 3 values of a" in checked.stdout
    assert "Above the tolerance: 1" in checked.stdout
    command("panel", folder / "study.toml", "--out", folder / "out")
    audit = pd.read_parquet(folder / "out" / "audit.parquet")
    assert {"guessed_encoding", "guessed_separator", "reconciled"} <= set(audit["rule"])
    for rule, rows in audit.groupby("rule"):
        first = rows.iloc[0]
        assert f"  {rule}, {len(rows)}: {first['subject']}: {first['detail']}" in checked.stdout


def test_tables_about_the_panel_are_exported_and_units_stay(folder: Path, command: Command) -> None:
    out = folder / "out"
    command("panel", folder / "study.toml", "--out", out)
    for what in ("unmatched", "dropped", "matches", "reconciliation", "audit"):
        for ending in ("csv", "xlsx", "dta", "gpkg"):
            export(out, what=what, to=folder / f"{what}.{ending}")
    done = command("export", out, "--what", "audit", "--to", folder / "audit.csv")
    assert (done.returncode, done.stderr) == (0, "")
    compared = pd.read_csv(folder / "reconciliation.csv", dtype={"city_id": "str"})
    assert compared["chosen"].tolist() == ["a", "a", "b", "a"]
    assert compared["city_id"].tolist() == ["1100", "1100", "4508", "4508"]
    written = pd.read_parquet(out / "audit.parquet")
    assert pd.read_excel(folder / "audit.xlsx")["rule"].tolist() == written["rule"].tolist()
    export(out, what="panel", to=folder / "panel.dta")
    export(out, what="panel", to=folder / "panel.xlsx")
    with pd.read_stata(folder / "panel.dta", iterator=True) as stata:
        labels = stata.variable_labels()
    assert (labels["gdp"], labels["year"]) == ("gdp [亿元]", "Year")
    notes = pd.read_excel(folder / "panel.xlsx", sheet_name="notes").set_index("column")
    assert notes.loc["gdp_real", "unit"] == "亿元"
    assert notes.loc["year", "description"] == "Calendar year"
    with pytest.raises(OutputError, match=r"expected one of townships.*found 'outliers'"):
        export(out, what="outliers", to=folder / "outliers.csv")


def test_what_is_up_to_date_is_left_alone_until_a_file_of_the_pattern_comes(
    folder: Path, command: Command
) -> None:
    words = ("panel", folder / "study.toml", "--out", folder / "out")
    command(*words)
    assert "panel: nothing to do" in command(*words).stdout
    (folder / "b_2020.csv").write_text("code,GDP,人口\n1100,1,2\n", encoding="utf-8")
    assert "nothing to do" not in command(*words).stdout


def test_a_reconciliation_that_is_asked_for_no_more_goes(folder: Path, command: Command) -> None:
    words = ("panel", folder / "study.toml", "--out", folder / "out")
    command(*words)
    start, end = TABLES.index("[[panel.reconcile]]"), TABLES.index("[panel.real")
    text = (
        (TABLES[:start] + TABLES[end:])
        .replace('gdp = "GDP",', "")
        .replace('units = { gdp = "万元 -> 亿元" }', "")
    )
    (folder / "study.toml").write_text(text, encoding="utf-8")
    assert command(*words).returncode == 0
    assert not (folder / "out" / "reconciliation.parquet").exists()


def test_a_study_with_light_joins_it_where_there_is_some(country: Path, command: Command) -> None:
    out = country / "out"
    alone = command("panel", country / "study.toml", "--out", out)
    assert alone.returncode == 0
    assert "gini" not in pd.read_parquet(out / "panel.parquet").columns
    command("run", country / "study.toml", "--out", out, "--only", "lights", "--quiet")
    joined = command("panel", country / "study.toml", "--out", out)
    assert "Tables joined with the light." in joined.stdout
    assert "gini" in pd.read_parquet(out / "panel.parquet").columns
    assert (
        "nothing to do"
        in command("run", country / "study.toml", "--out", out, "--only", "panel").stdout
    )


def test_a_proposal_is_toml_that_makes_a_panel(folder: Path, command: Command) -> None:
    done = command("panel", "--suggest", folder / "a.csv")
    assert done.returncode == 0
    assert tomllib.loads(done.stdout)["panel"]["tables"][0]["columns"]["gdp"] == "GDP（亿元）"
    (folder / "study.toml").write_text('[study]\nname = "s"\n' + done.stdout, encoding="utf-8")
    assert command("panel", folder / "study.toml", "--out", folder / "out").returncode == 0
    assert len(pd.read_parquet(folder / "out" / "panel.parquet")) == 4


@pytest.mark.parametrize(
    "words", [[], ["study.toml", "--suggest", "a.csv"], ["study.toml", "--sheet", "x"]]
)
def test_wrong_usage(command: Command, words: list[str]) -> None:
    assert command("panel", *words).returncode == 2


WRONG = [
    ('{ gdp = "亿元" }', '{ gdp = "万元" }', "TableColumnError", "a.csv: column 'GDP（亿元）'"),
    ('prefer = "a"', 'prefer = "c"', "TableColumnError", "panel.reconcile.0: prefer"),
    ('["a", "b"]', '["a", "x"]', "TableColumnError", "names of tables: a, b, found 'x'"),
    ('name = "b"', 'name = "a"', "TableColumnError", "'a' twice"),
    ('from = "name"', 'from = "name"\nyear = "y"', "StudyFileError", "one of year, year_from"),
    ("base = 2018", "base = 1990", "DomainError", "panel.real.gdp_real"),
    ('nominal = "gdp"', 'nominal = "gpd"', "TableColumnError", "gdp_real: column 'gpd'"),
    ("b_*.csv", "c_*.csv", "TableFileError", "c_*.csv"),
    ("tolerance = 0.01", "tolerence = 0.01", "StudyFileError", "did you mean 'tolerance'"),
    ("years = [2018, 2019]", "years = [1999]", "JoinError", "study.years"),
]


@pytest.mark.parametrize(("old", "new", "error", "named"), WRONG)
def test_wrong_studies_end_in_one_line(
    folder: Path, command: Command, old: str, new: str, error: str, named: str
) -> None:
    text = (folder / "study.toml").read_text(encoding="utf-8")
    assert old in text
    (folder / "study.toml").write_text(text.replace(old, new), encoding="utf-8")
    done = command("panel", folder / "study.toml", "--out", folder / "out", "--quiet")
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"{error}: ")
    assert named in line
    assert not (folder / "out" / "panel.parquet").exists()


def test_units_of_the_tables_are_in_the_exports(folder: Path, command: Command) -> None:
    command("panel", folder / "study.toml", "--out", folder / "out")
    for kind in ("dta", "xlsx"):
        ended = command(
            "export", folder / "out", "--what", "panel", "--format", kind,
            "--to", folder / f"panel.{kind}",
        )  # fmt: skip
        assert ended.returncode == 0, ended.stderr
    with pd.io.stata.StataReader(folder / "panel.dta") as reader:
        labels = reader.variable_labels()
    assert labels["gdp"] == "gdp [亿元]"
    assert labels["gdp_real"] == "gdp_real [亿元]"
    assert labels["people"] == "people"
    notes = pd.read_excel(folder / "panel.xlsx", sheet_name="notes", header=None, dtype="str")
    told = notes[(notes == "gdp").any(axis=1)].iloc[0].tolist()
    assert "亿元" in told
    assert not (notes == "Calendar year of the light").any().any()


def test_file_and_row_are_those_of_the_value(folder: Path, command: Command) -> None:
    """A filled value stands in the other file; one made real, or of two cities, in none."""
    crosswalk = "old,new,weight,year\n1200,1100,1,2019\n"
    (folder / "merger.csv").write_text(crosswalk, encoding="utf-8")
    rows = (folder / "a.csv").read_text(encoding="utf-8") + "1200,2018,7,105\n"
    (folder / "a.csv").write_text(rows, encoding="utf-8")
    vintage = 'vintage = { crosswalk = "merger.csv", counts = ["gdp", "index"] }\n'
    ranges = "[panel.ranges]\n" + "".join(
        f'{name} = {{ maximum = 1, on_outside = "flag" }}\n' for name in ("gdp", "gdp_real")
    )
    text = TABLES.replace('units = { gdp = "亿元" }\n', f'units = {{ gdp = "亿元" }}\n{vintage}')
    (folder / "study.toml").write_text(text + ranges, encoding="utf-8")
    ended = command("panel", folder / "study.toml", "--out", folder / "out")
    assert ended.returncode == 0, ended.stderr
    audit = pd.read_parquet(folder / "out" / "audit.parquet")
    told = audit[audit["rule"] == "out_of_range"]
    found = {
        subject: (Path(file).name, None if pd.isna(row) else int(row))
        for subject, file, row in zip(told["subject"], told["file"], told["row"], strict=True)
    }
    assert found == {
        "gdp: city 1100, year 2018": ("", None),
        "gdp: city 1100, year 2019": ("a.csv", 3),
        "gdp: city 4508, year 2018": ("b_2018.csv", 3),
        "gdp: city 4508, year 2019": ("a.csv", 5),
        **{
            f"gdp_real: city {city}, year {year}": ("", None)
            for city in (1100, 4508)
            for year in (2018, 2019)
        },
    }


def test_explain_knows_a_panel_of_tables_alone(folder: Path, command: Command) -> None:
    ranges = '[panel.ranges]\ngdp = { maximum = 110, on_outside = "flag" }\n'
    (folder / "study.toml").write_text(TABLES + ranges, encoding="utf-8")
    command("panel", folder / "study.toml", "--out", folder / "out")
    told = command("explain", folder / "out", "--city", "1100", "--year", 2019)
    assert told.returncode == 0, told.stderr
    assert "gdp: 120.0" in told.stdout
    assert "a.csv row 3" in told.stdout
    filled = command("explain", folder / "out", "--city", "4508", "--year", 2018)
    assert "reconcile_filled" in filled.stdout
    unknown = command("explain", folder / "out", "--city", "1101", "--year", 2019)
    assert unknown.returncode == 1
    assert "panel.parquet, city_id: expected 1101" in unknown.stderr


LOGS = """
[study]
name = "logs"
years = [2018]

[[panel.tables]]
file = "fdi.csv"
city = "code"
year = "year"
columns = { fdi = "fdi" }

[panel.logs]
log_fdi = RULE
"""


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ('{ column = "fdi", zeros = "log1p" }', [0.0, 0.6931471805599453]),
        ('{ column = "fdi", zeros = "add", constant = 3.0 }', [1.0986122886681098, 1.38629436112]),
        ('{ column = "fdi", zeros = "drop" }', [0.0]),
    ],
)
def test_the_short_form_of_logs_has_the_steps_rule_for_zeros(
    tmp_path: Path, command: Command, rule: str, expected: list[float]
) -> None:
    (tmp_path / "fdi.csv").write_text("code,year,fdi\n320500,2018,0\n450800,2018,1\n")
    study = tmp_path / "study.toml"
    study.write_text(LOGS.replace("RULE", rule), encoding="utf-8")
    done = command("panel", study, "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    panel = pd.read_parquet(tmp_path / "out" / "panel.parquet")
    assert panel["log_fdi"].tolist() == pytest.approx(expected)


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        ('"fdi"', "panel.logs.log_fdi: expected fdi above 0, found 0 for city 3205, year 2018"),
        ('{ column = "fdi", zeros = "add" }', "constant must be stated"),
        ('"log_fdi"', "a name of its own"),
    ],
)
def test_zeros_without_a_rule_are_refused_by_name(
    tmp_path: Path, command: Command, rule: str, told: str
) -> None:
    (tmp_path / "fdi.csv").write_text("code,year,fdi\n320500,2018,0\n450800,2018,1\n")
    study = tmp_path / "study.toml"
    study.write_text(LOGS.replace("RULE", rule), encoding="utf-8")
    done = command("panel", study, "--out", tmp_path / "out")
    assert done.returncode == 1
    assert told in done.stderr


def test_a_table_of_indices_names_its_cities_as_other_tables_do(
    folder: Path, command: Command
) -> None:
    """By names within provinces, in another vintage, averaged by people."""
    rows = ["省份,城市,年份,指数,人口"]
    rows += [f"广西,贵港市*,{year},{index},5" for year, index in ((2018, 104), (2019, 103))]
    rows += ["北京,北京,2018,102,1", "北京,北京,2019,100,30", "北京,天津,2019,104,10"]
    text = "\n".join(rows).replace("北京,天津", "天津,天津")
    (folder / "cpi.csv").write_text(f"{text}\n", encoding="utf-8")
    (folder / "joined.csv").write_text("old,new,weight,year\n1200,1100,1,2020\n", encoding="utf-8")
    index = """table = { file = "cpi.csv", city_name = "城市", province = "省份", year = "年份",
    column = "指数", weights = { people_there = "人口" }, vintage = { crosswalk = "joined.csv",
    counts = ["people_there"], rates = { cpi = "people_there" }, absent_parts = "included" } }"""
    study = folder / "study.toml"
    before, _, _ = TABLES.rpartition("table = {")
    study.write_text(before + index.replace("\n   ", ""), encoding="utf-8")
    done = command("panel", study, "--out", folder / "out")
    assert done.returncode == 0, done.stderr
    panel = pd.read_parquet(folder / "out" / "panel.parquet")
    of_2019 = (30 * 100 + 10 * 104) / 40 / 100
    assert panel["gdp_real"].tolist() == pytest.approx([100.0, 120 / of_2019, 40.0, 50 / 1.03])
    audit = pd.read_parquet(folder / "out" / "audit.parquet")
    assert {"footnote_mark", "vintage_moved", "matched_normalised_name"} <= set(audit["rule"])
    inputs = read_manifest(folder / "out")["stages"]["panel"]["inputs"]
    assert {"cpi.csv", "joined.csv"} <= {Path(path).name for path in inputs}
