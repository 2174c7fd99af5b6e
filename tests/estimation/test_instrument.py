"""Double machine learning with an instrument where the treatment is endogenous."""

from dataclasses import replace

import numpy as np
import pytest

from estimation.cross_fitting import cross_fit
from estimation.designs import Design
from estimation.estimate import estimate
from estimation.learning.learner_spec import LearnerSpec
from geo.errors import SampleError
from tests.estimation.made_up import confounded, inquiry, problem_of

VARIANTS = ("first_difference", "within", "correlated_random_effects", "within_dictionary")
DESIGN = Design(
    "iv",
    "y_iv",
    "d_iv",
    controls=("x",),
    instrument="z",
    learner="linear",
    variants=VARIANTS,
    folds=3,
    repetitions=2,
)


def test_the_effect_is_found_only_with_the_instrument() -> None:
    """City effects are strong in outcome, treatment and instrument; the truth is 0.5."""
    panel = confounded(1, cities=120)
    naive = replace(DESIGN, name="without", instrument=None)
    table = estimate(panel, [DESIGN, naive], workers=1).estimates
    table = table.set_index(["design", "variant"])
    for variant in VARIANTS:
        told = table.loc[("iv", variant)]
        assert abs(told["estimate"] - 0.5) < 2.5 * told["std_error"], variant
        assert told["std_error"] < 0.12, variant
        assert table.loc[("without", variant), "ci_low"] > 1.0, variant


def test_the_estimate_is_the_ratio_of_two_reduced_forms() -> None:
    problem = problem_of(confounded(2, cities=20), DESIGN, "within")
    (answer,), counts = cross_fit([inquiry(problem, LearnerSpec("linear"))], workers=1)
    residuals, fit = answer.residuals[0], answer.fits[0]
    u, v, w = residuals.u, residuals.V[:, 0], residuals.W[:, 0]
    assert fit.theta[0] == pytest.approx((w @ u) / (w @ v), rel=1e-12)
    score = w * (u - fit.theta[0] * v)
    by_city = [score[problem.clusters == city].sum() for city in range(20)]
    expected = (20 / 19 * np.sum(np.square(by_city))) ** 0.5 / abs(w @ v)
    assert fit.se_cluster[0] == pytest.approx(expected, rel=1e-12)
    assert counts.asked == 9


def test_with_random_effects_the_instruments_residuals_sum_to_zero_in_every_city() -> None:
    problem = problem_of(confounded(2, cities=20), DESIGN, "correlated_random_effects")
    (answer,), _ = cross_fit([inquiry(problem, LearnerSpec("linear"))], workers=1)
    for residual in (answer.residuals[0].W, answer.residuals[0].V):
        sums = np.bincount(problem.clusters, weights=residual[:, 0])
        assert np.abs(sums).max() < 1e-10
    assert np.abs(np.bincount(problem.clusters, weights=answer.residuals[0].u)).max() > 1.0


@pytest.mark.parametrize("variant", VARIANTS)
def test_an_instrument_fixed_in_time_is_refused(variant: str) -> None:
    panel = confounded(2, cities=20)
    fixed = panel.assign(z=panel["city_id"].astype("int64") / 7.0)
    with pytest.raises(SampleError, match=rf"{variant}, column 'z': expected .* within cities"):
        estimate(fixed, [replace(DESIGN, variants=(variant,))], workers=1)


def test_an_instrument_that_features_determine_is_refused() -> None:
    panel = confounded(2, cities=20)
    with pytest.raises(SampleError, match=r"'iv', linear fixed effects, instrument z: .*determine"):
        estimate(panel.assign(z=2.0 * panel["x"]), [DESIGN], workers=1)
    problem = problem_of(panel, DESIGN, "within")
    told = replace(problem, X=np.column_stack([problem.X, 2.0 * problem.Z]))
    with pytest.raises(SampleError, match=r"within, column 'instrument of d_iv': .*found none"):
        cross_fit([inquiry(told, LearnerSpec("linear"))], workers=1)


def test_the_anderson_rubin_test_and_set_are_told_with_any_number_of_clusters() -> None:
    """With a strong instrument the set is about the interval, with none of any use the line."""
    panel = confounded(1, cities=80)
    rng = np.random.default_rng(5)
    designs = [DESIGN, replace(DESIGN, name="weak", instrument="noise")]
    result = estimate(panel.assign(noise=rng.normal(size=len(panel))), designs, workers=1)
    checks = result.checks[result.checks["check"] == "anderson_rubin"]
    checks = checks.set_index(["design", "variant", "statistic"]).sort_index()
    estimates = result.estimates.set_index(["design", "variant"])
    for variant in VARIANTS:
        row, test = estimates.loc[("iv", variant)], checks.loc[("iv", variant, "F(1, 79)")]
        assert test["subject"] == "d_iv"
        assert test["p_value"] < 0.001
        for words, end in (("lower", "ci_low"), ("upper", "ci_high")):
            found = checks.loc[("iv", variant, f"{words} end of the 95 % set"), "value"]
            assert found == pytest.approx(row[end], abs=row["std_error"] / 2)
        weak = checks.loc[("weak", variant)]
        assert weak.loc["F(1, 79)", "p_value"] > 0.05
        ends = weak.drop("F(1, 79)")
        assert not np.isfinite(ends["value"]).any() or ends["note"].str.contains("all but").all()
        assert any(
            note.startswith(f"design 'weak', {variant}: the instrument is weak")
            for note in result.notes
        )
