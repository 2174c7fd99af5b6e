from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from estimation.cross_fitting import Inquiry, cross_fit
from estimation.designs import Split
from estimation.dml import aggregate
from estimation.estimate import estimate
from estimation.learning import fold_fit
from estimation.learning.learn import FitCounts
from estimation.learning.learner_spec import learner_spec
from estimation.linear.fixed_effects import CITY
from estimation.linear.rows import linear_estimate
from estimation.problems.transforms import first_difference
from estimation.recommended import CAUTION
from estimation.samples.sample import build_sample
from estimation.vocabulary import DICTIONARIES, LINEAR, VARIANTS
from geo.errors import DesignError, SampleError
from tests.estimation.made_up import FAST, LINES, problem_of

RIDGE = {"learner": "ridge", "settings": (("alphas", (1.0,)),)}
WORDS = replace(FAST, name="words", variants=DICTIONARIES, **RIDGE)
ALONE = replace(FAST, name="without", controls=())
FEW = "15 clusters (city) are few for clustered standard errors"


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    """Every variant, on a panel with holes."""
    return every_variant(holes())


def every_variant(panel: pd.DataFrame) -> pd.DataFrame:
    rows = estimate(panel, [FAST, WORDS], workers=1).estimates
    rows = rows[(rows["design"] == "with") | (rows["variant"] != LINEAR)].set_index("variant")
    return rows.loc[list(VARIANTS)]


def holes() -> pd.DataFrame:
    """As the fixture ``unbalanced``, for what is estimated once for several tests."""
    rng = np.random.default_rng(5)
    city, (x1, x2, e, v) = rng.normal(size=(15, 1)), rng.normal(size=(4, 15, 6))
    d = city + 0.5 * x1 + v
    panel = pd.DataFrame(
        {
            "city_id": np.repeat([f"{1101 + i}" for i in range(15)], 6),
            "year": np.tile(np.arange(2011, 2017), 15),
            "n_units": 20,
            "gini": (0.5 * d + 2.0 * city + np.sin(x1) + 0.3 * x2 + e).ravel(),
            "uil": d.ravel(),
            "gdp": x1.ravel(),
            "loans": x2.ravel(),
        }
    )
    return panel[np.arange(90) % 7 != 3].sample(frac=1.0, random_state=2)


def test_every_variant_is_there_with_what_it_needs(table: pd.DataFrame) -> None:
    assert table["design"].tolist() == [*["with"] * 4, "words", "words", "with"]
    sample = build_sample(holes(), FAST)
    pairs = first_difference(sample).rows.size
    assert pairs < 77
    assert table["n"].tolist() == [77, pairs, 77, 77, pairs, 77, 77]
    assert table["n_clusters"].tolist() == [15] * 7
    assert table["se_type"].tolist() == ["robust", *["city"] * 5, "city, wild bootstrap"]
    assert table["df"].tolist() == [np.inf, *[14] * 6]
    assert table["repetitions"].tolist() == [1, 2, 2, 2, 2, 2, 0]
    assert table["folds"].tolist() == [*[3] * 6, 0]
    trees = "gradient_boosting(n_estimators=5)"
    assert table["learner"].tolist() == [*[trees] * 4, *["ridge(alphas=(1.0,))"] * 2, "linear"]
    assert set(table["recommended"]) == {""}  # not with boosting
    assert set(table["controls"]) == {"gdp;loans"}
    assert set(table["term"]) == {"uil"}
    assert set(table["part"]) == {"effect"}
    assert set(table["scaling"]) == {""}
    assert table["variation_of"].equals(table["design"])
    assert table["rmse_outcome"].isna().tolist() == [*[False] * 6, True]
    used = np.where(
        table["se_type"] == "robust", table["std_error_robust"], table["std_error_cluster"]
    )
    assert np.array_equal(table["std_error"], used)
    assert (table["std_error_robust"] != table["std_error_cluster"]).all()
    assert table["std_error_jackknife"].notna().all()
    assert table["p_value_wild"].notna().all()
    assert table["p_value_holm"].isna().all()
    assert set(table["family"]) == {1}
    assert "gaps not bridged" in table.loc["first_difference", "note"]
    assert "gaps not bridged" in table.loc["difference_dictionary", "note"]
    assert table["effects"].str.len().gt(0).all()


