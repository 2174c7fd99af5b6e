"""Designs: what is estimated, from which columns and how, checked when written down.

Nothing heavy is imported here, so that the door can validate a study file without waiting for an
estimator.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from geo.errors import DesignError

VARIANTS = ("faithful", "first_difference", "within", "two_way_fixed_effects")
"""Every way a design can be estimated, in the order in which estimates are listed."""

LEARNERS = (
    "gradient_boosting",
    "xgboost",
    "lightgbm",
    "lasso",
    "random_forest",
    "ridge",
    "linear",
)
"""Names of the learners; :mod:`estimation.learners` builds them."""

PROVISIONAL = "first_difference"
"""The variant recommended until the simulation protocol has decided."""


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
    variants: tuple[str, ...] = VARIANTS
    """Names from :data:`VARIANTS`. Linear two-way fixed effects are shown whether named or not."""
    learner: str = "gradient_boosting"
    """Name from :data:`LEARNERS`, for both nuisance functions."""
    folds: int = 5
    """Folds of cross-fitting, 2 or more (5 is the paper's 1:4 split)."""
    repetitions: int = 20
    """Repetitions of cross-fitting with new folds; the variant ``faithful`` uses one."""
    seed: int = 20110
    """Seed of folds and learners, 0 or more. Designs with one seed share folds on the same rows."""
    city: str = "city_id"
    """Column of the city, text or whole numbers."""
    year: str = "year"
    """Column of the year."""
    min_units: int = 5
    """City-years with fewer units (column ``n_units``) are left out."""
    exclude_cities: frozenset[str] = frozenset()
    """Codes of cities left out, besides those that stand for no real city."""
    keep_pseudo_cities: bool = False
    """Whether codes that are no real city stay (:data:`panels.cities.codes.PSEUDO_CITIES`)."""
    years: tuple[int, ...] | None = None
    """Years to use; None for all."""

    def __post_init__(self) -> None:
        _check_names(self)
        _check_columns_differ(self)
        _check_numbers(self)


def design_label(design: Design) -> str:
    """How a design is named in errors, notes and audit rows."""
    return f"design '{design.name}'"


def columns_of(design: Design) -> tuple[str, ...]:
    """Columns that a design reads, each once: city, year, outcome, treatment, controls."""
    return (design.city, design.year, design.outcome, design.treatment, *design.controls)


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
    there = [str(column) for column in columns]
    return tuple(
        DesignError(
            f"{design_label(design)}, column '{column}'",
            expected="a column of the panel",
            found=f"no such column among {_listed(there)}",
            hint=_suggestion(column, there),
        )
        for column in columns_of(design)
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


def _check_names(design: Design) -> None:
    if not design.name.strip():
        raise DesignError(
            "design", expected="a name", found=f"'{design.name}'", hint="give the design a name"
        )
    if not design.variants:
        raise DesignError(
            f"{design_label(design)}, variants",
            expected=f"one or more of {', '.join(VARIANTS)}",
            found="none",
            hint="name a variant or leave the key out",
        )
    for variant in design.variants:
        if variant not in VARIANTS:
            raise _unknown(design, "variants", variant, VARIANTS)
    if design.learner not in LEARNERS:
        raise _unknown(design, "learner", design.learner, LEARNERS)


def _unknown(design: Design, key: str, value: str, known: Sequence[str]) -> DesignError:
    return DesignError(
        f"{design_label(design)}, {key}",
        expected=f"one of {', '.join(known)}",
        found=f"'{value}'",
        hint=_suggestion(value, known),
    )


def _check_columns_differ(design: Design) -> None:
    seen: set[str] = set()
    for column in columns_of(design):
        if not column:
            raise DesignError(
                design_label(design),
                expected="names of columns",
                found="an empty name",
                hint="name the column",
            )
        if column in seen:
            raise DesignError(
                f"{design_label(design)}, column '{column}'",
                expected="each column in one part only",
                found="it named twice among city, year, outcome, treatment and controls",
                hint="name it once",
            )
        seen.add(column)


def _check_numbers(design: Design) -> None:
    for key, value, least in (
        ("folds", design.folds, 2),
        ("repetitions", design.repetitions, 1),
        ("seed", design.seed, 0),
        ("min_units", design.min_units, 0),
    ):
        if value < least:
            raise DesignError(
                f"{design_label(design)}, {key}",
                expected=f"{least} or more",
                found=str(value),
                hint=f"set {key} to at least {least}",
            )
    if design.years is not None and not design.years:
        raise DesignError(
            f"{design_label(design)}, years",
            expected="one or more years",
            found="an empty list",
            hint="name years or leave the key out to use all",
        )


def _listed(names: Sequence[str], most: int = 12) -> str:
    """Names in a row, so many that they still fit a line."""
    rest = len(names) - most
    return ", ".join(names[:most]) + (f" and {rest} more" if rest > 0 else "")


def _suggestion(word: str, known: Iterable[str]) -> str:
    close = get_close_matches(word, list(known), n=3, cutoff=0.6)
    if not close:
        return "correct the name"
    return "did you mean " + " or ".join(f"'{match}'" for match in close) + "?"
