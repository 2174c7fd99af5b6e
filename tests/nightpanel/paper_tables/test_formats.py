"""A table in three formats: the same cells in each, whatever names hold."""

import io
import re
import shutil
import subprocess
import zipfile
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from docx import Document
from docx.oxml.ns import qn
from hypothesis import given
from hypothesis import strategies as st

from estimation.tables.result_table import ResultTable
from nightpanel.paper_tables.latex import LONG, latex_table
from nightpanel.paper_tables.plain_cells import plain, spans
from nightpanel.paper_tables.web import html_table
from nightpanel.paper_tables.word import word_document
from tests.nightpanel.paper_tables.latex_reader import read_latex

SCRIPT = "<script>alert('x')</script>"
TABLE = ResultTable(
    title="Table 2",
    caption="a & b, 50% of {{m^2}}_1",
    header=(
        ("", "(1)", "(1)", "(2)"),
        ("", SCRIPT, SCRIPT, "R&D_share"),
        ("", "faithful", "first_difference", "faithful"),
    ),
    rows=(
        ("uil & x_1", "-0.262***", "-0.020", ""),
        ("  standard error", "(0.029)", "(0.010)", ""),
        ("[2011, 2015]", "[-0.1, 0.1]", "[0, 1]", "#3 ~ ^ \\ $5"),
        ("*starred", "城市", "Yes", "No"),
    ),
    notes=("[1] a note of R&D_x", "*, ** and ***: p below 0.10", SCRIPT),
)
CHECKS = ResultTable(
    "Checks",
    "",
    (("design", "check", "p"),),
    tuple(("a", "placebo", "< 0.001") for _ in range(60)),
    (),
)
TEXT = st.text(
    st.one_of(st.sampled_from("&%$#_{}~^\\<>[]*'\"\n\t -"), st.characters()), max_size=12
)


