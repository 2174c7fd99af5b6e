"""Composite indices: by hand, by naive loops, and against pymcdm."""

import math

import numpy as np
import pandas as pd
import pymcdm.weights
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.errors import DomainError, TableColumnError
from panels.composite import Indicator, Recipe, entropy_weights, estimate_scale
from panels.composite_scale import composite
from panels.stability import rank_stability


def keyed(columns, years=None):
    count = len(next(iter(columns.values())))
    years = years or [2020] * count
    table = pd.DataFrame({"city_id": [f"{one:04d}" for one in range(count)], "year": years})
    return table.assign(**columns)


def recipe(*columns, **given):
    named = tuple(one if isinstance(one, Indicator) else Indicator(one) for one in columns)
    return Recipe("x", named, **given)


def naive_weights(values):
    """Entropy weights by their sums."""
    n, k = len(values), len(values[0])
    spread = []
    for j in range(k):
        total = sum(row[j] for row in values)
        entropy = 0.0
        for row in values:
            p = row[j] / total
            if p > 0:
                entropy -= p * math.log(p) / math.log(n)
        spread.append(1 - entropy)
    return [one / sum(spread) for one in spread]


def test_two_indicators_by_hand():
    # Scaled: a is 0, .5, 1; b is 0, 0, 1. p of a: 0, 1/3, 2/3; p of b: 0, 0, 1.
    table = keyed({"a": [1.0, 2.0, 3.0], "b": [5.0, 5.0, 9.0]})
    result = composite(table, recipe("a", "b"), where="x")
    e_a = -(math.log(1 / 3) / 3 + 2 * math.log(2 / 3) / 3) / math.log(3)
    w_a = (1 - e_a) / ((1 - e_a) + 1.0)
    np.testing.assert_allclose(result.scale["weight"], [w_a, 1 - w_a], rtol=1e-14)
    np.testing.assert_allclose(result.values["x"], [0.0, w_a / 2, 1.0], atol=1e-15)
    assert result.scale[["lower", "upper"]].to_numpy().tolist() == [[1.0, 3.0], [5.0, 9.0]]


def test_reversed_indicators_count_downwards():
    table = keyed({"a": [1.0, 2.0, 3.0], "b": [3.0, 2.0, 1.0]})
    result = composite(table, recipe("a", Indicator("b", reverse=True)), where="x")
    np.testing.assert_allclose(result.values["x"], [0.0, 0.5, 1.0], atol=1e-15)


@given(
    st.integers(2, 30).flatmap(
        lambda n: st.lists(
            st.lists(st.floats(0.1, 10.0), min_size=3, max_size=3), min_size=n, max_size=n
        )
    )
)
def test_entropy_weights_against_pymcdm_and_loops(rows):
    values = np.array(rows)
    weights = entropy_weights(values, zeros="limit", shift=1.0)
    assert weights.sum() == pytest.approx(1.0)
    assert (weights >= 0.0).all()
    if values.std(axis=0).max() > 1e-3:  # else all weights are rounding errors
        np.testing.assert_allclose(weights, naive_weights(rows), atol=1e-6)
        np.testing.assert_allclose(weights, pymcdm.weights.entropy_weights(values), atol=1e-6)


def test_shifted_min_max_against_pymcdm():
    rng = np.random.default_rng(3)
    raw = rng.lognormal(size=(50, 4))
    table = keyed({name: raw[:, at] for at, name in enumerate("abcd")})
    scale = estimate_scale(table, recipe(*"abcd", zeros="shift", shift=0.0001), where="x")
    scaled = (raw - raw.min(axis=0)) / (raw.max(axis=0) - raw.min(axis=0)) + 0.0001
    expected = pymcdm.weights.entropy_weights(scaled)
    np.testing.assert_allclose(scale["weight"], expected, rtol=1e-10)


def test_zeros_are_a_limit_unless_shifted():
    """As the shift goes to zero its weights become those of the limit."""
    rng = np.random.default_rng(4)
    table = keyed({name: rng.uniform(size=40) for name in "ab"})
    limit = estimate_scale(table, recipe("a", "b"), where="x")["weight"]
    shifted = estimate_scale(table, recipe("a", "b", zeros="shift", shift=1e-12), where="x")
    np.testing.assert_allclose(shifted["weight"], limit, atol=1e-8)
    coarse = estimate_scale(table, recipe("a", "b", zeros="shift", shift=0.5), where="x")
    assert np.abs(coarse["weight"] - limit).max() > 1e-3


