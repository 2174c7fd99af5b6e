"""Three ways to an effect for each group: one residual split, products, samples of their own."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from estimation.cross_fitting import Answer, Inquiry
from estimation.heterogeneity.grouping import Grouping, check_clusters, grouping_of
from estimation.heterogeneity.keys import Groups
from estimation.heterogeneity.products import (
    Products,
    answer_from,
    features_added,
    inquiry_of,
    renamed,
    rows_of,
)
from estimation.heterogeneity.samples import Rows, inquiry_of_sample, stacked
from estimation.heterogeneity.values import BASE_YEAR
from estimation.parts.part import MAIN, Setting
from estimation.problems.moving import changing_clusters, check_moving

ASKED = "groups"

STEPS = (
    "the effect is taken to change at once between periods; if it drifts, their difference rests "
    "on changes across the boundary"
)


@dataclass(frozen=True, slots=True, eq=False)
class GroupAnswers:
    """The effects of J groups."""

    each: tuple[Answer, ...]
    """One answer for each group, where it has a regression of its own; else none."""
    joint: Answer
    """All groups in one regression, J terms."""
    said: str
    """How they came about."""


@dataclass(frozen=True, slots=True, eq=False)
class GroupWork:
    """Groups of one variant of a design, and what has to be done for them."""

    setting: Setting
    """The variant."""
    groups: Groups
    """What was asked."""
    grouping: Grouping
    """The groups of the sample's rows."""

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the terms."""
        return tuple(f"{self.setting.design.treatment}, {name}" for name in self.grouping.names)

    @property
    def kept(self) -> tuple[Rows, ...]:
        """Rows of the sample in each group."""
        return tuple(self.grouping.code == j for j in range(len(self.names)))

    def inquiries(self) -> dict[str, Inquiry]:
        """What has to be cross-fitted beyond the main inquiry."""
        if self.groups.how == "samples":
            return {
                f"{ASKED} {j}": inquiry_of_sample(
                    self.setting, kept, term=name, where=self._where(j)
                )
                for j, (name, kept) in enumerate(zip(self.names, self.kept, strict=True))
            }
        inquiry = inquiry_of(self.setting, self._products())
        return {} if inquiry is None else {ASKED: inquiry}

    def answers(self, answers: Mapping[str, Answer]) -> GroupAnswers:
        """The effects, from what was cross-fitted."""
        if self.groups.how == "samples":
            each = tuple(answers[f"{ASKED} {j}"] for j in range(len(self.names)))
            joint = stacked(self.setting, each, self.kept)
            return GroupAnswers(each, joint, "each group a sample of its own, fitted by itself")
        if ASKED in answers:
            return GroupAnswers((), answers[ASKED], self._said_of_products())
        main = answers[MAIN]
        code = self.grouping.code[main.inquiry.problem.rows]
        each = tuple(
            renamed(rows_of(main, code == j, where=self._where(j)), (name,))
            for j, name in enumerate(self.names)
        )
        base = f" by {BASE_YEAR}" if self.groups.at == "base_year" else ""
        said = f"groups of cities{base}: residuals of the whole sample split, nothing fitted again"
        return GroupAnswers(each, answer_from(self.setting, self._products(), main), said)

    def clusters(self) -> tuple[int, ...]:
        """Clusters of each group in which the treatment changes; fewer than two are refused."""
        problem = self.setting.main.problem
        inside = self.grouping.indicators[problem.rows]
        check_clusters(self.grouping.names, inside, problem.groupings, where=problem.where)
        asked = [inquiry.problem for inquiry in self.inquiries().values()]
        in_levels = self.setting.in_levels
        if self.groups.how == "samples":
            counts = tuple(
                changing_clusters(one, np.ones((one.y.size, 1)), in_levels=in_levels)[0]
                for one in asked
            )
        else:
            counts = changing_clusters((*asked, problem)[0], inside, in_levels=in_levels)
        check_moving(
            counts,
            [
                f"group '{name}', column '{self.setting.design.treatment}'"
                for name in self.grouping.names
            ],
            where=problem.where,
            hint="join it with another group: the treatment does not move there",
        )
        return counts

    def _products(self) -> Products:
        grouping = self.grouping
        indicators = grouping.indicators
        own = dict(zip(grouping.names[1:], indicators.T[1:], strict=True))
        # Years are among the features already.
        features = {} if grouping.periods else own
        return Products(self.names, indicators, features, refit=self.groups.how == "products")

    def _said_of_products(self) -> str:
        added = features_added(self.setting.sample, self._products())
        extra = f"; added to the features: {', '.join(added)}" if added else ""
        steps = f"; {STEPS}" if self.grouping.periods else ""
        return f"products formed in levels and fitted, all groups in one regression{extra}{steps}"

    def _where(self, group: int) -> str:
        return f"{self.setting.main.problem.where}, group '{self.grouping.names[group]}'"


def group_work(setting: Setting, groups: Groups) -> GroupWork:
    """The groups of a variant of a design.

    Raises
    ------
    SampleError
        As :func:`estimation.heterogeneity.grouping.grouping_of`.
    """
    return GroupWork(setting, groups, grouping_of(setting.sample, groups, setting.design))
