"""The tables of the paper that a study asks for: made, written, as text."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from estimation.designs import Design
from nightpanel.asked import Asked
from nightpanel.outputs import write_csv
from nightpanel.study_results import ResultTableSection
from nightpanel.table_records import RECORD, record_text

if TYPE_CHECKING:
    import pandas as pd

    from estimation.estimate import EstimationResult
    from estimation.tables.result_table import ResultTable
    from estimation.tables.table_columns import Truth

GAP = "  "


def result_tables(
    asked: Asked,
    result: "EstimationResult",
    panel: "pd.DataFrame",
    *,
    truth: "Truth | None" = None,
    beside: "Mapping[str, pd.DataFrame] | None" = None,
) -> "dict[str, ResultTable]":
    """The tables that a study asks for; of those in both layouts the full ones.

    Parameters
    ----------
    asked : Asked
        Designs and tables.
    result : EstimationResult
        Of all the designs.
    panel : pandas.DataFrame
        The city-year table, for descriptive statistics.
    truth : mapping of (design, variant, term) to float, optional
        True values, where they are known.
    beside : mapping of str to pandas.DataFrame, optional
        Tables that designs name beside the panel.

    Returns
    -------
    dict of str to ResultTable
        By the name of their files, in order of the study.
    """
    designs = {design.name: design for design in asked.designs}
    data = (panel, beside or {})
    return {
        section.stem(): _made(section.as_full() or section, designs, result, data, truth)
        for section in asked.tables
    }


def tables_as_paper(
    asked: Asked,
    result: "EstimationResult",
    panel: "pd.DataFrame",
    *,
    beside: "Mapping[str, pd.DataFrame] | None" = None,
) -> "dict[str, ResultTable]":
    """Tables that a study asks for in both layouts, in that of Yu and Zhang.

    Parameters
    ----------
    asked, result, panel, beside
        As in `result_tables`.

    Returns
    -------
    dict of str to ResultTable
        By the name of their files, which ends in ``_paper``.
    """
    designs = {design.name: design for design in asked.designs}
    data = (panel, beside or {})
    return {
        section.stems()[1]: _made(paper, designs, result, data, None)
        for section in asked.tables
        if section.layout == "both"
        for paper in [section.as_paper()]
        if paper is not None
    }


def write_result_tables(tables: "Mapping[str, ResultTable]", folder: Path) -> None:
    """Write each table as csv, and as text for people, into the sub-folder ``tables``.

    Their record stands beside them, from which `nightpanel.paper_tables` makes them again in the
    formats of papers.

    Parameters
    ----------
    tables : mapping of str to ResultTable
        By name of their files.
    folder : Path
    """
    for stem, table in tables.items():
        write_csv(table.frame(), folder / "tables" / f"{stem}.csv")
        (folder / "tables" / f"{stem}.txt").write_text(table_text(table), encoding="utf-8")
    if tables:
        (folder / RECORD).write_text(record_text(tables), encoding="utf-8")


def table_text(table: "ResultTable") -> str:
    """A table as lines of text: title, header, rows, notes; columns in line.

    Parameters
    ----------
    table : ResultTable

    Returns
    -------
    str
        With a line break at its end.
    """
    from rich.cells import cell_len  # a Chinese character takes two places

    lines = [*table.header, *table.rows]
    widths = [max(cell_len(cell) for cell in column) for column in zip(*lines, strict=True)]

    def aligned(cells: Sequence[str]) -> str:
        parts = []
        for number, (cell, width) in enumerate(zip(cells, widths, strict=True)):
            blank = " " * (width - cell_len(cell))
            parts.append(cell + blank if number == 0 else blank + cell)
        return GAP.join(parts).rstrip()

    rule = "-" * (sum(widths) + len(GAP) * (len(widths) - 1))
    title = f"{table.title}: {table.caption}" if table.caption else table.title
    notes = [f"Note: {note}" for note in table.notes]
    body = [aligned(row) for row in table.rows]
    head = [aligned(row) for row in table.header]
    return "\n".join([title, rule, *head, rule, *body, rule, *notes, ""])


def _made(
    section: ResultTableSection,
    designs: Mapping[str, Design],
    result: "EstimationResult",
    data: "tuple[pd.DataFrame, Mapping[str, pd.DataFrame]]",
    truth: "Truth | None",
) -> "ResultTable":
    from estimation.instruments.ready import with_built_columns
    from estimation.samples.sample import build_sample
    from estimation.tables.check_table import check_table  # the estimators take seconds to load
    from estimation.tables.curve_table import curve_table
    from estimation.tables.descriptives import descriptive_result
    from estimation.tables.paper_layout import paper_table
    from estimation.tables.regression_table import regression_table
    from estimation.tables.standardised_table import standardised_table
    from estimation.tables.table_columns import TableSpec

    chosen = [designs[name] for name in section.columns]
    if section.kind == "descriptive":
        (design,) = chosen
        ready = with_built_columns(data[0], design, data[1])
        sample = build_sample(ready.panel, ready.design)
        return descriptive_result(
            section.title,
            section.caption,
            ready.design,
            sample,
            labels=section.labels,
            types_once=section.layout == "paper",
        )
    if section.kind == "standardised":
        return standardised_table(section.title, section.caption, chosen, result)
    if section.kind in {"curves", "checks"}:
        rows_of = curve_table if section.kind == "curves" else check_table
        return rows_of(
            section.title, section.caption, chosen, result, variants=section.variants or ()
        )
    spec = TableSpec(
        title=section.title,
        designs=tuple(chosen),
        caption=section.caption,
        variants=tuple(section.variants or ()),
        stars=section.stars,
        uncertainty=section.below(),
        labels=section.labels,
    )
    if section.layout == "paper":
        return paper_table(spec, result)
    return regression_table(spec, result, truth=truth)
