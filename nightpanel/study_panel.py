"""The study file's section on the panel: tables that join the light, and columns made of them."""

from pathlib import Path
from typing import Annotated

from pydantic import Field

from nightpanel.crosswalk_files import crosswalk_files
from nightpanel.study_section import FilePath, Section
from nightpanel.study_tables import TableSection


class PanelSection(Section):
    """The yearbook tables that join the light, and columns made from them."""

    tables: list[TableSection] = Field(min_length=1)
    """The tables, each keyed by city and year."""
    cities: FilePath | None = None
    """List of the cities that names are looked up among (``city_id``, ``name``); the shipped list
    of China's when left out."""
    product: str | None = None
    """The product whose city-years are joined, where the light has several."""
    sums: dict[str, list[str]] = {}
    """New column = sum of columns."""
    ratios: dict[str, Annotated[list[str], Field(min_length=2, max_length=2)]] = {}
    """New column = first over second column."""
    logs: dict[str, str] = {}
    """New column = natural logarithm of a column."""

    @property
    def files(self) -> tuple[Path, ...]:
        """Every file that the panel is made of: tables, lists of cities, crosswalks."""
        found = [] if self.cities is None else [self.cities]
        for table in self.tables:
            vintage = None if table.vintage is None else table.vintage.crosswalk
            found += [table.file] if table.confirm is None else [table.file, table.confirm]
            found += crosswalk_files(table.crosswalk, vintage)
        return tuple(dict.fromkeys(found))
