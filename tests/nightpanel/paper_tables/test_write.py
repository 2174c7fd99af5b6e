"""Tables of a run in every format, from the command line on; folders that lack something."""

import io
import json
import shutil
from pathlib import Path

import pandas as pd
import pytest
from docx import Document

from geo.errors import OutputError
from nightpanel.asked import asked_or_problems
from nightpanel.output_folder import read_output_folder
from nightpanel.paper_tables.write import paper_tables, write_paper_tables
from nightpanel.run_study import run
from nightpanel.study import DesignsFile
from nightpanel.study_file import load_study
from nightpanel.table_records import RECORD, read_records
from tests.nightpanel.paper_tables.latex_reader import read_latex

SCRIPT = "R&D_<script>x</script>"
DESIGNS = f"""
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
    {{ name = "{SCRIPT}", controls = [] }},
    {{ name = "moderated", moderator = "digital_finance" }},
]

[results]
layout = "both"
stars = true
labels = {{ uil = "UIL", digital_finance = "DIFI" }}

[[tables]]
title = "Table 1"
kind = "descriptive"
columns = ["moderated"]

[[tables]]
title = "Table 2"
caption = "benchmark"
columns = ["{SCRIPT}", "base"]

[[tables]]
title = "Table 6"
columns = ["moderated"]
layout = "paper"
uncertainty = "interval"

[[tables]]
title = "Checks"
kind = "checks"
columns = ["base"]
"""


