"""The study file's sections on yearbook tables."""

from typing import Literal, Self

from pydantic import Field, model_validator

from nightpanel.study_indices import UilSection
from nightpanel.study_section import FilePath, Section
from nightpanel.study_vintage import VintageSection
from panels.tables.wide_names import YEAR, is_wide


class SheetSection(Section):
    """Where a table is, and how it is written."""

    file: FilePath
    """csv, xlsx, xls, dta or parquet; or a pattern of several files, as in "gdp/*.xlsx"."""
    sheet: str | None = None
    """Sheet of a workbook with several; "*" for every one that has a year in its name."""
    year: str | None = None
    """Column of the year; where no name has it either, a row holds for all years of the panel."""
    year_from: Literal["name", "sheet"] | None = None
    """Whether each file's, or each sheet's, name has the year of its rows."""
    header: int | list[int] | None = None
    """Row of the header, or its first and last, where its names do not lead to it."""
    encoding: str | None = None
    """Encoding of a csv file; found and said in the audit when left out."""
    separator: Literal[",", ";", "\t"] | None = None
    """Separator of a csv file; found and said in the audit when left out."""
    decimal: Literal[".", ","] | None = None
    """Decimal sign of numbers as text; the point when left out, and 1,234 between semicolons is
    refused."""

    def header_rows(self) -> tuple[int, ...]:
        """Rows of the header; none where it is to be found."""
        if self.header is None:
            return ()
        return (self.header,) if isinstance(self.header, int) else tuple(self.header)


class CitiesSection(SheetSection):
    """How a table names its cities, and which of them they become."""

    city: str | None = None
    """Column of the city code; may be left out where there is one of names."""
    city_name: str | None = None
    """Column of the city's name."""
    province: str | None = None
    """Column of the province's name, within which names are looked up."""
    confirm: FilePath | None = None
    """Table of the study's own word on names: ``name``, ``city_id`` and perhaps ``province``."""
    city_digits: int | None = Field(default=None, ge=1)
    """How many leading digits of the code name the city: 4 when left out, 2 where a row of the
    panel is of a province."""
    keep_pseudo_cities: bool = False
    """Whether rows stay whose code is that of a province, or groups counties that a province
    administers; each is dropped and told otherwise."""
    crosswalk: str | None = None
    """Crosswalk of city codes: a shipped name, or a table with ``code`` and ``city_id``."""
    vintage: VintageSection | None = None
    """One vintage of cities for the table, when cities merged or were split."""

    @model_validator(mode="after")
    def _names_serve_a_column(self) -> Self:
        if self.city_name is None and (self.province or self.confirm):
            raise ValueError(
                "city_name must name the column of names that province and confirm serve"
            )
        return self


class TableSection(CitiesSection):
    """One yearbook table and the mapping of its columns."""

    name: str | None = Field(default=None, min_length=1)
    """The table's name in messages and in reconcile; its file's name when left out."""
    optional: bool = False
    """Whether city-years that the table lacks stay in the panel, with missing values."""
    only: dict[str, str] = {}
    """Column of the file = the text that rows must have in it; other rows are left out."""
    columns: dict[str, str] = Field(min_length=1)
    """New name = the column's name in the file; with {year} in it, one column a year."""
    units: dict[str, str] = {}
    """New name = its unit in the file, "万元", or also that in the panel, "万元 -> 亿元"."""
    uil: UilSection | None = None
    """Industrial upgrading made from this table's columns, when the study wants it."""

    @model_validator(mode="after")
    def _years_stand_once(self) -> Self:
        said = [self.year is not None, self.year_from is not None, is_wide(self.columns)]
        if sum(said) > 1:
            raise ValueError(f"one of year, year_from, or columns with {YEAR}")
        return self

    @model_validator(mode="after")
    def _names_its_cities(self) -> Self:
        if self.city is None and self.city_name is None:
            raise ValueError("city must name the column of codes, or city_name that of names")
        return self

    def has_years(self) -> bool:
        """Whether its rows, or names of its files, sheets or columns, say years."""
        return self.year is not None or self.year_from is not None or is_wide(self.columns)

    def label(self) -> str:
        """The table's name."""
        if self.name is not None:
            return self.name
        return self.file.name if self.sheet is None else f"{self.file.name}[{self.sheet}]"
