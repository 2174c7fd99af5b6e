"""Names in Chinese, with a font for them and without; names that mean harm."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.t2CharStringPen import T2CharStringPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTCollection, TTFont
from matplotlib import font_manager

from estimation.results import Estimate
from estimation.tables.tidy import tidy_table
from nightpanel.output_folder import OutputFolder
from nightpanel.paper_figures import chinese_font, write
from nightpanel.paper_figures.catalogue import FIGURES
from nightpanel.paper_figures.chinese_font import DRAWN, TRUETYPE, best_font
from nightpanel.paper_figures.words import LONGEST, NO_LETTER, tidy, words_of
from nightpanel.paper_figures.write import write_figures
from tests.nightpanel.paper_figures.made_up import estimate, estimates, folder_of

CITIES = {"1101": "北京", "1102": "上海", "1103": "广州", "1104": "Delhi"}
LETTERS = "北京上海广州"


def made_font(path: Path, family: str, letters: str, *, compact: bool) -> Path:
    """A font whose every letter is a square."""
    names = [".notdef", *(f"uni{ord(one):04X}" for one in letters)]
    builder = FontBuilder(1000, isTTF=not compact)
    builder.setupGlyphOrder(names)
    builder.setupCharacterMap({ord(one): f"uni{ord(one):04X}" for one in letters})
    if compact:
        outlines = {name: _square(T2CharStringPen(800, None)).getCharString() for name in names}
        builder.setupCFF(family.replace(" ", ""), {"FullName": family}, outlines, {})
    else:
        builder.setupGlyf({name: _square(TTGlyphPen(None)).glyph() for name in names})
    builder.setupHorizontalMetrics(dict.fromkeys(names, (800, 100)))
    builder.setupHorizontalHeader(ascent=900, descent=-100)
    builder.setupNameTable(
        {"familyName": family, "styleName": "Regular", "psName": family.replace(" ", "")}
    )
    builder.setupOS2(sTypoAscender=900, usWinAscent=900, usWinDescent=100)
    builder.setupPost()
    builder.save(path)
    return path


def _square(pen):
    pen.moveTo((100, 0))
    pen.lineTo((100, 700))
    pen.lineTo((700, 700))
    pen.lineTo((700, 0))
    pen.closePath()
    return pen


@pytest.fixture(autouse=True)
def fonts() -> Iterator[None]:
    """No Chinese font but those that a test makes."""
    manager = font_manager.fontManager
    before = list(manager.ttflist)
    chinese = set(chinese_font.FAMILIES)
    chinese_font._learn_new_files()
    manager.ttflist = [entry for entry in manager.ttflist if entry.name not in chinese]
    _forget()
    yield
    manager.ttflist = before
    _forget()


def _forget() -> None:
    font_manager.fontManager._findfont_cached.cache_clear()


def add(path: Path) -> None:
    font_manager.fontManager.addfont(path)
    _forget()


@pytest.fixture
def named(made: OutputFolder) -> OutputFolder:
    """The made-up folder with names of its cities."""
    matches = pd.DataFrame({"city_id": list(CITIES), "city": list(CITIES.values())})
    return replace(made, matches=matches)


def test_without_a_font_cities_stand_under_their_codes_and_a_note_says_so(named: OutputFolder):
    words = words_of(named)
    assert words.font is None
    assert [words.city(city) for city in CITIES] == ["1101", "1102", "1103", "Delhi (1104)"]
    (note,) = words.notes
    assert note.startswith("Names of cities: 3 stand under their codes")
    assert "上" in note
    assert "Noto Sans CJK" in note


def test_no_letter_is_missing_where_there_is_no_font(
    named: OutputFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """matplotlib warns of every missing letter, and warnings are errors here."""
    kinds = ("lorenz", "gini_over_time", "forest")
    monkeypatch.setattr(write, "FIGURES", {kind: FIGURES[kind] for kind in kinds})
    lines: list[str] = []
    rows = [estimate("基准", "faithful", 0.5, term="升级", treatment="升级")]
    folder = replace(named, estimates=tidy_table(rows, Estimate))
    paths = write_figures(folder, tmp_path, say=lines.append)
    assert lines[0].startswith("Names of cities: 3 stand under their codes")
    assert lines[1:] == [
        "design 1 is 基准, for which this machine has no font",
        "column 2 is 升级, for which this machine has no font",
        "term 1 is 升级, for which this machine has no font",
    ]
    assert len(paths) == 2 * len(kinds) + 1


@pytest.mark.parametrize("compact", [False, True])
def test_with_a_font_names_are_drawn_in_it(
    named: OutputFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, compact: bool
):
    add(made_font(tmp_path / "font.otf", "SimHei", LETTERS, compact=compact))
    words = words_of(named)
    assert words.notes == ()
    assert words.city("1102") == "上海 (1102)"
    assert words.font is not None
    assert words.font.pdf_type == (DRAWN if compact else TRUETYPE)
    monkeypatch.setattr(write, "FIGURES", {"lorenz": FIGURES["lorenz"]})
    paths = write_figures(named, tmp_path / "figures")
    pdf = paths[0].read_bytes()
    assert b"SimHei" in pdf
    assert (b"/Subtype /Type3" in pdf) == compact
    assert (b"/Subtype /CIDFontType2" in pdf) != compact


def test_of_a_collection_the_first_font_says_how_its_letters_lie(tmp_path: Path):
    parts = [
        made_font(tmp_path / f"{family}.otf", family, LETTERS, compact=True)
        for family in ("Noto Sans CJK SC", "Other")
    ]
    both = TTCollection()
    both.fonts = [TTFont(part) for part in parts]
    both.save(tmp_path / "both.ttc")
    assert chinese_font._is_compact(tmp_path / "both.ttc")


def test_the_font_that_writes_most_names_is_taken(tmp_path: Path):
    add(made_font(tmp_path / "a.ttf", "Noto Sans SC", "北京", compact=False))
    add(made_font(tmp_path / "b.ttf", "SimHei", LETTERS, compact=False))
    assert best_font(["北京"]).family == "Noto Sans SC"
    assert best_font(["北京", "上海"]).family == "SimHei"
    assert best_font(["Delhi", "Zürich"]) is None
    assert best_font(["ⵣ"]) is None


def test_a_name_that_no_font_has_does_not_take_the_others_names(
    named: OutputFolder, tmp_path: Path
):
    add(made_font(tmp_path / "a.ttf", "Noto Sans SC", "北京上海", compact=False))
    words = words_of(named)
    assert [words.city(city) for city in CITIES] == [
        "北京 (1101)", "上海 (1102)", "1103", "Delhi (1104)",
    ]  # fmt: skip
    assert "no font of this machine has 州广;" in words.notes[0]


def test_names_that_mean_harm_are_text(
    made: OutputFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    harm = ["<script>alert(1)</script>", r"$\frac{1}{", "two\nlines\x00", "x" * 500, "../../up", ""]
    rows = [estimate(name, "faithful", 0.1 * number) for number, name in enumerate(harm, start=1)]
    folder = replace(
        made,
        estimates=tidy_table(rows, Estimate),
        matches=pd.DataFrame({"city_id": list(CITIES), "city": harm[:4]}),
    )
    kinds = ("lorenz", "forest", "specification_curve")
    monkeypatch.setattr(write, "FIGURES", {kind: FIGURES[kind] for kind in kinds})
    paths = write_figures(folder, tmp_path)
    assert {path.parent for path in paths} == {tmp_path}
    assert {path.name for path in paths} >= {"forest.pdf", "lorenz.pdf"}


def test_names_are_made_one_short_line():
    assert tidy("a\n b\tc\x00d") == "a b c d"
    assert len(tidy("x" * 500)) == LONGEST
    assert tidy("x" * LONGEST) == "x" * LONGEST


def test_an_unknown_name_without_a_font_is_boxes(tmp_path: Path):
    words = words_of(folder_of(tmp_path, estimates=estimates()))
    assert words.of("a 北京") == f"a {NO_LETTER}{NO_LETTER}"
    assert words.of("main") == "main"
