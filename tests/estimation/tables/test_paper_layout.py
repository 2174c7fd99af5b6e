"""The paper's layout: Yu and Zhang's own tables from their published numbers, and what is added."""

from dataclasses import replace

import pytest

from estimation.designs import Design
from estimation.results import Estimate
from estimation.tables.how_estimated import error_text, learner_name, split_ratio
from estimation.tables.paper_layout import paper_table
from estimation.tables.result_table import ResultTable
from estimation.tables.table_columns import TableSpec, with_label
from tests.estimation.tables.test_regression_table import BEST, LINEAR, ROW, result

LABELS = {"uil": "UIL", "difi": "DIFI", "x": "GDP"}


def published(design: str, estimate: float, error: float, p: float, **more: object) -> Estimate:
    """A row as the paper's own run would have left it."""
    low, high = estimate - 1.96 * error, estimate + 1.96 * error
    return replace(
        ROW, design=design, variation_of=design, estimate=estimate, std_error=error, p_value=p,
        ci_low=low, ci_high=high, **more,  # type: ignore[arg-type]
    )  # fmt: skip


def made(designs: tuple[Design, ...], *rows: Estimate, **options: object) -> ResultTable:
    spec = TableSpec("Table", designs, labels=LABELS, uncertainty="standard_error", **options)  # type: ignore[arg-type]
    return paper_table(spec, result(*rows))


def test_table_2_as_it_was_published() -> None:
    plain, full = Design("no controls", "gini", "uil"), Design("all", "gini", "uil", ("x",))
    table = made(
        (plain, full),
        published("no controls", -0.262, 0.029, 0.0001, controls=""),
        published("all", -0.099, 0.035, 0.005),
        stars=True,
    )
    assert table.header == (("", "(1)", "(2)"),)
    assert table.rows == (
        ("UIL", "-0.262***", "-0.099***"),
        ("", "(0.029)", "(0.035)"),
        ("Control variables", "No", "Yes"),
        ("Fixed effect", "Yes", "Yes"),
        ("Sample size", "2783", "2783"),
    )
    assert "(1) no controls; (2) all" in table.notes
    assert "controls of (2): GDP" in table.notes
    assert any("robust to heteroskedasticity (253 cities" in note for note in table.notes)
    assert any("5 folds drawn at random, split once, seed 1" in note for note in table.notes)
    assert any(note.startswith("*, ** and ***: p below 0.10") for note in table.notes)


def test_table_3_has_its_own_split_and_algorithm() -> None:
    two = Design("1:5", "gini", "uil", ("x",)), Design("xgboost", "gini", "uil", ("x",))
    table = made(
        two,
        published("1:5", -0.097, 0.036, 0.007, folds=6),
        published("xgboost", -0.060, 0.027, 0.026, learner="xgboost(max_depth=2)"),
        stars=True,
    )
    rows = {row[0]: row[1:] for row in table.rows}
    assert rows["UIL"] == ("-0.097***", "-0.060**")
    assert rows["Split ratio"] == ("1:5", "1:4")
    assert rows["Algorithm"] == ("Gradient boosting", "XGBoost*")
    assert any("learner with settings (*)" in note for note in table.notes)


def test_table_6_has_a_column_for_each_scaling() -> None:
    design = Design("moderation", "gini", "uil", ("x",), moderator="difi")
    rows = [
        published("moderation", value, error, p, term=term, scaling=scaling)
        for scaling, figures in (
            ("centred", ((-0.137, 0.049, 0.005), (-0.002, 0.001, 0.03), (-0.002, 0.001, 0.004))),
            ("min_max", ((-0.139, 0.049, 0.005), (-0.565, 0.252, 0.03), (-0.509, 0.069, 0.0))),
        )
        for term, (value, error, p) in zip(("uil", "uil x difi", "difi"), figures, strict=True)
    ]
    table = made((design,), *rows, stars=True)
    assert table.header == (("", "(1)", "(2)"),)
    assert table.rows[:6] == (
        ("UIL", "-0.137***", "-0.139***"),
        ("", "(0.049)", "(0.049)"),
        ("UIL x DIFI", "-0.0020**", "-0.565**"),
        ("", "(0.0010)", "(0.252)"),
        ("DIFI", "-0.0020***", "-0.509***"),
        ("", "(0.0010)", "(0.069)"),
    )
    assert "(1) moderation, terms centred; (2) moderation, terms min_max" in table.notes