def test_two_levels_by_loops():
    rng = np.random.default_rng(5)
    table = keyed({name: rng.uniform(1, 2, size=30) for name in "abcd"})
    groups = [Indicator("a", "one"), Indicator("b", "one"), Indicator("c", "two"),
              Indicator("d", "two")]  # fmt: skip
    result = composite(table, recipe(*groups), where="x")
    raw = table[list("abcd")].to_numpy()
    scaled = (raw - raw.min(axis=0)) / (raw.max(axis=0) - raw.min(axis=0))
    sub = []
    for columns in ([0, 1], [2, 3]):
        weights = naive_weights(scaled[:, columns].tolist())
        sub.append(scaled[:, columns] @ np.array(weights))
    across = naive_weights(np.stack(sub, axis=1).tolist())
    np.testing.assert_allclose(result.values["x_one"], sub[0], rtol=1e-12)
    np.testing.assert_allclose(result.values["x_two"], sub[1], rtol=1e-12)
    np.testing.assert_allclose(
        result.values["x"], across[0] * sub[0] + across[1] * sub[1], rtol=1e-12
    )


def test_weights_by_year_and_bounds_over_all_years():
    rng = np.random.default_rng(6)
    table = keyed({name: rng.uniform(size=20) for name in "ab"}, [2019] * 10 + [2020] * 10)
    result = composite(table, recipe("a", "b", weights="year"), where="x")
    raw = table[["a", "b"]].to_numpy()
    scaled = (raw - raw.min(axis=0)) / (raw.max(axis=0) - raw.min(axis=0))
    for year, rows in ((2019, slice(0, 10)), (2020, slice(10, 20))):
        weights = naive_weights(scaled[rows].tolist())
        saved = result.scale[result.scale["year"] == year]
        np.testing.assert_allclose(saved["weight"], weights, rtol=1e-12)
        np.testing.assert_allclose(result.values["x"][rows], scaled[rows] @ weights, rtol=1e-12)
    assert result.scale["lower"].nunique() == 2


def test_equal_weights_and_standardised():
    table = keyed({"a": [1.0, 2.0, 3.0], "b": [1.0, 2.0, 6.0]})
    same = composite(table, recipe("a", "b", method="equal"), where="x").values["x"]
    np.testing.assert_allclose(same, [0.0, (0.5 + 0.2) / 2, 1.0])
    given_z = recipe("a", "b", method="equal", scaling="standardised")
    z = composite(table, given_z, where="x").values["x"]
    expected = sum((table[c] - table[c].mean()) / table[c].std() for c in "ab") / 2
    np.testing.assert_allclose(z, expected, rtol=1e-12)
    assert z.mean() == pytest.approx(0.0, abs=1e-12)


def test_a_new_year_is_scored_on_the_old_scale():
    rng = np.random.default_rng(7)
    old = keyed({name: rng.uniform(size=12) for name in "ab"})
    first = composite(old, recipe("a", "b"), where="x")
    again = composite(old, recipe("a", "b"), scale=first.scale, where="x")
    pd.testing.assert_frame_equal(again.values, first.values)
    new = keyed({"a": [0.5, 9.0], "b": [0.5, -1.0]}, [2021, 2021])
    scored = composite(new, recipe("a", "b"), scale=first.scale, where="x")
    weights, low, high = (first.scale[name].to_numpy() for name in ("weight", "lower", "upper"))
    expected = ((new[["a", "b"]].to_numpy() - low) / (high - low)) @ weights
    np.testing.assert_allclose(scored.values["x"], expected)
    assert [row.count for row in scored.audit if row.rule == "outside_scale"] == [1, 1]


def test_a_scale_survives_csv(tmp_path):
    rng = np.random.default_rng(8)
    table = keyed({name: rng.uniform(size=9) for name in "abc"})
    made = recipe(Indicator("a", "g"), Indicator("b", "g", reverse=True), Indicator("c", "h"))
    first = composite(table, made, where="x")
    first.scale.to_csv(tmp_path / "scale.csv", index=False)
    again = composite(table, made, scale=pd.read_csv(tmp_path / "scale.csv"), where="x")
    pd.testing.assert_frame_equal(again.values, first.values)


def test_a_scale_of_something_else_is_refused():
    table = keyed({name: [1.0, 2.0, 4.0] for name in "abc"})
    scale = estimate_scale(table, recipe("a", "b"), where="x")
    with pytest.raises(TableColumnError, match=r"x: scale: expected the indicators.*found a, b"):
        composite(table, recipe("a", "c"), scale=scale, where="x")
    with pytest.raises(DomainError, match=r"x: scale: column 'method' of 'a' \(row 2\): .*equal"):
        composite(table, recipe("a", "b", method="equal"), scale=scale, where="x")
    with pytest.raises(TableColumnError, match="column 'weight'"):
        composite(table, recipe("a", "b"), scale=scale.drop(columns="weight"), where="x")
    by_year = estimate_scale(table, recipe("a", "b", weights="year"), where="x")
    later = table.assign(year=2021)
    with pytest.raises(DomainError, match=r"x: weights: .*found none of 2021"):
        composite(later, recipe("a", "b", weights="year"), scale=by_year, where="x")


