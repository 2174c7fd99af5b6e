"""The page on the structural model: what its script prints, and every key of a scenario file."""

import re
from pathlib import Path

import pytest

from docs.scripts import structural_model
from nightpanel.scenario_sections import ModelSection, ScenarioFile
from nightpanel.sector_frictions import read_frictions
from nightpanel.structural_tables import VARIABLES

PAGE = Path(structural_model.PAGE).read_text(encoding="utf-8")
NOISE = re.compile(r"\d+e-\d\d")
"""Residuals and gaps, which are rounding and another machine's may differ."""


@pytest.mark.real
def test_the_page_is_what_the_script_prints(data_dir: Path) -> None:
    sectors = read_frictions(None, file=data_dir / structural_model.DATA, country="CHN")
    text = structural_model.page(sectors, structural_model.DRAWS)
    assert NOISE.sub("noise", text) == NOISE.sub("noise", PAGE)


def test_the_page_names_every_key_and_variable() -> None:
    for key in (*ModelSection.model_fields, *ScenarioFile.model_fields, *VARIABLES):
        assert re.search(rf"[`\[]{key}[`_\]]", PAGE), key


def test_every_published_figure_has_a_source() -> None:
    table = structural_model.pd.read_csv(structural_model.PUBLISHED)
    assert len(table) == 32
    assert not table.duplicated(["scenario", "row", "variable"]).any()
    assert set(table["source"]) == {"section 4.2", "section 4.3"}