@pytest.mark.parametrize("variant", [name for name in VARIANTS if name != LINEAR])
def test_a_row_is_the_aggregate_of_its_repetitions(table: pd.DataFrame, variant: str) -> None:
    design = WORDS if variant in DICTIONARIES else FAST
    inquiry = Inquiry(
        problem_of(holes(), design, variant),
        learner_spec(design.learner, dict(design.settings)),
        folds=3,
        repetitions=1 if variant == "faithful" else 2,
        seed=20110,
        by_city=variant != "faithful",
    )
    (answer,), _ = cross_fit([inquiry], workers=1)
    expected = aggregate(answer.fits)
    row = table.loc[variant]
    assert row["estimate"] == expected.theta[0]
    assert row["std_error_cluster"] == expected.se_cluster[0]
    assert row["std_error_robust"] == expected.se_robust[0]
    assert row["std_error_jackknife"] == expected.se_jackknife[0]
    assert row["rmse_outcome"] == expected.rmse_outcome
    assert row["rmse_treatment"] == expected.rmse_terms[0]
    assert row["treatment_residual_variance"] == expected.residual_variance[0]
    each = [fit.theta[0] for fit in answer.fits]
    assert (row["lowest"], row["highest"]) == (min(each), max(each))


def test_the_linear_row_is_the_linear_fit(table: pd.DataFrame) -> None:
    fit = linear_estimate(build_sample(holes(), FAST), FAST).fit
    row = table.loc[LINEAR]
    assert row["estimate"] == row["lowest"] == row["highest"] == fit.theta[0]
    assert row["std_error"] == fit.std_errors(CITY)[0]


def test_without_controls_only_dummies_and_linear_effects_are_run(panel: pd.DataFrame) -> None:
    result = estimate(panel, [replace(ALONE, variants=VARIANTS)], workers=1)
    assert result.estimates["variant"].tolist() == ["faithful", LINEAR]
    assert result.estimates["controls"].tolist() == ["", ""]
    not_run, few = result.notes
    assert not_run.startswith("design 'without': first_difference, within, correlated_random_")
    assert "not run: without controls" in not_run
    assert "linear two-way fixed effects is shown instead" in not_run
    assert few == f"design 'without': {FEW}"


def test_any_number_of_workers_gives_the_same_bits(panel: pd.DataFrame) -> None:
    small = panel[panel["year"] < 2014]
    named = ("faithful", "first_difference", "within")
    designs = [replace(design, folds=2, variants=named) for design in (ALONE, FAST)]
    seen: list[tuple[int, int]] = []
    one = estimate(small, designs, workers=1, progress=lambda *done: seen.append(done))
    two = estimate(small, designs, workers=2)
    pd.testing.assert_frame_equal(one.estimates, two.estimates, check_exact=True)
    # 2 targets x 2 folds: once without controls, 1 + 2 + 2 times with them
    assert seen == [(done, 24) for done in range(1, 25)]
    assert one.fits == two.fits == FitCounts(asked=24, distinct=24, fitted=24)


def test_the_order_of_designs_does_not_matter_and_what_they_share_is_fitted_once(
    panel: pd.DataFrame,
) -> None:
    designs = [
        replace(FAST, variants=("faithful", "within")),
        replace(FAST, name="two ways", variants=("within",), cluster=("city", "year")),
        replace(FAST, name="five", variants=("faithful",), folds=5),
    ]
    forth, back = (estimate(panel, order, workers=1) for order in (designs, designs[::-1]))
    pd.testing.assert_frame_equal(
        forth.estimates.sort_values(["design", "variant"], ignore_index=True),
        back.estimates.sort_values(["design", "variant"], ignore_index=True),
        check_exact=True,
    )
    # faithful 2 x 3, within 2 x 3 x 2 (twice), faithful 2 x 5
    assert forth.fits == FitCounts(asked=6 + 12 + 12 + 10, distinct=28, fitted=28)
    assert back.fits == forth.fits
    rows = forth.estimates.set_index(["design", "variant"])
    assert rows.loc[("two ways", "within"), "estimate"] == rows.loc[("with", "within"), "estimate"]
    assert rows.loc[("two ways", "within"), "se_type"] == "city+year"
    assert rows.loc[("two ways", "within"), "n_clusters"] == 6
    assert rows.loc[("two ways", "within"), "df"] == 5


def test_designs_do_not_disturb_each_other_nor_the_panel(panel: pd.DataFrame) -> None:
    before = panel.copy()
    state = np.random.get_state()[1].tobytes()  # noqa: NPY002
    both = estimate(panel, [ALONE, FAST], workers=1)
    single = estimate(panel, [FAST], workers=1)
    rest = both.estimates[both.estimates["design"] == "with"].reset_index(drop=True)
    pd.testing.assert_frame_equal(rest, single.estimates, check_exact=True)
    pd.testing.assert_frame_equal(panel, before)
    assert np.random.get_state()[1].tobytes() == state  # noqa: NPY002


