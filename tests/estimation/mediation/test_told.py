"""What designs with mediators tell: rows, shares, notes, curves; learning variants; real data."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from estimation.cross_fitting import cross_fit
from estimation.designs import Design
from estimation.estimate import EstimationResult, estimate
from estimation.mediation.keys import Mediators
from estimation.parts.mediation import ASKED, LearnedMediation
from estimation.plan import plan_design
from estimation.tables.check_table import check_table
from estimation.tables.curve_table import curve_table
from estimation.tables.regression_table import regression_table
from estimation.tables.table_columns import TableSpec
from tests.estimation.mediation.panels import MEDIATORS, channels, design, naive, naive_on

FEW = Mediators(MEDIATORS, draws=499)


@pytest.fixture(scope="module")
def told() -> EstimationResult:
    return estimate(channels(1, cities=60), [design(mediators=FEW)])


def by_part(result: EstimationResult, part: str) -> pd.DataFrame:
    rows = result.estimates[result.estimates["part"] == part]
    return rows.set_index("term")


def test_rows_are_the_naive_figures_and_the_total_is_the_effect(told: EstimationResult) -> None:
    expected = naive(channels(1, cities=60))
    terms = [
        ("total", "total effect of d"),
        ("direct", "direct effect of d"),
        ("indirect", "d through all mediators"),
        *(("indirect", f"d through {name}") for name in MEDIATORS),
        *(("path", f"d to {name}") for name in MEDIATORS),
        *(("path", f"{name} to y") for name in MEDIATORS),
    ]
    found = [by_part(told, part).loc[term, "estimate"] for part, term in terms]
    np.testing.assert_allclose(found, expected, atol=1e-10)
    assert found[0] == pytest.approx(by_part(told, "effect").loc["d", "estimate"], abs=1e-10)
    rows = told.estimates[told.estimates["part"] != "share"]
    assert (rows["ci_low"] < rows["estimate"]).all()
    assert (rows["estimate"] < rows["ci_high"]).all()
    assert (told.estimates["n"] == told.estimates["n"].iloc[0]).all()


def test_the_other_interval_and_sobels_stand_beside_indirect_effects(
    told: EstimationResult,
) -> None:
    main, bca, sobel = (
        by_part(told, part) for part in ("indirect", "indirect_bca", "indirect_sobel")
    )
    assert [*bca.index] == [f"{term}, BCa" for term in main.index]
    assert [*sobel.index] == [f"{term}, Sobel" for term in main.index]
    np.testing.assert_array_equal(bca["estimate"], main["estimate"])
    np.testing.assert_array_equal(sobel["std_error"], main["std_error_cluster"])
    half = sobel["ci_high"] - sobel["estimate"]
    np.testing.assert_allclose(half, sobel["estimate"] - sobel["ci_low"], atol=1e-12)
    swapped = estimate(channels(1, cities=60), [design(mediators=Mediators(MEDIATORS, 499, "bca"))])
    columns = ["estimate", "ci_low", "ci_high", "p_value"]
    np.testing.assert_array_equal(by_part(swapped, "indirect")[columns], bca[columns])
    np.testing.assert_array_equal(by_part(swapped, "indirect_percentile")[columns], main[columns])


def test_shares_of_a_clear_total_are_told_and_mixed_signs_warned_of(
    told: EstimationResult,
) -> None:
    shares, main = by_part(told, "share")["estimate"], by_part(told, "indirect")["estimate"]
    total = by_part(told, "total")["estimate"].iloc[0]
    np.testing.assert_allclose(shares.to_numpy(), main.to_numpy() / total)
    assert sum("have different signs" in note for note in told.notes) == 1
    assert not any("no shares" in note for note in told.notes)
    assert sum("sequential ignorability" in note for note in told.notes) == 1


def test_shares_of_a_total_near_zero_are_refused() -> None:
    table = channels(2)
    table["y"] = table["y"] - 0.38 * table["d"]
    result = estimate(table, [design(mediators=FEW)])
    assert by_part(result, "share").empty
    low, high = by_part(result, "total")[["ci_low", "ci_high"]].iloc[0]
    assert low < 0 < high
    (note,) = (note for note in result.notes if "no shares of the total" in note)
    assert f"[{low:.4g}, {high:.4g}] holds zero" in note


def test_one_mediator_has_no_sum_and_no_order(told: EstimationResult) -> None:
    result = estimate(channels(1), [design(mediators=Mediators(("m1",), draws=199))])
    assert [*by_part(result, "indirect").index] == ["d through m1"]
    assert not any("act on another" in note for note in result.notes)
    assert any("act on another" in note for note in told.notes)


def test_curves_and_the_correlation_at_which_effects_vanish(told: EstimationResult) -> None:
    curves = told.curves[told.curves["term"] == "d through m1"]
    assert len(told.curves) == 3 * len(curves)
    assert (curves["band_low"] <= curves["effect"]).all()
    check = told.checks[told.checks["subject"] == "d through m1"].iloc[0]
    crossing = np.interp(0, -curves["effect"], curves["at"])
    assert check["value"] == pytest.approx(crossing, abs=0.02)


def test_tables_show_the_rows_and_no_nan(told: EstimationResult) -> None:
    one = design(mediators=FEW)
    table = regression_table(TableSpec("Table 5", (one,)), told)
    labels = [row[0] for row in table.rows]
    assert labels.count("  BCa interval") == labels.count("  Sobel interval") == 4
    assert "d through m1 (indirect)" in labels
    assert "d through m1: share of total (share)" in labels
    curves = curve_table("Table 6", "", [one], told)
    checks = check_table("Table 7", "", [one], told)
    assert len(curves.rows) == 21
    assert len(checks.rows) == 3
    for made in (table, curves, checks):
        assert not any("nan" in cell for row in made.rows for cell in row)


def test_a_run_twice_is_the_same_and_another_seed_is_not() -> None:
    table = channels(3)
    first, again, other = (
        estimate(table, [design(mediators=FEW, seed=seed)]).estimates["std_error"]
        for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, again)
    assert not np.allclose(first, other, rtol=1e-6, equal_nan=True)


def test_provinces_are_drawn_whole() -> None:
    result = estimate(channels(4, cities=60), [design(mediators=FEW, cluster=("province",))])
    row = by_part(result, "total").iloc[0]
    assert (row["n_clusters"], row["se_type"]) == (12, "province bootstrap")
    assert row["std_error_jackknife"] > 0


@pytest.fixture(scope="module")
def learned() -> tuple[pd.DataFrame, Design]:
    table = channels(5, cities=30, years=5)
    asked = design(
        mediators=FEW,
        variants=("faithful", "first_difference", "within", "correlated_random_effects"),
        learner="ridge",
        repetitions=2,
        checks=(),
    )
    return table, asked


def test_a_learning_variant_regresses_residuals_on_residuals(
    learned: tuple[pd.DataFrame, Design],
) -> None:
    table, asked = learned
    result = estimate(table, [asked], workers=1)
    plan = plan_design(table, asked)
    for variant, setting in plan.settings.items():
        inquiry = LearnedMediation(FEW).ask(setting)[ASKED]
        (answer,), _ = cross_fit([inquiry], workers=1)
        each = []
        for one in answer.residuals:
            nothing = np.empty((one.u.size, 0))
            each.append(naive_on(one.u, one.V[:, :1], one.V[:, 1:], nothing))
        expected = np.median(each, axis=0)
        rows = result.estimates[result.estimates["variant"] == variant].set_index("term")
        assert rows.loc["total effect of d", "estimate"] == pytest.approx(expected[0], abs=1e-9)
        assert rows.loc["direct effect of d", "estimate"] == pytest.approx(expected[1], abs=1e-9)
        assert rows.loc["d through m1", "estimate"] == pytest.approx(expected[3], abs=1e-9)
        assert rows.loc["d through m1", "lowest"] == pytest.approx(min(e[3] for e in each))
        # The main effect has the same residuals of outcome and treatment.
        total = rows.loc["total effect of d", "estimate"]
        assert total == pytest.approx(rows.loc["d", "estimate"], abs=1e-9)


def test_outcome_and_treatment_are_learned_once_for_effect_and_mediation(
    learned: tuple[pd.DataFrame, Design],
) -> None:
    table, asked = learned
    fits = estimate(table, [asked], workers=1).fits
    functions = {"faithful": 1, "others": 3 * 2}
    assert fits.distinct == 5 * asked.folds * (functions["faithful"] + functions["others"])
    assert fits.asked > fits.distinct


def test_a_nonlinear_confounder_is_learned_and_least_squares_misses_it() -> None:
    """x moves treatment, mediator and outcome by its square: true indirect effect 0.15."""
    rng = np.random.default_rng(6)
    cities, years = 120, 8
    x, e, v, u = rng.normal(size=(4, cities * years))
    d = x**2 + v
    m = 0.5 * d + x**2 + e
    y = 0.2 * d + 0.3 * m + 2 * x**2 + u
    table = pd.DataFrame(
        {
            "city_id": np.repeat([f"{1101 + i}" for i in range(cities)], years),
            "year": np.tile(np.arange(2011, 2011 + years), cities),
            "n_units": 9, "x": x, "d": d, "m": m, "y": y,
        }
    )  # fmt: skip
    asked = Design(
        "nonlinear", "y", "d", ("x",), mediators=Mediators(("m",), draws=499), checks=(),
        variants=("within_dictionary",), repetitions=1,
    )  # fmt: skip
    rows = estimate(table, [asked], workers=1).estimates
    through = rows[rows["part"] == "indirect"].set_index("variant")
    learned, linear = through.loc["within_dictionary"], through.loc["two_way_fixed_effects"]
    assert learned["ci_low"] < 0.15 < learned["ci_high"]
    assert linear["ci_low"] > 0.15


def test_where_mediation_cannot_be_told_the_rest_of_the_run_stands() -> None:
    """Two of thirty cities carry a mediator: an eighth of the resamples lacks both."""
    table = channels(7, cities=30, kept=1.0)
    table["m3"] = np.where(table["city_id"].isin(["1101", "1102"]), table["m3"], 0.0)
    result = estimate(table, [design(mediators=FEW)])
    assert [*result.estimates["part"]] == ["effect"]
    (note,) = (note for note in result.notes if "mediation not told" in note)
    assert "in which one of them does not" in note


@pytest.mark.real
def test_jobs_has_the_published_effects(data_dir: Path) -> None:
    """R's `mediate` of the JOBS II field experiment, with the mediator's and outcome's controls."""
    table = pd.read_csv(data_dir / "reference" / "jobs.csv")
    asked = Design(
        "jobs", "depress2", "treat", ("econ_hard", "sex", "age"),
        variants=("two_way_fixed_effects",), cross_section=True, mediators=Mediators(("job_seek",)),
    )  # fmt: skip
    result = estimate(table, [asked])
    found = {
        part: by_part(result, part)["estimate"].iloc[0]
        for part in ("indirect", "direct", "total", "effect")
    }
    assert found["indirect"] == pytest.approx(-0.01574465, abs=1e-6)
    assert found["direct"] == pytest.approx(-0.0402647, abs=1e-6)
    assert found["total"] == pytest.approx(-0.05600935, abs=1e-6)
    assert found["effect"] == pytest.approx(found["total"], abs=1e-12)
    assert by_part(result, "share").empty
    row = by_part(result, "indirect").iloc[0]
    assert (row["n"], row["n_clusters"], row["se_type"]) == (899, 899, "row bootstrap")
