"""Figures of the structural model: what they show, and that their bytes are the same every time."""

import hashlib
import json
import subprocess
import sys
from itertools import combinations
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_rgb

from estimation.structural.scenarios import paper
from estimation.structural.simulate import simulate
from nightpanel.scenario_sections import FigureSection
from nightpanel.structural_figures import paper as paper_figures
from nightpanel.structural_figures.figure_2 import figure_2
from nightpanel.structural_figures.figure_3 import figure_3
from nightpanel.structural_figures.paper import draw_figures
from nightpanel.structural_figures.side_by_side import side_by_side
from nightpanel.structural_figures.style import (
    COLOURS,
    DASHES,
    LABELS,
    SECTOR_COLOURS,
    SECTORS,
)
from nightpanel.structural_tables import path_table

Paths = dict[str, pd.DataFrame]

SCRIPT = """
import hashlib, json, sys
from pathlib import Path
from tests.nightpanel.structural.test_structural_figures import three, seen
from nightpanel.structural_figures.paper import draw_figures
paths = three()
written = draw_figures(paths, seen(paths), Path(sys.argv[1]))
print(json.dumps({one.name: hashlib.sha256(one.read_bytes()).hexdigest() for one in written}))
"""


def three() -> Paths:
    """The benchmark and its infrastructure."""
    return {
        one.name: path_table(simulate(one.parameters, one.paths), first_year=1990)
        for one in paper()[:3]
    }


def seen(paths: Paths) -> pd.DataFrame:
    """Data of the first 29 periods."""
    return paths["benchmark"].iloc[:29].filter(regex="year|labour|output") + 0.0


@pytest.fixture(scope="module")
def paths() -> Paths:
    return three()


def test_figure_2_sets_the_model_beside_the_data_over_their_years(paths: Paths) -> None:
    data = seen(paths)
    data["labour_x"] = np.linspace(0.1, 0.2, 29)
    axes = figure_2(paths["benchmark"], data).axes
    assert [axis.get_title("left") for axis in axes[:2]] == [
        "employment, manufacturing", "employment, producer services",
    ]  # fmt: skip
    model, marks = axes[1].lines
    np.testing.assert_array_equal(marks.get_ydata(), data["labour_x"])
    np.testing.assert_array_equal(model.get_ydata(), paths["benchmark"]["labour_x"].iloc[:29])
    np.testing.assert_array_equal(model.get_xdata(), np.arange(1990, 2019))
    assert marks.get_linestyle() == "None"
    alone = figure_2(paths["benchmark"], None).axes[1].lines
    assert [len(line.get_xdata()) for line in alone] == [60]


def test_figure_3_shows_integration_demand_and_three_structures(paths: Paths) -> None:
    axes = figure_3(paths["benchmark"], seen(paths)).axes
    assert len(axes) == 6
    np.testing.assert_array_equal(axes[0].lines[0].get_ydata(), paths["benchmark"]["integration_M"])
    # Three sectors and their data; there are none of capital.
    assert [len(axis.lines) for axis in axes] == [1, 1, 1, 6, 6, 3]


def test_every_kind_of_mark_is_in_the_legend_and_every_scale_has_its_unit(paths: Paths) -> None:
    main, data = paths["benchmark"], seen(paths)
    for figure in (figure_2(main, data), figure_3(main, data), side_by_side(paths, data)):
        assert figure.legends[0].get_texts()[-1].get_text() == "data"
        assert {axis.get_ylabel() for axis in figure.axes} <= {"share", "ratio"}
        assert all(axis.get_xlabel() in {"year", "period"} for axis in figure.axes[-3:])
    without = figure_3(main, None).legends[0].get_texts()
    assert [text.get_text() for text in without] == list(SECTORS.values())


def test_scenarios_of_the_paper_are_in_words(paths: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: dict[str, list[str]] = {}

    def side(shown: Paths, _: object, *, above: str) -> str:
        drawn[above] = list(shown)
        return above

    monkeypatch.setattr(paper_figures, "side_by_side", side)
    monkeypatch.setattr(paper_figures, "save", lambda *_: [])
    own = [FigureSection(name="own", scenarios=["infrastructure_0.02"], title="own")]
    draw_figures(paths, None, Path(), own=own)
    words = ["benchmark", "rate of 0.02", "rate of 0.05"]
    assert drawn == {"Rate of new infrastructure": words, "own": ["infrastructure_0.02"]}


def test_scenarios_side_by_side_share_one_legend(paths: Paths) -> None:
    figure = side_by_side(paths, seen(paths), above="title with $ and _")
    assert [text.get_text() for text in figure.legends[0].get_texts()] == [*paths, "data"]
    eta = next(axis for axis in figure.axes if axis.get_title("left") == LABELS["eta"])
    for line, table in zip(eta.lines, paths.values(), strict=True):
        np.testing.assert_array_equal(line.get_ydata(), table["eta"])
    assert eta.get_ylim()[0] == 0.0
    alone = side_by_side({"$a$": paths["benchmark"]}, None)
    assert [text.get_text() for text in alone.legends[0].get_texts()] == ["$a$"]


def test_only_figures_whose_scenarios_are_there(paths: Paths, tmp_path: Path) -> None:
    own = [FigureSection(name="figure_3", scenarios=["benchmark"], title="mine")]
    names = {path.name for path in draw_figures(paths, None, tmp_path, own=own)}
    assert names == {
        f"figure_{number}.{ending}" for number in (2, 3, 5) for ending in ("pdf", "png")
    }
    assert names == {path.name for path in tmp_path.iterdir()}


def test_bytes_are_the_same_in_another_process_and_under_other_settings(
    paths: Paths, tmp_path: Path
) -> None:
    folder = tmp_path / "other"
    folder.mkdir()
    root = str(Path(__file__).resolve().parents[3])
    words = [sys.executable, "-c", SCRIPT, str(folder)]
    ended = subprocess.run(words, capture_output=True, text=True, check=True, cwd=root)
    with mpl.rc_context({"font.size": 20.0, "lines.linewidth": 9.0, "savefig.dpi": 30}):
        written = draw_figures(paths, seen(paths), tmp_path)
    here = {one.name: hashlib.sha256(one.read_bytes()).hexdigest() for one in written}
    assert here == json.loads(ended.stdout)
    for path in written:
        content = path.read_bytes()
        assert content.startswith(b"%PDF" if path.suffix == ".pdf" else b"\x89PNG")
        for dated in (b"CreationDate", b"Producer", b"Software", b"tIME"):
            assert dated not in content


def as_seen(colour: str) -> np.ndarray:
    """A colour as one sees it who lacks the middle cones: Viénot, Brettel and Mollon (1999)."""
    linear = np.array(to_rgb(colour)) ** 2.2
    to_lms = np.array(
        [[17.8824, 43.5161, 4.11935], [3.45565, 27.1554, 3.86714], [0.0299566, 0.184309, 1.46709]]
    )
    long, _, short = to_lms @ linear
    lms = np.array([long, 0.494207 * long + 1.24827 * short, short])
    return np.asarray(np.clip(np.linalg.inv(to_lms) @ lms, 0.0, 1.0) ** (1 / 2.2))


@pytest.mark.parametrize("colours", [COLOURS[:4], tuple(SECTOR_COLOURS.values())])
def test_lines_can_be_told_apart_by_the_colour_blind_and_without_colour(
    colours: tuple[str, ...],
) -> None:
    for one, other in combinations(colours, 2):
        assert np.linalg.norm(as_seen(one) - as_seen(other)) > 0.15
    assert len(set(map(str, DASHES))) == len(DASHES) >= len(COLOURS)
