"""The check that tells whether a variant controls city effects."""

import numpy as np
import pandas as pd
import pytest

from estimation.designs import Design
from estimation.estimate import EstimationResult, estimate
from estimation.parts.city_effects import informative
from estimation.samples.sample import build_sample
from tests.estimation.made_up import confounded

VARIANTS = ("faithful", "first_difference", "within", "correlated_random_effects")
DESIGN = Design(
    "a", "y", "d", controls=("x",), learner="lightgbm", variants=VARIANTS, folds=3, repetitions=1
)


@pytest.fixture(scope="module")
def strong() -> EstimationResult:
    """City effects that move treatment and outcome alike, three times as far as all else."""
    return estimate(confounded(0), [DESIGN], workers=1)


def test_dummies_in_trees_fail_where_city_effects_are_strong(strong: EstimationResult) -> None:
    checks = strong.checks.set_index("variant")
    assert set(checks["check"]) == {"city_effects"}
    assert set(checks["subject"]) == {"d"}
    row = checks.loc["faithful"]
    assert row["verdict"] == "failed"
    assert abs(row["value"]) > row["reference"]
    estimates = strong.estimates.set_index("variant")
    error = estimates.loc["faithful", "std_error_robust"]
    assert row["reference"] == pytest.approx(error, rel=1e-12)
    assert estimates.loc["faithful", "ci_low"] > 1.0  # the truth is 0.5
    (note,) = [note for note in strong.notes if "faithful" in note]
    assert note.startswith("design 'a', faithful: city effects are NOT controlled: two variables")
    assert f"move d by {row['value']:.3g}" in note


def test_nothing_moves_by_construction_where_levels_are_gone(strong: EstimationResult) -> None:
    checks = strong.checks.set_index("variant").loc[["first_difference", "within"]]
    assert checks["verdict"].tolist() == ["not applicable", "not applicable"]
    assert checks["value"].tolist() == [0, 0]
    assert checks["note"].str.startswith("zero by construction").all()
    # main fits 2 targets x 3 folds x 4 variants, and the check again for those that see levels
    assert strong.fits.distinct == 24 + 2 * 6


def test_random_effects_move_less_than_dummies(strong: EstimationResult) -> None:
    moved = strong.checks.set_index("variant")["value"].abs()
    assert 0 < moved["correlated_random_effects"] < 0.5 * moved["faithful"]


def test_without_city_effects_every_variant_passes() -> None:
    result = estimate(confounded(0, strength=0.0), [DESIGN], workers=1)
    without = "not applicable"
    assert result.checks["verdict"].tolist() == ["passed", without, without, "passed"]
    assert not any("NOT controlled" in note for note in result.notes)
    estimates = result.estimates.set_index("variant")
    assert (estimates.loc["faithful", ["ci_low", "ci_high"]] - 0.5).prod() < 0


def test_the_informative_variables_by_hand(panel: pd.DataFrame) -> None:
    design = Design("base", "gini", "uil", folds=2)
    found = informative(build_sample(panel.sample(frac=1.0, random_state=3), design))
    for j, column in enumerate(("gini", "uil")):
        means = panel.groupby("city_id")[column].mean()
        above = panel["city_id"].map(means > means.median())
        assert np.array_equal(found[:, j], above)
    assert found.sum(axis=0).tolist() == [42, 42]  # 7 of 15 cities, 6 years


def test_how_far_a_product_moves_is_told_in_the_units_of_its_row(panel: pd.DataFrame) -> None:
    def moved(scale: float) -> tuple[pd.DataFrame, pd.DataFrame]:
        table = panel.assign(uil=scale * panel["uil"], loans=panel["loans"] / scale)
        design = Design(
            "m",
            "gini",
            "uil",
            controls=("gdp",),
            moderator="loans",
            learner="linear",
            variants=("faithful",),
            folds=2,
        )
        result = estimate(table, [design], workers=1)
        rows = result.estimates[result.estimates["variant"] == "faithful"]
        rows = rows[rows["scaling"] == "centred"]
        checks = result.checks[result.checks["check"] == "city_effects"]
        return checks, rows

    (plain, rows), (scaled, scaled_rows) = moved(1.0), moved(8.0)
    assert plain["subject"].tolist() == ["uil", "uil x loans", "loans"]
    errors = rows["std_error_robust"].tolist()
    assert plain["reference"].tolist() == pytest.approx(errors, rel=1e-12)
    for name in ("value", "reference"):
        expected = plain[name] * [1 / 8, 1, 8]
        assert scaled[name].tolist() == pytest.approx(expected.tolist(), rel=1e-9)
    units = [8, 1, 1 / 8]
    for name, power in (("rmse_treatment", 1), ("treatment_residual_variance", 2)):
        expected = rows[name].to_numpy() * np.array(units) ** power
        assert scaled_rows[name].to_numpy() == pytest.approx(expected, rel=1e-9)
