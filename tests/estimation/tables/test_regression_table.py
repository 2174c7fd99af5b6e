"""Tables of a paper over tidy tables that are written down by hand."""

from dataclasses import replace

import numpy as np
import pytest

from estimation.designs import Design, Split
from estimation.estimate import EstimationResult
from estimation.learning.learn import FitCounts
from estimation.results import Check, CurvePoint, Estimate, TunedLearner
from estimation.samples.sample import Sample
from estimation.tables.check_table import check_table
from estimation.tables.curve_table import curve_table
from estimation.tables.descriptives import descriptive_result
from estimation.tables.numbers import decimals
from estimation.tables.regression_table import regression_table
from estimation.tables.result_table import NOTE, numbered
from estimation.tables.table_columns import TableSpec, shown_variants
from estimation.tables.tidy import tidy_table
from geo.audit import AuditRow

NAN = float("nan")

ROW = Estimate(
    design="a", variation_of="a", variant="faithful", part="effect", term="uil", scaling="",
    estimate=-0.0991, std_error=0.0351, statistic=-2.82, p_value=0.004, ci_low=-0.168,
    ci_high=-0.030, n=2783, n_clusters=253, se_type="robust", df=np.inf, std_error_robust=0.0351,
    std_error_cluster=0.05, std_error_jackknife=NAN, p_value_wild=NAN, ci_low_wild=NAN,
    ci_high_wild=NAN, p_value_holm=NAN, family=1, lowest=-0.0991, highest=-0.0991,
    learner="gradient_boosting", folds=5, repetitions=1, seed=1, rmse_outcome=0.05,
    rmse_treatment=0.04, treatment_residual_variance=0.0016, outcome="gini", treatment="uil",
    controls="x", effects="city and year dummies among the features", recommended="", note="",
)  # fmt: skip
BEST = replace(
    ROW, variant="first_difference", estimate=-0.02, std_error=0.01, p_value=0.03, n=2530,
    se_type="city", repetitions=20, lowest=-0.03, highest=-0.01, recommended="recommended",
    effects="city effects differenced out",
)  # fmt: skip
LINEAR = replace(
    ROW, variant="two_way_fixed_effects", learner="linear", folds=0, repetitions=0,
    rmse_outcome=NAN, rmse_treatment=NAN, effects="absorbed",
)  # fmt: skip
A, B = Design("a", "gini", "uil", controls=("x",)), Design("b", "gini", "uil")


def result(
    *rows: Estimate,
    checks: tuple[Check, ...] = (),
    notes: tuple[str, ...] = (),
    audit: tuple[AuditRow, ...] = (),
) -> EstimationResult:
    return EstimationResult(
        estimates=tidy_table(rows, Estimate),
        checks=tidy_table(checks, Check),
        curves=tidy_table([], CurvePoint),
        tuning=tidy_table([], TunedLearner),
        notes=notes,
        audit=audit,
        fits=FitCounts(0, 0, 0),
    )


def table_of(made: EstimationResult, *designs: Design, **options: object) -> dict[str, list[str]]:
    spec = TableSpec("Table 2", tuple(designs), **options)  # type: ignore[arg-type]
    return {row[0]: list(row[1:]) for row in regression_table(spec, made).rows}


def test_each_design_has_its_faithful_and_its_recommended_column() -> None:
    made = result(ROW, BEST, LINEAR, replace(ROW, design="b"), replace(LINEAR, design="b"))
    table = regression_table(TableSpec("Table 2", (A, B)), made)
    assert table.header == (
        ("", "(1)", "(1)", "(2)", "(2)"),
        ("", "a", "a", "b", "b"),
        ("", "faithful", "first_difference", "faithful", "two_way_fixed_effects"),
    )
    rows = {row[0]: row[1:] for row in table.rows}
    assert rows["uil"][:2] == ("-0.099", "-0.020")
    assert rows["  standard error"][:2] == ("(0.035)", "(0.010)")
    assert rows["  95 % interval"][0] == "[-0.168, -0.030]"
    assert rows["  over repetitions"] == ("", "[-0.030, -0.010]", "", "")
    assert rows["N"] == ("2783", "2530", "2783", "2783")
    assert rows["Folds"] == ("5 random", "5 of cities", "5 random", "")
    assert rows["City effects"] == ("dummies", "differenced", "dummies", "absorbed")
    assert rows["Recommended"] == ("", "recommended", "", "")
    assert rows["RMSE of outcome"] == ("0.05", "0.05", "0.05", "")
    assert "  truth" not in rows
    assert "  wild bootstrap p" not in rows


def test_what_variants_are_shown() -> None:
    estimates = result(ROW, BEST, LINEAR).estimates
    assert shown_variants(estimates, []) == ["faithful", "first_difference"]
    assert shown_variants(estimates, ["two_way_fixed_effects", "within"]) == [
        "two_way_fixed_effects"
    ]
    assert shown_variants(result(BEST, LINEAR).estimates, []) == ["first_difference"]
    assert shown_variants(result(LINEAR).estimates, []) == ["two_way_fixed_effects"]


