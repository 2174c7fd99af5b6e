import numpy as np
import pandas as pd
import pytest

from estimation.designs import Design
from estimation.sample import Sample, build_sample
from estimation.transforms import faithful, first_difference, within


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


def test_faithful_by_hand() -> None:
    data = faithful(two_by_three())
    assert data.names == (
        "x",
        "city 1101",
        "city 1201",
        "year 2011",
        "year 2012",
        "year 2013",
    )
    assert data.y.tolist() == [1, 3, 8, 10, 10, 13]
    assert data.d.tolist() == [0, 1, 5, 2, 4, 9]
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
    data = first_difference(two_by_three())
    assert data.names == ("x", "x, year before", "year 2012", "year 2013")
    assert data.y.tolist() == [2, 5, 0, 3]
    assert data.d.tolist() == [1, 4, 2, 5]
    assert data.X.tolist() == [[2, 1, 1, 0], [6, 2, 0, 1], [5, 7, 1, 0], [9, 5, 0, 1]]
    assert data.clusters.tolist() == [0, 0, 1, 1]
    assert data.rows.tolist() == [1, 2, 4, 5]
    assert (data.gaps, data.lost_cities) == (0, 0)


def test_first_difference_does_not_bridge_a_gap() -> None:
    data = first_difference(two_by_three(drop=(1,)))
    assert data.y.tolist() == [0, 3]
    assert data.clusters.tolist() == [1, 1]
    assert data.rows.tolist() == [3, 4]
    assert (data.gaps, data.lost_cities) == (1, 1)


def test_first_difference_counts_gaps_of_years_nobody_has() -> None:
    data = first_difference(two_by_three(years=(2011, 2012, 2014)))
    assert data.y.tolist() == [2, 0]
    assert data.names == ("x", "x, year before", "year 2012")
    assert (data.gaps, data.lost_cities) == (2, 0)


def test_within_by_hand() -> None:
    data = within(two_by_three())
    assert data.names == ("x", "year 2011", "year 2012", "year 2013")
    assert data.y.tolist() == [-3, -1, 4, -1, -1, 2]
    assert data.d.tolist() == [-2, -1, 3, -3, -1, 4]
    assert data.X[:, 0].tolist() == [-2, -1, 3, 0, -2, 2]
    assert data.X[:, 1:].tolist() == np.tile(np.eye(3), (2, 1)).tolist()
    assert data.clusters.tolist() == [0, 0, 0, 1, 1, 1]


def test_within_uses_the_means_of_the_rows_there_are_and_drops_single_rows() -> None:
    data = within(two_by_three(drop=(1, 2, 4)))
    assert data.y.tolist() == [-1.5, 1.5]
    assert data.X.tolist() == [[-1, 1, 0], [1, 0, 1]]
    assert data.rows.tolist() == [1, 2]
    assert data.clusters.tolist() == [1, 1]
    assert data.lost_cities == 1


@pytest.mark.parametrize("transform", [first_difference, within])
def test_city_effects_of_any_size_leave_no_trace(panel: pd.DataFrame, transform: object) -> None:
    design = Design("base", "gini", "uil", controls=("gdp",))
    moved = panel.copy()
    moved[["gini", "uil"]] += np.repeat(np.arange(15.0) ** 2, 6)[:, None]
    before, after = transform(build_sample(panel, design)), transform(build_sample(moved, design))
    np.testing.assert_allclose(after.y, before.y, atol=1e-12)
    np.testing.assert_allclose(after.d, before.d, atol=1e-12)
    np.testing.assert_array_equal(after.X, before.X)
