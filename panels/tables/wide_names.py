"""How a mapping says that columns hold one year each."""

from collections.abc import Mapping

YEAR = "{year}"
"""In a column's name: any year of four digits, as in ``GDP{year}``."""


def is_wide(columns: Mapping[str, str]) -> bool:
    """Whether a mapping of new names to names in the file wants one column a year."""
    return any(YEAR in name for name in columns.values())