GROUPED = recipe(Indicator("a", "g"), Indicator("b", "g"), Indicator("c", "h"))


def test_every_scale_that_is_made_is_taken_again():
    rng = np.random.default_rng(10)
    table = keyed({name: rng.uniform(size=12) for name in "abc"}, [2019] * 6 + [2020] * 6)
    for given_recipe in (
        GROUPED,
        recipe("a", "b", weights="year", zeros="shift", shift=0.01),
        recipe("a", "b", method="equal", scaling="standardised"),
    ):
        first = composite(table, given_recipe, where="x")
        again = composite(table, given_recipe, scale=first.scale, where="x")
        pd.testing.assert_frame_equal(again.values, first.values)


@pytest.mark.parametrize(
    ("row", "column", "cell", "match"),
    [
        (0, "weight", "abc", r"column 'weight' of 'a' \(row 2\): expected a finite .*found 'abc'"),
        (1, "weight", -7, r"column 'weight' of 'b' \(row 3\): expected a weight of 0 or more"),
        (1, "weight", 0.9, r"column 'weight': expected weights that sum to 1.*in group 'g'"),
        (2, "group_weight", 0.9, r"column 'group_weight': expected weights that sum to 1"),
        (0, "group_weight", 0.0, r"'group_weight' of 'b'.*one weight for all of a group"),
        (2, "upper", -9.0, r"column 'upper' of 'c' \(row 4\): expected an upper bound above"),
        (2, "lower", np.nan, r"column 'lower' of 'c' \(row 4\): expected a finite number"),
        (2, "upper", np.inf, r"column 'upper' of 'c' \(row 4\): expected a finite number"),
        (2, "reverse", "perhaps", r"column 'reverse' of 'c'.*expected True or False"),
        (2, "year", "soon", r"column 'year' of 'c'.*expected a year"),
        (2, "year", 2020, r"column 'year' of 'c'.*weights = \"pooled\" has: no year"),
        (1, "zeros", "shift", r"column 'zeros' of 'b'.*expected limit"),
    ],
)
def test_a_damaged_scale_is_refused(row, column, cell, match):
    rng = np.random.default_rng(11)
    table = keyed({name: rng.uniform(size=8) for name in "abc"})
    scale = estimate_scale(table, GROUPED, where="x").astype({column: object})
    scale.loc[row, column] = cell
    with pytest.raises(DomainError, match=match):
        composite(table, GROUPED, scale=scale, where="x")


def test_rows_of_a_scale_that_are_twice_or_not_there_are_refused():
    table = keyed({name: [1.0, 2.0, 4.0, 3.0] for name in "ab"}, [2019] * 2 + [2020] * 2)
    made = recipe("a", "b", weights="year", method="equal")
    scale = estimate_scale(table, made, where="x")
    twice = pd.concat([scale, scale.iloc[[3]]], ignore_index=True)
    with pytest.raises(DomainError, match=r"of 'b' \(row 6\): expected each indicator once"):
        composite(table, made, scale=twice, where="x")
    with pytest.raises(TableColumnError, match="all 2 indicators in each year, found fewer in 202"):
        composite(table, made, scale=scale.iloc[:3], where="x")
    scale.loc[3, "upper"] = 5.0
    with pytest.raises(DomainError, match="the same bounds of an indicator in all years"):
        composite(table, made, scale=scale, where="x")


@pytest.mark.parametrize(
    "other", [{"zeros": "shift"}, {"weights": "year"}, {"zeros": "shift", "shift": 0.5}]
)
def test_a_scale_that_was_made_otherwise_is_refused(other):
    table = keyed({name: [1.0, 2.0, 4.0] for name in "ab"})
    saved = recipe("a", "b", zeros="shift") if "shift" in other else recipe("a", "b")
    scale = estimate_scale(table, saved, where="x")
    with pytest.raises(DomainError, match=r"x: scale: column '(zeros|year|shift)'"):
        composite(table, recipe("a", "b", **other), scale=scale, where="x")


def test_gaps_are_counted_and_leave_bounds_alone():
    table = keyed({"a": [1.0, 2.0, 3.0, 99.0], "b": [1.0, 3.0, 2.0, np.nan]})
    result = composite(table, recipe("a", "b"), where="x")
    assert result.scale["upper"].tolist() == [3.0, 3.0]
    assert result.values["x"].isna().tolist() == [False, False, False, True]
    assert {row.rule: row.count for row in result.audit} == {
        "composite_made": 3,
        "composite_missing": 1,
    }


