from collections.abc import Callable
from dataclasses import replace

import pytest

from estimation.design_columns import columns_of, label_of, numbers_of
from estimation.designs import Design
from estimation.heterogeneity.keys import Along, Groups, Projection
from geo.errors import DesignError

PLAIN = Design("d", "gini", "uil", controls=("gdp",))


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: replace(PLAIN, groups=Groups()), "neither"),
        (lambda: replace(PLAIN, groups=Groups("a", periods=((1, 2), (3, 4)))), "both"),
        (lambda: replace(PLAIN, groups=Groups("a", quantiles=1)), "2 or more"),
        (lambda: replace(PLAIN, groups=Groups(periods=((1, 2),))), "two periods or more"),
        (lambda: replace(PLAIN, groups=Groups(periods=((1, 3), (3, 4)))), "do not overlap"),
        (lambda: replace(PLAIN, groups=Groups(periods=((3, 4), (1, 2)))), "in order"),
        (lambda: replace(PLAIN, groups=Groups(periods=((2, 1), (3, 4)))), "in order"),
        (lambda: replace(PLAIN, groups=Groups("gini", quantiles=2, at="year")), "outcome"),
        (lambda: replace(PLAIN, along=Along("a", basis=3)), "4 or more"),
        (lambda: replace(PLAIN, along=Along("uil", at="year")), "base_year"),
        (lambda: replace(PLAIN, along=Along("")), "column"),
        (lambda: replace(PLAIN, project_on=Projection(())), "columns"),
        (lambda: replace(PLAIN, project_on=Projection(("a", "a"))), "'a'"),
        (lambda: replace(PLAIN, project_on=Projection(("uil",), at="year")), "base_year"),
        (lambda: replace(PLAIN, moderator="m", along=Along("a")), "second design"),
        (lambda: replace(PLAIN, joint=("m",), groups=Groups("a")), "second design"),
    ],
)
def test_keys_that_cannot_be_meant_are_refused(make: Callable[[], Design], says: str) -> None:
    with pytest.raises(DesignError, match=says) as error:
        make()
    assert "\n" not in str(error.value)


def test_the_paper_s_own_split_by_the_treatment_of_each_city_year_can_be_written() -> None:
    design = replace(PLAIN, groups=Groups("uil", quantiles=2, at="year"))
    assert columns_of(design) == columns_of(PLAIN)


def test_a_panel_must_have_the_columns_of_groups_curves_and_projections() -> None:
    design = replace(
        PLAIN, groups=Groups("region"), along=Along("a"), project_on=Projection(("b", "gdp"))
    )
    assert label_of(design) == "region"
    assert numbers_of(design) == ("gini", "uil", "gdp", "a", "b")
    assert columns_of(design) == ("city_id", "year", "gini", "uil", "gdp", "a", "b", "region")
    cut = replace(PLAIN, groups=Groups("region", quantiles=2))
    assert label_of(cut) is None
    assert "region" in numbers_of(cut)


def test_years_are_periods_and_no_column_of_groups() -> None:
    with pytest.raises(DesignError, match=r"groups, column 'year'.*set periods"):
        replace(PLAIN, groups=Groups("year"))
    with pytest.raises(DesignError, match=r"groups, column 'when'.*set periods"):
        replace(PLAIN, year="when", groups=Groups("when"))
