"""The study file's steps over the joined panel, and the ranges that it must keep to."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from nightpanel.study_section import Section


class _NewColumns(Section):
    """A step that makes a column of each of some columns."""

    columns: list[str] = Field(min_length=1)
    """The columns."""
    names: list[str] | None = None
    """Names of the new columns, one for each; made from the columns' when left out."""

    @model_validator(mode="after")
    def _one_name_each(self) -> Self:
        if self.names is not None and len(self.names) != len(self.columns):
            raise ValueError(f"names must have one name for each of {len(self.columns)} columns")
        return self

    def pattern(self) -> str:
        """Name of a new column where ``{}`` stands for the old one."""
        raise NotImplementedError

    def renamed(self) -> dict[str, str]:
        """Column to name of the new one."""
        made = [self.pattern().format(column) for column in self.columns]
        return dict(zip(self.columns, self.names or made, strict=True))


class _Replacing(_NewColumns):
    """A step that may also put the new values in the place of the old."""

    replace: bool = False
    """Whether the columns themselves are changed."""

    @model_validator(mode="after")
    def _names_or_replaces(self) -> Self:
        if self.replace and self.names is not None:
            raise ValueError("names must be left out where replace = true")
        return self

    def renamed(self) -> dict[str, str]:
        """Column to name of the new one, or to itself."""
        return {one: one for one in self.columns} if self.replace else super().renamed()


class SumStep(Section):
    """A column that is the sum of columns."""

    step: Literal["sum"]
    """Which step it is."""
    name: str
    """The new column."""
    columns: list[str] = Field(min_length=1)
    """What is added."""


class RatioStep(Section):
    """A column that is a column over another."""

    step: Literal["ratio"]
    """Which step it is."""
    name: str
    """The new column."""
    columns: list[str] = Field(min_length=2, max_length=2)
    """Numerator and denominator."""


class _ZeroRule(Section):
    """What a logarithm does about zeros."""

    zeros: Literal["error", "drop", "log1p", "add"] = "error"
    """Refuse zeros, drop their city-years, take ln(1 + x), or add ``constant`` to the column."""
    constant: float | None = Field(default=None, gt=0)
    """What is added where ``zeros = "add"``."""

    @model_validator(mode="after")
    def _states_the_constant(self) -> Self:
        if (self.zeros == "add") != (self.constant is not None):
            raise ValueError('constant must be stated where zeros = "add", and only there')
        return self


class LogSection(_ZeroRule):
    """The natural logarithm of a column, under a rule for its zeros."""

    column: str
    """The column."""

    @model_validator(mode="before")
    @classmethod
    def _may_be_its_column(cls, said: Any) -> Any:
        return {"column": said} if isinstance(said, str) else said


class LogStep(_Replacing, _ZeroRule):
    """Natural logarithms."""

    step: Literal["log"]
    """Which step it is."""

    def pattern(self) -> str:
        """Name of a new column."""
        return "log_{}"


class WinsoriseStep(_Replacing):
    """Values beyond quantiles become these."""

    step: Literal["winsorise"]
    """Which step it is."""
    lower: float = Field(default=0.01, ge=0, lt=1)
    """The lower quantile."""
    upper: float = Field(default=0.99, gt=0, le=1)
    """The upper quantile."""
    by: Literal["pooled", "year"] = "pooled"
    """Quantiles of the whole panel, or of each year."""
    quantiles: Literal["linear", "stata"] = "linear"
    """Between neighbouring values, or as Stata's percentiles."""

    def pattern(self) -> str:
        """Name of a new column."""
        return "{}_w"


class ShiftStep(_NewColumns):
    """Lags, leads and differences by calendar year."""

    step: Literal["lag", "lead", "difference"]
    """Which step it is."""
    years: int = Field(default=1, ge=1)
    """How many years before, or after."""

    def pattern(self) -> str:
        """Name of a new column."""
        return f"{{}}_{self.step if self.step != 'difference' else 'diff'}{self.years}"


class ScaleStep(_Replacing):
    """Centring, standardising, min-max scaling."""

    step: Literal["centre", "standardise", "min_max"]
    """Which step it is."""
    by: Literal["pooled", "year", "city"] = "pooled"
    """Over the whole panel, or within years or cities."""

    def pattern(self) -> str:
        """Name of a new column."""
        return {"centre": "{}_c", "standardise": "{}_z", "min_max": "{}_01"}[self.step]


class InterpolateStep(Section):
    """Gaps filled on a straight line, marked in ``NAME_interpolated``."""

    step: Literal["interpolate"]
    """Which step it is."""
    columns: list[str] = Field(min_length=1)
    """The columns that are filled."""
    max_gap: int = Field(ge=1)
    """Longest gap to fill, in years without a value."""


class BalancedStep(Section):
    """Only cities that have every column in every year."""

    step: Literal["balanced"]
    """Which step it is."""
    columns: list[str] = []
    """Columns that may not be missing."""
    years: Annotated[list[int], Field(min_length=1)] | None = None
    """The years; those of the study, or all of the panel, when left out."""


class RegionStep(Section):
    """The region of each city's province."""

    step: Literal["region"]
    """Which step it is."""
    division: Literal["three", "four"] = "three"
    """East, central and west, or with the northeast; see ``panels/cities/regions.csv``."""
    name: str = "region"
    """The new column."""
    column: str = "city_id"
    """Codes of cities or provinces, or names of provinces."""


class IndexStep(Section):
    """An index of ``[panel.indices]`` that is made here, after the steps before."""

    step: Literal["index"]
    """Which step it is."""
    name: str
    """The index."""


PanelStep = Annotated[
    SumStep
    | RatioStep
    | LogStep
    | WinsoriseStep
    | ShiftStep
    | ScaleStep
    | InterpolateStep
    | BalancedStep
    | RegionStep
    | IndexStep,
    Field(discriminator="step"),
]


class RangeSection(Section):
    """What values a column may have."""

    minimum: float | None = None
    """Smallest value."""
    maximum: float | None = None
    """Largest value."""
    above: float | None = None
    """Values are greater than this."""
    below: float | None = None
    """Values are less than this."""
    on_outside: Literal["error", "flag"] = "error"
    """Refuse values outside, or flag them in ``out_of_range`` and the audit."""

    @model_validator(mode="after")
    def _has_a_bound(self) -> Self:
        if all(one is None for one in (self.minimum, self.maximum, self.above, self.below)):
            raise ValueError("minimum, maximum, above or below must be stated")
        return self
