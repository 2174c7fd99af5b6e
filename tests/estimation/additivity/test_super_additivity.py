"""Products, non-nested tests and R2 of a composite, against statsmodels; bad input."""

import numpy as np
import pytest
import statsmodels.formula.api as smf

from estimation.additivity.keys import CompositeOf
from estimation.estimate import estimate
from geo.errors import DesignError
from tests.estimation.additivity.made_up import PARTS, design, panel


def clustered(formula, table):
    """Least squares with dummies; errors with statsmodels' factors, those of reghdfe but for k."""
    coded = table.assign(code=table["city_id"].astype("category").cat.codes)
    return smf.ols(f"{formula} + x + C(city_id) + C(year)", coded).fit(
        cov_type="cluster", cov_kwds={"groups": coded["code"]}, use_t=True
    )


def factor(model, absorbed):
    """Dummies of cities nested in clusters are not counted."""
    return np.sqrt((model.nobs - model.df_model - 1) / (model.nobs - model.df_model - 1 + absorbed))


def standardised(table):
    z = table.copy()
    for part in PARTS:
        z[part] = (table[part] - table[part].mean()) / table[part].std(ddof=0)
    return z.assign(ab=z["a"] * z["b"], ac=z["a"] * z["c"], bc=z["b"] * z["c"])


def told(table, **given):
    result = estimate(table, [design(**given)])
    return result, result.estimates.set_index("term"), result.checks.set_index(["check", "subject"])


def test_products_against_dummies():
    table = panel(2, product=0.4)
    _, rows, checks = told(table)
    model = clustered("y ~ ab + ac + bc + a + b + c", standardised(table))
    shrink = factor(model, table["city_id"].nunique() - 1)
    for name, term in (("ab", "a x b"), ("ac", "a x c"), ("bc", "b x c")):
        row = rows.loc[term]
        assert row["part"] == "product"
        assert row["treatment"] == "composite"
        assert row["family"] == 3
        assert row["estimate"] == pytest.approx(model.params[name], rel=1e-8)
        assert row["std_error"] == pytest.approx(model.bse[name] * shrink, rel=1e-6)
    joint = checks.loc["products", "a x b, a x c, b x c"]
    by_hand = model.f_test("ab = 0, ac = 0, bc = 0")
    assert joint["statistic"] == "F(3, 59)"
    assert joint["value"] == pytest.approx(float(by_hand.fvalue) / shrink**2, rel=1e-6)
    assert joint["p_value"] < 1e-6
    assert joint["note"].endswith("CRV1 by city")


def test_without_products_they_are_not_found():
    _, rows, checks = told(panel(9))
    assert checks.loc["products", "a x b, a x c, b x c"]["p_value"] > 0.05
    assert abs(rows.loc["a x b", "statistic"]) < 2.5


def test_an_exact_composite_is_nested_and_the_notes_say_so():
    table = panel(4, product=0.4)
    result, rows, checks = told(table)
    assert checks.loc["linear_in_parts", "composite"]["value"] == pytest.approx(1.0, abs=1e-12)
    nothing = checks.loc["j_test", "composite given parts"]
    assert nothing["note"].startswith("not tested: the composite is a linear function")
    assert np.isnan(nothing["p_value"])
    assert any("exact linear function of its parts" in note for note in result.notes)
    # Parts in other proportions: whichever part is left out, the two restrictions are the same.
    model = clustered("y ~ composite + a + b", table)
    shrink = factor(model, table["city_id"].nunique() - 1)
    by_hand = float(model.f_test("a = 0, b = 0").fvalue) / shrink**2
    assert checks.loc["parts_given_composite"]["value"].iloc[0] == pytest.approx(by_hand, rel=1e-6)
    assert rows.loc["composite", "part"].tolist() == ["effect", "out_of_city_r2"]


