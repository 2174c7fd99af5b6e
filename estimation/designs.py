"""Designs: what is estimated, from which columns and how.

Nothing heavy is imported here, so that the door can validate a study file without waiting for an
estimator. A design is checked as it is made, with the rules of :mod:`estimation.design_checks`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from estimation.design_checks import (
    check_choices,
    check_columns_differ,
    check_least,
    check_most,
    check_shares,
    check_some,
    missing_column,
)
from estimation.heterogeneity.keys import (
    Along,
    Groups,
    Projection,
    check_along,
    check_groups,
    check_projection,
)
from estimation.learning.learner_spec import Setting
from estimation.learning.tuning_budget import Budget
from estimation.vocabulary import CHECKS, CLUSTERS, LEARNERS, VARIANTS
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
    instrument: str | None = None
    """Column of an instrument for the treatment."""
    moderator: str | None = None
    """Column whose product with the treatment is a term, beside both."""
    groups: Groups | None = None
    """Groups whose effects are told and compared; None for none."""
    along: Along | None = None
    """A variable along which the effect is told as a curve; None for none."""
    project_on: Projection | None = None
    """Variables of which the effect is told as a linear function; None for none."""
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
    city: str = "city_id"
    """Column of the city, text or whole numbers."""
    year: str = "year"
    """Column of the year."""
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
        _check_together(self)
        _check_heterogeneity(self)

    @property
    def treatments(self) -> tuple[str, ...]:
        """The treatment and those estimated jointly with it."""
        return (self.treatment, *self.joint)


def design_label(design: Design) -> str:
    """How a design is named in errors, notes and audit rows."""
    return f"design '{design.name}'"


def numbers_of(design: Design) -> tuple[str, ...]:
    """Columns of numbers that a design reads, each once: outcome, treatments, controls, others."""
    cut = None if design.split is None else design.split.column
    extra = (design.instrument, design.moderator, cut)
    named = [
        design.outcome,
        *design.treatments,
        *design.controls,
        *(column for column in extra if column is not None),
        *_told_along(design),
    ]
    return tuple(dict.fromkeys(named))


def label_of(design: Design) -> str | None:
    """Column whose values, text or numbers, are the design's groups; None if there is none."""
    groups = design.groups
    return groups.column if groups is not None and groups.column and not groups.quantiles else None


def columns_of(design: Design) -> tuple[str, ...]:
    """Columns that every panel of the design must have: city, year, numbers, groups, clusters.

    Provinces are not among them: without such a column they are read from the cities' codes, and
    where these do not tell them that is found when the design is planned.
    """
    label = label_of(design)
    groups = () if label is None else (label,)
    named = (design.city, design.year, *numbers_of(design), *groups, *_cluster_columns(design))
    return tuple(dict.fromkeys(named))


def _cluster_columns(design: Design) -> tuple[str, ...]:
    """Columns of clusters that no other column of a panel can give."""
    return tuple(name for name in design.cluster if name not in CLUSTERS)


def column_problems(design: Design, columns: Iterable[str]) -> tuple[DesignError, ...]:
    """One error for every column that a design reads and a panel lacks.

    Parameters
    ----------
    design : Design
    columns : iterable of str
        The panel's columns.

    Returns
    -------
    tuple of DesignError
        Not raised; empty if nothing is missing. Each names the design, the column and close
        matches.
    """
    there, label = [str(column) for column in columns], design_label(design)
    ways = [*dict.fromkeys((*CLUSTERS, *there))]
    named = dict.fromkeys(columns_of(design), (label, there))
    named |= dict.fromkeys(_cluster_columns(design), (f"{label}, cluster", ways))
    return tuple(
        missing_column(where, column, known)
        for column, (where, known) in named.items()
        if column not in there
    )


def check_columns(design: Design, columns: Iterable[str]) -> None:
    """Refuse a panel that lacks a column of the design.

    Raises
    ------
    DesignError
        The first of :func:`column_problems`.
    """
    for problem in column_problems(design, columns):
        raise problem


def _own_columns(design: Design) -> tuple[str, ...]:
    """Columns that may each play one part only. A split may cut a column that has another part."""
    extra = (design.instrument, design.moderator)
    return (
        design.city,
        design.year,
        design.outcome,
        *design.treatments,
        *design.controls,
        *(column for column in extra if column is not None),
    )


def _check_together(design: Design) -> None:
    """Refuse an instrument with what needs more than one."""
    others = [key for key in ("joint", "moderator") if getattr(design, key)]
    if design.instrument is not None and others:
        raise DesignError(
            f"{design_label(design)}, instrument",
            expected="one treatment for one instrument",
            found=f"{' and '.join(others)} beside it",
            hint=f"leave out {' and '.join(others)}, or the instrument",
        )


def _told_along(design: Design) -> tuple[str, ...]:
    """Columns of numbers that say where the effect differs."""
    columns: list[str] = []
    if design.groups is not None and design.groups.quantiles:
        columns.append(design.groups.column)
    if design.along is not None:
        columns.append(design.along.column)
    if design.project_on is not None:
        columns.extend(design.project_on.columns)
    return tuple(columns)


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
