"""Group effects of linear fixed effects against pyfixest's interactions, and separate samples."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pyfixest
import pytest
from pyfixest.estimation import Feols

from estimation.designs import Design
from estimation.estimate import EstimationResult, estimate
from estimation.heterogeneity.keys import Groups
from estimation.vocabulary import LINEAR
from geo.errors import SampleError
from tests.estimation.linear.effects_panel import made_up

pytestmark = pytest.mark.filterwarnings("ignore:The inplace keyword:DeprecationWarning")
"""pyfixest's own use of pandas."""

TABLE = made_up(cities=60).assign(
    kind=lambda table: np.array(["a", "b", "c"])[table["city_id"].astype(int) % 3],
    late=lambda table: np.where(table["year"] >= 2015, "2015-2018", "2011-2014"),
)
BASE = Design("base", "y", "d", ("x",), variants=(LINEAR,))
PERIODS = Groups(periods=((2011, 2014), (2015, 2018)))


def run(design: Design, table: pd.DataFrame = TABLE) -> EstimationResult:
    return estimate(table, [design])


def rows(result: EstimationResult, part: str) -> pd.DataFrame:
    return result.estimates[result.estimates["part"] == part].reset_index(drop=True)


def interactions(column: str, controls: str, effects: str = "city_id + year") -> Feols:
    return pyfixest.feols(
        f"y ~ i({column}, d) + {controls} | {effects}",
        TABLE,
        vcov={"CRV1": "by"},
        fixef_rm="none",
        demeaner=pyfixest.MapDemeaner(fixef_tol=1e-14),
    )


TABLE["by"] = TABLE["city_id"]


@pytest.mark.parametrize(("column", "groups"), [("kind", Groups("kind")), ("late", PERIODS)])
@pytest.mark.parametrize("controls", ["shared", "by_group"])
def test_slopes_and_errors_are_those_of_interactions(
    column: str, groups: Groups, controls: str
) -> None:
    other = interactions(column, "x" if controls == "shared" else f"i({column}, x)")
    result = run(replace(BASE, groups=replace(groups, controls=controls)))
    told = rows(result, "group")
    wanted = [one for one in other.coef().index if one.endswith(":d")]
    assert told["estimate"].to_numpy() == pytest.approx(other.coef()[wanted].to_numpy(), rel=1e-9)
    assert told["std_error"].to_numpy() == pytest.approx(other.se()[wanted].to_numpy(), rel=1e-8)
    said = "shared" if controls == "shared" else "by group"
    assert told["note"].str.contains(f"slopes of the controls {said}").all()
    # Differences and the joint test, from the same covariance.
    places = [list(other.coef().index).index(one) for one in wanted]
    matrix = other._vcov[np.ix_(places, places)]
    theta = other.coef()[wanted].to_numpy()
    differences = rows(result, "difference")
    assert differences["estimate"].iloc[0] == pytest.approx(theta[1] - theta[0], rel=1e-8)
    variance = matrix[0, 0] + matrix[1, 1] - 2 * matrix[0, 1]
    assert differences["std_error"].iloc[0] == pytest.approx(variance**0.5, rel=1e-8)
    k = len(theta)
    R = np.column_stack([-np.ones(k - 1), np.eye(k - 1)])
    wald = (R @ theta) @ np.linalg.solve(R @ matrix @ R.T, R @ theta) / (k - 1)
    check = result.checks[result.checks["check"] == "group_difference"].iloc[0]
    # By kind there are 20 cities a group, few enough for CRV3 in the joint test.
    if column == "late":
        assert check["value"] == pytest.approx(wald, rel=1e-7)
        assert check["statistic"] == "F(1, 59)"
    else:
        assert "city CRV3" in check["note"]
        assert check["value"] == pytest.approx(wald, rel=0.5)


@pytest.mark.parametrize("groups", [Groups("kind"), PERIODS])
def test_samples_of_their_own_are_the_regressions_on_these_rows(groups: Groups) -> None:
    result = run(replace(BASE, groups=replace(groups, how="samples"), errors="clustered"))
    told = rows(result, "group")
    column = "kind" if groups.column else "late"
    for value, estimated in zip(sorted(TABLE[column].unique()), told["estimate"], strict=True):
        alone = run(BASE, TABLE[TABLE[column] == value]).estimates.iloc[0]
        assert estimated == pytest.approx(alone["estimate"], rel=1e-9)
    assert told["note"].str.contains("slopes of the controls and effects .* by group").all()


