"""Splits and winsorising a second time, with pandas."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from estimation.designs import Design, Split
from estimation.samples.sample import Sample, build_sample
from estimation.samples.subsamples import sample_of_variant, split_values
from geo.errors import SampleError

BASE = Design("base", "gini", "uil", controls=("gdp",), folds=2)


def variant_sample(panel: pd.DataFrame, design: Design, *, faithful: bool) -> Sample:
    return sample_of_variant(build_sample(panel, design), design, faithful=faithful)


def test_without_split_and_winsorising_nothing_happens(panel: pd.DataFrame) -> None:
    sample = build_sample(panel, BASE)
    assert sample_of_variant(sample, BASE, faithful=True) is sample
    assert sample_of_variant(sample, BASE, faithful=False) is sample


@pytest.mark.parametrize("column", ["uil", "gini", "gdp", "loans"])
@pytest.mark.parametrize("side", ["low", "high"])
def test_the_paper_cuts_city_years_and_the_others_cut_cities(
    unbalanced: pd.DataFrame, column: str, side: str
) -> None:
    design = replace(BASE, split=Split(column, side))
    rows = unbalanced.sort_values(["city_id", "year"], ignore_index=True)
    own = rows[column] > rows[column].median()
    base = rows.groupby("city_id")[column].first()
    cities = base.index[base > base.median()]
    for faithful, above in ((True, own), (False, rows["city_id"].isin(cities))):
        expected = rows[above if side == "high" else ~above]
        found = variant_sample(unbalanced, design, faithful=faithful)
        assert np.array_equal(found.outcome, expected["gini"])
        assert np.array_equal(found.treatment, expected["uil"])
        assert np.array_equal(found.year, expected["year"])
        assert [found.cities[c] for c in found.city] == expected["city_id"].tolist()
        (row,) = found.audit
        assert (row.rule, row.count) == ("other_side_of_split", len(rows) - len(expected))
        assert ("city-year's own" in row.detail) == faithful


def test_both_sides_make_the_whole_and_only_the_paper_splits_a_city(panel: pd.DataFrame) -> None:
    for faithful in (True, False):
        low, high = (
            variant_sample(panel, replace(BASE, split=Split("uil", side)), faithful=faithful)
            for side in ("low", "high")
        )
        assert low.outcome.size + high.outcome.size == 90
        assert bool(set(low.cities) & set(high.cities)) == faithful
    # 15 cities: the middle one is at the median, hence low
    assert (len(low.cities), len(high.cities)) == (8, 7)


@pytest.mark.parametrize("side", ["low", "high"])
def test_a_split_that_cuts_nothing_is_refused(panel: pd.DataFrame, side: str) -> None:
    tied = panel.assign(loans=np.minimum(panel["loans"], panel["loans"].quantile(0.2)))
    design = replace(BASE, split=Split("loans", side))
    with pytest.raises(SampleError, match=r"'base', split by 'loans'.*half of them or more"):
        variant_sample(tied, design, faithful=True)


@pytest.mark.parametrize("shares", [(0.01, 0.99), (0.05, 0.95), (0.2, 1.0)])
@pytest.mark.parametrize("faithful", [True, False])
def test_winsorising_by_hand(
    panel: pd.DataFrame, shares: tuple[float, float], *, faithful: bool
) -> None:
    design = replace(BASE, joint=("loans",), moderator="n_units", winsorise=shares)
    panel["n_units"] = 6.0 + np.arange(90) % 17
    found = variant_sample(panel, design, faithful=faithful)
    moved = {"gini", "uil", "loans"} | ({"gdp", "n_units"} if faithful else set())
    counts = {}
    for column in ("gini", "uil", "gdp", "loans", "n_units"):
        values = panel[column].to_numpy()
        low, high = np.sort(values)[[0, -1]] if column not in moved else edges(values, shares)
        expected = np.array([min(max(value, low), high) for value in values])
        assert split_values(found, column, design) == pytest.approx(expected, rel=1e-14), column
        counts[f"design 'base', column '{column}'"] = int((expected != values).sum())
    said = {row.subject: row.count for row in found.audit if row.rule == "winsorised"}
    assert said == {subject: count for subject, count in counts.items() if count}
    assert len(said) >= 3


def edges(values: np.ndarray, shares: tuple[float, float]) -> list[float]:
    """Quantiles between neighbours: position (n - 1) q in the order of values."""
    order = np.sort(values)
    found = []
    for share in shares:
        place = (order.size - 1) * share
        below = min(int(place), order.size - 2)
        found.append(order[below] + (place - below) * (order[below + 1] - order[below]))
    return found


def test_quantiles_are_those_of_the_subsample(panel: pd.DataFrame) -> None:
    design = replace(BASE, split=Split("uil", "high"), winsorise=(0.1, 0.9))
    found = variant_sample(panel, design, faithful=True)
    above = panel.loc[panel["uil"] > panel["uil"].median(), "uil"]
    assert found.treatment.max() == pytest.approx(above.quantile(0.9), rel=1e-14)
    assert found.treatment.min() == pytest.approx(above.quantile(0.1), rel=1e-14)
    assert found.audit[0].rule == "other_side_of_split"
