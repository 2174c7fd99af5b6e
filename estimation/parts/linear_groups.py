"""Effects by group of linear fixed effects, with a joint test and all differences of two."""

from dataclasses import dataclass, replace
from itertools import combinations
from typing import ClassVar

from estimation.designs import Design, design_label
from estimation.heterogeneity.difference_paths import permute_difference
from estimation.heterogeneity.keys import Groups
from estimation.linear.group_model import GroupFit, difference_of, group_fit, joint_wald
from estimation.linear.printed import fitted_row, told_in
from estimation.linear.residualised import residualised
from estimation.linear.rows import fit_notes
from estimation.parts.check_rows import DIFFERENCE
from estimation.parts.group_effects import CHECK, DRAWS
from estimation.parts.linear_part import LinearSetting
from estimation.parts.part import Told
from estimation.problems.moving import few_moving
from estimation.results import Check, Estimate
from estimation.vocabulary import LINEAR
from geo.errors import SampleError

NAN = float("nan")
MOST_PAIRS = 15
"""Differences of two groups that are told; with more groups only those from the first."""


@dataclass(frozen=True, slots=True)
class LinearGroups:
    """The part of a linear design with groups."""

    name: ClassVar[str] = "group effects"

    groups: Groups
    """The groups."""

    def tell(self, setting: LinearSetting) -> Told:
        """A row for each group and difference, a joint Wald test and permutations of city paths."""
        found = group_fit(setting.sample, setting.design, self.groups)
        names = found.fit.names
        rows = [_row(setting, found, j) for j in range(len(names))]
        rows += [_difference(setting, found, a, b) for a, b in _pairs(len(names))]
        checks = [_wald(setting.design, found)]
        if "city" in setting.design.absorbed:
            checks += [_permuted(setting.design, found, j) for j in range(1, len(names))]
        label = f"{design_label(setting.design)}, {LINEAR}"
        notes = tuple(
            f"{label}, {name}: {warning}"
            for name, warning in zip(names, _warnings(found), strict=True)
            if warning
        )
        return Told(estimates=tuple(rows), checks=tuple(checks), notes=notes)


def _pairs(count: int) -> list[tuple[int, int]]:
    pairs = list(combinations(range(count), 2))
    return pairs if len(pairs) <= MOST_PAIRS else [pair for pair in pairs if pair[0] == 0]


def _warnings(found: GroupFit) -> list[str]:
    return [few_moving(count, inside=" in this group") for count in found.counts]


def _row(setting: LinearSetting, found: GroupFit, position: int) -> Estimate:
    warning = _warnings(found)[position]
    notes = [found.said, *fit_notes(found.fit, setting.design, setting.sample)]
    notes += [warning] if warning else []
    row = fitted_row(
        setting.design,
        found.fit,
        found.printed[position],
        position=position,
        part="group",
        notes=notes,
    )
    return told_in(row, "", 1.0)


def _difference(setting: LinearSetting, found: GroupFit, first: int, second: int) -> Estimate:
    names, design = found.grouping.names, setting.design
    name = f"{design.treatment}: {names[second]} less {names[first]}"
    fit = difference_of(found.fit, first, second, name=name)
    # The group with fewer clusters decides how far the difference's error is to be trusted.
    printed = min((found.printed[first], found.printed[second]), key=lambda one: one.df)
    row = fitted_row(design, fit, printed, position=0, part="difference", notes=[found.said])
    return told_in(row, "", 1.0)


def _wald(design: Design, found: GroupFit) -> Check:
    subject = f"{design.treatment}: {' = '.join(found.grouping.names)}"
    note = f"joint Wald test that the effect is the same in all groups, errors {found.joint}"
    try:
        wald = joint_wald(found, where=f"{found.regression.where}, joint test")
    except SampleError as error:
        return _check(design, subject, "F", (NAN, NAN), f"not tested: {error}")
    statistic = f"F({wald.q}, {wald.df:g})"
    return _check(design, subject, statistic, (wald.statistic, wald.p_value), note)


def _permuted(design: Design, found: GroupFit, group: int) -> Check:
    """Whole city paths dealt anew: a group against the first."""
    names = found.grouping.names
    subject = f"{design.treatment}: {names[group]} less {names[0]}"
    left = residualised(found.regression)
    try:
        test = permute_difference(
            left.y_unit * left.u,
            left.units * left.V,
            None if left.W is None else left.w_units * left.W,
            left.model.city,
            left.model.year,
            group=group,
            seed=design.seed,
            draws=DRAWS,
            where=found.regression.where,
        )
    except SampleError as error:
        return _check(design, subject, DIFFERENCE, (NAN, NAN), f"not tested: {error}")
    note = (
        f"{DRAWS} permutations of whole city paths: what one common effect leaves of the outcome "
        "is handed to other cities with the same years"
    )
    return _check(design, subject, DIFFERENCE, (test.estimate, test.p_value), note)


def _check(
    design: Design, subject: str, statistic: str, found: tuple[float, float], note: str
) -> Check:
    row = Check(design.name, LINEAR, CHECK, subject, statistic, NAN, NAN, NAN, "", note)
    return replace(row, value=found[0], p_value=found[1])
