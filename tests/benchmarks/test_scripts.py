"""One draw of every script that makes its own data, from the command line's arguments to its page.

Scripts whose figures rest on real data are not among them: they are run with the pages they write.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pandas as pd
import pytest

from benchmarks import mediation as mediation_benchmark
from benchmarks import shift_share as shift_share_benchmark
from docs.scripts import mediation_coverage, shift_share_coverage, wild_size

Told = Callable[..., str]


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Told:
    """What a script prints."""

    def run(script: ModuleType, *arguments: str) -> str:
        monkeypatch.setattr(sys, "argv", [str(script.__file__), *arguments])
        script.main()
        return capsys.readouterr().out

    return run


def test_mediation_coverage(told: Told, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mediation_coverage, "COUNTS", (8, 12))
    monkeypatch.setattr(mediation_coverage, "PAGE", tmp_path / "page.md")
    monkeypatch.setattr(mediation_coverage, "TABLE", tmp_path / "page.csv")
    text = told(mediation_coverage, "--draws", "1", "--bootstrap", "199")
    assert (tmp_path / "page.md").read_text(encoding="utf-8") in text
    cells = pd.read_csv(tmp_path / "page.csv")
    assert len(cells) == 2 * 2 * 3 * 7
    assert set(cells["coverage"]) == {0.0, 1.0}


def test_shift_share_coverage(tmp_path: Path, told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shift_share_coverage, "DRAWS", 1)
    monkeypatch.setattr(shift_share_coverage, "FOLDER", tmp_path)
    told(shift_share_coverage)
    cells = pd.read_csv(tmp_path / "shift-share-coverage.csv")
    assert len(cells) == len(shift_share_coverage.PROCESSES) * len(shift_share_coverage.ERRORS)
    assert set(cells["coverage"]) == {0.0, 1.0}
    page = (tmp_path / "shift-share-coverage.md").read_text(encoding="utf-8")
    assert "| panel, shocks that last |" in page


def test_wild_size(told: Told, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wild_size, "COUNTS", (6,))
    monkeypatch.setattr(wild_size, "PAGE", tmp_path / "page.md")
    text = told(wild_size, "--draws", "1", "--bootstrap", "99", "--workers", "1")
    assert "| moderated | 6 |" in text
    assert (tmp_path / "page.md").read_text(encoding="utf-8") in text


def test_the_benchmark_of_mediation(
    told: Told, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mediation_benchmark, "CITIES", 20)
    monkeypatch.setattr(mediation_benchmark, "DRAWS", 199)
    text = told(mediation_benchmark, "--out", str(tmp_path), "--repetitions", "1", "--draws", "1")
    assert "refit of resampled cities, pyfixest, a draw" in text
    assert text.strip() in (tmp_path / "mediation.md").read_text(encoding="utf-8")


def test_the_benchmark_of_shift_share(told: Told) -> None:
    text = told(shift_share_benchmark, "--rows", "90", "--shares", "30", "--repeats", "1")
    assert "2SLS, clustered: linearmodels" in text


def test_a_benchmark_whose_answers_differ_says_so() -> None:
    shift_share_benchmark.check_same("2SLS", (0.5, 0.1), (0.5, 0.1 + 1e-12))
    with pytest.raises(RuntimeError, match=r"2SLS: 0.5, 0.1 here, 0.5, 0.2 there"):
        shift_share_benchmark.check_same("2SLS", (0.5, 0.1), (0.5, 0.2))
