"""A result table as HTML: a page of its own, or a part of another."""

from estimation.tables.result_table import ResultTable
from nightpanel.paper_tables.described import described
from nightpanel.paper_tables.plain_cells import plain_table


def html_table(table: ResultTable, *, name: str, page: bool = False) -> str:
    """The table as HTML with its own styles; no script, nothing from elsewhere.

    Parameters
    ----------
    table : ResultTable
    name : str
        Name of the table's file: ids of the elements begin with it, which keeps several tables of
        one page apart.
    page : bool
        Whether a whole page is made.

    Returns
    -------
    str
    """
    made = described(plain_table(table), name=f"np_{name}", stub=True)
    return f"{made.as_raw_html(make_page=page).rstrip()}\n"
