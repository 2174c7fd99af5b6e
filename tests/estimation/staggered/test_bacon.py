"""Goodman-Bacon's decomposition: exact, against another package, by hand."""

import warnings

import numpy as np
import pandas as pd
import pytest
from diff_diff import BaconDecomposition
from hypothesis import given
from hypothesis import strategies as st

from estimation.staggered.bacon import (
    CLEAN_LATER,
    CLEAN_NEVER,
    FORBIDDEN_ALWAYS,
    FORBIDDEN_EARLIER,
    TYPES,
    bacon_decomposition,
)
from estimation.staggered.cohorts import staggered_panel
from geo.errors import SampleError


@given(
    adopted=st.lists(st.sampled_from([2000.0, 2002.0, 2003.0, 2005.0, 2020.0, np.inf]), min_size=4,
                     max_size=12),
    seed=st.integers(0, 10_000),
)  # fmt: skip
def test_the_sum_is_the_two_way_estimate(adopted, seed):
    rng = np.random.default_rng(seed)
    N, years = len(adopted), np.array([2000, 2001, 2002, 2003, 2006])
    city, year = np.repeat(np.arange(N), 5), np.tile(years, N)
    weights = rng.uniform(0.2, 3.0, size=N)[city]
    panel = staggered_panel(
        rng.normal(size=5 * N), city, year, np.array(adopted)[city], weights=weights
    )
    if len({tuple(row - row.mean()) for row in panel.treated.astype(float)}) == 1:
        with pytest.raises(SampleError, match="nothing left"):
            bacon_decomposition(panel)
        return
    found = bacon_decomposition(panel)
    assert found.total == pytest.approx(found.two_way, abs=1e-9)
    assert sum(one.weight for one in found.comparisons) == pytest.approx(1.0, abs=1e-9)
    assert all(one.weight >= 0 for one in found.comparisons)
    assert found.two_way == pytest.approx(_regression(panel), abs=1e-8)


def _regression(panel) -> float:
    """Weighted least squares with every dummy."""
    N, T = panel.outcome.shape
    city, at = np.repeat(np.arange(N), T), np.tile(np.arange(T), N)
    X = np.column_stack([panel.treated.ravel(), city[:, None] == np.arange(N),
                         at[:, None] == np.arange(1, T)]).astype(float)  # fmt: skip
    root = np.sqrt(panel.weights[city])[:, None]
    return float(np.linalg.lstsq(X * root, panel.outcome.ravel() * root[:, 0], rcond=None)[0][0])


def test_three_groups_by_hand():
    """Years 0 to 3; E adopts in 1, L in 2, U never; one city each."""
    y = {"E": [0, 1, 2, 3], "L": [0, 0, 5, 5], "U": [0, 0, 0, 0]}
    adopted = {"E": 1.0, "L": 2.0, "U": np.inf}
    panel = staggered_panel(
        np.array([*y.values()], dtype=float).ravel(),
        np.repeat([0, 1, 2], 4),
        np.tile([0, 1, 2, 3], 3),
        np.repeat(list(adopted.values()), 4),
    )
    found = {(one.kind, one.treated): one for one in bacon_decomposition(panel).comparisons}
    assert found[CLEAN_NEVER, 1.0].estimate == pytest.approx(2.0)
    assert found[CLEAN_NEVER, 2.0].estimate == pytest.approx(5.0)
    assert found[CLEAN_LATER, 1.0].estimate == pytest.approx(1.0)
    # Later against earlier treated: 5 for L, of which E's own growth of 1.5 is taken.
    assert found[FORBIDDEN_EARLIER, 2.0].estimate == pytest.approx(3.5)


def test_as_another_package(staggered, panel_from):
    table = staggered(9, cohorts=(2000.0, 2004.0, 2007.0, np.inf))
    found = bacon_decomposition(panel_from(table))
    own = table.assign(g=table["g"].replace(np.inf, 0).astype(int))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = BaconDecomposition(weights="exact").fit(
            own, outcome="y", unit="city", time="year", first_treat="g"
        )
    assert found.two_way == pytest.approx(theirs.twfe_estimate, abs=1e-9)
    weight, estimate = found.of_kind(FORBIDDEN_EARLIER)
    assert weight == pytest.approx(theirs.total_weight_later_vs_earlier, abs=1e-6)
    assert found.of_kind(CLEAN_LATER)[0] == pytest.approx(
        theirs.total_weight_earlier_vs_later, abs=1e-6
    )
    assert np.isfinite(estimate)


def test_types_of_real_shape(staggered, panel_from):
    table = staggered(9, cohorts=(2000.0, 2004.0, 2007.0, np.inf))
    found = bacon_decomposition(panel_from(table))
    assert all(found.of_kind(kind)[0] > 0 for kind in TYPES)
    assert found.forbidden == pytest.approx(
        found.of_kind(FORBIDDEN_EARLIER)[0] + found.of_kind(FORBIDDEN_ALWAYS)[0]
    )


def test_cities_with_gaps_are_counted(staggered, panel_from):
    whole = staggered(9)
    gaps = whole[~((whole["city"] < 3) & (whole["year"] == 2005))]
    found = bacon_decomposition(panel_from(gaps))
    assert (found.cities, found.left_out) == (57, 3)
    rest = whole[whole["city"] >= 3].assign(city=lambda table: pd.factorize(table["city"])[0])
    assert found.total == pytest.approx(bacon_decomposition(panel_from(rest)).two_way)
