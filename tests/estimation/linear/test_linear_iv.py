"""Just-identified instruments against linearmodels and pyfixest; dummies, written out."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pyfixest
import pytest
from linearmodels.iv import IV2SLS

from estimation.linear.fixed_effects import LinearModel, fit_panel
from estimation.linear.partialling import left_after
from estimation.linear.regression import fit_regression
from estimation.linear.residualised import Regression
from estimation.linear.sandwich import meat, solved, wald_f
from geo.errors import SampleError


def made_up(n_cities: int = 14, n_years: int = 6) -> Regression:
    """An unbalanced panel, two endogenous terms with an instrument each, two controls."""
    rng = np.random.default_rng(5)
    city, year = (grid.ravel() for grid in np.divmod(np.arange(n_cities * n_years), n_years))
    kept = np.arange(city.size) % 9 != 4
    city, year = city[kept].astype(np.int64), year[kept].astype(np.int64) + 2011
    n = city.size
    hidden, effect = rng.normal(size=n), rng.normal(size=n_cities)[city]
    W = rng.normal(size=(n, 2))
    C = rng.normal(size=(n, 2)) + effect[:, None]
    V = W @ [[1.0, 0.3], [0.1, 0.8]] + hidden[:, None] + C @ [[0.2, 0.1], [0.0, 0.4]]
    y = V @ [0.5, -0.3] + C @ [0.3, 0.2] + 2 * effect + hidden + rng.normal(size=n)
    return Regression(
        outcome=y,
        terms=V,
        term_names=("a", "b"),
        controls=C,
        control_names=("c0", "c1"),
        effects={"city": city, "year": year},
        clusters={"city": city},
        city=city,
        year=year,
        third=True,
        instruments=W,
        label="model",
    )


def plain_model(model: Regression) -> LinearModel:
    """Without its instruments."""
    names = ("outcome", "terms", "term_names", "controls", "control_names", "city", "year")
    return LinearModel(**{name: getattr(model, name) for name in names}, label="model")


def first_term(model: Regression) -> Regression:
    return replace(
        model, terms=model.terms[:, :1], term_names=("a",), instruments=model.instruments[:, :1]
    )


def dummies(model: Regression) -> np.ndarray:
    cities = model.city[:, None] == np.unique(model.city)
    years = model.year[:, None] == np.unique(model.year)[1:]
    return np.hstack([cities, years]).astype("float64")


def by_linearmodels(model: Regression, clusters: np.ndarray | None) -> object:
    exogenous = np.hstack([model.controls, dummies(model)])
    kind = {"cov_type": "robust"} if clusters is None else {"cov_type": "clustered"}
    if clusters is not None:
        kind["clusters"] = clusters
    names = [f"e{j}" for j in range(exogenous.shape[1])]
    return IV2SLS(
        model.outcome,
        pd.DataFrame(exogenous, columns=names),
        pd.DataFrame(model.terms, columns=list(model.term_names)),
        pd.DataFrame(model.instruments),
    ).fit(debiased=False, **kind)


@pytest.mark.parametrize("wanted", [first_term, lambda model: model], ids=["one", "two"])
def test_equals_linearmodels_with_dummies(wanted: object) -> None:
    """Theirs is the bare sandwich; small-sample factors are written out."""
    model = wanted(made_up())
    k, province = model.terms.shape[1], model.city // 4
    n, slopes = model.outcome.size, k + 2 + 5
    rest = (n - 1) / (n - slopes - 1)
    factors = {
        "robust": ({"city": model.city}, None, n / (n - slopes - 14)),
        "city": ({"city": model.city}, model.city, rest * 14 / 13),
        "province": ({"province": province}, province, rest * 4 / 3),
        "city and year": (
            {"city": model.city, "year": model.year},
            np.column_stack([model.city, model.year]),
            # Years are nested in the clusters, too.
            (n - 1) / (n - (k + 2) - 1) * 6 / 5,
        ),
    }
    for errors, (ways, clusters, factor) in factors.items():
        fit = fit_regression(replace(model, clusters=ways))
        theirs = by_linearmodels(model, clusters)
        names = list(model.term_names)
        assert fit.theta == pytest.approx(theirs.params[names].to_numpy(), rel=1e-10)
        bare = theirs.cov.loc[names, names].to_numpy()
        assert fit.covariances[errors] == pytest.approx(factor * bare, rel=1e-9), errors


@pytest.mark.filterwarnings("ignore:The inplace keyword in DataFrame:DeprecationWarning")
def test_one_term_equals_pyfixest() -> None:
    model = first_term(made_up())
    table = pd.DataFrame(
        {"y": model.outcome, "d": model.terms[:, 0], "w": model.instruments[:, 0]}
        | {f"c{j}": column for j, column in enumerate(model.controls.T)}
        | {"city": model.city, "year": model.year}
    )
    fit = fit_regression(model)
    formula = "y ~ c0 + c1 + C(year) | city | d ~ w"
    theirs = pyfixest.feols(formula, table, vcov={"CRV1": "city"})
    assert fit.theta[0] == pytest.approx(theirs.coef()["d"], rel=1e-8)
    assert fit.std_errors("city")[0] == pytest.approx(theirs.se()["d"], rel=1e-8)
    theirs.first_stage()
    first = theirs._model_1st_stage
    assert fit.first_stage[0] == pytest.approx((first.coef() / first.se())["w"] ** 2, rel=1e-8)
    theirs.vcov("hetero")
    assert fit.std_errors("robust")[0] == pytest.approx(theirs.se()["d"], rel=1e-8)


def test_first_stage_of_two_terms_by_hand() -> None:
    """Each term on both instruments, controls and dummies; sums of scores city by city."""
    model = made_up()
    X = np.hstack([model.instruments, model.controls, dummies(model)])
    bread = np.linalg.inv(X.T @ X)
    n = len(X)
    factor = (n - 1) / (n - (2 + 2 + 5) - 1) * 14 / 13
    for term, found in zip(model.terms.T, fit_regression(model).first_stage, strict=True):
        slope = bread @ X.T @ term
        residual = term - X @ slope
        meat = np.zeros((X.shape[1], X.shape[1]))
        for city in np.unique(model.city):
            score = X[model.city == city].T @ residual[model.city == city]
            meat += factor * np.outer(score, score)
        covariance = (bread @ meat @ bread)[:2, :2]
        expected = slope[:2] @ np.linalg.inv(covariance) @ slope[:2] / 2
        assert found == pytest.approx(expected, rel=1e-9)


def test_crv3_equals_refits_without_a_city() -> None:
    model = made_up()
    fit, expected = fit_regression(model), np.zeros((2, 2))
    for city in np.unique(model.city):
        kept = model.city != city
        arrays = {
            name: getattr(model, name)[kept]
            for name in ("outcome", "terms", "controls", "city", "year", "instruments")
        }
        arrays["effects"] = {"city": arrays["city"], "year": arrays["year"]}
        arrays["clusters"] = {"city": arrays["city"]}
        without = fit_regression(replace(model, **arrays)).theta
        expected += np.outer(without - fit.theta, without - fit.theta)
    assert fit.covariances["city CRV3"] == pytest.approx(13 / 14 * expected, rel=1e-8)


def test_terms_as_their_own_instruments_are_least_squares() -> None:
    model = made_up()
    plain = fit_panel(plain_model(model))
    columns = np.column_stack([model.outcome, model.terms])
    left = left_after(columns, np.hstack([dummies(model), model.controls])).values
    own = solved(left[:, 0], left[:, 1:], left[:, 1:])
    assert own.theta == pytest.approx(plain.theta, rel=1e-10)
    n = model.outcome.size
    factors = {
        "robust": ([], n / (n - 9 - 14)),
        "city": ([model.city], (n - 1) / (n - 10) * 14 / 13),
        "city and year": ([model.city, model.year], (n - 1) / (n - 5) * 6 / 5),
    }
    for errors, (ways, factor) in factors.items():
        found = factor * own.bread @ meat(own.scores, ways) @ own.bread.T
        assert found == pytest.approx(plain.covariances[errors], rel=1e-8), errors


def test_a_wald_f_by_hand_and_of_a_negative_variance() -> None:
    assert wald_f(np.array([1.0, 2.0]), np.diag([0.5, 4.0])) == pytest.approx((2.0 + 1.0) / 2)
    assert wald_f(np.array([1.0, 0.0]), np.diag([0.5, 0.0])) == pytest.approx(2.0)
    for matrix in (np.diag([1.0, -0.1]), np.zeros((2, 2)), np.full((2, 2), np.nan)):
        assert np.isnan(wald_f(np.array([1.0, 2.0]), matrix))


def test_controls_that_effects_determine_are_named_and_change_nothing() -> None:
    model = made_up()
    trend = model.year * 3.0 + model.city**2
    more = replace(
        model,
        controls=np.column_stack([model.controls, trend, model.controls[:, 0] * 1e7]),
        control_names=("c0", "c1", "trend", "again"),
    )
    fit, plain = fit_regression(more), fit_regression(model)
    assert fit.collinear == ("trend", "again")
    assert fit.theta == pytest.approx(plain.theta, rel=1e-9)
    for errors in plain.covariances:
        assert fit.covariances[errors] == pytest.approx(plain.covariances[errors], rel=1e-8)


def test_the_effect_is_found_where_least_squares_is_wrong() -> None:
    model = made_up(n_cities=150, n_years=8)
    assert fit_regression(model).theta == pytest.approx([0.5, -0.3], abs=0.08)
    assert abs(fit_panel(plain_model(model)).theta[0] - 0.5) > 0.1


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            lambda m: {"instruments": m.instruments[:, :1]},
            r"expected as many instruments as terms \(2\), or more, found 1; name one instrument",
        ),
        (
            lambda m: {"instruments": np.column_stack([m.instruments[:, 0], m.city * 1.0])},
            "model, linear fixed effects, instrument 2: expected variation left",
        ),
        (
            lambda m: {"terms": np.column_stack([m.terms[:, 0], m.year * 2.0])},
            "model, linear fixed effects, b: expected variation left",
        ),
        (
            lambda m: {"instruments": m.instruments[:, [0, 0]] * [1.0, 3.0]},
            "terms .and instruments. that each vary on their own",
        ),
    ],
)
def test_what_cannot_be_identified_is_refused(change: object, words: str) -> None:
    model = made_up()
    with pytest.raises(SampleError, match=words):
        fit_regression(replace(model, **change(model)))
