"""Where the confounder is known, variants without city effects find the made-up truth."""

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression

from estimation.designs import Design
from estimation.estimate import estimate
from estimation.simulation.performance import performances
from panels.synthetic import CountrySpec, synthetic_panel

VARIANTS = ("first_difference", "within", "two_way_fixed_effects")


def handed_over(seed: int) -> pd.DataFrame:
    """The made-up country with its confounder, worked out of the yearbook, as two controls."""
    country = synthetic_panel(CountrySpec(n_cities=40), seed)
    book = country.yearbook
    x1 = (np.log(1e4 * book["gdp"] / book["population"]) - 10.77) / 0.45
    x2 = (np.log(book["loans"] + book["deposits"]) - 17.5) / 0.9
    x3 = (np.log(book["students"]) - 10.7) / 1.1
    x4 = (np.log(book["education_spending"]) - 13.0) / 0.8
    steps = 1.0 * (x1 > 0.5) - 1.0 * (x2 < -0.5)
    bend = np.tanh(x1 * x2) + (np.minimum(x3**2, 4.0) - 1.0) / 2.0
    return country.designed.assign(shared=steps + bend, own=np.tanh(x4), n_units=20)


def estimates(seed: int) -> pd.DataFrame:
    design = Design(
        "known", "gini", "uil", controls=("shared", "own"), variants=VARIANTS, repetitions=1,
        seed=20110 + seed,
    )  # fmt: skip
    return estimate(handed_over(seed), [design], workers=1).estimates


def test_variants_without_city_effects_find_the_truth_where_the_confounder_is_known(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = "estimation.nuisance.fold_fit.make_learner"
    monkeypatch.setattr(made, lambda _, seed: LinearRegression())  # noqa: ARG005
    rows = pd.concat([estimates(seed) for seed in range(25)])
    found = performances(rows.assign(process="known", theta=-0.10, target=-0.10, seconds=0.0))
    assert {one.variant for one in found} == set(VARIANTS)
    for one in found:
        assert abs(one.bias) < 0.01 + 2 * one.bias_error, one.variant
        assert one.coverage >= 0.84, one.variant
        assert 0.7 < one.se_ratio < 1.4, one.variant
