"""Classes of a map: every value is in one, and darkness has its own."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from nightpanel.exports.class_breaks import class_breaks

VALUES = st.one_of(st.floats(-1e6, 1e6), st.just(0.0), st.just(float("nan")))


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([], ()), ([np.nan], ()), ([5.0], ((5.0, 5.0),)), ([0.0, 0.0], ((0.0, 0.0),)),
        ([1.0, 2.0, 3.0], ((1.0, 2.0), (2.0, 3.0))),
        ([0.0, 1.0, 2.0, 3.0], ((0.0, 0.0), (0.0, 2.0), (2.0, 3.0))),
        ([-1.0, 0.0, 1.0], ((-1.0, 0.0), (0.0, 1.0))),
        ([0.0, 4.0], ((0.0, 0.0), (0.0, 4.0))),
        ([1.0, 1.0, 1.0, 1.0, 9.0], ((1.0, 9.0),)),
        ([1.0001, 1.2345678, 9.0], ((1.0001, 1.23), (1.23, 9.0))),
    ],
)  # fmt: skip
def test_two_classes(values: list[float], expected: tuple[tuple[float, float], ...]) -> None:
    assert class_breaks(np.array(values, dtype=np.float64), 2) == expected


@given(arrays(np.float64, st.integers(0, 60), elements=VALUES), st.integers(1, 9))
def test_every_value_has_a_class(values: np.ndarray, number: int) -> None:
    found = class_breaks(values, number)
    known = values[np.isfinite(values)]
    assert len(found) <= number + 1
    assert all(any(low <= value <= high for low, high in found) for value in known)
    assert [low for low, _ in found[1:]] == [high for _, high in found[:-1]]
    if known.size:
        assert (found[0][0], found[-1][1]) == (known.min(), known.max())
