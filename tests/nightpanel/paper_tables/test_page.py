"""The page on tables: every key stands there, and what it shows is read by what it names."""

import re
import tomllib
from importlib import import_module
from pathlib import Path

from nightpanel.study_results import SHARED, ResultsSection, ResultTableSection
from tests.nightpanel.paper_tables.latex_reader import read_latex

PAGE = (Path(__file__).resolve().parents[3] / "docs/tables.md").read_text(encoding="utf-8")


def block(kind: str) -> str:
    found = re.search(rf"^```{kind}\n(.*?)^```", PAGE, flags=re.DOTALL | re.MULTILINE)
    assert found is not None
    return found[1]


def test_every_key_is_on_the_page() -> None:
    keys = {
        key
        for line in PAGE.splitlines()
        if line.startswith("| `")
        for key in re.findall(r"`(\w+)`", line.split(" | ")[0])
    }
    assert keys == set(ResultTableSection.model_fields)
    assert set(ResultsSection.model_fields) == set(SHARED["effects"])


def test_the_example_is_what_its_study_gives() -> None:
    study = tomllib.loads(block("toml"))
    (table,) = study["tables"]
    read = read_latex(block("latex"))
    assert read.caption == f"{table['title']}: {table['caption']}"
    assert [row[0] for row in read.rows[:3]] == ["UIL", "", "Control variables"]
    text = PAGE[PAGE.index(f"{table['title']}: {table['caption']}\n") :]
    for row in read.rows:
        assert re.search(r"\s+".join(re.escape(cell) for cell in row), text)


def test_what_python_is_shown_there_is() -> None:
    for line in block("python").splitlines():
        found = re.fullmatch(r"from (nightpanel\.\S+) import (\w+)", line)
        if found:
            assert callable(getattr(import_module(found[1]), found[2]))
