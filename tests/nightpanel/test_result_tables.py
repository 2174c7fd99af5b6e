"""Tables of the paper from a study: written whole, read back, as text in line; the demo's truth."""

import shutil
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pandas as pd
import pytest

from estimation.tables.result_table import ResultTable
from nightpanel.read_back import read_estimates, read_table_texts
from nightpanel.result_tables import table_text
from nightpanel.run_demo import Demo, resource_cities, run_country
from panels.synthetic import SyntheticPanel

Command = Callable[..., CompletedProcess[str]]

TABLES = """
[[panel.tables]]
file = "resource_cities.csv"
city = "city_code"
columns = { resource_city = "resource_city" }

[[designs]]
name = "base"
outcome = "gini"
treatment = "uil"
controls = ["log_gdp"]
variants = ["faithful", "first_difference"]
learner = "linear"
folds = 2
repetitions = 2
vary = [
    { name = "resource", add_controls = ["resource_city"] },
    { name = "moderated", moderator = "digital_finance" },
    { name = "by period", groups = { periods = [[2014, 2015], [2016, 2017]] } },
]

[[tables]]
title = "Table 1"
kind = "descriptive"
columns = ["moderated"]

[[tables]]
title = "Table 2"
caption = "benchmark"
columns = ["base", "resource", "by period"]

[[tables]]
title = "Curves"
kind = "curves"
columns = ["moderated", "base"]

[[tables]]
title = "Checks"
kind = "checks"
columns = ["base", "by period"]
"""


@pytest.fixture(scope="module")
def ran(
    painted: Path, small_panel: SyntheticPanel, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Demo]:
    """The study's file, and its run into ``out`` beside it."""
    folder = Path(shutil.copytree(painted, tmp_path_factory.mktemp("tables") / "country"))
    path = folder / "study.toml"
    text = path.read_text(encoding="utf-8")
    head, designs = text[: text.index("[panel.logs]")], text[text.index("[panel.logs]") :]
    tables = TABLES.index("[[designs]]")
    path.write_text(head + TABLES[:tables] + designs + TABLES[tables:], encoding="utf-8")
    return path, run_country(small_panel, path, out=folder / "out")


def test_tables_of_a_study(
    ran: tuple[Path, Demo], small_panel: SyntheticPanel, command: Command
) -> None:
    out = ran[1].run.out
    texts = read_table_texts(out)
    assert [text.split("\n", 1)[0] for text in texts] == [
        "Table 1",
        "Table 2: benchmark",
        "Curves",
        "Checks",
    ]
    assert texts == ran[1].run.table_texts
    described = pd.read_csv(out / "tables" / "table_1.csv").set_index("Variable")
    panel = pd.read_parquet(out / "panel.parquet")
    assert float(described.loc["gini", "Mean"]) == pytest.approx(panel["gini"].mean(), abs=6e-4)
    effects = pd.read_csv(out / "tables" / "table_2.csv", dtype=str).set_index("Unnamed: 0")
    result = read_estimates(out)
    rows = result.estimates.set_index(["design", "variant", "term"])
    shown = float(effects.loc["uil", "(2) resource first_difference"])
    found = rows.loc[("resource", "first_difference", "uil")]["estimate"]
    assert shown == pytest.approx(found, abs=6e-4)
    assert "uil, 2014-2015 (group)" in effects.index
    assert "base: no curve" in texts[2]
    assert "group difference" in texts[3]
    assert "zero by construction" in texts[3]
    assert len(result.curves) > 0
    assert set(result.checks["check"]) >= {"city_effects", "group_difference"}
    assert result.fits.fitted == result.fits.distinct < result.fits.asked
    joined = panel[["city_id", "resource_city"]].drop_duplicates().set_index("city_id")
    expected = resource_cities(small_panel.yearbook).set_index("city_code")["resource_city"]
    assert joined["resource_city"].to_dict() == expected.to_dict()
    again = command("run", ran[0], "--out", out)
    assert "estimates: nothing to do" in again.stdout


def test_truth_is_that_of_each_sample(ran: tuple[Path, Demo], small_panel: SyntheticPanel) -> None:
    demo, effects = ran[1], small_panel.designed["effect"]
    assert demo.truth["base", "faithful", "uil"] == pytest.approx(effects.mean())
    early = small_panel.designed["year"].isin([2014, 2015])
    group = demo.truth["by period", "first_difference", "uil, 2014-2015"]
    assert group == pytest.approx(effects[early].mean())
    slope = demo.truth["moderated", "faithful", "uil x digital_finance"]
    assert slope == pytest.approx(-0.0035)
    printed = next(row for row in demo.tables["table_2"].rows if row[0] == "  truth")
    assert float(printed[1]) == pytest.approx(effects.mean(), abs=6e-4)
    assert (demo.run.out / "truth.csv").is_file()


def test_columns_are_in_line_whatever_the_script() -> None:
    table = ResultTable(
        "表 3", "", (("", "(1)"), ("", "基准")), (("产业", "0.1"), ("uil", "-0.10")), ("注",)
    )
    assert table_text(table).splitlines() == [
        "表 3",
        "-----------",
        "        (1)",
        "       基准",
        "-----------",
        "产业    0.1",
        "uil   -0.10",
        "-----------",
        "Note: 注",
    ]
