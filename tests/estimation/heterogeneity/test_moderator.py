from dataclasses import replace

import numpy as np
import pytest
import statsmodels.formula.api as smf

from estimation.estimate import estimate
from estimation.heterogeneity.moderator import check_moderator, effects_along, share_left
from estimation.plan import plan_design
from estimation.samples.sample import build_sample
from geo.errors import SampleError
from tests.estimation.heterogeneity.made_up import (
    DESIGN,
    answered,
    made_up,
    settings_of,
    with_effect,
)

PANEL = with_effect(made_up(), 0.5 + 0.2 * made_up()["digital"], 0.3 * made_up()["digital"])
MODERATED = replace(DESIGN, controls=("gdp",), moderator="digital")


def test_the_share_that_is_left_is_one_less_r2_of_city_and_year_dummies() -> None:
    table = PANEL[np.arange(len(PANEL)) % 7 != 3]
    sample = build_sample(table, MODERATED)
    theirs = smf.ols("digital ~ C(city_id) + C(year)", table).fit()
    assert share_left(sample, sample.column("digital")) == pytest.approx(1 - theirs.rsquared)


@pytest.mark.parametrize(
    "values",
    [PANEL["year"] * 2.0, PANEL["fixed"], PANEL["fixed"] + (PANEL["year"] - 2010.0) ** 2],
    ids=["years", "cities", "both"],
)
def test_a_moderator_that_cities_and_years_determine_is_refused_before_any_fit(
    values: object,
) -> None:
    with pytest.raises(SampleError, match=r"moderator 'digital'.*none of its variance") as error:
        plan_design(PANEL.assign(digital=values), MODERATED)
    assert "\n" not in str(error.value)


def test_a_moderator_close_to_the_years_is_told_with_its_share() -> None:
    rng = np.random.default_rng(0)
    close = PANEL["year"] + 0.005 * rng.normal(size=len(PANEL))
    design = replace(MODERATED, variants=("within",))
    result = estimate(PANEL.assign(digital=close), [design], workers=1)
    check = result.checks.set_index("check").loc["moderator"]
    assert check["verdict"] == "failed"
    assert 0 < check["value"] < 0.001
    assert check["value"] < 0.00005  # nought to two decimals
    assert any(
        f"leave {100 * check['value']:.2g} % of" in note and "digital" in note
        for note in result.notes
    )
    fine = estimate(PANEL, [design], workers=1)
    assert fine.checks.set_index("check").loc["moderator", "verdict"] == "passed"
    assert not any("variance of moderator" in note for note in fine.notes)


def test_nothing_is_checked_without_a_moderator() -> None:
    check_moderator(build_sample(PANEL, DESIGN), DESIGN)


def test_the_effect_along_the_moderator_is_the_product_rule_in_its_own_units() -> None:
    result = estimate(PANEL, [MODERATED], workers=1)
    rows = result.estimates
    for variant in MODERATED.variants:
        own = rows[(rows["variant"] == variant) & (rows["scaling"] == "centred")].set_index("term")
        curve = result.curves[result.curves["variant"] == variant]
        mean = PANEL["digital"].mean()
        expected = own.loc["uil", "estimate"] + own.loc["uil x digital", "estimate"] * (
            curve["at"] - mean
        )
        # Medians over repetitions, of the sum and of its parts.
        np.testing.assert_allclose(curve["effect"], expected, rtol=1e-9)
        np.testing.assert_allclose(
            curve["at"], np.quantile(PANEL["digital"], np.arange(0.05, 0.96, 0.05))
        )
        truth = 0.5 + 0.2 * curve["at"]
        assert ((curve["band_low"] < truth) & (truth < curve["band_high"])).all()
        assert (curve["ci_low"] > curve["band_low"]).all()
        assert set(curve["curve"]) == {"marginal_effect"}


def test_its_error_is_the_delta_method_s() -> None:
    design = replace(MODERATED, repetitions=1)
    setting = settings_of(PANEL, design)["within"]
    answer = answered(setting)
    result = estimate(PANEL, [design], workers=1)
    curve = result.curves[result.curves["variant"] == "within"]
    (one,) = answer.residuals
    scale = answer.inquiry.problem.terms.scalings["centred"]
    W = np.linalg.inv(one.V.T @ one.V)
    e = one.u - one.V @ (W @ one.V.T @ one.u)
    scores = [one.V[one.clusters == g].T @ e[one.clusters == g] for g in range(60)]
    cov = 60 / 59 * W @ sum(np.outer(s, s) for s in scores) @ W * np.outer(scale, scale)
    for at, error in zip(curve["at"], curve["std_error"], strict=True):
        m = at - PANEL["digital"].mean()
        variance = cov[0, 0] + 2 * m * cov[0, 1] + m**2 * cov[1, 1]
        assert error == pytest.approx(np.sqrt(variance))


@pytest.mark.parametrize(("factor", "shift"), [(100.0, 0.0), (1.0, 50.0), (-0.01, 3.0)])
def test_rescaling_the_moderator_changes_neither_t_nor_curve(factor: float, shift: float) -> None:
    designs = [replace(MODERATED, variants=("first_difference",))]
    plain = estimate(PANEL, designs, workers=1)
    other = estimate(PANEL.assign(digital=factor * PANEL["digital"] + shift), designs, workers=1)
    products = []
    for result in (plain, other):
        rows = result.estimates
        kept = rows[(rows["variant"] == "first_difference") & (rows["term"] == "uil x digital")]
        products.append(kept.set_index("scaling")["statistic"])
    np.testing.assert_allclose(products[0], np.sign(factor) * products[1], rtol=1e-6)
    assert products[0]["centred"] == pytest.approx(products[0]["min_max"], rel=1e-12)
    curves = [result.curves.set_index("at").sort_index() for result in (plain, other)]
    flipped = curves[1] if factor > 0 else curves[1].iloc[::-1]
    np.testing.assert_allclose(curves[0]["effect"], flipped["effect"], rtol=1e-5)
    note = plain.estimates.loc[plain.estimates["term"] == "uil x digital", "note"].iloc[0]
    assert "cannot change the product's t" in note


def test_further_treatments_do_not_enter_the_curve() -> None:
    sample = build_sample(PANEL, MODERATED)
    design = replace(MODERATED, joint=("fixed",))
    L = effects_along(sample, design, np.array([0.0, 1.0]))
    mean = PANEL["digital"].mean()
    np.testing.assert_allclose(L, [[1, 0, -mean, 0], [1, 0, 1 - mean, 0]])
