"""Products are formed in levels; every scaling is one fit, told in other units."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from estimation.cross_fitting import Inquiry, cross_fit
from estimation.designs import Design
from estimation.dml import solve
from estimation.learning.learner_spec import learner_spec
from estimation.plan import plan_design
from estimation.problems.problem import pose
from estimation.problems.terms import treatment_terms
from estimation.problems.transforms import first_difference, within
from estimation.samples.sample import build_sample
from geo.errors import SampleError

BASE = Design("m", "gini", "uil", controls=("gdp",), moderator="loans", folds=2)


def test_without_a_moderator_terms_are_the_treatments_in_their_own_units(
    panel: pd.DataFrame,
) -> None:
    design = Design("j", "gini", "uil", joint=("gdp", "loans"), folds=2)
    terms = treatment_terms(build_sample(panel, design), design)
    assert terms.names == ("uil", "gdp", "loans")
    assert np.array_equal(terms.levels, panel[["uil", "gdp", "loans"]])
    assert {name: factors.tolist() for name, factors in terms.scalings.items()} == {"": [1, 1, 1]}


def test_products_and_scalings_by_hand() -> None:
    table = pd.DataFrame(
        {
            "city_id": ["1101"] * 2 + ["1201"] * 2,
            "year": [2011, 2012] * 2,
            "y": [0.0, 1.0, 5.0, 2.0],
            "d": [1.0, 3.0, 3.0, 1.0],  # mean 2, standard deviation 1
            "b": [0.0, 4.0, 0.0, 4.0],  # mean 2, standard deviation 2
            "m": [10.0, 10.0, 16.0, 16.0],  # mean 13, standard deviation 3, range 6
        }
    )
    design = Design("hand", "y", "d", joint=("b",), moderator="m", folds=2, min_units=0)
    terms = treatment_terms(build_sample(table, design), design)
    assert terms.names == ("d", "b", "d x m", "m")
    assert terms.levels.tolist() == [
        [-1, -1, 1, -1],
        [1, 1, -1, -1],
        [1, -1, 1, 1],
        [-1, 1, -1, 1],
    ]
    assert list(terms.scalings) == ["centred", "min_max"]
    assert terms.scalings["centred"] == pytest.approx([1, 1 / 2, 1 / 3, 1 / 3])
    assert terms.scalings["min_max"] == pytest.approx([1, 1 / 2, 6 / 3, 6 / 3])


@pytest.mark.parametrize("transform", [first_difference, within])
def test_a_product_is_formed_before_the_transform(panel: pd.DataFrame, transform: object) -> None:
    sample = build_sample(panel, BASE)
    terms = treatment_terms(sample, BASE)
    transformed = transform(sample)
    problem = pose(sample, transformed, terms, BASE, where="here")
    d, m = sample.treatment, sample.column("loans")
    product = ((d - d.mean()) / d.std() * (m - m.mean()) / m.std()).reshape(15, 6)
    change = np.diff(product, axis=1)
    if transform is within:
        change = product - product.mean(axis=1, keepdims=True)
    assert problem.D[:, 1] == pytest.approx(change.ravel(), abs=1e-12)
    wrong = transformed.change(d) * transformed.change(m)
    assert np.corrcoef(problem.D[:, 1], wrong)[0, 1] < 0.9


def in_units(panel: pd.DataFrame, d: np.ndarray, m: np.ndarray) -> np.ndarray:
    """Coefficients and their standard errors from terms as one writes them: d, d m, m."""
    sample = build_sample(panel, BASE)
    terms = replace(treatment_terms(sample, BASE), levels=np.column_stack([d, d * m, m]))
    problem = pose(sample, first_difference(sample), terms, BASE, where="here")
    (answer,), _ = cross_fit([inquiry(problem)], workers=1)
    (fit,) = solve(problem, answer.residuals[:1])
    return np.array([fit.theta, fit.se_cluster, fit.se_robust, fit.rmse_terms])


def inquiry(problem: object) -> Inquiry:
    return Inquiry(problem, learner_spec("linear"), folds=3, repetitions=1, seed=5, by_city=True)


def test_every_scaling_is_the_fit_one_would_make_in_its_units(panel: pd.DataFrame) -> None:
    """Least squares does not care for units, so that refitting in each scaling is an oracle."""
    setting = plan_design(panel, BASE).settings["first_difference"]
    (answer,), _ = cross_fit([inquiry(setting.main.problem)], workers=1)
    d, m = panel["uil"].to_numpy(), panel["loans"].to_numpy()
    scales = {
        "centred": in_units(panel, d - d.mean(), m - m.mean()),
        "min_max": in_units(panel, d - d.mean(), (m - m.mean()) / np.ptp(m)),
    }
    fit = answer.fits[0]
    for name, (theta, se_cluster, se_robust, rmse) in scales.items():
        factors = setting.main.problem.terms.scalings[name]
        assert factors * fit.theta == pytest.approx(theta, rel=1e-9), name
        assert factors * fit.se_cluster == pytest.approx(se_cluster, rel=1e-9), name
        assert factors * fit.se_robust == pytest.approx(se_robust, rel=1e-9), name
        assert fit.rmse_terms / factors == pytest.approx(rmse, rel=1e-9), name
    statistics = [theta / se_cluster for theta, se_cluster, *_ in scales.values()]
    assert statistics[0][1:] == pytest.approx(statistics[1][1:], rel=1e-9)


def test_a_constant_moderator_is_refused(panel: pd.DataFrame) -> None:
    sample = build_sample(panel.assign(loans=4.0), BASE)
    with pytest.raises(SampleError, match=r"'m', moderator 'loans': expected .* found 4 in every"):
        treatment_terms(sample, BASE)
