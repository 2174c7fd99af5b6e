"""The tables of a run as they were made, kept so that any format can be made of them later.

A csv file has one line of names; a table has several lines of header, notes and a title.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geo.errors import OutputError

if TYPE_CHECKING:
    from estimation.tables.result_table import ResultTable

RECORD = "tables/result_tables.json"
FIELDS = ("title", "caption", "header", "rows", "notes")


def record_text(tables: "Mapping[str, ResultTable]") -> str:
    """Tables as JSON.

    Parameters
    ----------
    tables : mapping of str to ResultTable
        By the name of their files.

    Returns
    -------
    str
        With a line break at its end.
    """
    content = {
        stem: {name: getattr(table, name) for name in FIELDS} for stem, table in tables.items()
    }
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def read_records(out: Path) -> "dict[str, ResultTable]":
    """The tables that the last run made, by the name of their files, in order of the study.

    Parameters
    ----------
    out : Path
        The output folder.

    Raises
    ------
    OutputError
        The record is not there or cannot be read: an older version made the folder.
    """
    path = out / RECORD
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return {stem: _table(record) for stem, record in content.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise OutputError(
            str(path),
            expected="the record of a run's tables",
            found="no such file" if isinstance(error, FileNotFoundError) else str(error)[:80],
            hint="run the study again with this version (its fits are kept)",
        ) from error


def _table(record: Mapping[str, Any]) -> "ResultTable":
    from estimation.tables.result_table import ResultTable

    return ResultTable(
        title=str(record["title"]),
        caption=str(record["caption"]),
        header=tuple(tuple(map(str, line)) for line in record["header"]),
        rows=tuple(tuple(map(str, row)) for row in record["rows"]),
        notes=tuple(map(str, record["notes"])),
    )
