"""The result tables of an output folder, written in the formats of papers."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import IO, TYPE_CHECKING

from geo.errors import OutputError
from nightpanel.drafts import write_whole
from nightpanel.output_folder import OutputFolder
from nightpanel.outputs import write_csv
from nightpanel.paper_tables.latex import latex_table
from nightpanel.paper_tables.unasked import unasked_tables
from nightpanel.paper_tables.web import html_table
from nightpanel.paper_tables.word import word_document
from nightpanel.table_records import read_records

if TYPE_CHECKING:
    from estimation.tables.result_table import ResultTable

Write = Callable[["ResultTable", str], bytes]
FORMATS: Mapping[str, Write] = MappingProxyType(
    {
        "tex": lambda table, _: latex_table(table).encode(),
        "html": lambda table, stem: html_table(table, name=stem, page=True).encode(),
        "docx": lambda table, _: word_document(table),
    }
)
"""Endings of the files, and how each is made; the run itself has written csv and text."""


def write_paper_tables(
    folder: OutputFolder, to: Path, *, formats: Sequence[str] = tuple(FORMATS)
) -> tuple[Path, ...]:
    """Write every table of the study as LaTeX, HTML and Word.

    Parameters
    ----------
    folder : OutputFolder
        The estimates stage of its run has recorded the tables.
    to : Path
        Folder for the files; made if it is not there. Files of the same names are replaced, each in
        one step.
    formats : sequence of {"tex", "html", "docx", "csv"}
        Which; csv is there already in the output folder's ``tables``.

    Returns
    -------
    tuple of Path
        The files, table by table; none where the folder has neither panel nor estimates.

    Raises
    ------
    OutputError
        The folder is of an older version, which recorded no tables; or a format is unknown.
    """
    known = (*FORMATS, "csv")
    for ending in formats:
        if ending not in known:
            raise OutputError(
                "formats of tables",
                expected=f"some of {', '.join(known)}",
                found=repr(ending),
                hint="leave it out",
            )
    made = []
    tables = paper_tables(folder)
    if tables:
        to.mkdir(parents=True, exist_ok=True)
    for stem, table in tables.items():
        for ending in formats:
            path = to / f"{stem}.{ending}"
            if ending == "csv":
                write_csv(table.frame(), path)
            else:
                write_whole(path, partial(_put, FORMATS[ending](table, stem)))
            made.append(path)
    return tuple(made)


def paper_tables(folder: OutputFolder) -> "dict[str, ResultTable]":
    """The result tables of an output folder, by the name of their files.

    Of a study that asks for no table these are descriptive statistics and all estimates.

    Parameters
    ----------
    folder : OutputFolder

    Raises
    ------
    OutputError
        As `write_paper_tables`.
    """
    record = folder.stages.get("estimates", {})
    return read_records(folder.path) if record.get("tables") else unasked_tables(folder)


def _put(content: bytes, file: IO[bytes]) -> None:
    file.write(content)
