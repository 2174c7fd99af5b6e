"""The study file's sections on designs and their variations.

The keys of ``[[designs]]`` are the fields of `estimation.designs.Design`: a new one needs a line in
`DesignKeys`, with the type that TOML has for it, and nothing else.
"""

from collections.abc import Mapping
from dataclasses import fields, replace
from types import MappingProxyType
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from estimation.designs import Design, Split
from estimation.heterogeneity.keys import Along, At, Groups, How, Projection, Regions, Slopes
from estimation.learning.learner_spec import learner_spec
from estimation.learning.tuning_budget import Budget
from estimation.linear.keys import Errors
from estimation.vocabulary import VARIANTS
from nightpanel.study_additivity import CompositeOfSection
from nightpanel.study_adoption import AdoptionSection
from nightpanel.study_instruments import InstrumentKey, ShiftShareSection
from nightpanel.study_linear import WindowsSection
from nightpanel.study_mediation import MediatorsSection
from nightpanel.study_section import Section, ValueSection

Pair = Annotated[list[float], Field(min_length=2, max_length=2)]
TextOrList = Annotated[
    list[str], BeforeValidator(lambda value: [value] if isinstance(value, str) else value)
]
LONGEST_NAME = 90
OF_A_LEARNER = ("settings", "tune")
"""Keys that another learner does not inherit."""
_LEFT_OUT: Mapping[str, Any] = MappingProxyType(
    {
        one.name: one.default
        for one in fields(Design)
        if one.default is None or one.name == "settings"
    }
)
"""What a design has where a key that may be unset is left out."""
UNSETTABLE = tuple(_LEFT_OUT)
"""Keys that a variation may unset: TOML has no word for nothing."""


class SplitSection(ValueSection):
    """A subsample by the median of a column."""

    column: str
    """Column that is cut at its median."""
    side: Literal["low", "high"]
    """Values at or below the median, or above it."""

    def made(self) -> Split:
        """The estimation room's value."""
        return Split(self.column, self.side)


class GroupsSection(ValueSection):
    """Groups between which the effect may differ; see `Groups` for each key."""

    column: str = ""
    """Column of the groups; left out for periods."""
    quantiles: int = 0
    """Into how many groups numbers are cut; the column's values are the groups when left out."""
    at: At = "base_year"
    """Which value of the column counts."""
    periods: list[Annotated[list[int], Field(min_length=2, max_length=2)]] = []
    """First and last year of each period."""
    how: How = "residuals"
    """How the groups' effects come about."""
    regions: Regions = ""
    """Regions of the cities' provinces, ``three`` or ``four``."""
    controls: Slopes = "shared"
    """Slopes of the controls in linear fixed effects."""

    def made(self) -> Groups:
        """The estimation room's value."""
        periods = tuple((first, last) for first, last in self.periods)
        return Groups(
            self.column, self.quantiles, self.at, periods, self.how, self.regions, self.controls
        )


class AlongSection(ValueSection):
    """A variable along which the effect may take any smooth shape."""

    column: str
    """Column of the variable."""
    basis: int = 5
    """Functions of the cubic B-spline, 4 or more."""
    at: At = "base_year"
    """Which value of the column counts."""

    def made(self) -> Along:
        """The estimation room's value."""
        return Along(self.column, self.basis, self.at)


class ProjectionSection(ValueSection):
    """Variables of which the effect is told as a linear function."""

    columns: list[str]
    """Columns of the variables; each is standardised."""
    at: At = "base_year"
    """Which value of the columns counts."""

    def made(self) -> Projection:
        """The estimation room's value."""
        return Projection(tuple(self.columns), self.at)


class TuneSection(ValueSection):
    """How long to search for better settings of a learner, by folds of cities."""

    trials: int | None = None
    """Settings to try: 50 when neither this nor seconds is given."""
    seconds: float | None = None
    """No trial but the first starts later."""
    folds: int = 5
    """Folds of cities by which settings are scored."""

    def made(self) -> Budget:
        """The estimation room's value."""
        if self.trials is None and self.seconds is None:
            return Budget(folds=self.folds)
        return Budget(self.trials, self.seconds, self.folds)


