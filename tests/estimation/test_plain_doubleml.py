"""The shared pool beside doubleml run plainly, design by design: the same numbers.

Same learners, same folds; doubleml fits for itself. 1e-12 is what the order of sums may move.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from doubleml import DoubleMLData, DoubleMLPLIV, DoubleMLPLPR, DoubleMLPLR
from doubleml.data import DoubleMLPanelData
from sklearn.base import clone
from threadpoolctl import threadpool_limits

from estimation.cross_fitting import cross_fit
from estimation.designs import Design
from estimation.estimate import estimate
from estimation.learning.folds import city_folds, learner_seed, random_folds
from estimation.learning.learner_spec import LearnerSpec, learner_spec
from estimation.learning.learners import make_learner
from estimation.problems.transforms import correlated_random_effects
from estimation.samples.sample import build_sample
from tests.estimation.made_up import confounded, inquiry, problem_of

TOLERANCE = 1e-12
LEARNERS = {
    "gradient_boosting": {"n_estimators": 30},
    "lightgbm": {"n_estimators": 30, "min_child_samples": 5},
    "lasso": {"cv": 3, "alphas": (0.5, 0.2, 0.1, 0.05, 0.02)},
}
SPECS = [learner_spec(name, settings) for name, settings in LEARNERS.items()]


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """As in the pool; small problems on many threads wait for each other."""
    with threadpool_limits(limits=1):
        yield


def designs_with(learner: LearnerSpec) -> list[Design]:
    """Four designs that share most of their fits."""
    base = Design(
        "base",
        "gini",
        "uil",
        controls=("gdp", "loans"),
        learner=learner.name,
        settings=learner.settings,
        variants=("faithful", "first_difference", "within", "correlated_random_effects"),
        folds=3,
        repetitions=2,
        checks=(),
    )
    return [
        base,
        replace(base, name="by year", cluster=("city", "year")),
        replace(base, name="1:3", folds=4, variants=("faithful",)),
        replace(base, name="other outcome", outcome="light", variants=("faithful", "within")),
    ]


def arrays_by_hand(panel: pd.DataFrame, outcome: str, variant: str) -> tuple[np.ndarray, ...]:
    """y, d, X, city and row kept, with pandas instead of the transforms."""
    rows = panel.sort_values(["city_id", "year"], ignore_index=True)
    columns = [outcome, "uil", "gdp", "loans"]
    years = pd.get_dummies(rows["year"], dtype="float64")
    city = rows["city_id"].astype("int64") - 1101
    grouped = rows.groupby("city_id")[columns]
    if variant == "faithful":
        y, d = rows[outcome], rows["uil"]
        X = [rows[columns[2:]], pd.get_dummies(city, dtype="float64"), years]
        kept = pd.Series(data=True, index=rows.index)
    elif variant == "within":
        # Summed in the order of the rows: a tree may see the last bit.
        table = rows[columns].join(years)
        by_city = table.groupby(rows["city_id"])
        demeaned = table - by_city.transform(lambda values: sum(values) / len(values))
        y, d = demeaned[outcome], demeaned["uil"]
        X = [demeaned[columns[2:]], demeaned[years.columns]]
        kept = rows.groupby("city_id")["year"].transform("size") > 1
    else:
        change, before = grouped.diff(), grouped.shift()[columns[2:]]
        y, d = change[outcome], change["uil"]
        kept = rows.groupby("city_id")["year"].diff() == 1
        X = [rows[columns[2:]], before, years.loc[:, years[kept].any()]]
    X = np.hstack([part.to_numpy() for part in X])
    return tuple(np.asarray(part)[kept.to_numpy()] for part in (y, d, X, city))


def plain(
    panel: pd.DataFrame, design: Design, variant: str, *, seed: int = 20110
) -> tuple[float, float, int]:
    """Effect, robust error and number of fits of plain doubleml, each repetition by itself."""
    y, d, X, city = arrays_by_hand(panel, design.outcome, variant)
    thetas, uppers, fits = [], [], 0
    for repetition in range(1 if variant == "faithful" else design.repetitions):
        drawn = {"folds": design.folds, "seed": seed, "repetition": repetition}
        if variant == "faithful":
            folds = random_folds(y.size, **drawn)
        else:
            folds = city_folds(city, **drawn)
        learner = make_learner(
            learner_spec(design.learner, dict(design.settings)),
            seed=learner_seed(seed, repetition=repetition),
        )
        model = DoubleMLPLR(
            DoubleMLData.from_arrays(X, y, d),
            clone(learner),
            clone(learner),
            n_folds=design.folds,
            draw_sample_splitting=False,
        )
        model.set_sample_splitting([(train, test) for train, test in folds])
        model.fit()
        thetas.append(model.coef[0])
        uppers.append(model.coef[0] + 1.96 * model.se[0])
        fits += 2 * design.folds
    theta = float(np.median(thetas))
    return theta, (float(np.median(uppers)) - theta) / 1.96, fits


@pytest.mark.parametrize("learner", SPECS, ids=[*LEARNERS])
def test_designs_that_share_fits_get_the_numbers_of_plain_doubleml(
    unbalanced: pd.DataFrame, learner: LearnerSpec
) -> None:
    panel = unbalanced.assign(light=unbalanced["gini"] ** 2 + unbalanced["uil"])
    designs = designs_with(learner)
    result = estimate(panel, designs, workers=1)
    found = result.estimates.set_index(["design", "variant"])
    fits, seen = 0, {}
    for design in designs:
        for variant in design.variants:
            if variant == "correlated_random_effects":
                continue  # doubleml has it for panels: below
            key = (design.outcome, variant, design.folds)
            seen[key] = seen.get(key) or plain(panel, design, variant)
            theta, se, count = seen[key]
            row = found.loc[(design.name, variant)]
            assert row["estimate"] == pytest.approx(theta, rel=TOLERANCE), (design.name, variant)
            assert row["std_error_robust"] == pytest.approx(se, rel=TOLERANCE)
            fits += count
    # correlated random effects, twice: 2 targets x 3 folds x 2 repetitions
    assert result.fits.asked == fits + 2 * 12
    # base: dummies 6, three other variants 12 each; 1:3 has folds of its own: 8; the other outcome
    # shares the treatment: dummies 3, within 6; errors by year share everything
    assert result.fits.distinct == result.fits.fitted == 6 + 3 * 12 + 8 + 3 + 6


def by_panel_model(
    panel: pd.DataFrame, approach: str, learner: object, folds: list, *, years: bool
) -> DoubleMLPLPR:
    """doubleml's own panel model on these folds; its transforms, its features."""
    table = panel[["city_id", "year", "gini", "uil", "gdp", "loans"]].copy()
    table["city_id"] = table["city_id"].astype("int64")
    table["year"] = table["year"].astype("int64")
    controls = ["gdp", "loans"]
    if years:
        dummies = pd.get_dummies(table["year"], prefix="t", dtype="float64")
        table = pd.concat([table, dummies], axis=1)
        controls += list(dummies.columns)
    data = DoubleMLPanelData(table, "gini", "uil", "year", "city_id", controls, static_panel=True)
    model = DoubleMLPLPR(
        data,
        clone(learner),
        clone(learner),
        n_folds=len(folds),
        approach=approach,
        draw_sample_splitting=False,
    )
    codes = model._dml_data.id_var
    parts = [([np.unique(codes[train])], [np.unique(codes[test])]) for train, test in folds]
    model.set_sample_splitting([list(folds)], all_smpls_cluster=[parts])
    model.fit()
    return model


