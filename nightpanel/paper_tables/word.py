"""A result table as a Word document: caption, table with three rules, notes."""

import io
import zipfile
from typing import TYPE_CHECKING

from docx import Document
from docx.enum.section import WD_ORIENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Pt

from estimation.tables.result_table import ResultTable
from nightpanel.paper_tables.plain_cells import NO_BREAK_SPACE, indent, plain_table, spans

if TYPE_CHECKING:
    from docx.document import Document as WordDocument
    from docx.table import _Cell

FONT = "Times New Roman"
BODY, NOTES = Pt(9), Pt(8)
WIDE = 7
"""A table of more columns has its page on its side."""
THICK, THIN = "8", "4"
"""Rules in eighths of a point."""
LONG_AGO = (1980, 1, 1, 0, 0, 0)
"""The time of every part of the file, so that a table always has the same bytes."""


def word_document(table: ResultTable) -> bytes:
    """The table as a .docx file.

    Parameters
    ----------
    table : ResultTable

    Returns
    -------
    bytes
        The same for the same table.
    """
    plain = plain_table(table)
    document = Document()
    if len(plain.header[-1]) > WIDE:
        _on_its_side(document)
    _paragraph(document, _caption(plain), style="Caption", size=BODY)
    _fill(document, plain)
    for note in plain.notes:  # below, where they may run over a page
        _paragraph(document, note, style="Normal", size=NOTES)
    buffer = io.BytesIO()
    document.save(buffer)
    return _timeless(buffer.getvalue())


def _caption(table: ResultTable) -> str:
    return f"{table.title}. {table.caption}" if table.caption else table.title


def _on_its_side(document: "WordDocument") -> None:
    (section,) = document.sections
    section.orientation = WD_ORIENT.LANDSCAPE
    section.page_width, section.page_height = section.page_height, section.page_width


def _paragraph(document: "WordDocument", text: str, *, style: str, size: Pt) -> None:
    paragraph = document.add_paragraph(style=style)
    paragraph.paragraph_format.space_after = Pt(2)
    paragraph.paragraph_format.keep_with_next = style == "Caption"
    run = paragraph.add_run(text)
    run.font.name, run.font.size = FONT, size


def _fill(document: "WordDocument", table: ResultTable) -> None:
    lines = [*(_once(line) for line in table.header), *table.rows]
    heads = len(table.header)
    made = document.add_table(rows=len(lines), cols=len(table.header[-1]))
    rules: dict[int, dict[str, str]] = {}
    for number, edge, width in (
        (0, "top", THICK), (heads - 1, "bottom", THIN), (len(lines) - 1, "bottom", THICK),
    ):  # fmt: skip
        rules.setdefault(number, {})[edge] = width
    for number, (row, texts) in enumerate(zip(made.rows, lines, strict=True)):
        cells = row.cells
        for place, (cell, text) in enumerate(zip(cells, texts, strict=True)):
            _write(cell, text, centred=place > 0)
            _rule(cell, rules.get(number, {}))
        if number < heads:
            row._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))  # again on each page
            for _, start, stop in spans(table.header[number][1:]):
                cells[start + 1].merge(cells[stop])


def _once(labels: tuple[str, ...]) -> tuple[str, ...]:
    """A line of the header with each run's label in its first cell alone."""
    first = {start for _, start, _ in spans(labels[1:])}
    return (labels[0], *(one if n in first else "" for n, one in enumerate(labels[1:])))


def _write(cell: "_Cell", text: str, *, centred: bool) -> None:
    (paragraph,) = cell.paragraphs
    paragraph.paragraph_format.space_after = Pt(0)
    if centred:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    if not text:  # a cell that others are merged into keeps one paragraph
        return
    blanks = indent(text)
    run = paragraph.add_run(NO_BREAK_SPACE * blanks + text[blanks:])
    run.font.name, run.font.size = FONT, BODY


def _rule(cell: "_Cell", widths: dict[str, str]) -> None:
    """Lines above and below a cell, in the order that Word's schema asks for."""
    if not widths:
        return
    borders = OxmlElement("w:tcBorders")
    for edge in ("top", "bottom"):
        if edge in widths:
            line = OxmlElement(f"w:{edge}")
            for key, value in (("val", "single"), ("sz", widths[edge]), ("color", "000000")):
                line.set(qn(f"w:{key}"), value)
            borders.append(line)
    cell._tc.get_or_add_tcPr().append(borders)


def _timeless(archive: bytes) -> bytes:
    """A zip archive's parts in another, with no times."""
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(archive)) as source,
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for part in source.namelist():
            about = zipfile.ZipInfo(part, LONG_AGO)
            about.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(about, source.read(part))
    return buffer.getvalue()
