import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import t

from estimation.inference.intervals import interval, quantile, two_sided


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


@given(
    df=st.integers(1, 400),
    estimate=st.floats(-5, 5),
    std_error=st.floats(0.01, 10),
)
def test_students_interval_is_scipys(df: int, estimate: float, std_error: float) -> None:
    statistic, p_value, low, high = interval(estimate, std_error, df=df)
    theirs = t(df)
    assert statistic == estimate / std_error
    assert p_value == pytest.approx(2 * theirs.sf(abs(statistic)), rel=1e-9, abs=1e-300)
    assert (low, high) == pytest.approx(
        tuple(estimate + std_error * theirs.ppf([0.025, 0.975])), rel=1e-9
    )
    assert high - low > interval(estimate, std_error)[3] - interval(estimate, std_error)[2]


def test_p_value_is_five_percent_where_the_interval_ends_at_zero() -> None:
    for df in (2, 9, 252, math.inf):
        half = quantile(0.975, df=df)
        assert two_sided(half, df=df) == pytest.approx(0.05, rel=1e-12)
        assert interval(half, 1.0, df=df)[2] == pytest.approx(0.0, abs=1e-12)
