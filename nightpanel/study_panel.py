"""The study file's section on the panel: tables that join the light, and columns made of them."""

from typing import Annotated

from pydantic import Field

from nightpanel.study_section import Section
from nightpanel.study_sources import RealSection, ReconcileSection
from nightpanel.study_tables import TableSection


class PanelSection(Section):
    """The yearbook tables that join the light, and columns made from them."""

    tables: list[TableSection] = Field(min_length=1)
    """The tables, each keyed by city and year."""
    product: str | None = None
    """The product whose city-years are joined, where the light has several."""
    reconcile: list[ReconcileSection] = []
    """Columns that two tables have."""
    real: dict[str, RealSection] = {}
    """New column = a nominal one at the prices of a base year."""
    sums: dict[str, list[str]] = {}
    """New column = sum of columns."""
    ratios: dict[str, Annotated[list[str], Field(min_length=2, max_length=2)]] = {}
    """New column = first over second column."""
    logs: dict[str, str] = {}
    """New column = natural logarithm of a column."""
