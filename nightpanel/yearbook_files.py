"""The files that a study's yearbook tables are made of."""

from pathlib import Path

from nightpanel.crosswalk_files import crosswalk_files
from nightpanel.study_panel import PanelSection
from panels.tables.table_files import table_files


def yearbook_files(section: PanelSection) -> list[Path]:
    """Tables, tables of indices, lists of cities, confirmed names and crosswalks, if they exist.

    Raises
    ------
    TableFileError
        A pattern matches no table.
    """
    found = [] if section.cities is None else [section.cities]
    for table in section.tables:
        found += table_files(table.file)
        found += [] if table.confirm is None else [table.confirm]
        vintage = None if table.vintage is None else table.vintage.crosswalk
        found += crosswalk_files(table.crosswalk, vintage)
    for real in section.real.values():
        found += [] if real.table is None else table_files(real.table.file)
    return [path for path in dict.fromkeys(found) if path.exists()]
