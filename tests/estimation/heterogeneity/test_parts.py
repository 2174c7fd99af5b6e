"""Groups, curves and projections as designs have them, on panels where the truth is known."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from estimation.estimate import EstimationResult, estimate
from estimation.heterogeneity.keys import Along, Groups, Projection
from estimation.tables.regression_table import regression_table
from estimation.tables.table_columns import TableSpec
from estimation.vocabulary import LINEAR
from geo.errors import SampleError
from tests.estimation.heterogeneity.made_up import DESIGN, YEARS, made_up, with_effect

PANEL = made_up(n_cities=80, error=0.2)
EAST = PANEL["region"] == "east"
LATE = PANEL["year"] >= 2015
TRUTH = 0.5 + 0.6 * PANEL["fixed"]


def run(panel: pd.DataFrame, **keys: object) -> EstimationResult:
    return estimate(panel, [replace(DESIGN, **keys)], workers=1)


def rows_of(result: EstimationResult, part: str) -> pd.DataFrame:
    rows = result.estimates
    return rows[rows["part"] == part].set_index(["variant", "term"])


def check_of(result: EstimationResult, check: str, variant: str) -> pd.DataFrame:
    rows = result.checks
    return rows[(rows["check"] == check) & (rows["variant"] == variant)].reset_index(drop=True)


def covers(rows: pd.DataFrame, truth: float) -> bool:
    """Within three standard errors: these tests are not of coverage."""
    return bool((np.abs(rows["estimate"] - truth) < 3 * rows["std_error"]).all())


def test_effects_of_groups_of_cities_are_found_and_tested_without_a_new_fit() -> None:
    panel = with_effect(PANEL, np.where(EAST, 0.2, 0.8))
    result = run(panel, groups=Groups("region"))
    rows = rows_of(result, "group")
    for variant in DESIGN.variants:
        east, west = (rows.loc[[(variant, f"uil, region = {name}")]] for name in ("east", "west"))
        assert covers(east, 0.2)
        assert covers(west, 0.8)
        assert east["n_clusters"].tolist() == west["n_clusters"].tolist() == [40]
        assert east["df"].tolist() == [39.0]
        tests = check_of(result, "group_difference", variant)
        assert tests["statistic"].tolist() == ["F(1, 79)", "difference, whole cities permuted"]
        assert (tests["p_value"] < 0.01).all()
        assert tests["value"][1] == pytest.approx(0.6, abs=0.1)
    assert result.fits.asked == result.fits.distinct == 2 * 2 * 2 * 4


def test_where_groups_do_not_differ_the_tests_do_not_say_so() -> None:
    result = run(with_effect(PANEL, 0.5), groups=Groups("region"))
    assert (result.checks["p_value"] > 0.01).all()


def test_periods_are_products_in_levels_with_a_step_between_them() -> None:
    panel = with_effect(PANEL, np.where(LATE, 0.9, 0.3))
    result = run(panel, groups=Groups(periods=((2011, 2014), (2015, 2018))))
    rows = rows_of(result, "group")
    for variant in (*DESIGN.variants, LINEAR):
        assert covers(rows.loc[[(variant, "uil, 2011-2014")]], 0.3)
        assert covers(rows.loc[[(variant, "uil, 2015-2018")]], 0.9)
        tests = check_of(result, "group_difference", variant)
        assert tests["subject"][1] == "uil: 2015-2018 less 2011-2014"
        assert (tests["p_value"] < 0.01).all()
    learned = rows.loc[list(DESIGN.variants), "note"]
    assert learned.str.contains("formed in levels").all()
    assert learned.str.contains("across the boundary").all()
    assert rows.loc[LINEAR, "note"].str.contains("slopes of the controls shared").all()


def test_three_periods_are_each_tested_against_the_first() -> None:
    panel = with_effect(PANEL, np.where(LATE, 0.9, 0.3))
    periods = ((2011, 2012), (2013, 2014), (2015, 2018))
    result = run(panel, groups=Groups(periods=periods), variants=("within",))
    tests = check_of(result, "group_difference", "within")
    assert tests["statistic"][0] == "F(2, 79)"
    assert tests["p_value"][1] > 0.01 > tests["p_value"][2]


@pytest.mark.parametrize("cluster", [("city",), ("city", "year")])
def test_groups_as_samples_are_the_designs_on_these_rows_and_share_their_fits(
    cluster: tuple[str, ...],
) -> None:
    panel = with_effect(PANEL, np.where(LATE, 0.9, 0.3))
    periods = ((2011, 2014), (2015, 2018))
    base = replace(DESIGN, cluster=cluster)
    both = replace(base, name="both", groups=Groups(periods=periods, how="samples"))
    alone = [
        replace(base, name=str(first), years=tuple(range(first, last + 1)))
        for first, last in periods
    ]
    result = estimate(panel, [both, *alone], workers=1)
    rows = rows_of(result, "group")
    effects = result.estimates[result.estimates["part"] == "effect"].set_index(
        ["design", "variant"]
    )
    for variant in DESIGN.variants:
        for first, last in periods:
            row = rows.loc[(variant, f"uil, {first}-{last}")]
            other = effects.loc[(str(first), variant)]
            for column in ("estimate", "std_error", "p_value", "n", "n_clusters", "df"):
                assert row[column] == other[column], column
        tests = check_of(result, "group_difference", variant)
        assert tests["value"][1] == pytest.approx(0.6, abs=0.15)
        assert tests["p_value"][1] < 0.01
    # Whole sample and two periods: outcome and treatment, 2 variants, 2 repetitions of 4 folds.
    assert result.fits.distinct == 3 * 2 * 2 * 2 * 4


def test_samples_of_different_cities_have_a_difference_with_the_sum_of_variances() -> None:
    panel = with_effect(PANEL, np.where(EAST, 0.2, 0.8))
    keys = {"groups": Groups("region", how="samples"), "repetitions": 1, "variants": ("within",)}
    result = run(panel, **keys)
    rows = rows_of(result, "group").loc["within"]
    tests = check_of(result, "group_difference", "within")
    # Each group's own error has the factor 40 / 39, the joint one 80 / 79.
    variance = (rows["std_error"] ** 2).sum() * (80 / 79) / (40 / 39)
    difference = rows["estimate"].iloc[1] - rows["estimate"].iloc[0]
    assert tests["value"][0] == pytest.approx(difference**2 / variance)
    assert tests["value"][1] == pytest.approx(difference)


def test_a_sample_of_fewer_cities_than_folds_is_refused() -> None:
    few = PANEL["city_id"].isin(["1101", "1102", "1103"])
    panel = with_effect(PANEL, 0.5).assign(region=np.where(few, "islands", "land"))
    with pytest.raises(SampleError, match=r"islands'.*as many cities as folds.*3 cities"):
        run(panel, groups=Groups("region", how="samples"))


def test_an_effect_that_drifts_is_told_right_by_samples_and_not_by_steps() -> None:
    drift = 0.1 * (PANEL["year"] - 2011)
    panel = with_effect(PANEL, drift)
    periods = ((2011, 2014), (2015, 2018))
    found = {
        how: rows_of(
            run(panel, groups=Groups(periods=periods, how=how), variants=("first_difference",)),
            "group",
        )["estimate"].to_numpy()
        for how in ("residuals", "samples")
    }
    truth = 0.4
    wrong = {how: abs(estimates[1] - estimates[0] - truth) for how, estimates in found.items()}
    assert wrong["samples"] < 0.1 < wrong["residuals"]


def test_groups_that_cities_move_through_bring_their_own_effect_among_the_features() -> None:
    high = PANEL["noise"] * 0 + (PANEL["digital"] > PANEL["digital"].median())
    panel = with_effect(PANEL, 0.2 + 0.5 * high, 1.5 * high)
    groups = Groups("digital", quantiles=2, at="year")
    result = run(panel, groups=groups, controls=("gdp", "digital"), variants=("within",))
    rows = rows_of(result, "group")
    assert covers(rows.loc[[("within", "uil, digital low")]], 0.2)
    assert covers(rows.loc[[("within", "uil, digital high")]], 0.7)
    assert covers(rows.loc[[(LINEAR, "uil, digital low")]], 0.2)
    assert covers(rows.loc[[(LINEAR, "uil, digital high")]], 0.7)
    assert rows.loc["within", "note"].str.contains("added to the features: digital high").all()


def test_a_curve_of_any_shape_is_inside_its_band() -> None:
    effect = 0.5 + 0.4 * np.sin(2 * PANEL["fixed"])
    result = run(with_effect(PANEL, effect), along=Along("fixed"))
    for _, curve in result.curves.groupby("variant"):
        truth = 0.5 + 0.4 * np.sin(2 * curve["at"])
        assert ((curve["band_low"] < truth) & (truth < curve["band_high"])).all()
        assert (curve["band_high"] - curve["band_low"]).max() < 0.4
        assert set(curve["along"]) == {"fixed, base year"}
        assert (curve["band_low"] < curve["ci_low"]).all()
    assert (result.checks["p_value"] < 0.01).all()
    assert result.fits.distinct == 2 * 2 * 2 * 4


def test_a_curve_along_a_variable_that_moves_is_formed_in_levels() -> None:
    z = PANEL["digital"]
    panel = with_effect(PANEL, 0.5 + 0.2 * z + 0.05 * z**2, 0.5 * z)
    result = run(panel, along=Along("digital", at="year"))
    for _, curve in result.curves.groupby("variant"):
        truth = 0.5 + 0.2 * curve["at"] + 0.05 * curve["at"] ** 2
        assert ((curve["band_low"] < truth) & (truth < curve["band_high"])).all()
    assert set(result.curves["along"]) == {"digital"}


def test_a_linear_projection_finds_the_slope_per_standard_deviation() -> None:
    result = run(with_effect(PANEL, TRUTH), project_on=Projection(("fixed", "gdp")))
    rows = rows_of(result, "projection")
    for variant in DESIGN.variants:
        assert covers(rows.loc[[(variant, "uil")]], TRUTH.mean())
        slope = 0.6 * PANEL["fixed"].std(ddof=0)
        assert covers(rows.loc[[(variant, "uil x fixed, base year")]], slope)
        assert covers(rows.loc[[(variant, "uil x gdp, base year")]], 0.0)
        assert check_of(result, "projection", variant)["p_value"][0] < 0.01


def test_a_projection_on_what_moves_adds_it_to_the_features() -> None:
    z = PANEL["digital"]
    result = run(
        with_effect(PANEL, 0.5 + 0.2 * z, z),
        project_on=Projection(("digital",), at="year"),
        controls=("gdp",),
    )
    rows = rows_of(result, "projection")
    assert rows["note"].str.contains("added to the features: digital").all()
    for variant in DESIGN.variants:
        assert covers(rows.loc[[(variant, "uil x digital")]], 0.2 * z.std(ddof=0))


def test_all_three_stand_beside_each_other_and_an_instrument() -> None:
    rng = np.random.default_rng(3)
    panel = with_effect(PANEL, np.where(EAST, 0.2, 0.8))
    hidden = rng.normal(size=len(panel))
    panel = panel.assign(shift=panel["uil"], uil=panel["uil"] + hidden, gini=panel["gini"] + hidden)
    panel["gini"] += np.where(EAST, 0.2, 0.8) * hidden
    result = run(
        panel, groups=Groups("region"), along=Along("fixed"), instrument="shift",
        project_on=Projection(("fixed",)), variants=("within",),
    )  # fmt: skip
    rows = rows_of(result, "group")
    assert covers(rows.loc[[("within", "uil, region = east")]], 0.2)
    assert covers(rows.loc[[("within", "uil, region = west")]], 0.8)
    regressions = {"reduced_form", "first_stage"}
    parts = {"effect", "group", "difference", "projection"}
    assert set(result.estimates["part"]) == parts | regressions
    moving = run(
        panel, groups=Groups(periods=((2011, 2014), (2015, 2018))), instrument="shift",
        variants=("within",),
    )  # fmt: skip
    assert covers(rows_of(moving, "group"), 0.5)


def test_a_group_of_three_cities_is_told_with_a_warning() -> None:
    few = PANEL["city_id"].isin(["1101", "1102", "1103"])
    panel = with_effect(PANEL, 0.5).assign(region=np.where(few, "islands", "land"))
    result = run(panel, groups=Groups("region"))
    rows = rows_of(result, "group")
    islands = rows.xs("uil, region = islands", level="term")
    assert islands["note"].str.contains("WARNING: moves in only 3 clusters in this group").all()
    assert islands["df"].tolist() == [2.0, 2.0, 2.0]
    assert islands["std_error_jackknife"].notna().all()
    assert not rows.xs("uil, region = land", level="term")["note"].str.contains("WARNING").any()
    assert sum("only 3 clusters in this group" in note for note in result.notes) == 3
    below = regression_table(
        TableSpec("T", (replace(DESIGN, groups=Groups("region")),), variants=DESIGN.variants),
        result,
    ).notes
    assert any("islands: WARNING: moves in only 3 clusters" in note for note in below)


def test_a_group_of_one_city_is_refused_before_any_fit() -> None:
    panel = with_effect(PANEL, 0.5).assign(region=np.where(PANEL["city_id"] == "1101", "a", "b"))
    with pytest.raises(SampleError, match=r"group 'region = a'.*two clusters") as error:
        run(panel, groups=Groups("region"))
    assert "\n" not in str(error.value)


def test_what_cannot_be_permuted_is_a_row_that_says_why() -> None:
    # Every city lacks three years that no other city lacks.
    panel = with_effect(made_up(n_cities=12), 0.5)
    lacking = list(combinations(YEARS, 3))[::4]
    gone = {f"{1101 + i}": years for i, years in enumerate(lacking[:12])}
    out = [year in gone[city] for city, year in zip(panel["city_id"], panel["year"], strict=True)]
    panel = panel[~np.array(out)]
    patterns = panel.groupby("city_id")["year"].agg(lambda years: tuple(sorted(years)))
    assert patterns.is_unique
    result = run(
        panel, groups=Groups(periods=((2011, 2014), (2015, 2018))), variants=("within",), folds=2
    )
    row = check_of(result, "group_difference", "within").iloc[1]
    assert np.isnan(row["p_value"])
    assert row["note"].startswith("not tested: ")


def test_designs_with_and_without_groups_share_what_they_can() -> None:
    panel = with_effect(PANEL, 0.5)
    designs = [
        replace(DESIGN, variants=("within",)),
        replace(DESIGN, name="groups", variants=("within",), groups=Groups("region")),
        replace(
            DESIGN, name="periods", variants=("within",),
            groups=Groups(periods=((2011, 2014), (2015, 2018))),
        ),
    ]  # fmt: skip
    fits = estimate(panel, designs, workers=1).fits
    # Outcome, treatment and the two products, 2 repetitions of 4 folds.
    assert fits.distinct == 4 * 8
