"""A result table as LaTeX with the rules of booktabs."""

import re

from estimation.tables.result_table import ResultTable
from nightpanel.paper_tables.described import described
from nightpanel.paper_tables.plain_cells import plain_table

LONG = 40
"""A table of more rows goes over several pages."""
TYPE = ((9, 0.47), (8, 0.49), (7, 0.53), (6, 0.56), (5, 0.63))
"""Sizes of type, in points, and the width of a letter over them: LaTeX's own small letters are the
wider."""
SHRUNK = 8
"""Of a table that is made smaller as a whole."""
UPRIGHT, ON_ITS_SIDE = 345.0, 550.0
"""Points across a page of LaTeX's own article, and down it."""
BESIDE, BESIDE_ON_SIDE = 12.0, 6.0
"""Points beside a column: LaTeX's own, and of a page on its side."""
TABULAR = re.compile(
    r"\\begin\{tabular\*\}\{\\linewidth\}\{@\{\\extracolsep\{\\fill\}\}(\w+)\}(.*)"
    r"\\end\{tabular\*\}",
    re.DOTALL,
)
NO_WIDER = r"\resizebox{\ifdim\width>\linewidth\linewidth\else\width\fi}{!}{%"
"""Makes smaller what is wider than the line, and leaves else as it is."""
LAST_OF_PDFLATEX = 0x24F
"""pdfLaTeX sets the Latin characters up to this one without a further package."""
AND_THESE = frozenset(
    "\N{EN DASH}\N{EM DASH}\N{MULTIPLICATION SIGN}\N{RIGHT SINGLE QUOTATION MARK}"
)


def latex_table(table: ResultTable) -> str:
    """The table as LaTeX, for ``input`` into a document.

    Parameters
    ----------
    table : ResultTable

    Returns
    -------
    str
        A ``table``, or a ``longtable`` where it has many rows; on a page on its side where it is
        too wide for one upright. Its first lines are a comment that names the packages, and the
        engine where characters need one.
    """
    plain = plain_table(table)
    long = len(plain.rows) > LONG
    size, on_side = _fitting(plain)
    if on_side and not long:  # it is made as small as it must be, whatever its type
        size = max(size, SHRUNK)
    made = described(plain, name="table", stub=False, font_size=f"{size}pt")
    text = made.as_latex(use_longtable=long).strip()
    # Notes below a longtable begin a paragraph, which would be indented.
    text = text.replace("\\begin{minipage}", "\\noindent\\begin{minipage}")
    if on_side:
        text = _on_its_side(text)
    more = [*(["longtable"] if long else []), *(["graphicx", "pdflscape"] if on_side else [])]
    packages = ", ".join(["booktabs", "caption", *more])
    engine = (
        "" if _of_pdflatex(text) else "% XeLaTeX or LuaLaTeX, with a font that has its characters\n"
    )
    lines = "\n".join(line.rstrip(" ") for line in text.splitlines())
    return f"% \\usepackage: {packages}\n{engine}{lines}\n"


def _fitting(table: ResultTable) -> tuple[int, bool]:
    """Size of type with which a table fits a page, and whether the page is on its side."""
    columns = zip(table.header[-1], *table.rows, strict=True)
    letters, count = sum(max(map(len, column)) for column in columns), len(table.header[-1])
    for on_side, room, beside in (
        (False, UPRIGHT, BESIDE),
        (True, ON_ITS_SIDE, BESIDE_ON_SIDE),
    ):
        for size, width in TYPE:
            if letters * width * size + count * beside <= room:
                return size, on_side
    return TYPE[-1][0], True


def _on_its_side(text: str) -> str:
    """A table on a page on its side, no wider than it; a longtable cannot be made smaller."""
    narrow = f"\\selectfont\\setlength{{\\tabcolsep}}{{{BESIDE_ON_SIDE / 2:g}pt}}"
    text = text.replace("\\selectfont", narrow, 1)
    found = TABULAR.search(text)
    if found:
        inside = f"\\begin{{tabular}}{{{found[1]}}}{found[2]}\\end{{tabular}}%"
        text = f"{text[: found.start()]}{NO_WIDER}\n{inside}\n}}{text[found.end() :]}"
    return f"\\begin{{landscape}}\n{text}\n\\end{{landscape}}"


def _of_pdflatex(text: str) -> bool:
    return all(ord(one) <= LAST_OF_PDFLATEX or one in AND_THESE for one in text)
