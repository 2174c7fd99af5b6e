"""The effect as a linear function of standardised variables: the best linear projection."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from estimation.cross_fitting import Answer, Inquiry
from estimation.heterogeneity.joint import joint_test
from estimation.heterogeneity.keys import Projection
from estimation.heterogeneity.products import (
    Products,
    answer_from,
    features_added,
    inquiry_of,
    needs_fit,
)
from estimation.heterogeneity.values import named_at, values_at
from estimation.parts.check_rows import wald_check
from estimation.parts.part import MAIN, Setting, Told
from estimation.parts.rows import term_rows
from estimation.samples.sample import Floats
from geo.errors import SampleError

ASKED = "project_on"
CHECK = "projection"


@dataclass(frozen=True, slots=True)
class LinearProjection:
    """The part of a design with variables of which the effect is a linear function."""

    name: ClassVar[str] = CHECK

    projection: Projection
    """The variables."""

    def ask(self, setting: Setting) -> Mapping[str, Inquiry]:
        """The products, if a variable moves."""
        inquiry = inquiry_of(setting, self._products(setting))
        return {} if inquiry is None else {ASKED: inquiry}

    def tell(self, setting: Setting, answers: Mapping[str, Answer]) -> Told:
        """A row for the effect at the means and one for each variable; their joint test."""
        products = self._products(setting)
        answer = answers.get(ASKED)
        if answer is None:
            answer = answer_from(setting, products, answers[MAIN])
        found, said = answer, _said(setting, products)
        rows = tuple(
            replace(row, note="; ".join(part for part in (row.note, said) if part))
            for row in term_rows(setting, found, part="projection")
        )
        slopes = len(self.projection.columns)
        check = wald_check(
            setting,
            lambda: joint_test(found, np.eye(1 + slopes)[1:]),
            check=CHECK,
            subject=f"{setting.design.treatment} on {', '.join(self.projection.columns)}",
            note="joint Wald test that the effect depends on none of them, clustered",
        )
        return Told(estimates=rows, checks=(check,))

    def _products(self, setting: Setting) -> Products:
        asked, treatment = self.projection, setting.design.treatment
        levels = {
            column: values_at(setting.sample, column, asked.at, setting.design)
            for column in asked.columns
        }
        standard = [_standardised(setting, name, values) for name, values in levels.items()]
        return Products(
            names=(treatment, *(f"{treatment} x {named_at(c, asked.at)}" for c in asked.columns)),
            multipliers=np.column_stack([np.ones(standard[0].size), *standard]),
            features=levels,
        )


def _standardised(setting: Setting, column: str, values: Floats) -> Floats:
    if not np.ptp(values) > 0:
        raise SampleError(
            f"{setting.sample.label}, project_on '{column}'",
            expected="a variable that varies",
            found=f"{values[0]:g} in every row",
            hint="leave it out",
        )
    return np.asarray((values - values.mean()) / values.std(), dtype=np.float64)


def _said(setting: Setting, products: Products) -> str:
    """What a reader of the rows must know."""
    said = "the effect at the variables' means, and its change per standard deviation of each"
    if not needs_fit(setting.sample, products):
        return f"{said}; nothing fitted again"
    added = features_added(setting.sample, products)
    extra = f"; added to the features: {', '.join(added)}" if added else ""
    return f"{said}; products formed in levels and fitted{extra}"