class DesignKeys(Section):
    """What a design says and a variation may say otherwise; see `Design` for each key."""

    outcome: str = ""
    """Outcome column of the panel."""
    treatment: str = ""
    """Treatment column of the panel."""
    controls: list[str] = []
    """Control columns of the panel."""
    joint: list[str] = []
    """Further treatments, estimated together with the first."""
    instrument: InstrumentKey | None = None
    """Column of an instrument for the treatment, or several, or { lag = 1 }."""
    shift_share: ShiftShareSection | None = None
    """Exposure to shocks by shares."""
    moderator: str | None = None
    """Column whose product with the treatment is a term."""
    slopes: TextOrList = []
    """Columns of labels by which the treatment's slope differs beside its other terms."""
    groups: GroupsSection | None = None
    """Groups whose effects are told and compared."""
    along: AlongSection | None = None
    """A variable along which the effect is told as a curve."""
    project_on: ProjectionSection | None = None
    """Variables of which the effect is told as a linear function."""
    mediators: MediatorsSection | None = None
    """Variables through which the treatment may act."""
    adoption: AdoptionSection | None = None
    """When cities adopt the policy that is the treatment, or amplifies it."""
    composite_of: CompositeOfSection | None = None
    """Parts of which the treatment is a composite."""
    variants: list[str] = list(VARIANTS)
    """Ways of running it, side by side."""
    learner: str | None = None
    """Learner of the nuisance functions; each variant's own when left out."""
    settings: dict[str, Any] = {}
    """The learner's parameters that are not its defaults."""
    tune: TuneSection | None = None
    """A search for better settings; none when left out."""
    folds: int = 5
    """Folds of the cross-fitting."""
    repetitions: int = 20
    """Repetitions of the sample splitting (the faithful variant has one)."""
    seed: int = 20110
    """Seed of folds and learners."""
    cluster: TextOrList = ["city"]
    """``city``, ``province``, ``year`` or a column; two for two-way clusters."""
    effects: TextOrList = ["city", "year"]
    """Effects of linear fixed effects; none for a constant."""
    errors: Errors | None = None
    """Which errors linear fixed effects print."""
    lag: int | None = None
    """Lags of Driscoll and Kraay's errors."""
    standardised: bool = False
    """Whether effects of a standard deviation of the treatment are told."""
    windows: WindowsSection | None = None
    """Windows of years in which linear fixed effects are estimated."""
    city: str = "city_id"
    """Column of the city."""
    year: str = "year"
    """Column of the year."""
    cross_section: bool = False
    """Whether each row is a unit of its own, without city and year."""
    min_units: int = 5
    """City-years with fewer units are left out, where the panel counts units."""
    exclude_cities: list[str] = []
    """Cities to leave out besides the pseudo-cities."""
    exclude_municipalities: bool = False
    """Whether the four municipalities are left out."""
    keep_pseudo_cities: bool = False
    """Whether codes that group province-administered counties stay in the sample."""
    years: list[int] | None = None
    """Years of the sample; all when left out."""
    split: SplitSection | None = None
    """A subsample by the median of a column; all when left out."""
    winsorise: Pair | None = None
    """Quantiles beyond which values become them."""
    missing: Literal["refuse", "drop"] = "refuse"
    """What to do with city-years that lack a control."""
    checks: list[str] = ["city_effects"]
    """Checks of the design."""

    def given(self) -> dict[str, Any]:
        """The keys of a design that the file sets, as `Design` takes them."""
        keys = self.model_fields_set & set(DesignKeys.model_fields)
        return {key: _as_design_has_it(key, getattr(self, key)) for key in keys}


class VariationSection(DesignKeys):
    """A design that differs from another in some keys.

    Settings and their tuning belong to a learner: a variation with another learner has neither,
    unless it gives them.
    """

    name: str | None = Field(default=None, min_length=1)
    """Its own name in the tables; the design's and what differs when left out."""
    add_controls: list[str] = []
    """Controls beside those of the design."""
    drop_controls: list[str] = []
    """Controls of the design that it does without."""
    unset: list[Literal[*UNSETTABLE]] = []  # type: ignore[valid-type]
    """Keys of the design that are as if left out."""

    @model_validator(mode="after")
    def _differs(self) -> Self:
        if not self.model_fields_set - {"name"}:
            raise ValueError("at least one key that differs from the design")
        if "controls" in self.model_fields_set and (self.add_controls or self.drop_controls):
            raise ValueError("controls, or add_controls and drop_controls")
        twice = [key for key in self.unset if key in self.model_fields_set]
        if twice:
            raise ValueError(f"{twice[0]} given, or in unset")
        return self

    def over(self, design: Design) -> Design:
        """The design as varied.

        Raises
        ------
        DesignError
            See `Design`.
        """
        given = {key: _LEFT_OUT[key] for key in self._without(design)} | self.given()
        controls = given.pop("controls", design.controls)
        kept = tuple(one for one in controls if one not in self.drop_controls)
        return replace(
            design,
            **given,
            controls=(*kept, *self.add_controls),
            name=self.name or f"{design.name}: {self._difference()}",
            variation_of=design.name,
        )

    def _without(self, design: Design) -> tuple[str, ...]:
        """Keys of the design that do not hold here."""
        named = self.model_fields_set | {*self.unset}
        other = "learner" in named and self.learner != design.learner
        return (*self.unset, *(OF_A_LEARNER if other else ()))

    def _difference(self) -> str:
        """What differs, for a variation without a name."""
        said = self.model_dump(include=self.model_fields_set, exclude_none=True)
        text = ", ".join(f"{key} = {_as_written(value)}" for key, value in said.items())
        return text if len(text) <= LONGEST_NAME else f"{text[: LONGEST_NAME - 4]} ..."


class DesignSection(DesignKeys):
    """What is estimated and how, with its variations."""

    name: str
    """The design's name in the table of estimates."""
    outcome: str
    """Outcome column of the panel."""
    treatment: str
    """Treatment column of the panel."""
    vary: list[VariationSection] = []
    """Variations: each is a design of its own that differs in the keys it has."""

    @model_validator(mode="after")
    def _drops_controls_that_are_there(self) -> Self:
        for place, variation in enumerate(self.vary):
            for control in variation.drop_controls:
                if control not in self.controls:
                    raise ValueError(f"vary.{place}.drop_controls must name controls of the design")
        return self

    def design(self) -> Design:
        """The estimation room's frozen design.

        Raises
        ------
        DesignError
            A variant or learner is unknown, a column plays two parts, or a number is out of range.
        """
        return Design(name=self.name, **self.given())

    def designs(self) -> tuple[Design, ...]:
        """The design, then one for every variation.

        Raises
        ------
        DesignError
            As `design`, of any of them.
        """
        design = self.design()
        return (design, *(variation.over(design) for variation in self.vary))


def _as_design_has_it(key: str, value: Any) -> Any:
    if key == "settings":
        return learner_spec("settings", value).settings
    if key == "exclude_cities":
        return frozenset(value)
    if isinstance(value, ValueSection):
        return value.made()
    return tuple(value) if isinstance(value, list) else value


def _as_written(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key} = {_as_written(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return ", ".join(_as_written(one) for one in value)
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)
