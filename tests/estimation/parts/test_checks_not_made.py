"""A check that data do not allow is a row that says so: every other number stands."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from estimation.designs import Design
from estimation.estimate import EstimationResult, estimate
from geo.errors import SampleError
from tests.estimation.made_up import confounded

DESIGN = Design(
    "c", "y", "d", controls=("x",), learner="linear", variants=("within",), folds=2, repetitions=2
)

# Trees that never split: the residual is the treatment itself, zero where it never moves.
BLIND = {"learner": "lightgbm", "settings": (("min_child_samples", 1000),)}


def rows_of(result: EstimationResult, check: str, variant: str = "within") -> pd.DataFrame:
    rows = result.checks
    return rows[(rows["check"] == check) & (rows["variant"] == variant)].reset_index(drop=True)


def test_paths_that_nobody_can_trade() -> None:
    """Each city has years that no other has: no path may go to another city."""
    panel = confounded(0, cities=5)
    since = panel["year"] - 2011 - (panel["city_id"].astype("int64") - 1101)
    lonely = panel[since.between(0, 3)]
    result = estimate(lonely, [replace(DESIGN, checks=("placebo",))], workers=1, beside=False)
    (row,) = rows_of(result, "placebo").to_dict("records")
    assert row["note"].startswith("not tested: design 'c', within, placebo: expected")
    assert (row["subject"], row["verdict"]) == ("d", "")
    assert np.isnan(row["value"])
    assert any("within: placebo not told: " in note for note in result.notes)
    assert result.estimates["estimate"].notna().all()


def test_a_main_regression_without_an_answer_still_ends_the_run() -> None:
    panel = confounded(0, cities=12)
    with pytest.raises(SampleError, match="controls do not explain"):
        estimate(panel.assign(x=2.0 * panel["d"]), [DESIGN], workers=1, beside=False)


@pytest.mark.parametrize("variant", ["within", "first_difference", "correlated_random_effects"])
def test_two_years_are_too_few_for_fake_timing(variant: str) -> None:
    panel = confounded(0, cities=12, years=2)
    design = replace(DESIGN, variants=(variant,), checks=("fake_timing",))
    rows = rows_of(estimate(panel, [design], workers=1), "fake_timing", variant)
    assert rows["subject"].tolist() == ["d, 1 year later", "d, 2 years later"]
    assert rows["note"].tolist() == ["not tested: too few years in a row"] * 2


def test_a_later_treatment_that_controls_determine_is_told_of_that_lead_alone() -> None:
    panel = confounded(0, cities=12)
    later = panel.groupby("city_id")["d"].shift(-1)
    panel = panel.assign(x=later)[later.notna()]
    design = replace(DESIGN, variants=("within",), checks=("fake_timing",))
    one, two = rows_of(estimate(panel, [design], workers=1), "fake_timing").to_dict("records")
    assert one["note"].startswith("not tested: design 'c', within, fake timing, column 'd, 1 year")
    assert np.isfinite(two["p_value"])


@pytest.mark.parametrize(("seed", "one_alone"), [(0, False), (36, True)])
def test_leads_are_judged_together(seed: int, one_alone: bool) -> None:
    """Of noise: in one panel a lead is below 5 % by itself, and not once two are counted."""
    design = replace(DESIGN, repetitions=1, checks=("fake_timing",))
    result = estimate(confounded(seed, cities=15), [design], workers=1, beside=False)
    rows = rows_of(result, "fake_timing")
    p = np.sort(rows["p_value"])
    corrected = [min(2 * p[0], 1.0), min(max(2 * p[0], p[1]), 1.0)]
    assert (p[0] < 0.05 <= corrected[0]) == one_alone
    rows = rows.sort_values("p_value")
    for note, verdict, value in zip(rows["note"], rows["verdict"], corrected, strict=True):
        assert verdict == ("failed" if value < 0.05 else "passed")
        assert f"Holm's p over 2 leads {value:.3g}, which the verdict is by" in note


def test_what_an_instrument_leaves_undone_is_said() -> None:
    panel = confounded(0, cities=12).assign(w=lambda table: table["x"] ** 2)
    design = replace(
        DESIGN, outcome="y_iv", treatment="d_iv", controls=("x", "w"), instrument="z",
        checks=("fake_timing", "sensitivity"),
    )  # fmt: skip
    result = estimate(panel, [design], workers=1)
    (later,) = rows_of(result, "fake_timing").to_dict("records")
    assert later["note"] == "not tested: the later treatment would need an instrument of its own"
    (omitted,) = rows_of(result, "sensitivity").to_dict("records")
    assert omitted["note"].startswith("not tested: bounds are those of a treatment without")
    assert result.fits.asked == 3 * 2 * 2


def test_what_a_placebo_of_several_terms_is_a_test_of() -> None:
    panel = confounded(0, cities=12)
    for joint in ((), ("z",)):
        design = replace(DESIGN, joint=joint, repetitions=1, checks=("placebo",))
        rows = rows_of(estimate(panel, [design], workers=1), "placebo")
        assert len(rows) == 1 + len(joint)
        said = rows["note"].str.contains("move together: the p value is of .* no term has an")
        assert said.tolist() == [bool(joint)] * len(rows)
