"""The study file's section on a policy that cities adopt in different years."""

from typing import Annotated, Literal

from pydantic import Field

from estimation.staggered.keys import ESTIMATORS, Adoption
from nightpanel.study_section import ValueSection

Span = Annotated[list[int], Field(min_length=2, max_length=2)]


class AdoptionSection(ValueSection):
    """When cities adopt a policy; see `Adoption` for each key."""

    year: str = ""
    """Column of the year of adoption; nothing or 0 for never."""
    policy: str = ""
    """Column of the policy, 0 and 1, in place of its year."""
    recode: list[Span] = []
    """Years of adoption that are read as another: [[2013, 2012]]."""
    amplifies: bool = False
    """Whether the policy changes the slope of the treatment, another column."""
    estimators: list[str] = list(ESTIMATORS)
    """Estimators beside two-way fixed effects."""
    control: Literal["never_treated", "not_yet_treated"] = "never_treated"
    """Whom Callaway and Sant'Anna's estimator compares with."""
    anticipation: int = 0
    """Years before adoption in which cities may react already."""
    covariates: list[str] = []
    """Columns that the estimators beside two-way fixed effects use."""
    method: Literal["doubly_robust", "outcome_regression", "inverse_probability"] = "doubly_robust"
    """How Callaway and Sant'Anna's estimator uses covariates."""
    window: Span | None = None
    """First and last year since adoption of event studies."""
    relative: list[float] = [0.5, 1.0, 2.0]
    """Honest bounds relative to changes before adoption."""
    smooth: list[float] = [0.0]
    """Honest bounds by how much a trend may bend a year."""

    def made(self) -> Adoption:
        """The estimation room's value."""
        return Adoption(
            year=self.year,
            policy=self.policy,
            recode=tuple((old, new) for old, new in self.recode),
            amplifies=self.amplifies,
            estimators=tuple(self.estimators),
            control=self.control,
            anticipation=self.anticipation,
            covariates=tuple(self.covariates),
            method=self.method,
            window=None if self.window is None else (self.window[0], self.window[1]),
            relative=tuple(self.relative),
            smooth=tuple(self.smooth),
        )
