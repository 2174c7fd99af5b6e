"""A design's adoption: what it tells, and what of the data it refuses or warns of."""

import numpy as np
import pandas as pd
import pytest

from estimation.designs import Design
from estimation.estimate import estimate
from estimation.parts.adoption_checks import power_rows
from estimation.parts.adoption_rows import About
from estimation.staggered.effects import Effects
from estimation.staggered.keys import Adoption
from estimation.staggered.pretrends import detectable_trend
from estimation.tables.check_table import check_table
from estimation.tables.curve_table import curve_table
from estimation.tables.regression_table import regression_table
from estimation.tables.table_columns import TableSpec
from geo.errors import DesignError, SampleError
from tests.estimation.staggered.made_up_policy import staggered
from tests.estimation.staggered.test_slopes import turned

QUICK = {"relative": (), "smooth": (0.0,), "window": (-3, 3)}


def panel_of(table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(
        city_id=(1101 + table["city"]).astype(str),
        adopted=table["g"].replace(np.inf, np.nan),
        policy=(table["year"] >= table["g"]).astype(float),
    )


def design(adoption: Adoption, **keys) -> Design:
    usual = {"variants": ("two_way_fixed_effects",), "checks": (), "min_units": 0}
    return Design("pilots", "y", keys.pop("treatment", "pilot"), **(usual | keys),
                  adoption=adoption)  # fmt: skip


def told(table: pd.DataFrame, adoption: Adoption | None = None, **keys):
    asked = design(adoption or Adoption(year="adopted", **QUICK), **keys)
    return estimate(panel_of(table), [asked], workers=1)


def test_year_and_policy_say_the_same():
    table = staggered(31)
    by_year = told(table).estimates
    by_policy = told(table, Adoption(policy="policy", **QUICK), treatment="policy").estimates
    np.testing.assert_array_equal(by_year["estimate"], by_policy["estimate"])
    assert set(by_year["variant"]) == {
        "two_way_fixed_effects", "callaway_santanna", "sun_abraham", "imputation",
    }  # fmt: skip
    assert {"att", "att_dynamic", "att_group", "att_calendar", "group", "calendar",
            "event_study"} <= set(by_year["part"])  # fmt: skip
    att = by_year[(by_year["variant"] == "callaway_santanna") & (by_year["part"] == "att")]
    assert att["ci_low"].item() < 1.8 < att["ci_high"].item() + 0.5


def test_missing_years_of_adoption_are_audited():
    result = told(staggered(31))
    (row,) = [row for row in result.audit if row.rule == "never_adopting"]
    assert row.count == 15 * 12
    assert "15 cities" in row.detail


def test_a_year_is_read_as_another_with_an_audit_row():
    table = staggered(31)
    moved = told(table, Adoption(year="adopted", recode=((2006, 2005),), **QUICK))
    (row,) = [row for row in moved.audit if row.rule == "adoption_recoded"]
    assert (row.old, row.new, row.count) == ("2006", "2005", 180)
    groups = moved.estimates[moved.estimates["part"] == "group"]["term"]
    assert list(groups) == ["pilot, cohort 2004", "pilot, cohort 2005", "pilot, cohort 2009"]


def test_tables_show_what_is_told():
    result = told(staggered(31))
    asked = design(Adoption(year="adopted", **QUICK))
    effects = regression_table(
        TableSpec("T", (asked,), variants=("two_way_fixed_effects", "callaway_santanna")), result
    )
    labels = [row[0] for row in effects.rows]
    assert "pilot (att)" in labels
    assert not any("years" in label for label in labels)
    curves = curve_table("T", "", [asked], result, variants=["callaway_santanna"])
    at = result.curves[result.curves["variant"] == "callaway_santanna"]["at"]
    assert len(curves.rows) == len(at)
    checks = check_table("T", "", [asked], result, variants=["callaway_santanna"])
    assert {"pre trend", "pre trend power", "honest bounds"} == {row[2] for row in checks.rows}


def test_bands_hold_intervals_and_reference():
    curves = told(staggered(31)).curves
    assert (curves["band_low"] <= curves["ci_low"]).all()
    reference = curves[(curves["variant"] == "callaway_santanna") & (curves["at"] == -1)]
    assert reference[["effect", "std_error"]].to_numpy().tolist() == [[0.0, 0.0]]


def test_bacon_sums_to_the_row_of_the_fit():
    result = told(staggered(31))
    row = result.checks[result.checks["subject"] == "all comparisons"].iloc[0]
    fit = result.estimates[result.estimates["part"] == "effect"].iloc[0]
    assert row["value"] == pytest.approx(row["reference"], abs=1e-10)
    assert row["value"] == pytest.approx(fit["estimate"], abs=1e-9)


def test_amplification_is_told_apart_from_the_level():
    table = turned(5, level=1.0, slope=0.4)
    adoption = Adoption(year="adopted", amplifies=True, window=(-3, 4))
    result = told(table, adoption, treatment="d")
    rows = result.estimates[result.estimates["part"].isin(["slope", "level", "amplification"])]
    found = rows.set_index(["variant", "part"])["estimate"]
    assert found["two_way_fixed_effects", "slope"] == pytest.approx(0.5, abs=0.1)
    assert found["two_way_fixed_effects", "level"] == pytest.approx(1.0, abs=0.15)
    assert found["two_way_fixed_effects", "amplification"] == pytest.approx(0.4, abs=0.1)
    assert found["imputation", "amplification"] == pytest.approx(0.4, abs=0.1)
    assert any("different effects" in note for note in result.notes)
    assert set(result.curves["curve"]) == {"slope_event_study"}
    checks = result.checks["check"]
    assert {"slope_pre_trend", "slope_pre_trend_power", "level_pre_trend"} <= set(checks)
    by_policy = Adoption(policy="policy", amplifies=True, window=(-3, 4))
    same = told(table, by_policy, treatment="d").estimates
    np.testing.assert_allclose(same["estimate"], result.estimates["estimate"], atol=1e-12)


def test_a_policy_switched_off_again_is_named():
    table = panel_of(staggered(31))
    table.loc[(table["city"] == 4) & (table["year"] == 2011), "policy"] = 0.0
    asked = design(Adoption(policy="policy"), treatment="policy")
    with pytest.raises(SampleError, match=r"city 1105, year 2011.*switched off again"):
        estimate(table, [asked])


@pytest.mark.parametrize(
    ("value", "word"), [(2006.5, "2006.5"), (13.0, "13"), (2007.0, "2004 and 2007")]
)
def test_years_that_are_none_are_named(value, word):
    table = panel_of(staggered(31))
    place = (table["city"] == 0) & ((table["year"] == 2005) | (value != 2007.0))
    table.loc[place, "adopted"] = value
    with pytest.raises(SampleError, match=word):
        estimate(table, [design(Adoption(year="adopted"))])


def test_a_column_that_contradicts_the_years_is_named():
    table = panel_of(staggered(31)).assign(pilot=0.0)
    table.loc[0, "pilot"] = 1.0
    with pytest.raises(SampleError, match=r"pilot.*1 from the year of adoption on"):
        estimate(table, [design(Adoption(year="adopted"))])


def test_a_policy_that_is_no_policy_is_named():
    table = panel_of(staggered(31))
    table.loc[3, "policy"] = 0.5
    asked = design(Adoption(policy="policy"), treatment="policy")
    with pytest.raises(SampleError, match=r"0 and 1, found 0\.5"):
        estimate(table, [asked])


def notes_of(table: pd.DataFrame, **adoption) -> str:
    return "\n".join(told(table, Adoption(year="adopted", **QUICK, **adoption)).notes)


def test_one_cohort_is_said():
    notes = notes_of(staggered(31, cohorts=(2005.0, np.inf)))
    assert "one cohort adopts: there are no forbidden comparisons" in notes


def test_one_cohort_estimators_coincide():
    rows = told(staggered(31, cohorts=(2005.0, np.inf))).estimates
    att = rows[rows["part"].isin(["att", "effect"])].set_index("variant")["estimate"]
    assert att["sun_abraham"] == pytest.approx(att["callaway_santanna"], abs=1e-10)
    assert att["imputation"] == pytest.approx(att["two_way_fixed_effects"], abs=1e-10)


def test_no_never_treated_is_said():
    notes = notes_of(staggered(31, cohorts=(2004.0, 2006.0, 2009.0)))
    assert "no city never adopts" in notes
    assert "callaway_santanna not told" in notes
    assert "control = 'not_yet_treated'" in notes
    assert "compared with cohort 2009" in notes


def test_always_treated_late_adopters_and_gaps_are_counted():
    years = (2000, 2001, 2002, 2003, 2006, 2007, 2008)
    table = staggered(31, cohorts=(1995.0, 2000.0, 2005.0, 2020.0, np.inf), years=years)
    notes = notes_of(table)
    assert "24 always treated cities" in notes
    assert "12 cities adopted before 2000" in notes
    assert "12 cities adopt after 2008" in notes
    assert "no rows of 2004, 2005" in notes


def test_a_cohort_of_one_city_is_said():
    table = staggered(31)
    table.loc[table["city"] == 0, "g"] = 2008.0
    result = told(table)
    assert "cohort 2008 is one city" in "\n".join(result.notes)
    rows = result.estimates
    alone = rows[rows["term"] == "pilot, cohort 2008"].iloc[0]
    assert np.isnan(alone["std_error"])
    assert "no standard error" in alone["note"]


def test_everybody_in_the_first_year_is_refused():
    with pytest.raises(SampleError, match="a treatment that varies"):
        told(staggered(31, cohorts=(2000.0,)))


def test_everybody_in_one_later_year_is_refused():
    with pytest.raises(SampleError, match=r"nothing|none|determine"):
        told(staggered(31, cohorts=(2005.0,)))


WRONG = (
    ({}, {}, "neither"),
    ({"year": "g", "policy": "p"}, {}, "both"),
    ({"policy": "p"}, {}, "amplifies = true"),
    ({"year": "pilot"}, {}, "formed from the year"),
    ({"policy": "pilot", "amplifies": True}, {}, "as both"),
    ({"year": "g", "estimators": ("did2s",)}, {}, "did2s"),
    ({"year": "g", "estimators": ()}, {}, "estimators"),
    ({"year": "g", "anticipation": -1}, {}, "anticipation"),
    ({"year": "g", "window": (0, 5)}, {}, "window"),
    ({"year": "g", "relative": (-1.0,)}, {}, "relative"),
    ({"year": "g", "recode": ((2013, 2012), (2013, 2011))}, {}, "recode"),
    ({"year": "g"}, {"moderator": "m"}, "moderator"),
    ({"year": "g"}, {"instrument": "z"}, "instrument"),
    ({"year": "g", "covariates": ("y",)}, {}, "twice"),
)


@pytest.mark.parametrize(("adoption", "keys", "word"), WRONG)
def test_wrong_keys_are_named(adoption, keys, word):
    with pytest.raises(DesignError, match=word):
        design(Adoption(**adoption), **keys)


@pytest.mark.parametrize("anticipation", [0, 1])
@pytest.mark.parametrize("variant", ["callaway_santanna", "sun_abraham", "imputation"])
def test_every_year_of_a_curve_but_the_reference_is_a_row(variant, anticipation):
    adoption = Adoption(year="adopted", anticipation=anticipation, estimators=(variant,), **QUICK)
    found = told(staggered(31), adoption)
    rows = found.estimates[found.estimates["part"] == "event_study"]
    years = [float(one.split(", ")[1].split(" ")[0]) for one in rows["term"]]
    curve = list(found.curves["at"])
    reference = [-1.0 - anticipation] if variant == "callaway_santanna" else []
    assert years == [one for one in curve if one not in reference]
    assert 0.0 in years
    if variant == "imputation":
        assert -1.0 in years


def test_bounds_and_power_are_of_the_years_with_errors():
    """One city adopts earlier than the others: the last years rest on it alone."""
    table = staggered(31, cohorts=(2006.0, np.inf, np.inf))
    table.loc[table["city"] == 1, "g"] = 2003.0
    adoption = Adoption(year="adopted", window=(-3, 8), relative=(0.0,))
    wide = told(table, adoption)
    narrow = told(table, Adoption(year="adopted", window=(-3, 5), relative=(0.0,)))
    assert "without years +6, +7, +8" in "\n".join(wide.notes)
    names = ["check", "subject", "statistic", "value", "reference"]
    kinds = ["honest_bounds", "pre_trend_power"]
    both = [one.checks[one.checks["check"].isin(kinds)][names] for one in (wide, narrow)]
    pd.testing.assert_frame_equal(*(one.reset_index(drop=True) for one in both))
    notes = wide.checks[wide.checks["check"].isin(kinds)]["note"]
    assert notes[~notes.str.contains("least")].str.contains("of years 0 to 5 since adoption").all()


@pytest.mark.parametrize("control", ["never_treated", "not_yet_treated"])
def test_cities_that_react_before_adopting_after_the_end_are_no_controls(control):
    """The effect is nought; cities that adopt in 2012 rise by 5 in the sample's last year."""
    table = staggered(5, cohorts=(2005.0, 2012.0, np.inf), growing=0.0, effect=0.0, cities=240)
    table.loc[table["year"] == table["g"] - 1, "y"] += 5.0
    adoption = Adoption(year="adopted", anticipation=1, control=control, **QUICK)
    found = told(table, adoption)
    rows = found.estimates
    assert "80 cities adopt after 2011, but may react before" in "\n".join(found.notes)
    att = rows[rows["part"] == "att"].set_index("variant")["estimate"]
    assert att.abs().max() < 0.15
    reacting = rows[rows["term"] == "pilot, -1 years"].set_index("variant")["estimate"]
    assert reacting["callaway_santanna"] == pytest.approx(5.0, abs=0.3)
    assert reacting["imputation"] == pytest.approx(5.0, abs=0.3)
    without = told(table, Adoption(year="adopted", **QUICK)).notes
    assert "80 cities adopt after 2011: compared with" in "\n".join(without)


def test_a_missing_outcome_does_not_move_the_year_of_adoption():
    table = panel_of(staggered(31, cohorts=(2005.0, np.inf), growing=0.0))
    codes = sorted(table.loc[np.isfinite(table["g"]), "city_id"].unique())[:15]
    lacking = table["city_id"].isin(codes) & table["year"].isin([2005, 2006])
    table.loc[lacking, "y"] = np.nan
    by_year, by_policy = (
        estimate(table, [design(adoption, treatment=treatment)], workers=1)
        for adoption, treatment in (
            (Adoption(year="adopted", **QUICK), "pilot"),
            (Adoption(policy="policy", **QUICK), "policy"),
        )
    )
    np.testing.assert_array_equal(by_year.estimates["estimate"], by_policy.estimates["estimate"])
    groups = by_policy.estimates[by_policy.estimates["part"] == "group"]["term"]
    assert groups.to_list() == ["policy, cohort 2005"]
    told_of = f"15 cities ({', '.join(codes[:5])}, ...) without a row in the year of adoption"
    assert told_of in "\n".join(by_policy.notes)
    table.loc[(table["city_id"] == codes[0]) & (table["year"] == 2004), "y"] = np.nan
    notes = estimate(table, [design(Adoption(year="adopted", **QUICK))], workers=1).notes
    assert f"1 city ({codes[0]}) without a row in the last year before" in "\n".join(notes)


def test_a_policy_switched_off_where_there_is_no_outcome_is_named():
    table = panel_of(staggered(31))
    table.loc[(table["city"] == 4) & (table["year"] == 2011), ["policy", "y"]] = [0.0, np.nan]
    asked = design(Adoption(policy="policy"), treatment="policy")
    with pytest.raises(SampleError, match=r"city 1105, year 2011.*switched off again"):
        estimate(table, [asked])


def test_a_policy_unknown_before_its_first_year_is_audited():
    table = panel_of(staggered(31))
    table.loc[(table["city"] == 1) & table["year"].isin([2004, 2005]), "policy"] = np.nan
    asked = design(Adoption(policy="policy", **QUICK), treatment="policy")
    found = estimate(table, [asked], workers=1)
    (row,) = [row for row in found.audit if row.rule == "adoption_between"]
    assert "city 1102" in row.subject
    assert "0 in 2003, unknown then: read as adopted in 2006" in row.detail


def att_of(result) -> pd.DataFrame:
    rows = result.estimates
    return rows[rows["part"] == "att"].set_index("variant")


def test_covariates_without_a_part_are_named_and_not_claimed():
    """x is fixed in time: only Callaway and Sant'Anna's estimator can use it."""
    found = told(staggered(31), Adoption(year="adopted", covariates=("x",), **QUICK))
    controls = att_of(found)["controls"]
    assert controls["callaway_santanna"] == "x"
    assert controls["sun_abraham"] == controls["imputation"] == ""
    notes = "\n".join(found.notes)
    assert "sun_abraham: no part of x" in notes
    assert "imputation: no part of x" in notes
    assert "callaway_santanna: no part of" not in notes


def test_covariates_that_move_have_a_part():
    table = staggered(31).assign(z=np.random.default_rng(2).normal(size=720))
    table["z2"] = 2 * table["z"] + 1
    asked = Adoption(year="adopted", covariates=("z", "z2"), **QUICK)
    found = told(table, Adoption(year="adopted", covariates=("z",), **QUICK))
    assert set(att_of(found)["controls"]) == {"z"}
    notes = "\n".join(told(table, asked).notes)
    assert "sun_abraham: no part of z2" in notes
    assert "imputation: no part of z2" in notes
    assert "callaway_santanna not told" in notes
    assert "covariates are collinear" in notes


def test_covariates_that_tell_who_is_treated_are_the_reason_given():
    table = staggered(31)
    table["z"] = np.isfinite(table["g"]).astype(float) + 0.0 * table["x"]
    notes = "\n".join(told(table, Adoption(year="adopted", covariates=("z",), **QUICK)).notes)
    assert "callaway_santanna not told" in notes
    assert "covariates are collinear" in notes or "tells it exactly" in notes
    assert "widen the window" not in notes


def test_what_has_no_part_is_not_counted():
    """Five cities lack the year before adoption, one control has a single row."""
    whole = staggered(31, cohorts=(2005.0, np.inf), growing=0.0)
    lacking = whole["city"].isin([0, 2, 4, 6, 8]) & (whole["year"] == 2004)
    single = (whole["city"] == 1) & (whole["year"] != 2003)
    found = told(whole[~lacking & ~single])
    kept = whole[~whole["city"].isin([0, 1, 2, 4, 6, 8])]
    names = ["estimate", "std_error", "n", "n_clusters", "df"]
    ours = att_of(found)[names].loc["callaway_santanna"]
    pd.testing.assert_series_equal(ours, att_of(told(kept))[names].loc["callaway_santanna"])
    assert ours["n"] == 54 * 12
    assert (att_of(found)["n_clusters"][["sun_abraham", "imputation"]] == 59).all()
    assert (att_of(found)["n"][["sun_abraham", "imputation"]] == 59 * 12 - 5).all()
    notes = "\n".join(found.notes)
    assert "callaway_santanna: 6 cities have no part" in notes
    assert "sun_abraham: 1 city has no part" in notes
    assert "imputation: 1 city has no part" in notes


def test_the_power_of_the_joint_test_is_that_of_the_test_made():
    """Ten treated clusters and three years before: the test has 7 degrees of freedom, not 39."""
    at = np.array([-4.0, -3.0, -2.0, 0.0])
    influence = 0.1 * np.random.default_rng(1).normal(size=(40, 4))
    effects = Effects(np.zeros(4), influence, np.repeat(np.arange(40)[:, None] < 10, 4, axis=1))
    shared = About(design(Adoption(year="adopted")), "callaway_santanna", 480, "city")
    rows = power_rows(shared, effects, at, reference=-1.0)
    told_of = {(row.subject, row.statistic): row.value for row in rows}
    found = told_of["80 % power, joint test", "slope a year"]
    slopes = [
        detectable_trend(at, effects.covariance, at >= 0.0, reference=-1.0, power=0.8, joint=True,
                         df=df, seed=shared.design.seed).slope
        for df in (7.0, 39.0)
    ]  # fmt: skip
    assert found == pytest.approx(slopes[0], rel=1e-9)
    assert found > 1.05 * slopes[1]
    few = Effects(np.zeros(4), influence, np.repeat(np.arange(40)[:, None] < 3, 4, axis=1))
    subjects = {row.subject for row in power_rows(shared, few, at, reference=-1.0)}
    assert subjects == {"50 % power, single t tests", "80 % power, single t tests"}
