"""Terms, and groups, that few clusters carry."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from estimation.estimate import estimate
from estimation.heterogeneity.keys import Groups
from estimation.inference.few_clusters import wild_figures
from estimation.problems.moving import changing_clusters, moving_clusters
from estimation.problems.problem import Problem
from estimation.problems.terms import Terms
from geo.errors import SampleError
from tests.estimation.heterogeneity.made_up import DESIGN, made_up, with_effect

PANEL = with_effect(made_up(n_cities=24), 0.5)
ONE = replace(DESIGN, variants=("first_difference",), repetitions=1)
WAYS = ("residuals", "products", "samples")
EVERY = (
    "two_way_fixed_effects",
    "faithful",
    "first_difference",
    "within",
    "correlated_random_effects",
    "within_dictionary",
)


def problem(columns: list[list[float]], cities: list[int], *, centred: bool = False) -> Problem:
    D = np.array(columns, dtype=float).T
    city = np.array(cities)
    terms = Terms(tuple("abcdef"[: D.shape[1]]), D, {"": np.ones(D.shape[1])})
    return Problem(
        y=D[:, 0], D=D, Z=None, X=np.empty((city.size, 0)), terms=terms, clusters=city,
        groupings=city[:, None], rows=np.arange(city.size), centred=centred, where="w",
    )  # fmt: skip


def test_clusters_that_move_are_counted() -> None:
    cities, years = [0, 0, 1, 1, 2, 2], np.array([1, 2] * 3)
    columns = [
        [0, 1, 0, 0, 0, 0],  # one city adopts
        [0, 1, 0, 1, 0, 0],  # two adopt: the third is the one that tells
        [0.3, 0.1, 0.2, 0.7, 0, 0],  # no two alike but in the city that does not move
        [0.3, 0.1, 0.2, 0.7, 0.5, 0.4],
    ]
    found = problem(columns, cities)
    assert moving_clusters(found, years, in_levels=False) == (1, 1, 2, 3)
    # In levels what never moves tells something, too.
    assert moving_clusters(found, years, in_levels=True) == (1, 1, 3, 3)


def test_centred_columns_move_about_their_citys_mean() -> None:
    found = problem([[5, 5, 1, 2, 7, 9]], [0, 0, 1, 1, 2, 2], centred=True)
    assert moving_clusters(found, np.array([1, 2] * 3), in_levels=False) == (2,)


def test_instruments_and_each_way_to_cluster_count() -> None:
    found = problem([[0.3, 0.1, 0.2, 0.7, 0.5, 0.4]], [0, 0, 1, 1, 2, 2])
    years = np.array([1, 2] * 3)
    moved = replace(found, Z=np.array([[0.0, 1, 0, 0, 0, 0]]).T)
    assert moving_clusters(moved, years, in_levels=False) == (1,)
    both = replace(found, groupings=np.column_stack([found.clusters, [0, 0, 0, 0, 1, 1]]))
    assert moving_clusters(both, years, in_levels=False) == (2,)


def test_groups_count_their_own_rows() -> None:
    found = problem([[0, 1, 0, 1, 0, 0, 0, 0]], [0, 0, 1, 1, 2, 2, 3, 3])
    inside = np.repeat(np.array([[1, 0], [1, 0], [0, 1], [0, 1]]), 2, axis=0)
    assert changing_clusters(found, inside, in_levels=False) == (2, 0)


@pytest.mark.parametrize("how", WAYS)
@pytest.mark.parametrize("variant", ["first_difference", "within", "correlated_random_effects"])
def test_a_group_in_which_the_treatment_never_moves_is_refused_before_a_fit(
    how: str, variant: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    still = PANEL["region"] == "west"
    first = PANEL.groupby("city_id")["uil"].transform("first")
    panel = PANEL.assign(uil=PANEL["uil"].where(~still, first))
    monkeypatch.setattr("estimation.estimate.cross_fit", None)
    design = replace(ONE, variants=(variant,), groups=Groups("region", how=how))
    says = r"group 'region = west', column 'uil': .* found none; join it with another group"
    with pytest.raises(SampleError, match=says):
        estimate(panel, [design], workers=1)


def policy(cities: int) -> pd.DataFrame:
    chosen = PANEL["city_id"].isin(sorted(set(PANEL["city_id"]))[:cities])
    return PANEL.assign(policy=(chosen & (PANEL["year"] >= 2015)).astype(float))


@pytest.mark.parametrize("variant", EVERY)
@pytest.mark.parametrize("cities", [1, 23])
def test_a_term_that_tells_of_one_city_is_refused(variant: str, cities: int) -> None:
    design = replace(ONE, variants=(variant,), joint=("policy",))
    with pytest.raises(SampleError, match=r"column 'policy': .* two clusters or more, found 1;"):
        estimate(policy(cities), [design], workers=1, beside=False)


def linear_note(panel: pd.DataFrame) -> list[str]:
    design = replace(ONE, variants=("two_way_fixed_effects",), joint=("policy",))
    rows = estimate(panel, [design], workers=1).estimates
    return rows[rows["term"] == "policy"]["note"].tolist()


def test_a_term_that_few_cities_carry_has_a_warning() -> None:
    result = estimate(policy(3), [replace(ONE, joint=("policy",))], workers=1, beside=False)
    notes = result.estimates.set_index("term")["note"]
    warning = "WARNING: moves in only 3 clusters: do not trust its standard error"
    assert notes["policy"] == warning
    assert notes["uil"] == ""
    assert f"design 'made up', first_difference: policy {warning}" in result.notes
    (linear,) = linear_note(policy(3))
    assert linear == f"linear in the controls; {warning}"
    assert linear_note(policy(12)) == ["linear in the controls"]
    enough = estimate(policy(12), [replace(ONE, joint=("policy",))], workers=1, beside=False)
    assert (enough.estimates["note"] == "").all()


def test_a_bootstrap_that_cannot_be_had_says_why() -> None:
    """Every city's own score is nought, although the outcome is not fitted exactly."""
    V = np.tile([1.0, -1.0], 4)[:, None]
    u = V[:, 0] + np.repeat([1.0, 2.0, -1.0, 0.5], 2)
    found = wild_figures(u, V, None, np.repeat(np.arange(4), 2), seed=1, term=0, where="w")
    assert np.isnan(found.p_value)
    assert found.why_not.startswith("no wild bootstrap: an outcome that the terms do not fit")
