"""Numbers and lists in words."""

import numpy as np
import pandas as pd
import pytest

from nightpanel.html_report.section import cells, data_table
from nightpanel.html_report.words import label, listed, p_shown, plural, shown, years_shown


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.123456, "0.1235"), (12.3456, "12.35"), (1234567.8, "1234568"), (3.0, "3"), (7, "7"),
        (0.00012345, "0.0001234"), (0.0000123456, "1.235e-05"), (1.5e9, "1.500e+09"),
        (float("nan"), "–"), (None, "–"), (pd.NA, "–"), (float("inf"), "∞"), ("text", "text"),
        (True, "True"), (0.0, "0"), (-0.5, "-0.5000"), (np.float64(0.5), "0.5000"),
    ],
)  # fmt: skip
def test_numbers(value: object, text: str) -> None:
    assert shown(value) == text


def test_p_values() -> None:
    assert [p_shown(p) for p in (0.5, 0.0004, float("nan"))] == ["0.500", "< 0.001", "–"]
    table = pd.DataFrame({"value": [0.5], "p_value": [0.00001]})
    assert cells(table) == (("0.5000", "< 0.001"),)


def test_lists_and_years() -> None:
    assert years_shown([2016, 2011, 2012, 2012, 2013]) == "2011-2013, 2016"
    assert years_shown([]) == ""
    assert listed(["a", "b", "c"], most=2) == "a, b and 1 more"
    assert plural(1, "city", "cities") == "1 city"
    assert plural(1234, "unit") == "1,234 units"
    assert label("<b>&") == "&lt;b&gt;&amp;"


def test_long_tables_say_what_they_leave_out() -> None:
    made = data_table(pd.DataFrame({"a_b": range(7)}), "Numbers", rows=5)
    assert (made.columns, len(made.rows), made.left_out) == (("a b",), 5, 2)
    assert made.numeric == (True,)
