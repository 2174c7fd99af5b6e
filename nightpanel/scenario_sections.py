"""The scenario file's models: what a file of structural scenarios may say, key by key.

Keys of the model carry the symbols of Pan, Li and Gu. Domains are checked where the model's objects
are made (`nightpanel.scenario_runs`); here it is only seen that a number is one.
"""

# ruff: noqa: N815 - the model's names

import re
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from nightpanel.study_section import FilePath, Section

FILE_NAME = re.compile(r"[A-Za-z0-9_-]+")
LARGEST = 1e100
"""Numbers beyond it are none that a model of shares and elasticities could mean."""


def _is_number(value: object) -> bool:
    plain = isinstance(value, int | float) and not isinstance(value, bool)
    # Also of integers that no float can hold; nan is in no order.
    return plain and -LARGEST <= value <= LARGEST  # type: ignore[operator]


def _as_number(value: object) -> object:
    if _is_number(value):
        return value
    raise ValueError("a finite number")


def _as_three(value: object) -> object:
    """One number for all three, or a list of three."""
    if _is_number(value):
        return [value, value, value]
    if isinstance(value, list) and len(value) == 3 and all(map(_is_number, value)):
        return value
    raise ValueError("a finite number for all three, or a list of three")


def _as_path(value: object) -> object:
    """One number for all periods, or a list that is constant after its last."""
    if _is_number(value):
        return [value]
    if isinstance(value, list) and value and all(map(_is_number, value)):
        return value
    raise ValueError("a finite number, or a list of them by period")


def _as_shares(value: object) -> object:
    if isinstance(value, list) and len(value) == 3 and all(map(_is_number, value)):
        return value
    raise ValueError("a list of three finite numbers, of m, x, s")


def _as_two(value: object) -> object:
    if isinstance(value, list) and len(value) == 2 and all(map(_is_number, value)):
        return value
    raise ValueError("two finite numbers, of m and of s")


def _as_file_name(value: object) -> object:
    if isinstance(value, str) and FILE_NAME.fullmatch(value):
        return value
    raise ValueError("letters, digits, - and _")


def _as_values(value: object) -> object:
    if isinstance(value, list) and value and all(map(_is_number, value)):
        return value
    raise ValueError("a list of finite numbers")


Period = Annotated[int, Field(ge=1, le=10_000)]
Year = Annotated[int, Field(ge=1, le=9_999)]
Number = Annotated[float, BeforeValidator(_as_number)]
Three = Annotated[list[float], BeforeValidator(_as_three)]
Path = Annotated[list[float], BeforeValidator(_as_path)]
Shares = Annotated[list[float], BeforeValidator(_as_shares)]
Two = Annotated[list[float], BeforeValidator(_as_two)]
Values = Annotated[list[float], BeforeValidator(_as_values)]


class RampSection(Section):
    """How the power of AI sets in."""

    start: Annotated[int, Field(ge=-10_000, le=10_000)] = 20
    """Last period without any."""
    length: Period = 11
    """Periods from there until all of it is at work."""


class ReformSection(Section):
    """One wage gap that goes linearly to 1."""

    sector: Literal["m", "s"]
    """Manufacturing or consumer services."""
    from_period: Period = 29
    """Last period with the gap as it was."""
    to_period: Period = 60
    """First period without a gap."""


class CalibrationSection(Section):
    """Productivities that give employment of period 1, in place of ``B``."""

    labour: Shares
    """Employment shares of m, x, s to be met."""
    level: Annotated[Number, Field(gt=0)]
    """Geometric mean of the three productivities: a choice, on which growth depends."""


