"""The study file's sections on yearbook tables."""

from typing import Literal, Self

from pydantic import Field, model_validator

from nightpanel.study_indices import UilSection
from nightpanel.study_section import FilePath, Section
from panels.wide_names import YEAR, is_wide


class SheetSection(Section):
    """Where a table is, and how it is written."""

    file: FilePath
    """csv, xlsx, xls, dta or parquet; or a pattern of several files, as in "gdp/*.xlsx"."""
    sheet: str | None = None
    """Sheet of a workbook with several; "*" for every one that has a year in its name."""
    year: str | None = None
    """Column of the year."""
    year_from: Literal["name", "sheet"] | None = None
    """Whether each file's, or each sheet's, name has the year of its rows."""
    header: int | list[int] | None = None
    """Row of the header, or its first and last, where its names do not lead to it."""
    encoding: str | None = None
    """Encoding of a csv file; found and said in the audit when left out."""
    separator: Literal[",", ";", "\t"] | None = None
    """Separator of a csv file; found and said in the audit when left out."""

    def header_rows(self) -> tuple[int, ...]:
        """Rows of the header; none where it is to be found."""
        if self.header is None:
            return ()
        return (self.header,) if isinstance(self.header, int) else tuple(self.header)


class TableSection(SheetSection):
    """One yearbook table and the mapping of its columns."""

    name: str | None = Field(default=None, min_length=1)
    """The table's name in messages and in reconcile; its file's name when left out."""
    city: str
    """Column of the city code."""
    city_digits: int = Field(default=4, ge=1)
    """How many leading digits of the code name the city."""
    columns: dict[str, str] = Field(min_length=1)
    """New name = the column's name in the file; with {year} in it, one column a year."""
    units: dict[str, str] = {}
    """New name = its unit in the file, "万元", or also that in the panel, "万元 -> 亿元"."""
    crosswalk: str | None = None
    """Named crosswalk of city codes."""
    uil: UilSection | None = None
    """Industrial upgrading made from this table's columns, when the study wants it."""

    @model_validator(mode="after")
    def _years_stand_once(self) -> Self:
        said = [self.year is not None, self.year_from is not None, is_wide(self.columns)]
        if sum(said) != 1:
            raise ValueError(f"one of year, year_from, or columns with {YEAR}")
        return self

    def label(self) -> str:
        """The table's name."""
        if self.name is not None:
            return self.name
        return self.file.name if self.sheet is None else f"{self.file.name}[{self.sheet}]"
