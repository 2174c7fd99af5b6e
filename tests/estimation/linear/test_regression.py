"""Errors of linear fixed effects against pyfixest, linearmodels, statsmodels and plain dummies."""

from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pyfixest
import pytest
import statsmodels.api as sm
from linearmodels.panel import PanelOLS

from estimation.designs import Design
from estimation.inference.few_clusters import wild_figures
from estimation.inference.wild_bootstrap import wild_bootstrap
from estimation.linear.driscoll_kraay import default_lag, driscoll_kraay_meat, year_gaps
from estimation.linear.fixed_effects import CITY, ROBUST, PanelFit
from estimation.linear.regression import DRISCOLL_KRAAY, fit_regression
from estimation.linear.residualised import Regression
from estimation.linear.rows import linear_estimate, linear_rows, regression_of
from estimation.problems.terms import treatment_terms
from estimation.samples.sample import Floats, build_sample
from estimation.vocabulary import LINEAR
from geo.errors import SampleError
from tests.estimation.linear.effects_panel import made_up

pytestmark = pytest.mark.filterwarnings("ignore:The inplace keyword:DeprecationWarning")
"""pyfixest's own use of pandas."""
TABLE = made_up()
BASE = Design("base", "y", "d", ("x",), variants=(LINEAR,))
COMBINATIONS = [
    (("city", "year"), ("city",)),
    (("city", "year"), ("city", "year")),
    (("city", "province^year"), ("city",)),
    (("city", "province^year"), ("province",)),
    (("city", "year", "industry"), ("industry",)),
    (("province", "year"), ("city",)),
    (("province", "year"), ("year",)),
    (("city", "year", "industry"), ("city", "year")),
    (("city", "province^year"), ("province", "industry")),
    (("industry",), ("province",)),
]


def regression(design: Design, table: pd.DataFrame = TABLE) -> Regression:
    sample = build_sample(table, design)
    return regression_of(sample, design, treatment_terms(sample, design))


def fit(design: Design, table: pd.DataFrame = TABLE) -> PanelFit:
    return fit_regression(regression(design, table))


def theirs(design: Design, table: pd.DataFrame = TABLE) -> pyfixest.estimation.Feols:
    """pyfixest's own fit. Clusters have other names than effects: version 0.60 takes an effect of
    the clusters' name for nested, and with it others, as its set of names happens to be ordered."""
    names = {"city": "city_id"}
    made = table.assign(**{f"by_{one}": table[names.get(one, one)] for one in design.cluster})
    effects = [
        "^".join(names.get(atom, atom) for atom in effect.split("^")) for effect in design.effects
    ]
    return pyfixest.feols(
        f"y ~ d + x | {' + '.join(effects)}" if effects else "y ~ d + x",
        made,
        vcov={"CRV1": " + ".join(f"by_{one}" for one in design.cluster)},
        fixef_rm="none",
        demeaner=pyfixest.MapDemeaner(fixef_tol=1e-14),
    )


@pytest.mark.parametrize(("effects", "cluster"), COMBINATIONS)
def test_estimates_and_errors_equal_pyfixests(
    effects: tuple[str, ...], cluster: tuple[str, ...]
) -> None:
    design = replace(BASE, effects=effects, cluster=cluster)
    own, other = fit(design), theirs(design)
    name = {("city", "year"): "city and year"}.get(cluster, "+".join(cluster))
    assert own.theta[0] == pytest.approx(other.coef()["d"], rel=1e-10)
    assert own.std_errors(name)[0] == pytest.approx(other.se()["d"], rel=1e-9)
    other.vcov("hetero")
    assert own.std_errors(ROBUST)[0] == pytest.approx(other.se()["d"], rel=1e-9)
    assert own.lost_rows == 0


def test_a_constant_alone_equals_pyfixest() -> None:
    design = replace(BASE, effects=(), cluster=("province",))
    own, other = fit(design), theirs(design)
    assert own.theta[0] == pytest.approx(other.coef()["d"], rel=1e-10)
    assert own.std_errors("province")[0] == pytest.approx(other.se()["d"], rel=1e-9)


