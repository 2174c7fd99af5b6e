"""What a plan refuses before anything is fitted, and which learner a variant has."""

from dataclasses import replace

import pandas as pd
import pytest

from estimation.estimate import estimate
from estimation.plan import learner_of, plan_design
from estimation.vocabulary import DICTIONARIES, LINEAR, OWN_LEARNERS, VARIANTS
from geo.errors import SampleError
from tests.estimation.made_up import FAST, LINES


def test_a_treatment_fixed_in_time_is_refused_except_by_dummies(panel: pd.DataFrame) -> None:
    fixed = panel.assign(uil=panel["city_id"].astype("int64") / 3.0)
    with pytest.raises(SampleError, match=r"column 'uil'.*first_difference, within"):
        estimate(fixed, [FAST], workers=1)
    result = estimate(fixed, [replace(FAST, variants=("faithful",))], workers=1)
    assert result.estimates["variant"].tolist() == ["faithful"]
    assert any("not shown" in note for note in result.notes)


@pytest.mark.parametrize("variant", [name for name in VARIANTS if name not in {"faithful", LINEAR}])
@pytest.mark.parametrize("part", ["joint", "moderator"])
def test_what_is_fixed_in_time_is_no_term_of_a_variant_without_city_effects(
    panel: pd.DataFrame, part: str, variant: str
) -> None:
    """Demeaning leaves rounding, which would be estimated from; random effects leave noise."""
    fixed = panel.assign(loans=panel["city_id"].astype("int64") / 3.0)
    settings = {"joint": ("loans",)} if part == "joint" else {"moderator": "loans"}
    design = replace(LINES, controls=("gdp",), variants=(variant,), **settings)
    paper = replace(design, variants=("faithful",))
    if part == "moderator":
        for one in (design, paper):
            with pytest.raises(SampleError, match=r"moderator 'loans': .* beyond city and year"):
                plan_design(fixed, one)
        return
    with pytest.raises(SampleError, match=rf"column 'loans': .* within some city \(for {variant}"):
        plan_design(fixed, design)
    plan = plan_design(fixed, paper)
    assert plan.settings["faithful"].main.problem.terms.names == ("uil", "loans")
    assert plan.linear is None
    assert plan.notes[0].endswith("fixed effects not shown: loans constant within every city")


def test_a_moderator_that_moves_with_the_years_alone_is_refused(
    panel: pd.DataFrame,
) -> None:
    steady = panel.assign(loans=(panel["year"] - 2010.0) ** 2)
    design = replace(LINES, controls=("gdp",), variants=("within",), moderator="loans")
    with pytest.raises(SampleError, match=r"moderator 'loans': .* beyond city and year"):
        estimate(steady, [design], workers=1)


def test_a_treatment_that_moves_across_gaps_only_is_refused(panel: pd.DataFrame) -> None:
    moved = panel[panel["year"] != 2013]
    moved = moved.assign(uil=(moved["year"] > 2013) * moved["city_id"].astype("int64"))
    with pytest.raises(SampleError, match=r"first_difference, column 'uil'.*after the transform"):
        estimate(moved, [replace(FAST, variants=("first_difference",))], workers=1)


def test_too_few_cities_with_consecutive_years_are_refused(panel: pd.DataFrame) -> None:
    kept = panel[(panel["city_id"] <= "1102") | (panel["year"] % 2 == 0)]
    with pytest.raises(SampleError, match=r"first_difference.*folds \(3\).*2 cities"):
        estimate(kept, [FAST], workers=1)


@pytest.mark.parametrize("variant", DICTIONARIES)
def test_a_dictionary_is_for_linear_learners(variant: str) -> None:
    assert learner_of(FAST, variant).text == "ridge()"
    settings = (("alphas", (1.0, 2.0)),)
    ridge = replace(FAST, learner="ridge", settings=settings)
    assert learner_of(ridge, variant).text == learner_of(ridge, "within").text
    assert learner_of(ridge, variant).text == "ridge(alphas=(1.0, 2.0))"
    assert learner_of(FAST, "within").text == "gradient_boosting(n_estimators=5)"


@pytest.mark.parametrize(("variant", "own"), OWN_LEARNERS.items())
def test_a_design_without_a_learner_gives_each_variant_its_own(variant: str, own: str) -> None:
    assert learner_of(replace(FAST, learner=None, settings=()), variant).text == f"{own}()"
