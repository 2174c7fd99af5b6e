"""Placebo: the treatment's paths handed whole to other cities, the nuisances held fixed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from estimation.cross_fitting import Answer, Inquiry
from estimation.inference.permutation import Permutation
from estimation.inference.placebo import permute_paths
from estimation.parts.check_rows import check_row
from estimation.parts.part import MAIN, Setting, Told
from estimation.results import Check

CHECK = "placebo"
DRAWS = 999
"""Permutations of whole city paths."""
TOGETHER = (
    "; the paths of all terms move together: the p value is of the hypothesis that no term has an "
    "effect, by this term's statistic"
)


@dataclass(frozen=True, slots=True)
class Placebo:
    """The check ``placebo``."""

    name: ClassVar[str] = CHECK

    def ask(self, setting: Setting) -> Mapping[str, Inquiry]:  # noqa: ARG002 - residuals are enough
        """Nothing: residuals are enough."""
        return {}

    def tell(self, setting: Setting, answers: Mapping[str, Answer]) -> Told:
        """How rarely a treatment of other cities has an effect as far from zero."""
        answer = answers[MAIN]
        return Told(
            checks=tuple(
                _row(setting, answer, position, name)
                for position, name in enumerate(answer.inquiry.problem.terms.names)
            )
        )


def _row(setting: Setting, answer: Answer, position: int, name: str) -> Check:
    year = setting.sample.year
    each = [
        permute_paths(
            one.u,
            one.V,
            one.W,
            one.clusters,
            year[one.rows],
            seed=setting.design.seed + repetition,
            term=position,
            draws=DRAWS,
            where=f"{setting.main.problem.where}, placebo",
        )
        for repetition, one in enumerate(answer.residuals)
    ]
    several = len(answer.inquiry.problem.terms.names) > 1
    factor = float(next(iter(answer.inquiry.problem.terms.scalings.values()))[position])
    return check_row(
        setting,
        check=CHECK,
        subject=name,
        statistic="estimate; reference: 95 % of permutations are nearer to zero",
        value=factor * float(np.median([one.estimate for one in each])),
        reference=abs(factor) * float(np.median([_quantile(one) for one in each])),
        p_value=float(np.median([one.p_value for one in each])),
        note=f"whole city paths permuted {DRAWS} times among {each[0].moved} cities with the same "
        f"years ({each[0].kept} could not be moved), nuisances held fixed"
        f"{TOGETHER if several else ''}",
    )


def _quantile(permutation: Permutation) -> float:
    return float(np.quantile(np.abs(permutation.estimates), 0.95))
