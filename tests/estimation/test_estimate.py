from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import GradientBoostingRegressor
from sklearn.linear_model import LinearRegression

from estimation.designs import VARIANTS, Design
from estimation.dml import aggregate, fit_repetition
from estimation.estimate import estimate
from estimation.fixed_effects import two_way_fixed_effects
from estimation.folds import city_folds, learner_seed, random_folds
from estimation.sample import build_sample
from estimation.transforms import faithful, first_difference, within
from geo.errors import DesignError, SampleError

FAST = Design("with", "gini", "uil", controls=("gdp", "loans"), folds=3, repetitions=2)
ALONE = replace(FAST, name="without", controls=())


def few_trees(name: str, *, seed: int) -> GradientBoostingRegressor:
    assert name == "gradient_boosting"
    return GradientBoostingRegressor(n_estimators=5, random_state=seed)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """A learner of five trees, for what is run in this process."""
    monkeypatch.setattr("estimation.estimate.make_learner", few_trees)


@pytest.fixture
def table(unbalanced: pd.DataFrame, quick: None) -> pd.DataFrame:  # noqa: ARG001
    return estimate(unbalanced, [FAST], workers=1).estimates.set_index("variant")


def test_every_variant_is_there_with_what_it_needs(
    table: pd.DataFrame, unbalanced: pd.DataFrame
) -> None:
    assert tuple(table.index) == VARIANTS
    assert table["n"].tolist() == [
        77,
        first_difference(build_sample(unbalanced, FAST)).y.size,
        77,
        77,
    ]
    assert table["n_clusters"].tolist() == [15, 15, 15, 15]
    assert table["se_type"].tolist() == ["robust", "city", "city", "city"]
    assert table["repetitions"].tolist() == [1, 2, 2, 0]
    assert table["folds"].tolist() == [3, 3, 3, 0]
    assert table["learner"].tolist() == ["gradient_boosting"] * 3 + ["linear"]
    assert table["recommended"].tolist() == ["", "provisional", "", ""]
    assert set(table["controls"]) == {"gdp;loans"}
    assert set(table["term"]) == {"uil"}
    assert table["rmse_outcome"].isna().tolist() == [False, False, False, True]
    used = np.where(
        table["se_type"] == "robust", table["std_error_robust"], table["std_error_city"]
    )
    assert np.array_equal(table["std_error"], used)
    assert (table["std_error_robust"] != table["std_error_city"]).all()
    assert "provisionally recommended" in table.loc["first_difference", "note"]
    assert "gaps not bridged" in table.loc["first_difference", "note"]
    assert "2 repetitions from" in table.loc["within", "note"]


@pytest.mark.parametrize("variant", VARIANTS[:3])
def test_a_row_is_the_aggregate_of_its_repetitions(
    table: pd.DataFrame, unbalanced: pd.DataFrame, variant: str
) -> None:
    transform = {"faithful": faithful, "first_difference": first_difference, "within": within}
    data = transform[variant](build_sample(unbalanced, FAST))
    fits = []
    for repetition in range(1 if variant == "faithful" else 2):
        where = {"folds": 3, "seed": 20110, "repetition": repetition}
        if variant == "faithful":
            folds = random_folds(data.y.size, **where)
        else:
            folds = city_folds(data.clusters, **where)
        learner = few_trees("gradient_boosting", seed=learner_seed(20110, repetition=repetition))
        fits.append(fit_repetition(data, folds=folds, learner=learner))
    expected = aggregate(fits)
    assert table.loc[variant, "estimate"] == expected.theta
    assert table.loc[variant, "std_error_city"] == expected.se_city
    assert table.loc[variant, "std_error_robust"] == expected.se_robust


def test_the_linear_row_is_the_linear_fit(table: pd.DataFrame, unbalanced: pd.DataFrame) -> None:
    fit = two_way_fixed_effects(build_sample(unbalanced, FAST))
    assert table.loc["two_way_fixed_effects", "estimate"] == fit.theta
    assert table.loc["two_way_fixed_effects", "std_error"] == fit.se_city


@pytest.mark.usefixtures("quick")
def test_without_controls_only_dummies_and_linear_effects_are_run(panel: pd.DataFrame) -> None:
    result = estimate(panel, [ALONE], workers=1)
    assert result.estimates["variant"].tolist() == ["faithful", "two_way_fixed_effects"]
    assert result.estimates["controls"].tolist() == ["", ""]
    assert len(result.notes) == 1
    assert "'without': first_difference and within not run" in result.notes[0]
    assert "linear two-way fixed effects is shown instead" in result.notes[0]


def test_any_number_of_workers_gives_the_same_bits(panel: pd.DataFrame) -> None:
    small = panel[panel["year"] < 2014]
    designs = [replace(design, folds=2) for design in (ALONE, FAST)]
    seen: list[tuple[int, int]] = []
    one = estimate(small, designs, workers=1, progress=lambda *done: seen.append(done))
    two = estimate(small, designs, workers=2)
    pd.testing.assert_frame_equal(one.estimates, two.estimates, check_exact=True)
    # 1 without controls, 1 + 2 + 2 with them
    assert seen == [(done, 6) for done in range(1, 7)]


