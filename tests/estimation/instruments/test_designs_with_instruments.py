"""Designs with several, lagged and shift-share instruments, all the way to their rows."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from estimation.designs import Design
from estimation.estimate import estimate
from estimation.instruments.akm import akm
from estimation.instruments.balance import joint_slopes
from estimation.instruments.exposure import by_shock, exposure
from estimation.instruments.keys import (
    Instruments,
    LeaveOneOut,
    Shares,
    ShiftShare,
    Shocks,
    instruments_of,
)
from estimation.instruments.partialled import partialled
from estimation.instruments.two_stage import over_identification, two_stage
from geo.errors import DesignError, ExposureError, SampleError
from tests.estimation.instruments.made_up import panel_tables

LINEAR = ("two_way_fixed_effects",)
PANEL, TABLES = panel_tables()
SHIFT = ShiftShare(Shares("shares"), "shocks", Shocks("shocks", year="year"), control_sums=True)
PLAIN = Design("d", "y", "d", controls=("x",), variants=LINEAR, folds=3)
EXPOSED = replace(PLAIN, shift_share=SHIFT)


def told(design: Design, panel: pd.DataFrame = PANEL, tables: dict = TABLES):
    return estimate(panel, [design], workers=1, tables=tables)


def dummies(panel: pd.DataFrame, *columns: pd.Series) -> np.ndarray:
    """City and year dummies and further columns, but for the constant."""
    effects = [pd.get_dummies(panel[name], drop_first=True) for name in ("city_id", "year")]
    return np.column_stack([*effects, *columns]).astype(np.float64)


def by_part(result) -> pd.DataFrame:
    return result.estimates.set_index(["part", "term"])


def test_several_instruments_are_two_stage_least_squares_with_dummies() -> None:
    rng = np.random.default_rng(1)
    panel = PANEL.assign(v=PANEL["w"] + rng.normal(size=len(PANEL)))
    result = told(replace(PLAIN, instrument=Instruments(("w", "v"))), panel)
    Z = panel[["w", "v"]].to_numpy()
    left = partialled(panel["y"].to_numpy(), panel["d"].to_numpy(), Z, dummies(panel, panel["x"]))
    city = np.unique(panel["city_id"], return_inverse=True)[1]
    row = by_part(result).loc["effect", "d"]
    plain = two_stage(left, city, factor=False)
    assert row["estimate"] == pytest.approx(plain.theta, rel=1e-9)
    # City effects are nested in the clusters: the factor counts years, the control and the effect.
    factor = (179 / (179 - 7) * 30 / 29) ** 0.5
    assert row["std_error"] == pytest.approx(plain.std_error * factor, rel=1e-9)
    checks = result.checks.set_index("check")
    expected = over_identification(left, city)
    assert checks.loc["over_identification", "value"] == pytest.approx(expected.statistic, rel=1e-8)
    assert checks.loc["over_identification", "p_value"] == pytest.approx(expected.p_value)
    reduced = by_part(result).loc["reduced_form"]
    slopes = np.linalg.lstsq(left.Z, left.y, rcond=None)[0]
    np.testing.assert_allclose(reduced.loc[["w", "v"], "estimate"], slopes, rtol=1e-8)
    assert {"first_stage", "effective_f", "anderson_rubin"} <= set(checks.index)


def test_one_instrument_is_told_as_it_was_and_more() -> None:
    result = told(replace(PLAIN, instrument="w"))
    same = told(replace(PLAIN, instrument=Instruments(("w",))))
    pd.testing.assert_frame_equal(result.estimates, same.estimates)
    row = by_part(result).loc["effect", "d"]
    first, reduced = (
        by_part(result).loc["first_stage", "w"],
        by_part(result).loc["reduced_form", "w"],
    )
    assert row["estimate"] == pytest.approx(reduced["estimate"] / first["estimate"], rel=1e-10)
    checks = result.checks[result.checks["check"] == "first_stage"]
    assert f"first-stage F {checks['value'].iloc[0]:.4g}" in row["note"]
    assert checks["value"].iloc[0] == pytest.approx(first["statistic"] ** 2, rel=1e-9)


def test_the_lagged_treatment_is_the_column_of_the_year_before() -> None:
    panel = PANEL[~((PANEL["city_id"] == "1105") & (PANEL["year"] == 2013))]
    result = told(replace(PLAIN, instrument=Instruments(lag=1)), panel)
    past = panel[["city_id", "year", "d"]].assign(year=panel["year"] + 1)
    merged = panel.merge(past.rename(columns={"d": "past"}), on=["city_id", "year"])
    same = told(replace(PLAIN, instrument="past"), merged)
    figures = ["estimate", "std_error", "ci_low", "n", "n_clusters"]
    np.testing.assert_allclose(
        result.estimates[figures].to_numpy(), same.estimates[figures].to_numpy(), rtol=1e-10
    )
    assert "serially correlated" in result.estimates["note"].iloc[0]
    assert any("serially correlated" in note for note in result.notes)
    (row,) = [row for row in result.audit if row.rule == "no_earlier_treatment"]
    assert row.count == 31
    assert "30 at the start of a city, 1 after a gap" in row.detail
    assert any("1 after a gap" in note for note in result.notes)


def test_years_asked_for_may_use_the_past_of_a_year_that_is_not() -> None:
    design = replace(PLAIN, instrument=Instruments(lag=1), years=(2012, 2013, 2014))
    assert told(design).estimates["n"].iloc[0] == 90
    first = replace(design, years=(2011, 2012, 2013))
    assert told(first).estimates["n"].iloc[0] == 60
    with pytest.raises(SampleError, match="treatment of 6 years before, found none"):
        told(replace(PLAIN, instrument=Instruments(lag=6)))


def test_many_years_are_years() -> None:
    panel, _ = panel_tables(years=13)
    result = told(replace(PLAIN, instrument=Instruments(lag=11)), panel)
    (row,) = [row for row in result.audit if row.rule == "no_earlier_treatment"]
    assert "no treatment 11 years before" in row.detail


def test_the_lag_serves_variants_that_learn() -> None:
    design = replace(
        PLAIN, instrument=Instruments(lag=1), variants=("within",), learner="linear", repetitions=1
    )
    rows = told(design).estimates
    assert set(rows["variant"]) == {"within", "two_way_fixed_effects"}


def test_an_exposure_is_the_instrument_that_tables_make() -> None:
    result = told(EXPOSED)
    years = PANEL["year"].to_numpy()
    made = exposure(SHIFT, TABLES, PANEL["city_id"].tolist(), years, where="x")
    z, columns = made.values, by_shock(made)
    sums = [np.where(years == year, made.sums, 0.0) for year in np.unique(years)]
    left = partialled(
        PANEL["y"].to_numpy(), PANEL["d"].to_numpy(), z, dummies(PANEL, PANEL["x"], *sums)
    )
    rows = by_part(result)
    expected = akm(left, columns.shares, columns.cluster)
    assert rows.loc[("effect", "d"), "estimate"] == pytest.approx(expected.theta, rel=1e-9)
    for part, ends in (("akm", ("ci_low", "ci_high")), ("akm0", ("low_null", "high_null"))):
        told_ends = rows.loc[(part, "d"), ["ci_low", "ci_high"]]
        np.testing.assert_allclose(
            told_ends.astype(float), [getattr(expected, end) for end in ends], rtol=1e-7
        )
    assert rows.loc[("shock_level", "d"), "estimate"] == pytest.approx(expected.theta, rel=1e-10)
    assert "not controlled" not in rows.loc[("shock_level", "d"), "note"]
    checks = result.checks
    weights = checks[checks["check"] == "rotemberg"]
    alone = weights[weights["subject"] != "all sectors"]
    assert (alone["value"] * alone["reference"]).sum() == pytest.approx(expected.theta, rel=1e-8)
    assert {"share_sums", "effective_shocks", "shock_first_stage", "pre_trend"} <= set(
        checks["check"]
    )
    assert any("identified by shocks" in note for note in result.notes)


def test_an_exposure_may_be_the_treatment() -> None:
    design = replace(EXPOSED, treatment="exposure")
    result = told(design)
    instrumented = by_part(told(EXPOSED))
    rows = by_part(result)
    reduced = instrumented.loc[("reduced_form", "exposure"), ["estimate", "std_error"]]
    own = rows.loc[("effect", "exposure"), ["estimate", "std_error"]]
    np.testing.assert_allclose(own.astype(float), reduced.astype(float), rtol=1e-9)
    assert {"akm", "akm0", "shock_level"} <= set(result.estimates["part"])
    assert "first_stage" not in set(result.checks["check"])
    assert instruments_of(design) == ()


def test_uneven_sums_without_their_control_are_warned_of() -> None:
    result = told(replace(EXPOSED, shift_share=replace(SHIFT, control_sums=False)))
    (note,) = [note for note in result.notes if "control_sums" in note]
    assert "The sum, times year, must be a control" in note
    sums = result.checks[result.checks["check"] == "share_sums"]
    assert (sums["verdict"] == "failed").all()
    assert "not controlled" in by_part(result).loc[("shock_level", "d"), "note"]
    even = TABLES["shares"].assign(
        share=TABLES["shares"]["share"]
        / TABLES["shares"].groupby("city_id")["share"].transform("sum")
    )
    whole = replace(EXPOSED, shift_share=replace(SHIFT, control_sums=False))
    result = told(whole, tables=TABLES | {"shares": even})
    assert not [note for note in result.notes if "control_sums" in note]
    assert (result.checks.query("check == 'share_sums'")["verdict"] == "passed").all()


def test_left_out_shocks_go_without_a_shock_level_regression() -> None:
    own = ShiftShare(Shares("shares"), "shares", leave_one_out=LeaveOneOut("outcomes"))
    result = told(replace(PLAIN, shift_share=own))
    assert "shock_level" not in set(result.estimates["part"])
    assert "other cities" in by_part(result).loc[("akm", "d"), "note"]
    assert any("no shock-level regression" in note for note in result.notes)
    assert any("identified by shares" in note for note in result.notes)


def test_empty_outcomes_of_other_cities_are_counted() -> None:
    own = ShiftShare(Shares("shares"), "shares", leave_one_out=LeaveOneOut("outcomes"))
    table = TABLES["outcomes"].copy()
    table.loc[table.index[:2], "value"] = np.nan
    result = told(replace(PLAIN, shift_share=own), tables=TABLES | {"outcomes": table})
    assert any("leave_one_out: 2 empty outcomes" in note for note in result.notes)
    assert [row.count for row in result.audit if row.rule == "unknown_outcomes"] == [2]
    whole = told(replace(PLAIN, shift_share=own))
    assert not [row for row in whole.audit if row.rule == "unknown_outcomes"]


def test_more_sectors_than_cities_leave_the_rest_standing() -> None:
    panel, tables = panel_tables(cities=8, years=4, sectors=12)
    result = told(replace(EXPOSED, shift_share=replace(SHIFT, control_sums=False)), panel, tables)
    assert "akm" not in set(result.estimates["part"])
    assert "shock_level" in set(result.estimates["part"])
    assert any("no more shocks than rows" in note for note in result.notes)
    (trend,) = result.checks.query("check == 'pre_trend'").itertuples()
    assert "clustered" in trend.statistic


def test_balance_is_of_trends_by_what_cities_were_at_first() -> None:
    shares = TABLES["shares"].pivot_table(index="city_id", columns="sector", values="share")
    rng = np.random.default_rng(2)
    like_a_share = PANEL["city_id"].map(shares["s0"]) + 0.001 * rng.normal(size=len(PANEL))
    panel = PANEL.assign(old=like_a_share)
    design = replace(EXPOSED, shift_share=replace(SHIFT, balance=("old", "size"), pre_trend=0))
    result = told(design, panel)
    rows = result.checks.query("check == 'balance'").set_index("subject")
    years = panel["year"].to_numpy()
    made = exposure(SHIFT, TABLES, panel["city_id"].tolist(), years, where="x")
    sums = [np.where(years == year, made.sums, 0.0) for year in np.unique(years)]
    first = panel.groupby("city_id")["old"].transform("first").to_numpy()
    trend, columns = first / np.std(first) * (years - 2011), by_shock(made)
    controls = dummies(panel, panel["x"], *sums)
    expected = akm(
        partialled(trend, made.values, made.values, controls), columns.shares, columns.cluster
    )
    assert rows.loc["old", "value"] == pytest.approx(expected.theta, rel=1e-8)
    assert rows.loc["old", "p_value"] == pytest.approx(expected.p_value, rel=1e-6)
    assert rows.loc["old", "verdict"] == ("failed" if expected.p_value < 0.05 else "passed")
    of_share = result.checks.query("check == 'share_balance'").set_index("subject")
    assert of_share.loc["s0", "p_value"] < 1e-6
    assert "pre_trend" not in set(result.checks["check"])


def test_joint_slopes_are_the_robust_wald_test() -> None:
    rng = np.random.default_rng(4)
    X = rng.normal(size=(50, 2)) * [1.0, 1e4]
    y = X @ [0.3, 0.0] + rng.normal(size=50) * (1 + np.abs(X[:, 0]))
    full = np.column_stack([np.ones(50), X])
    b, *_ = np.linalg.lstsq(full, y, rcond=None)
    bread = np.linalg.inv(full.T @ full)
    scores = full * (y - full @ b)[:, None]
    V = 50 / 47 * bread @ scores.T @ scores @ bread
    found = joint_slopes(y, X, where="x")
    expected = b[1:] @ np.linalg.solve(V[1:, 1:], b[1:]) / 2
    assert found.statistic == pytest.approx(expected, rel=1e-8)
    assert (found.q, found.df) == (2, 47.0)
    with pytest.raises(SampleError, match="none a linear function of others, found 50 cities"):
        joint_slopes(y, np.column_stack([X, X[:, 0]]), where="x")


def test_later_exposure_that_moved_the_outcome_is_seen() -> None:
    """The outcome foresees next year's exposure in one panel, and not in the other."""
    panel, tables = panel_tables(11, cities=60, years=8)
    years = panel["year"].to_numpy()
    z = exposure(SHIFT, tables, panel["city_id"].tolist(), years, where="x").values
    ahead = pd.Series(z).groupby(panel["city_id"]).shift(-1).fillna(0.0)
    foreseen = panel.assign(y=panel["y"] + 3.0 * ahead)
    verdicts = [
        told(EXPOSED, one, tables).checks.query("check == 'pre_trend'")["p_value"].iloc[0]
        for one in (panel, foreseen)
    ]
    assert verdicts[0] > 0.05
    assert verdicts[1] < 1e-4


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"instrument": Instruments()}, "instrument, columns: expected one or more"),
        ({"instrument": Instruments(lag=-1)}, "lag: expected 0 or more, found -1"),
        ({"instrument": Instruments(("w", "w"))}, "column 'w': expected each column in one part"),
        ({"instrument": Instruments(("d",))}, "column 'd': expected each column in one part"),
        (
            {"instrument": Instruments(("w", "v")), "variants": ("within", *LINEAR)},
            "expected one instrument, or linear fixed effects alone, found 2 for within",
        ),
        ({"instrument": "w", "moderator": "m"}, "one treatment for its instruments, found mod"),
        ({"shift_share": ShiftShare(Shares("s"), "shocks")}, "either shocks or leave_one_out"),
        (
            {"shift_share": replace(SHIFT, shares=Shares("s", base_year=2010))},
            "column of the year beside base_year",
        ),
        ({"shift_share": replace(SHIFT, name=" ")}, "name: expected one or more"),
        ({"shift_share": replace(SHIFT, pre_trend=-1)}, "pre_trend: expected 0 or more"),
        ({"shift_share": replace(SHIFT, name="x")}, "column 'x': expected each column in one part"),
    ],
)
def test_a_design_that_cannot_be_is_refused(keys: dict, message: str) -> None:
    with pytest.raises(DesignError, match=message):
        replace(PLAIN, **keys)