def test_weights_that_change_leave_two_models_to_be_told_apart():
    table = panel(5, drift=0.1)
    result, _, checks = told(table)
    parts = clustered("y ~ a + b + c", table)
    fitted = table.assign(fit=table[list(PARTS)] @ parts.params[list(PARTS)])
    j = clustered("y ~ composite + fit", fitted)
    shrink = factor(j, table["city_id"].nunique() - 1)
    given = checks.loc["j_test", "parts given composite"]
    assert given["value"] == pytest.approx((j.tvalues["fit"] / shrink) ** 2, rel=1e-6)
    both = clustered("y ~ composite + a + b + c", table)
    other = checks.loc["j_test", "composite given parts"]
    less = factor(both, table["city_id"].nunique() - 1)
    assert other["value"] == pytest.approx((both.tvalues["composite"] / less) ** 2, rel=1e-6)
    assert other["p_value"] < 0.01  # the composite is the truth, and the parts miss it
    assert given["p_value"] > 0.01
    assert any("neither model is nested" in note for note in result.notes)


def test_r2_rows_have_their_differences():
    _, rows, _ = told(panel(6, product=0.6))
    r2 = rows[rows["part"] == "out_of_city_r2"]["estimate"]
    assert r2["parts - composite"] == pytest.approx(r2["parts"] - r2["composite"], abs=1e-12)
    assert r2["parts and products - parts"] > 0.02
    gain = rows.loc["parts and products - parts"]
    assert gain["ci_low"] > 0.0
    assert gain["ci_low"] < gain["estimate"] < gain["ci_high"]
    assert gain["lowest"] <= gain["estimate"] <= gain["highest"]
    assert gain["se_type"] == "city bootstrap"


def test_few_clusters_have_the_wild_bootstrap_and_crv3():
    _, rows, checks = told(panel(7, cities=20))
    assert np.isfinite(
        rows.loc["a x b", ["p_value_wild", "std_error_jackknife"]].astype(float)
    ).all()
    assert checks.loc["products", "a x b, a x c, b x c"]["note"].endswith("CRV3 by city")


def test_provinces_are_the_clusters_where_the_design_says_so():
    _, rows, checks = told(panel(7).assign(province=lambda one: one["city_id"].str[:3]),
                           cluster=("province",))  # fmt: skip
    assert rows.loc["a x b", "se_type"] == "province, wild bootstrap"
    joint = checks.loc["products", "a x b, a x c, b x c"]
    assert joint["note"].endswith("CRV3 by province")
    assert joint["statistic"] == f"F(3, {rows.loc['a x b', 'n_clusters'] - 1})"


def test_one_run_is_as_another():
    first, second = (estimate(panel(8, cities=15), [design()]).estimates for _ in range(2))
    assert first.equals(second)


def test_a_part_that_is_the_composite_is_refused():
    table = panel(1).assign(a=lambda one: 3.0 * one["composite"] + one["x"])
    with pytest.raises(DesignError, match=r"column 'a': expected parts .* the composite itself"):
        estimate(table, [design()])


def test_parts_that_cannot_be_told_apart_are_noted_and_the_effect_stands():
    result = estimate(panel(1).assign(c=lambda one: one["a"] + one["b"]), [design()])
    assert result.estimates["part"].tolist() == ["effect"]
    (note,) = [one for one in result.notes if "not told" in one]
    assert "super additivity not told" in note


def test_a_constant_part_is_noted():
    result = estimate(panel(1).assign(c=1.0), [design()])
    assert any("super additivity not told" in note for note in result.notes)


@pytest.mark.parametrize(
    ("parts", "given", "said"),
    [
        (("a",), {}, "two columns or more"),
        (("a", "a"), {}, "each column in one part only"),
        (("a", "composite"), {}, "column that has another part"),
        (("a", "x"), {}, "column that has another part"),
        (("a", "y"), {}, "column that has another part"),
        (("a", "b"), {"joint": ("c",)}, "found joint beside it"),
        (("a", "b"), {"moderator": "c"}, "found moderator beside it"),
        (("a", "b"), {"instrument": "c"}, "found instrument beside it"),
    ],
)
def test_keys_that_cannot_be(parts, given, said):
    with pytest.raises(DesignError, match=said):
        design(composite_of=CompositeOf(parts), **given)


@pytest.mark.parametrize("key", ["folds", "repetitions", "draws"])
def test_numbers_that_cannot_be(key):
    with pytest.raises(DesignError, match=key):
        design(composite_of=CompositeOf(PARTS, **{key: 0}))
