"""The key of a design that says when cities adopt a policy; nothing heavy is imported here."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from estimation.design_checks import check_choices, check_columns_differ, check_least, check_some
from geo.errors import DesignError

ESTIMATORS = ("callaway_santanna", "sun_abraham", "imputation")
"""Estimators beside linear two-way fixed effects, in the order in which they are told."""

SLOPE_POLICY = "policy"
"""Name of the policy where it is formed from years of adoption beside another treatment."""


@dataclass(frozen=True, slots=True)
class Adoption:
    """A policy that cities adopt in different years and do not give up again.

    Either the year of adoption is a column, or the policy itself is.
    """

    year: str = ""
    """Column of the year of adoption, the same in all rows of a city; nothing or 0 for cities that
    never adopt. The policy formed from it is the treatment, whose column the panel need not have.
    """
    policy: str = ""
    """Column of the policy: 0, and 1 from the year of adoption on. It is the treatment."""
    recode: tuple[tuple[int, int], ...] = ()
    """Years of adoption that are read as another: ``((2013, 2012),)``."""
    amplifies: bool = False
    """Whether the policy is asked about as what changes the slope of the treatment, another
    column, and not as a treatment itself."""
    estimators: tuple[str, ...] = ESTIMATORS
    """Names from :data:`ESTIMATORS`."""
    control: Literal["never_treated", "not_yet_treated"] = "never_treated"
    """Whom Callaway and Sant'Anna's estimator compares a cohort with."""
    anticipation: int = 0
    """Years before adoption in which cities may react already, 0 or more."""
    covariates: tuple[str, ...] = ()
    """Columns: of the year before adoption (Callaway and Sant'Anna), linear in all years (Sun and
    Abraham, imputation)."""
    method: Literal["doubly_robust", "outcome_regression", "inverse_probability"] = "doubly_robust"
    """How Callaway and Sant'Anna's estimator uses covariates."""
    window: tuple[int, int] | None = None
    """First and last year since adoption that event studies tell, such as (-6, 8); None for all.
    The average over years since adoption is over those told."""
    relative: tuple[float, ...] = (0.5, 1.0, 2.0)
    """Honest bounds: by how many times changes of the trend after adoption may exceed the largest
    before it."""
    smooth: tuple[float, ...] = (0.0,)
    """Honest bounds: by how much the trend's slope may change from year to year."""

    @property
    def column(self) -> str:
        """The column that is read."""
        return self.year or self.policy


def formed_policy(adoption: Adoption | None, treatment: str) -> str | None:
    """The treatment's column if it is formed from years of adoption; else None."""
    if adoption is None or adoption.amplifies or not adoption.year:
        return None
    return treatment


def adoption_columns(adoption: Adoption | None) -> tuple[str, ...]:
    """Columns of numbers that the key names."""
    return () if adoption is None else (adoption.column, *adoption.covariates)


def check_adoption(
    label: str, adoption: Adoption, *, treatment: str, outcome: str, others: Sequence[str]
) -> None:
    """Refuse an adoption that is not one thing or the other, or does not fit its design.

    Parameters
    ----------
    label : str
    adoption : Adoption
    treatment, outcome : str
    others : sequence of str
        Keys of the design, in use, that do not go with this one.

    Raises
    ------
    DesignError
    """
    where = f"{label}, adoption"
    if bool(adoption.year) == bool(adoption.policy):
        raise DesignError(
            where,
            expected="either year or policy",
            found="both" if adoption.year else "neither",
            hint='set year = "..." (of adoption) or policy = "..." (0 and 1)',
        )
    if others:
        raise DesignError(
            where,
            expected="one treatment that is adopted",
            found=f"{' and '.join(others)} beside it",
            hint="write a second design",
        )
    check_some(where, "estimators", adoption.estimators)
    check_choices(where, "estimators", adoption.estimators, ESTIMATORS)
    check_columns_differ(where, (adoption.column, outcome, *adoption.covariates))
    check_least(where, anticipation=(adoption.anticipation, 0))
    _check_recode(where, adoption)
    _check_treatment(where, adoption, treatment)
    _check_numbers(where, adoption)


def _check_recode(where: str, adoption: Adoption) -> None:
    old = [pair[0] for pair in adoption.recode]
    if adoption.recode and (not adoption.year or len(set(old)) < len(old)):
        raise DesignError(
            f"{where}, recode",
            expected="each year of adoption once, beside the column of years",
            found=", ".join(map(str, old)) + ("" if adoption.year else " beside a policy"),
            hint="for example recode = [[2013, 2012]]",
        )


def _check_treatment(where: str, adoption: Adoption, treatment: str) -> None:
    if adoption.amplifies and adoption.column == treatment:
        raise DesignError(
            where,
            expected="a policy beside the treatment whose slope it amplifies",
            found=f"column '{treatment}' as both",
            hint="name the other column as treatment, or leave amplifies out",
        )
    if not adoption.amplifies and adoption.policy and adoption.policy != treatment:
        raise DesignError(
            f"{where}, policy",
            expected=f"the treatment, '{treatment}', or amplifies = true",
            found=f"'{adoption.policy}'",
            hint=f'set treatment = "{adoption.policy}", or amplifies = true',
        )
    if not adoption.amplifies and adoption.year == treatment:
        raise DesignError(
            f"{where}, year",
            expected="a name of the policy as treatment, which is formed from the year",
            found=f"the year's column '{treatment}' as treatment",
            hint='set treatment = "adopted", which need not be a column',
        )
    if treatment in adoption.covariates and not adoption.amplifies:
        raise DesignError(
            f"{where}, covariates",
            expected="columns beside the treatment",
            found=f"the treatment '{treatment}'",
            hint="leave it out",
        )


def _check_numbers(where: str, adoption: Adoption) -> None:
    if adoption.window is not None and not adoption.window[0] < 0 <= adoption.window[1]:
        raise DesignError(
            f"{where}, window",
            expected="first and last year since adoption, below 0 and from 0 on",
            found=f"{adoption.window[0]} and {adoption.window[1]}",
            hint="for example window = [-6, 8]",
        )
    for key, values in (("relative", adoption.relative), ("smooth", adoption.smooth)):
        if any(not 0 <= value < float("inf") for value in values):
            raise DesignError(
                f"{where}, {key}",
                expected="numbers of 0 or more",
                found=", ".join(f"{value:g}" for value in values),
                hint=f"for example {key} = [0.5, 1.0]",
            )
