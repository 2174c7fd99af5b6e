from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from estimation.designs import Design
from estimation.linear.fixed_effects import LinearModel, fit_panel
from estimation.problems.changes import city_means
from estimation.problems.dictionary import dictionary
from estimation.problems.transforms import (
    TRANSFORMS,
    Transformed,
    correlated_random_effects,
    difference_dictionary,
    faithful,
    first_difference,
    within,
    within_dictionary,
)
from estimation.samples.sample import Sample, build_sample
from estimation.vocabulary import LINEAR, VARIANTS


def two_by_three(years: tuple[int, ...] = (2011, 2012, 2013), drop: tuple[int, ...] = ()) -> Sample:
    """Two cities x three years with numbers one can do by hand."""
    table = pd.DataFrame(
        {
            "city_id": ["1101"] * 3 + ["1201"] * 3,
            "year": list(years) * 2,
            "y": [1.0, 3.0, 8.0, 10.0, 10.0, 13.0],
            "d": [0.0, 1.0, 5.0, 2.0, 4.0, 9.0],
            "x": [1.0, 2.0, 6.0, 7.0, 5.0, 9.0],
        }
    ).drop(index=list(drop))
    design = Design("hand", "y", "d", controls=("x",), folds=2, min_units=0)
    return build_sample(table.iloc[::-1], design)


def changed(data: Transformed, sample: Sample) -> tuple[list[float], list[float]]:
    """Outcome and treatment after the transform."""
    return data.change(sample.outcome).tolist(), data.change(sample.treatment).tolist()


def test_every_variant_but_the_linear_one_has_a_transform() -> None:
    assert (*TRANSFORMS, LINEAR) == VARIANTS


def test_faithful_by_hand() -> None:
    sample = two_by_three()
    data = faithful(sample)
    assert data.names == (
        "x",
        "city 1101",
        "city 1201",
        "year 2011",
        "year 2012",
        "year 2013",
    )
    assert changed(data, sample) == ([1, 3, 8, 10, 10, 13], [0, 1, 5, 2, 4, 9])
    assert not data.centred
    assert data.X.tolist() == [
        [1, 1, 0, 1, 0, 0],
        [2, 1, 0, 0, 1, 0],
        [6, 1, 0, 0, 0, 1],
        [7, 0, 1, 1, 0, 0],
        [5, 0, 1, 0, 1, 0],
        [9, 0, 1, 0, 0, 1],
    ]
    assert data.clusters.tolist() == [0, 0, 0, 1, 1, 1]
    assert data.rows.tolist() == [0, 1, 2, 3, 4, 5]
    assert (data.gaps, data.lost_cities) == (0, 0)


def test_first_difference_by_hand() -> None:
    sample = two_by_three()
    data = first_difference(sample)
    assert data.names == ("x", "x, year before", "year 2012", "year 2013")
    assert changed(data, sample) == ([2, 5, 0, 3], [1, 4, 2, 5])
    assert data.X.tolist() == [[2, 1, 1, 0], [6, 2, 0, 1], [5, 7, 1, 0], [9, 5, 0, 1]]
    assert data.clusters.tolist() == [0, 0, 1, 1]
    assert data.rows.tolist() == [1, 2, 4, 5]
    assert (data.gaps, data.lost_cities) == (0, 0)


def test_first_difference_does_not_bridge_a_gap() -> None:
    sample = two_by_three(drop=(1,))
    data = first_difference(sample)
    assert changed(data, sample) == ([0, 3], [2, 5])
    assert data.clusters.tolist() == [1, 1]
    assert data.rows.tolist() == [3, 4]
    assert (data.gaps, data.lost_cities) == (1, 1)


def test_first_difference_counts_gaps_of_years_nobody_has() -> None:
    sample = two_by_three(years=(2011, 2012, 2014))
    data = first_difference(sample)
    assert changed(data, sample) == ([2, 0], [1, 2])
    assert data.names == ("x", "x, year before", "year 2012")
    assert (data.gaps, data.lost_cities) == (2, 0)


def test_within_by_hand() -> None:
    sample = two_by_three()
    data = within(sample)
    assert data.names == ("x", "year 2011", "year 2012", "year 2013")
    assert changed(data, sample) == ([-3, -1, 4, -1, -1, 2], [-2, -1, 3, -3, -1, 4])
    assert data.X[:, 0].tolist() == [-2, -1, 3, 0, -2, 2]
    assert data.X[:, 1:] == pytest.approx(np.tile(np.eye(3) - 1 / 3, (2, 1)))
    assert data.clusters.tolist() == [0, 0, 0, 1, 1, 1]


def test_within_uses_the_means_of_the_rows_there_are_and_drops_single_rows() -> None:
    sample = two_by_three(drop=(1, 2, 4))
    data = within(sample)
    assert changed(data, sample) == ([-1.5, 1.5], [-3.5, 3.5])
    assert data.names == ("x", "year 2011", "year 2013")
    assert data.X.tolist() == [[-1, 0.5, -0.5], [1, -0.5, 0.5]]
    assert data.rows.tolist() == [1, 2]
    assert data.clusters.tolist() == [1, 1]
    assert data.lost_cities == 1


