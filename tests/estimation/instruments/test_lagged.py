"""A city's own past: exact years, gaps respected, any order of rows."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from estimation.instruments.lagged import earlier

Cells = st.sets(st.tuples(st.integers(0, 4), st.integers(2010, 2018)), min_size=1)


def test_a_gap_is_not_bridged() -> None:
    city = np.array([0, 0, 0, 1, 1])
    year = np.array([2010, 2011, 2013, 2011, 2012])
    values = np.array([1.0, 2.0, 3.0, 4.0, 5.0])
    nan = np.nan
    np.testing.assert_array_equal(earlier(city, year, values, 1), [nan, 1.0, nan, nan, 4.0])
    np.testing.assert_array_equal(earlier(city, year, values, 2), [nan, nan, 2.0, nan, nan])
    np.testing.assert_array_equal(earlier(city, year, values, -1), [2.0, nan, nan, 5.0, nan])


@given(Cells, st.integers(-3, 3).filter(bool), st.randoms(use_true_random=False))
def test_it_is_the_value_of_the_row_that_is_looked_up(cells: set, lag: int, random) -> None:
    order = sorted(cells)
    random.shuffle(order)
    city, year = (np.array(column) for column in zip(*order, strict=True))
    values = np.arange(len(order), dtype=np.float64)
    known = {key: values[place] for place, key in enumerate(order)}
    expected = [known.get((c, y - lag), np.nan) for c, y in order]
    np.testing.assert_array_equal(earlier(city, year, values, lag), expected)
