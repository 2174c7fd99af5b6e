"""The effect in each group, and whether groups differ.

Groups of cities need no new fit: the final regression is run on each group's own residuals (the
group effects of doubleml's ``gate``), with its own count of clusters. Periods, and groups that
cities move through, are products formed in levels and fitted; all groups share one regression.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from estimation.cross_fitting import Answer, Inquiry
from estimation.heterogeneity.difference_paths import permute_difference
from estimation.heterogeneity.grouping import Grouping, check_clusters, grouping_of
from estimation.heterogeneity.joint import joint_test, median_p
from estimation.heterogeneity.keys import Groups
from estimation.heterogeneity.products import (
    Products,
    answer_from,
    features_added,
    inquiry_of,
    needs_fit,
    renamed,
    rows_of,
)
from estimation.heterogeneity.values import BASE_YEAR
from estimation.inference.group_labels import permute_labels
from estimation.parts.check_rows import permutation_check, wald_check
from estimation.parts.part import MAIN, Setting, Told
from estimation.parts.rows import term_rows
from estimation.results import Check, Estimate

ASKED = "groups"
CHECK = "group_difference"

DRAWS = 1999
"""Permutations in each repetition of cross-fitting."""

FEW_IN_GROUP = 10
"""So few clusters or fewer give a group no trustworthy error of its own."""

STEPS = (
    "the effect is taken to change at once between periods; if it drifts, their difference rests "
    "on changes across the boundary"
)


@dataclass(frozen=True, slots=True)
class GroupEffects:
    """The part of a design with groups."""

    groups: Groups
    """The groups."""

    def ask(self, setting: Setting) -> Mapping[str, Inquiry]:
        """The products, if they have to be fitted."""
        grouping, products = self._products(setting)
        inquiry = inquiry_of(setting, products)
        _clusters(setting, grouping)
        return {} if inquiry is None else {ASKED: inquiry}

    def tell(self, setting: Setting, answers: Mapping[str, Answer]) -> Told:
        """A row for each group, the joint test and a permutation test of equality."""
        grouping, products = self._products(setting)
        counts = _clusters(setting, grouping)
        main = answers[MAIN]
        if needs_fit(setting.sample, products):
            joint = answers[ASKED]
            rows = term_rows(setting, joint, part="group")
        else:
            joint = answer_from(setting, products, main)
            rows = _one_by_one(setting, grouping, products, main)
        said = self._said(setting, products)
        told = [
            replace(row, note="; ".join(part for part in (row.note, said, _few(count)) if part))
            for row, count in zip(rows, counts, strict=True)
        ]
        tests = _label_tests if not grouping.moving else _path_tests
        notes = [
            f"design '{setting.design.name}', {setting.variant}, {row.term}: {_few(count)}"
            for row, count in zip(rows, counts, strict=True)
            if _few(count)
        ]
        return Told(
            estimates=tuple(told),
            checks=(_wald(setting, grouping, joint), *tests(setting, grouping, joint, main)),
            notes=tuple(notes),
        )

    def _products(self, setting: Setting) -> tuple[Grouping, Products]:
        design = setting.design
        grouping = grouping_of(setting.sample, self.groups, design)
        indicators = grouping.indicators
        own = (
            {} if grouping.periods else dict(zip(grouping.names[1:], indicators.T[1:], strict=True))
        )
        names = tuple(f"{design.treatment}, {name}" for name in grouping.names)
        return grouping, Products(names, indicators, own, refit=self.groups.refit)

    def _said(self, setting: Setting, products: Products) -> str:
        """What a reader of the rows must know."""
        if not needs_fit(setting.sample, products):
            base = f", by {BASE_YEAR}" if self.groups.at == "base_year" else ""
            return (
                f"groups of cities{base}: residuals of the whole sample split, nothing fitted again"
            )
        added = features_added(setting.sample, products)
        extra = f"; added to the features: {', '.join(added)}" if added else ""
        steps = f"; {STEPS}" if self.groups.periods else ""
        return f"products formed in levels and fitted, all groups in one regression{extra}{steps}"


def _clusters(setting: Setting, grouping: Grouping) -> tuple[int, ...]:
    """Clusters of each group among the rows of the transform."""
    problem = setting.main.problem
    inside = grouping.indicators[problem.rows]
    return check_clusters(grouping.names, inside, problem.groupings, where=problem.where)


def _one_by_one(
    setting: Setting, grouping: Grouping, products: Products, main: Answer
) -> list[Estimate]:
    """A row for each group of cities, from its own residuals."""
    code = grouping.code[main.inquiry.problem.rows]
    rows = []
    for position, (group, term) in enumerate(zip(grouping.names, products.names, strict=True)):
        where = f"{main.inquiry.problem.where}, group '{group}'"
        answer = renamed(rows_of(main, code == position, where=where), (term,))
        rows += term_rows(setting, answer, part="group")
    return rows


def _few(count: int) -> str:
    if count > FEW_IN_GROUP:
        return ""
    return f"WARNING: only {count} clusters in this group: do not trust its standard error"


def _wald(setting: Setting, grouping: Grouping, joint: Answer) -> Check:
    count = len(grouping.names)
    R = np.column_stack([-np.ones(count - 1), np.eye(count - 1)])
    return wald_check(
        setting,
        lambda: joint_test(joint, R),
        check=CHECK,
        subject=f"{setting.design.treatment}: {' = '.join(grouping.names)}",
        note="joint Wald test that the effect is the same in all groups, clustered",
    )


def _label_tests(
    setting: Setting,
    grouping: Grouping,
    joint: Answer,  # noqa: ARG001 - labels are permuted on the treatment's own residuals
    main: Answer,
) -> list[Check]:
    """Labels of whole cities permuted: one test, of all groups."""

    def test() -> tuple[float, float]:
        found = [
            permute_labels(
                one.u,
                one.V[:, 0],
                None if one.W is None else one.W[:, 0],
                one.clusters,
                grouping.code[one.rows],
                seed=setting.design.seed,
                draws=DRAWS,
                where=main.inquiry.problem.where,
            )
            for one in main.residuals
        ]
        return _over_repetitions([(one.estimate, one.p_value) for one in found])

    note = f"{DRAWS} permutations of the groups' labels over whole cities"
    if len(grouping.names) > 2:
        note += "; the p value is of all groups together"
    subject = f"{setting.design.treatment}: {grouping.names[-1]} less {grouping.names[0]}"
    return [permutation_check(setting, test, check=CHECK, subject=subject, note=note)]


def _path_tests(
    setting: Setting,
    grouping: Grouping,
    joint: Answer,
    main: Answer,  # noqa: ARG001 - the products' residuals are needed
) -> list[Check]:
    """Whole city paths dealt anew: a test of each group against the first."""

    def test(group: int) -> tuple[float, float]:
        found = [
            permute_difference(
                one.u,
                one.V,
                one.W,
                one.clusters,
                setting.sample.year[one.rows],
                group=group,
                seed=setting.design.seed,
                draws=DRAWS,
                where=joint.inquiry.problem.where,
            )
            for one in joint.residuals
        ]
        return _over_repetitions([(one.estimate, one.p_value) for one in found])

    note = (
        f"{DRAWS} permutations of whole city paths: what one common effect leaves of the outcome "
        "is "
        "handed to other cities with the same years"
    )
    return [
        permutation_check(
            setting,
            lambda group=group: test(group),  # type: ignore[misc]
            check=CHECK,
            subject=f"{setting.design.treatment}: {grouping.names[group]} less {grouping.names[0]}",
            note=note,
        )
        for group in range(1, len(grouping.names))
    ]


def _over_repetitions(found: list[tuple[float, float]]) -> tuple[float, float]:
    return float(np.median([one for one, _ in found])), median_p([p for _, p in found])
