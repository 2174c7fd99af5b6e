"""A result table as HTML: a page of its own, or a part of another."""

from collections.abc import Mapping
from typing import Any

from estimation.tables.result_table import ResultTable
from nightpanel.paper_tables.described import described
from nightpanel.paper_tables.plain_cells import plain_table

LOOK: Mapping[str, Any] = {
    "table_border_top_style": "none",
    "table_border_bottom_style": "none",
    "heading_border_bottom_style": "none",
    "heading_title_font_size": "16px",
    "column_labels_border_top_color": "black",
    "column_labels_border_top_width": "2px",
    "column_labels_border_bottom_color": "black",
    "column_labels_border_bottom_width": "1px",
    "table_body_border_top_style": "none",
    "table_body_border_bottom_color": "black",
    "table_body_border_bottom_width": "2px",
    "table_body_hlines_style": "none",
    "stub_border_style": "none",
    "data_row_padding": "2px",
    "source_notes_padding": "1px",
}
"""Three rules and no others, as in the paper."""


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
    made = described(plain_table(table), name=f"np_{name}", stub=True).tab_options(**LOOK)
    return f"{made.as_raw_html(make_page=page).rstrip()}\n"