@pytest.mark.usefixtures("quick")
def test_designs_do_not_disturb_each_other_nor_the_panel(panel: pd.DataFrame) -> None:
    before = panel.copy()
    state = np.random.get_state()[1].tobytes()  # noqa: NPY002
    both = estimate(panel, [ALONE, FAST], workers=1)
    single = estimate(panel, [FAST], workers=1)
    rest = both.estimates[both.estimates["design"] == "with"].reset_index(drop=True)
    pd.testing.assert_frame_equal(rest, single.estimates, check_exact=True)
    pd.testing.assert_frame_equal(panel, before)
    assert np.random.get_state()[1].tobytes() == state  # noqa: NPY002


@pytest.mark.usefixtures("quick")
def test_the_order_of_the_panels_rows_does_not_matter(unbalanced: pd.DataFrame) -> None:
    ordered = unbalanced.sort_values(["city_id", "year"])
    one = estimate(unbalanced, [FAST], workers=1).estimates
    two = estimate(ordered, [FAST], workers=1).estimates
    pd.testing.assert_frame_equal(one, two, check_exact=True)


@pytest.mark.usefixtures("quick")
def test_the_seed_moves_the_folds(panel: pd.DataFrame) -> None:
    design = replace(FAST, variants=("within",))
    one = estimate(panel, [design], workers=1).estimates
    two = estimate(panel, [replace(design, seed=1)], workers=1).estimates
    assert one["variant"].tolist() == ["within", "two_way_fixed_effects"]
    assert one["estimate"][0] != two["estimate"][0]
    assert one["estimate"][1] == two["estimate"][1]


@pytest.mark.usefixtures("quick")
def test_what_is_lost_is_audited(unbalanced: pd.DataFrame) -> None:
    lone = unbalanced.iloc[[0]].assign(city_id="9901")
    result = estimate(pd.concat([unbalanced, lone]), [FAST], workers=1)
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


@pytest.mark.usefixtures("quick")
def test_collinear_controls_are_named_beside_the_linear_estimate(panel: pd.DataFrame) -> None:
    fixed = panel.assign(loans=panel["city_id"].astype("int64") % 4)
    table = estimate(fixed, [FAST], workers=1).estimates
    assert table["note"].iloc[-1] == "linear in the controls; collinear and left out: loans"


@pytest.mark.usefixtures("quick")
def test_a_treatment_fixed_in_time_is_refused_except_by_dummies(panel: pd.DataFrame) -> None:
    fixed = panel.assign(uil=panel["city_id"].astype("int64") / 3.0)
    with pytest.raises(SampleError, match=r"column 'uil'.*first_difference, within"):
        estimate(fixed, [FAST], workers=1)
    result = estimate(fixed, [replace(FAST, variants=("faithful",))], workers=1)
    assert result.estimates["variant"].tolist() == ["faithful"]
    assert any("not shown" in note for note in result.notes)


def test_a_treatment_that_moves_across_gaps_only_is_refused(panel: pd.DataFrame) -> None:
    moved = panel[panel["year"] != 2013]
    moved = moved.assign(uil=(moved["year"] > 2013) * moved["city_id"].astype("int64"))
    with pytest.raises(SampleError, match=r"first_difference, column 'uil'.*after the transform"):
        estimate(moved, [replace(FAST, variants=("first_difference",))], workers=1)


def test_too_few_cities_with_consecutive_years_are_refused(panel: pd.DataFrame) -> None:
    kept = panel[(panel["city_id"] <= "1102") | (panel["year"] % 2 == 0)]
    with pytest.raises(SampleError, match=r"first_difference.*folds \(3\).*2 cities"):
        estimate(kept, [FAST], workers=1)


def test_wrong_lists_of_designs_are_refused(panel: pd.DataFrame) -> None:
    with pytest.raises(DesignError, match="one or more designs"):
        estimate(panel, [])
    with pytest.raises(DesignError, match=r"'with'.*twice"):
        estimate(panel, [FAST, FAST])
    with pytest.raises(DesignError, match=r"column 'gdpp'.*'gdp'"):
        estimate(panel, [replace(FAST, controls=("gdpp",))])


def test_the_effect_is_found_where_every_assumption_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("estimation.estimate.make_learner", lambda _, seed: LinearRegression())  # noqa: ARG005
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
    design = replace(FAST, controls=("gdp",), folds=5)
    table = estimate(panel, [design], workers=1).estimates.set_index("variant")
    for variant in ("first_difference", "within", "two_way_fixed_effects"):
        assert abs(table.loc[variant, "estimate"] + 0.3) < 3 * table.loc[variant, "std_error"]
        assert table.loc[variant, "std_error"] < 0.05
