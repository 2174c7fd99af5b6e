"""A result table as LaTeX with the rules of booktabs."""

from estimation.tables.result_table import ResultTable
from nightpanel.paper_tables.described import described
from nightpanel.paper_tables.plain_cells import plain_table

LONG = 40
"""A table of more rows goes over several pages."""
FONT_SIZES = ((7, "9pt"), (10, "8pt"), (10_000, "6.5pt"))
"""Most columns, and the size of type with which they fit a page."""
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
        A ``table``, or a ``longtable`` where it has many rows. Its first lines are a comment that
        names the packages, and the engine where characters need one.
    """
    plain = plain_table(table)
    long = len(plain.rows) > LONG
    size = next(size for most, size in FONT_SIZES if len(plain.header[-1]) <= most)
    text = described(plain, name="table", stub=False, font_size=size).as_latex(use_longtable=long)
    packages = ", ".join(["booktabs", "caption", *(["longtable"] if long else [])])
    engine = (
        "" if _of_pdflatex(text) else "% XeLaTeX or LuaLaTeX, with a font that has its characters\n"
    )
    lines = "\n".join(line.rstrip(" ") for line in text.strip().splitlines())
    return f"% \\usepackage: {packages}\n{engine}{lines}\n"


def _of_pdflatex(text: str) -> bool:
    return all(ord(one) <= LAST_OF_PDFLATEX or one in AND_THESE for one in text)
