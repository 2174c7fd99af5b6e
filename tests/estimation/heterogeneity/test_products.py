from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from doubleml import DoubleMLData, DoubleMLPLR
from doubleml.utils import DMLDummyRegressor
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.linear_model import LinearRegression

from estimation.cross_fitting import Answer, cross_fit
from estimation.dml import aggregate
from estimation.heterogeneity.basis import spline_basis
from estimation.heterogeneity.joint import curve
from estimation.heterogeneity.products import (
    Products,
    answer_from,
    features_added,
    inquiry_of,
    needs_fit,
    rows_of,
)
from estimation.learning.folds import city_folds
from tests.estimation.heterogeneity.made_up import (
    DESIGN,
    answered,
    loop_difference,
    loop_within,
    made_up,
    settings_of,
    with_effect,
)

Array = NDArray[np.float64]
PANEL = with_effect(made_up(), 0.5)
SETTINGS = settings_of(PANEL, DESIGN)
LOOPS: dict[str, Callable[[pd.DataFrame, Array], Array]] = {
    "first_difference": loop_difference,
    "within": loop_within,
}
EAST = (PANEL["region"] == "east").to_numpy(dtype=np.float64)
TWO = Products(("east", "west"), np.column_stack([EAST, 1 - EAST]), {})


def plain_doubleml(answer: Answer) -> DoubleMLPLR:
    """doubleml with this answer's predictions, all repetitions."""
    problem = answer.inquiry.problem
    d = problem.D[:, 0]
    model = DoubleMLPLR(
        DoubleMLData.from_arrays(problem.X, problem.y, d),
        DMLDummyRegressor(),
        DMLDummyRegressor(),
        n_rep=len(answer.residuals),
    )
    model.fit(
        external_predictions={
            "d": {
                "ml_l": np.column_stack([problem.y - one.u for one in answer.residuals]),
                "ml_m": np.column_stack([d - one.V[:, 0] for one in answer.residuals]),
            }
        },
        store_predictions=True,
    )
    return model


def clustered(answer: Answer) -> dict[str, object]:
    return {"cov_type": "cluster", "cov_kwds": {"groups": answer.inquiry.problem.clusters}}


# doubleml's own warning of pandas 4.
@pytest.mark.filterwarnings("ignore:Starting with pandas version 4.0")
@pytest.mark.parametrize("variant", SETTINGS)
def test_groups_fixed_in_time_are_doubleml_s_gate_and_need_no_fit(variant: str) -> None:
    setting = SETTINGS[variant]
    main = answered(setting)
    assert not needs_fit(setting.sample, TWO)
    assert inquiry_of(setting, TWO) is None
    ours = aggregate(answer_from(setting, TWO, main).fits)
    rows = main.inquiry.problem.rows
    groups = pd.DataFrame(TWO.multipliers[rows].astype(bool), columns=["east", "west"])
    gate = plain_doubleml(main).gate(groups, **clustered(main))
    np.testing.assert_allclose(ours.theta, gate.coef, rtol=1e-10)
    n, count = rows.size, np.unique(main.inquiry.problem.clusters).size
    # statsmodels has one more factor, (n - 1) / (n - k), and doubleml's rule is linear in both.
    thetas = np.array([one.theta for one in answer_from(setting, TWO, main).fits])
    theirs = gate.all_se.T / np.sqrt((n - 1) / (n - 2))
    mine = np.array([one.se_cluster for one in answer_from(setting, TWO, main).fits])
    np.testing.assert_allclose(thetas, gate.all_coef.T, rtol=1e-10)
    np.testing.assert_allclose(mine, theirs, rtol=1e-10)
    assert count == 60


