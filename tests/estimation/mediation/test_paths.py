"""The equations by hand, against naive least squares, and what must hold of any data."""

import numpy as np
import pandas as pd
import pyfixest
import pytest
import statsmodels.api as sm
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.mediation import Mediation as StatsmodelsMediation

from estimation.mediation.figures import ALL, DIRECT, TOTAL, Layout, figures_of
from estimation.mediation.paths import paths_at, paths_without_each
from estimation.mediation.sample import linear_products, linear_system
from estimation.mediation.system import LinearSystem, Products, products_of
from geo.errors import SampleError
from tests.estimation.mediation.panels import (
    MEDIATORS,
    channels,
    dummies,
    naive,
    naive_on,
    sample_of,
)


def figures(products: Products) -> np.ndarray:
    return figures_of(paths_at(products))[0]


def test_a_case_done_by_hand() -> None:
    """m = 2 d + e, y = d + 3 m + u with e and u orthogonal to d and to each other."""
    d = np.array([1.0, 1.0, -1.0, -1.0] * 2)
    e = np.array([1.0, -1.0, 1.0, -1.0] * 2)
    u = np.array([1.0] * 4 + [-1.0] * 4)
    m = 2 * d + e
    system = LinearSystem(
        outcome=d + 3 * m + u,
        treatment=d,
        mediators=m[:, None],
        others=np.ones((8, 1)),
        clusters=np.arange(8),
    )
    found = paths_at(products_of(system))
    np.testing.assert_allclose(figures_of(found)[0], [7, 1, 6, 6, 2, 3], rtol=1e-12)
    np.testing.assert_allclose(found.spread_mediator, [[np.sqrt(8)]])
    np.testing.assert_allclose(found.spread_outcome, [np.sqrt(8)])


def test_three_mediators_of_a_panel_with_holes_equal_least_squares_with_all_dummies() -> None:
    table = channels(1)
    products = linear_products(*sample_of(table))
    np.testing.assert_allclose(figures(products), naive(table), atol=1e-12)


@pytest.mark.filterwarnings("ignore:The inplace keyword in DataFrame:DeprecationWarning")
def test_the_paths_are_those_of_pyfixest() -> None:
    table = channels(2)
    found, layout = figures(linear_products(*sample_of(table))), Layout(3)
    beside = pyfixest.feols("y ~ d + m1 + m2 + m3 + x | city_id + year", table).coef()
    np.testing.assert_allclose(found[layout.to_outcome], beside[list(MEDIATORS)], atol=1e-9)
    assert found[DIRECT] == pytest.approx(beside["d"], abs=1e-9)
    for name, a in zip(MEDIATORS, found[layout.to_mediator], strict=True):
        alone = pyfixest.feols(f"{name} ~ d + x | city_id + year", table).coef()
        assert a == pytest.approx(alone["d"], abs=1e-9)


def test_without_each_city_is_the_fit_without_it() -> None:
    table = channels(3, cities=8)
    sample, one = sample_of(table)
    found = figures_of(paths_without_each(linear_products(sample, one)))
    for place, city in enumerate(sample.cities):
        rest = table[table["city_id"] != city]
        np.testing.assert_allclose(found[place], naive(rest), atol=1e-10)


def test_statsmodels_has_the_same_effects_on_a_cross_section() -> None:
    rng = np.random.default_rng(4)
    table = pd.DataFrame(rng.normal(size=(200, 2)), columns=["x", "w"])
    table["d"] = (rng.random(200) < 0.5).astype(float)
    table["m"] = 0.4 * table["d"] + table["x"] + rng.normal(size=200)
    table["y"] = 0.3 * table["d"] + 0.5 * table["m"] + table["w"] + rng.normal(size=200)
    outcome = sm.OLS.from_formula("y ~ d + m + x + w", table)
    mediator = sm.OLS.from_formula("m ~ d + x + w", table)
    np.random.seed(0)  # noqa: NPY002 - statsmodels draws from the global generator
    theirs = StatsmodelsMediation(outcome, mediator, "d", "m").fit(n_rep=20)
    system = LinearSystem(
        outcome=table["y"].to_numpy(),
        treatment=table["d"].to_numpy(),
        mediators=table[["m"]].to_numpy(),
        others=np.column_stack([np.ones(200), table[["x", "w"]]]),
        clusters=np.arange(200),
    )
    found = figures(products_of(system))
    through = mediator.fit().params["d"] * outcome.fit().params["m"]
    assert found[ALL] == pytest.approx(through, abs=1e-12)
    assert found[DIRECT] == pytest.approx(outcome.fit().params["d"], abs=1e-12)
    # Theirs are means over simulated draws: near, not equal.
    assert found[ALL] == pytest.approx(np.mean(theirs.ACME_avg), abs=0.1)
    assert found[TOTAL] == pytest.approx(np.mean(theirs.total_effect), abs=0.3)


