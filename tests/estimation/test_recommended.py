"""What the program recommends and takes by itself is what the simulation's table says."""

from pathlib import Path

import pandas as pd
import pytest

from estimation.recommended import recommendation
from estimation.simulation.methods import Estimator
from estimation.simulation.passing import Verdict, judge, recommended
from estimation.simulation.performance import Performance
from estimation.vocabulary import LINEAR, OWN_LEARNERS, RECOMMENDED, VARIANTS

TABLE = Path(__file__).resolve().parents[2] / "docs" / "simulation.csv"
PAPERS = "gradient_boosting"


@pytest.fixture(scope="module")
def verdicts() -> list[Verdict]:
    table = pd.read_csv(TABLE)
    return [judge(Performance(**row)) for row in table.to_dict("records")]


def test_one_variant_is_recommended() -> None:
    said = {variant: recommendation(variant) for variant in VARIANTS}
    assert said.pop(RECOMMENDED) == "recommended"
    assert set(said.values()) == {""}


def test_the_recommended_is_the_one_that_passes_most(verdicts: list[Verdict]) -> None:
    found = recommended(verdicts)
    assert found is not None
    assert found.estimator == Estimator(RECOMMENDED, OWN_LEARNERS.get(RECOMMENDED, "linear"))


def test_each_variant_has_the_learner_with_which_it_passes_most(verdicts: list[Verdict]) -> None:
    assert {*OWN_LEARNERS, LINEAR} == {*VARIANTS}
    assert OWN_LEARNERS["faithful"] == PAPERS
    for variant in OWN_LEARNERS.keys() - {"faithful"}:
        found = recommended([one for one in verdicts if one.estimator.variant == variant])
        assert found is not None
        assert found.estimator.learner == OWN_LEARNERS[variant], variant
