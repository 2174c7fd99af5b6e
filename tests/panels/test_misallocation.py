"""Labour misallocation: by hand, against brute force, and its properties."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize

from geo.errors import DomainError, TableColumnError
from panels.misallocation import labour_misallocation

VA, EMP, SHARES = ["y1", "y2", "y3"], ["l1", "l2", "l3"], [0.3, 0.5, 0.6]


def made(values, columns=(*VA, *EMP)):
    table = pd.DataFrame(np.array(values, dtype=float), columns=list(columns))
    table.insert(0, "city_id", "11")
    table.insert(1, "year", range(2012, 2012 + len(table)))
    return table


def index(table, **keys):
    return labour_misallocation(table, value_added=VA, employment=EMP, where="x", **keys).values


def test_dispersion_by_hand():
    # Two active sectors with products 1 and e, half of the workers in each: half a log point.
    table = made([[1, math.e, 0, 1, 1, 0], [2, 2, 2, 5, 5, 5], [1, 1, np.nan, 1, 1, 1]])
    np.testing.assert_allclose(index(table), [0.5, 0.0, np.nan], atol=1e-15)


def test_labour_shares_enter_the_marginal_product():
    # alpha VA / L is 1 in each sector: nothing is misallocated although productivity differs.
    table = made([[1 / 0.3, 1 / 0.5, 1 / 0.6, 1, 1, 1]])
    assert index(table, labour_share=SHARES).iloc[0] == 0.0
    assert index(table, labour_share=SHARES, measure="loss").iloc[0] == 0.0
    assert index(table).iloc[0] > 0.1


def test_loss_by_hand():
    # Z = 1 and 3, alpha = 1/2, two workers: L* is in proportion of Z^2, best output
    # sqrt(2 (1 + 9)).
    table = made([[1, 3, 0, 1, 1, 0]])
    value = index(table, labour_share=[0.5, 0.5, 0.5], measure="loss").iloc[0]
    assert value == pytest.approx(1 - 4 / math.sqrt(20), rel=1e-12)


six = st.lists(st.floats(0.05, 100.0), min_size=6, max_size=6)
three = st.lists(st.floats(0.1, 0.9), min_size=3, max_size=3)


@given(six, three, st.floats(0.01, 100.0), st.floats(0.01, 100.0))
def test_units_do_not_matter(values, shares, money, people):
    scaled = [one * money for one in values[:3]] + [one * people for one in values[3:]]
    for measure in ("dispersion", "loss"):
        one, other = (
            index(made([row]), labour_share=shares, measure=measure).iloc[0]
            for row in (values, scaled)
        )
        assert one >= 0.0
        assert other == pytest.approx(one, rel=1e-6, abs=1e-9)
    assert one < 1.0


@given(six, three)
def test_it_is_zero_where_marginal_products_are_equal(values, shares):
    output = [people / share for people, share in zip(values[3:], shares, strict=True)]
    table = made([output + values[3:]])
    for measure in ("dispersion", "loss"):
        assert index(table, labour_share=shares, measure=measure).iloc[0] < 1e-12


@pytest.mark.parametrize("seed", range(5))
def test_loss_against_a_search_over_all_allocations(seed):
    rng = np.random.default_rng(seed)
    output, workers = rng.lognormal(size=(2, 3))
    alpha = rng.uniform(0.2, 0.8, size=3)
    z = output / workers**alpha

    def lost(free):
        share = np.exp(free - free.max())
        return -float((z * (workers.sum() * share / share.sum()) ** alpha).sum())

    best = -minimize(lost, np.zeros(3), method="BFGS", options={"gtol": 1e-10}).fun
    table = made([[*output, *workers]])
    value = index(table, labour_share=alpha.tolist(), measure="loss").iloc[0]
    assert value == pytest.approx(1 - output.sum() / best, abs=1e-9)


def test_dispersion_against_a_weighted_standard_deviation():
    rng = np.random.default_rng(3)
    output, workers = rng.lognormal(size=(2, 3))
    log = np.log(output / workers)
    expected = math.sqrt(np.cov(log, aweights=workers, ddof=0))
    assert index(made([[*output, *workers]])).iloc[0] == pytest.approx(expected, rel=1e-12)


def test_labour_shares_of_columns():
    columns = (*VA, *EMP, "a1", "a2", "a3")
    table = made([[1, 3, 2, 1, 1, 1, *SHARES]], columns)
    by_column = index(table, labour_share=["a1", "a2", "a3"], measure="loss")
    assert by_column.iloc[0] == index(table, labour_share=SHARES, measure="loss").iloc[0]


@pytest.mark.parametrize(
    ("row", "keys", "error", "said"),
    [
        ([1, 1, 1, 0, 1, 1], {}, DomainError, "column 'l1': expected value added and employment"),
        ([0, 1, 1, 1, 1, 1], {}, DomainError, "column 'y1': expected value added and employment"),
        ([1, 1, 1, 1, 1, 1], {"measure": "loss"}, TableColumnError, "labour share of each sector"),
        ([1, 1, 1, 1, 1, 1], {"labour_share": [0.5]}, TableColumnError, "one for each of the 3"),
        ([1, 1, 1, 1, 1, 1], {"labour_share": [30, 50, 60]}, DomainError, "between 0 and 1"),
        ([-1, 1, 1, 1, 1, 1], {}, DomainError, "value added of zero or more"),
    ],
)
def test_what_cannot_be(row, keys, error, said):
    with pytest.raises(error, match=said):
        index(made([row]), **keys)
