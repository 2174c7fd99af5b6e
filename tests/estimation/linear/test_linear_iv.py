"""Just-identified instruments against linearmodels and pyfixest; dummies, written out."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pyfixest
import pytest
from linearmodels.iv import IV2SLS

from estimation.linear.fixed_effects import LinearModel, fit_panel
from estimation.linear.instruments import fit_instrumented
from geo.errors import SampleError


def made_up(n_cities: int = 14, n_years: int = 6) -> LinearModel:
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
    return LinearModel(
        outcome=y,
        terms=V,
        term_names=("a", "b"),
        controls=C,
        control_names=("c0", "c1"),
        city=city,
        year=year,
        province=city // 4,
        instruments=W,
        label="model",
    )


def first_term(model: LinearModel) -> LinearModel:
    return replace(
        model, terms=model.terms[:, :1], term_names=("a",), instruments=model.instruments[:, :1]
    )


def dummies(model: LinearModel) -> np.ndarray:
    cities = model.city[:, None] == np.unique(model.city)
    years = model.year[:, None] == np.unique(model.year)[1:]
    return np.hstack([cities, years]).astype("float64")


def by_linearmodels(model: LinearModel, clusters: np.ndarray | None) -> object:
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
    k, fit = model.terms.shape[1], fit_instrumented(model)
    slopes = k + 2 + 5
    rest = (fit.n - 1) / (fit.n - slopes - 1)
    factors = {
        "robust": (None, fit.n / (fit.n - slopes - 14)),
        "city": (model.city, rest * 14 / 13),
        "province": (model.province, rest * 4 / 3),
        "city and year": (np.column_stack([model.city, model.year]), rest * 6 / 5),
    }
    for errors, (clusters, factor) in factors.items():
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
    fit = fit_instrumented(model)
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
    for term, found in zip(model.terms.T, fit_instrumented(model).first_stage, strict=True):
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
    fit, expected = fit_instrumented(model), np.zeros((2, 2))
    for city in np.unique(model.city):
        kept = model.city != city
        arrays = {
            name: getattr(model, name)[kept]
            for name in ("outcome", "terms", "controls", "city", "year", "province", "instruments")
        }
        without = fit_instrumented(replace(model, **arrays)).theta
        expected += np.outer(without - fit.theta, without - fit.theta)
    assert fit.covariances["city CRV3"] == pytest.approx(13 / 14 * expected, rel=1e-8)


def test_terms_as_their_own_instruments_are_least_squares() -> None:
    model = made_up()
    own, plain = fit_instrumented(replace(model, instruments=model.terms)), fit_panel(model)
    assert own.theta == pytest.approx(plain.theta, rel=1e-10)
    assert own.left_variance == pytest.approx(plain.left_variance, rel=1e-10)
    for errors in plain.covariances:
        assert own.covariances[errors] == pytest.approx(plain.covariances[errors], rel=1e-8)
    assert (own.n, own.n_cities, own.clusters) == (plain.n, plain.n_cities, plain.clusters)


def test_controls_that_effects_determine_are_named_and_change_nothing() -> None:
    model = made_up()
    trend = model.year * 3.0 + model.city**2
    more = replace(
        model,
        controls=np.column_stack([model.controls, trend, model.controls[:, 0] * 1e7]),
        control_names=("c0", "c1", "trend", "again"),
    )
    fit, plain = fit_instrumented(more), fit_instrumented(model)
    assert fit.collinear == ("trend", "again")
    assert fit.theta == pytest.approx(plain.theta, rel=1e-9)
    for errors in plain.covariances:
        assert fit.covariances[errors] == pytest.approx(plain.covariances[errors], rel=1e-8)


def test_the_effect_is_found_where_least_squares_is_wrong() -> None:
    model = made_up(n_cities=150, n_years=8)
    assert fit_instrumented(model).theta == pytest.approx([0.5, -0.3], abs=0.08)
    assert abs(fit_panel(model).theta[0] - 0.5) > 0.1


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda _: {"instruments": None}, r"expected as many instruments as terms \(2\), found 0"),
        (lambda m: {"instruments": m.instruments[:, :1]}, "found 1; name one instrument"),
        (
            lambda m: {"instruments": np.column_stack([m.instruments[:, 0], m.city * 1.0])},
            "model, instrument of b, linear",
        ),
        (
            lambda m: {"terms": np.column_stack([m.terms[:, 0], m.year * 2.0])},
            "model, b, linear two-way fixed effects",
        ),
        (
            lambda m: {"instruments": m.instruments[:, [0, 0]] * [1.0, 3.0]},
            "instruments that move each term on its own",
        ),
    ],
)
def test_what_cannot_be_identified_is_refused(change: object, words: str) -> None:
    model = made_up()
    with pytest.raises(SampleError, match=words):
        fit_instrumented(replace(model, **change(model)))
