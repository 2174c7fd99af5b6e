"""Industrial structure advancement by weights of technology and skill: by hand, properties."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.errors import DomainError, TableColumnError
from panels.weighted_structure import weighted_structure

OUTPUTS = ["heavy", "light", "high_tech"]
TECHNOLOGY = ["rd_heavy", "rd_light", "rd_high"]
SKILLS = ["sk_heavy", "sk_light", "sk_high"]


def made(values, columns=OUTPUTS):
    table = pd.DataFrame(np.array(values, dtype=float), columns=columns)
    table.insert(0, "city_id", "11")
    table.insert(1, "year", range(2012, 2012 + len(table)))
    return table


def test_given_weights_by_hand():
    table = made([[2, 3, 5], [1, 0, 0], [1, np.nan, 1]])
    result = weighted_structure(table, outputs=OUTPUTS, weights=[0.5, 0.2, 1.0], where="x")
    np.testing.assert_allclose(result.values, [0.1 * 2 * 0.5 + 0.06 + 0.5, 0.5, np.nan])
    assert {row.rule: row.count for row in result.audit} == {
        "weighted_structure_made": 2,
        "weighted_structure_missing": 1,
    }


def test_weights_of_ratios_are_means_over_the_panel_relative_to_the_largest():
    # Technology: means 2, 1, 4 -> .5, .25, 1. Skills: means 1, 1, 2 -> .5, .5, 1.
    table = made(
        [[1, 1, 2, 1, 1, 3, 1, 1, 2], [2, 2, 0, 3, 1, 5, 1, 1, 2]], OUTPUTS + TECHNOLOGY + SKILLS
    )
    by_technology = weighted_structure(table, outputs=OUTPUTS, technology=TECHNOLOGY, where="x")
    np.testing.assert_allclose(by_technology.values, [(0.5 + 0.25 + 2) / 4, (1 + 0.5) / 4])
    both = weighted_structure(
        table, outputs=OUTPUTS, technology=TECHNOLOGY, skills=SKILLS, where="x"
    )
    np.testing.assert_allclose(both.values, [(0.5 + 0.375 + 2) / 4, (1 + 0.75) / 4])
    (made_of, *_) = both.audit
    assert made_of.rule == "sector_weights_made"
    assert made_of.detail == "of technology and skills: 0.5, 0.375, 1"


@given(
    st.lists(st.floats(0.01, 1e6), min_size=3, max_size=3),
    st.lists(st.floats(0.0, 9.0), min_size=3, max_size=3).filter(lambda one: len(set(one)) > 1),
    st.floats(0.01, 100.0),
)
def test_it_lies_between_the_weights_whatever_the_unit(outputs, weights, factor):
    one, other = made([outputs]), made([[value * factor for value in outputs]])
    value, scaled = (
        weighted_structure(table, outputs=OUTPUTS, weights=weights, where="x").values.iloc[0]
        for table in (one, other)
    )
    assert min(weights) - 1e-12 <= value <= max(weights) * (1 + 1e-12)
    assert scaled == pytest.approx(value, rel=1e-9)


def test_uil_is_a_case_of_it():
    table = made([[1, 2, 3]])
    value = weighted_structure(table, outputs=OUTPUTS, weights=[1, 2, 3], where="x").values.iloc[0]
    assert value == pytest.approx((1 + 4 + 9) / 6)


@pytest.mark.parametrize(
    ("keys", "error", "said"),
    [
        ({}, TableColumnError, "expected weights, or columns of technology or skills"),
        ({"weights": [1, 2, 3], "skills": SKILLS}, TableColumnError, "found weights and skills"),
        ({"weights": [1, 2]}, TableColumnError, "one for each of the 3 sectors"),
        ({"weights": [1, 1, 1]}, DomainError, "weights of zero or more that differ"),
        ({"weights": [-1, 1, 1]}, DomainError, "weights of zero or more that differ"),
        ({"technology": TECHNOLOGY}, DomainError, "ratios above zero in some sector"),
    ],
)
def test_weights_that_cannot_be(keys, error, said):
    table = made([[1, 1, 2, 0, 0, 0, 1, 1, 2]], OUTPUTS + TECHNOLOGY + SKILLS)
    with pytest.raises(error, match=said):
        weighted_structure(table, outputs=OUTPUTS, where="x", **keys)


def test_sectors_that_cannot_be():
    with pytest.raises(TableColumnError, match="two sectors or more"):
        weighted_structure(made([[1, 1, 1]]), outputs=["heavy"], weights=[1], where="x")
    with pytest.raises(DomainError, match="zero in all three for city 11"):
        weighted_structure(made([[0, 0, 0]]), outputs=OUTPUTS, weights=[1, 2, 3], where="x")
