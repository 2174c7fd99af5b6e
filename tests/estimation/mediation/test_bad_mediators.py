"""Bad mediators stop a run before anything is fitted, each with an error that names it."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from estimation.designs import Design
from estimation.estimate import estimate
from estimation.mediation.keys import Mediators
from estimation.mediation.paths import least_own
from estimation.mediation.sample import linear_products
from geo.errors import DesignError, NightpanelError, SampleError
from tests.estimation.mediation.panels import MEDIATORS, channels, design, sample_of

Change = Callable[[pd.DataFrame], pd.Series]
BAD: dict[str, tuple[Change, str, str]] = {
    "the treatment": (lambda t: t["d"], "mediator 'bad'", "a mediator other than the treatment"),
    "the treatment in another unit": (
        lambda t: 3 - 1000 * t["d"],
        "mediator 'bad'",
        "a mediator other than the treatment",
    ),
    "the treatment beside years, cities and controls": (
        lambda t: t["d"] + t["year"] + t["city_id"].astype(int) - t["x"],
        "mediator 'bad'",
        "a mediator other than the treatment",
    ),
    "the outcome": (lambda t: t["y"], "mediator 'bad'", "a mediator other than the outcome"),
    "the outcome beside a control": (
        lambda t: 2 * t["y"] + t["x"],
        "mediator 'bad'",
        "a mediator other than the outcome",
    ),
    "a control": (lambda t: t["x"] / 7, "mediator 'bad'", "none: effects and controls determine"),
    "the year": (lambda t: t["year"] ** 2.0, "mediator 'bad'", "effects and controls determine"),
    "fixed in cities": (
        lambda t: t["city_id"].astype(float),
        "mediator 'bad'",
        "constant within every city",
    ),
    "constant": (lambda t: 0.0 * t["d"] + 3, "mediator 'bad'", "3 in every row"),
    "the sum of others": (
        lambda t: t["m1"] - t["m2"] + t["d"],
        "mediator 'm1'",
        "treatment and other mediators determine it",
    ),
    "what the outcome is made of": (
        lambda t: t["y"] - t["m1"] - t["d"],
        "outcome 'y'",
        "that treatment, mediators, controls and effects do not determine",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_mediator_is_named(case: str) -> None:
    change, who, what = BAD[case]
    table = channels(1)
    table["bad"] = change(table)
    asked = design(mediators=Mediators(("m1", "m2", "bad")))
    with pytest.raises(SampleError) as caught:
        estimate(table, [asked])
    text = str(caught.value)
    assert who in text
    assert what in text
    assert "\n" not in text


def test_nothing_is_learned_before_a_bad_mediator_is_found() -> None:
    table = channels(1).assign(bad=lambda t: t["d"])
    asked = design(mediators=Mediators(("bad",)), variants=("within", "first_difference"))
    seen: list[tuple[int, int]] = []
    with pytest.raises(SampleError, match="other than the treatment"):
        estimate(table, [asked], progress=lambda done, all_: seen.append((done, all_)))
    assert not seen


def test_a_treatment_fixed_in_cities_is_refused_in_a_cross_section_only_if_constant() -> None:
    table = channels(1)
    first = table.sort_values(["city_id", "year"]).groupby("city_id", as_index=False).first()
    asked = design(cross_section=True, controls=())
    assert len(estimate(first, [asked]).estimates) > 8
    with pytest.raises(SampleError, match="expected a treatment that varies"):
        estimate(first.assign(d=1.0), [asked])


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"mediators": Mediators(())}, "mediators, columns: expected one or more"),
        ({"mediators": Mediators(("m1", "m1"))}, "column 'm1'"),
        ({"mediators": Mediators(("d",))}, "column 'd': expected a column of its own"),
        ({"mediators": Mediators(("y",))}, "column 'y': expected a column of its own"),
        ({"mediators": Mediators(("x",))}, "column 'x': expected a column of its own"),
        ({"mediators": Mediators(("year",))}, "column 'year': expected a column of its own"),
        ({"mediators": Mediators(("m1",), draws=10)}, "draws: expected 199 or more"),
        ({"joint": ("d2",)}, "joint beside it"),
        ({"moderator": "w"}, "moderator beside it"),
        ({"instrument": "z"}, "instrument beside it"),
        ({"cluster": ("year",)}, "cluster: expected one way"),
        ({"cluster": ("city", "province")}, "cluster: expected one way"),
        ({"cross_section": True, "variants": ("within",)}, "expected least squares"),
        ({"cross_section": True, "cluster": ("province",)}, "expected one column of clusters"),
    ],
)
def test_a_design_that_is_wrong_in_itself_is_refused(
    changes: dict[str, object], words: str
) -> None:
    with pytest.raises(DesignError) as caught:
        design(**changes)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_mediator_that_is_missing_or_has_gaps_is_found_as_any_column_is() -> None:
    table = channels(1)
    with pytest.raises(DesignError, match="column 'm3'"):
        estimate(table.drop(columns="m3"), [design()])
    gaps = table.assign(m3=table["m3"].where(np.arange(len(table)) > 3))
    with pytest.raises(NightpanelError, match="'m3' 4"):
        estimate(gaps, [design()])
    dropped = estimate(gaps, [design(missing="drop")])
    assert (dropped.estimates["n"] == len(table) - 4).all()


def test_mediators_that_all_but_determine_each_other_are_warned_of() -> None:
    table = channels(1)
    noise = np.random.default_rng(1).normal(size=len(table))
    table["m3"] = table["m1"] + 0.01 * noise
    products = linear_products(*sample_of(table))
    assert 0 < least_own(products) < 0.01
    notes = estimate(table, [design()]).notes
    assert sum("all but determine each other" in note for note in notes) == 1
    assert not any("all but" in note for note in estimate(channels(1), [design()]).notes)


def test_least_own_is_one_less_r_squared() -> None:
    rng = np.random.default_rng(2)
    table = channels(2, kept=1.0)
    table["m2"] = table["m1"] + rng.normal(size=len(table))
    products = linear_products(*sample_of(table))
    place = slice(products.rank, products.rank + 4)
    M = products.total[place, place]
    own = [
        M[j, j] - M[j, rest] @ np.linalg.solve(M[np.ix_(rest, rest)], M[rest, j])
        for j in range(4)
        for rest in [[i for i in range(4) if i != j]]
    ]
    assert least_own(products) == pytest.approx(min(own))


def test_mediation_of_a_plain_design_is_not_asked_for() -> None:
    assert Design("n", "y", "d").mediators is None
    assert design().mediators.columns == MEDIATORS