@pytest.mark.parametrize("changes", [{"shift_share": SHIFT}, {"instrument": Instruments(lag=1)}])
def test_a_cross_section_has_no_regions_and_years_to_join(changes: dict) -> None:
    with pytest.raises(
        DesignError,
        match=r"design 'd', cross_section: expected instruments that are columns: .* found "
        r"(shift_share|instrument, lag); leave cross_section out, name the columns city and year",
    ):
        replace(PLAIN, cross_section=True, **changes)


def test_regions_of_one_year_with_an_exposure_are_a_cross_section() -> None:
    """What the error of a cross-section sends the reader to."""
    panel, tables = panel_tables(cities=60)
    shift = replace(SHIFT, control_sums=True, pre_trend=0)
    panel = panel[panel["year"] == 2012].assign(state=lambda t: np.arange(len(t)) % 12)
    design = replace(PLAIN, shift_share=shift, effects=("year",), cluster=("state",))
    rows = by_part(told(design, panel, tables))
    shares = tables["shares"].pivot_table(index="city_id", columns="sector", values="share")
    S = shares.loc[panel["city_id"]].to_numpy()
    g = tables["shocks"].query("year == 2012").set_index("sector")["shock"][shares.columns]
    controls = np.column_stack([panel["x"], S.sum(axis=1)])
    y, d = panel["y"].to_numpy(), panel["d"].to_numpy()
    left = partialled(y, d, S @ g.to_numpy(), controls)
    assert rows.loc[("effect", "d"), "estimate"] == pytest.approx(two_stage(left).theta, rel=1e-9)
    expected = akm(left, S)
    assert rows.loc[("akm", "d"), "std_error"] == pytest.approx(expected.std_error, rel=1e-8)