class ModelSection(Section):
    """What makes a scenario; a key that is left out is the paper's (`docs/structural-model.md`)."""

    alpha_M: Number | None = None
    """Weight of manufacturing in industrial goods."""
    sigma_M: Number | None = None
    """Elasticity of substitution in industrial goods."""
    alpha_S: Number | None = None
    """Weight of consumer services in service goods."""
    sigma_S: Number | None = None
    """Elasticity of substitution in service goods."""
    omega: Three | None = None
    """Weight of industrial goods in consumption, investment and infrastructure."""
    epsilon: Three | None = None
    """Elasticity of substitution in these three."""
    beta: Three | None = None
    """Capital's share of income in m, x, s."""
    B: Three | None = None
    """Productivity apart from AI in m, x, s."""
    calibrate_B: CalibrationSection | None = None
    """In place of ``B``."""
    gamma: Three | None = None
    """Power of the AI stock in m, x, s."""
    delta_K: Number | None = None
    """Depreciation of capital."""
    delta_M: Number | None = None
    """Depreciation of the AI stock."""
    infrastructure_inside: bool | None = None
    """Whether new infrastructure is part of investment."""
    xi_m: Path | None = None
    """Wage gap of manufacturing by period; of the data when left out, 1 without data."""
    xi_s: Path | None = None
    """Wage gap of consumer services."""
    xi_scale: Two | None = None
    """Two factors on the wage gaps of m and s."""
    ramp: RampSection | None = None
    """How the power of AI sets in."""
    s: Path | None = None
    """Rate of investment by period."""
    s_H: Path | None = None
    """Rate of new infrastructure by period."""
    K_1: Annotated[Number, Field(gt=0)] | None = None
    """Capital in period 1."""
    M_1: Annotated[Number, Field(gt=0)] | None = None
    """The AI stock in period 1."""
    reforms: list[ReformSection] | None = None
    """Wage gaps that go to 1."""

    @model_validator(mode="after")
    def _one_source_of_productivity(self) -> Self:
        if self.B is not None and self.calibrate_B is not None:
            raise ValueError("either B or calibrate_B: leave one out")
        return self


class ScenarioSection(ModelSection):
    """One scenario: what it has otherwise than the baseline."""

    name: Annotated[str, Field(min_length=1)]
    """By which tables and figures know it."""


class GridSection(Section):
    """Many scenarios: every combination of some values."""

    name: Annotated[str, Field(min_length=1)]
    """By which `grids.parquet` knows it."""
    scenario: str | None = None
    """The scenario that is varied; the baseline when left out."""
    values: Annotated[dict[str, Values], Field(min_length=1)]
    """Values by key: keys of one sector or use have it at the end, as ``gamma_x``; ``omega`` and
    ``epsilon`` are of all uses, ``gamma_services`` of both services."""


class FigureSection(Section):
    """A figure that sets scenarios side by side."""

    name: Annotated[str, BeforeValidator(_as_file_name)]
    """Of its files."""
    scenarios: Annotated[list[str], Field(min_length=1, max_length=6)]
    """Their names."""
    title: str = ""
    """Above it."""


class DataSection(Section):
    """Sector data, from which wage gaps come and beside which the model is drawn."""

    file: FilePath
    """A workbook of the Economic Transformation Database."""
    country: str = "CHN"
    """Its code there."""
    years: Annotated[list[Year], Field(min_length=2, max_length=2)] | None = None
    """First year, which is period 1, and last; all that the country has when left out."""
    mapping: FilePath | None = None
    """csv of sectors to m, x, s; the paper's when left out."""


class SimulationSection(Section):
    """How long, and from which year."""

    periods: Period = 60
    """Periods of every scenario."""
    first_year: Year = 1990
    """Year of period 1, where there are no data."""


class ScenarioFile(Section):
    """A file of scenarios; paths are absolute once it is read."""

    simulation: SimulationSection = SimulationSection()
    """How long, and from which year."""
    data: DataSection | None = None
    """Sector data; none when left out."""
    baseline: ModelSection = ModelSection()
    """What all scenarios share, where it is not the paper's."""
    scenarios: list[ScenarioSection] = Field(default_factory=list)
    """The scenarios."""
    grid: list[GridSection] = Field(default_factory=list)
    """Grids of scenarios."""
    figures: list[FigureSection] | None = None
    """Figures beside those of the paper."""
