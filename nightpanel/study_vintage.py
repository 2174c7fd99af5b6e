"""The study file's section on the vintage of cities that a table is moved to."""

from typing import Literal

from pydantic import Field

from nightpanel.study_section import Section


class VintageSection(Section):
    """How a table's city-years are moved to one vintage of cities."""

    crosswalk: str = Field(min_length=1)
    """``china-2023``, or a table with the columns ``old``, ``new``, ``weight`` and ``year``."""
    counts: list[str] = []
    """Mapped columns that add up over cities: they are split by weight and added."""
    rates: dict[str, str] = {}
    """Mapped columns that do not = the count by which they are averaged."""
    absent_parts: Literal["missing", "included"] = "missing"
    """Years of a merged city of which the table lacks a part."""
    late_parts: Literal["refused", "added", "included"] = "refused"
    """Values of a city in years after its end: to be added to what it became, or there already."""
