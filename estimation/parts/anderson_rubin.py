"""The Anderson-Rubin test of an instrumented design: valid however weak the instrument."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from estimation.cross_fitting import Answer, Inquiry
from estimation.heterogeneity.joint import median_p
from estimation.inference.anderson_rubin import AndersonRubin, Shape, anderson_rubin
from estimation.parts.check_rows import check_row
from estimation.parts.part import MAIN, Setting, Told
from estimation.residuals import Residuals

CHECK = "anderson_rubin"
ENDS: Mapping[Shape, tuple[str, str]] = {
    "interval": ("lower end of the 95 % set", "upper end of the 95 % set"),
    "complement": ("95 % set: all up to", "95 % set: and all from"),
    "line": ("lower end of the 95 % set", "upper end of the 95 % set"),
}
SAID: Mapping[Shape, str] = {
    "interval": "the set is an interval",
    "complement": "the set is all but an interval: the instrument is too weak to bound the effect",
    "line": "the set is every number: the instrument is too weak to say anything",
}
WIDER: tuple[Shape, ...] = ("interval", "complement", "line")


@dataclass(frozen=True, slots=True)
class WeakInstrumentTest:
    """The part of designs with an instrument."""

    name: ClassVar[str] = CHECK

    def ask(self, setting: Setting) -> Mapping[str, Inquiry]:  # noqa: ARG002 - residuals are enough
        """Nothing: residuals are enough."""
        return {}

    def tell(self, setting: Setting, answers: Mapping[str, Answer]) -> Told:
        """F and p value of no effect, and the ends of the confidence set."""
        answer = answers[MAIN]
        groupings, where = answer.inquiry.problem.groupings, setting.main.problem.where
        found = [_test(one, groupings, where) for one in answer.residuals]
        name = answer.inquiry.problem.terms.names[0]
        test = check_row(
            setting,
            check=CHECK,
            subject=name,
            statistic=f"F(1, {found[0].df:g})",
            value=float(np.median([one.statistic for one in found])),
            p_value=median_p([one.p_value for one in found]),
            note="test of no effect, valid however weak the instrument; clustered",
        )
        shape, ends, said = _set(found)
        rows = [
            check_row(setting, check=CHECK, subject=name, statistic=words, value=end, note=said)
            for words, end in zip(ENDS[shape], ends, strict=True)
        ]
        return Told(checks=(test, *rows))


def _test(residuals: Residuals, groupings: np.ndarray, where: str) -> AndersonRubin:
    if residuals.W is None:
        raise TypeError("an Anderson-Rubin test needs an instrument")
    columns = residuals.u, residuals.V[:, 0], residuals.W[:, 0]
    return anderson_rubin(*columns, groupings, where=f"{where}, Anderson-Rubin test")


def _set(found: Sequence[AndersonRubin]) -> tuple[Shape, tuple[float, float], str]:
    """The set over repetitions: the shape in the middle, the wider of two; medians of its ends."""
    ordered = sorted((one.shape for one in found), key=WIDER.index)
    shape = ordered[len(ordered) // 2]
    alike = [one for one in found if one.shape == shape]
    ends = tuple(float(np.median([getattr(one, end) for one in alike])) for end in ("low", "high"))
    told = f" (in {len(alike)} of {len(found)} repetitions)" if len(alike) < len(found) else ""
    return shape, (ends[0], ends[1]), f"{SAID[shape]}{told}"
