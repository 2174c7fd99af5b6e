"""Figures of the structural model: what they show, and that their bytes are the same every time."""

import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.text import Text

from estimation.structural.scenarios import paper
from estimation.structural.simulate import simulate
from nightpanel.paper_figures.structural_looks import SCENARIO_LOOKS, SECTOR_LOOKS, SECTORS
from nightpanel.paper_figures.style import WIDTH, paper_style
from nightpanel.scenario_sections import FigureSection
from nightpanel.structural_figures.figure_2 import figure_2
from nightpanel.structural_figures.figure_3 import figure_3
from nightpanel.structural_figures.panels import LABELS
from nightpanel.structural_figures.paper import draw_figures
from nightpanel.structural_figures.side_by_side import side_by_side
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


@pytest.fixture
def style() -> Iterator[None]:
    """What is drawn is drawn in the style of all figures."""
    with paper_style(None):
        yield


@pytest.mark.usefixtures("style")
def test_figure_2_sets_the_model_beside_the_data_over_their_years(paths: Paths) -> None:
    data = seen(paths)
    data["labour_x"] = np.linspace(0.1, 0.2, 29)
    axes = figure_2(paths["benchmark"], data).axes
    assert [axis.get_title("left") for axis in axes[:2]] == [
        "a  employment,\nmanufacturing", "b  employment,\nproducer services",
    ]  # fmt: skip
    model, marks = axes[1].lines
    np.testing.assert_array_equal(marks.get_ydata(), data["labour_x"])
    np.testing.assert_array_equal(model.get_ydata(), paths["benchmark"]["labour_x"].iloc[:29])
    np.testing.assert_array_equal(model.get_xdata(), np.arange(1990, 2019))
    assert marks.get_linestyle() == "None"
    alone = figure_2(paths["benchmark"], None).axes[1].lines
    assert [np.asarray(line.get_xdata()).size for line in alone] == [60]


@pytest.mark.usefixtures("style")
def test_figure_3_shows_integration_demand_and_three_structures(paths: Paths) -> None:
    axes = figure_3(paths["benchmark"], seen(paths)).axes
    assert len(axes) == 6
    np.testing.assert_array_equal(axes[0].lines[0].get_ydata(), paths["benchmark"]["integration_M"])
    # Three sectors and their data; there are none of capital.
    assert [len(axis.lines) for axis in axes] == [1, 1, 1, 6, 6, 3]


@pytest.mark.usefixtures("style")
def test_every_kind_of_mark_is_in_the_legend_and_every_scale_has_its_unit(paths: Paths) -> None:
    main, data = paths["benchmark"], seen(paths)
    for figure in (figure_2(main, data), figure_3(main, data), side_by_side(paths, data)):
        assert figure.legends[0].get_texts()[-1].get_text() == "data"
        assert {axes.get_ylabel() for axes in figure.axes} <= {"share", "ratio"}
        assert all(axes.get_xlabel() in {"year", "period"} for axes in figure.axes[-3:])
    without = figure_3(main, None).legends[0].get_texts()
    assert [text.get_text() for text in without] == list(SECTORS.values())


def test_scenarios_of_the_paper_are_in_words_and_a_users_as_named(
    paths: Paths, tmp_path: Path
) -> None:
    own = [FigureSection(name="own", scenarios=["infrastructure_0.02"], title="own")]
    draw_figures(paths, None, tmp_path, own=own)
    told = (tmp_path / "captions.txt").read_text(encoding="utf-8").split("\n\n")
    assert "figure_5: Rate of new infrastructure: benchmark, rate of 0.02, rate of 0.05." in told
    assert "own: own: infrastructure_0.02." in [line.strip() for line in told]


@pytest.mark.usefixtures("style")
def test_scenarios_side_by_side_share_one_legend(paths: Paths) -> None:
    figure = side_by_side(paths, seen(paths), above="title with $ and _")
    assert [text.get_text() for text in figure.legends[0].get_texts()] == [*paths, "data"]
    eta = next(axis for axis in figure.axes if axis.get_title("left").endswith(LABELS["eta"]))
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
    } | {"captions.txt"}
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
        marks = {".pdf": b"%PDF", ".png": b"\x89PNG", ".txt": b"figure_"}
        assert content.startswith(marks[path.suffix])
        for dated in (b"CreationDate", b"ModDate", b"Software", b"tIME"):
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


@pytest.mark.parametrize(
    "colours",
    [
        [colour for colour, _ in SCENARIO_LOOKS[:4]],
        [colour for colour, _, _ in SECTOR_LOOKS.values()],
    ],
)
def test_lines_can_be_told_apart_by_the_colour_blind(colours: list[str]) -> None:
    for one, other in combinations(colours, 2):
        assert np.linalg.norm(as_seen(one) - as_seen(other)) > 0.15


def test_lines_can_be_told_apart_without_colour() -> None:
    assert len({str(dashes) for _, dashes in SCENARIO_LOOKS}) == len(SCENARIO_LOOKS) == 6
    for number in (1, 2):
        assert len({str(look[number]) for look in SECTOR_LOOKS.values()}) == 3


def left_title(axes: Axes) -> Text:
    texts = [one for one in axes.get_children() if isinstance(one, Text)]
    return next(one for one in texts if one.get_text() == axes.get_title("left"))


def test_figures_are_in_the_one_style_and_no_text_leaves_them(paths: Paths) -> None:
    with paper_style(None):
        figures = [
            figure_2(paths["benchmark"], seen(paths)),
            figure_3(paths["benchmark"], None),
            side_by_side(paths, seen(paths), above="Infrastructure"),
        ]
        for figure in figures:
            figure.draw_without_rendering()
            assert figure.get_figwidth() == WIDTH
            titles = [left_title(axes) for axes in figure.axes]
            boxes = [one.get_window_extent() for one in titles]
            for box, other in combinations(boxes, 2):
                assert not box.overlaps(other)
            assert max(box.x1 for box in boxes) <= figure.bbox.x1
            assert {one.get_fontsize() for one in titles} == {8.0}
            assert {axes.xaxis.get_ticklabels()[0].get_fontsize() for axes in figure.axes} == {6.5}


def test_chinese_names_are_drawn_or_stand_under_a_number_that_is_explained(
    paths: Paths, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nightpanel.paper_figures.words.best_font", lambda _: None)
    named = {"基准": paths["benchmark"], "slow": paths["benchmark"]}
    own = [FigureSection(name="own", scenarios=["基准", "slow"], title="改革 of markets")]
    draw_figures(named, None, tmp_path, own=own)
    told = (tmp_path / "captions.txt").read_text(encoding="utf-8")
    assert "own: 改革 of markets: 基准, slow." in told
    assert "scenario 1 is 基准, for which this machine has no font" in told
    assert "title 1 is 改革 of markets, for which this machine has no font" in told


def test_long_names_that_begin_alike_each_have_their_line(paths: Paths) -> None:
    names = [f"{'a' * 50}{number}" for number in range(2)]
    figure = side_by_side(dict.fromkeys(names, paths["benchmark"]), None, said=lambda one: one[:9])
    assert len(figure.axes[0].lines) == 2
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["a" * 9] * 2
