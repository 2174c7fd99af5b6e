"""Two-way fixed effects a second time: dummies and numpy, and linearmodels."""

import os
import subprocess
import sys
from dataclasses import replace
from itertools import product
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from linearmodels.panel import PanelOLS

from estimation.designs import Design
from estimation.estimate import estimate
from estimation.linear.fixed_effects import (
    CITY,
    ROBUST,
    Final,
    LinearModel,
    PanelFit,
    fit_panel,
    not_alone,
)
from estimation.linear.rows import linear_estimate
from estimation.samples.sample import Sample, build_sample
from estimation.vocabulary import LINEAR
from geo.errors import SampleError

ROOT = Path(__file__).resolve().parents[3]
DESIGN = Design("base", "gini", "uil", controls=("gdp", "loans"), folds=2)


def two_way_fixed_effects(sample: Sample) -> SimpleNamespace:
    """The linear fit of one treatment, by the names of :func:`by_dummies`."""
    fit = linear_estimate(sample, DESIGN).fit
    return SimpleNamespace(
        theta=float(fit.theta[0]),
        se_robust=float(fit.std_errors(ROBUST)[0]),
        se_city=float(fit.std_errors(CITY)[0]),
        treatment_residual_variance=float(fit.left_variance[0]),
        n=fit.n,
        n_clusters=fit.n_cities,
        lost_rows=fit.lost_rows,
        collinear=fit.collinear,
    )


def by_dummies(table: pd.DataFrame, controls: list[str]) -> dict[str, float]:
    """Least squares on dummies; sandwich errors by loops, with reghdfe's small-sample factors."""
    dummies = pd.get_dummies(table[["city_id", "year"]].astype("str"), dtype="float64").to_numpy()
    # The dummy of the first year is dropped: it is the sum of the cities' minus the other years'.
    n_cities = table["city_id"].nunique()
    dummies = np.delete(dummies, n_cities, axis=1)
    X = np.column_stack([table["uil"], table[controls], dummies])
    y = table["gini"].to_numpy()
    n, k = X.shape
    beta = np.linalg.solve(X.T @ X, X.T @ y)
    residual = y - X @ beta
    bread = np.linalg.inv(X.T @ X)
    codes = table["city_id"].to_numpy()
    cities = np.zeros((k, k))
    for city in np.unique(codes):
        score = sum(X[i] * residual[i] for i in np.flatnonzero(codes == city))
        cities += np.outer(score, score)
    rows = sum(residual[i] ** 2 * np.outer(X[i], X[i]) for i in range(n))
    # City effects are nested in the clusters and not counted.
    nested = k - n_cities + 1
    factor = n_cities / (n_cities - 1) * (n - 1) / (n - nested)
    others = np.column_stack([table[controls], dummies])
    left = table["uil"] - others @ np.linalg.lstsq(others, table["uil"], rcond=None)[0]
    return {
        "theta": beta[0],
        "se_city": (factor * (bread @ cities @ bread)[0, 0]) ** 0.5,
        "se_robust": (n / (n - k) * (bread @ rows @ bread)[0, 0]) ** 0.5,
        "treatment_residual_variance": float(np.mean(left**2)),
        "n": n,
        "n_clusters": n_cities,
    }


@pytest.mark.parametrize("controls", [[], ["gdp"], ["gdp", "loans"]])
@pytest.mark.parametrize("which", ["panel", "unbalanced"])
def test_equals_least_squares_on_dummies(
    request: pytest.FixtureRequest, which: str, controls: list[str]
) -> None:
    table = request.getfixturevalue(which)
    design = Design("base", "gini", "uil", controls=tuple(controls), folds=2)
    fit = two_way_fixed_effects(build_sample(table, design))
    for name, expected in by_dummies(table, controls).items():
        assert getattr(fit, name) == pytest.approx(expected, rel=1e-9), name
    assert (fit.lost_rows, fit.collinear) == (0, ())


