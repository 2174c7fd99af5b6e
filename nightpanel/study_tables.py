"""The study file's sections on yearbook tables."""

from typing import Self

from pydantic import Field, model_validator

from nightpanel.study_indices import UilSection
from nightpanel.study_section import FilePath, Section
from nightpanel.study_vintage import VintageSection


class TableSection(Section):
    """One yearbook table and the mapping of its columns."""

    file: FilePath
    """csv, xlsx, dta or parquet."""
    sheet: str | None = None
    """Sheet of an xlsx file with several."""
    city: str | None = None
    """Column of the city code; may be left out where there is one of names."""
    city_name: str | None = None
    """Column of the city's name."""
    province: str | None = None
    """Column of the province's name, within which names are looked up."""
    confirm: FilePath | None = None
    """Table of the study's own word on names: ``name``, ``city_id`` and perhaps ``province``."""
    year: str | None = None
    """Column of the year; where it is left out, a row holds for all years of the light."""
    optional: bool = False
    """Whether city-years that the table lacks stay in the panel, with missing values."""
    city_digits: int = Field(default=4, ge=1)
    """How many leading digits of the code name the city."""
    columns: dict[str, str] = Field(min_length=1)
    """New name = the column's name in the file."""
    crosswalk: str | None = None
    """Crosswalk of city codes: a shipped name, or a table with ``code`` and ``city_id``."""
    vintage: VintageSection | None = None
    """One vintage of cities for the table, when cities merged or were split."""
    encoding: str | None = None
    """Encoding of a csv file; UTF-8 when left out."""
    uil: UilSection | None = None
    """Industrial upgrading made from this table's columns, when the study wants it."""

    @model_validator(mode="after")
    def _names_its_cities(self) -> Self:
        if self.city is None and self.city_name is None:
            raise ValueError("city must name the column of codes, or city_name that of names")
        if self.city_name is None and (self.province or self.confirm):
            raise ValueError(
                "city_name must name the column of names that province and confirm serve"
            )
        return self
