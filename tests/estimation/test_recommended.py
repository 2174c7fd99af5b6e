"""What the program recommends and takes by itself is what the simulation's table says."""

from pathlib import Path

import pandas as pd
import pytest

from estimation.processes.catalogue import PROCESSES
from estimation.recommended import CAUTION, cautions, recommendation
from estimation.simulation.methods import Estimator
from estimation.simulation.passing import Verdict, judge, recommended
from estimation.simulation.performance import Performance
from estimation.vocabulary import LEAST_BIASED, LINEAR, OWN_LEARNERS, RECOMMENDED, VARIANTS

TABLE = Path(__file__).resolve().parents[2] / "docs" / "simulation.csv"
PAPERS = "gradient_boosting"


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return pd.read_csv(TABLE)


@pytest.fixture(scope="module")
def verdicts(table: pd.DataFrame) -> list[Verdict]:
    return [judge(Performance(**row)) for row in table.to_dict("records")]


def test_one_variant_is_recommended() -> None:
    said = {variant: recommendation(variant) for variant in VARIANTS}
    assert said.pop(RECOMMENDED) == "recommended"
    assert set(said.values()) == {""}
    assert recommendation(RECOMMENDED, OWN_LEARNERS[RECOMMENDED]) == "recommended"
    assert recommendation(RECOMMENDED, "random_forest") == ""


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


def test_what_is_said_of_the_recommended_is_what_the_table_says(
    table: pd.DataFrame, verdicts: list[Verdict]
) -> None:
    found = recommended(verdicts)
    assert found is not None
    nonlinear = [name for name, spec in PROCESSES.items() if spec.shape == "nonlinear"]
    assert sorted(found.nobody) == sorted(nonlinear)
    there = table[table["process"].isin(nonlinear)]
    least = there.loc[there["bias"].abs().groupby(there["process"]).idxmin(), "variant"]
    assert (least == LEAST_BIASED).sum() > len(nonlinear) / 2
    assert cautions(["", "recommended", "recommended"]) == (CAUTION,)
    assert cautions([""]) == ()