def test_equals_linearmodels(unbalanced: pd.DataFrame) -> None:
    fit = two_way_fixed_effects(build_sample(unbalanced, DESIGN))
    indexed = unbalanced.astype({"city_id": "object"}).set_index(["city_id", "year"])
    theirs = PanelOLS(
        indexed["gini"], indexed[["uil", "gdp", "loans"]], entity_effects=True, time_effects=True
    ).fit(
        cov_type="clustered",
        cluster_entity=True,
        debiased=False,
        group_debias=False,
        auto_df=False,
        count_effects=False,
    )
    assert fit.theta == pytest.approx(theirs.params["uil"], rel=1e-10)
    # Theirs is the bare sandwich; 3 slopes and 6 years are counted, cities are nested.
    factor = 15 / 14 * (fit.n - 1) / (fit.n - 9)
    assert fit.se_city == pytest.approx(theirs.std_errors["uil"] * factor**0.5, rel=1e-9)


def test_rows_alone_in_city_or_year_are_left_out_until_none_is(panel: pd.DataFrame) -> None:
    extra = panel.iloc[[0]].assign(city_id="9901", year=2030)
    chained = panel.iloc[[1]].assign(city_id="9901", year=2031)
    other = panel.iloc[[2]].assign(city_id="9902", year=2011)
    table = pd.concat([panel, extra, chained, other], ignore_index=True)
    fit = two_way_fixed_effects(build_sample(table, DESIGN))
    plain = two_way_fixed_effects(build_sample(panel, DESIGN))
    assert fit.lost_rows == 3
    assert (fit.n, fit.n_clusters) == (plain.n, plain.n_clusters)
    assert fit.theta == pytest.approx(plain.theta, rel=1e-12)
    assert fit.se_city == pytest.approx(plain.se_city, rel=1e-12)


def test_not_alone_by_hand() -> None:
    # City 2 has one row; without it year 2013 has one row, which leaves city 1 with one row.
    city = np.array([0, 0, 3, 3, 1, 1, 2])
    year = np.array([2011, 2012, 2011, 2012, 2012, 2013, 2013])
    assert not_alone(city, year).tolist() == [True, True, True, True, False, False, False]


def test_the_units_of_columns_do_not_matter(unbalanced: pd.DataFrame) -> None:
    scales = {"gini": 1e6, "uil": 1e-8, "gdp": 1e-9, "loans": 1e7}
    fit = two_way_fixed_effects(
        build_sample(unbalanced.assign(**unbalanced[[*scales]] * scales), DESIGN)
    )
    plain = two_way_fixed_effects(build_sample(unbalanced, DESIGN))
    assert fit.theta == pytest.approx(plain.theta * 1e14, rel=1e-9)
    assert fit.se_city == pytest.approx(plain.se_city * 1e14, rel=1e-9)
    assert fit.se_robust == pytest.approx(plain.se_robust * 1e14, rel=1e-9)
    assert fit.treatment_residual_variance == pytest.approx(
        plain.treatment_residual_variance * 1e-16, rel=1e-9
    )
    assert fit.collinear == ()


def test_the_estimate_is_the_same_bits_whatever_the_order_of_pythons_sets() -> None:
    code = (
        "import numpy as np; from estimation.samples.sample import Sample; "
        "from estimation.designs import Design; "
        "from estimation.linear.rows import linear_estimate as fit; "
        "rng = np.random.default_rng(4); draw = rng.normal(size=(2, 40)); "
        "print(fit(Sample(draw[0], draw[1], np.empty((40, 0)), (), np.repeat(np.arange(10), 4), "
        "np.tile(np.arange(4), 10), tuple(map(str, range(10))), "
        "groupings=np.repeat(np.arange(10), 4)[:, None]), Design('a', 'y', 'd'))"
        ".fit.theta[0].hex())"
    )
    found = {
        subprocess.run(
            [sys.executable, "-c", code],
            cwd=ROOT,
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "1")
    }
    assert len(found) == 1


def test_controls_that_effects_determine_are_named(panel: pd.DataFrame) -> None:
    fixed = panel["city_id"].astype("int64") ** 2.0
    table = panel.assign(loans=fixed, trend=panel["year"] * 3.0)
    design = Design("base", "gini", "uil", controls=("loans", "gdp", "trend"), folds=2)
    fit = two_way_fixed_effects(build_sample(table, design))
    assert fit.collinear == ("loans", "trend")
    expected = by_dummies(panel, ["gdp"])
    assert fit.theta == pytest.approx(expected["theta"], rel=1e-9)
    assert fit.treatment_residual_variance == pytest.approx(
        expected["treatment_residual_variance"], rel=1e-9
    )


