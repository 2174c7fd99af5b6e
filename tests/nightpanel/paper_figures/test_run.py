"""Figures of a study as one runs it, from light to estimates."""

from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pandas as pd
import pytest
from matplotlib.figure import Figure

from nightpanel.output_folder import read_output_folder
from nightpanel.paper_figures import save
from nightpanel.paper_figures.catalogue import FIGURES
from nightpanel.paper_figures.drawn import Material
from nightpanel.paper_figures.style import WIDTH, paper_style
from nightpanel.paper_figures.words import words_of
from nightpanel.paper_figures.write import write_figures

Command = Callable[..., CompletedProcess[str]]


def test_a_study_gives_its_figures(country: Path, tmp_path: Path, command: Command):
    out = tmp_path / "out"
    assert command("run", country / "study.toml", "--out", out, "--quiet").returncode == 0
    lines: list[str] = []
    folder = read_output_folder(out)
    paths = write_figures(folder, out / "figures", say=lines.append)
    assert {path.stem for path in paths} == {
        "light_map", "gini_map", "lorenz", "gini_over_time", "forest", "figures",
    }  # fmt: skip
    assert "No figure specification_curve: fewer than 3 specifications of one effect" in lines
    # The one design is linear: it stands in the forest although it has no faithful variant.
    words = words_of(folder)
    with paper_style(words.font):
        drawing = FIGURES["forest"](Material(folder, words))
    assert isinstance(drawing, tuple)
    found = pd.read_parquet(out / "estimates.parquet")["estimate"].iloc[0]
    points = [line for line in drawing[0].figure.axes[0].lines if len(line.get_xdata()) == 1]
    assert [float(point.get_xdata()[0]) for point in points] == [pytest.approx(found)]


def test_light_alone_has_its_figures(country: Path, tmp_path: Path, command: Command):
    out = tmp_path / "out"
    words = ["--tiles", country / "*.tif", "--units", country / "units.gpkg",
             "--unit-id", "unit_id", "--city-id", "unit_id:4"]  # fmt: skip
    assert command("lights", *words, "--out", out, "--quiet").returncode == 0
    paths = write_figures(read_output_folder(out), out / "figures")
    assert {path.stem for path in paths} == {
        "light_map", "gini_map", "lorenz", "gini_over_time", "figures",
    }  # fmt: skip


def test_figures_have_the_size_of_print():
    with paper_style(None):
        figure = Figure()
        figure.add_subplot()
        assert figure.get_figwidth() == WIDTH
        assert save.as_png(figure, dpi=50) == save.as_png(figure, dpi=50)
