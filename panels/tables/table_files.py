"""Which files a path or a pattern names."""

import re
from pathlib import Path

from geo.errors import TableFileError

TEXTS = (".csv", ".tsv", ".txt")
"""Endings of tables as text."""
WORKBOOKS = (".xlsx", ".xlsm", ".xls")
"""Endings of workbooks."""
ENDINGS = (*TEXTS, *WORKBOOKS, ".dta", ".parquet")
"""Endings of the files that can be read."""

_MAGIC = re.compile(r"[*?\[]")


def table_files(file: Path) -> list[Path]:
    """The files that a path or pattern names, by name.

    Parameters
    ----------
    file : Path
        A file, or a pattern such as ``yearbooks/*.xlsx`` in its last part.

    Returns
    -------
    list of Path
        The path itself where it is no pattern, whether there is such a file or not.

    Raises
    ------
    TableFileError
        A pattern matches no table.
    """
    if file.exists() or not _MAGIC.search(file.name):
        return [file]
    # Excel keeps a hidden file ~$name beside an open workbook.
    found = sorted(
        path
        for path in file.parent.glob(file.name)
        if path.suffix.lower() in ENDINGS and not path.name.startswith(("~$", "."))
    )
    if not found:
        raise TableFileError(
            str(file),
            expected="a pattern that matches tables",
            found="no file",
            hint="correct the pattern",
        )
    return found