def test_the_order_of_the_panels_rows_does_not_matter(table: pd.DataFrame) -> None:
    ordered = holes().sort_values(["city_id", "year"])
    pd.testing.assert_frame_equal(table, every_variant(ordered), check_exact=True)


def test_the_seed_moves_the_folds(panel: pd.DataFrame) -> None:
    design = replace(FAST, variants=("within",))
    one = estimate(panel, [design], workers=1).estimates
    two = estimate(panel, [replace(design, seed=1)], workers=1).estimates
    assert one["variant"].tolist() == ["within", LINEAR]
    assert one["estimate"][0] != two["estimate"][0]
    assert one["estimate"][1] == two["estimate"][1]


def test_what_is_lost_is_audited(unbalanced: pd.DataFrame) -> None:
    design = replace(FAST, variants=("faithful", "first_difference", "within"))
    lone = unbalanced.iloc[[0]].assign(city_id="9901")
    result = estimate(pd.concat([unbalanced, lone]), [design], workers=1)
    counts = {(row.rule, row.subject): row.count for row in result.audit}
    years = unbalanced.sort_values(["city_id", "year"])
    jumps = years.groupby("city_id")["year"].diff()
    assert counts == {
        ("gaps_not_bridged", "design 'with', first_difference"): int((jumps > 1).sum()),
        ("cities_without_rows", "design 'with', first_difference"): 1,
        ("cities_without_rows", "design 'with', within"): 1,
    }
    assert result.estimates["n_clusters"].tolist() == [16, 15, 15, 15]
    assert "1 rows alone" in result.estimates["note"].iloc[-1]


def test_a_subsample_is_the_papers_own_only_in_the_papers_variant(panel: pd.DataFrame) -> None:
    design = replace(LINES, variants=("faithful", "within"), split=Split("uil", "high"))
    result = estimate(panel, [design], workers=1)
    assert result.estimates["n"].tolist() == [45, 42, 42]
    assert len(result.audit) == 2
    assert (
        result.notes[-1] == "design 'with': 7 clusters (city) are few for clustered standard errors"
    )
    only = estimate(panel, [replace(design, variants=("within",))], workers=1)
    assert only.estimates["n"].tolist() == [42, 42]
    (row,) = only.audit
    assert "city's value" in row.detail


def test_the_papers_variant_alone_needs_no_sample_of_the_others(panel: pd.DataFrame) -> None:
    """Nine cities have four above the median; of their city-years the high half is in more."""
    nine = panel[panel["city_id"] <= "1109"]
    design = replace(LINES, variants=("faithful",), split=Split("uil", "high"), folds=5)
    result = estimate(nine, [design], workers=1)
    assert result.estimates["variant"].tolist() == ["faithful"]
    assert result.estimates["n"].tolist() == [27]
    (row,) = result.audit
    assert "city-year's own value" in row.detail
    assert (
        "design 'with': linear two-way fixed effects not shown: expected at least as many cities "
        "as folds (5), found 4 cities"
    ) in result.notes
    with pytest.raises(SampleError, match=r"folds \(5\), found 4 cities"):
        estimate(nine, [replace(design, variants=("faithful", "within"))], workers=1)
    with_linear = estimate(nine, [replace(design, folds=4)], workers=1)
    assert with_linear.estimates["variant"].tolist() == ["faithful", LINEAR]


def test_collinear_controls_are_named_beside_the_linear_estimate(panel: pd.DataFrame) -> None:
    fixed = panel.assign(loans=panel["city_id"].astype("int64") % 4)
    table = estimate(fixed, [LINES], workers=1).estimates
    assert table["note"].iloc[-1] == "linear in the controls; collinear and left out: loans"


def test_a_subsample_of_three_cities_is_refused_or_said_to_be_small(panel: pd.DataFrame) -> None:
    small = panel[panel["city_id"].isin(["1103", "1104", "1105"])]
    with pytest.raises(SampleError, match=r"'with': expected .*folds \(5\), found 3 cities"):
        estimate(small, [replace(LINES, folds=5)], workers=1)
    result = estimate(small, [LINES], workers=1)
    assert "design 'with': 3 clusters (city) are few for clustered standard errors" in result.notes
    assert set(result.estimates["df"]) == {2}
    wide = result.estimates["ci_high"] - result.estimates["estimate"]
    assert (wide > 4 * result.estimates["std_error"]).all()  # t of two degrees: 4.30


