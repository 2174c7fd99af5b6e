"""Instruments beside any effects and clusters, and what does not go with other effects."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pyfixest
import pytest

from estimation.additivity.keys import CompositeOf
from estimation.designs import Design
from estimation.estimate import EstimationResult, estimate
from estimation.heterogeneity.keys import Groups
from estimation.instruments.keys import Instruments
from estimation.linear.group_model import group_fit
from estimation.linear.rows import linear_estimate
from estimation.samples.sample import build_sample
from estimation.staggered.keys import Adoption
from geo.errors import DesignError
from tests.estimation.instruments.made_up import panel_tables

pytestmark = pytest.mark.filterwarnings("ignore:The inplace keyword:DeprecationWarning")
"""pyfixest's own use of pandas."""
LINEAR = ("two_way_fixed_effects",)


def panel() -> pd.DataFrame:
    """A second instrument, provinces that hold cities, industries that do not, two groups."""
    table, _ = panel_tables(cities=60)
    rng = np.random.default_rng(1)
    number = np.unique(table["city_id"], return_inverse=True)[1]
    return table.assign(
        v=table["w"] + rng.normal(size=len(table)),
        province=number % 12,
        industry=rng.integers(0, 3, len(table)),
        part=np.where(number % 2 == 0, "even", "odd"),
    )


TABLE = panel()
BOTH = Instruments(("w", "v"))
PLAIN = Design("d", "y", "d", controls=("x",), variants=LINEAR, instrument=BOTH, checks=())


def told(design: Design) -> EstimationResult:
    return estimate(TABLE, [design], workers=1)


def rows_of(design: Design) -> pd.DataFrame:
    return told(design).estimates.set_index(["part", "term"])


@pytest.mark.parametrize("instrument", ["w", BOTH])
@pytest.mark.parametrize(
    ("effects", "cluster"),
    [
        (("city", "year"), "city"),
        (("city", "year"), "industry"),
        (("city", "province^year"), "province"),
        (("city", "year", "industry"), "city"),
        (("province", "year"), "province"),
        ((), "city"),
    ],
)
def test_estimates_and_errors_are_pyfixests(
    effects: tuple[str, ...], cluster: str, instrument: str | Instruments
) -> None:
    design = replace(PLAIN, effects=effects, cluster=(cluster,), instrument=instrument)
    row = rows_of(design).loc["effect", "d"]
    named = ["city_id" if one == "city" else one for one in effects]
    table = TABLE.assign(group=TABLE["city_id" if cluster == "city" else cluster])
    fixed = f" | {' + '.join(named)}" if named else ""
    given = "w" if instrument == "w" else "w + v"
    theirs = pyfixest.feols(
        f"y ~ x{fixed} | d ~ {given}",
        table,
        vcov={"CRV1": "group"},
        fixef_rm="none",
        demeaner=pyfixest.MapDemeaner(fixef_tol=1e-14),
    )
    assert row["estimate"] == pytest.approx(theirs.coef()["d"], rel=1e-8)
    assert row["std_error_cluster"] == pytest.approx(theirs.se()["d"], rel=1e-8)


@pytest.mark.parametrize(
    ("effects", "cluster"),
    [
        (("city", "province^year"), ("province",)),
        (("province", "year"), ("city",)),
        (("city", "year"), ("industry",)),
        (("city", "year"), ("city", "year")),
        (("city", "year"), ("province", "year")),
        (("city", "province^year"), ("province", "industry")),
        (("city", "year"), ("province", "industry")),
    ],
)
def test_tests_of_instruments_have_the_fits_effects_and_clusters(
    effects: tuple[str, ...], cluster: tuple[str, ...]
) -> None:
    """The reduced form is the design's own regression of the outcome on the instrument."""
    design = replace(PLAIN, effects=effects, cluster=cluster, instrument="w")
    result = told(design)
    rows = result.estimates.set_index(["part", "term"])
    for part, outcome in (("reduced_form", "y"), ("first_stage", "d")):
        alone = replace(design, outcome=outcome, treatment="w", instrument=None)
        plain = rows_of(alone).loc["effect", "w"]
        found = rows.loc[part, "w"]
        assert found["estimate"] == pytest.approx(plain["estimate"], rel=1e-9)
        error = pytest.approx(plain["std_error_cluster"], rel=1e-9, nan_ok=True)
        assert found["std_error"] == error
        assert (found["n"], found["n_clusters"]) == (plain["n"], plain["n_clusters"])
        assert found["df"] == plain["df"]
        assert found["se_type"] == "+".join(cluster)
        assert found["effects"] == rows.loc["effect", "d"]["effects"]
    first = result.checks.set_index("check").loc["first_stage", "value"]
    said = f"first-stage F {first:.4g}" if np.isfinite(first) else "no first-stage F"
    assert said in rows.loc["effect", "d"]["note"]
    own = rows.loc["first_stage", "w"]
    assert first == pytest.approx((own["estimate"] / own["std_error"]) ** 2, nan_ok=True)
    effective = result.checks.set_index("check").loc["effective_f", "value"]
    assert effective == pytest.approx(first, rel=1e-9, nan_ok=True)