def test_holm_is_over_the_table_and_within_a_variant() -> None:
    rows = [
        replace(one, design=name, p_value=p)
        for one, ps in ((ROW, (0.01, 0.04)), (BEST, (0.03, 0.02)))
        for name, p in zip("ab", ps, strict=True)
    ]
    told = table_of(result(*rows), A, B)
    # columns: a faithful, a difference, b faithful, b difference
    assert told["  Holm's p"] == ["0.020", "0.040", "0.040", "0.040"]
    assert "  Holm's p" not in table_of(result(ROW, BEST), A)


def test_a_learner_with_settings_is_marked_and_its_settings_stand_below() -> None:
    text = "xgboost(max_depth=2)"
    tuned = "lightgbm; lightgbm(num_leaves=7)"
    made = result(
        replace(ROW, learner=text),
        replace(BEST, learner=text),
        replace(ROW, design="b"),
        replace(BEST, design="b", learner=tuned),
    )
    assert table_of(made, A, B)["Learner"] == [
        "xgboost*", "xgboost*", "gradient_boosting", "lightgbm*",
    ]  # fmt: skip
    notes = regression_table(TableSpec("Table 2", (A, B)), made).notes
    assert [note for note in notes if "settings" in note] == [
        f"(1): learner with settings (*), faithful, first_difference: {text}",
        f"(2): learner with settings (*), first_difference: {tuned}",
    ]


def moderated() -> list[Estimate]:
    names = (("uil", 0.01), ("uil x difi", 0.02), ("difi", 0.001))
    return [
        replace(ROW, term=term, scaling=scaling, p_value=p, estimate=factor * 0.5)
        for scaling, factor in (("centred", 1), ("min_max", 300))
        for term, p in names
    ]


def test_scalings_stand_beside_each_other_and_count_once_in_the_family() -> None:
    design = replace(A, moderator="difi")
    table = regression_table(TableSpec("Table 6", (design,)), result(*moderated()))
    assert table.header[2] == ("", "faithful, centred", "faithful, min_max")
    labels = [row[0] for row in table.rows]
    assert [label for label in labels if label.startswith(("uil", "difi"))] == [
        "uil", "uil x difi", "difi",
    ]  # fmt: skip
    corrected = [row[1:] for row in table.rows if row[0] == "  Holm's p"]
    assert corrected == [("0.020", "0.020"), ("0.020", "0.020")]
    assert any("2 (faithful) tests" in note for note in table.notes)


def test_other_parts_are_rows_of_their_own_in_the_first_column_of_a_variant() -> None:
    group = replace(ROW, part="group", term="uil, low", estimate=0.7)
    table = regression_table(
        TableSpec("Table 6", (replace(A, moderator="difi"),)), result(*moderated(), group)
    )
    (row,) = [row for row in table.rows if row[0] == "uil, low (group)"]
    assert row[1:] == ("0.700", "")


def test_stars_only_where_asked() -> None:
    rows = [replace(ROW, design=d, p_value=p) for d, p in (("a", 0.004), ("b", 0.2))]
    assert table_of(result(*rows), A, B)["uil"] == ["-0.099", "-0.099"]
    assert table_of(result(*rows), A, B, stars=True)["uil"] == ["-0.099***", "-0.099"]


def test_truth_is_of_design_variant_and_term() -> None:
    table = regression_table(
        TableSpec("T", (A,)), result(ROW, BEST), truth={("a", "first_difference", "uil"): -0.1}
    )
    assert ("  truth", "", "-0.100") in table.rows


def test_notes_tell_failures_of_the_columns_shown_alone() -> None:
    table = regression_table(
        TableSpec("Table 2", (A, B)),
        result(
            ROW, BEST, replace(ROW, design="b"),
            checks=(
                Check("a", "faithful", "placebo", "uil", "t", 2.0, NAN, 0.012, "failed", ""),
                Check("a", "within", "placebo", "uil", "t", 2.0, NAN, 0.5, "passed", ""),
                Check("a", "faithful", "influence", "1101", "moved by", 2.0, NAN, NAN, "", ""),
            ),
            notes=(
                "design 'a', faithful: city effects are NOT controlled: ...",
                "design 'a', within: city effects are NOT controlled: hidden",
                "design 'a', faithful, uil, kind = b: WARNING: only 6 clusters in this group",
                "design 'a', within, uil, kind = b: WARNING: only 6 clusters, hidden",
                "design 'b': within not run",
                "design 'ab': another design",
            ),
            audit=(
                AuditRow("designs", "excluded_cities", "design 'a'", "12 left out", 12),
                AuditRow("designs", "excluded_cities", "design 'b'", "12 left out", 12),
                AuditRow("designs", "cities_without_rows", "design 'a', within", "hidden", 1),
                AuditRow("designs", "cities_without_rows", "design 'a', first_difference", "3", 3),
            ),
        ),
    )  # fmt: skip
    assert table.notes[:6] == (
        "(1): faithful: city effects are NOT controlled: ...",
        "(1): faithful, uil, kind = b: WARNING: only 6 clusters in this group",
        "12 left out",
        "(1): first_difference: 3",
        "(1): faithful: placebo, uil: t 2, p = 0.012, failed",
        "(2): within not run",
    )
    assert not any("hidden" in note or "another" in note for note in table.notes)
    assert table.notes[-1] == (
        "Specifications estimated in the whole study: 3 (2 designs in their variants), with 2 "
        "different effects"
    )