@pytest.mark.parametrize(
    ("columns", "given_recipe", "match"),
    [
        ({"a": [1.0, 2.0], "b": [3.0, 3.0]}, recipe("a", "b"), r"column 'b'.*3 in all 2 complete"),
        ({"a": [1.0, np.nan], "b": [3.0, 4.0]}, recipe("a", "b"), "two or more city-years"),
        ({"a": [1.0, np.inf], "b": [3.0, 4.0]}, recipe("a", "b"), "an infinite value"),
        (
            {"a": [1.0, 2.0], "b": [3.0, 4.0]},
            recipe("a", "b", scaling="standardised"),
            'found "standardised"',
        ),
        ({"a": [1.0, 2.0], "b": [3.0, 4.0]}, recipe("a", "b", shift=0.0), "shift: expected"),
    ],
)
def test_what_cannot_be_made(columns, given_recipe, match):
    with pytest.raises(DomainError, match=match):
        composite(keyed(columns), given_recipe, where="x")


def test_one_indicator_or_one_twice_is_refused():
    table = keyed({"a": [1.0, 2.0]})
    for wrong in (recipe("a"), recipe("a", "a")):
        with pytest.raises(TableColumnError, match="two or more columns, each once"):
            composite(table, wrong, where="x")
    with pytest.raises(TableColumnError, match="column 'b'"):
        composite(table, recipe("a", "b"), where="x")


def test_a_year_in_which_an_indicator_is_at_its_bound():
    table = keyed({"a": [0.0, 0.0, 1.0, 2.0], "b": [1.0, 2.0, 3.0, 4.0]}, [2019] * 2 + [2020] * 2)
    with pytest.raises(DomainError, match=r"year 2019: .*an indicator at its bound"):
        composite(table, recipe("a", "b", weights="year"), where="x")


@given(st.integers(0, 1000))
def test_composites_are_between_0_and_1_and_their_parts_add_up(seed):
    rng = np.random.default_rng(seed)
    table = keyed({name: rng.lognormal(size=15) for name in "abc"}, list(range(2001, 2016)))
    made = recipe(Indicator("a", "g"), Indicator("b", "g", reverse=True), Indicator("c", "h"))
    result = composite(table, made, where="x")
    assert result.values.min().min() >= -1e-12
    assert result.values.max().max() <= 1.0 + 1e-12
    np.testing.assert_allclose(result.parts.sum(axis=1), result.values["x"], atol=1e-12)
    shares = result.contributions.groupby("year")["share"].sum()
    np.testing.assert_allclose(shares, 1.0)
    total = result.contributions.groupby("year")["contribution"].sum()
    np.testing.assert_allclose(total, result.values["x"], atol=1e-12)


def test_contributions_by_hand():
    table = keyed({"a": [0.0, 1.0], "b": [1.0, 0.0]})
    result = composite(table, recipe("a", "b", method="equal"), where="x")
    assert result.contributions["share"].tolist() == [0.5, 0.5]
    assert result.contributions["contribution"].tolist() == [0.25, 0.25]


def test_ranks_under_disturbed_weights():
    rng = np.random.default_rng(9)
    strong = rng.uniform(size=100)
    noise = rng.uniform(size=100)
    table = keyed({"a": strong, "b": strong**2, "c": noise})
    made = recipe("a", "b", "c", method="equal")
    scale = estimate_scale(table, made, where="x")
    found = rank_stability(table, made, scale, draws=50, where="x").set_index("perturbation")
    assert list(found.index) == ["weights +-10%", "without a", "without b", "without c"]
    assert 0.98 < found.loc["weights +-10%", "spearman_min"] < 1.0
    # Leaving the noise out leaves the order of what the others share.
    scaled = [(one - one.min()) / (one.max() - one.min()) for one in (strong, strong**2, noise)]
    both, rest = sum(scaled), scaled[0] + scaled[1]
    expected = pd.Series(both).corr(pd.Series(rest), method="spearman")
    assert found.loc["without c", "spearman_mean"] == pytest.approx(expected)
    again = rank_stability(table, made, scale, draws=50, where="x")
    pd.testing.assert_frame_equal(again.set_index("perturbation"), found)


def test_equal_indicators_cannot_change_ranks():
    values = np.random.default_rng(1).uniform(size=30)
    table = keyed({"a": values, "b": values * 3 + 1})
    made = recipe("a", "b")
    found = rank_stability(table, made, estimate_scale(table, made, where="x"), where="x")
    np.testing.assert_allclose(found["spearman_min"], 1.0)
    assert (found["largest_change"] == 0).all()
    assert (found["top_kept"] == 1.0).all()


def test_a_width_out_of_range_is_refused():
    table = keyed({"a": [1.0, 2.0], "b": [2.0, 1.0]})
    made = recipe("a", "b", method="equal")
    scale = estimate_scale(table, made, where="x")
    with pytest.raises(DomainError, match="0 < width < 1"):
        rank_stability(table, made, scale, width=1.0, where="x")