def test_effects_of_cities_and_years_equal_the_fit_through_pyfixest() -> None:
    for cluster in (("city",), ("province",)):
        design = replace(BASE, cluster=cluster)
        through = linear_estimate(build_sample(TABLE, design), design).fit
        own = fit(design)
        assert own.theta == pytest.approx(through.theta, rel=1e-10)
        assert own.left_variance == pytest.approx(through.left_variance, rel=1e-9)
        for errors in (ROBUST, cluster[0], f"{cluster[0]} CRV3"):
            assert own.std_errors(errors) == pytest.approx(through.std_errors(errors), rel=1e-8)


def test_two_way_errors_of_the_fit_through_pyfixest_are_pyfixests_of_both_effects() -> None:
    """There years are slopes; here, as with both effects, they are nested in the clusters."""
    design = replace(BASE, cluster=("city", "year"))
    through = linear_estimate(build_sample(TABLE, design), design).fit
    assert through.std_errors("city and year")[0] == pytest.approx(theirs(design).se()["d"], 1e-9)


@pytest.mark.parametrize(
    "cluster", [("city",), ("province",), ("city", "year"), ("industry", "city")]
)
def test_an_instrument_has_the_errors_and_the_first_stage_of_pyfixest(
    cluster: tuple[str, ...],
) -> None:
    design = replace(BASE, instrument="z", cluster=cluster)
    own = linear_estimate(build_sample(TABLE, design), design).fit
    name = {("city", "year"): "city and year"}.get(cluster, "+".join(cluster))
    ways = {f"by_{one}": TABLE[{"city": "city_id"}.get(one, one)] for one in cluster}
    made, exact = TABLE.assign(**ways), pyfixest.MapDemeaner(fixef_tol=1e-14)
    keys = {"vcov": {"CRV1": " + ".join(ways)}, "fixef_rm": "none", "demeaner": exact}
    other = pyfixest.feols("y ~ x | city_id + year | d ~ z", made, **keys)
    first = pyfixest.feols("d ~ z + x | city_id + year", made, **keys)
    assert own.theta[0] == pytest.approx(other.coef()["d"], rel=1e-9)
    assert own.std_errors(name)[0] == pytest.approx(other.se()["d"], rel=1e-8)
    assert own.first_stage is not None
    assert own.first_stage[0] == pytest.approx(first.tstat()["z"] ** 2, rel=1e-8)


def all_dummies(table: pd.DataFrame, columns: list[list[str]]) -> Floats:
    """Treatment, control and a dummy for each level of each effect."""
    levels = [table[one].astype("str").agg("-".join, axis=1) for one in columns]
    made = [pd.get_dummies(one).to_numpy(dtype=float) for one in levels]
    return np.hstack([table[["d", "x"]].to_numpy(), *made])


@pytest.mark.parametrize(
    ("effects", "columns", "cluster"),
    [
        (("city", "province^year"), [["city_id"], ["province", "year"]], "province"),
        (("city", "year", "industry"), [["city_id"], ["year"], ["industry"]], "province"),
        (("province", "year"), [["province"], ["year"]], "year"),
    ],
)
def test_crv3_leaves_each_cluster_out_of_the_whole_regression(
    effects: tuple[str, ...], columns: list[list[str]], cluster: str
) -> None:
    X, y = all_dummies(TABLE, columns), TABLE["y"].to_numpy()
    codes = TABLE[cluster].to_numpy()
    whole = np.linalg.lstsq(X, y, rcond=None)[0][0]
    each = [
        np.linalg.lstsq(X[codes != one], y[codes != one], rcond=None)[0][0]
        for one in np.unique(codes)
    ]
    count = len(each)
    expected = np.sqrt((count - 1) / count * np.sum((np.array(each) - whole) ** 2))
    own = fit(replace(BASE, effects=effects, cluster=(cluster,)))
    assert own.std_errors(f"{cluster} CRV3")[0] == pytest.approx(expected, rel=1e-8)


