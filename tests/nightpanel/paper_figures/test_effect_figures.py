"""Forest plot, specification curve, heterogeneity: what is drawn is what the tables hold."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from estimation.results import Estimate
from estimation.tables.tidy import tidy_table
from nightpanel.paper_figures import forest
from nightpanel.paper_figures.drawn import Drawing, Drawn, Material, NotDrawn
from nightpanel.paper_figures.effects import own_effects, shown_variants, without_repeats
from nightpanel.paper_figures.forest import forest_plots, pairs
from nightpanel.paper_figures.heterogeneity import heterogeneity
from nightpanel.paper_figures.interval_rows import IntervalRow, in_figures, value_limits
from nightpanel.paper_figures.specification_curve import learner_name, specification_curves
from nightpanel.paper_figures.style import FAITHFUL, RECOMMENDED
from tests.nightpanel.paper_figures.made_up import estimate


def with_estimates(material: Material, rows: Sequence[Estimate]) -> Material:
    return replace(material, folder=replace(material.folder, estimates=tidy_table(rows, Estimate)))


def one(drawing: Drawing) -> Drawn:
    assert isinstance(drawing, tuple)
    (drawn,) = drawing
    return drawn


def test_own_effects_are_of_the_treatment_once_a_design_and_variant():
    rows = [
        estimate("d", "faithful", 0.1, scaling="centred"),
        estimate("d", "faithful", 0.1, scaling="min_max"),
        estimate("d", "faithful", 0.2, term="uil x finance", scaling="centred"),
        estimate("d", "faithful", 0.3, part="group", term="uil, 2019"),
        estimate("d", "first_difference", float("nan")),
        estimate("p", "imputation", 0.4, part="att"),
        estimate("p", "imputation", 0.5, part="att_dynamic"),
    ]
    found = own_effects(tidy_table(rows, Estimate))
    assert found[["design", "estimate"]].to_numpy().tolist() == [["d", 0.1], ["p", 0.4]]


def test_the_pair_stands_side_by_side_and_a_repeated_design_is_left_out(material: Material):
    assert material.folder.estimates is not None
    found = pairs(own_effects(material.folder.estimates), {})
    assert found[["design", "variant"]].to_numpy().tolist() == [
        ["main", "faithful"],
        ["main", "first_difference"],
        ["no controls", "faithful"],
    ]


def test_a_design_that_repeats_in_part_stays_whole():
    rows = [
        estimate("a", "faithful", 0.5),
        estimate("a", "first_difference", 0.1),
        estimate("b", "faithful", 0.5),
        estimate("b", "first_difference", 0.2),
    ]
    found = pairs(own_effects(tidy_table(rows, Estimate)), {})
    assert found["design"].tolist() == ["a", "a", "b", "b"]
    assert without_repeats(found)["design"].tolist() == ["a", "a", "b"]


def test_a_recommended_estimate_stands_with_the_faithful_one_of_the_same_question(
    material: Material,
):
    settings = [
        {"name": "main", "controls": ["a"], "learner": "xgboost", "folds": 5},
        {"name": "as recommended", "controls": ["a"], "learner": "ridge", "folds": 2},
        {"name": "less", "controls": [], "learner": "ridge", "folds": 5},
    ]
    rows = [
        estimate("main", "faithful", 0.5),
        estimate("as recommended", "first_difference", 0.1, recommended="recommended"),
        estimate("less", "first_difference", 0.2, recommended="recommended"),
    ]
    with_rows = with_estimates(material, rows)
    manifest = {"stages": {"estimates": {"designs": settings}}}
    folder = replace(with_rows.folder, manifest=manifest)
    drawn = one(forest_plots(replace(with_rows, folder=folder)))
    axes = drawn.figure.axes[0]
    assert [text.get_text() for text in axes.get_yticklabels()] == ["main", "less"]
    points = [line for line in axes.lines if len(line.get_xdata()) == 1]
    assert [float(point.get_xdata()[0]) for point in points] == [0.5, 0.1, 0.2]
    assert "'as recommended' stands with 'main', which asks the same of the data" in drawn.caption


def test_the_caption_says_how_errors_are_made(material: Material):
    rows = [
        estimate("a", "faithful", 0.5, se_type="robust"),
        estimate("a", "first_difference", 0.1, se_type="city"),
        estimate("b", "first_difference", 0.2, se_type="province"),
    ]
    caption = one(forest_plots(with_estimates(material, rows))).caption
    assert "standard errors: robust (faithful), city or province (first difference)." in caption


@pytest.mark.parametrize(
    ("run", "shown"),
    [
        (["within", "first_difference", "faithful"], ("faithful", "first_difference")),
        (["within", "faithful"], ("faithful",)),
        (["two_way_fixed_effects", "within"], ("two_way_fixed_effects",)),
        (["within", "within_dictionary"], ("within", "within_dictionary")),
    ],
)
def test_which_variants_stand_side_by_side(run: list[str], shown: tuple[str, ...]):
    rows = [estimate("d", variant, 0.1) for variant in run]
    assert shown_variants(tidy_table(rows, Estimate)) == shown


def test_the_forest_has_each_estimate_with_its_interval(material: Material):
    axes = one(forest_plots(material)).figure.axes[0]
    points = [line for line in axes.lines if len(line.get_xdata()) == 1]
    assert [float(point.get_xdata()[0]) for point in points] == [0.5, 0.1, 0.7]
    assert [point.get_color() for point in points] == [FAITHFUL, RECOMMENDED, FAITHFUL]
    assert all(point.get_markerfacecolor() == point.get_color() for point in points)
    ends = [bars.get_segments()[0][:, 0].tolist() for bars in axes.collections]
    assert np.array(ends) == pytest.approx(np.array([[0.4, 0.6], [0.0, 0.2], [0.6, 0.8]]))
    places = [float(point.get_ydata()[0]) for point in points]
    assert places == sorted(places)
    assert [text.get_text() for text in axes.get_yticklabels()] == ["main", "no controls"]
    assert axes.texts[0].get_text() == "0.500 [0.400, 0.600]"


def test_another_learner_than_the_recommended_one_is_seen(material: Material):
    rows = [
        estimate("a", "first_difference", 0.2, recommended="recommended"),
        estimate("b", "first_difference", 0.1),
    ]
    axes = one(forest_plots(with_estimates(material, rows))).figure.axes[0]
    first, second = (line for line in axes.lines if len(line.get_xdata()) == 1)
    assert first.get_markerfacecolor() == RECOMMENDED
    assert second.get_markerfacecolor() == "white"
    legend = axes.get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == [
        "first difference: recommended",
        "first difference, other learner than recommended",
    ]


def test_each_outcome_and_treatment_has_its_own_axis(material: Material):
    rows = [
        estimate("a", "faithful", 0.2),
        estimate("b", "faithful", 200.0, outcome="theil"),
        estimate("c", "faithful", 0.3, treatment="theta", term="theta"),
    ]
    drawing = forest_plots(with_estimates(material, rows))
    assert isinstance(drawing, tuple)
    labels = [drawn.figure.axes[0].get_xlabel() for drawn in drawing]
    assert [label.removesuffix(", 95 % interval") for label in labels] == [
        "Effect of uil on gini",
        "Effect of uil on theil",
        "Effect of theta on gini",
    ]


def test_many_designs_fill_several_pages_evenly(material: Material):
    number = forest.LINES_A_PAGE * 2 + 1
    rows = [estimate(f"d{k}", "faithful", 0.1 + k / 1000) for k in range(number)]
    drawing = forest_plots(with_estimates(material, rows))
    assert isinstance(drawing, tuple)
    shown = [len(drawn.figure.axes[0].get_yticks()) for drawn in drawing]
    assert len(shown) == 3
    assert sum(shown) == number
    assert max(shown) - min(shown) <= 1


def row(value: float, low: float, high: float, error: float = 0.05) -> IntervalRow:
    return IntervalRow(0.0, value, low, high, error, "black", "o", filled=True)


def test_limits_hold_zero_and_every_interval():
    left, right = value_limits([row(0.5, 0.4, 0.6), row(0.8, 0.7, 0.9)])
    assert -0.1 < left < 0.0
    assert 0.9 < right < 1.0


@given(st.lists(st.tuples(st.floats(-1e6, 1e6), st.floats(0, 1e6) | st.just(np.inf)), min_size=1))
def test_every_estimate_is_in_view(found: list[tuple[float, float]]):
    rows = [row(value, value - half, value + half) for value, half in found]
    left, right = value_limits(rows)
    assert np.isfinite([left, right]).all()
    assert left < 0.0 < right
    assert all(left <= value <= right for value, _ in found)


def test_an_interval_without_an_end_or_out_of_proportion_is_cut():
    rows = [row(0.5, 0.4, 0.6), row(0.6, 0.5, 0.7), row(0.4, -np.inf, 0.5), row(0.5, -40.0, 40.0)]
    left, right = value_limits(rows)
    assert np.isfinite([left, right]).all()
    assert -2.0 < left < 0.0
    assert 0.7 < right < 3.0


def test_an_estimate_without_an_interval_is_drawn(material: Material):
    nan = float("nan")
    rows = [estimate("a", "faithful", 0.2, ci_low=nan, ci_high=nan, std_error=nan)]
    axes = one(forest_plots(with_estimates(material, rows))).figure.axes[0]
    assert [text.get_text() for text in axes.texts] == ["0.200"]


def test_figures_are_as_many_as_the_error_is_worth():
    assert in_figures(row(-0.01234, -0.02, 0.1, 0.05)) == "−0.012 [−0.020, 0.100]"
    assert in_figures(row(0.01234, 0.01, 0.02, 0.0005)) == "0.01234 [0.01000, 0.02000]"
    assert in_figures(row(1.0, -np.inf, 2.0)) == "1.000 […, 2.000]"
    assert in_figures(row(-0.0001, -0.2, 0.2, 0.1)) == "0.000 [−0.200, 0.200]"
    assert in_figures(row(-0.5, float("nan"), float("nan"), 0.1)) == "−0.500"


def test_the_effect_of_a_design_with_a_moderator_is_said_to_be_at_its_mean(material: Material):
    rows = [
        estimate("a", "faithful", 0.1),
        estimate("b", "faithful", 0.2, scaling="centred"),
        estimate("c", "faithful", 0.3),
    ]
    table = with_estimates(material, rows)
    said = "The effect of 'b' is that at the moderator's mean. "
    assert said in one(forest_plots(table)).caption
    assert said in one(specification_curves(table)).caption
    assert "moderator" not in one(forest_plots(with_estimates(material, rows[:1]))).caption


def test_the_specification_curve_is_in_order_and_knows_each_choice(material: Material):
    drawn = one(specification_curves(material))
    upper, lower = drawn.figure.axes
    points = [line for line in upper.lines if len(line.get_xdata()) == 1]
    assert [float(point.get_ydata()[0]) for point in points] == [0.1, 0.2, 0.5, 0.7]
    assert [text.get_text() for text in lower.get_yticklabels()] == [
        "first difference", "two-way fixed effects", "faithful",
        "Ridge", "Least squares", "none", "5", "none", "2", "main", "no controls",
    ]  # fmt: skip
    marks = [
        [float(segment[0][0]) for segment in bars.get_segments()] for bars in lower.collections
    ]
    assert marks == [
        [0], [1], [2, 3], [0, 2, 3], [1], [1], [0, 2, 3], [3], [0, 1, 2], [0, 1, 2], [3],
    ]  # fmt: skip
    assert "3 intervals lie above zero, 0 below" in drawn.caption


def test_two_estimates_are_no_curve(material: Material):
    rows = [estimate("a", "faithful", 0.1), estimate("b", "faithful", 0.2)]
    found = specification_curves(with_estimates(material, rows))
    assert found == NotDrawn("fewer than 3 specifications of one effect")


@pytest.mark.parametrize(
    ("learner", "name"),
    [
        ("ridge(alpha=1.0)", "Ridge"),
        ("gradient_boosting", "Gradient boosting"),
        ("", ""),
        ("lightgbm; lightgbm(num_leaves=7)", "LightGBM"),
        ("my_own(x=1)", "my own"),
    ],
)
def test_learners_are_named_without_their_settings(learner: str, name: str):
    assert learner_name(learner) == name


def test_groups_stand_below_their_design_with_the_test_of_their_difference(material: Material):
    drawn = one(heterogeneity(material))
    axes = drawn.figure.axes[0]
    assert [text.get_text() for text in axes.get_yticklabels()] == [
        "by period", "2019-2020", "2021",
    ]  # fmt: skip
    points = [line for line in axes.lines if len(line.get_xdata()) == 1]
    assert [float(point.get_xdata()[0]) for point in points] == [0.4, 0.6]
    assert "by period, faithful: p < 0.001" in drawn.caption


def test_cohorts_of_a_staggered_adoption_are_no_groups(material: Material):
    rows = [estimate("p", "callaway_santanna", 0.1, part="group", term="2012")]
    found = heterogeneity(with_estimates(material, rows))
    assert found == NotDrawn("no design with groups")