def test_each_group_alone_has_the_same_effect_and_its_own_count_of_clusters() -> None:
    setting = SETTINGS["within"]
    main = answered(setting)
    joint = aggregate(answer_from(setting, TWO, main).fits)
    east = EAST[main.inquiry.problem.rows] == 1
    alone = rows_of(main, east, where="east")
    np.testing.assert_allclose(aggregate(alone.fits).theta[0], joint.theta[0], rtol=1e-12)
    count, rest = 30, 60
    factor = np.sqrt((count / (count - 1)) / (rest / (rest - 1)))
    for one, two in zip(
        alone.fits, (fit.se_cluster[0] for fit in answer_from(setting, TWO, main).fits), strict=True
    ):
        np.testing.assert_allclose(one.se_cluster[0], factor * two, rtol=1e-12)


def test_a_curve_along_a_fixed_variable_is_doubleml_s_cate() -> None:
    setting = SETTINGS["first_difference"]
    main = answered(setting)
    values = setting.sample.treatment * 0 + PANEL["fixed"].to_numpy()
    basis = spline_basis(values, 5, where="w")
    products = Products(tuple("abcde"), basis(values), {})
    at = np.linspace(-0.9, 0.9, 7)
    ours = curve(answer_from(setting, products, main), basis(at), seed=1)
    rows = main.inquiry.problem.rows
    cate = plain_doubleml(main).cate(
        pd.DataFrame(basis(values)[rows], columns=list("abcde")), **clustered(main)
    )
    theirs = cate.confint(pd.DataFrame(basis(at), columns=list("abcde")))
    np.testing.assert_allclose(ours.estimate, theirs["effect"], rtol=1e-9)
    # doubleml's interval is normal, with the factor (n - 1) / (n - k) and a median of its own.
    half = (theirs["97.5 %"] - theirs["2.5 %"]).to_numpy() / (2 * 1.959964)
    np.testing.assert_allclose(
        ours.std_error, half / np.sqrt((rows.size - 1) / (rows.size - 5)), rtol=0.02
    )
    one = answer_from(setting, products, replace(main, residuals=main.residuals[:1]))
    alone = curve(one, basis(at), seed=1)
    L = basis(at)
    cov = cate.blp_omega[:, :, 0] * (rows.size - 5) / (rows.size - 1)
    np.testing.assert_allclose(
        alone.std_error, np.sqrt(np.einsum("mk,kl,ml->m", L, cov, L)), rtol=1e-8
    )


def naive_products(
    panel: pd.DataFrame,
    multipliers: Array,
    added: list[Array],
    change: Callable[[pd.DataFrame, Array], Array],
    *,
    both: bool,
) -> Array:
    """Everything again by loops: products in levels, changed, linear learner, joint regression."""
    y = change(panel, panel["gini"].to_numpy())
    d = panel["uil"].to_numpy()
    D = np.column_stack([change(panel, (d - d.mean()) * m) for m in multipliers.T])
    controls = [panel["gdp"].to_numpy(), panel["digital"].to_numpy(), *added]
    if both:
        index = [
            i
            for i in range(1, len(panel))
            if panel["city_id"].iloc[i] == panel["city_id"].iloc[i - 1]
        ]
        before = [i - 1 for i in index]
        X = np.column_stack([*(c[index] for c in controls), *(c[before] for c in controls)])
    else:
        index = list(range(len(panel)))
        X = np.column_stack([change(panel, c) for c in controls])
    years = panel["year"].to_numpy()[index]
    X = np.column_stack([X, *((years == year).astype(float) for year in np.unique(years))])
    codes = np.unique(panel["city_id"].to_numpy()[index], return_inverse=True)[1]
    u, V = np.empty_like(y), np.empty_like(D)
    for train, test in city_folds(codes, folds=4, seed=DESIGN.seed, repetition=0):
        u[test] = y[test] - LinearRegression().fit(X[train], y[train]).predict(X[test])
        for j in range(D.shape[1]):
            learned = LinearRegression().fit(X[train], D[train, j])
            V[test, j] = D[test, j] - learned.predict(X[test])
    return np.linalg.lstsq(V, u, rcond=None)[0]