def test_groups_that_cities_move_through_bring_their_own_effect() -> None:
    table = TABLE.assign(high=(TABLE["industry"] > 1).astype(float))
    other = pyfixest.feols(
        "y ~ d:C(high) + high + x | city_id + year", table, fixef_rm="none",
        demeaner=pyfixest.MapDemeaner(fixef_tol=1e-14),
    )  # fmt: skip
    told = rows(run(replace(BASE, groups=Groups("high", at="year")), table), "group")
    wanted = other.coef()[[one for one in other.coef().index if one.startswith("d:")]]
    assert told["estimate"].to_numpy() == pytest.approx(wanted.to_numpy(), rel=1e-9)


def test_few_clusters_print_the_wild_bootstrap_and_crv3_joins_the_test() -> None:
    design = replace(BASE, cluster=("province",), groups=PERIODS)
    result = run(design)
    for part in ("group", "difference"):
        told = rows(result, part)
        assert (told["se_type"] == "province, wild bootstrap").all()
        assert (told["p_value"] == told["p_value_wild"]).all()
        assert told["std_error_jackknife"].notna().all()
    difference = rows(result, "difference").iloc[0]
    wald = result.checks[result.checks["check"] == "group_difference"].iloc[0]
    assert "province CRV3" in wald["note"]
    squared = (difference["estimate"] / difference["std_error_jackknife"]) ** 2
    assert wald["value"] == pytest.approx(squared, rel=1e-8)


def test_the_difference_is_the_slope_of_the_product() -> None:
    # The wild bootstrap of a difference is that of a regression written with it.
    table = TABLE.assign(later=TABLE["d"] * (TABLE["late"] == "2015-2018"))
    design = replace(BASE, cluster=("province",), seed=5)
    written = run(replace(design, joint=("later",)), table).estimates.set_index("term").loc["later"]
    told = rows(run(replace(design, groups=PERIODS), table), "difference").iloc[0]
    for column in ("estimate", "std_error", "std_error_jackknife"):
        assert told[column] == pytest.approx(written[column], rel=1e-7)
    assert told["p_value_wild"] == written["p_value_wild"]
    assert told["ci_low"] == pytest.approx(written["ci_low"], rel=1e-5)


def test_permuted_paths_agree_with_a_true_difference_and_with_none() -> None:
    step = 2.0 * TABLE["d"] * (TABLE["late"] == "2015-2018")
    found = {}
    for name, shift in (("none", 0.0), ("step", step)):
        result = run(replace(BASE, groups=PERIODS), TABLE.assign(y=TABLE["y"] + shift))
        found[name] = result.checks[result.checks["statistic"].str.contains("permuted")].iloc[0]
    assert found["none"]["p_value"] > 0.05
    assert found["step"]["p_value"] < 0.01
    assert found["step"]["value"] == pytest.approx(found["none"]["value"] + 2.0, rel=1e-8)


def test_regions_come_from_provinces_in_their_order() -> None:
    # Beijing, Liaoning, Henan, Chongqing, Heilongjiang, Shaanxi; by code or name.
    codes = np.array(["11", "辽宁", "41", "500000", "黑龙江省", "61"], dtype=object)
    table = TABLE.assign(province=codes[TABLE["province"]])
    for division, names in (
        ("three", ["east", "central", "west"]),
        ("four", ["east", "central", "west", "northeast"]),
    ):
        result = run(replace(BASE, groups=Groups(regions=division)), table)
        told = rows(result, "group")
        assert told["term"].tolist() == [f"d, region = {name}" for name in names]
        assert len(rows(result, "difference")) == len(names) * (len(names) - 1) // 2


@pytest.mark.parametrize(
    ("table", "groups", "says"),
    [
        (TABLE.assign(kind="a"), Groups("kind"), r"one group, kind = a"),
        (TABLE.assign(kind=np.where(TABLE["city_id"] == "1100", "a", "b")), Groups("kind"),
         r"group 'kind = a'.*two clusters or more.*found 1"),
        (TABLE.assign(province="31"), Groups(regions="three"), r"one group, region = east"),
    ],
)  # fmt: skip
def test_groups_that_there_are_not_are_refused(
    table: pd.DataFrame, groups: Groups, says: str
) -> None:
    with pytest.raises(SampleError, match=says) as error:
        run(replace(BASE, groups=groups), table)
    assert "\n" not in str(error.value)


def test_a_group_in_which_the_treatment_does_not_move_is_a_note() -> None:
    still = TABLE["kind"] == "b"
    table = TABLE.assign(d=TABLE["d"].where(~still, TABLE.groupby("city_id")["d"].transform("max")))
    result = run(replace(BASE, groups=Groups("kind", how="samples")), table)
    assert rows(result, "group").empty
    (note,) = [note for note in result.notes if "group effects not told" in note]
    assert "d, kind = b" in note
    assert "they determine it" in note