@pytest.fixture(scope="module")
def out(painted: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The output folder of a small run; read only."""
    folder = Path(shutil.copytree(painted, tmp_path_factory.mktemp("paper") / "country"))
    path = folder / "study.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text[: text.index("[[designs]]")] + DESIGNS, encoding="utf-8")
    run(path, out=folder / "out")
    return folder / "out"


def test_every_table_in_every_format(out: Path, tmp_path: Path) -> None:
    files = write_paper_tables(read_output_folder(out), tmp_path / "made")
    stems = ["table_1", "table_2", "table_6", "checks", "table_1_paper", "table_2_paper"]
    assert [path.name for path in files] == [
        f"{stem}.{ending}" for stem in stems for ending in ("tex", "html", "docx")
    ]
    assert sorted(tmp_path.rglob("*.*")) == sorted(files)
    for stem, table in paper_tables(read_output_folder(out)).items():
        read = read_latex((tmp_path / "made" / f"{stem}.tex").read_text("utf-8"))
        assert len(read.rows) == len(table.rows)
        document = Document(io.BytesIO((tmp_path / "made" / f"{stem}.docx").read_bytes()))
        assert len(document.tables[0].rows) == len(table.rows) + len(table.header)
        assert "<script" not in (tmp_path / "made" / f"{stem}.html").read_text("utf-8")


def test_figures_are_those_of_the_estimates(out: Path, tmp_path: Path) -> None:
    folder = read_output_folder(out)
    write_paper_tables(folder, tmp_path, formats=("tex", "csv"))
    assert folder.estimates is not None
    effects = folder.estimates[folder.estimates["part"] == "effect"]
    rows = effects.set_index(["design", "variant", "term"])
    read = read_latex((tmp_path / "table_2_paper.tex").read_text("utf-8"))
    assert [cell for cell, _ in read.header[0]] == ["", "(1)", "(2)"]
    shown = [float(cell.rstrip("*")) for cell in read.rows[0][1:]]
    found = [rows.loc[(name, "faithful", "uil")]["estimate"] for name in (SCRIPT, "base")]
    assert shown == pytest.approx(found, abs=6e-4)
    table = pd.read_csv(tmp_path / "table_2_paper.csv", dtype=str, index_col=0)
    assert table.loc["UIL"].tolist() == read.rows[0][1:]
    assert any(note.startswith(f"(1) {SCRIPT}") for note in read.notes)
    assert any(note.startswith("first_difference instead: (2) UIL") for note in read.notes)
    full = read_latex((tmp_path / "table_2.tex").read_text("utf-8"))
    assert full.header[1][1][0] == SCRIPT
    assert not any("*" in cell for row in full.rows[:3] for cell in row[1:])


def test_the_paper_layout_alone_with_intervals(out: Path) -> None:
    table = paper_tables(read_output_folder(out))["table_6"]
    assert [row[0] for row in table.rows[:6]] == ["UIL", "", "UIL x DIFI", "", "DIFI", ""]
    assert all(cell.startswith("[") for cell in table.rows[1][1:])
    assert table.header == (("", "(1)", "(2)"),)


def test_descriptives_have_each_type_once(out: Path) -> None:
    table = paper_tables(read_output_folder(out))["table_1_paper"]
    assert [row[:2] for row in table.rows] == [
        ("Explained variable", "gini"), ("Explanatory variable", "UIL"),
        ("Control variable", "log_gdp"), ("Moderator variable", "DIFI"),
    ]  # fmt: skip


def test_texts_of_both_layouts_stand_beside_each_other(out: Path) -> None:
    assert (out / "tables/table_2.txt").is_file()
    assert (out / "tables/table_2_paper.txt").read_text("utf-8").startswith("Table 2: benchmark\n")
    manifest = json.loads((out / "manifest.json").read_text("utf-8"))
    record = manifest["stages"]["estimates"]
    assert record["tables"] == ["table_1", "table_2", "table_6", "checks"]
    assert {RECORD, "tables/table_2_paper.csv"} <= set(record["files"])
    study = load_study(out.parent / "study.toml")
    assert run(study, out=out).up_to_date == ("lights", "panel", "estimates")


def test_an_older_folder_is_named(out: Path, tmp_path: Path) -> None:
    old = Path(shutil.copytree(out, tmp_path / "old"))
    (old / RECORD).unlink()
    with pytest.raises(OutputError, match="no such file; run the study again"):
        write_paper_tables(read_output_folder(old), tmp_path / "to")
    (old / RECORD).write_text('{"a": {"title": 1}}', encoding="utf-8")
    with pytest.raises(OutputError, match="record of a run's tables"):
        read_records(old)
    (old / RECORD).write_text("[", encoding="utf-8")
    with pytest.raises(OutputError):
        read_records(old)
    assert not (tmp_path / "to").exists()


def test_a_folder_without_estimates_has_no_tables(painted: Path, tmp_path: Path) -> None:
    study = load_study(painted / "study.toml")
    run(study, out=tmp_path / "out", only=["lights"])
    assert write_paper_tables(read_output_folder(tmp_path / "out"), tmp_path / "to") == ()
    assert not (tmp_path / "to").exists()


def test_a_study_that_asks_for_no_table_has_its_columns_and_estimates(
    painted: Path, tmp_path: Path
) -> None:
    run(painted / "study.toml", out=tmp_path / "out")
    folder = read_output_folder(tmp_path / "out")
    tables = paper_tables(folder)
    assert list(tables) == ["descriptives", "estimates"]
    assert folder.panel is not None
    gini = next(row for row in tables["descriptives"].rows if row[1] == "gini")
    assert gini[3] == f"{folder.panel['gini'].mean():.3f}"
    assert folder.estimates is not None
    (estimate, *_) = folder.estimates["estimate"]
    assert tables["estimates"].rows[0][:2] == ("linear", "two_way_fixed_effects")
    assert float(tables["estimates"].rows[0][2].split(" ")[0]) == pytest.approx(estimate, abs=6e-4)
    files = write_paper_tables(folder, tmp_path / "made")
    assert len(files) == 6
    read_latex((tmp_path / "made/estimates.tex").read_text("utf-8"))


def test_an_unknown_format_is_refused_before_anything_is_written(out: Path, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="some of tex, html, docx, csv, found 'pdf'"):
        write_paper_tables(read_output_folder(out), tmp_path / "to", formats=("tex", "pdf"))
    assert not (tmp_path / "to").exists()


DESIGN = {"name": "a", "outcome": "gini", "treatment": "uil"}


def tables_of(*tables: dict[str, object], **results: object) -> DesignsFile:
    content = {"designs": [DESIGN], "tables": [*tables], "results": results}
    return DesignsFile.model_validate(content)


def test_what_holds_for_all_tables_and_what_one_says_itself() -> None:
    labels = {"uil": "UIL"}
    made = tables_of(
        {"title": "A", "columns": ["a"]},
        {"title": "B", "columns": ["a"], "stars": False, "layout": "full"},
        {"title": "C", "columns": ["a"], "kind": "checks"},
        {"title": "D", "columns": ["a"], "kind": "descriptive"},
        layout="paper", stars=True, uncertainty="both", labels=labels,
    ).tables  # fmt: skip
    assert [(one.layout, one.stars, one.below()) for one in made] == [
        ("paper", True, "both"), ("full", False, "both"), ("full", False, "both"),
        ("paper", False, "standard_error"),
    ]  # fmt: skip
    assert [one.labels for one in made] == [labels, {}, {}, labels]


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"kind": "checks", "layout": "paper"}, "layout must be left out"),
        ({"kind": "curves", "uncertainty": "interval"}, "uncertainty is for"),
        ({"labels": {"uil": "UIL"}}, "labels are for"),
        ({"layout": "journal"}, "full"),
    ],
)
def test_keys_that_do_not_fit_are_refused(table: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        tables_of({"title": "A", "columns": ["a"]} | table)


def test_a_title_must_not_take_the_file_of_a_paper_layout() -> None:
    made = tables_of(
        {"title": "A", "columns": ["a"], "layout": "both"}, {"title": "a paper", "columns": ["a"]}
    )
    _, problems = asked_or_problems(made.designs, made.tables)
    assert [str(one) for one in problems if "tables/a_paper.csv twice" in str(one)]