def test_stars_are_off_unless_asked_for_and_intervals_take_the_errors_place() -> None:
    design = Design("a", "gini", "uil", ("x",))
    assert made((design,), ROW).rows[0] == ("UIL", "-0.099")
    spec = TableSpec("Table", (design,), uncertainty="interval")
    table = paper_table(spec, result(ROW))
    assert table.rows[1] == ("", "[-0.168, -0.030]")
    assert any("in brackets 95 % intervals" in note for note in table.notes)
    both = paper_table(replace(spec, uncertainty="both"), result(ROW))
    assert [row[1] for row in both.rows[:3]] == ["-0.099", "(0.035)", "[-0.168, -0.030]"]
    assert not any("p below" in note for note in both.notes)


def test_nobody_sees_the_faithful_column_without_the_recommended_figure() -> None:
    table = made((Design("a", "gini", "uil", ("x",)),), ROW, BEST, LINEAR)
    assert table.header == (("", "(1)"),)
    assert "first_difference instead: (1) UIL -0.020 (0.010)" in table.notes


def test_variants_that_are_named_are_columns_with_numbers_of_their_own() -> None:
    design = Design("a", "gini", "uil", ("x",))
    named = ("faithful", "two_way_fixed_effects")
    table = made((design,), ROW, BEST, LINEAR, variants=named)
    rows = {row[0]: row[1:] for row in table.rows}
    assert table.header == (("", "(1)", "(2)"),)
    assert rows["Split ratio"] == ("1:4", "")
    assert rows["Algorithm"] == ("Gradient boosting", "Least squares")
    assert "(1) a, faithful; (2) a, two_way_fixed_effects" in table.notes
    assert any(note.startswith("(2): variant two_way_fixed_effects, no") for note in table.notes)


@pytest.mark.parametrize(
    ("effects", "told"),
    [
        (("city", "province^year"), {"Fixed effect": ("Yes",)}),
        (("city",), {"City fixed effects": ("Yes",), "Year fixed effects": ("No",)}),
        (("province",), {"City fixed effects": ("No",), "Year fixed effects": ("No",)}),
        ((), {"Fixed effect": ("No",)}),
    ],
)
def test_effects_of_linear_regressions_are_those_absorbed(
    effects: tuple[str, ...], told: dict[str, tuple[str, ...]]
) -> None:
    design = Design("a", "gini", "uil", ("x",), effects=effects, variants=(LINEAR.variant,))
    rows = {row[0]: row[1:] for row in made((design,), LINEAR).rows}
    assert {name: cells for name, cells in rows.items() if "ixed effect" in name} == told


def test_a_design_without_a_faithful_variant_shows_what_was_run() -> None:
    design = Design("a", "gini", "uil", ("x",), variants=("first_difference",))
    table = made((design,), BEST)
    assert table.rows[0] == ("UIL", "-0.020")
    assert any("20 times, the median told" in note for note in table.notes)


@pytest.mark.parametrize(
    ("term", "name"),
    [("uil", "UIL"), ("uil x difi", "UIL x DIFI"), ("uil, 2011-2015", "UIL, 2011-2015"),
     ("uil x difi, high, x", "UIL x DIFI, high, x"), ("other", "other")],
)  # fmt: skip
def test_labels_of_terms(term: str, name: str) -> None:
    assert with_label(term, LABELS) == name


@pytest.mark.parametrize(
    ("se_type", "text"),
    [("robust", "robust to heteroskedasticity"), ("city", "clustered by city"),
     ("city+year", "clustered by city and year"), ("AKM", "of Adao, Kolesar and Morales"),
     ("city, wild bootstrap", "clustered by city, wild bootstrap"),
     ("city bootstrap", "from draws of whole clusters (city)"),
     ("Driscoll-Kraay, lag 2", "of Driscoll and Kraay, lag 2")],
)  # fmt: skip
def test_errors_in_words(se_type: str, text: str) -> None:
    assert error_text(se_type) == text


def test_learners_and_splits_in_words() -> None:
    assert learner_name("lightgbm; lightgbm(num_leaves=7)") == "LightGBM*"
    assert (split_ratio(6), split_ratio(0)) == ("1:5", "")
