"""The benchmark of the structural model, small; its rival gives the same answers."""

import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks import structural
from estimation.structural.parameters import from_vector
from estimation.structural.paths import paths
from estimation.structural.simulate import simulate


def test_five_equations_give_the_same_employment() -> None:
    given = paths(25, xi_m=[2.4, 2.1], xi_s=[1.7, 1.8], s_H=0.05)
    for vector in structural.drawn(3):
        parameters = from_vector(vector)
        ours = simulate(parameters, given).labour
        np.testing.assert_allclose(structural.by_scipy(parameters, given), ours, atol=1e-11)


def test_it_prints_a_table_and_writes_a_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(structural, "BATCH", 20)
    monkeypatch.setattr(structural, "MANY", 50)
    page = tmp_path / "structural.md"
    words = ["structural", "--page", str(page), "--repetitions", "1", "--rivals", "1"]
    monkeypatch.setattr(sys, "argv", words)
    structural.main()
    printed = capsys.readouterr().out
    assert "| 50 scenarios, two threads |" in printed
    assert "scipy.optimize.root" in printed
    assert printed.strip() in page.read_text(encoding="utf-8")