@pytest.mark.filterwarnings("ignore:The inplace keyword in DataFrame:DeprecationWarning")
@pytest.mark.parametrize("years", [False, True], ids=["bare", "years"])
@pytest.mark.parametrize("learner", SPECS, ids=[*LEARNERS])
@pytest.mark.parametrize(
    ("variant", "approach"),
    [("first_difference", "fd_exact"), ("correlated_random_effects", "cre_general")],
)
def test_panel_variants_equal_doublemls_panel_model(
    panel: pd.DataFrame, variant: str, approach: str, learner: LearnerSpec, *, years: bool
) -> None:
    design = Design("base", "gini", "uil", controls=("gdp", "loans"), folds=5)
    problem = problem_of(panel, design, variant)
    folds = city_folds(problem.clusters, folds=5, seed=11, repetition=0)
    seeded = make_learner(learner, seed=learner_seed(11, repetition=0))
    theirs = by_panel_model(panel, approach, seeded, folds, years=years)
    # With year dummies theirs have years before (or means) beside them: the same as ours, twice.
    X = theirs._dml_data.x
    assert np.array_equal(problem.y, theirs._dml_data.y)
    assert np.array_equal(problem.D[:, 0], theirs._dml_data.d)
    names = 4
    ours = problem.X[:, :names]
    where = [
        int(np.flatnonzero(np.isclose(X, column[:, None]).all(axis=0))[0]) for column in ours.T
    ]
    assert len(set(where)) == names
    same = replace(problem, X=np.ascontiguousarray(X))
    (answer,), _ = cross_fit([inquiry(same, learner, folds=5, seed=11)], workers=1)
    fit = answer.fits[0]
    assert fit.theta[0] == pytest.approx(theirs.coef[0], rel=TOLERANCE)
    # doubleml's clustered error has no factor for the number of clusters
    assert fit.se_cluster[0] == pytest.approx(theirs.se[0] * (15 / 14) ** 0.5, rel=TOLERANCE)


