"""The study file's sections on yearbook tables."""

from pydantic import Field

from nightpanel.study_indices import UilSection
from nightpanel.study_section import FilePath, Section


class TableSection(Section):
    """One yearbook table and the mapping of its columns."""

    file: FilePath
    """csv, xlsx, dta or parquet."""
    sheet: str | None = None
    """Sheet of an xlsx file with several."""
    city: str
    """Column of the city code."""
    year: str
    """Column of the year."""
    city_digits: int = Field(default=4, ge=1)
    """How many leading digits of the code name the city."""
    columns: dict[str, str] = Field(min_length=1)
    """New name = the column's name in the file."""
    crosswalk: str | None = None
    """Named crosswalk of city codes."""
    encoding: str | None = None
    """Encoding of a csv file; UTF-8 when left out."""
    uil: UilSection | None = None
    """Industrial upgrading made from this table's columns, when the study wants it."""
