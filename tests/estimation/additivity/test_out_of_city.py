"""Out-of-city R2: against refits by hand, without leakage, and what must not matter."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from estimation.additivity.out_of_city import out_of_city
from estimation.inference.streams import COMPOSITE, generator
from geo.errors import SampleError

FOLDS, SEED = 4, 7


def made(seed=1, cities=12, years=6):
    rng = np.random.default_rng(seed)
    city = np.repeat(np.arange(cities), years)
    year = np.tile(np.arange(years), cities)
    X = rng.normal(size=(city.size, 3))
    base = np.column_stack([year[:, None] == np.arange(1, years), rng.normal(size=city.size)])
    y = X @ [1.0, 0.5, 0.0] + 0.3 * year + base[:, -1] + 3.0 * rng.normal(size=cities)[city]
    return y + rng.normal(size=city.size), X, base.astype(float), city


def scored(y, models, base, city, **given):
    keys = {"folds": FOLDS, "repetitions": 1, "draws": 50, "seed": SEED, "where": "x"} | given
    return out_of_city(y, models, base, city, **keys)


def naive(y, X, base, city, folds=FOLDS):
    """R2 by refits: dummies of the training cities, own mean of each city that is predicted."""
    cities = np.unique(city)
    fold = generator(SEED, COMPOSITE).permutation(np.arange(cities.size) % folds)[city]
    lost = np.zeros(2)
    for held in range(folds):
        train = fold != held
        dummies = (city[train][:, None] == np.unique(city[train])).astype(float)
        for at, columns in enumerate((base, np.column_stack([base, X]))):
            design = np.column_stack([columns[train], dummies])
            slopes = np.linalg.lstsq(design, y[train], rcond=None)[0][: columns.shape[1]]
            left = y[~train] - columns[~train] @ slopes
            for one in np.unique(city[~train]):
                own = left[city[~train] == one]
                lost[at] += ((own - own.mean()) ** 2).sum()
    return 1 - lost[1] / lost[0]


@pytest.mark.parametrize("seed", range(3))
def test_it_equals_refits_by_hand(seed):
    y, X, base, city = made(seed)
    found = scored(y, {"one": X[:, :1], "all": X}, base, city)
    assert found.names == ("one", "all")
    expected = [naive(y, X[:, :1], base, city), naive(y, X, base, city)]
    np.testing.assert_allclose(found.r2, expected, rtol=1e-9)
    np.testing.assert_allclose(found.by_repetition[0], expected, rtol=1e-9)


def test_unbalanced_panels_and_years_of_one_fold():
    y, X, base, city = made(5)
    rng = np.random.default_rng(2)
    kept = rng.uniform(size=y.size) < 0.7
    kept[:3] = True
    rows = y[kept], X[kept], base[kept], city[kept]
    y, X, base, city = rows
    base[:, 2] = 0.0
    base[0, 2] = 1.0  # a year that one city has alone: no slope where that city is predicted
    found = scored(y, {"all": X}, base, city)
    assert found.r2[0] == pytest.approx(naive(y, X, base, city), rel=1e-8)


@given(st.integers(0, 99), st.floats(-50, 50), st.floats(0.01, 100))
def test_city_levels_and_units_do_not_matter(seed, level, unit):
    y, X, base, city = made(seed)
    moved = unit * (y + level * city)
    before, after = (scored(one, {"all": X}, base, city).r2 for one in (y, moved))
    np.testing.assert_allclose(after, before, rtol=1e-6)
    scaled = scored(y, {"all": X * unit + level}, base, city).r2
    np.testing.assert_allclose(scaled, before, rtol=1e-6)


def test_a_model_of_nothing_new_has_no_r2_and_noise_has_less():
    y, _, base, city = made(3)
    rng = np.random.default_rng(4)
    noise = rng.normal(size=(y.size, 8))
    found = scored(y, {"years": base[:, :1], "noise": noise}, base, city, repetitions=10)
    assert found.r2[0] == pytest.approx(0.0, abs=1e-9)
    assert found.r2[1] < 0.0
    assert found.by_repetition.shape == (10, 2)
    assert np.ptp(found.by_repetition[:, 1]) > 0.0


def test_linear_functions_of_a_models_columns_change_nothing():
    y, X, base, city = made(6)
    mixed = np.column_stack([X @ np.array([[1, 1, 0], [0, 2, 1], [1, 0, 3.0]]), X.sum(axis=1)])
    found = scored(y, {"plain": X, "mixed": mixed}, base, city)
    assert found.r2[1] == pytest.approx(found.r2[0], rel=1e-7)


def test_the_bootstrap_draws_cities():
    y, X, base, city = made(7, cities=40)
    found = scored(y, {"all": X}, base, city, draws=2000)
    assert found.drawn.shape == (2000, 1)
    assert found.drawn.mean() == pytest.approx(found.r2[0], abs=0.02)
    assert 0.01 < found.drawn.std() < 0.2


def test_what_cannot_be_predicted():
    y, X, base, city = made(8, cities=3)
    with pytest.raises(SampleError, match=r"at least as many cities as folds \(4\), found 3"):
        scored(y, {"all": X}, base, city)
    y, X, base, city = made(8)
    with pytest.raises(SampleError, match="nothing left to predict"):
        scored(base[:, 0] + city, {"all": X}, base, city)