@pytest.mark.parametrize("variant", SETTINGS)
@pytest.mark.parametrize("moving", ["period", "variable"])
def test_products_that_move_are_formed_in_levels_as_a_loop_does(variant: str, moving: str) -> None:
    setting = SETTINGS[variant]
    late = (PANEL["year"] >= 2015).to_numpy(dtype=np.float64)
    if moving == "period":
        m, features, added = np.column_stack([1 - late, late]), {}, []
    else:
        high = (PANEL["uil"] > 0).to_numpy(dtype=np.float64)
        m, features, added = np.column_stack([1 - high, high]), {"uil high": high}, [high]
    products = Products(("a", "b"), m, features)
    inquiry = inquiry_of(setting, products)
    assert inquiry is not None
    assert (inquiry.problem.X is setting.main.problem.X) == (moving == "period")
    (answer,), _ = cross_fit([replace(inquiry, repetitions=1)], workers=1)
    naive = naive_products(PANEL, m, added, LOOPS[variant], both=variant == "first_difference")
    np.testing.assert_allclose(answer.fits[0].theta, naive, rtol=1e-8)


def test_splitting_the_residual_by_a_group_that_moves_would_be_something_else() -> None:
    late = (PANEL["year"] >= 2015).to_numpy(dtype=np.float64)
    setting = SETTINGS["within"]
    products = Products(("a", "b"), np.column_stack([1 - late, late]), {})
    inquiry = inquiry_of(setting, products)
    assert inquiry is not None
    (right,), _ = cross_fit([inquiry], workers=1)
    wrong = answer_from(setting, products, answered(setting))
    assert np.abs(aggregate(right.fits).theta - aggregate(wrong.fits).theta).max() > 1e-3


def test_products_with_fixed_groups_may_be_fitted_and_then_share_the_outcome() -> None:
    setting = SETTINGS["within"]
    inquiry = inquiry_of(setting, replace(TWO, refit=True))
    assert inquiry is not None
    (main, refitted), counts = cross_fit([setting.main, inquiry], workers=1)
    # Outcome, treatment and two products, in 2 repetitions of 4 folds: the outcome only once.
    assert (counts.asked, counts.distinct) == (5 * 8, 4 * 8)
    np.testing.assert_allclose(
        aggregate(refitted.fits).theta,
        aggregate(answer_from(setting, TWO, main).fits).theta,
        atol=0.05,
    )


def test_a_feature_that_is_a_control_or_fixed_is_not_added_twice() -> None:
    sample = SETTINGS["within"].sample
    features = {
        "gdp": sample.column("gdp"),
        "fixed": PANEL["fixed"].to_numpy(),
        "new": PANEL["noise"].to_numpy(),
    }
    products = Products(("a",), np.ones((len(PANEL), 1)), features)
    assert list(features_added(sample, products)) == ["new"]


@given(factor=st.floats(0.01, 100.0), shift=st.floats(-10.0, 10.0))
@settings(max_examples=4, deadline=None)
def test_units_of_the_treatment_change_group_effects_in_proportion(
    factor: float, shift: float
) -> None:
    late = (PANEL["year"] >= 2015).to_numpy(dtype=np.float64)
    products = Products(("a", "b"), np.column_stack([1 - late, late]), {})
    found = []
    for table in (PANEL, PANEL.assign(uil=factor * PANEL["uil"] + shift)):
        inquiry = inquiry_of(settings_of(table, DESIGN)["within"], products)
        assert inquiry is not None
        (answer,), _ = cross_fit([replace(inquiry, repetitions=1)], workers=1)
        found.append(answer.fits[0])
    np.testing.assert_allclose(found[0].theta, factor * found[1].theta, rtol=1e-6)
    np.testing.assert_allclose(found[0].se_cluster, factor * found[1].se_cluster, rtol=1e-6)
