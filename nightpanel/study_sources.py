"""The study file's sections on what tables are to each other: two sources, and price indices."""

from typing import Annotated, Literal

from pydantic import Field

from nightpanel.study_section import Section
from nightpanel.study_tables import CitiesSection


class ReconcileSection(Section):
    """Columns that two tables have: how far apart, and which is used."""

    columns: list[str] = Field(min_length=1)
    """Columns, by the name that both tables give them."""
    tables: Annotated[list[str], Field(min_length=2, max_length=2)]
    """Names of the two tables."""
    prefer: str
    """The one whose values are used."""
    tolerance: float = Field(gt=0)
    """Relative difference above which a city-year is marked."""
    fill: bool = False
    """Whether the other's values are used where the preferred table has none."""


class IndexTableSection(CitiesSection):
    """A price index in a table of its own: of the country, of provinces or of cities.

    Without ``city`` and ``city_name`` it is of the whole country; with ``city_digits = 2`` its
    codes are those of provinces.
    """

    column: str | None = None
    """The index's column in the file; its name in the panel when left out."""
    weights: dict[str, str] = {}
    """New name = a count in the same file, by which ``vintage`` averages the index."""

    def label(self) -> str:
        """What the table is called in messages."""
        return self.file.name

    def is_of_country(self) -> bool:
        """Whether its rows are of the whole country."""
        return self.city is None and self.city_name is None


class RealSection(Section):
    """A column at the prices of a base year."""

    nominal: str
    """Column of nominal values."""
    index: str
    """Column of the index, of any table of the panel or of ``table``."""
    kind: Literal["level", "preceding_year", "volume"]
    """A deflator of a fixed base; prices with the preceding year as 100; volumes likewise."""
    base: int
    """The year of whose prices the values become."""
    table: IndexTableSection | None = None
    """The index's own table, where it is not in the panel."""
