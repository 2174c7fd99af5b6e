"""Effects of one standard deviation: the arithmetic that a paper got wrong, and every row of it."""

import numpy as np
import pandas as pd
import pytest

from estimation.designs import Design
from estimation.estimate import EstimationResult, estimate
from estimation.linear.standardised import StandardisedEffect
from estimation.tables.standardised_table import standardised_table
from estimation.vocabulary import LINEAR
from tests.estimation.linear.effects_panel import made_up

DESIGN = Design("base", "y", "d", ("x",), variants=(LINEAR,), standardised=True, errors="clustered")
TABLE = made_up().assign(y=lambda table: table["y"] + 20)


@pytest.fixture(scope="module")
def result() -> EstimationResult:
    other = Design("moderated", "y", "d", ("industry",), moderator="x", variants=(LINEAR,),
                   standardised=True, effects=("city", "province^year"))  # fmt: skip
    return estimate(TABLE, [DESIGN, other])


def test_the_papers_product_is_what_it_is() -> None:
    # Yang (2026): effect 0.342, sd of ADEI 0.178, sd and mean of ISA 0.124 and 0.681.
    found = StandardisedEffect(0.342, 0.178, 0.124, 0.681)
    assert found.per_sd == pytest.approx(0.060876)
    assert round(found.per_sd, 3) == 0.061
    assert found.in_sd == pytest.approx(0.060876 / 0.124)
    assert found.per_cent == pytest.approx(8.93921, abs=1e-5)
    assert found.line("ADEI", "ISA", kind="its sd") == (
        "0.342 (effect of ADEI) x 0.178 (its sd) = 0.060876 = 0.490935 sd of ISA (sd 0.124) = "
        "8.93921 % of its mean 0.681"
    )


def test_no_share_of_a_mean_that_is_not_above_zero() -> None:
    found = StandardisedEffect(2.0, 3.0, 4.0, -1.0)
    assert np.isnan(found.per_cent)
    assert found.line("d", "y", kind="its sd").endswith("; no share of its mean, which is -1")


def test_rows_are_the_effect_times_what_stands_beside_it(result: EstimationResult) -> None:
    own = result.estimates[result.estimates["design"] == "base"]
    effect = own[own["part"] == "effect"].iloc[0]
    told = own[own["part"] == "standardised"].set_index("scaling")
    sd, sd_y, mean_y = TABLE["d"].std(), TABLE["y"].std(), TABLE["y"].mean()
    # What cities and years leave, by dummies.
    D = pd.get_dummies(TABLE[["city_id", "year"]].astype("str")).to_numpy(dtype=float)
    left = TABLE["d"] - D @ np.linalg.lstsq(D, TABLE["d"], rcond=None)[0]
    for kind, size in (("per sd", sd), ("per within sd", left.std())):
        for unit, share in (("", 1.0), (", in sd of the outcome", 1 / sd_y),
                            (", % of the outcome's mean", 100 / mean_y)):  # fmt: skip
            row = told.loc[kind + unit]
            factor = size * share
            assert row["estimate"] == pytest.approx(effect["estimate"] * factor, rel=1e-9)
            assert row["std_error"] == pytest.approx(effect["std_error"] * factor, rel=1e-9)
            assert row["ci_low"] == pytest.approx(effect["ci_low"] * factor, rel=1e-9)
            assert row["p_value"] == pytest.approx(effect["p_value"])
            assert f"{effect['estimate']:.6g} (effect of d) x {size:.6g}" in row["note"]
    assert len(told) == 6
    checks = result.checks[result.checks["design"] == "base"].set_index("statistic")["value"]
    assert checks["sd"] == pytest.approx(sd)
    assert checks["within sd"] == pytest.approx(left.std())


def test_with_a_moderator_it_is_the_effect_at_its_mean(result: EstimationResult) -> None:
    own = result.estimates[result.estimates["design"] == "moderated"]
    effect = own[(own["part"] == "effect") & (own["term"] == "d")].iloc[0]
    told = own[own["part"] == "standardised"]
    assert set(told["term"]) == {"d"}
    assert told["estimate"].iloc[0] == pytest.approx(effect["estimate"] * TABLE["d"].std())
    assert effect["scaling"] == "centred"
    assert told["se_type"].iloc[0] == "city, wild bootstrap"
    assert told["p_value"].iloc[0] == told["p_value_wild"].iloc[0]
    assert any("sd within city, province^year" in note for note in result.notes)


def test_the_table_has_every_factor_and_product_in_a_line(result: EstimationResult) -> None:
    plain = Design("plain", "y", "d", variants=(LINEAR,))
    table = standardised_table("Table S", "", [DESIGN, plain], result)
    assert len(table.rows) == 2
    for row in table.rows:
        _, treatment, effect, _, sd, _, product, sd_y, in_sd, mean, share = row
        assert treatment == "d"
        assert float(product) == pytest.approx(float(effect) * float(sd), rel=1e-5)
        assert float(in_sd) == pytest.approx(float(product) / float(sd_y), rel=1e-3)
        assert float(share) == pytest.approx(100 * float(product) / float(mean), rel=1e-2)
    assert table.notes[0] == "plain: standardised = true is not set"
