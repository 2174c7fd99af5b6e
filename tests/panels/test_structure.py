"""Companions of UIL, by hand and against independent formulas."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.errors import DomainError, TableColumnError
from panels.structure import advanced_structure, rationalisation

VA = ["y1", "y2", "y3"]
EMP = ["l1", "l2", "l3"]


def made(values, columns):
    table = pd.DataFrame(np.array(values, dtype=float), columns=columns)
    table.insert(0, "city_id", "0101")
    table.insert(1, "year", range(2000, 2000 + len(table)))
    return table


def test_advancement_is_tertiary_over_secondary():
    table = made([[1, 2, 4], [0, 5, 0], [np.nan, 4, 1], [1, np.nan, 1]], VA)
    result = advanced_structure(table, value_added=VA, where="x")
    np.testing.assert_allclose(result.values, [2.0, 0.0, 0.25, np.nan])
    assert {row.rule: row.count for row in result.audit} == {
        "advanced_structure_made": 3,
        "advanced_structure_missing": 1,
    }


def test_advancement_without_a_secondary_sector_is_refused():
    with pytest.raises(DomainError, match=r"x: .*found 0 for city 0101, year 2001 \(1 rows"):
        advanced_structure(made([[1, 1, 1], [1, 0, 1]], VA), value_added=VA, where="x")


def test_rationalisation_by_hand():
    # Shares .2 .3 .5 of output, .5 .3 .2 of employment.
    table = made([[20, 30, 50, 5, 3, 2], [1, 1, 1, 7, 7, 7], [0, 1, 1, 0, 2, 2]], VA + EMP)
    result = rationalisation(table, value_added=VA, employment=EMP, where="x")
    by_hand = 0.2 * math.log(0.2 / 0.5) + 0.5 * math.log(0.5 / 0.2)
    np.testing.assert_allclose(result.values, [by_hand, 0.0, 0.0], atol=1e-15)


def test_rationalisation_is_missing_where_a_sector_is():
    table = made([[1, 1, np.nan, 1, 1, 1], [1, 1, 1, np.nan, 1, 1]], VA + EMP)
    result = rationalisation(table, value_added=VA, employment=EMP, where="x")
    assert result.values.isna().all()


def test_output_without_workers_is_refused():
    table = made([[1, 1, 1, 0, 1, 1]], VA + EMP)
    with pytest.raises(DomainError, match=r"column 'l1': expected employment above 0"):
        rationalisation(table, value_added=VA, employment=EMP, where="x")
    with pytest.raises(DomainError, match="employment above zero in some sector"):
        rationalisation(
            made([[1, 1, 1, 0, 0, 0]], VA + EMP), value_added=VA, employment=EMP, where="x"
        )
    with pytest.raises(TableColumnError, match="three columns"):
        rationalisation(table, value_added=VA[:2], employment=EMP, where="x")


six = st.lists(st.floats(0.01, 1e6), min_size=6, max_size=6)


@given(six, st.floats(0.01, 100.0))
def test_rationalisation_is_a_divergence(values, factor):
    """Zero or more, no matter the units, and equal to the form Y/L over its mean."""
    table = made([values], VA + EMP)
    scaled = made([[one * factor for one in values[:3]] + values[3:]], VA + EMP)
    value = rationalisation(table, value_added=VA, employment=EMP, where="x").values.iloc[0]
    again = rationalisation(scaled, value_added=VA, employment=EMP, where="x").values.iloc[0]
    y, k = np.array(values[:3]), np.array(values[3:])
    by_productivity = sum(
        one / y.sum() * math.log((one / many) / (y.sum() / k.sum()))
        for one, many in zip(y, k, strict=True)
    )
    assert value >= 0.0
    assert value == pytest.approx(by_productivity, abs=1e-9)
    assert again == pytest.approx(value, abs=1e-9)
