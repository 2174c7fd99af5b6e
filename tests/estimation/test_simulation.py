from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from estimation.designs import Design
from estimation.simulation import KEPT, run_draw, run_draws, summarise
from estimation.vocabulary import DICTIONARIES, LINEAR, VARIANTS
from panels.synthetic import CountrySpec, synthetic_panel

QUICK = (("n_estimators", 20),)
COLUMN_1 = Design("column_1", "y", "d", settings=QUICK, folds=2, repetitions=1, checks=())
DESIGNS = (
    COLUMN_1,
    replace(
        COLUMN_1,
        name="column_2",
        controls=("x",),
        variants=tuple(name for name in VARIANTS if name not in DICTIONARIES),
    ),
)


def process(seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    d, x, noise = rng.normal(size=(3, 40))
    return pd.DataFrame(
        {
            "city_id": np.repeat([f"{1101 + i}" for i in range(10)], 4),
            "year": np.tile(np.arange(2011, 2015), 10),
            "n_units": 9,
            "y": 0.5 * d + x + noise,
            "d": d,
            "x": x,
        }
    )


def test_a_draw_holds_every_variant_that_can_be_run_once() -> None:
    draw = run_draw(3, process=process, designs=DESIGNS)
    assert draw.columns.tolist() == ["seed", *KEPT, "seconds"]
    assert list(zip(draw["design"], draw["variant"], strict=True)) == [
        ("column_1", "faithful"),
        ("column_1", "two_way_fixed_effects"),
        ("column_2", "faithful"),
        ("column_2", "first_difference"),
        ("column_2", "within"),
        ("column_2", "correlated_random_effects"),
        ("column_2", "two_way_fixed_effects"),
    ]
    assert set(draw["seed"]) == {3}
    assert (draw["seconds"] > 0).all()
    assert draw.notna().all(axis=None)


def test_draws_are_the_same_for_any_number_of_workers() -> None:
    one = run_draws(process, DESIGNS[:1], seeds=[4, 2, 9], workers=1)
    two = run_draws(process, DESIGNS[:1], seeds=[4, 2, 9], workers=2)
    pd.testing.assert_frame_equal(
        one.drop(columns="seconds"), two.drop(columns="seconds"), check_exact=True
    )
    assert one["seed"].drop_duplicates().tolist() == [4, 2, 9]


def test_summary_by_hand() -> None:
    draws = pd.DataFrame(
        {
            "design": "a",
            "variant": "within",
            "estimate": [0.0, 0.2, 0.4, 0.6],
            "std_error": [0.1, 0.2, 0.3, 0.2],
            "std_error_cluster": [0.06, 0.001, 0.1, 1.0],
            "ci_low": [-0.2, 0.11, -0.2, 0.2],
            "ci_high": [0.2, 0.6, 1.0, 1.0],
            "seconds": [1.0, 2.0, 3.0, 2.0],
        }
    )
    (found,) = summarise(draws, truth=0.1)
    assert (found.design, found.variant, found.draws, found.truth) == ("a", "within", 4, 0.1)
    sd = (0.2 / 3) ** 0.5
    assert found.mean == pytest.approx(0.3)
    assert found.bias == pytest.approx(0.2)
    assert found.sd == pytest.approx(sd)
    assert found.bias_error == pytest.approx(sd / 2)
    assert found.rmse == pytest.approx(((0.01 + 0.01 + 0.09 + 0.25) / 4) ** 0.5)
    assert found.se_ratio == pytest.approx(0.2 / sd)
    assert found.coverage == 0.5
    assert found.coverage_error == pytest.approx((0.5 * 0.5 / 8) ** 0.5)
    # distances .1, .1, .3, .5 against reaches .1176, .002, .196, 1.96
    assert found.coverage_city == 0.5
    assert found.seconds == 2.0


def test_a_linear_estimator_is_unbiased_and_covers_where_it_should() -> None:
    design = Design("base", "y", "d", controls=("x",), variants=("two_way_fixed_effects",), folds=2)
    draws = run_draws(process, [design], seeds=range(60), workers=1)
    (found,) = summarise(draws, truth=0.5)
    assert abs(found.bias) < 3 * found.bias_error
    assert 0.75 < found.se_ratio < 1.25
    assert found.coverage > 0.85


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


def test_variants_without_city_effects_find_the_truth_where_the_confounder_is_known() -> None:
    variants = (
        "first_difference",
        "within",
        "correlated_random_effects",
        "two_way_fixed_effects",
    )
    design = Design(
        "known",
        "gini",
        "uil",
        controls=("shared", "own"),
        learner="linear",
        variants=variants,
        repetitions=1,
        checks=(),
    )
    draws = run_draws(handed_over, [design], seeds=range(25), workers=1)
    found = summarise(draws, truth=-0.10)
    assert tuple(one.variant for one in found) == variants
    for one in found:
        assert abs(one.bias) < 0.01 + 2 * one.bias_error, one.variant
        assert one.coverage >= 0.84, one.variant
        # Of 25 draws; errors of learned variants carry the factor for 40 clusters.
        factor = 1.0 if one.variant == LINEAR else (40 / 39) ** 0.5
        assert 0.7 < one.se_ratio / factor < 1.4, one.variant