@pytest.mark.parametrize(
    ("effects", "columns"),
    [
        (("city", "province^year"), [["city_id"], ["province", "year"]]),
        (("city", "year", "industry"), [["city_id"], ["year"], ["industry"]]),
    ],
)
def test_the_wild_bootstrap_is_that_of_the_whole_regression(
    effects: tuple[str, ...], columns: list[list[str]]
) -> None:
    # Six provinces have 64 patterns of signs, all of which are taken.
    X, y = all_dummies(TABLE, columns), TABLE["y"].to_numpy() - 0.35 * TABLE["d"].to_numpy()
    codes = TABLE["province"].to_numpy()
    inverse = np.linalg.pinv(X)
    others = X[:, 1:]
    restricted = others @ np.linalg.lstsq(others, y, rcond=None)[0]
    bread = np.linalg.pinv(X.T @ X)

    def squared_t(outcome: Floats) -> float:
        slopes = inverse @ outcome
        scores = X * (outcome - X @ slopes)[:, None]
        sums = np.array([scores[codes == one].sum(axis=0) for one in range(6)])
        return float(slopes[0] ** 2 / (bread @ (sums.T @ sums) @ bread)[0, 0])

    observed = squared_t(y)
    draws = [
        squared_t(restricted + np.array(signs)[codes] * (y - restricted))
        for signs in product([-1.0, 1.0], repeat=6)
    ]
    expected = np.mean(np.array(draws) >= observed * (1 - 1e-8))
    design = replace(BASE, effects=effects, cluster=("province",))
    final = fit(design, TABLE.assign(y=y)).final
    assert final.V.shape[0] == len(TABLE)
    test = wild_bootstrap(final.u, final.V, None, final.clusters["province"], seed=1)
    assert test.enumerated
    assert test.p_value == pytest.approx(expected)
    assert 0.02 < expected < 0.98


def test_driscoll_kraay_equals_pyfixest_statsmodels_and_linearmodels() -> None:
    table = made_up(years=12, holes=False)
    table["number"] = pd.factorize(table["city_id"])[0]
    for lag in (0, 2, 3):
        design = replace(BASE, errors="driscoll_kraay", lag=lag)
        own = fit(design, table).std_errors(DRISCOLL_KRAAY)[0]
        other = theirs(design, table)
        other.vcov("DK", vcov_kwargs={"time_id": "year", "panel_id": "number", "lag": lag})
        assert own == pytest.approx(other.se()["d"], rel=1e-9)
        indexed = table.set_index(["city_id", "year"])
        panel = PanelOLS(
            indexed["y"], indexed[["d", "x"]], entity_effects=True, time_effects=True
        ).fit(
            cov_type="kernel",
            kernel="bartlett",
            bandwidth=lag,
            debiased=False,
            auto_df=False,
            count_effects=False,
        )
        n = len(table)
        factor = (n - 1) / (n - 2 - 24 - 11) * 12 / 11
        assert own == pytest.approx(panel.std_errors["d"] * factor**0.5, rel=1e-8)
        X = all_dummies(table, [["city_id"], ["year"]])[:, :-1]
        grouped = sm.OLS(table["y"].to_numpy(), X).fit(
            cov_type="hac-groupsum",
            cov_kwds={"time": table["year"].to_numpy() - 2011, "maxlags": lag,
                      "use_correction": False},
        )  # fmt: skip
        assert own == pytest.approx(grouped.bse[0] * factor**0.5, rel=1e-7)


