"""What single cities do to the effects: each left out in turn, the nuisances held fixed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from estimation.cross_fitting import Answer, Inquiry
from estimation.inference.influence import Influence, leave_one_out
from estimation.parts.check_rows import check_row
from estimation.parts.part import MAIN, Setting, Told
from estimation.results import Check

CHECK = "influence"
NAMED = 5
"""Cities that are named."""


@dataclass(frozen=True, slots=True)
class CityInfluence:
    """The check ``influence``."""

    name: ClassVar[str] = CHECK

    def ask(self, setting: Setting) -> Mapping[str, Inquiry]:  # noqa: ARG002 - residuals are enough
        """Nothing: residuals are enough."""
        return {}

    def tell(self, setting: Setting, answers: Mapping[str, Answer]) -> Told:
        """The range of each effect without one city, and the cities that move it most."""
        answer = answers[MAIN]
        found = _median(answer, setting.main.problem.where)
        terms = answer.inquiry.problem.terms
        factors = next(iter(terms.scalings.values()))
        rows = [
            row
            for position, name in enumerate(terms.names)
            for row in _rows(setting, found, name, position, float(factors[position]))
        ]
        return Told(checks=tuple(rows))


def _median(answer: Answer, where: str) -> Influence:
    """Effects with and without each city: medians over repetitions."""
    each = [
        leave_one_out(one.u, one.V, one.W, one.clusters, where=f"{where}, influence")
        for one in answer.residuals
    ]
    return Influence(
        theta=np.median([one.theta for one in each], axis=0),
        without=np.median([one.without for one in each], axis=0),
        codes=each[0].codes,
    )


def _rows(
    setting: Setting, found: Influence, name: str, position: int, factor: float
) -> list[Check]:
    lowest, highest = sorted(factor * end for end in found.extremes(position))
    estimate = factor * float(found.theta[position])
    flips = lowest < 0 < highest
    ends = [
        check_row(
            setting,
            check=CHECK,
            subject=name,
            statistic=f"{which} estimate without one city",
            value=value,
            reference=estimate,
            verdict="failed" if flips else "passed",
            note="the sign of the effect depends on one city" if flips else "nuisances held fixed",
        )
        for which, value in (("lowest", lowest), ("highest", highest))
    ]
    most = found.most(setting.sample.cities, term=position, count=NAMED)
    moved = [
        check_row(
            setting,
            check=CHECK,
            subject=f"{name}, without city {city.city}",
            statistic="estimate moves by",
            value=factor * float(str(city.change)),
            reference=estimate,
            note="nuisances held fixed",
        )
        for city in most.itertuples()
    ]
    return [*ends, *moved]