def test_wrong_data_stop_the_run() -> None:
    with pytest.raises(DesignError, match=r"column 'exposure': expected a name that the panel"):
        told(EXPOSED, PANEL.assign(exposure=1.0))
    with pytest.raises(ExposureError, match=r"city_id 1101: .* one or less"):
        told(EXPOSED, tables=TABLES | {"shares": TABLES["shares"].assign(share=0.3)})
    with pytest.raises(SampleError, match=r"linear fixed effects, instrument w: .*determine it"):
        told(replace(PLAIN, instrument="w"), PANEL.assign(w=2 * PANEL["x"] + PANEL["year"]))
    same = PANEL.assign(v=3 * PANEL["w"] + PANEL["x"])
    with pytest.raises(SampleError, match="found 2 that say as much as 1"):
        told(replace(PLAIN, instrument=Instruments(("w", "v"))), same)


@pytest.mark.parametrize("variant", ["faithful", "within", "two_way_fixed_effects"])
@pytest.mark.parametrize(
    ("column", "what"), [("d", "treatment 'd'"), ("y", "outcome 'y'")], ids=["treatment", "outcome"]
)
@pytest.mark.parametrize("unit", [(1.0, 0.0), (-2.0, 1.0)])
def test_an_instrument_that_is_the_treatment_or_the_outcome_is_refused(
    variant: str, column: str, what: str, unit: tuple[float, float]
) -> None:
    panel = PANEL.assign(v=unit[0] * PANEL[column] + unit[1])
    design = replace(PLAIN, instrument="v", variants=(variant,), learner="linear", repetitions=1)
    message = f"design 'd', instrument 'v': expected an instrument other than the {what}"
    with pytest.raises(SampleError, match=message):
        told(design, panel)


