"""The treatment's effect along the moderator, and how much of the moderator the effects leave."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from estimation.cross_fitting import Answer, Inquiry
from estimation.heterogeneity.basis import grid_of
from estimation.heterogeneity.joint import curve
from estimation.heterogeneity.moderator import LITTLE, effects_along, share_left
from estimation.parts.curves import curve_points
from estimation.parts.part import MAIN, Setting, Told
from estimation.results import Check

CURVE = "marginal_effect"
CHECK = "moderator"


@dataclass(frozen=True, slots=True)
class MarginalEffect:
    """The part of a design with a moderator; it needs no new fit."""

    name: ClassVar[str] = CHECK

    moderator: str
    """Column of the moderator."""

    def ask(self, setting: Setting) -> Mapping[str, Inquiry]:  # noqa: ARG002 - residuals are enough
        """Nothing beyond the main inquiry."""
        return {}

    def tell(self, setting: Setting, answers: Mapping[str, Answer]) -> Told:
        """The curve at quantiles of the moderator, and the share of its variance that is left."""
        sample, design = setting.sample, setting.design
        values = sample.column(self.moderator)
        at = grid_of(values)
        band = curve(answers[MAIN], effects_along(sample, design, at), seed=design.seed)
        points = curve_points(setting, band, curve=CURVE, along=self.moderator, at=at)
        share = share_left(sample, values)
        check = _share_check(setting, self.moderator, share)
        warned = (
            f"design '{design.name}', {setting.variant}: city and year effects leave "
            f"{100 * share:.2g} % of the variance of moderator "
            f"{self.moderator}: its own coefficient rests on that"
        )
        return Told(curves=points, checks=(check,), notes=(warned,) if share < LITTLE else ())


def _share_check(setting: Setting, moderator: str, share: float) -> Check:
    return Check(
        design=setting.design.name,
        variant=setting.variant,
        check=CHECK,
        subject=moderator,
        statistic="share of variance left by city and year effects",
        value=share,
        reference=LITTLE,
        p_value=float("nan"),
        verdict="failed" if share < LITTLE else "passed",
        note="below the reference the moderator is nearly collinear with city and year effects",
    )
