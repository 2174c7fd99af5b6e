import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from estimation.inference.multiplicity import holm
from geo.errors import SampleError


def test_holm_by_hand() -> None:
    # Ordered: .01 x 4, .02 x 3 = .06, .03 x 2 = .06, .50 x 1; never below the one before.
    family = holm(["a", "b", "c", "d"], [0.03, 0.01, 0.50, 0.02])
    assert family.adjusted.tolist() == pytest.approx([0.06, 0.04, 0.50, 0.06])
    assert family.rejected == (False, True, False, False)
    assert (family.n_tests, family.names) == (4, ("a", "b", "c", "d"))


@settings(max_examples=8)
@given(p_values=st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_holm_by_loops(p_values: list[float]) -> None:
    order = sorted(range(len(p_values)), key=lambda i: p_values[i])
    expected, largest = [0.0] * len(p_values), 0.0
    for rank, i in enumerate(order):
        largest = max(largest, (len(p_values) - rank) * p_values[i])
        expected[i] = min(1.0, largest)
    assert holm([""] * len(p_values), p_values).adjusted.tolist() == pytest.approx(expected)


def test_a_test_without_a_p_value_counts() -> None:
    family = holm(["a", "b"], [0.03, math.nan])
    assert family.n_tests == 2
    assert family.adjusted[0] == pytest.approx(0.06)
    assert math.isnan(family.adjusted[1])
    assert family.rejected == (False, False)


@pytest.mark.parametrize(("p_values", "found"), [([], "no test"), ([0.2, 1.3], "1.3")])
def test_what_is_no_family_is_refused(p_values: list[float], found: str) -> None:
    with pytest.raises(SampleError, match=found):
        holm(["x"] * len(p_values), p_values)
