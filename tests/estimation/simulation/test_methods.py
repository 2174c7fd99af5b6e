import pytest

from estimation.simulation.methods import (
    LEARNER_SIMPLICITY,
    METHODS,
    Estimator,
    estimators,
    simplicity,
)
from estimation.vocabulary import LEARNERS, VARIANTS
from geo.errors import DesignError


def test_every_variant_and_learner_of_the_program_has_its_place() -> None:
    assert set(VARIANTS) <= set(METHODS)
    assert set(LEARNERS) <= set(LEARNER_SIMPLICITY)


def test_pairs_from_simple_to_less_so() -> None:
    found = estimators(
        ("faithful", "first_difference", "within_dictionary", "two_way_fixed_effects"),
        ("gradient_boosting", "ridge"),
    )
    assert found == (
        Estimator("two_way_fixed_effects", "linear"),
        Estimator("first_difference", "ridge"),
        Estimator("within_dictionary", "ridge"),
        Estimator("first_difference", "gradient_boosting"),
        Estimator("faithful", "gradient_boosting"),
    )
    assert list(found) == sorted(found, key=simplicity)


def test_what_needs_no_learner_is_there_once_without_any() -> None:
    found = estimators(("two_way_fixed_effects", "within", "two_way_fixed_effects"), ())
    assert found == (Estimator("two_way_fixed_effects", "linear"),)
    assert estimators(("within_dictionary",), ("gradient_boosting",)) == ()


@pytest.mark.parametrize(
    ("variants", "learners", "word"),
    [(("wihtin",), ("lasso",), "variants"), (("within",), ("forest",), "learners")],
)
def test_what_the_protocol_does_not_know_is_refused(variants, learners, word: str) -> None:
    with pytest.raises(DesignError, match=rf"simulation, {word}: expected one of .*methods\.py"):
        estimators(variants, learners)
