"""Tables 1 to 6 in the paper's layout: which studies ask for them, and what the real one gives."""

import re
from pathlib import Path

import pytest

from nightpanel.output_folder import read_output_folder
from nightpanel.paper_tables.write import paper_tables, write_paper_tables
from nightpanel.run_demo import STUDY
from nightpanel.run_study import run
from nightpanel.study_file import load_study
from tests.nightpanel.paper_tables.latex_reader import read_latex

ROOT = Path(__file__).resolve().parents[3]
SIX = [f"table_{number}_paper" for number in range(1, 7)]


@pytest.mark.parametrize("name", [f"nightpanel/{STUDY}", "examples/regional_coordination.toml"])
def test_studies_ask_for_the_six_tables_as_published(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NIGHTPANEL_DATA", "/nowhere")
    study = load_study(ROOT / name)
    both = [table for table in study.tables if table.layout == "both"]
    assert [table.stems()[1] for table in both] == SIX
    for table in both:
        full, paper = table.as_full(), table.as_paper()
        assert full is not None
        assert paper is not None
        assert (full.stars, full.labels) == (False, {})
        assert paper.stars == (paper.kind == "effects")
        assert paper.labels["uil"] == "UIL"
        assert paper.below() == "standard_error"
        assert paper.variants is None


@pytest.mark.real
@pytest.mark.slow
def test_the_regional_study_prints_the_papers_six_tables(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("NIGHTPANEL_DATA", str(data_dir))
    text = (ROOT / "examples/regional_coordination.toml").read_text(encoding="utf-8")
    quick = 'checks = []\nlearner = "ridge"\nrepetitions = 1\nvariants = ["faithful"]'
    text = text.replace('checks = ["city_effects", "influence", "placebo"]', quick)
    (tmp_path / "study.toml").write_text(text, encoding="utf-8")
    run(tmp_path / "study.toml", out=tmp_path / "out")
    folder = read_output_folder(tmp_path / "out")
    tables = paper_tables(folder)
    assert set(SIX) <= set(tables)
    assert [row[1] for row in tables["table_1_paper"].rows] == ["Gini", "UIL", "GDP", "DL", "DIFI"]
    widths = [len(tables[stem].header[0]) - 1 for stem in SIX[1:]]
    assert widths == [2, 5, 3, 4, 2]
    for stem in SIX[1:]:
        labels = [row[0] for row in tables[stem].rows]
        assert labels[:2] == ["UIL", ""]
        assert labels[-1] == "Sample size"
        assert labels.index("Fixed effect") == labels.index("Control variables") + 1
        assert ("Split ratio" in labels) == (stem == "table_3_paper")
        assert all(re.fullmatch(r"\(\d\.\d+\)", cell) for cell in tables[stem].rows[1][1:])
    for path in write_paper_tables(folder, tmp_path / "made", formats=("tex",)):
        read_latex(path.read_text(encoding="utf-8"))
