"""What can be exported, and in which formats."""

from pathlib import Path
from typing import Literal, get_args

from geo.errors import OutputError

What = Literal[
    "townships", "cities", "panel", "unit_years", "city_years",
    "unmatched", "dropped", "matches", "reconciliation", "audit",
]  # fmt: skip
Format = Literal["gpkg", "geoparquet", "fgb", "csv", "dta", "xlsx"]

ENDINGS: dict[str, Format] = {
    ".gpkg": "gpkg",
    ".parquet": "geoparquet",
    ".geoparquet": "geoparquet",
    ".fgb": "fgb",
    ".csv": "csv",
    ".dta": "dta",
    ".xlsx": "xlsx",
}
SHAPES: frozenset[What] = frozenset({"townships", "cities"})
"""Tables with geometry."""
WITH_SHAPES: frozenset[Format] = frozenset({"geoparquet", "fgb"})
"""Formats for tables with geometry alone."""


def require_known(what: str) -> None:
    """Refuse the name of a table that there is not.

    Raises
    ------
    OutputError
    """
    if what not in get_args(What):
        raise OutputError(
            "export, what",
            expected=f"one of {', '.join(get_args(What))}",
            found=repr(what),
            hint="correct the name; tables/*.csv of a run are files for spreadsheets already",
        )


def format_of(path: Path) -> Format:
    """The format that a file's ending names.

    Raises
    ------
    OutputError
        It names none.
    """
    if path.suffix.lower() not in ENDINGS:
        raise OutputError(
            str(path),
            expected=f"an ending among {', '.join(ENDINGS)}",
            found=repr(path.suffix),
            hint="name the format with --format",
        )
    return ENDINGS[path.suffix.lower()]