@pytest.mark.parametrize(
    ("columns", "named", "what"),
    [
        ({"v": PANEL["d"] + PANEL["year"] + 3 * PANEL["x"]}, ("v",), "the term d itself"),
        ({"v": PANEL["y"] - PANEL["x"]}, ("v",), "the outcome itself"),
        ({"v": PANEL["d"] - PANEL["w"]}, ("w", "v"), "the term d itself"),
    ],
)
def test_instruments_that_effects_and_controls_make_a_copy_are_refused(
    columns: dict[str, pd.Series], named: tuple[str, ...], what: str
) -> None:
    design = replace(PLAIN, instrument=Instruments(named))
    message = f"instruments? {', '.join(named)}: expected .* found {what}, up to effects and contr"
    with pytest.raises(SampleError, match=message):
        told(design, PANEL.assign(**columns))


def test_sectors_without_a_share_are_told() -> None:
    more = pd.DataFrame({"sector": ["s9"], "year": [2011], "shock": [1.0]})
    result = told(EXPOSED, tables=TABLES | {"shocks": pd.concat([TABLES["shocks"], more])})
    assert any("1 sectors without any share" in note and "s9" in note for note in result.notes)
    assert [row.count for row in result.audit if row.rule == "sectors_without_shares"] == [1]


def test_beside_other_instruments_akm_is_by_the_exposure_alone() -> None:
    rows = by_part(told(replace(EXPOSED, instrument="w")))
    alone = by_part(told(EXPOSED))
    for part in ("akm", "shock_level"):
        assert "by the exposure alone" in rows.loc[(part, "d"), "note"]
        assert "by the exposure alone" not in alone.loc[(part, "d"), "note"]
        same = rows.loc[(part, "d"), "estimate"]
        assert same == pytest.approx(alone.loc[(part, "d"), "estimate"], rel=1e-10)
    assert rows.loc[("effect", "d"), "estimate"] != pytest.approx(same, rel=1e-3)


def test_cities_left_out_need_no_shares() -> None:
    shares = TABLES["shares"][TABLES["shares"]["city_id"] != "1101"]
    with pytest.raises(ExposureError, match="city_id 1101"):
        told(EXPOSED, tables=TABLES | {"shares": shares})
    design = replace(EXPOSED, exclude_cities=frozenset({"1101"}))
    assert told(design, tables=TABLES | {"shares": shares}).estimates["n_clusters"].iloc[0] == 29
