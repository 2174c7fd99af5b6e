"""The effect along a variable as a curve of any smooth shape, with a uniform band."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from estimation.cross_fitting import Answer, Inquiry
from estimation.heterogeneity.basis import Basis, grid_of, spline_basis
from estimation.heterogeneity.joint import curve, joint_test
from estimation.heterogeneity.keys import Along
from estimation.heterogeneity.products import Products, answer_from, inquiry_of
from estimation.heterogeneity.values import named_at, values_at
from estimation.parts.check_rows import wald_check
from estimation.parts.curves import curve_points
from estimation.parts.part import MAIN, Setting, Told
from estimation.samples.sample import Floats

ASKED = "along"
CURVE = "cate"
CHECK = "cate_flat"


@dataclass(frozen=True, slots=True)
class CurveAlong:
    """The part of a design with a variable along which the effect is told."""

    name: ClassVar[str] = CHECK

    along: Along
    """The variable and its basis."""

    def ask(self, setting: Setting) -> Mapping[str, Inquiry]:
        """The products with the basis, if the variable moves."""
        values, basis = self._basis(setting)
        inquiry = inquiry_of(setting, self._products(setting, values, basis))
        return {} if inquiry is None else {ASKED: inquiry}

    def tell(self, setting: Setting, answers: Mapping[str, Answer]) -> Told:
        """The curve at quantiles of the variable, and a test that it is flat."""
        values, basis = self._basis(setting)
        answer = answers.get(ASKED)
        if answer is None:
            answer = answer_from(setting, self._products(setting, values, basis), answers[MAIN])
        found, at = answer, grid_of(values)
        along = named_at(self.along.column, self.along.at)
        band = curve(found, basis(at), seed=setting.design.seed)
        R = np.column_stack([-np.ones(basis.size - 1), np.eye(basis.size - 1)])
        check = wald_check(
            setting,
            lambda: joint_test(found, R),
            check=CHECK,
            subject=f"{setting.design.treatment} along {along}",
            note="joint Wald test that the effect is the same everywhere, clustered; cubic spline "
            f"of {basis.size} functions",
        )
        points = curve_points(setting, band, curve=CURVE, along=along, at=at)
        return Told(curves=points, checks=(check,))

    def _basis(self, setting: Setting) -> tuple[Floats, Basis]:
        values = values_at(setting.sample, self.along.column, self.along.at, setting.design)
        where = f"{setting.sample.label}, along '{self.along.column}'"
        return values, spline_basis(values, self.along.basis, where=where)

    def _products(self, setting: Setting, values: Floats, basis: Basis) -> Products:
        column, treatment = self.along.column, setting.design.treatment
        names = tuple(f"{treatment} x spline {j + 1} of {column}" for j in range(basis.size))
        return Products(names, basis(values), {column: values})
