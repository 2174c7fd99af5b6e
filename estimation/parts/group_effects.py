"""The effect in each group, and whether groups differ.

Groups of cities need no new fit: the final regression is run on each group's own residuals (the
group effects of doubleml's ``gate``), with its own count of clusters. Periods, and groups that
cities move through, are products formed in levels and fitted; or each group is a sample of its own.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from estimation.cross_fitting import Answer, Inquiry
from estimation.heterogeneity.difference_paths import permute_difference
from estimation.heterogeneity.joint import joint_test, median_p
from estimation.heterogeneity.keys import Groups
from estimation.inference.group_labels import permute_labels
from estimation.parts.check_rows import permutation_check, wald_check
from estimation.parts.group_answers import GroupAnswers, GroupWork, group_work
from estimation.parts.part import Setting, Told
from estimation.parts.rows import term_rows
from estimation.problems.moving import few_moving
from estimation.results import Check, Estimate

CHECK = "group_difference"

DRAWS = 1999
"""Permutations in each repetition of cross-fitting."""


@dataclass(frozen=True, slots=True)
class GroupEffects:
    """The part of a design with groups."""

    name: ClassVar[str] = CHECK

    groups: Groups
    """The groups."""

    def ask(self, setting: Setting) -> Mapping[str, Inquiry]:
        """Products or samples, if they have to be fitted."""
        return group_work(setting, self.groups).inquiries()

    def tell(self, setting: Setting, answers: Mapping[str, Answer]) -> Told:
        """A row for each group, the joint test and a permutation test of equality."""
        work = group_work(setting, self.groups)
        found = work.answers(answers)
        warnings = [few_moving(count, inside=" in this group") for count in work.clusters()]
        rows = tuple(
            replace(row, note="; ".join(part for part in (row.note, found.said, warning) if part))
            for row, warning in zip(_rows(setting, found), warnings, strict=True)
        )
        if work.grouping.moving:
            tests = [_path_test(work, found.joint, j) for j in range(1, len(work.names))]
        else:
            tests = [_label_test(work, found.joint)]
        notes = tuple(
            f"design '{setting.design.name}', {setting.variant}, {name}: {warning}"
            for name, warning in zip(work.names, warnings, strict=True)
            if warning
        )
        return Told(estimates=rows, checks=(_wald(work, found.joint), *tests), notes=notes)


def _rows(setting: Setting, found: GroupAnswers) -> list[Estimate]:
    answers = found.each or (found.joint,)
    return [row for answer in answers for row in term_rows(setting, answer, part="group")]


def _wald(work: GroupWork, joint: Answer) -> Check:
    count = len(work.names)
    R = np.column_stack([-np.ones(count - 1), np.eye(count - 1)])
    return wald_check(
        work.setting,
        lambda: joint_test(joint, R),
        check=CHECK,
        subject=f"{work.setting.design.treatment}: {' = '.join(work.grouping.names)}",
        note="joint Wald test that the effect is the same in all groups, clustered",
    )


def _label_test(work: GroupWork, joint: Answer) -> Check:
    """Labels of whole cities permuted: one test, of all groups."""

    def test() -> tuple[float, float]:
        found = [
            permute_labels(
                one.u,
                # In its own group a row has the treatment's residual, in the others none.
                one.V.sum(axis=1),
                None if one.W is None else one.W.sum(axis=1),
                one.clusters,
                work.grouping.code[one.rows],
                seed=work.setting.design.seed,
                draws=DRAWS,
                where=joint.inquiry.problem.where,
            )
            for one in joint.residuals
        ]
        return _over_repetitions([(one.estimate, one.p_value) for one in found])

    note = f"{DRAWS} permutations of the groups' labels over whole cities"
    if len(work.names) > 2:
        note += "; the p value is of all groups together"
    return permutation_check(
        work.setting, test, check=CHECK, subject=_compared(work, len(work.names) - 1), note=note
    )


def _path_test(work: GroupWork, joint: Answer, group: int) -> Check:
    """Whole city paths dealt anew: a group against the first."""

    def test() -> tuple[float, float]:
        found = [
            permute_difference(
                one.u,
                one.V,
                one.W,
                one.clusters,
                work.setting.sample.year[one.rows],
                group=group,
                seed=work.setting.design.seed,
                draws=DRAWS,
                where=joint.inquiry.problem.where,
            )
            for one in joint.residuals
        ]
        return _over_repetitions([(one.estimate, one.p_value) for one in found])

    note = (
        f"{DRAWS} permutations of whole city paths: what one common effect leaves of the outcome "
        "is handed to other cities with the same years"
    )
    return permutation_check(
        work.setting, test, check=CHECK, subject=_compared(work, group), note=note
    )


def _compared(work: GroupWork, group: int) -> str:
    names = work.grouping.names
    return f"{work.setting.design.treatment}: {names[group]} less {names[0]}"


def _over_repetitions(found: list[tuple[float, float]]) -> tuple[float, float]:
    return float(np.median([one for one, _ in found])), median_p([p for _, p in found])