def test_correlated_random_effects_by_hand() -> None:
    sample = two_by_three(drop=(1,))
    data = correlated_random_effects(sample)
    years = ("year 2011", "year 2012", "year 2013")
    assert data.names == ("x", "x, city mean", *years, *(f"{year}, city mean" for year in years))
    assert changed(data, sample) == ([1, 8, 10, 10, 13], [0, 5, 2, 4, 9])
    assert data.X[:, :5].tolist() == [
        [1, 3.5, 1, 0, 0],
        [6, 3.5, 0, 0, 1],
        [7, 7, 1, 0, 0],
        [5, 7, 0, 1, 0],
        [9, 7, 0, 0, 1],
    ]
    shares = [[1 / 2, 0, 1 / 2]] * 2 + [[1 / 3] * 3] * 3
    assert data.X[:, 5:] == pytest.approx(np.array(shares))
    assert data.centred
    assert data.clusters.tolist() == [0, 0, 1, 1, 1]
    assert data.rows.tolist() == [0, 1, 2, 3, 4]
    assert (data.gaps, data.lost_cities) == (0, 0)


def test_years_have_city_means_only_where_cities_differ_in_them() -> None:
    data = correlated_random_effects(two_by_three())
    assert data.names == ("x", "x, city mean", "year 2011", "year 2012", "year 2013")


@pytest.mark.parametrize("transform", [within, correlated_random_effects])
def test_least_squares_on_the_features_is_two_way_fixed_effects_also_with_holes(
    transform: Callable[[Sample], Transformed],
) -> None:
    rng = np.random.default_rng(7)
    city, year = np.repeat(np.arange(12), 6), np.tile(np.arange(2011, 2017), 12)
    x, effect = rng.normal(size=72), rng.normal(size=12)[city]
    d = x + effect + 0.4 * year + rng.normal(size=72)
    panel = pd.DataFrame(
        {
            "city_id": (1101 + city).astype(str), "year": year, "n_units": 9, "x": x, "d": d,
            "y": 0.3 * d + effect + np.sqrt(year - 2010) + x + rng.normal(size=72),
        }
    )[rng.random(72) > 0.3]  # fmt: skip
    sample = build_sample(panel, Design("holes", "y", "d", controls=("x",), folds=2))
    data = transform(sample)
    features = np.column_stack([np.ones(data.rows.size), data.X])
    columns = np.column_stack([data.change(sample.outcome), data.change(sample.treatment)])
    u, v = (columns - features @ np.linalg.lstsq(features, columns)[0]).T
    if data.centred:
        v = v - city_means(data.clusters, v)
    fixed = LinearModel(
        sample.outcome, sample.treatment[:, None], ("d",), sample.controls, ("x",), sample.city,
        sample.year,
    )  # fmt: skip
    assert (u @ v) / (v @ v) == pytest.approx(fit_panel(fixed).theta[0], abs=1e-10)


def test_dictionaries_are_made_in_levels_and_changed_afterwards() -> None:
    sample = two_by_three()
    columns, names = dictionary(sample.controls, sample.control_names)
    differences = difference_dictionary(sample)
    years = ("year 2011", "year 2012", "year 2013")
    assert differences.names == (*names, *years[1:])
    assert changed(differences, sample) == ([2, 5, 0, 3], [1, 4, 2, 5])
    expected = np.diff(columns.reshape(2, 3, -1), axis=1).reshape(4, -1)
    assert np.array_equal(differences.X[:, : len(names)], expected)
    deviations = within_dictionary(sample)
    assert deviations.names == (*names, *years)
    assert changed(deviations, sample) == ([-3, -1, 4, -1, -1, 2], [-2, -1, 3, -3, -1, 4])
    cube = columns.reshape(2, 3, -1)
    np.testing.assert_allclose(
        deviations.X[:, : len(names)],
        (cube - cube.mean(axis=1, keepdims=True)).reshape(6, -1),
        atol=1e-15,
    )
    square = names.index("x^2")
    z = (sample.controls[:, 0] - 5) / np.std([1, 2, 6, 7, 5, 9])
    assert deviations.X[:3, square] == pytest.approx(z[:3] ** 2 - np.mean(z[:3] ** 2))


@pytest.mark.parametrize(
    "transform", [first_difference, within, difference_dictionary, within_dictionary]
)
def test_city_effects_of_any_size_leave_no_trace(panel: pd.DataFrame, transform: object) -> None:
    design = Design("base", "gini", "uil", controls=("gdp",))
    moved = panel.copy()
    moved[["gini", "uil"]] += np.repeat(np.arange(15.0) ** 2, 6)[:, None]
    one, two = build_sample(panel, design), build_sample(moved, design)
    before, after = transform(one), transform(two)
    for name in ("outcome", "treatment"):
        np.testing.assert_allclose(
            after.change(getattr(two, name)), before.change(getattr(one, name)), atol=1e-12
        )
    np.testing.assert_array_equal(after.X, before.X)