@pytest.mark.parametrize("instrument", ["w", BOTH])
def test_what_two_ways_cannot_tell_is_not_tested(instrument: str | Instruments) -> None:
    """Twelve provinces by three industries leave a negative variance: no error, and no F."""
    design = replace(PLAIN, cluster=("province", "industry"), instrument=instrument)
    result = told(design)
    rows = result.estimates.set_index(["part", "term"])
    assert np.isnan(rows.loc[("effect", "d"), "std_error"])
    assert "no first-stage F: two-way clusters" in rows.loc[("effect", "d"), "note"]
    checks = result.checks.set_index("check")
    for check in ("first_stage", "effective_f", "anderson_rubin"):
        assert np.isnan(checks.loc[check, "value"])
        assert checks.loc[check, "verdict"] == ""
        assert "negative variance" in checks.loc[check, "note"]
    assert not any("instruments may be weak" in note for note in result.notes)


def test_several_instruments_in_groups_are_those_of_the_groups_alone() -> None:
    rows = rows_of(replace(PLAIN, groups=Groups("part", how="samples")))
    for name in ("even", "odd"):
        alone = estimate(TABLE[TABLE["part"] == name], [PLAIN], workers=1).estimates
        assert rows.loc[("group", f"d, part = {name}"), "estimate"] == pytest.approx(
            alone.set_index(["part", "term"]).loc[("effect", "d"), "estimate"], rel=1e-9
        )


def test_groups_first_stages_are_those_of_the_groups_alone() -> None:
    """Instruments of one sample tell nothing of another's treatment."""
    groups = Groups("part", how="samples")
    design = replace(PLAIN, instrument="w", groups=groups)
    found = group_fit(build_sample(TABLE, design), design, groups).fit.first_stage
    assert found is not None
    for place, name in enumerate(("even", "odd")):
        alone = replace(design, groups=None)
        own = linear_estimate(build_sample(TABLE[TABLE["part"] == name], alone), alone).fit
        assert own.first_stage is not None
        # The factors for few rows count both samples.
        assert found[place] == pytest.approx(own.first_stage[0], rel=0.05)


def test_a_cross_section_with_an_instrument_is_robust() -> None:
    design = replace(PLAIN, instrument="w", cross_section=True)
    rows = rows_of(design)
    assert set(rows["se_type"]) == {"robust"}
    plain = pyfixest.feols("y ~ x | d ~ w", TABLE, vcov="hetero")
    assert rows.loc[("effect", "d"), "std_error"] == pytest.approx(plain.se()["d"], rel=1e-9)


def test_few_clusters_hold_the_first_stage_fixed_and_say_so() -> None:
    row = rows_of(replace(PLAIN, effects=("city", "year", "industry"), cluster=("province",)))
    own = row.loc["effect", "d"]
    assert "CRV3 and wild bootstrap hold the first stage fixed" in own["note"]
    assert own["std_error_jackknife"] > 0
    assert 0 < own["p_value_wild"] < 1


@pytest.mark.parametrize("effects", [("city", "industry"), ()])
@pytest.mark.parametrize(
    "changes",
    [
        {"adoption": Adoption(year="adopted")},
        {"composite_of": CompositeOf(("w", "v"))},
    ],
)
def test_what_knows_cities_and_years_alone_refuses_other_effects(
    changes: dict[str, object], effects: tuple[str, ...]
) -> None:
    with pytest.raises(DesignError, match="effects beside it"):
        Design("d", "y", "d", variants=LINEAR, effects=effects, **changes)


@pytest.mark.parametrize("key", ["effects", "variants", "cluster"])
def test_a_cross_section_has_no_effects_of_cities_and_years(key: str) -> None:
    wrong = {"effects": ("city",), "variants": ("within",), "cluster": ("city", "province")}
    changes = {"variants": LINEAR, key: wrong[key]}
    with pytest.raises(DesignError, match="cross_section"):
        Design("d", "y", "d", cross_section=True, **changes)
    plain = Design("d", "y", "d", variants=LINEAR, cross_section=True)
    assert plain.absorbed == ()
    assert replace(plain, effects=("industry",)).absorbed == ("industry",)
    assert replace(plain, cross_section=False).absorbed == ("city", "year")
