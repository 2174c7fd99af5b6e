"""A result table as great_tables describes it, for LaTeX and HTML alike."""

import html
from typing import TYPE_CHECKING

import pandas as pd
from great_tables import GT
from great_tables import html as markup

from estimation.tables.result_table import ResultTable
from nightpanel.paper_tables.plain_cells import NO_BREAK_SPACE, indent, spans

if TYPE_CHECKING:
    from great_tables._text import BaseText, Html

SENTENCE = 20
"""A column with a longer text in it stands to the left; others are centred."""
STUB = "c0"


def described(table: ResultTable, *, name: str, stub: bool, font_size: str | None = None) -> GT:
    """The table for great_tables.

    Parameters
    ----------
    table : ResultTable
        With plain texts.
    name : str
        Begins the ids of an HTML page's elements.
    stub : bool
        Whether the first column holds headers of rows: screen readers need them, and LaTeX would
        draw a vertical line beside them.
    font_size : str, optional
        As great_tables has it, ``"9pt"``; its own when left out.

    Returns
    -------
    great_tables.GT
    """
    count = len(table.header[-1])
    names = [f"c{place}" for place in range(count)]
    rows = [(_label(row[0], stub=stub), *row[1:]) for row in table.rows]
    made = GT(
        pd.DataFrame(rows, columns=names, dtype="str"),
        id=name,
        rowname_col=STUB if stub else None,
        auto_align=False,
    )
    made = made.tab_header(safe(table.title), safe(table.caption) if table.caption else None)
    first = " ".join(part for part in (line[0] for line in table.header) if part)
    labels: dict[str, str | BaseText] = {
        name: safe(label) for name, label in zip(names[1:], table.header[-1][1:], strict=True)
    }
    made = made.tab_stubhead(safe(first)) if stub else made.cols_label({STUB: safe(first)})
    made = made.cols_label(labels)
    for level, line in enumerate(reversed(table.header[:-1]), start=1):
        for label, start, stop in spans(line[1:]):
            if label:
                inside = names[start + 1 : stop + 1]
                made = made.tab_spanner(safe(label), inside, level=level, id=f"s{level}-{start}")
    made = made.cols_align("left")
    centred = _centred(table, names)
    made = made.cols_align("center", centred) if centred else made
    if stub:
        made = _indented(made, table)
    for note in table.notes:
        made = made.tab_source_note(safe(note if stub else _not_starred(note)))
    return made if font_size is None else made.tab_options(table_font_size=font_size)


def safe(text: str) -> "Html":
    """A text that means itself in both formats: great_tables reads ``{{m^2}}`` in labels as units.

    Parameters
    ----------
    text : str
        As people read it.

    Returns
    -------
    great_tables text
        Escaped HTML, of which great_tables makes escaped LaTeX.
    """
    return markup(html.escape(text).replace("{", "&#123;"))


def _label(text: str, *, stub: bool) -> str:
    blanks = indent(text)
    return text[blanks:] if stub else _not_starred(NO_BREAK_SPACE * blanks + text[blanks:])


def _not_starred(text: str) -> str:
    """A text before which LaTeX's end of a line does not take its star for its own."""
    return NO_BREAK_SPACE + text if text.startswith("*") else text


def _indented(made: GT, table: ResultTable) -> GT:
    rows = [place for place, row in enumerate(table.rows) if indent(row[0])]
    return made.tab_stub_indent(rows=rows, indent=2) if rows else made


def _centred(table: ResultTable, names: list[str]) -> list[str]:
    columns = list(zip(*table.rows, strict=True))
    return [
        name
        for name, cells in zip(names[1:], columns[1:], strict=False)
        if all(len(cell) <= SENTENCE for cell in cells)
    ]
