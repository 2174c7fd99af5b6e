"""The key of a design that asks whether its composite says more than its parts."""

from collections.abc import Collection
from dataclasses import dataclass

from estimation.design_checks import check_columns_differ, check_least
from geo.errors import DesignError


@dataclass(frozen=True, slots=True)
class CompositeOf:
    """The parts of which the design's treatment is a composite."""

    parts: tuple[str, ...]
    """Columns of the parts (sub-indices), two or more."""
    folds: int = 5
    """Folds of cities of the out-of-city R2."""
    repetitions: int = 20
    """Repetitions with new folds."""
    draws: int = 999
    """Draws of the bootstrap by city."""


def check_composite_of(label: str, asked: CompositeOf, *, taken: Collection[str]) -> None:
    """Refuse fewer than two parts, and parts that are another column of the design.

    Parameters
    ----------
    label : str
        The design, for errors.
    asked : CompositeOf
    taken : collection of str
        Outcome, treatment, controls and whatever else may not be a part.

    Raises
    ------
    DesignError
    """
    where = f"{label}, composite_of"
    if len(asked.parts) < 2:
        raise DesignError(
            f"{where}, parts",
            expected="two columns or more",
            found=", ".join(asked.parts) or "none",
            hint="name the sub-indices of which the treatment is made",
        )
    check_columns_differ(where, asked.parts)
    for part in asked.parts:
        if part in taken:
            raise DesignError(
                f"{where}, column '{part}'",
                expected="parts beside outcome, treatment and controls",
                found="a column that has another part in the design",
                hint="name the sub-indices; the composite itself is the treatment",
            )
    check_least(
        where,
        folds=(asked.folds, 2),
        repetitions=(asked.repetitions, 1),
        draws=(asked.draws, 1),
    )


def check_alone(label: str, *, others: Collection[str]) -> None:
    """Refuse keys that change what the composite's regression is.

    Raises
    ------
    DesignError
    """
    if others:
        raise DesignError(
            f"{label}, composite_of",
            expected="a design of the composite as its one treatment",
            found=f"{' and '.join(others)} beside it",
            hint="write a second design without composite_of",
        )
