"""Designs: what is estimated, from which columns and how.

Nothing heavy is imported here, so that the door can validate a study file without waiting for an
estimator. A design is checked as it is made, with the rules of :mod:`estimation.design_checks`.
"""

from dataclasses import dataclass
from typing import Literal

from estimation.additivity.keys import CompositeOf, check_alone, check_composite_of
from estimation.design_checks import (
    check_choices,
    check_columns_differ,
    check_least,
    check_most,
    check_shares,
    check_some,
)
from estimation.heterogeneity.keys import (
    Along,
    Groups,
    Projection,
    check_along,
    check_groups,
    check_projection,
)
from estimation.instruments.keys import (
    Instruments,
    ShiftShare,
    check_instruments,
    instruments_of,
    joined_by_city,
)
from estimation.learning.learner_spec import Setting
from estimation.learning.tuning_budget import Budget
from estimation.linear.keys import (
    CITY_AND_YEAR_EFFECTS,
    Errors,
    Windows,
    check_effects,
    check_errors,
    check_windows,
    own_effects,
)
from estimation.mediation.keys import Mediators, check_mediators
from estimation.samples.keys import check_cross_section
from estimation.staggered.keys import (
    Adoption,
    check_adoption,
)
from estimation.vocabulary import CHECKS, LEARNERS, VARIANTS
from geo.errors import DesignError


@dataclass(frozen=True, slots=True)
class Split:
    """A subsample: city-years, or cities, on one side of the median of a column.

    The variant ``faithful`` cuts city-years, as Yu and Zhang do; a city may then be on both sides.
    Every other variant cuts cities, by their value in the first year of the sample that they have.
    """

    column: str
    """Column that is cut at its median."""
    side: Literal["low", "high"]
    """Values at or below the median, or above it."""