def test_driscoll_kraay_by_hand_counts_gaps_as_years() -> None:
    scores = np.array([[1.0], [2.0], [-1.0], [4.0]])
    near, apart = np.array([2011, 2011, 2012, 2013]), np.array([2011, 2011, 2013, 2015])
    # Sums 3, -1, 4: 26 and, at weight 1/2, twice (-3 - 4).
    assert driscoll_kraay_meat(scores, near, lag=1)[0, 0] == pytest.approx(26 - 7)
    # Sums 3, 0, -1, 0, 4: neighbours are nothing, those two years apart weigh 1/3.
    assert driscoll_kraay_meat(scores, apart, lag=1)[0, 0] == pytest.approx(26)
    assert driscoll_kraay_meat(scores, apart, lag=2)[0, 0] == pytest.approx(26 - 14 / 3)
    assert driscoll_kraay_meat(scores, near, lag=99)[0, 0] > 0
    assert year_gaps(apart) == (2012, 2014)
    assert [default_lag(years) for years in (5, 11, 30, 100)] == [2, 2, 3, 4]


def test_gaps_in_years_and_few_years_are_warned_of() -> None:
    design = replace(BASE, errors="driscoll_kraay")
    table = TABLE[~TABLE["year"].isin([2013, 2014])]
    (row,) = linear_rows(linear_estimate(build_sample(table, design), design))
    assert row.se_type == "Driscoll-Kraay, lag 2"
    assert "no year 2013, 2014: a lag across such a gap counts as nothing" in row.note
    assert "are for many years, here 6" in row.note
    assert (row.df, row.n_clusters) == (5.0, 6)
    assert np.isnan(row.p_value_wild)


def test_an_effect_that_another_determines_is_told_and_changes_nothing() -> None:
    design = replace(BASE, effects=("province", "city", "year"))
    own, plain = fit(design), fit(BASE)
    assert own.redundant == ("province",)
    assert own.theta == pytest.approx(plain.theta, rel=1e-12)
    assert own.std_errors(CITY) == pytest.approx(plain.std_errors(CITY), rel=1e-12)
    (row,) = linear_rows(linear_estimate(build_sample(TABLE, design), design))
    assert "effects that others determine, left out: province" in row.note
    # Of two that are the same the first named stays.
    twin = TABLE.assign(again=TABLE["city_id"])
    assert fit(replace(BASE, effects=("city", "again", "year")), twin).redundant == ("again",)


def test_effects_that_absorb_the_treatment_are_named() -> None:
    table = TABLE.assign(d=TABLE["province"] * 3.0 + TABLE["year"] ** 2 % 7)
    with pytest.raises(SampleError, match=r"d: .*the effects city, province\^year") as error:
        fit(replace(BASE, effects=("city", "province^year")), table)
    assert "\n" not in str(error.value)
    same = replace(BASE, effects=("city", "industry"), joint=("w",))
    with pytest.raises(SampleError, match=r"terms .*that each vary on their own"):
        fit(same, TABLE.assign(w=2 * TABLE["d"] + TABLE["industry"]))
    everyone = TABLE.assign(row=np.arange(len(TABLE)))
    with pytest.raises(SampleError, match="share the levels of each effect"):
        fit(replace(BASE, effects=("row",)), everyone)


def test_a_treatment_fixed_in_time_needs_no_city_effects() -> None:
    table = TABLE.assign(d=TABLE.groupby("city_id")["d"].transform("first"))
    design = replace(BASE, effects=("province", "year"))
    (row,) = linear_rows(linear_estimate(build_sample(table, design), design))
    other = theirs(replace(design, effects=("province", "year")), table)
    assert row.estimate == pytest.approx(other.coef()["d"], rel=1e-10)
    assert row.effects == "effects absorbed: province, year"


def test_collinear_controls_are_named_and_rows_alone_are_counted() -> None:
    table = TABLE.assign(trend=TABLE["year"] * 2.0)
    alone = table.iloc[[0]].assign(industry=99)
    design = replace(BASE, controls=("x", "trend"), effects=("city", "year", "industry"))
    found = fit(design, pd.concat([table.iloc[1:], alone]))
    assert (found.collinear, found.lost_rows) == (("trend",), 1)


