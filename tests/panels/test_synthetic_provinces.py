"""The made-up provinces: what the tables say is what was designed, and the truth can be found."""

from functools import cache

import numpy as np
import pandas as pd
import pytest

from panels.misallocation import labour_misallocation
from panels.synthetic_provinces import (
    INDICATORS,
    MEDIATORS,
    REGIONS,
    STRUCTURE_WEIGHTS,
    TIBET,
    ProvinceSpec,
    synthetic_provinces,
)
from panels.weighted_structure import weighted_structure

SPEC = ProvinceSpec()


@pytest.fixture(scope="module")
def made():
    return synthetic_provinces(SPEC, 1)


def joined(made):
    """Everything designed and drawn, by province and year."""
    keyed = {"province": "city_id"}
    table = made.designed.merge(made.yearbook.rename(columns=keyed), on=["city_id", "year"])
    table = table.merge(made.pilots.rename(columns=keyed), on=["city_id", "year"])
    table = table.merge(made.exposure.rename(columns=keyed), on=["city_id", "year"])
    return table.assign(
        log_gdp=np.log(table["gdp_per_capita"]),
        late=(table["year"] >= SPEC.break_year).astype(float),
        centred=table["adei"] - table["adei"].mean(),
    )


def test_thirty_provinces_for_eleven_years(made):
    for table in (made.indicators, made.yearbook, made.pilots, made.exposure):
        assert len(table) == 330
        assert not table.duplicated(["province", "year"]).any()
        assert table.notna().all(axis=None)
    codes = [code for region in REGIONS.values() for code in region]
    assert len(codes) == len(set(codes)) == 31
    assert set(made.provinces["province"]) == set(codes) - {TIBET}


def test_one_seed_gives_one_panel(made):
    again, other = synthetic_provinces(SPEC, 1), synthetic_provinces(SPEC, 2)
    pd.testing.assert_frame_equal(again.yearbook, made.yearbook)
    assert not other.yearbook.equals(made.yearbook)


@pytest.mark.parametrize("seed", range(12))
def test_the_tables_give_the_designed_indices(seed):
    made = synthetic_provinces(SPEC, seed)
    table = made.yearbook.rename(columns={"province": "city_id"})
    numbers = table.select_dtypes("number").drop(columns=["productivity", "green"])
    assert (numbers > 0).all(axis=None)
    isa = weighted_structure(
        table, outputs=["heavy", "light", "high_tech"], weights=STRUCTURE_WEIGHTS, where="isa"
    )
    np.testing.assert_allclose(isa.values, made.designed["isa"], rtol=1e-10)
    misallocation = labour_misallocation(
        table,
        value_added=["va_1", "va_2", "va_3"],
        employment=["workers_1", "workers_2", "workers_3"],
        where="misallocation",
    )
    np.testing.assert_allclose(misallocation.values, made.designed["misallocation"], rtol=1e-9)


def test_shares_times_shocks_are_the_exposure(made):
    assert made.shares.groupby("province")["share"].sum().to_numpy() == pytest.approx(1.0)
    both = made.shares.merge(made.shocks, on="sector")
    sums = (both["share"] * both["shock"]).groupby([both["province"], both["year"]]).sum()
    expected = made.exposure.set_index(["province", "year"])["exposure"]
    np.testing.assert_allclose(sums.loc[expected.index], expected, rtol=1e-10, atol=1e-12)


def test_pilots_begin_in_their_wave_and_stay(made):
    years = made.provinces.set_index("province")["pilot_year"]
    assert years.dropna().value_counts().to_dict() == dict(SPEC.waves)
    begun = made.pilots["year"] >= made.pilots["province"].map(years).astype("Float64")
    np.testing.assert_array_equal(made.pilots["pilot"], begun.fillna(value=False).astype(int))


def test_the_truth_is_what_was_designed(made):
    truth = made.truth.set_index(["quantity", "subject"])["value"]
    effect = made.designed["effect"]
    assert truth["total_effect", "average"] == pytest.approx(effect.mean())
    indirect = [truth["indirect_effect", name] for name in MEDIATORS]
    assert indirect == pytest.approx([0.14, 0.08, 0.08])
    total = truth["direct_effect", "average"] + sum(indirect)
    assert total == pytest.approx(truth["total_effect", "average"])
    never = made.pilots["pilot"].to_numpy() == 0
    late = (made.designed["year"] >= SPEC.break_year).to_numpy()
    jump = effect[never & late].groupby(made.designed["region"]).mean()
    jump -= effect[never & ~late].groupby(made.designed["region"]).mean()
    np.testing.assert_allclose(jump, SPEC.late)
    assert len(INDICATORS) == 3


@cache
def whole(seed):
    return joined(synthetic_provinces(SPEC, seed))


def slopes_of(outcome, columns, table):
    """Least squares with province and year effects and the two controls; slopes of the columns."""
    effects = pd.get_dummies(table[["city_id", "year"]].astype("str"), dtype=float)
    X = np.column_stack([*columns, table["log_gdp"], table["government"], effects])
    return np.linalg.lstsq(X, table[outcome], rcond=None)[0][: len(columns)]


def mean_slopes(outcome, columns_of, seeds):
    """Mean slopes over seeds, with their Monte-Carlo errors."""
    found = np.array(
        [slopes_of(outcome, columns_of(whole(seed)), whole(seed)) for seed in range(seeds)]
    )
    return found.mean(axis=0), found.std(axis=0, ddof=1) / np.sqrt(seeds)


def everything(table):
    regions = [table["adei"] * (table["region"] == one) for one in (1, 2, 3)]
    pilots = [table["pilot"], table["pilot"] * table["centred"]]
    return [*regions, table["adei"] * table["late"], *pilots, *(table[m] for m in MEDIATORS)]


def test_a_regression_of_the_whole_model_finds_every_channel():
    mean, error = mean_slopes("isa", everything, 24)
    average = SPEC.direct - SPEC.late * 6 / 11
    own = np.array([SPEC.regions[name] for name in REGIONS])
    share = np.array([11, 8, 11]) / 30
    by_region = average + own - (own @ share)
    expected = [*by_region, SPEC.late, SPEC.level, SPEC.amplified, *SPEC.b]
    assert (np.abs(mean - expected) < 4 * error).all()
    assert (error < 0.012).all()


@pytest.mark.parametrize(("mediator", "a"), list(zip(MEDIATORS, SPEC.a, strict=True)))
def test_each_mediator_moves_as_designed(mediator, a):
    (mean,), (error,) = mean_slopes(mediator, lambda table: [table["adei"]], 24)
    assert abs(mean - a) < 4 * error


def test_demand_confounds_productivity_and_the_exposure_does_not():
    (plain,), _ = mean_slopes("productivity", lambda table: [table["adei"]], 12)
    assert plain > SPEC.theta + 0.4
    (reduced,), (error,) = mean_slopes("productivity", lambda table: [table["exposure"]], 24)
    (first,), _ = mean_slopes("adei", lambda table: [table["exposure"]], 24)
    assert abs(reduced - SPEC.theta * first) < 4 * error
    assert first > 0.05


def test_green_output_is_more_than_its_parts():
    def columns(table):
        z = [
            (table[name] - table[name].mean()) / table[name].std(ddof=0)
            for name in ("adei_ai", "adei_digital", "adei_industry")
        ]
        return [*z, z[0] * z[1]]

    mean, error = mean_slopes("green", columns, 24)
    assert abs(mean[3] - SPEC.product) < 4 * error[3]
    nothing, error = mean_slopes("isa", columns, 24)
    assert abs(nothing[3]) < 0.01