@pytest.mark.parametrize("learner", SPECS, ids=[*LEARNERS])
@pytest.mark.parametrize("variant", ["faithful", "first_difference", "within"])
def test_an_instrument_gives_the_numbers_of_plain_doubleml(
    variant: str, learner: LearnerSpec
) -> None:
    panel = confounded(3, cities=15, years=5)
    design = Design("iv", "y_iv", "d_iv", controls=("x",), instrument="z", folds=3)
    problem = problem_of(panel, design, variant)
    by_city = variant != "faithful"
    (answer,), counts = cross_fit([inquiry(problem, learner, by_city=by_city)], workers=1)
    assert counts.distinct == 9
    if by_city:
        folds = city_folds(problem.clusters, folds=3, seed=4, repetition=0)
    else:
        folds = random_folds(problem.y.size, folds=3, seed=4, repetition=0)
    seeded = make_learner(learner, seed=learner_seed(4, repetition=0))
    z = build_sample(panel, design).column("z")
    z = {"faithful": z, "within": z - np.repeat(z.reshape(15, 5).mean(axis=1), 5)}.get(
        variant, np.diff(z.reshape(15, 5), axis=1).ravel()
    )
    model = DoubleMLPLIV(
        DoubleMLData.from_arrays(problem.X, problem.y, problem.D[:, 0], z),
        clone(seeded),
        clone(seeded),
        clone(seeded),
        n_folds=3,
        draw_sample_splitting=False,
    )
    model.set_sample_splitting([(train, test) for train, test in folds])
    model.fit()
    assert answer.fits[0].theta[0] == pytest.approx(model.coef[0], rel=TOLERANCE)
    assert answer.fits[0].se_robust[0] == pytest.approx(model.se[0], rel=TOLERANCE)


def test_random_effects_move_predictions_to_the_treatments_city_means(
    unbalanced: pd.DataFrame,
) -> None:
    """By loops, on an unbalanced panel: residuals of the treatment sum to zero in every city."""
    design = Design("base", "gini", "uil", controls=("gdp",), folds=3)
    problem = problem_of(unbalanced, design, "correlated_random_effects")
    learner = learner_spec("linear")
    (answer,), _ = cross_fit([inquiry(problem, learner)], workers=1)
    folds = city_folds(problem.clusters, folds=3, seed=4, repetition=0)
    X = correlated_random_effects(build_sample(unbalanced, design)).X
    y, d = problem.y, problem.D[:, 0]
    raw = {"y": np.empty(y.size), "d": np.empty(y.size)}
    for train, test in folds:
        for name, target in (("y", y), ("d", d)):
            fitted = make_learner(learner, seed=0).fit(X[train], target[train])
            raw[name][test] = target[test] - fitted.predict(X[test])
    v = raw["d"].copy()
    for city in range(15):
        v[problem.clusters == city] -= raw["d"][problem.clusters == city].mean()
    assert answer.residuals[0].u == pytest.approx(raw["y"], abs=1e-12)
    assert answer.residuals[0].V[:, 0] == pytest.approx(v, abs=1e-12)
    assert answer.fits[0].theta[0] == pytest.approx((v @ raw["y"]) / (v @ v), rel=1e-12)
