from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from estimation.designs import Design, Split
from estimation.heterogeneity.grouping import check_clusters, grouping_of
from estimation.heterogeneity.keys import Groups
from estimation.samples.sample import Sample, build_sample
from estimation.samples.subsamples import split_sample
from geo.errors import DesignError, SampleError

PLAIN = Design("d", "gini", "uil", folds=2)
TABLE = pd.DataFrame(
    {
        "city_id": ["1101"] * 3 + ["1102"] * 3 + ["1103"] * 2 + ["1104"] * 3,
        "year": [2011, 2012, 2013] * 2 + [2012, 2013] + [2011, 2012, 2013],
        "gini": np.arange(11.0) ** 2,
        "uil": [1.0, 5.0, 9.0, 2.0, 2.0, 2.0, 3.0, 0.0, 4.0, 0.0, 0.0],
        "kind": [10, 10, 10, 9, 9, 9, 9, 10, 9, 9, 9],
    }
)


def grouped(groups: Groups, table: pd.DataFrame = TABLE, **more: object) -> tuple[Sample, object]:
    design = replace(PLAIN, groups=groups, **more)
    sample = build_sample(table, design)
    return sample, grouping_of(sample, groups, design)


def test_a_median_of_base_years_cuts_cities_at_their_first_year_whenever_that_is() -> None:
    _, found = grouped(Groups("uil", quantiles=2))
    assert found.names == ("uil low", "uil high")
    assert found.code.tolist() == [0] * 3 + [0] * 3 + [1] * 2 + [1] * 3
    assert not found.moving


def test_it_is_the_cut_of_a_split_by_city() -> None:
    sample, found = grouped(Groups("uil", quantiles=2))
    high = split_sample(sample, Split("uil", "high"), of=PLAIN, by_city=True)
    assert np.array_equal(high.treatment, sample.treatment[found.code == 1])


def test_a_median_of_years_cuts_city_years_and_a_value_at_it_is_low() -> None:
    _, found = grouped(Groups("uil", quantiles=2, at="year"))
    assert found.code.tolist() == [int(value > 2.0) for value in TABLE["uil"]]
    assert found.moving


def test_thirds_are_three_groups() -> None:
    _, found = grouped(Groups("uil", quantiles=3, at="year"))
    edges = np.quantile(TABLE["uil"], [1 / 3, 2 / 3])
    assert found.names == ("uil 1 of 3", "uil 2 of 3", "uil 3 of 3")
    assert found.code.tolist() == [int(sum(value > edges)) for value in TABLE["uil"]]


def test_values_are_groups_in_the_order_of_numbers_and_move_only_if_asked() -> None:
    _, found = grouped(Groups("kind", at="year"))
    assert found.names == ("kind = 9", "kind = 10")
    assert found.code.tolist() == (TABLE["kind"] == 10).astype(int).tolist()
    assert found.moving
    _, base = grouped(Groups("kind"))
    assert base.code.tolist() == [1] * 3 + [0] * 8
    assert not base.moving


def test_numbers_with_gaps_in_them_are_still_whole() -> None:
    table = TABLE.assign(kind=TABLE["kind"].astype(float), gini=TABLE["gini"])
    table.loc[0, ["kind", "gini"]] = np.nan
    _, found = grouped(Groups("kind"), table)
    assert found.names == ("kind = 9", "kind = 10")
    assert found.code.tolist() == [1] * 2 + [0] * 8


def test_periods_are_groups_that_every_city_moves_through() -> None:
    _, found = grouped(Groups(periods=((2011, 2012), (2013, 2013))))
    assert found.names == ("2011-2012", "2013-2013")
    assert found.code.tolist() == (TABLE["year"] == 2013).astype(int).tolist()
    assert found.moving
    assert found.periods
    assert np.array_equal(found.indicators.sum(axis=1), np.ones(11))
    assert np.array_equal(found.indicators[:, 1], TABLE["year"] == 2013)


@pytest.mark.parametrize(
    ("groups", "says"),
    [
        (Groups(periods=((2011, 2011), (2013, 2013))), "2012 in none"),
        (Groups(periods=((2012, 2012), (2013, 2013))), "2011 in none"),
        (Groups(periods=((2011, 2012), (2013, 2014), (2015, 2016))), "no city-year in 2015-2016"),
        (Groups("kind", at="base_year"), "one group, kind = 9"),
    ],
)
def test_empty_groups_and_uncovered_years_are_named(groups: Groups, says: str) -> None:
    table = TABLE.assign(kind=9)
    with pytest.raises(SampleError, match=says):
        grouped(groups, table)


def test_a_median_that_half_the_values_share_leaves_a_group_empty() -> None:
    with pytest.raises(SampleError, match="no city-year in uil high"):
        grouped(Groups("uil", quantiles=2), TABLE.assign(uil=[0.0, 1, 2, 0, 1, 2, 0, 1, 0, 1, 2]))


def test_a_missing_group_is_refused_and_listed_or_left_out_if_the_design_says_so() -> None:
    table = TABLE.assign(kind=TABLE["kind"].astype("Int64").astype(object))
    table.loc[[0, 4], "kind"] = None
    with pytest.raises(SampleError, match="'group: kind' 2"):
        grouped(Groups("kind"), table)
    sample, found = grouped(Groups("kind"), table, missing="drop")
    assert found.code.size == 9
    assert any("group: kind" in row.subject and row.count == 2 for row in sample.audit)


def test_a_column_that_is_not_there_is_named() -> None:
    with pytest.raises(DesignError, match="did you mean 'kind'"):
        grouped(Groups("kinds"))


def test_a_group_with_one_cluster_is_refused_and_others_are_counted() -> None:
    inside = np.array([[1, 0], [1, 0], [0, 1], [0, 1], [0, 2.0]])
    groupings = np.array([[0, 0], [1, 0], [2, 1], [3, 2], [3, 2]])
    assert check_clusters(("a", "b"), inside, groupings[:, :1], where="w") == (2, 2)
    with pytest.raises(SampleError, match=r"w, group 'a': expected two clusters.*found 1"):
        check_clusters(("a", "b"), inside, groupings, where="w")
