"""The page on estimation is what its script writes: what costs seconds is written again."""

import importlib.util
from pathlib import Path

import pytest

from estimation.structural.fgnls import estimate_fgnls
from estimation.structural.published import BETA
from estimation.structural.sector_observations import observed
from panels.sectors import load_etd, read_etd

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def script(monkeypatch):
    folder = ROOT / "docs" / "scripts"
    monkeypatch.syspath_prepend(str(folder))
    spec = importlib.util.spec_from_file_location(
        "structural_estimation", folder / "structural_estimation.py"
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.real
def test_the_page_is_by_its_script(script, data_dir):
    page = (ROOT / "docs" / "structural-estimation.md").read_text(encoding="utf-8")
    etd = data_dir / script.DATABASE
    china = load_etd(etd, "CHN", (1990, 2018))
    seen = observed(china, BETA)
    for section in (
        script.INTRO,
        script.data_section(read_etd(etd), china),
        script.fgnls_section(seen, estimate_fgnls(seen)),
        script.calibration_section(china),
    ):
        assert script.wrapped(section).strip() in page
    verdicts = dict(
        line.strip("| ").split(" | ") for line in page.splitlines() if "identified" in line
        if line.startswith("|")
    )  # fmt: skip
    assert verdicts["moving prices, sd .001"] == "identified"
    assert verdicts["China's prices, sd .001"].startswith("weakly identified")
    assert verdicts["China's data, iterated FGNLS"].startswith("weakly identified")
