"""Covariances beside statsmodels, pyfixest, linearmodels, doubleml, loops and a hand's sum."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pyfixest
import pytest
import statsmodels.api as sm
from doubleml import DoubleMLData, DoubleMLPLR
from hypothesis import given
from hypothesis import strategies as st
from linearmodels.iv import IV2SLS
from sklearn.linear_model import LinearRegression
from statsmodels.stats.sandwich_covariance import cov_cluster, cov_cluster_2groups

from estimation.inference.clustered import heteroskedastic, jackknife, one_way, two_way
from estimation.inference.intervals import interval
from estimation.inference.moments import cluster_moments
from geo.errors import SampleError

TIGHT = 1e-10
"""Relative; other programs invert the same matrices in another order."""

PYFIXEST = pytest.mark.filterwarnings("ignore:The inplace keyword in DataFrame:DeprecationWarning")


@pytest.mark.parametrize("k", [1, 3])
def test_one_way_equals_statsmodels(residuals: Callable, k: int) -> None:
    r = residuals(17, k, 1)
    fit = sm.OLS(r.u, r.V).fit()
    bare = cov_cluster(fit, r.clusters, use_correction=False)
    ours = one_way(r.u, r.V, None, r.clusters, factor=False)
    assert ours.theta == pytest.approx(fit.params, rel=TIGHT)
    assert ours.matrix == pytest.approx(bare, rel=TIGHT)
    with_factor = one_way(r.u, r.V, None, r.clusters)
    assert with_factor.matrix == pytest.approx(17 / 16 * bare, rel=TIGHT)
    assert (ours.kind, with_factor.kind) == ("CRV0", "CRV1")
    assert (with_factor.n_clusters, with_factor.df) == ((17,), 16)
    assert with_factor.std_errors == pytest.approx(np.sqrt(np.diag(with_factor.matrix)))


@pytest.mark.parametrize("k", [1, 3])
@pytest.mark.parametrize("factor", [False, True])
def test_heteroskedastic_equals_statsmodels(residuals: Callable, k: int, factor: bool) -> None:
    r = residuals(9, k, 2)
    fit = sm.OLS(r.u, r.V).fit(cov_type="HC1" if factor else "HC0")
    ours = heteroskedastic(r.u, r.V, factor=factor)
    assert ours.matrix == pytest.approx(fit.cov_params(), rel=TIGHT)
    assert ours.kind == fit.cov_type
    assert np.isinf(ours.df)


@pytest.mark.parametrize("k", [1, 2])
def test_two_way_equals_statsmodels(residuals: Callable, k: int) -> None:
    r = residuals(30, k, 4)
    other = r.years
    fit = sm.OLS(r.u, r.V).fit()
    bare = cov_cluster_2groups(fit, r.clusters, other, use_correction=False)[0]
    ours = two_way(r.u, r.V, None, r.clusters, other, factor=False)
    assert not ours.two_terms
    assert ours.matrix == pytest.approx(bare, rel=TIGHT)
    assert ours.n_clusters == (30, 8)
    assert ours.df == 7


@PYFIXEST
def test_two_way_with_factors_equals_pyfixest(residuals: Callable) -> None:
    r = residuals(30, 2, 4)
    table = pd.DataFrame({"u": r.u, "a": r.V[:, 0], "b": r.V[:, 1], "g": r.clusters, "t": r.years})
    fit = pyfixest.feols(
        "u ~ a + b - 1",
        data=table,
        vcov={"CRV1": "g + t"},
        ssc=pyfixest.ssc(k_adj=False, G_adj=True, G_df="conventional"),
    )
    ours = two_way(r.u, r.V, None, r.clusters, r.years)
    assert not ours.two_terms
    assert ours.theta == pytest.approx(fit.coef().to_numpy(), rel=TIGHT)
    assert ours.matrix == pytest.approx(fit._vcov, rel=TIGHT)
    p_values = fit.pvalue().to_numpy()
    found = [interval(ours.theta[j], ours.std_errors[j], df=ours.df)[1] for j in range(2)]
    assert found == pytest.approx(p_values, rel=1e-8)


def test_two_way_that_is_not_positive_adds_both_terms() -> None:
    # Two cities, two years, one term equal to 1: theta = 0, scores are u. Each city and each year
    # sums to zero, the four cells do not: 0 + 0 - 4 is no variance.
    u = np.array([1.0, -1.0, -1.0, 1.0])
    city, year = np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1])
    found = two_way(u + np.array([0.1, 0.1, 0.0, 0.0]), np.ones(4), None, city, year, factor=False)
    assert found.two_terms
    alone = [
        one_way(u + np.array([0.1, 0.1, 0, 0]), np.ones(4), None, c, factor=False).matrix
        for c in (city, year)
    ]
    assert found.matrix == pytest.approx(alone[0] + alone[1])
    assert found.matrix[0, 0] > 0


def test_two_ways_of_which_one_lies_in_the_other_is_the_coarser(residuals: Callable) -> None:
    r = residuals(20, 2, 5)
    coarse = r.clusters // 10
    nested = two_way(r.u, r.V, None, r.clusters, coarse, factor=False)
    assert nested.matrix == pytest.approx(
        one_way(r.u, r.V, None, coarse, factor=False).matrix, rel=1e-9
    )


@PYFIXEST
@pytest.mark.parametrize("k", [1, 3])
def test_jackknife_equals_pyfixest_and_statsmodels(residuals: Callable, k: int) -> None:
    r = residuals(12, k, 6)
    names = [f"v{j}" for j in range(k)]
    table = pd.DataFrame(r.V, columns=names).assign(u=r.u, g=r.clusters)
    fit = pyfixest.feols(
        f"u ~ {' + '.join(names)} - 1",
        data=table,
        vcov={"CRV3": "g"},
        ssc=pyfixest.ssc(k_adj=False, G_adj=False),
    )
    ours = jackknife(r.u, r.V, None, r.clusters)
    assert ours.matrix == pytest.approx(11 / 12 * fit._vcov, rel=TIGHT)
    theirs = cov_cluster(
        sm.OLS(r.u, r.V).fit(), r.clusters, use_correction=False, crv_type="cluster-crv3"
    )
    assert ours.matrix == pytest.approx(11 / 12 * theirs, rel=TIGHT)
    assert (ours.kind, ours.df) == ("CRV3", 11)


@pytest.mark.parametrize("instrumented", [False, True])
def test_jackknife_by_deleting_and_refitting(
    residuals: Callable, refit: Callable, instrumented: bool
) -> None:
    r = residuals(11, 2, 7)
    W = r.W if instrumented else r.V
    theta = refit(r.u, r.V, W)
    total = np.zeros((2, 2))
    for code in np.unique(r.clusters):
        rest = r.clusters != code
        gap = refit(r.u[rest], r.V[rest], W[rest]) - theta
        total += np.outer(gap, gap)
    ours = jackknife(r.u, r.V, r.W if instrumented else None, r.clusters)
    assert ours.matrix == pytest.approx(10 / 11 * total, rel=1e-10)


@pytest.mark.parametrize("k", [1, 2])
def test_instruments_equal_linearmodels(residuals: Callable, k: int) -> None:
    r = residuals(15, k, 8)
    model = IV2SLS(r.u, None, r.V, r.W)
    clustered = model.fit(cov_type="clustered", clusters=r.clusters, debiased=False)
    ours = one_way(r.u, r.V, r.W, r.clusters)
    assert ours.theta == pytest.approx(clustered.params.to_numpy(), rel=TIGHT)
    bare = one_way(r.u, r.V, r.W, r.clusters, factor=False)
    assert bare.matrix == pytest.approx(clustered.cov.to_numpy(), rel=1e-8)
    robust = model.fit(cov_type="robust", debiased=False)
    assert heteroskedastic(r.u, r.V, r.W).matrix == pytest.approx(robust.cov.to_numpy(), rel=1e-8)


def test_one_term_equals_doublemls_own_errors() -> None:
    """Rows with robust errors, and clusters with folds by cluster (equal folds)."""
    rng = np.random.default_rng(9)
    clusters = np.repeat(np.arange(20), 6)
    X = rng.normal(size=(120, 2))
    d = X[:, 0] + rng.normal(size=120) + np.repeat(rng.normal(size=20), 6)
    y = -0.1 * d + X[:, 1] + rng.normal(size=120)
    folds = [
        (np.flatnonzero(clusters % 4 != f), np.flatnonzero(clusters % 4 == f)) for f in range(4)
    ]
    model = DoubleMLPLR(
        DoubleMLData.from_arrays(X, y, d),
        LinearRegression(),
        LinearRegression(),
        n_folds=4,
        draw_sample_splitting=False,
    )
    model.set_sample_splitting(folds).fit()
    u = y - model.predictions["ml_l"][:, 0, 0]
    v = d - model.predictions["ml_m"][:, 0, 0]
    ours = heteroskedastic(u, v)
    assert ours.theta[0] == pytest.approx(model.coef[0], rel=1e-12)
    assert ours.std_errors[0] == pytest.approx(model.se[0], rel=1e-12)
    # Clustered: the sum over folds of squared cluster sums, which equal folds make the plain one.
    table = pd.DataFrame(X, columns=["a", "b"]).assign(y=y, d=d, city=clusters)
    by_city = DoubleMLPLR(
        DoubleMLData(table, "y", "d", x_cols=["a", "b"], cluster_cols="city"),
        LinearRegression(),
        LinearRegression(),
        n_folds=4,
        draw_sample_splitting=False,
    )
    parts = [([np.unique(clusters[a])], [np.unique(clusters[b])]) for a, b in folds]
    by_city.set_sample_splitting([folds], all_smpls_cluster=[parts])
    by_city.fit()
    clustered = one_way(u, v, None, clusters, factor=False)
    assert clustered.theta[0] == pytest.approx(by_city.coef[0], rel=1e-10)
    assert clustered.std_errors[0] == pytest.approx(by_city.se[0], rel=1e-10)


def test_three_clusters_by_hand() -> None:
    # V = 1: theta is the mean, 2. Scores by cluster: (1 - 2) + (1 - 2), 3 - 2, (2 - 2) + (3 - 2).
    u, clusters = np.array([1.0, 1.0, 3.0, 2.0, 3.0]), np.array([4, 4, 7, 9, 9])
    ours = one_way(u, np.ones(5), None, clusters, factor=False)
    assert ours.theta == pytest.approx([2.0])
    assert ours.matrix == pytest.approx(np.array([[(4 + 1 + 1) / 25]]))
    assert one_way(u, np.ones(5), None, clusters).matrix[0, 0] == pytest.approx(6 / 25 * 3 / 2)
    # Without each: 8 / 3, 7 / 4, 5 / 3.
    gaps = np.array([8 / 3 - 2, 7 / 4 - 2, 5 / 3 - 2])
    assert jackknife(u, np.ones(5), None, clusters).matrix[0, 0] == pytest.approx(
        2 / 3 * float(gaps @ gaps)
    )


@given(
    seed=st.integers(0, 1000),
    powers=st.tuples(st.integers(-8, 8), st.integers(-8, 8), st.integers(-8, 8)),
)
def test_units_order_and_names_of_clusters_do_not_matter(
    seed: int, powers: tuple[int, int, int]
) -> None:
    rng = np.random.default_rng(seed)
    clusters = rng.integers(0, 9, size=60)
    V, W, u = rng.normal(size=(60, 2)), rng.normal(size=(60, 2)), rng.normal(size=60)
    W += V
    years = rng.integers(0, 5, size=60)
    unit, units = 10.0 ** powers[0], 10.0 ** np.array(powers[1:])
    order = rng.permutation(60)
    new = rng.permutation(50)[clusters]
    for ours, theirs in (
        (
            one_way(u, V, W, clusters),
            one_way(unit * u[order], units * V[order], W[order], new[order]),
        ),
        (
            jackknife(u, V, None, clusters),
            jackknife(unit * u[order], units * V[order], None, new[order]),
        ),
        (
            two_way(u, V, W, clusters, years),
            two_way(unit * u[order], units * V[order], W[order], new[order], -years[order]),
        ),
    ):
        assert theirs.theta * units / unit == pytest.approx(ours.theta, rel=1e-8, abs=1e-12)
        back = np.outer(units, units) / unit**2
        assert theirs.matrix * back == pytest.approx(ours.matrix, rel=1e-8, abs=1e-12)
        assert theirs.n_clusters == ours.n_clusters
        assert theirs.two_terms == ours.two_terms


def test_a_cluster_a_row_is_heteroskedastic(residuals: Callable) -> None:
    r = residuals(8, 2, 10)
    rows = np.arange(r.u.size)
    assert one_way(r.u, r.V, r.W, rows, factor=False).matrix == pytest.approx(
        heteroskedastic(r.u, r.V, r.W).matrix, rel=1e-12
    )


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (lambda r: {"u": np.where(np.arange(r.u.size) == 3, np.nan, r.u)}, "residuals u.*1 of"),
        (lambda r: {"V": r.V * np.array([1.0, 0.0])}, "a term that is zero"),
        (lambda r: {"V": r.V[:, [0, 0]]}, "others determine"),
        (lambda r: {"W": r.V * np.array([1.0, 0.0])}, "no instrument moves"),
        (lambda r: {"clusters": np.full(r.u.size, 3)}, "two clusters or more, found 1"),
    ],
    ids=["NaN", "zero", "collinear", "instrument", "one cluster"],
)
def test_what_cannot_be_estimated_is_refused(
    residuals: Callable, change: Callable, found: str
) -> None:
    r = residuals(8, 2, 11)
    arrays = {"u": r.u, "V": r.V, "W": None, "clusters": r.clusters} | change(r)
    with pytest.raises(SampleError, match=f"here.*{found}"):
        cluster_moments(**arrays, where="here")


def test_a_term_that_lives_in_one_cluster_has_no_jackknife(residuals: Callable) -> None:
    r = residuals(8, 2, 12)
    V = r.V.copy()
    V[:, 1] *= r.clusters == 5
    one_way(r.u, V, None, r.clusters)
    with pytest.raises(SampleError, match="table 2, cluster 5: expected terms that vary in other"):
        jackknife(r.u, V, None, r.clusters, where="table 2")