@dataclass(frozen=True, slots=True)
class Design:
    """What is estimated and how: a partially linear model over a city panel.

    Raises
    ------
    DesignError
        A variant or learner is unknown, a column plays two parts, or a number is out of range.
    """

    name: str
    """The design's name, unique in a study."""
    outcome: str
    """Column of the outcome, for example ``gini``."""
    treatment: str
    """Column of the treatment, for example ``uil``."""
    controls: tuple[str, ...] = ()
    """Columns of the controls; empty for effects alone."""
    joint: tuple[str, ...] = ()
    """Further treatments, estimated together with the first; p values get Holm's correction."""
    instrument: str | Instruments | None = None
    """Column of an instrument for the treatment, or several columns, or the treatment's past."""
    shift_share: ShiftShare | None = None
    """Exposure to shocks by shares: the treatment if it has its name, else an instrument."""
    moderator: str | None = None
    """Column whose product with the treatment is a term, beside both."""
    slopes: tuple[str, ...] = ()
    """Columns of labels (``year`` and ``province``, too) by which the treatment's slope differs
    beside its other terms; its own is then their average."""
    groups: Groups | None = None
    """Groups whose effects are told and compared; None for none."""
    along: Along | None = None
    """A variable along which the effect is told as a curve; None for none."""
    project_on: Projection | None = None
    """Variables of which the effect is told as a linear function; None for none."""
    mediators: Mediators | None = None
    """Variables through which the treatment may act; None for none."""
    adoption: Adoption | None = None
    """When cities adopt the policy that is the treatment, or that amplifies it; None if neither."""
    composite_of: CompositeOf | None = None
    """Parts of which the treatment is a composite: does it say more than they do? None for none."""
    variants: tuple[str, ...] = VARIANTS
    """Names from :data:`estimation.vocabulary.VARIANTS`. Linear two-way fixed effects are shown
    whether named or not."""
    learner: str | None = None
    """Name from :data:`estimation.vocabulary.LEARNERS`, for every nuisance function; None for each
    variant's own (:data:`estimation.vocabulary.OWN_LEARNERS`)."""
    settings: tuple[tuple[str, Setting], ...] = ()
    """The learner's parameters that are not its defaults, by name."""
    tune: Budget | None = None
    """How long to search for better settings, by folds of cities; None for no search."""
    folds: int = 5
    """Folds of cross-fitting, 2 or more (5 is the paper's 1:4 split)."""
    repetitions: int = 20
    """Repetitions of cross-fitting with new folds; the variant ``faithful`` uses one."""
    seed: int = 20110
    """Seed of folds and learners, 0 or more. Designs with one seed share folds on the same rows."""
    cluster: tuple[str, ...] = ("city",)
    """``city``, ``province``, ``year`` or a column; two for two-way clusters. The variant
    ``faithful`` keeps the paper's robust errors."""
    effects: tuple[str, ...] = CITY_AND_YEAR_EFFECTS
    """Effects of linear fixed effects: ``city``, ``year``, ``province``, columns, or combinations
    such as ``province^year``; none for a constant. The variants that learn know the default."""
    errors: Errors | None = None
    """Which errors linear fixed effects print; None for those clustered as the design says, with p
    value and interval of the wild bootstrap where clusters are few."""
    lag: int | None = None
    """Lags of Driscoll and Kraay's errors; None for Newey and West's rule."""
    standardised: bool = False
    """Whether effects of a standard deviation of the treatment are told of linear fixed effects."""
    windows: Windows | None = None
    """Windows of years in which linear fixed effects are estimated; None for none."""
    city: str = "city_id"
    """Column of the city, text or whole numbers."""
    year: str = "year"
    """Column of the year."""
    cross_section: bool = False
    """Whether each row is a unit of its own, without city, year and their effects: ``city`` and
    ``year`` are not read, and ``city`` among the clusters stands for the row."""
    min_units: int = 5
    """City-years with fewer units (column ``n_units``) are left out."""
    exclude_cities: frozenset[str] = frozenset()
    """Codes of cities left out, besides those that stand for no real city."""
    exclude_municipalities: bool = False
    """Whether the four municipalities are left out."""
    keep_pseudo_cities: bool = False
    """Whether codes that are no real city stay (:data:`panels.cities.codes.PSEUDO_CITIES`)."""
    years: tuple[int, ...] | None = None
    """Years to use; None for all."""
    split: Split | None = None
    """A subsample by the median of a column; None for all."""
    winsorise: tuple[float, float] | None = None
    """Quantiles of the sample, all years together, beyond which values become them: of every
    variable in the variant ``faithful``, of outcome and treatments in the others."""
    missing: Literal["refuse", "drop"] = "refuse"
    """What to do with city-years that lack a control, once they are listed."""
    checks: tuple[str, ...] = ("city_effects",)
    """Names from :data:`estimation.vocabulary.CHECKS`."""
    variation_of: str = ""
    """Name of the design that this one varies; empty for a design of its own."""

    def __post_init__(self) -> None:
        label = design_label(self)
        check_some(label, "name", self.name.strip())
        check_some(label, "variants", self.variants)
        check_choices(label, "variants", self.variants, VARIANTS)
        if self.learner is not None:
            check_choices(label, "learner", (self.learner,), LEARNERS)
        elif self.settings:
            raise DesignError(
                f"{label}, settings",
                expected="a learner for the settings",
                found="none named",
                hint=f"name one: {', '.join(LEARNERS)}",
            )
        check_choices(label, "checks", self.checks, CHECKS)
        check_columns_differ(label, _own_columns(self))
        check_some(label, "cluster", self.cluster)
        check_columns_differ(label, self.cluster)
        check_most(label, cluster=(len(self.cluster), 2))
        check_least(label, folds=(self.folds, 2), repetitions=(self.repetitions, 1))
        check_least(label, seed=(self.seed, 0), min_units=(self.min_units, 0))
        if self.years is not None:
            check_some(label, "years", self.years)
        if self.winsorise is not None:
            check_shares(label, "winsorise", self.winsorise)
        check_instruments(label, self)
        check_effects(label, self.effects, self.variants)
        check_errors(label, self.errors, self.lag, self.cluster)
        if self.windows is not None:
            check_windows(label, self.windows)
        if self.cross_section:
            joined = joined_by_city(self)
            check_cross_section(label, self.variants, self.cluster, self.effects, joined)
        _check_heterogeneity(self)
        _check_slopes(self)
        if self.adoption is not None:
            _check_adoption(self, self.adoption)
        if self.mediators is not None:
            _check_mediators(self, self.mediators)
        if self.composite_of is not None:
            _check_composite(self, self.composite_of)

    @property
    def treatments(self) -> tuple[str, ...]:
        """The treatment and those estimated jointly with it."""
        return (self.treatment, *self.joint)

    @property
    def absorbed(self) -> tuple[str, ...]:
        """The effects that linear fixed effects take out; of a cross-section none but its own."""
        return () if self.cross_section and not own_effects(self.effects) else self.effects

    @property
    def rows_alone(self) -> bool:
        """Whether each row is a cluster of its own: a cross-section that names no other."""
        return self.cross_section and self.cluster == ("city",)


