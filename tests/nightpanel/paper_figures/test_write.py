"""All figures of a folder: which there are, whole or not at all, the same bytes every time."""

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import matplotlib as mpl
import pandas as pd
import pytest
from PIL import Image

from geo.errors import OutputError
from nightpanel.output_folder import OutputFolder
from nightpanel.paper_figures import write
from nightpanel.paper_figures.catalogue import FIGURES
from nightpanel.paper_figures.drawn import Material
from nightpanel.paper_figures.write import LIST, write_figures
from tests.nightpanel.paper_figures.made_up import folder_of

NAMES = {
    "light_map", "gini_map", "lorenz", "gini_over_time", "forest", "specification_curve",
    "heterogeneity", "marginal_effect-1", "marginal_effect-2", "event_study", "rolling_windows",
}  # fmt: skip


Only = Callable[..., None]


@pytest.fixture
def only(monkeypatch: pytest.MonkeyPatch) -> Only:
    """Leave some kinds of figures, for time's sake."""

    def keep(*kinds: str) -> None:
        monkeypatch.setattr(write, "FIGURES", {kind: FIGURES[kind] for kind in kinds})

    return keep


@pytest.fixture(scope="module")
def written(made: OutputFolder, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ...]:
    return write_figures(made, tmp_path_factory.mktemp("figures"))


def test_each_kind_of_figure_is_written_as_pdf_and_png(written: tuple[Path, ...]):
    wanted = {f"{name}.{ending}" for name in NAMES for ending in ("pdf", "png")} | {LIST}
    assert {path.name for path in written} == wanted
    assert {path.name for path in written[0].parent.iterdir() if path.is_file()} >= wanted
    for path in written:
        if path.suffix == ".pdf":
            assert path.read_bytes().startswith(b"%PDF-")
            assert b"CreationDate" not in path.read_bytes()
        if path.suffix == ".png":
            with Image.open(path) as picture:
                assert min(picture.size) > 300
                assert picture.getextrema() != ((255, 255),) * 4  # something is drawn
                assert set(picture.info) <= {"dpi"}


def test_the_list_has_a_caption_for_each_figure_and_says_what_is_not_there(
    written: tuple[Path, ...],
):
    text = written[-1].read_text(encoding="utf-8")
    for name in NAMES:
        assert text.count(f"{name}: ") == 1
    assert "No figure structural_paths: no simulation of the structural model" in text


@pytest.mark.parametrize("kind", [kind for kind in FIGURES if kind != "structural_paths"])
def test_nothing_sticks_out_of_a_figure(material: Material, kind: str):
    drawing = FIGURES[kind](material)
    assert isinstance(drawing, tuple)
    for one in drawing:
        one.figure.draw_without_rendering()  # which lays it out
        width, height = one.figure.get_size_inches()
        box = one.figure.get_tightbbox()
        assert box.x0 > -0.01
        assert box.y0 > -0.01
        assert box.x1 < width + 0.01
        assert box.y1 < height + 0.01


def test_an_empty_folder_gives_no_figure_and_a_line_for_each(tmp_path: Path):
    lines: list[str] = []
    paths = write_figures(folder_of(tmp_path), tmp_path / "figures", say=lines.append)
    assert [path.name for path in paths] == [LIST]
    assert len(lines) == len(FIGURES)
    for kind, line in zip(FIGURES, lines, strict=True):
        assert line.startswith(f"No figure {kind}: no ")
    assert paths[0].read_text(encoding="utf-8").split("\n\n") == [*lines[:-1], f"{lines[-1]}\n"]


def test_a_missing_part_takes_its_own_figures_only(made: OutputFolder, tmp_path: Path, only: Only):
    kinds = ("lorenz", "forest", "specification_curve", "heterogeneity", "event_study")
    only(*kinds)
    lines: list[str] = []
    paths = write_figures(replace(made, estimates=None), tmp_path, say=lines.append)
    assert {"lorenz.pdf", "event_study.pdf"} <= {path.name for path in paths}
    gone = {"forest", "specification_curve", "heterogeneity"}
    assert {line.split()[2].rstrip(":") for line in lines} == gone


def test_empty_tables_are_like_missing_ones(made: OutputFolder, tmp_path: Path):
    names = ("units", "cities", "panel", "estimates", "checks", "curves")
    empty = replace(made, **{name: getattr(made, name).head(0) for name in names})
    assert [path.name for path in write_figures(empty, tmp_path)] == [LIST]