numbers = st.integers(0, 2**32 - 1)


@given(seed=numbers, scale=st.floats(1e-6, 1e6), shift=st.floats(-1e3, 1e3))
def test_units_scale_effects_and_nothing_else(seed: int, scale: float, shift: float) -> None:
    sample, one = sample_of(channels(seed, cities=8))
    system = linear_system(sample, one)
    plain = figures(products_of(system))
    moved = LinearSystem(
        outcome=system.outcome,
        treatment=system.treatment,
        mediators=system.mediators * np.array([scale, 1.0, 1.0]) + shift * scale,
        others=system.others,
        clusters=system.clusters,
        absorbed=system.absorbed,
    )
    found, layout = figures(products_of(moved)), Layout(3)
    np.testing.assert_allclose(found[: layout.to_mediator.start], plain[:6], atol=1e-8)
    assert found[layout.to_mediator][0] == pytest.approx(scale * plain[layout.to_mediator][0])


@given(seed=numbers)
def test_direct_and_indirect_add_up_to_a_total_fitted_without_mediators(seed: int) -> None:
    table = channels(seed, cities=10, kept=0.8)
    found = figures(linear_products(*sample_of(table)))
    expected = naive(table)
    assert found[DIRECT] == pytest.approx(expected[1], abs=1e-9)
    assert found[DIRECT] + found[ALL] == pytest.approx(expected[0], abs=1e-9)


@given(seed=numbers)
def test_the_order_of_rows_and_mediators_changes_nothing(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n, order = 60, np.array([2, 0, 1])
    d, fixed = rng.normal(size=(n, 1)), np.column_stack([np.ones(n), rng.normal(size=n)])
    m = d * 0.3 + rng.normal(size=(n, 3))
    y = m.sum(axis=1) + rng.normal(size=n)
    rows = rng.permutation(n)
    clusters = np.arange(n) // 3

    def found(take: np.ndarray, columns: np.ndarray) -> np.ndarray:
        system = LinearSystem(y[take], d[take, 0], m[take][:, columns], fixed[take], clusters[take])
        return figures(products_of(system))

    first, second, layout = found(np.arange(n), np.arange(3)), found(rows, order), Layout(3)
    np.testing.assert_allclose(first, naive_on(y, d, m, fixed), atol=1e-10)
    np.testing.assert_allclose(first[layout.indirect][order], second[layout.indirect], atol=1e-10)
    np.testing.assert_allclose(first[:3], second[:3], atol=1e-10)


@pytest.mark.parametrize(
    ("effects", "cluster"),
    [
        ((), "city"),
        (("city",), "city"),
        (("year",), "city"),
        (("province", "year"), "city"),
        (("city", "province^year"), "city"),
        (("city", "province^year"), "province"),
        (("province", "city", "year"), "province"),
    ],
)
def test_any_effects_are_the_regressions_with_all_their_dummies(
    effects: tuple[str, ...], cluster: str
) -> None:
    table = channels(5, cities=20, kept=1.0)
    table["province"] = table["city_id"].str[:2]
    products = linear_products(*sample_of(table, effects=effects, cluster=(cluster,)))
    keys = [table[["city_id" if one == "city" else one for one in effect.split("^")]]
            for effect in effects]  # fmt: skip
    fixed = [dummies(one.astype(str).agg(" ".join, axis=1)) for one in keys]
    alone = np.hstack([np.ones((len(table), 1)), *fixed, table[["x"]]])
    expected = naive_on(table["y"], table[["d"]], table[list(MEDIATORS)], alone)
    found, layout = figures(products), Layout(3)
    np.testing.assert_allclose(found[: layout.to_mediator.start], expected[:6], atol=1e-9)


def test_a_resample_estimates_effects_across_clusters_anew() -> None:
    """Without a city the paths are those of a panel that never had it."""
    table = channels(6, cities=12, kept=1.0)
    table["province"] = table["city_id"].str[:2]
    changes = {"effects": ("city", "province^year")}
    without = paths_without_each(linear_products(*sample_of(table, **changes)))
    first = table[table["city_id"] != table["city_id"].min()]
    alone = paths_at(linear_products(*sample_of(first, **changes)))
    np.testing.assert_allclose(without.total[0], alone.total[0], atol=1e-9)
    np.testing.assert_allclose(without.a[0], alone.a[0], atol=1e-9)
    np.testing.assert_allclose(without.b[0], alone.b[0], atol=1e-9)


def test_effects_with_more_levels_than_a_draw_can_estimate_are_refused() -> None:
    table = channels(7, cities=80, years=10, kept=1.0)
    table["odd"] = np.arange(len(table)) % 400
    with pytest.raises(SampleError, match="at most 300 levels of effects that reach across"):
        linear_products(*sample_of(table, effects=("city", "odd")))
