"""Inquiries share what they can; each gets its own answer."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from doubleml import DoubleMLData, DoubleMLPLR
from doubleml.utils import DMLDummyRegressor

from estimation.cross_fitting import cross_fit
from estimation.designs import Design
from estimation.dml import aggregate
from estimation.learning.folds import city_folds, random_folds
from estimation.learning.learn import FitCounts
from estimation.learning.learner_spec import LearnerSpec
from estimation.parts.part import MAIN
from estimation.parts.registry import parts_of
from estimation.plan import plan_design
from estimation.problems.transforms import TRANSFORMS
from estimation.residuals import draw_folds, nuisance_functions
from geo.errors import SampleError
from tests.estimation.made_up import confounded, inquiry, problem_of

LINEAR, OTHER = LearnerSpec("linear"), LearnerSpec("ridge")
DESIGN = Design("base", "y", "d", controls=("x",), folds=3, learner="linear")


@pytest.fixture(scope="module")
def panel() -> pd.DataFrame:
    return confounded(6, cities=12, years=4)


def test_every_repetition_has_its_folds_and_its_answer(panel: pd.DataFrame) -> None:
    problem = problem_of(panel, DESIGN, "within")
    (three, one), counts = cross_fit(
        [inquiry(problem, LINEAR, repetitions=3), inquiry(problem, LINEAR)], workers=1
    )
    assert (len(three.fits), len(one.fits)) == (3, 1)
    assert three.fits[0].theta == one.fits[0].theta
    assert len({fit.theta[0] for fit in three.fits}) == 3
    assert counts == FitCounts(asked=2 * 3 * 4, distinct=2 * 3 * 3, fitted=18)
    for repetition, (fit, residuals) in enumerate(zip(three.fits, three.residuals, strict=True)):
        folds = draw_folds(problem, folds=3, seed=4, repetition=repetition, by_city=True)
        u = np.empty(problem.y.size)
        A = np.column_stack([np.ones(problem.y.size), problem.X])
        for train, test in folds:
            u[test] = problem.y[test] - A[test] @ np.linalg.lstsq(A[train], problem.y[train])[0]
        assert residuals.u == pytest.approx(u, abs=1e-10)
        v = residuals.V[:, 0]
        assert fit.theta[0] == pytest.approx((v @ u) / (v @ v), rel=1e-9)


def test_folds_are_of_cities_or_of_rows(panel: pd.DataFrame) -> None:
    problem = problem_of(panel, DESIGN, "within")
    where = {"folds": 3, "seed": 9, "repetition": 2}
    for by_city, expected in (
        (True, city_folds(problem.clusters, **where)),
        (False, random_folds(problem.y.size, **where)),
    ):
        found = draw_folds(problem, by_city=by_city, **where)
        for ours, theirs in zip(found, expected, strict=True):
            assert all(np.array_equal(a, b) for a, b in zip(ours, theirs, strict=True))


def test_targets_are_outcome_terms_and_instruments_in_this_order(panel: pd.DataFrame) -> None:
    iv = replace(DESIGN, outcome="y_iv", treatment="d_iv", instrument="z")
    two = replace(DESIGN, joint=("z",))
    for design, names in (
        (iv, ["outcome", "d_iv", "instrument 1"]),
        (two, ["outcome", "d", "z"]),
    ):
        problem = problem_of(panel, design, "within")
        folds = draw_folds(problem, folds=3, seed=4, repetition=0, by_city=True)
        asked = nuisance_functions(problem, folds, learners=(LINEAR, OTHER), seed=4, repetition=0)
        assert [one.where for one in asked] == [f"{problem.where}, {name}" for name in names]
        columns = [problem.y, *problem.D.T, *([] if problem.Z is None else problem.Z.T)]
        for one, column in zip(asked, columns, strict=True):
            assert np.array_equal(one.target, column)
            assert one.features is problem.X
        assert [one.learner for one in asked] == [LINEAR, OTHER, OTHER]


def test_an_outcome_may_have_a_learner_of_its_own(panel: pd.DataFrame) -> None:
    one = inquiry(problem_of(panel, DESIGN, "within"), LINEAR)
    both, counts = cross_fit([one, replace(one, outcome_learner=OTHER)], workers=1)
    assert counts == FitCounts(asked=12, distinct=9, fitted=9)  # the treatment's are shared
    plain, own = (answer.residuals[0] for answer in both)
    assert np.array_equal(plain.V, own.V)
    assert not np.array_equal(plain.u, own.u)


def test_residuals_say_which_rows_and_cities_they_are_of(panel: pd.DataFrame) -> None:
    setting = plan_design(panel, DESIGN).settings["first_difference"]
    (answer,), _ = cross_fit([setting.main], workers=1)
    residuals = answer.residuals[0]
    assert residuals.W is None
    assert residuals.rows.tolist() == [row for row in range(48) if row % 4]
    assert np.array_equal(residuals.clusters, setting.sample.city[residuals.rows])
    assert residuals.V.shape == (36, 1)


def test_repetitions_are_aggregated_as_doubleml_does(panel: pd.DataFrame) -> None:
    """doubleml from the same predictions, all repetitions in one model."""
    problem = problem_of(panel, DESIGN, "within")
    (answer,), _ = cross_fit([inquiry(problem, LINEAR, repetitions=5)], workers=1)
    model = DoubleMLPLR(
        DoubleMLData.from_arrays(problem.X, problem.y, problem.D[:, 0]),
        DMLDummyRegressor(),
        DMLDummyRegressor(),
        n_folds=3,
        n_rep=5,
    )
    given = {
        "ml_l": np.column_stack([problem.y - one.u for one in answer.residuals]),
        "ml_m": np.column_stack([problem.D[:, 0] - one.V[:, 0] for one in answer.residuals]),
    }
    model.fit(external_predictions={"d": given})
    found = aggregate(answer.fits)
    assert found.theta[0] == pytest.approx(model.coef[0], rel=1e-12)
    assert found.se_robust[0] == pytest.approx(model.se[0], rel=1e-12)


@pytest.mark.parametrize("variant", [*TRANSFORMS])
def test_a_part_asks_by_name_and_never_for_the_main_inquiry(
    panel: pd.DataFrame, variant: str
) -> None:
    setting = plan_design(panel, replace(DESIGN, checks=("city_effects",))).settings[variant]
    asked = {
        name: one for part in parts_of(setting.design) for name, one in part.ask(setting).items()
    }
    assert MAIN not in asked
    assert list(asked) == (
        ["city_effects"] if variant in {"faithful", "correlated_random_effects"} else []
    )
    for one in asked.values():
        p = setting.main.problem.X.shape[1]
        assert one.problem.X.shape == (setting.main.problem.y.size, p + 2)
        assert np.array_equal(one.problem.X[:, :p], setting.main.problem.X)
        assert (one.folds, one.seed, one.repetitions) == (3, setting.main.seed, 1)
    without = parts_of(replace(DESIGN, checks=()))
    assert [list(part.ask(setting)) for part in without] == [[]]


def test_what_cannot_be_solved_is_told_though_others_are_being_learned(panel: pd.DataFrame) -> None:
    problem = problem_of(panel, DESIGN, "within")
    determined = replace(problem, D=problem.X[:, :1].copy())
    asked = [inquiry(determined, LINEAR, repetitions=2), inquiry(problem, OTHER, repetitions=9)]
    with pytest.raises(SampleError, match="variation that effects and controls do not explain"):
        cross_fit(asked, workers=2)
    (answer, whole), _ = cross_fit([replace(asked[0], optional=True), asked[1]], workers=2)
    assert isinstance(answer.found, SampleError)
    assert len(whole.fits) == 9