def test_figures_of_an_earlier_run_go(made: OutputFolder, tmp_path: Path, only: Only):
    only("forest", "event_study")
    for name in ("forest-7.pdf", "event_study.png", "forest.txt", "mine.pdf"):
        (tmp_path / name).write_bytes(b"earlier")
    write_figures(replace(made, curves=None), tmp_path)
    assert not (tmp_path / "forest-7.pdf").exists()
    assert not (tmp_path / "event_study.png").exists()
    assert (tmp_path / "forest.txt").read_bytes() == b"earlier"
    assert (tmp_path / "mine.pdf").read_bytes() == b"earlier"


def test_a_figure_that_fails_leaves_the_folder_as_it_was(
    made: OutputFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "light_map.pdf").write_bytes(b"earlier")

    def fail(_: object) -> None:
        raise ZeroDivisionError

    kept = {"light_map": FIGURES["light_map"], "forest": fail}
    monkeypatch.setattr(write, "FIGURES", kept)
    with pytest.raises(ZeroDivisionError):
        write_figures(made, tmp_path)
    assert [path.name for path in tmp_path.iterdir() if not path.name.startswith(".")] == [
        "light_map.pdf"
    ]
    assert (tmp_path / "light_map.pdf").read_bytes() == b"earlier"


def test_a_folder_that_cannot_be_made_is_a_named_error(made: OutputFolder, tmp_path: Path):
    (tmp_path / "file").write_text("a file")
    with pytest.raises(OutputError, match="an output folder that can be written"):
        write_figures(made, tmp_path / "file" / "figures")


def test_shapes_that_cannot_be_read_are_a_named_error(made: OutputFolder, tmp_path: Path):
    (tmp_path / "townships.parquet").write_bytes(b"no parquet")
    with pytest.raises(OutputError, match="run the lights stage again"):
        write_figures(replace(made, path=tmp_path), tmp_path / "figures")


AGAIN = """
import sys
from pathlib import Path
from tests.nightpanel.paper_figures.made_up import whole_folder
from nightpanel.paper_figures.write import write_figures
here = Path(sys.argv[1])
here.mkdir()
write_figures(whole_folder(here), here / "figures")
"""


def test_another_process_writes_the_same_bytes(written: tuple[Path, ...], tmp_path: Path):
    """Other hashes of texts, another time zone, another user's settings of matplotlib."""
    (tmp_path / "matplotlibrc").write_text("font.size: 20\npdf.fonttype: 3\nfigure.dpi: 50\n")
    changed = {"PYTHONHASHSEED": "7", "TZ": "Asia/Shanghai", "MATPLOTLIBRC": str(tmp_path)}
    changed["PYTHONPATH"] = str(Path(__file__).parents[3])
    words = [sys.executable, "-W", "error", "-c", AGAIN, str(tmp_path / "made")]
    subprocess.run(words, env=os.environ | changed, check=True, cwd=tmp_path)
    for path in written:
        other = tmp_path / "made" / "figures" / path.name
        assert _digest(other) == _digest(path), path.name


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_the_users_settings_are_left_as_they_were(made: OutputFolder, tmp_path: Path, only: Only):
    only("forest", "lorenz")
    before = dict(mpl.rcParams)
    write_figures(made, tmp_path)
    assert dict(mpl.rcParams) == before


def test_one_year_gives_one_map_and_no_path_over_time(
    made: OutputFolder, tmp_path: Path, only: Only
):
    only("light_map", "gini_map", "lorenz", "gini_over_time")
    assert made.units is not None
    assert made.cities is not None
    one = replace(
        made,
        units=made.units[made.units["year"] == 2020],
        cities=made.cities[made.cities["year"] == 2020],
    )
    lines: list[str] = []
    names = {path.name for path in write_figures(one, tmp_path, say=lines.append)}
    assert {"light_map.pdf", "gini_map.pdf", "lorenz.pdf"} <= names
    assert "No figure gini_over_time: one year only" in lines


def test_a_city_without_geometry_is_no_hindrance(made: OutputFolder, tmp_path: Path, only: Only):
    only("gini_map", "light_map")
    assert made.cities is not None
    more = made.cities.iloc[[0]].assign(city_id="9999")
    names = {
        path.name
        for path in write_figures(
            replace(made, cities=pd.concat([made.cities, more], ignore_index=True)), tmp_path
        )
    }
    assert "gini_map.pdf" in names


def test_several_products_are_numbered(made: OutputFolder, tmp_path: Path, only: Only):
    only("light_map", "lorenz")
    tables = {}
    for name in ("units", "cities"):
        table = getattr(made, name)
        tables[name] = pd.concat([table, table.assign(product="../viirs")], ignore_index=True)
    paths = write_figures(replace(made, **tables), tmp_path)
    names = {path.name for path in paths}
    assert {"light_map-1.pdf", "light_map-2.pdf", "lorenz-2.png"} <= names
    assert all(path.parent == tmp_path for path in paths)
