"""The check ``sensitivity``: what its figures are of."""

from dataclasses import replace

import numpy as np
import pytest

from estimation.cross_fitting import cross_fit
from estimation.designs import Design
from estimation.estimate import estimate
from estimation.parts.omitted_variable import OmittedVariable
from estimation.plan import plan_design
from tests.estimation.made_up import confounded

DESIGN = Design(
    "s",
    "y",
    "d",
    controls=("x",),
    learner="linear",
    variants=("within", "correlated_random_effects"),
    folds=3,
    repetitions=1,
    checks=("sensitivity",),
)


def test_a_city_effect_is_no_residual_variance() -> None:
    """A linear learner on a linear truth: demeaned and with city means all but the same."""
    result = estimate(confounded(3), [DESIGN], workers=1)
    table = result.checks.pivot_table(index="variant", columns="statistic", values="value")
    means, demeaned = table.loc["correlated_random_effects"], table.loc["within"]
    for name in ("robustness value", "lower bound at 0.03", "upper bound at 0.03"):
        assert means[name] == pytest.approx(demeaned[name], rel=0.02), name
    rmse = result.estimates.set_index("variant")["rmse_outcome"]
    assert rmse["correlated_random_effects"] == pytest.approx(rmse["within"], rel=0.02)


def test_the_outcomes_city_means_are_taken_out_by_hand() -> None:
    """RV solves ``RV^2 / (1 - RV) = theta^2 / (sigma2 nu2)``, sigma2 within cities."""
    panel = confounded(3, cities=20)
    setting = plan_design(panel, DESIGN).settings["correlated_random_effects"]
    (answer,), _ = cross_fit([setting.main], workers=1)
    residuals = answer.residuals[0]
    u, v = residuals.u.copy(), residuals.V[:, 0]
    for city in range(20):
        u[residuals.clusters == city] -= u[residuals.clusters == city].mean()
    theta = (v @ u) / (v @ v)
    f2 = theta**2 * np.mean(v**2) / np.mean((u - theta * v) ** 2)
    rows = estimate(panel, [DESIGN], workers=1).checks.set_index(["variant", "statistic"])
    found = rows.loc[("correlated_random_effects", "robustness value"), "value"]
    assert found == pytest.approx((np.sqrt(f2**2 + 4 * f2) - f2) / 2, abs=1e-8)


def test_nothing_is_fitted_for_a_check_that_an_instrument_forbids() -> None:
    panel = confounded(2, cities=20).assign(w=lambda table: table["x"] ** 2)
    design = replace(DESIGN, outcome="y_iv", treatment="d_iv", controls=("x", "w"), instrument="z")
    for setting in plan_design(panel, design).settings.values():
        assert OmittedVariable().ask(setting) == {}
    for setting in plan_design(panel, replace(design, instrument=None)).settings.values():
        assert len(OmittedVariable().ask(setting)) == 2
