"""The first stage of an instrumented design: whether the instrument moves the treatment."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from estimation.cross_fitting import Answer, Inquiry
from estimation.inference.clustered import one_way, two_way
from estimation.instruments.keys import instruments_of
from estimation.parts.check_rows import check_row
from estimation.parts.part import MAIN, Setting, Told
from estimation.residuals import Residuals

CHECK = "first_stage"
WEAK = 10.0
"""F below which an instrument is called weak (Staiger and Stock, 1997)."""


@dataclass(frozen=True, slots=True)
class FirstStage:
    """The part of designs with an instrument."""

    name: ClassVar[str] = CHECK

    def ask(self, setting: Setting) -> Mapping[str, Inquiry]:  # noqa: ARG002 - residuals are enough
        """Nothing: residuals are enough."""
        return {}

    def tell(self, setting: Setting, answers: Mapping[str, Answer]) -> Told:
        """F of the treatment's residual on the instrument's, clustered: the median."""
        answer = answers[MAIN]
        groupings = answer.inquiry.problem.groupings
        found = float(np.median([_robust_f(one, groupings) for one in answer.residuals]))
        weak = found < WEAK
        row = check_row(
            setting,
            check=CHECK,
            subject=", ".join(instruments_of(setting.design)),
            statistic="F, clustered (effective F of one instrument)",
            value=found,
            reference=WEAK,
            verdict="failed" if weak else "passed",
            note="weak: trust the Anderson-Rubin test, not the interval" if weak else "",
        )
        where = setting.main.problem.where
        note = (
            f"{where}: the instrument is weak (F = {found:.3g}, below {WEAK:g}): "
            "trust the Anderson-Rubin test and set, not the interval"
        )
        return Told(checks=(row,), notes=(note,) if weak else ())


def _robust_f(residuals: Residuals, groupings: np.ndarray) -> float:
    if residuals.W is None:
        raise TypeError("a first stage needs an instrument")
    treatment, instrument = residuals.V[:, 0], residuals.W
    if groupings.shape[1] == 1:
        fit = one_way(treatment, instrument, None, groupings[:, 0])
    else:
        fit = two_way(treatment, instrument, None, groupings[:, 0], groupings[:, 1])
    return float((fit.theta[0] / fit.std_errors[0]) ** 2)
