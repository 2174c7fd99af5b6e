"""Units of sums, and what cannot be added or divided."""

import pytest

from geo.errors import TableColumnError
from panels.steps.derived_units import derived_units, refuse_contradictions

UNITS = {
    "loans": "万元",
    "deposits": "亿元",
    "gdp": "亿元",
    "people": "万人",
    "doctors": "人",
    "index": "100 in 2010",
}


def made(sums=None, ratios=None, logs=None):
    return derived_units(UNITS, sums=sums or {}, ratios=ratios or {}, logs=logs or {})


def test_a_sum_has_the_unit_of_its_parts_where_all_are_known():
    units = made(sums={"money": ["deposits", "gdp"], "odd": ["gdp", "index"], "new": ["gdp", "x"]})
    assert units["money"] == "亿元"
    assert units.keys() == UNITS.keys() | {"money", "odd"}


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        (
            {"sums": {"s": ["loans", "deposits"]}},
            "panel.sums.s: .*'loans' in 万元, 'deposits' in 亿",
        ),
        ({"sums": {"s": ["gdp", "people"]}}, "correct the names of the columns"),
        ({"logs": {"l": ["loans", "gdp"]}}, "panel.logs.l"),
        ({"ratios": {"r": ["loans", "gdp"]}}, 'panel.ratios.r: .*"-> 万元"'),
        ({"sums": {"m": ["gdp", "deposits"], "s": ["m", "loans"]}}, "'m' in 亿元"),
    ],
)
def test_different_units_are_not_added(steps, said):
    with pytest.raises(TableColumnError, match=said):
        made(**steps)


def test_ratios_of_different_things_and_counts_per_ten_thousand_are_meant():
    ratios = {"per_head": ["gdp", "people"], "doctors_per": ["doctors", "people"]}
    assert made(ratios=ratios, logs={"l": "gdp"}) == UNITS


def test_a_declared_unit_does_not_contradict_a_known_one():
    refuse_contradictions(UNITS, {"gdp": "100 million yuan", "index": "percent"}, where="u")
    refuse_contradictions(UNITS, {"gdp": "亿元 at prices of 2010", "new": "元"}, where="u")
    with pytest.raises(TableColumnError, match=r"u.loans: expected 万元, .* found '亿元'"):
        refuse_contradictions(UNITS, {"loans": "亿元"}, where="u")
