import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from estimation.linear.partialling import demeaned, left_after, year_dummies


def test_demeaned_by_hand_with_numbers_skipped() -> None:
    values = np.array([[1.0, 10.0], [3.0, 10.0], [5.0, 7.0]])
    found = demeaned(values, np.array([2, 2, 9]))
    assert found.tolist() == [[-1.0, 0.0], [1.0, 0.0], [0.0, 0.0]]


def test_year_dummies_leave_the_first_year_out() -> None:
    assert year_dummies(np.array([2011, 2013, 2012])).tolist() == [[0, 0], [0, 1], [1, 0]]


def test_nothing_is_taken_by_no_columns_and_by_zeros() -> None:
    values = np.arange(6.0).reshape(3, 2)
    assert left_after(values, np.empty((3, 0))).rank == 0
    assert np.array_equal(left_after(values, np.zeros((3, 2))).values, values)


@given(st.integers(0, 10_000), st.floats(-8, 8))
def test_what_is_left_is_orthogonal_whatever_units_and_rank(seed: int, power: float) -> None:
    rng = np.random.default_rng(seed)
    others = rng.normal(size=(20, 3))
    others = np.column_stack([others, others[:, 0] - others[:, 1], others[:, 2] * 10**power])
    values = rng.normal(size=(20, 2))
    left = left_after(values, others)
    assert left.rank == 3
    expected = values - others[:, :3] @ np.linalg.lstsq(others[:, :3], values, rcond=None)[0]
    assert left.values == pytest.approx(expected, abs=1e-12)