def design_label(design: Design) -> str:
    """How a design is named in errors, notes and audit rows."""
    return f"design '{design.name}'"


def _own_columns(design: Design) -> tuple[str, ...]:
    """Columns that may each play one part only. A split may cut a column that has another part."""
    return (
        design.city,
        design.year,
        design.outcome,
        *design.treatments,
        *design.controls,
        *instruments_of(design),
        *(() if design.moderator is None else (design.moderator,)),
    )


def _check_heterogeneity(design: Design) -> None:
    """Check the keys that ask where the effect differs, each and together."""
    label, parts = design_label(design), {"outcome": design.outcome, "treatment": design.treatment}
    if design.groups is not None:
        check_groups(label, design.groups, outcome=design.outcome, year=design.year)
    if design.along is not None:
        check_along(label, design.along, **parts)
    if design.project_on is not None:
        check_projection(label, design.project_on, **parts)
    asked = [key for key in ("groups", "along", "project_on") if getattr(design, key) is not None]
    others = [key for key in ("joint", "moderator") if getattr(design, key)]
    if others and asked:
        raise DesignError(
            f"{label}, {others[0]}",
            expected="one model of where the effect of one treatment differs",
            found=f"{' and '.join(asked)} beside it",
            hint="write a second design; what they share is fitted once",
        )


def _check_slopes(design: Design) -> None:
    """Check the columns by which the treatment's slope differs, and what they do not go with."""
    label = f"{design_label(design)}, slopes"
    check_columns_differ(label, design.slopes)
    adopted = design.adoption is not None and not design.adoption.amplifies
    keys = ("groups", "along", "project_on", "mediators", "instrument", "shift_share",
            "composite_of")  # fmt: skip
    others = [*_in_use(design, *keys), *(["adoption"] if adopted else [])]
    if design.slopes and others:
        raise DesignError(
            label,
            expected="a treatment whose slope differs by these columns alone, or by a moderator or "
            "a policy that amplifies it beside them",
            found=f"{' and '.join(others)} beside it",
            hint="write a second design",
        )


def _check_mediators(design: Design, asked: Mediators) -> None:
    """Check the key that asks for mediation."""
    parts = (design.city, design.year, design.outcome, *design.treatments, *design.controls)
    others = _in_use(design, "joint", "moderator", "instrument", "shift_share")
    label = design_label(design)
    check_mediators(label, asked, parts=parts, others=others, cluster=design.cluster)


def _check_adoption(design: Design, asked: Adoption) -> None:
    """Check the key that says when cities adopt a policy."""
    keys = ("joint", "moderator", "instrument", "shift_share", "cross_section", "effects")
    check_adoption(
        design_label(design),
        asked,
        treatment=design.treatment,
        outcome=design.outcome,
        others=_in_use(design, *keys),
    )


def _check_composite(design: Design, asked: CompositeOf) -> None:
    """Check the parts of a composite, which is the design's only treatment."""
    label = design_label(design)
    check_composite_of(label, asked, taken=_own_columns(design))
    keys = ("joint", "instrument", "shift_share", "moderator", "cross_section", "effects")
    check_alone(label, others=_in_use(design, *keys))


def _in_use(design: Design, *keys: str) -> list[str]:
    """Which of some keys a design uses; effects where they are not those of cities and years."""
    used = [key for key in keys if key != "effects" and getattr(design, key)]
    return [*used, *(["effects"] if "effects" in keys and own_effects(design.effects) else [])]