def test_wrong_lists_of_designs_are_refused(panel: pd.DataFrame) -> None:
    with pytest.raises(DesignError, match="one or more designs"):
        estimate(panel, [])
    with pytest.raises(DesignError, match=r"'with'.*twice"):
        estimate(panel, [FAST, FAST])
    with pytest.raises(DesignError, match=r"column 'gdpp'.*'gdp'"):
        estimate(panel, [replace(FAST, controls=("gdpp",))])


def test_nothing_is_fitted_before_every_design_is_checked(
    panel: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fitted(*_: object, **__: object) -> None:
        raise AssertionError("fitted")

    monkeypatch.setattr(fold_fit, "make_learner", fitted)
    wrong = [
        replace(FAST, name="b", settings=(("n_estimators", -4),)),
        replace(FAST, name="b", settings=(("n_trees", 4),)),
        replace(FAST, name="b", cluster=("province",)),
        replace(FAST, name="b", folds=16),
        replace(FAST, name="b", years=(1999,)),
    ]
    for design in wrong:
        with pytest.raises((DesignError, SampleError)):
            estimate(panel, [FAST, design], workers=1)
    with pytest.raises(AssertionError, match="fitted"):
        estimate(panel, [FAST], workers=1)


def test_joint_treatments_have_a_row_each(panel: pd.DataFrame) -> None:
    design = replace(LINES, controls=("gdp",), joint=("loans",), variants=("within",))
    rows = estimate(panel, [design], workers=1).estimates
    assert rows["term"].tolist()[:2] == ["uil", "loans"]
    problem = problem_of(panel, design, "within")
    inquiry = Inquiry(
        problem, learner_spec("linear"), folds=3, repetitions=2, seed=20110, by_city=True
    )
    (answer,), _ = cross_fit([inquiry], workers=1)
    by_hand = [np.linalg.lstsq(one.V, one.u, rcond=None)[0].tolist() for one in answer.residuals]
    expected = np.median(by_hand, axis=0)
    assert rows["estimate"].to_numpy()[:2] == pytest.approx(expected, rel=1e-12)


def test_a_product_has_one_statistic_whatever_the_scale_of_the_moderator(
    panel: pd.DataFrame,
) -> None:
    design = replace(LINES, controls=("gdp",), moderator="loans", **RIDGE)
    rows = estimate(panel, [design], workers=1).estimates
    rows = rows[rows["variant"] != LINEAR].set_index(["variant", "scaling", "term"])
    for variant in design.variants:
        for term in ("uil", "uil x loans", "loans"):
            one, two = (rows.loc[(variant, name, term)] for name in ("centred", "min_max"))
            assert one["statistic"] == pytest.approx(two["statistic"], rel=1e-12)
            assert one["p_value"] == pytest.approx(two["p_value"], rel=1e-10)
            span = 1.0 if term == "uil" else np.ptp(panel["loans"])
            assert two["estimate"] == pytest.approx(span * one["estimate"], rel=1e-12)


def test_the_effect_is_found_where_every_assumption_holds() -> None:
    rng = np.random.default_rng(12)
    shape = (60, 8)
    city, x = rng.normal(size=(60, 1)), rng.normal(size=shape)
    d = city + x + rng.normal(size=shape)
    y = -0.3 * d + 3 * city + 2 * x + 0.5 * rng.normal(size=shape)
    panel = pd.DataFrame(
        {
            "city_id": np.repeat([f"{1101 + i}" for i in range(60)], 8),
            "year": np.tile(np.arange(2011, 2019), 60),
            "n_units": 9,
            "gini": y.ravel(),
            "uil": d.ravel(),
            "gdp": x.ravel(),
        }
    )
    design = replace(LINES, controls=("gdp",), folds=5, variants=VARIANTS)
    result = estimate(panel, [design], workers=1)
    table = result.estimates.set_index("variant")
    for variant in VARIANTS[1:]:
        assert abs(table.loc[variant, "estimate"] + 0.3) < 3 * table.loc[variant, "std_error"]
        assert table.loc[variant, "std_error"] < 0.05
    assert result.notes == ()  # 60 clusters are not few


def test_the_recommended_is_marked_and_cautioned_once(panel: pd.DataFrame) -> None:
    design = replace(LINES, learner="ridge", variants=("first_difference", "within"))
    result = estimate(panel, [design, replace(design, name="again")], workers=1)
    marks = result.estimates.groupby("variant")["recommended"].first()
    assert marks.to_dict() == {"first_difference": "recommended", "within": "", LINEAR: ""}
    assert result.notes.count(CAUTION) == 1
