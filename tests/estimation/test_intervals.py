import math

import pytest

from estimation.intervals import interval


def test_interval_is_the_normal_one() -> None:
    statistic, p_value, low, high = interval(-0.1, 0.05)
    assert statistic == -2.0
    # 2 Phi(-2), and Phi^-1(0.975)
    assert p_value == pytest.approx(math.erfc(2 / math.sqrt(2)), rel=1e-12)
    assert (low, high) == pytest.approx((-0.1 - 1.959963984540054 * 0.05, -0.002001800772997))


def test_without_a_standard_error_there_is_no_test() -> None:
    statistic, p_value, low, high = interval(0.3, 0.0)
    assert math.isnan(statistic)
    assert math.isnan(p_value)
    assert (low, high) == (0.3, 0.3)