def test_notes_say_which_variables_are_winsorised_and_how_a_split_cuts() -> None:
    design = replace(
        A, winsorise=(0.01, 0.99), split=Split("uil", "high"), years=(2018, 2019, 2020)
    )
    notes = regression_table(TableSpec("T", (design,)), result(ROW)).notes
    assert "(1): winsorised at 1 % and 99 % of the pooled sample: every variable (faithful), " in (
        f"{notes[0]} "
    )
    assert "outcome and treatments alone" in notes[0]
    assert "of city-years (faithful), of cities by their value in their first year" in notes[1]
    assert notes[2] == "(1): years 2018-2020"


def test_the_notes_go_with_every_copy() -> None:
    table = regression_table(TableSpec("Table 2", (A,)), result(ROW, BEST))
    frame = table.frame()
    assert list(frame.columns) == ["", "(1) a faithful", "(1) a first_difference"]
    noted = frame[frame[""] == NOTE]
    assert noted.iloc[:, 1].tolist() == list(table.notes)
    assert len(frame) == len(table.rows) + len(table.notes)


def test_checks_are_rows_and_their_meaning_stands_once() -> None:
    shown = Check("a", "faithful", "fake_timing", "uil", "moved", 2.0, NAN, 1e-9, "failed", "why")
    table = check_table(
        "Checks",
        "",
        (A, B),
        result(
            ROW, BEST, replace(ROW, design="b"),
            checks=(
                shown, replace(shown, p_value=NAN, verdict=""), replace(shown, variant="within"),
            ),
        ),
    )  # fmt: skip
    assert table.rows == (
        ("a", "faithful", "fake timing", "uil", "moved", "2", "< 0.001", "failed"),
        ("a", "faithful", "fake timing", "uil", "moved", "2", "", ""),
    )
    assert table.notes == ("fake timing, moved: why", "b: no checks")


def test_a_curve_has_every_third_point_with_interval_and_band() -> None:
    points = [
        CurvePoint("a", "faithful", "cate", "uil", "difi", at, at / 100, 0.05, 0.1, 0.2, 0.0, 0.3)
        for at in (10.0, 20.0, 30.0, 40.0)
    ]
    made = replace(result(ROW, replace(ROW, design="b")), curves=tidy_table(points, CurvePoint))
    table = curve_table("Curves", "", (A, B), made)
    assert table.rows == (
        ("a, faithful", "10", "0.100", "(0.050)", "[0.100, 0.200]", "[0.000, 0.300]"),
        ("a, faithful", "40", "0.400", "(0.050)", "[0.100, 0.200]", "[0.000, 0.300]"),
    )
    assert table.notes[:2] == ("a, faithful: along difi, any smooth shape", "b: no curve")


def test_table_1_is_of_the_sample() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(6, 1))
    sample = Sample(
        outcome=np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.6]),
        treatment=np.full(6, 2.0),
        controls=x,
        control_names=("x",),
        city=np.array([0, 0, 0, 1, 1, 1]),
        year=np.array([2018, 2019, 2020] * 2),
        cities=("1101", "1201"),
        audit=(AuditRow("designs", "incomplete_rows", "design 'a'", "2 left out", 2),),
        others=np.arange(6.0)[:, None],
        other_names=("m",),
    )
    table = descriptive_result("Table 1", "", replace(A, moderator="m"), sample)
    assert table.header == (("Type", "Variable", "Obs", "Mean", "Std.", "Min", "Max"),)
    assert table.rows[0] == ("Explained variable", "gini", "6", "0.350", "0.187", "0.100", "0.600")
    assert table.rows[1][2:] == ("6", "2.000", "0.000", "2.000", "2.000")
    assert table.rows[2][3] == f"{x.mean():.3f}"
    assert table.rows[3] == ("Moderator variable", "m", "6", "2.500", "1.871", "0.000", "5.000")
    assert table.notes == ("sample of a: 6 city-years of 2 cities, 2018-2020", "2 left out")


@pytest.mark.parametrize(
    ("error", "places"), [(0.035, 3), (0.0071, 4), (12.0, 3), (1e-12, 9), (NAN, 3), (0.0, 3)]
)
def test_decimals(error: float, places: int) -> None:
    assert decimals(error) == places


@pytest.mark.parametrize(
    ("places", "text"), [([0], "(1)"), ([0, 1, 2], "(1)-(3)"), ([0, 2, 3, 6], "(1), (3)-(4), (7)")]
)
def test_numbered(places: list[int], text: str) -> None:
    assert numbered(places) == text
