"""Text that a spreadsheet would take for a formula, and run.

A cell that begins with one of these characters is a formula to Excel, LibreOffice and others,
whoever wrote it: the OWASP foundation lists them under "CSV injection". Numbers are no text, hence
never touched.
"""

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from geo.audit import AuditRow

if TYPE_CHECKING:
    import pandas as pd

STARTS = "=+-@\t\r\n＝＋－＠"
"""The last four are the wide forms, which some spreadsheets of East Asia read alike."""
APOSTROPHE = "'"
NUMBER = re.compile(r"[+-][0-9]+(\.[0-9]+)?(e[+-]?[0-9]+)?\*{0,3}", flags=re.IGNORECASE)
"""A number as tables print it, perhaps with stars: nothing that a spreadsheet could run."""


def neutralised(table: pa.Table, *, file: str) -> tuple[pa.Table, tuple[AuditRow, ...]]:
    """A table whose texts, column names among them, begin with no such character.

    Parameters
    ----------
    table : pyarrow.Table
    file : str
        For the audit: the file that the table is written to, with one row of names.

    Returns
    -------
    table : pyarrow.Table
        An apostrophe stands before the texts that begin so.
    audit : tuple of AuditRow
        One for each of them.
    """
    audit: list[AuditRow] = []
    for place, field in enumerate(table.schema):
        if not (pa.types.is_string(field.type) or pa.types.is_large_string(field.type)):
            continue
        old = table[place]
        risky = begins_like_formula(old)
        if not pc.any(risky).as_py():
            continue
        rows = pc.indices_nonzero(risky).to_pylist()
        before, nothing = pa.scalar(APOSTROPHE, field.type), pa.scalar("", field.type)
        new = pc.if_else(risky, pc.binary_join_element_wise(before, old, nothing), old)
        table = table.set_column(place, field, new)
        audit += _rows(field.name, rows, old.take(pa.array(rows)).to_pylist(), file)
    names = [APOSTROPHE + name if name[:1] in STARTS else name for name in table.column_names]
    changed = [name for name, new in zip(table.column_names, names, strict=True) if name != new]
    audit += [_row(name, 1, name, file) for name in changed]
    return table.rename_columns(names), tuple(audit)


def begins_like_formula(texts: pa.ChunkedArray) -> pa.ChunkedArray:
    """Which texts begin with such a character; a missing one does not."""
    first = pc.utf8_slice_codeunits(texts, 0, 1)
    return pc.fill_null(pc.is_in(first, pa.array(list(STARTS), texts.type)), False)


def without_formulas(table: "pd.DataFrame") -> "pd.DataFrame":
    """A table of a run, whose texts begin with no such character, as `neutralised` has it.

    Numbers that a table prints as text stay as they are: an apostrophe would make them none.
    """

    def marked(text: str) -> str:
        risky = text[:1] in STARTS and not NUMBER.fullmatch(text)
        return APOSTROPHE + text if text and risky else text

    return _mapped(table, marked)


def as_before(table: "pd.DataFrame") -> "pd.DataFrame":
    """A table with the texts that `without_formulas` was given."""

    def bare(text: str) -> str:
        risky = text[:1] == APOSTROPHE and len(text) > 1 and text[1] in STARTS
        return text[1:] if risky else text

    return _mapped(table, bare)


def _mapped(table: "pd.DataFrame", change: Callable[[str], str]) -> "pd.DataFrame":
    """The table with its texts changed, whatever the type of their columns."""
    made = table.copy()
    for name, values in table.select_dtypes(["object", "str"]).items():
        texts = values.map(lambda one: change(one) if isinstance(one, str) else one)
        made[name] = texts.astype(values.dtype)
    return made


def _rows(column: str, rows: Sequence[int], old: Sequence[str], file: str) -> list[AuditRow]:
    return [_row(column, row + 2, text, file) for row, text in zip(rows, old, strict=True)]


def _row(column: str, row: int, old: str, file: str) -> AuditRow:
    detail = "begins like a formula: an apostrophe was put before it"
    return AuditRow(
        "export", "neutralised_text", column, detail, file=file, row=row, old=old,
        new=APOSTROPHE + old,
    )  # fmt: skip
