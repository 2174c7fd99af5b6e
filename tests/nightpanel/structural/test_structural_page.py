"""The page on the structural model: what its script prints, and every key of a scenario file."""

import re
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pandas as pd
import pytest

from nightpanel.scenario_sections import ModelSection, ScenarioFile
from nightpanel.sector_frictions import read_frictions
from nightpanel.structural_tables import VARIABLES

DOCS = Path(__file__).resolve().parents[3] / "docs"
PAGE = (DOCS / "structural-model.md").read_text(encoding="utf-8")
NOISE = re.compile(r"\d+e-\d\d")
"""Residuals and gaps, which are rounding and another machine's may differ."""


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The page's script, which finds what it is split into beside itself."""
    monkeypatch.syspath_prepend(DOCS / "scripts")
    return import_module("structural_model")


@pytest.mark.real
def test_the_page_is_what_the_script_prints(data_dir: Path, script: ModuleType) -> None:
    sectors = read_frictions(None, file=data_dir / script.DATA, country="CHN")
    text = script.page(sectors, script.DRAWS)
    assert NOISE.sub("noise", text) == NOISE.sub("noise", PAGE)


def test_the_page_names_every_key_and_variable() -> None:
    for key in (*ModelSection.model_fields, *ScenarioFile.model_fields, *VARIABLES):
        assert re.search(rf"[`\[]{key}[`_\]]", PAGE), key


def test_every_published_figure_has_a_source(script: ModuleType) -> None:
    table = pd.read_csv(script.PUBLISHED)
    assert len(table) == 32
    assert not table.duplicated(["scenario", "row", "variable"]).any()
    assert set(table["source"]) == {"section 4.2", "section 4.3"}
