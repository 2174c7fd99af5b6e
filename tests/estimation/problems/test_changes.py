import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from estimation.problems.changes import Deviations, Differences, Levels, city_means

CITY = np.array([0, 0, 0, 2, 2, 5])
VALUES = np.array([1.0, 4.0, 7.0, -2.0, 3.0, 9.0])


def test_changes_by_hand() -> None:
    assert Levels()(VALUES).tolist() == VALUES.tolist()
    assert Differences(np.array([1, 2, 4]), np.array([0, 1, 3]))(VALUES).tolist() == [3, 3, 5]
    assert Deviations(CITY, np.arange(5))(VALUES).tolist() == [-3, 0, 3, -2.5, 2.5]
    assert city_means(CITY, VALUES).tolist() == [4, 4, 4, 0.5, 0.5, 9]


@given(
    values=st.lists(st.floats(-1e6, 1e6), min_size=6, max_size=6),
    shifts=st.lists(st.floats(-1e6, 1e6), min_size=6, max_size=6),
    factor=st.floats(-100, 100),
)
def test_changes_are_linear_and_lose_what_is_fixed_in_time(
    values: list[float], shifts: list[float], factor: float
) -> None:
    one, fixed = np.asarray(values), np.asarray(shifts)[CITY]
    for change in (
        Differences(np.array([1, 2, 4]), np.array([0, 1, 3])),
        Deviations(CITY, np.arange(5)),
    ):
        expected = factor * change(one)
        assert change(factor * one + fixed) == pytest.approx(expected, rel=1e-9, abs=1e-6)
