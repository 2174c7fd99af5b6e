"""The files that a study's yearbook tables are in."""

from pathlib import Path

from nightpanel.study_panel import PanelSection
from panels.table_files import table_files


def yearbook_files(section: PanelSection) -> list[Path]:
    """The files that a study's tables are in, as far as they exist.

    Raises
    ------
    TableFileError
        A pattern matches no table.
    """
    own = [real.table.file for real in section.real.values() if real.table is not None]
    named = [*(table.file for table in section.tables), *own]
    files = [path for file in named for path in table_files(file)]
    return [path for path in dict.fromkeys(files) if path.exists()]
