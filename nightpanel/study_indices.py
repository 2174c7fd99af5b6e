"""The study file's sections on indices that are made from yearbook columns."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from nightpanel.study_section import FilePath, Section


class _UilColumns(Section):
    """What industrial upgrading is made of."""

    value_added: list[str] | None = None
    """Mapped columns of value added: primary, secondary, tertiary."""
    shares: list[str] | None = None
    """Mapped columns of reported shares, used where value added is missing."""
    unit: Literal["fraction", "percent"] | None = None
    """Unit of the reported shares; must be stated where shares are used."""
    on_bad_shares: Literal["error", "keep", "drop"] = "error"
    """What to do with shares that miss one by more than 0.005."""

    @model_validator(mode="after")
    def _has_a_source(self) -> Self:
        if self.value_added is None and self.shares is None:
            raise ValueError("value_added or shares must name three columns")
        if self.shares is not None and self.unit is None:
            raise ValueError('unit must be "fraction" or "percent" where shares are used')
        return self


class UilSection(_UilColumns):
    """Industrial upgrading (UIL) of one table, from value added or from reported shares."""

    name: str = "uil"
    """Name of the column to make."""


class UilIndexSection(_UilColumns):
    """Industrial upgrading (UIL) of the joined panel."""

    kind: Literal["uil"]
    """Which index it is."""


class AdvancedStructureSection(Section):
    """Value added of the tertiary over that of the secondary sector."""

    kind: Literal["advanced_structure"]
    """Which index it is."""
    value_added: list[str]
    """Columns of value added, or of shares: primary, secondary, tertiary."""


class RationalisationSection(Section):
    """A Theil index of productivity over sectors; lower is more rational."""

    kind: Literal["rationalisation"]
    """Which index it is."""
    value_added: list[str]
    """Columns of value added, or of shares: primary, secondary, tertiary."""
    employment: list[str]
    """Columns of employment, or of shares: primary, secondary, tertiary."""


class WeightedStructureSection(Section):
    """Outputs of sectors, weighted by technology and skill (ISA)."""

    kind: Literal["weighted_structure"]
    """Which index it is."""
    outputs: list[str]
    """Columns of output, or of shares: two sectors or more."""
    weights: list[float] | None = None
    """A weight for each sector; instead of technology and skills."""
    technology: list[str] | None = None
    """Columns of each sector's ratio of technology, such as research over output."""
    skills: list[str] | None = None
    """Columns of each sector's ratio of skills, such as the share of skilled workers."""


class LabourMisallocationSection(Section):
    """How far marginal revenue products of labour differ between sectors; lower is better."""

    kind: Literal["labour_misallocation", "labour_misallocation_loss"]
    """Which index it is: dispersion in log points, or share of output forgone."""
    value_added: list[str]
    """Columns of value added: two sectors or more."""
    employment: list[str]
    """Columns of employment of the same sectors."""
    labour_share: list[float] | list[str] | None = None
    """Labour share of each sector, or its column; equal ones when left out (dispersion only)."""

    @model_validator(mode="after")
    def _loss_has_shares(self) -> Self:
        if self.kind == "labour_misallocation_loss" and self.labour_share is None:
            raise ValueError("labour_share must give a share, or a column, for each sector")
        return self


class DigitalFinanceSection(Section):
    """The digital inclusive finance index from its three parts."""

    kind: Literal["digital_finance"]
    """Which index it is."""
    breadth: str
    """Column of coverage breadth."""
    depth: str
    """Column of usage depth."""
    digitisation: str
    """Column of the level of digitisation."""
    published: str | None = None
    """Column of the published aggregate, to be compared with."""


class CompositeSection(Section):
    """A composite of indicators, in one or two levels."""

    kind: Literal["entropy", "equal_min_max", "equal_standardised"]
    """Which index it is: weights and scaling."""
    indicators: Annotated[list[str], Field(min_length=2)] | dict[str, list[str]]
    """Columns; or, for two levels, sub-index = columns."""
    reverse: list[str] = []
    """Indicators of which more lowers the composite."""
    weights: Literal["pooled", "year"] = "pooled"
    """Entropy of the whole panel, or of each year's cities."""
    zeros: Literal["limit", "shift"] = "limit"
    """Scaled zeros: the limit of p ln p, or ``shift`` added to every scaled value."""
    shift: float = Field(default=0.0001, gt=0)
    """What is added to scaled values before their entropy is taken."""
    scale: FilePath | None = None
    """``tables/index_weights.csv`` of an earlier run, on whose scale the panel is scored."""
    stability_draws: int = Field(default=200, ge=1)
    """Draws of disturbed weights in the table of rank stability."""
    stability_width: float = Field(default=0.1, gt=0, lt=1)
    """How far each weight is disturbed, as a share of it."""

    @model_validator(mode="after")
    def _reverses_its_own(self) -> Self:
        own = [one for part in self.groups().values() for one in part]
        strange = sorted(set(self.reverse) - set(own))
        if strange:
            raise ValueError(f"reverse must name indicators, not {strange[0]!r}")
        return self

    def groups(self) -> dict[str, list[str]]:
        """Indicators by sub-index; a single nameless one where there is one level."""
        return self.indicators if isinstance(self.indicators, dict) else {"": self.indicators}


IndexSection = Annotated[
    UilIndexSection
    | AdvancedStructureSection
    | RationalisationSection
    | WeightedStructureSection
    | LabourMisallocationSection
    | DigitalFinanceSection
    | CompositeSection,
    Field(discriminator="kind"),
]
