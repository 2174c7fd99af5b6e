"""A treatment's slope that differs by labels beside a design's other terms."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf

from estimation.design_columns import column_problems
from estimation.designs import Design
from estimation.estimate import estimate
from estimation.heterogeneity.keys import Along, Groups
from estimation.linear.keys import Windows
from estimation.plan import plan_design
from estimation.problems.terms import treatment_terms
from estimation.samples.sample import build_sample
from estimation.staggered.keys import Adoption
from estimation.vocabulary import VARIANTS
from geo.errors import DesignError, SampleError
from tests.estimation.heterogeneity.made_up import DESIGN, made_up, with_effect

LINEAR = "two_way_fixed_effects"
RAW = made_up().assign(period=lambda one: np.where(one["year"] < 2015, "early", "late"))
EAST, LATE = (RAW["region"] == "east"), (RAW["period"] == "late")
PANEL = with_effect(RAW, 0.5 + 0.3 * EAST + 0.2 * LATE)
BY_BOTH = replace(DESIGN, slopes=("region", "period"))


def of(result: object, variant: str, part: str, scaling: str = "") -> pd.Series:
    rows = result.estimates
    chosen = (rows["variant"] == variant) & (rows["part"] == part) & (rows["scaling"] == scaling)
    return rows[chosen].set_index("term")["estimate"]


def test_terms_by_hand() -> None:
    table = pd.DataFrame(
        {
            "city_id": ["1101"] * 2 + ["1201"] * 2 + ["1301"] * 2 + ["1401"] * 2,
            "year": [2011, 2012] * 4,
            "y": [0.0, 1.0, 5.0, 2.0, 3.0, 3.0, 1.0, 0.0],
            "d": [1.0, 3.0, 3.0, 1.0, 1.0, 3.0, 3.0, 1.0],  # mean 2, standard deviation 1
            "m": [10.0, 10.0, 16.0, 16.0] * 2,  # mean 13, standard deviation 3, range 6
            "part": [1.0, 1.0, 1.0, 1.0, 2.0, 2.0, 2.0, 2.0],
        }
    )
    design = Design("hand", "y", "d", slopes=("part",), folds=2, min_units=0)
    terms = treatment_terms(build_sample(table, design), design)
    assert terms.names == ("d", "d x part = 2")
    assert terms.slopes == ("d x part = 2",)
    assert terms.levels[:, 0].tolist() == table["d"].tolist()
    # (d - 2) times 1 less a half in part 2, 0 less a half in part 1
    assert terms.levels[:, 1].tolist() == [0.5, -0.5, -0.5, 0.5, -0.5, 0.5, 0.5, -0.5]
    moderated = replace(design, moderator="m")
    more = treatment_terms(build_sample(table, moderated), moderated)
    assert more.names == ("d", "d x part = 2", "d x m", "m")
    assert more.levels[:, 1].tolist() == terms.levels[:, 1].tolist()
    assert more.scalings["centred"].tolist() == pytest.approx([1, 1, 1 / 3, 1 / 3])
    assert more.scalings["min_max"].tolist() == pytest.approx([1, 1, 2, 2])


def test_linear_slopes_are_those_of_least_squares_on_products_as_one_writes_them() -> None:
    found = estimate(PANEL, [replace(BY_BOTH, variants=(LINEAR,))], workers=1)
    formula = "gini ~ uil + uil:C(region) + uil:C(period) + gdp + digital + C(city_id) + C(year)"
    theirs = smf.ols(formula, PANEL).fit().params
    slopes = of(found, LINEAR, "slopes")
    east_to_west = theirs["uil:C(region)[T.west]"]
    assert slopes["uil x region = west"] == pytest.approx(east_to_west, rel=1e-8)
    assert slopes["uil x period = late"] == pytest.approx(theirs["uil:C(period)[T.late]"], rel=1e-8)
    average = (
        theirs["uil"]
        + east_to_west * np.mean(PANEL["region"] == "west")
        + theirs["uil:C(period)[T.late]"] * np.mean(LATE)
    )
    assert of(found, LINEAR, "effect")["uil"] == pytest.approx(average, rel=1e-8)


def test_every_variant_finds_the_average_and_the_differences() -> None:
    """Exact controls and little noise: what is left is the estimator."""
    panel = with_effect(made_up(error=0.02).assign(period=RAW["period"]), 0.5)
    panel = panel.assign(gini=panel["gini"] + (0.3 * EAST + 0.2 * LATE) * panel["uil"])
    every = tuple(one for one in VARIANTS if one != "faithful")
    found = estimate(panel, [replace(BY_BOTH, variants=every)], workers=1)
    for variant in every:
        slopes = of(found, variant, "slopes")
        assert of(found, variant, "effect")["uil"] == pytest.approx(0.75, abs=0.05), variant
        assert slopes["uil x region = west"] == pytest.approx(-0.3, abs=0.05), variant
        assert slopes["uil x period = late"] == pytest.approx(0.2, abs=0.05), variant
    said = [note for note in found.notes if "slopes of uil differ by region, period" in note]
    assert len(said) == 1


@pytest.fixture(scope="module")
def amplified() -> pd.DataFrame:
    """A policy from 2014 or 2016 in two thirds of the cities, more of the east; slopes rise, too.

    It turns the slope by 0.1 and shifts the level by 0.2.
    """
    table = made_up(seed=3, n_cities=120, error=0.1)
    table = table.assign(period=np.where(table["year"] < 2015, "early", "late"))
    number = table["city_id"].astype(int) - 1101
    begins = np.select([number % 6 == 0, number % 6 == 2, number % 6 == 1], [2014, 2016, 2016], 0)
    policy = ((begins > 0) & (table["year"] >= begins)).astype(float)
    turned = 0.5 + 0.3 * (table["region"] == "east") + 0.4 * (table["period"] == "late")
    table = table.assign(policy=policy)
    return with_effect(table, turned + 0.1 * policy, 0.2 * policy)


def test_a_product_beside_slopes_that_differ_is_found(amplified: pd.DataFrame) -> None:
    """Without them the product takes up what rises for everybody."""
    plain = replace(DESIGN, moderator="policy", variants=("first_difference", "within", LINEAR))
    both = replace(plain, name="both", slopes=("region", "year"))
    found = estimate(amplified, [plain, both], workers=1)
    rows = found.estimates.query("term == 'uil x policy' and scaling == 'centred'")
    rows = rows.set_index(["design", "variant"])
    for variant in plain.variants:
        assert rows.loc[("made up", variant), "estimate"] > 0.2, variant
        row = rows.loc[("both", variant)]
        assert row["estimate"] == pytest.approx(0.1, abs=0.03), variant
        assert row["ci_low"] < 0.1 < row["ci_high"], variant


def test_the_curve_along_the_moderator_has_the_average_slope(amplified: pd.DataFrame) -> None:
    design = replace(
        DESIGN, controls=("gdp",), moderator="digital", slopes=("region",), variants=("within",)
    )
    found = estimate(amplified, [design], workers=1)
    own = of(found, "within", "effect", "centred")
    at = found.curves["at"] - amplified["digital"].mean()
    np.testing.assert_allclose(
        found.curves["effect"], own["uil"] + own["uil x digital"] * at, rtol=1e-9
    )


def test_an_amplification_beside_slopes_that_differ_is_found(amplified: pd.DataFrame) -> None:
    plain = replace(DESIGN, variants=(LINEAR,), adoption=Adoption(policy="policy", amplifies=True))
    both = replace(plain, name="both", slopes=("region", "period"))
    found = estimate(amplified, [plain, both], workers=1)
    rows = found.estimates[found.estimates["part"] == "amplification"]
    rows = rows.set_index(["design", "variant"])
    for variant in (LINEAR, "imputation"):
        assert rows.loc[("made up", variant), "estimate"] > 0.2, variant
        assert rows.loc[("both", variant), "estimate"] == pytest.approx(0.1, abs=0.03), variant
    curve = found.curves[found.curves["design"] == "both"].set_index(["variant", "at"])["effect"]
    assert curve["imputation"].to_numpy() == pytest.approx(0.1, abs=0.08)
    assert curve[LINEAR].loc[0.0:].to_numpy() == pytest.approx(0.1, abs=0.12)
    keys = found.estimates[["design", "variant", "part", "term", "scaling"]]
    assert not keys.duplicated().any()


def test_windows_and_a_standard_deviation_tell_the_average_slope() -> None:
    design = replace(
        BY_BOTH, variants=(LINEAR,), windows=Windows(width=3), standardised=True, cluster=("city",)
    )
    found = estimate(PANEL, [design], workers=1)
    windows = found.curves[found.curves["curve"] == "rolling_window"].set_index("at")["effect"]
    assert windows.loc[2012.0] == pytest.approx(0.65, abs=0.1)  # early alone: no label to part
    assert windows.loc[2017.0] == pytest.approx(0.85, abs=0.1)
    own = of(found, LINEAR, "effect")["uil"]
    told = of(found, LINEAR, "standardised", "per sd")["uil"]
    assert told == pytest.approx(own * PANEL["uil"].std(), rel=1e-9)


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        (RAW["region"].where(RAW["region"] == "east", "east"), "two labels or more.*'east' in eve"),
        (
            RAW["city_id"].where(RAW["city_id"] == "1101", "other"),
            "each label in two cities or more.*'1101' in",
        ),
        (np.where(RAW["digital"] > 0, "high", "low"), "labels that an effect holds.*city, year"),
    ],
    ids=["one", "one city", "moving"],
)
def test_labels_that_tell_no_slopes_apart_are_refused(labels: object, said: str) -> None:
    design = replace(DESIGN, slopes=("label",))
    with pytest.raises(SampleError, match=f"'made up', slopes 'label': expected {said}") as error:
        plan_design(PANEL.assign(label=labels), design)
    assert "\n" not in str(error.value)


def test_labels_that_an_effect_of_the_design_holds_are_taken() -> None:
    table = PANEL.assign(cell=PANEL["region"] + PANEL["period"])
    design = replace(DESIGN, variants=(LINEAR,), slopes=("cell",), effects=("city", "region^year"))
    found = of(estimate(table, [design], workers=1), LINEAR, "slopes")
    assert found["uil x cell = westlate"] - found["uil x cell = westearly"] == pytest.approx(
        0.2, abs=0.06
    )


@pytest.mark.parametrize(
    "other",
    [
        {"groups": Groups(column="region")},
        {"along": Along("digital")},
        {"instrument": "fixed"},
        {"adoption": Adoption(year="begins")},
    ],
    ids=lambda one: next(iter(one)),
)
def test_keys_that_change_what_a_slope_is_are_refused(other: dict[str, object]) -> None:
    key = next(iter(other))
    with pytest.raises(DesignError, match=f"'made up', slopes: .*found {key} beside it"):
        replace(BY_BOTH, **other)


def test_a_column_that_is_missing_or_has_gaps_is_named() -> None:
    design = replace(DESIGN, slopes=("regoin", "year", "province"))
    (problem,) = column_problems(design, PANEL.columns)
    assert "column 'regoin'" in str(problem)
    assert "did you mean 'region'" in str(problem)
    gaps = PANEL.assign(region=PANEL["region"].where(PANEL["year"] > 2011))
    with pytest.raises(DesignError, match=r"column 'region': expected a label of slopes in every"):
        plan_design(gaps, replace(DESIGN, slopes=("region",)))
    with pytest.raises(DesignError, match=r"column 'region'.*named twice"):
        replace(DESIGN, slopes=("region", "region"))
