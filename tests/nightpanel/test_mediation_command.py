"""Mediation from the command line: every format of table, bad input, and what the docs show."""

import re
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import numpy as np
import pandas as pd
import pytest

from nightpanel.study_file import load_designs
from tests.estimation.mediation.panels import channels, naive

Command = Callable[..., CompletedProcess[str]]
DOCS = Path(__file__).resolve().parents[2] / "docs" / "mediation.md"

PANEL = """
[[designs]]
name = "channels"
outcome = "y"
treatment = "d"
controls = ["x"]
variants = ["two_way_fixed_effects"]
mediators = { columns = ["m1", "m2", "m3"], draws = 499 }

[[tables]]
title = "Table 5"
columns = ["channels"]
"""
ROWS = """
[[designs]]
name = "rows"
outcome = "y"
treatment = "d"
variants = ["two_way_fixed_effects"]
cross_section = true
mediators = { columns = ["m"], draws = 499 }
"""


def written(table: pd.DataFrame, path: Path) -> Path:
    if path.suffix == ".csv":
        table.to_csv(path, index=False)
    elif path.suffix == ".dta":
        table.to_stata(path, write_index=False)
    else:
        table.to_parquet(path)
    return path


def designs(folder: Path, text: str) -> Path:
    path = folder / "designs.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("suffix", [".csv", ".dta", ".parquet"])
def test_a_panel_in_any_format(suffix: str, tmp_path: Path, command: Command) -> None:
    table = channels(1)
    panel = written(table, tmp_path / f"panel{suffix}")
    ended = command(
        "estimate", "--panel", panel, "--designs", designs(tmp_path, PANEL), "--out",
        tmp_path / "out",
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    assert "d through m1 (indirect)" in ended.stdout
    assert "sequential ignorability" in ended.stdout
    assert "nan" not in ended.stdout
    rows = pd.read_parquet(tmp_path / "out" / "estimates.parquet").set_index("term")
    found = rows.loc[["total effect of d", "direct effect of d", "d through m2"], "estimate"]
    np.testing.assert_allclose(found, naive(table)[[0, 1, 4]], atol=1e-9)
    curves = pd.read_parquet(tmp_path / "out" / "curves.parquet")
    assert set(curves["curve"]) == {"error_correlation"}


@pytest.mark.parametrize("suffix", [".csv", ".dta", ".parquet"])
def test_a_cross_section_has_no_city_and_no_year(
    suffix: str, tmp_path: Path, command: Command
) -> None:
    rng = np.random.default_rng(1)
    table = pd.DataFrame(rng.normal(size=(80, 3)), columns=["d", "m", "y"])
    table["m"] += 0.5 * table["d"]
    table["y"] += 0.5 * table["m"]
    panel = written(table, tmp_path / f"rows{suffix}")
    asked = designs(tmp_path, ROWS)
    ended = command("estimate", "--panel", panel, "--designs", asked, "--out", tmp_path / "out")
    assert ended.returncode == 0, ended.stderr
    rows = pd.read_parquet(tmp_path / "out" / "estimates.parquet").set_index("term")
    b = np.linalg.lstsq(np.column_stack([np.ones(80), table[["m", "d"]]]), table["y"])[0][1]
    a = np.polyfit(table["d"], table["m"], 1)[0]
    assert rows.loc["d through m", "estimate"] == pytest.approx(a * b, abs=1e-12)
    assert rows.loc["d", "estimate"] == pytest.approx(np.polyfit(table["d"], table["y"], 1)[0])
    assert rows.loc["d", "effects"].startswith("none")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"m3": lambda t: t["d"]}, "mediator 'm3': expected a mediator other than the treatment"),
        ({"m3": lambda t: t["y"]}, "mediator 'm3': expected a mediator other than the outcome"),
        ({"m3": lambda t: t["city_id"]}, "mediator 'm3': expected a column that changes"),
        ({"m3": "much"}, "column 'm3': expected numbers"),
    ],
)
def test_bad_mediators_end_the_run_with_one_line(
    change: dict[str, object], words: str, tmp_path: Path, command: Command
) -> None:
    panel = written(channels(1).assign(**change), tmp_path / "panel.csv")
    out = tmp_path / "out"
    asked = designs(tmp_path, PANEL)
    ended = command("estimate", "--panel", panel, "--designs", asked, "--out", out)
    assert ended.returncode == 1
    assert words in ended.stderr
    assert ended.stderr.count("\n") == 1
    assert not (out / "estimates.parquet").exists()


def test_without_a_city_a_panel_is_still_refused(tmp_path: Path, command: Command) -> None:
    panel = written(channels(1).drop(columns="city_id"), tmp_path / "panel.csv")
    asked = designs(tmp_path, PANEL)
    ended = command("estimate", "--panel", panel, "--designs", asked, "--out", tmp_path / "out")
    assert ended.returncode == 1
    assert "column 'city_id'" in ended.stderr


def shown(mark: str, language: str = "") -> str:
    text = DOCS.read_text(encoding="utf-8")
    match = re.search(
        rf"<!-- {mark} -->\n```{language}\n(.*?)```\n<!-- /{mark} -->", text, re.DOTALL
    )
    assert match is not None
    return match[1]


def test_the_first_example_of_the_docs_is_read(tmp_path: Path) -> None:
    text = DOCS.read_text(encoding="utf-8")
    (design,) = load_designs(designs(tmp_path, text.split("```toml\n")[1].split("```")[0])).designs
    assert design.mediators is not None
    assert design.mediators.columns == ("innovation", "skills", "misallocation")


@pytest.mark.real
def test_the_docs_show_what_is_printed(tmp_path: Path, command: Command, data_dir: Path) -> None:
    ended = command(
        "estimate", "--panel", data_dir / "reference" / "jobs.csv",
        "--designs", designs(tmp_path, shown("toml", "toml")), "--out", tmp_path / "out",
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    lines = [line.rstrip() for line in ended.stdout.splitlines() if not line.startswith("Outputs:")]
    assert lines == shown("printed").splitlines()