@pytest.mark.parametrize(
    ("treatment", "controls"),
    [
        (lambda table: table["city_id"].astype("int64") ** 2.0, ()),
        (lambda table: table["city_id"].astype("int64") ** 2.0, ("gdp",)),
        (lambda table: 3.0 * table["gdp"] + table["year"], ("gdp",)),
    ],
    ids=["city", "city with control", "control"],
)
def test_a_treatment_without_variation_of_its_own_is_refused(
    panel: pd.DataFrame, treatment: object, controls: tuple[str, ...]
) -> None:
    table = panel.assign(uil=treatment(panel))
    design = Design("base", "gini", "uil", controls=controls, folds=2)
    with pytest.raises(SampleError, match=r"'base'.*determine it"):
        two_way_fixed_effects(build_sample(table, design))


def test_a_panel_without_overlap_is_refused(panel: pd.DataFrame) -> None:
    table = panel.groupby("city_id").head(1)
    with pytest.raises(SampleError, match="no city with two years"):
        two_way_fixed_effects(build_sample(table, DESIGN))


def model(table: pd.DataFrame, terms: list[str], controls: list[str]) -> LinearModel:
    """Arrays of a panel; provinces are groups of three cities."""
    ordered = table.sort_values(["city_id", "year"])
    city = np.unique(ordered["city_id"].to_numpy(dtype=object), return_inverse=True)[1]
    return LinearModel(
        outcome=ordered["gini"].to_numpy(),
        terms=ordered[terms].to_numpy(),
        term_names=tuple(terms),
        controls=ordered[controls].to_numpy(),
        control_names=tuple(controls),
        city=city.astype(np.int64),
        year=ordered["year"].to_numpy(),
        province=(city // 3).astype(np.int64),
        label="model",
    )


def with_product(table: pd.DataFrame) -> pd.DataFrame:
    """A moderator and its product with the treatment, formed in levels."""
    m = (table["loans"] - table["loans"].mean()) / table["loans"].std()
    return table.assign(m=m, product=table["uil"] * m)


@pytest.mark.parametrize("which", ["panel", "unbalanced"])
def test_several_terms_and_clusterings_equal_linearmodels(
    request: pytest.FixtureRequest, which: str
) -> None:
    """linearmodels gives the bare sandwich; the factors of reghdfe are written out."""
    table = with_product(request.getfixturevalue(which))
    used = model(table, ["uil", "product"], ["m", "gdp"])
    fit = fit_panel(used)
    indexed = table.sort_values(["city_id", "year"]).astype({"city_id": "object"})
    indexed = indexed.set_index(["city_id", "year"])
    columns = ["uil", "product", "m", "gdp"]
    theirs = PanelOLS(indexed["gini"], indexed[columns], entity_effects=True, time_effects=True)
    # Clustered by year, too, years are nested in the clusters and not counted.
    for errors, ids, count, slopes in (
        ("city", [used.city], 15, 4 + 5),
        ("province", [used.province], 5, 4 + 5),
        ("city and year", [used.city, used.year], 6, 4),
    ):
        rest = (fit.n - 1) / (fit.n - slopes - 1)
        bare = theirs.fit(
            cov_type="clustered",
            clusters=pd.DataFrame(np.column_stack(ids), index=indexed.index),
            debiased=False,
            group_debias=False,
            auto_df=False,
            count_effects=False,
        )
        expected = rest * count / (count - 1) * bare.cov.to_numpy()[:2, :2]
        assert fit.covariances[errors] == pytest.approx(expected, rel=1e-10), errors
        assert fit.clusters[errors] == count
        assert fit.theta == pytest.approx(bare.params.to_numpy()[:2], rel=1e-10)


def test_several_terms_equal_a_naive_within_transform(unbalanced: pd.DataFrame) -> None:
    """City means taken out one city at a time, years as dummies, then the normal equations."""
    table = with_product(unbalanced)
    used = model(table, ["uil", "product"], ["m", "gdp"])
    dummies = (used.year[:, None] == np.unique(used.year)[1:]).astype("float64")
    columns = np.column_stack([used.outcome, used.terms, used.controls, dummies])
    for city in np.unique(used.city):
        columns[used.city == city] -= columns[used.city == city].mean(axis=0)
    y, X = columns[:, 0], columns[:, 1:]
    fit = fit_panel(used)
    assert fit.theta == pytest.approx(np.linalg.solve(X.T @ X, X.T @ y)[:2], rel=1e-10)
    for j in range(2):
        others = np.delete(X, j, axis=1)
        left = X[:, j] - others @ np.linalg.solve(others.T @ others, others.T @ X[:, j])
        assert fit.left_variance[j] == pytest.approx(np.mean(left**2), rel=1e-10)


def test_crv3_equals_refits_without_a_city(unbalanced: pd.DataFrame) -> None:
    table = with_product(unbalanced)
    terms, controls = ["uil", "product"], ["m", "gdp"]
    fit = fit_panel(model(table, terms, controls))
    expected = np.zeros((2, 2))
    for city in table["city_id"].unique():
        without = fit_panel(model(table[table["city_id"] != city], terms, controls))
        expected += np.outer(without.theta - fit.theta, without.theta - fit.theta)
    assert fit.covariances["city CRV3"] == pytest.approx(14 / 15 * expected, rel=1e-8)
    assert fit.std_errors("city CRV3") == pytest.approx(np.sqrt(np.diag(14 / 15 * expected)))


def test_crv3_by_province_equals_refits_without_a_province(unbalanced: pd.DataFrame) -> None:
    table = with_product(unbalanced)
    terms, controls = ["uil", "product"], ["m", "gdp"]
    used = model(table, terms, controls)
    fit, provinces = fit_panel(used), used.province
    expected = np.zeros((2, 2))
    ordered = table.sort_values(["city_id", "year"])
    for province in np.unique(provinces):
        without = fit_panel(model(ordered[provinces != province], terms, controls))
        expected += np.outer(without.theta - fit.theta, without.theta - fit.theta)
    assert fit.clusters["province CRV3"] == 5
    assert fit.covariances["province CRV3"] == pytest.approx(4 / 5 * expected, rel=1e-8)


def test_the_clustered_error_of_two_cities_is_rounding_and_said_to_be(panel: pd.DataFrame) -> None:
    two = panel[panel["city_id"] <= "1102"]
    result = estimate(two, [replace(DESIGN, variants=(LINEAR,), controls=())], workers=1)
    (row,) = result.estimates.to_dict("records")
    assert row["std_error_robust"] > 0.01
    for column in ("std_error", "std_error_cluster", "p_value", "ci_low", "p_value_wild"):
        assert np.isnan(row[column]), column
    assert "no clustered error: of 2 clusters nothing but rounding is left" in row["note"]


@pytest.mark.parametrize("variants", [(LINEAR,), ("first_difference",)])
@pytest.mark.parametrize("outcome", ["uil", "twice"])
def test_an_outcome_that_the_treatment_determines_is_refused(
    panel: pd.DataFrame, variants: tuple[str, ...], outcome: str
) -> None:
    table = panel.assign(gini=panel["uil"] if outcome == "uil" else 2.0 * panel["uil"] + 1.0)
    design = replace(DESIGN, variants=variants, learner="linear", settings=(), repetitions=1)
    says = r"outcome: expected an outcome that treatments, controls and effects do not determine"
    with pytest.raises(SampleError, match=says):
        estimate(table, [design], workers=1, beside=False)


def test_the_wild_bootstrap_equals_every_pattern_of_signs_refitted(panel: pd.DataFrame) -> None:
    """Eight cities: 256 patterns, each a regression on dummies with the null imposed."""
    table = panel[panel["city_id"] <= "1108"].iloc[1:].assign(province="1")
    table["province"] = table["city_id"].str[-1]
    design = replace(DESIGN, controls=("gdp",), variants=(LINEAR,))
    dummies = pd.get_dummies(table[["city_id", "year"]].astype("str"), dtype="float64").to_numpy()
    X = np.column_stack([table["uil"], table["gdp"], np.delete(dummies, 8, axis=1)])
    y, city = table["gini"].to_numpy(), table["city_id"].to_numpy()
    own = city[:, None] == np.unique(city)
    bread = np.linalg.inv(X.T @ X)

    def squared_t(outcome: np.ndarray) -> float:
        slopes = bread @ X.T @ outcome
        scores = own.T @ (X * (outcome - X @ slopes)[:, None]) @ bread
        return slopes[0] ** 2 / np.sum(scores[:, 0] ** 2)

    others = X[:, 1:]
    fitted = others @ np.linalg.lstsq(others, y, rcond=None)[0]
    signs = np.array(list(product([-1.0, 1.0], repeat=8)))
    drawn = np.array([squared_t(fitted + (own @ sign) * (y - fitted)) for sign in signs])
    expected = np.mean(drawn >= squared_t(y) * (1 - 1e-9))
    for ways in (("city",), ("province",)):  # each city a province of its own
        rows = estimate(table, [replace(design, cluster=ways)], workers=1).estimates
        assert rows["p_value_wild"][0] == pytest.approx(expected, abs=1e-12)
        assert rows["std_error_jackknife"].notna().all()
        low, high = rows["ci_low_wild"][0], rows["ci_high_wild"][0]
        assert low < rows["estimate"][0] < high
        # Just inside the set an effect is not rejected at 5 %, just outside it is.
        for null, inside in ((high - 1e-5, True), (high + 1e-5, False)):
            moved = table.assign(gini=table["gini"] - null * table["uil"])
            again = estimate(moved, [replace(design, cluster=ways)], workers=1).estimates
            assert (again["p_value_wild"][0] > 0.05) == inside
    both = estimate(table, [replace(design, cluster=("city", "year"))], workers=1).estimates
    assert both[["p_value_wild", "std_error_jackknife"]].isna().all(axis=None)


def test_units_of_terms_do_not_matter(unbalanced: pd.DataFrame) -> None:
    table = with_product(unbalanced)
    plain = fit_panel(model(table, ["uil", "product"], ["m", "gdp"]))
    table = table.assign(uil=table["uil"] * 1e7, gini=table["gini"] * 1e-6)
    fit = fit_panel(model(table, ["uil", "product"], ["m", "gdp"]))
    unit = np.array([1e-13, 1e-6])
    assert fit.theta == pytest.approx(plain.theta * unit, rel=1e-9)
    for errors in fit.covariances:
        expected = plain.covariances[errors] * np.outer(unit, unit)
        assert fit.covariances[errors] == pytest.approx(expected, rel=1e-8), errors


def test_rescaling_the_moderator_leaves_the_interactions_t(unbalanced: pd.DataFrame) -> None:
    """The product of a rescaled moderator: another slope and error, the same t."""
    table = with_product(unbalanced)
    scaled = table.assign(m=table["m"] * 0.2 + 3.0)
    scaled = scaled.assign(product=scaled["uil"] * scaled["m"])
    ts = [
        fit.theta[1] / fit.std_errors("city")[1]
        for fit in (fit_panel(model(one, ["uil", "product"], ["m"])) for one in (table, scaled))
    ]
    assert ts[0] == pytest.approx(ts[1], rel=1e-8)


def test_a_variance_below_zero_is_no_standard_error() -> None:
    fit = PanelFit(
        names=("a", "b"),
        theta=np.ones(2),
        covariances={"city and year": np.diag([4.0, -1.0]), "robust": np.eye(2)},
        clusters={"city and year": 3},
        left_variance=np.ones(2),
        n=9,
        n_cities=3,
        lost_rows=0,
        collinear=(),
        final=Final(np.ones(9), np.ones((9, 2)), None, np.ones(2), {}, determined=False),
    )
    assert fit.std_errors("city and year")[0] == 2.0
    assert np.isnan(fit.std_errors("city and year")[1])


def test_a_term_that_the_others_determine_is_named(panel: pd.DataFrame) -> None:
    table = panel.assign(twice=panel["uil"] * 2.0 + panel["year"])
    with pytest.raises(SampleError, match="model, twice, linear two-way fixed effects"):
        fit_panel(model(table, ["uil", "twice"], ["gdp"]))


def test_a_city_in_two_provinces_is_refused(panel: pd.DataFrame) -> None:
    used = model(panel, ["uil"], ["gdp"])
    province = used.province.copy()
    province[0] = 9
    with pytest.raises(SampleError, match="found 1 cities in several"):
        fit_panel(replace(used, province=province))
