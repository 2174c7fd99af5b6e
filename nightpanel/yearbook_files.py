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
    indices = [real.table for real in section.real.values() if real.table is not None]
    for table in (*section.tables, *indices):
        found += table_files(table.file)
        found += [] if table.confirm is None else [table.confirm]
        vintage = None if table.vintage is None else table.vintage.crosswalk
        found += crosswalk_files(table.crosswalk, vintage)
    return [path for path in dict.fromkeys(found) if path.exists()]
