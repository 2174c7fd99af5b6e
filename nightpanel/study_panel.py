"""The study file's section on the panel: tables, columns made of them, what must hold of them."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from nightpanel.study_indices import IndexSection
from nightpanel.study_section import FilePath, Section
from nightpanel.study_sources import RealSection, ReconcileSection
from nightpanel.study_steps import IndexStep, LogSection, PanelStep, RangeSection
from nightpanel.study_tables import TableSection


class PanelSection(Section):
    """The yearbook tables that are joined, and columns made from them.

    Two sources of a column are reconciled first, then nominal columns made real, in all years of
    the tables. In the joined panel, sums, ratios and logs come first, then the indices that no
    step names, then the steps in their order, then the ranges.
    """

    tables: list[TableSection] = Field(min_length=1)
    """The tables, each keyed by city and year."""
    unit: Literal["city", "province"] = "city"
    """What a row is of: with ``"province"`` codes count by their first two digits unless a table
    says otherwise, and names are looked up among the provinces of China."""
    cities: FilePath | None = None
    """List of the cities that names are looked up among (``city_id``, ``name``); the shipped list
    of China's when left out."""
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
    logs: dict[str, LogSection] = {}
    """New column = natural logarithm of a column: its name, which refuses zeros, or
    ``{ column = "x", zeros = "log1p" }`` with the rules of the step ``log``."""
    regions: Literal["", "three", "four"] = ""
    """A column ``region`` of the cities' provinces: east, central and west, or with the northeast;
    none when left out. The step ``region`` gives it another name, or takes another column."""
    indices: dict[str, IndexSection] = {}
    """New column = an index; see ``nightpanel indices``."""
    steps: list[PanelStep] = []
    """Steps over the joined panel, in their order."""
    ranges: dict[str, RangeSection] = {}
    """Column = the values it may have at the end."""
    units: dict[str, str] = {}
    """Column = its unit, as manifest and parquet file record it."""
    descriptives: dict[str, list[str]] = {}
    """Type of variable = columns, of the table of descriptive statistics; all columns of numbers
    when left out."""

    def log_columns(self) -> dict[str, str]:
        """New column = the column whose logarithm it is."""
        return {name: one.column for name, one in self.logs.items()}

    @model_validator(mode="after")
    def _one_list(self) -> Self:
        if self.unit == "province" and self.cities is not None:
            raise ValueError('cities must be left out where unit = "province": the list is shipped')
        return self

    @model_validator(mode="after")
    def _logs_are_new(self) -> Self:
        for name, column in self.log_columns().items():
            if name == column:
                raise ValueError(f"logs must give the logarithm of {name!r} a name of its own")
        return self

    @model_validator(mode="after")
    def _steps_name_indices(self) -> Self:
        named = [step.name for step in self.steps if isinstance(step, IndexStep)]
        for name in named:
            if name not in self.indices:
                raise ValueError(f"steps must name an index of [panel.indices], not {name!r}")
            if named.count(name) > 1:
                raise ValueError(f"steps must make each index once, not {name!r} twice")
        return self
