"""Each draw against the refit of a resample that is really put together."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import estimation.mediation.bootstrap as under_test
from estimation.inference.streams import MEDIATION, generator
from estimation.mediation.bootstrap import Bootstrap, bootstrap, resample_counts
from estimation.mediation.estimate import mediation, rho_curve
from estimation.mediation.figures import Layout
from estimation.mediation.rho import GRID
from estimation.mediation.sample import linear_products
from estimation.mediation.system import LinearSystem, Products, products_of
from geo.errors import DesignError, SampleError
from tests.estimation.mediation.panels import channels, naive, sample_of


def resampled(table: pd.DataFrame, names: list[str], counts: np.ndarray, by: str) -> pd.DataFrame:
    """Clusters as often as drawn, each time with cities of its own."""
    parts = [
        table[table[by] == name].assign(own=lambda rows, copy=copy: rows["city_id"] + f" {copy}")
        for name, count in zip(names, counts.astype(int), strict=True)
        for copy in range(count)
    ]
    return pd.concat(parts)


def drawn(products: Products, draws: int, seed: int) -> Bootstrap:
    return bootstrap([products], rho=GRID, draws=draws, seed=seed, where="test")


def of_city(table: pd.DataFrame) -> Products:
    return linear_products(*sample_of(table))


@pytest.mark.parametrize("by", ["city", "province"])
def test_every_draw_is_the_refit_of_its_resample(by: str) -> None:
    table = channels(1, cities=25, kept=0.85).assign(province=lambda t: t["city_id"].str[:2])
    sample, one = sample_of(table, cluster=(by,))
    products = linear_products(sample, one)
    found = drawn(products, 30, seed=7)
    column = {"city": "city_id", "province": "province"}[by]
    names = sorted(table[column].unique())
    counts = resample_counts(generator(7, MEDIATION), 30, len(names))
    assert found.unsolved == 0
    for one_draw, count in zip(found.draws, counts.T, strict=True):
        again = resampled(table, names, count, column)
        np.testing.assert_allclose(one_draw, naive(again, city="own"), atol=1e-10)


def test_a_year_that_a_resample_lacks_is_passed_over() -> None:
    """Two cities alone have the last year: most resamples lack it."""
    table = channels(2, cities=12, kept=1.0)
    late = (table["year"] == 2016) & ~table["city_id"].isin(["1101", "1102"])
    table = table[~late]
    found = drawn(of_city(table), 40, seed=3)
    names = sorted(table["city_id"].unique())
    counts = resample_counts(generator(3, MEDIATION), 40, len(names))
    lacking = (counts[:2] == 0).all(axis=0)
    assert 0 < lacking.sum() < 40
    for one_draw, count in zip(found.draws, counts.T, strict=True):
        again = resampled(table, names, count, "city_id")
        np.testing.assert_allclose(one_draw, naive(again, city="own"), atol=1e-10)


def test_counts_are_resamples_and_come_in_one_stream() -> None:
    counts = resample_counts(generator(1, MEDIATION), 50, 9)
    assert counts.shape == (9, 50)
    np.testing.assert_array_equal(counts.sum(axis=0), 9)
    rng = generator(1, MEDIATION)
    parts = [resample_counts(rng, size, 9) for size in (20, 30)]
    np.testing.assert_array_equal(np.hstack(parts), counts)


def test_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    products = of_city(channels(3))
    whole = drawn(products, 64, seed=1)
    monkeypatch.setattr(under_test, "NUMBERS_AT_ONCE", 2500)
    np.testing.assert_allclose(drawn(products, 64, seed=1).draws, whole.draws, rtol=1e-11)


def test_repetitions_are_drawn_together_and_told_as_medians() -> None:
    tables = [channels(seed, kept=1.0) for seed in (1, 2, 3)]
    products = [of_city(table) for table in tables]
    found = bootstrap(products, rho=GRID, draws=20, seed=5, where="test")
    single = [drawn(one, 20, seed=5) for one in products]
    np.testing.assert_allclose(found.estimate, np.median([s.estimate for s in single], axis=0))
    np.testing.assert_allclose(found.draws, np.median([s.draws for s in single], axis=0))
    np.testing.assert_allclose(found.without, np.median([s.without for s in single], axis=0))
    np.testing.assert_allclose(found.each, [s.estimate for s in single])


def test_a_mediator_that_one_city_carries_is_refused() -> None:
    table = channels(4, cities=10)
    alone = table["city_id"] == "1101"
    table["m3"] = table["m3"].where(alone, 0.0)
    with pytest.raises(SampleError, match="in which one of them does not") as caught:
        drawn(of_city(table), 200, seed=1)
    assert "\n" not in str(caught.value)


def test_no_draws_are_refused() -> None:
    with pytest.raises(DesignError, match="draws"):
        drawn(of_city(channels(4)), 0, seed=1)


def test_few_draws_without_a_solution_are_left_out_and_counted() -> None:
    """Of eight cities four have a mediator that moves: it is missing in 1 of 256 resamples."""
    table = channels(5, cities=8, kept=1.0)
    still = table["city_id"].isin(["1101", "1102", "1103", "1104"])
    table["m3"] = table["m3"].where(~still, 0.0)
    found = drawn(of_city(table), 2000, seed=1)
    assert 0 < found.unsolved < 40
    assert found.draws.shape == (2000 - found.unsolved, Layout(3).size)
    assert np.isfinite(found.draws).all()


@given(seed=st.integers(0, 2**20))
def test_draws_lie_around_the_estimate_and_keep_their_identities(seed: int) -> None:
    found = drawn(of_city(channels(seed, cities=12)), 50, seed=seed)
    layout = Layout(3)
    total, direct, together = found.draws[:, :3].T
    np.testing.assert_allclose(direct + together, total, atol=1e-9)
    np.testing.assert_allclose(found.draws[:, layout.indirect].sum(axis=1), together, atol=1e-9)
    products = found.draws[:, layout.to_mediator] * found.draws[:, layout.to_outcome]
    np.testing.assert_allclose(products, found.draws[:, layout.indirect], atol=1e-9)


def test_errors_agree_with_each_other_and_with_truth_in_a_large_panel() -> None:
    products = of_city(channels(6, cities=75, kept=1.0))
    found = mediation([products], draws=2000, seed=1, method="percentile", where="test")
    for other in (found.std_error_delta, found.std_error_jackknife):
        np.testing.assert_allclose(found.std_error, other, rtol=0.15)
    truth = np.array([0.2 + 0.3 - 0.12, 0.2, 0.18, 0.3, -0.12, 0.0])
    np.testing.assert_array_less(np.abs(found.estimate[:6] - truth), 4 * found.std_error[:6])
    curve = rho_curve(found, 0)
    at_zero = int(np.flatnonzero(found.rho == 0)[0])
    assert curve.effect[at_zero] == pytest.approx(found.estimate[3], abs=1e-12)
    np.testing.assert_allclose(curve.interval[at_zero], found.percentile[3], atol=1e-10)
    assert (curve.band[:, 0] <= curve.interval[:, 0] + 1e-12).mean() > 0.9


def test_clusters_that_cut_a_city_are_refused() -> None:
    table = channels(1)
    sample, one = sample_of(
        table.assign(half=(table["year"] > 2013).astype(str)), cluster=("half",)
    )
    with pytest.raises(SampleError, match="each city in one cluster"):
        linear_products(sample, one)


def test_a_cross_section_draws_rows() -> None:
    rng = np.random.default_rng(1)
    d, m, y = rng.normal(size=(3, 40))
    system = LinearSystem(y, d, m[:, None], np.ones((40, 1)), np.arange(40))
    found = drawn(products_of(system), 25, seed=2)
    counts = resample_counts(generator(2, MEDIATION), 25, 40)
    for one, count in zip(found.draws, counts.T, strict=True):
        rows = np.repeat(np.arange(40), count.astype(int))
        fit = np.linalg.lstsq(np.column_stack([np.ones(40), d, m])[rows], y[rows], rcond=None)[0]
        a = np.polyfit(d[rows], m[rows], 1)[0]
        np.testing.assert_allclose(one[[1, 2]], [fit[1], a * fit[2]], atol=1e-10)