class Cells(HTMLParser):
    """Cells of a page's table, row by row, and every tag."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.tags: set[str] = set()
        self.ids: list[str] = []
        self.row_headers = 0
        self.inside = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        named = dict(attrs)
        self.ids += [named["id"]] if named.get("id") else []
        self.row_headers += named.get("scope") == "row"
        if tag == "tr":
            self.rows.append([])
        self.inside = self.inside or tag in {"td", "th"}
        if tag in {"td", "th"}:
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        self.inside = self.inside and tag not in {"td", "th"}

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.rows[-1][-1] += data


def shown(text: str) -> str:
    """What stays of a text: its words, as spaces at ends and in rows are layout."""
    return " ".join(plain(text).replace("\N{NO-BREAK SPACE}", " ").split())


def test_latex_has_booktabs_and_every_text_escaped() -> None:
    text = latex_table(TABLE)
    read = read_latex(text)
    assert read.environments == ("table", "tabular*", "minipage")
    assert read.columns == 4
    assert read.header[0] == [("", 1), ("(1)", 2), ("(2)", 1)]
    assert read.header[1] == [("", 1), (SCRIPT, 2), ("R&D_share", 1)]
    assert [[shown(cell) for cell in row] for row in read.rows] == [
        [shown(cell) for cell in row] for row in TABLE.rows
    ]
    assert read.caption == "Table 2: a & b, 50% of {{m^2}}_1"
    assert [shown(note) for note in read.notes] == list(TABLE.notes)
    assert text.startswith("% \\usepackage: booktabs, caption\n% XeLaTeX or LuaLaTeX")
    assert "XeLaTeX" not in latex_table(CHECKS)


def test_a_long_table_goes_over_pages() -> None:
    assert len(CHECKS.rows) > LONG
    read = read_latex(latex_table(CHECKS))
    assert read.environments == ("longtable",)
    assert len(read.rows) == 60
    assert read.header[-1] == [("design", 1), ("check", 1), ("p", 1)]
    assert "longtable" in latex_table(CHECKS).splitlines()[0]


def wide(*, rows: int) -> ResultTable:
    """A table of seven columns that no upright page holds."""
    cells = ("standard error", *["[-0.123, -0.045]"] * 6)
    header = ("", *(f"({one}) within_dictionary" for one in range(6)))
    return ResultTable("Table 2", "wide", (header,), (cells,) * rows, ("a note",))


@pytest.mark.parametrize("rows", [3, LONG + 20])
def test_a_wide_table_has_its_page_on_its_side(rows: int) -> None:
    text = latex_table(wide(rows=rows))
    read = read_latex(text)
    inside = ("longtable", "minipage") if rows > LONG else ("table", "tabular", "minipage")
    assert read.environments == ("landscape", *inside)
    assert len(read.rows) == rows
    assert text.splitlines()[0].endswith("graphicx, pdflscape")
    assert ("resizebox" in text) == (rows <= LONG)
    assert "landscape" not in latex_table(TABLE)


def test_notes_are_not_indented_into_the_margin() -> None:
    assert "\\noindent\\begin{minipage}" in latex_table(wide(rows=LONG + 1))


def test_html_escapes_and_names_headers_of_rows() -> None:
    page = html_table(TABLE, name="table_2", page=True)
    cells = Cells(page)
    assert page.startswith("<!DOCTYPE html>")
    assert not cells.tags & {"script", "img", "link", "iframe"}
    assert not re.search(r"(src|href)=|url\(", page)
    body = [[shown(cell) for cell in row] for row in cells.rows]
    for row in TABLE.rows:
        assert [shown(cell) for cell in row] in body
    for note in TABLE.notes:
        assert [note] in body
    assert ["a & b, 50% of {{m^2}}_1"] in body
    assert cells.row_headers == len(TABLE.rows)
    assert len(set(cells.ids)) == len(cells.ids)
    assert all(one.startswith("np_table_2") for one in cells.ids)


def test_two_tables_of_one_page_share_no_ids() -> None:
    one, two = (Cells(html_table(TABLE, name=name)) for name in ("table_2", "table_3"))
    assert not set(one.ids) & set(two.ids)
    assert not html_table(TABLE, name="table_2").startswith("<!DOCTYPE")


def test_word_has_caption_three_rules_merged_header_and_notes() -> None:
    content = word_document(TABLE)
    document = Document(io.BytesIO(content))
    caption, *notes = [one.text for one in document.paragraphs]
    assert caption == "Table 2. a & b, 50% of {{m^2}}_1"
    assert notes == list(TABLE.notes)
    (table,) = document.tables
    rows = [[cell.text for cell in row.cells] for row in table.rows]
    assert rows[0] == ["", "(1)", "(1)", "(2)"]
    assert rows[1] == ["", SCRIPT, SCRIPT, "R&D_share"]
    assert [[shown(cell) for cell in row] for row in rows[3:]] == [
        [shown(cell) for cell in row] for row in TABLE.rows
    ]
    assert [_edges(row) for row in table.rows] == [
        {"top"}, set(), {"bottom"}, set(), set(), set(), {"bottom"},
    ]  # fmt: skip
    heads = [row._tr.trPr is not None for row in table.rows]
    assert heads == [True] * 3 + [False] * 4
    for cell in table._tbl.iter(qn("w:tcPr")):
        names = [child.tag for child in cell]
        assert len(set(names)) == len(names)


def _edges(row: object) -> set[str]:
    borders = row._tr.iter(qn("w:tcBorders"))  # type: ignore[attr-defined]
    return {child.tag.rsplit("}", 1)[1] for border in borders for child in border}


def test_word_of_one_header_line_without_notes() -> None:
    document = Document(io.BytesIO(word_document(CHECKS)))
    (table,) = document.tables
    assert len(table.rows) == 61
    assert _edges(table.rows[0]) == {"top", "bottom"}
    assert [one.text for one in document.paragraphs] == ["Checks"]


def test_bytes_are_the_same_for_the_same_table() -> None:
    assert latex_table(TABLE) == latex_table(TABLE)
    assert html_table(TABLE, name="a") == html_table(TABLE, name="a")
    assert word_document(TABLE) == word_document(TABLE)
    with zipfile.ZipFile(io.BytesIO(word_document(TABLE))) as archive:
        assert {one.date_time[0] for one in archive.infolist()} == {1980}


def test_a_table_without_rows_is_a_table() -> None:
    empty = ResultTable("Table 9", "", (("", "(1)"),), (), ("nothing was run",))
    assert read_latex(latex_table(empty)).rows == []
    assert "nothing was run" in html_table(empty, name="x")
    assert len(Document(io.BytesIO(word_document(empty))).tables[0].rows) == 1


@given(st.lists(st.tuples(TEXT, TEXT, TEXT), min_size=1, max_size=3), TEXT, TEXT)
def test_any_text_comes_back_from_latex_and_html(
    rows: list[tuple[str, str, str]], name: str, note: str
) -> None:
    table = ResultTable("t" + name, name, (("", "a", "a" + name),), tuple(rows), ("n", note))
    read = read_latex(latex_table(table))
    wanted = [[shown(cell) for cell in row] for row in rows]
    assert [[shown(cell) for cell in row] for row in read.rows] == wanted
    cells = Cells(html_table(table, name="x"))
    assert "script" not in cells.tags
    body = [[shown(cell) for cell in row] for row in cells.rows]
    assert all(row in body for row in wanted)


@given(st.lists(st.tuples(TEXT, TEXT), min_size=1, max_size=2))
def test_any_text_comes_back_from_word(rows: list[tuple[str, str]]) -> None:
    table = ResultTable("t", "", (("", "a"),), tuple(rows), ())
    made = Document(io.BytesIO(word_document(table))).tables[0]
    found = [[shown(cell.text) for cell in row.cells] for row in made.rows][1:]
    assert found == [[shown(cell) for cell in row] for row in rows]


def test_spans_are_runs_of_equal_labels() -> None:
    assert spans(("a", "a", "b", "a")) == [("a", 0, 2), ("b", 2, 3), ("a", 3, 4)]


def test_latex_compiles(tmp_path: Path) -> None:
    engine = shutil.which("pdflatex")
    if engine is None:
        pytest.skip("pdflatex is not installed")
    latin = tuple(tuple(cell.replace("城市", "city") for cell in row) for row in TABLE.rows)
    table = replace(TABLE, rows=latin)
    (tmp_path / "table.tex").write_text(latex_table(table), encoding="utf-8")
    long = replace(CHECKS, notes=("a note",))
    (tmp_path / "long.tex").write_text(latex_table(long), encoding="utf-8")
    (tmp_path / "wide.tex").write_text(latex_table(wide(rows=3)), encoding="utf-8")
    (tmp_path / "both.tex").write_text(latex_table(wide(rows=LONG + 20)), encoding="utf-8")
    (tmp_path / "paper.tex").write_text(
        "\\documentclass{article}\\usepackage{booktabs,caption,longtable,graphicx,pdflscape}"
        "\\begin{document}\\input{table}\\input{long}\\input{wide}\\input{both}\\end{document}",
        encoding="utf-8",
    )
    ended = subprocess.run(
        [engine, "-interaction=nonstopmode", "-halt-on-error", "paper.tex"],
        cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stdout[-2000:]
    assert "Overfull \\hbox" not in ended.stdout