def test_years_of_a_city_in_several_clusters_are_warned_of() -> None:
    design = replace(BASE, cluster=("industry",))
    (row,) = linear_rows(linear_estimate(build_sample(TABLE, design), design))
    assert "24 cities are in several clusters (industry)" in row.note
    assert row.se_type == "industry, wild bootstrap"


def test_too_many_levels_across_clusters_leave_no_jackknife() -> None:
    table = made_up(cities=120, years=9, holes=False)
    table["cell"] = np.random.default_rng(2).permutation(len(table)) // 3
    found = fit(replace(BASE, effects=("city", "cell"), cluster=("province",)), table)
    assert "province CRV3" not in found.covariances
    assert found.notes[0].startswith("no CRV3 nor wild bootstrap: ")


@pytest.mark.parametrize(
    ("errors", "cluster", "se_type", "df"),
    [
        (None, ("province",), "province, wild bootstrap", 5.0),
        ("clustered", ("province",), "province", 5.0),
        ("crv3", ("province",), "province, CRV3", 5.0),
        ("robust", ("province",), "robust", np.inf),
        (None, ("province", "year"), "province+year", 5.0),
        ("wild", ("industry",), "industry, wild bootstrap", 3.0),
    ],
)
def test_what_is_printed_is_what_is_asked_for(
    errors: str | None, cluster: tuple[str, ...], se_type: str, df: float
) -> None:
    design = replace(BASE, errors=errors, cluster=cluster)
    found = linear_estimate(build_sample(TABLE, design), design)
    (row,) = linear_rows(found)
    assert (row.se_type, row.df) == (se_type, df)
    if "wild" in se_type:
        final = found.fit.final
        figures = wild_figures(
            final.u, final.V, None, final.clusters[cluster[0]], seed=design.seed, term=0, where=""
        )
        assert row.p_value == row.p_value_wild == figures.p_value
        unit = final.units[0]
        assert (row.ci_low, row.ci_high) == (unit * figures.ci_low, unit * figures.ci_high)
    elif errors == "crv3":
        assert row.std_error == row.std_error_jackknife
        assert row.std_error != row.std_error_cluster
    else:
        assert row.ci_high - row.estimate == pytest.approx(row.estimate - row.ci_low)


def test_many_clusters_print_students_t_unless_asked() -> None:
    table = made_up(cities=60, years=5)
    for errors, text in ((None, "city"), ("wild", "city, wild bootstrap"), ("crv3", "city, CRV3")):
        design = replace(BASE, errors=errors)
        (row,) = linear_rows(linear_estimate(build_sample(table, design), design))
        assert (row.se_type, row.df) == (text, 59.0)


@pytest.mark.real
def test_real_cities_with_effects_of_their_provinces_years(data_dir: Path) -> None:
    panel = pd.read_csv(data_dir / "panel" / "china_city_panel_real.csv")
    panel = panel[panel["year"].between(2005, 2021)]
    table = pd.DataFrame(
        {
            "city_id": panel["city_code"].astype("str"),
            "year": panel["year"],
            "province": panel["city_code"] // 10000,
            "y": panel["tertiary_share_pct"],
            "d": np.log(panel["gdp_per_capita"]),
            "x": np.log(panel["fiscal_expenditure_100m"]),
        }
    ).dropna()
    # Rows alone in their province and year: Beijing, Tianjin, Shanghai, Chongqing and the like.
    size = table.groupby(["province", "year"])["y"].transform("size")
    design = replace(BASE, effects=("city", "province^year"), cluster=("province",))
    own, other = fit(design, table), theirs(design, table[size > 1])
    assert own.lost_rows == (size == 1).sum() > 60
    assert own.theta[0] == pytest.approx(other.coef()["d"], rel=1e-10)
    assert own.std_errors("province")[0] == pytest.approx(other.se()["d"], rel=1e-9)
    assert own.notes == ()
    assert own.std_errors("province CRV3")[0] > own.std_errors("province")[0]
