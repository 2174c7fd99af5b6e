from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from estimation.designs import Design, Split
from estimation.samples.sample import Sample, build_sample, check_size, fixed_in_time, take
from geo.errors import DesignError, DomainError, DuplicateCityYearError, SampleError

BASE = Design("base", "gini", "uil", controls=("gdp", "loans"), folds=2)


def counts(audit: tuple) -> dict[str, int]:
    return {row.rule: row.count for row in audit}


def test_everything_is_used_and_ordered(panel: pd.DataFrame) -> None:
    shuffled = panel.sample(frac=1.0, random_state=0)
    before = shuffled.copy()
    sample = build_sample(shuffled, BASE)
    assert sample.audit == ()
    assert sample.cities == tuple(str(1101 + i) for i in range(15))
    assert np.array_equal(sample.city, np.repeat(np.arange(15), 6))
    assert np.array_equal(sample.year, np.tile(np.arange(2011, 2017), 15))
    assert np.array_equal(sample.outcome, panel["gini"])
    assert np.array_equal(sample.treatment, panel["uil"])
    assert np.array_equal(sample.controls, panel[["gdp", "loans"]])
    pd.testing.assert_frame_equal(shuffled, before)


def test_rules_are_applied_in_order_and_counted(panel: pd.DataFrame) -> None:
    panel.loc[panel["city_id"] == "1101", "city_id"] = "4290"
    panel["n_units"] = panel["n_units"].astype("float64")
    panel.loc[6:7, "n_units"] = 4.0
    panel.loc[8, "n_units"] = np.nan
    panel.loc[12, "gdp"] = np.nan
    panel.loc[12, "loans"] = np.nan
    panel.loc[13, "gini"] = np.nan
    design = replace(BASE, years=tuple(range(2011, 2016)), missing="drop")
    sample = build_sample(panel, design)
    assert counts(sample.audit) == {
        "years_not_asked_for": 15,
        "excluded_cities": 5,
        "units_unknown": 1,
        "fewer_than_min_units": 2,
        "missing_values": 1,
        "incomplete_rows": 2,
    }
    listed = {row.subject: row.count for row in sample.audit if row.rule == "missing_values"}
    assert listed == {
        "design 'base', column 'gini'": 1,
        "design 'base', column 'gdp'": 1,
        "design 'base', column 'loans'": 1,
    }
    assert any("4290" in row.detail for row in sample.audit)
    assert {row.stage for row in sample.audit} == {"designs"}
    assert sample.outcome.size == 90 - 15 - 5 - 1 - 2 - 2
    assert sample.label == "design 'base'"


def test_without_the_column_of_units_the_rule_is_said_not_to_apply(panel: pd.DataFrame) -> None:
    bare = panel.drop(columns="n_units")
    assert counts(build_sample(bare, BASE).audit) == {"min_units_not_applied": 1}
    assert build_sample(bare, replace(BASE, min_units=1)).audit == ()


def test_whole_number_codes_are_text_and_match_excluded_cities(panel: pd.DataFrame) -> None:
    panel["city_id"] = panel["city_id"].astype("int64")
    panel["year"] = panel["year"].astype("float64")
    sample = build_sample(panel, replace(BASE, exclude_cities=frozenset({"1101"})))
    assert sample.cities[0] == "1102"
    assert sample.year.dtype == np.int64


@pytest.mark.parametrize(
    ("settings", "gone"),
    [
        ({}, {"4190", "6590"}),
        ({"exclude_cities": frozenset({"1103"})}, {"4190", "6590", "1103"}),
        ({"keep_pseudo_cities": True}, set()),
        ({"keep_pseudo_cities": True, "exclude_cities": frozenset({"4190"})}, {"4190"}),
    ],
)
def test_excluded_cities_add_to_the_pseudo_cities(
    panel: pd.DataFrame, settings: dict, gone: set[str]
) -> None:
    panel["city_id"] = panel["city_id"].replace({"1101": "4190", "1102": "6590"})
    sample = build_sample(panel, replace(BASE, **settings))
    assert set(panel["city_id"]) - set(sample.cities) == gone
    assert counts(sample.audit) == ({"excluded_cities": 6 * len(gone)} if gone else {})


def test_a_city_to_exclude_that_the_panel_lacks_is_audited(panel: pd.DataFrame) -> None:
    late_only = panel[(panel["city_id"] != "1101") | (panel["year"] > 2013)]
    design = replace(BASE, exclude_cities=frozenset({"1101", "9998", "9997"}), years=(2011, 2012))
    (absent, years) = build_sample(late_only, design).audit
    assert (absent.rule, absent.count) == ("excluded_city_not_in_panel", 2)
    assert "9997, 9998" in absent.detail
    assert "1101" not in absent.detail
    assert years.rule == "years_not_asked_for"


@pytest.mark.parametrize("column", ["gini", "uil", "gdp"])
@pytest.mark.parametrize("kind", ["str", "object"])
def test_the_first_text_in_a_column_is_named(panel: pd.DataFrame, column: str, kind: str) -> None:
    panel[column] = panel[column].astype("str").astype(kind)
    panel.index = [0] * len(panel)
    panel.iloc[0, panel.columns.get_loc(column)] = None
    with pytest.raises(DesignError, match=r"for city 1101, year 2012 \(type"):
        build_sample(panel, BASE)
    panel.iloc[8, panel.columns.get_loc(column)] = "n.a."
    with pytest.raises(DesignError) as caught:
        build_sample(panel, BASE)
    line = str(caught.value)
    assert f"design 'base', column '{column}'" in line
    assert "expected numbers, found 'n.a.' for city 1102, year 2013" in line


def test_an_empty_column_of_no_number_type_is_refused(panel: pd.DataFrame) -> None:
    panel["gdp"] = pd.Series([None] * len(panel), dtype=object)
    with pytest.raises(DesignError, match=r"column 'gdp'.*no values, of type object"):
        build_sample(panel, BASE)


def test_column_of_units_may_be_a_control(panel: pd.DataFrame) -> None:
    panel["n_units"] = np.arange(len(panel)) % 9
    sample = build_sample(panel, replace(BASE, controls=("n_units",), min_units=3))
    assert sample.controls.min() == 3.0


@pytest.mark.parametrize(
    ("column", "value", "kind", "words"),
    [
        ("gdp", np.inf, DomainError, ["column 'gdp'", "city 1101", "year 2013", "inf"]),
        ("uil", -np.inf, DomainError, ["column 'uil'", "-inf"]),
        ("city_id", None, DesignError, ["column 'city_id'", "1 missing"]),
        ("year", np.nan, DesignError, ["column 'year'", "1 missing"]),
        ("year", 2011.5, DesignError, ["column 'year'", "whole numbers", "2011.5"]),
        ("year", np.inf, DesignError, ["column 'year'", "whole numbers", "found inf"]),
        ("year", 1e300, DesignError, ["column 'year'", "up to 9999", "found 1e+300"]),
        ("year", 2011, DuplicateCityYearError, ["city 1101", "year 2011"]),
    ],
)
def test_a_wrong_value_is_refused(
    panel: pd.DataFrame, column: str, value: object, kind: type, words: list[str]
) -> None:
    if column != "city_id":
        panel[column] = panel[column].astype("float64")
    panel.loc[2, column] = value
    with pytest.raises(kind) as caught:
        build_sample(panel, BASE)
    for word in ["design 'base'", *words]:
        assert word in str(caught.value)


@pytest.mark.parametrize(
    ("column", "values", "word"),
    [
        ("gdp", "text", "numbers"),
        ("gdp", 1 + 2j, r"expected numbers, found .*\(1\+2j\).* for city 1101"),
        ("year", 2011 + 0j, "whole numbers"),
        ("year", "2011", "whole numbers"),
        ("city_id", 1101.0, "text or whole numbers"),
    ],
)
def test_a_column_of_the_wrong_kind_is_refused(
    panel: pd.DataFrame, column: str, values: object, word: str
) -> None:
    panel[column] = values
    with pytest.raises(DesignError, match=f"column '{column}'.*{word}"):
        build_sample(panel, BASE)


def test_an_infinite_value_in_a_row_left_out_does_no_harm(panel: pd.DataFrame) -> None:
    panel.loc[0, "gdp"] = np.inf
    sample = build_sample(panel, replace(BASE, exclude_cities=frozenset({"1101"})))
    assert len(sample.cities) == 14


def test_too_small_samples_are_refused(panel: pd.DataFrame) -> None:
    with pytest.raises(SampleError, match=r"folds \(16\).*15 cities"):
        check_size(build_sample(panel, BASE), replace(BASE, folds=16))
    with pytest.raises(SampleError, match=r"2009 absent.*2011"):
        build_sample(panel, replace(BASE, years=(2009, 2011)))
    with pytest.raises(SampleError, match="fewer than 21 units"):
        build_sample(panel, replace(BASE, min_units=21))
    with pytest.raises(SampleError, match="empty"):
        build_sample(panel.iloc[:0], BASE)
    with pytest.raises(SampleError, match=r"column 'uil'.*varies.*2"):
        check_size(build_sample(panel.assign(uil=2.0), BASE), BASE)
    joint = replace(BASE, controls=(), joint=("gdp",))
    with pytest.raises(SampleError, match=r"column 'gdp'.*varies.*0.1"):
        check_size(build_sample(panel.assign(gdp=0.1), joint), joint)
    check_size(build_sample(panel, joint), joint)


def test_variation_within_cities(panel: pd.DataFrame) -> None:
    design = replace(BASE, controls=(), joint=("gdp", "loans"))
    assert fixed_in_time(build_sample(panel, design), design) == ()
    codes = panel["city_id"].astype("int64")
    fixed = panel.assign(uil=codes / 7.0, loans=1e9 + codes / 3.0)
    assert fixed_in_time(build_sample(fixed, design), design) == ("uil", "loans")


@pytest.mark.parametrize("column", ["gdp", "loans"])
def test_a_missing_control_is_refused_with_all_of_them_listed(
    panel: pd.DataFrame, column: str
) -> None:
    panel.loc[[8, 20], column] = np.nan
    panel.loc[30, ["gdp", "loans"]] = np.nan
    with pytest.raises(SampleError) as caught:
        build_sample(panel, BASE)
    line = str(caught.value)
    assert line.startswith("design 'base', city 1102, year 2013: expected a value of every control")
    both = {"gdp": 1, "loans": 1} | {column: 3}
    assert f"'gdp' {both['gdp']}, 'loans' {both['loans']}" in line
    assert 'missing = "drop"' in line
    assert "\n" not in line
    sample = build_sample(panel, replace(BASE, missing="drop"))
    assert sample.outcome.size == 87
    assert np.isfinite(sample.controls).all()
    listed = {row.subject: row.count for row in sample.audit if row.rule == "missing_values"}
    assert listed == {f"design 'base', column '{name}'": count for name, count in both.items()}
    assert counts(sample.audit)["incomplete_rows"] == 3


@pytest.mark.parametrize(
    "settings",
    [
        {"joint": ("gdp",)},
        {"instrument": "gdp"},
        {"moderator": "gdp"},
        {"split": Split("gdp", "low")},
    ],
)
def test_whatever_else_a_design_reads_may_not_be_missing_either(
    panel: pd.DataFrame, settings: dict[str, object]
) -> None:
    panel.loc[8, "gdp"] = np.nan
    design = replace(BASE, controls=("loans",), **settings)
    with pytest.raises(SampleError, match=r"city 1102, year 2013.*'gdp' 1;"):
        build_sample(panel, design)
    sample = build_sample(panel, replace(design, missing="drop"))
    assert sample.outcome.size == 89
    rest = panel.drop(index=8).sort_values(["city_id", "year"])
    assert np.array_equal(sample.column("gdp"), rest["gdp"])
    assert np.array_equal(sample.column("loans"), rest["loans"])


def test_a_missing_control_where_nothing_can_be_estimated_is_no_reason_to_refuse(
    panel: pd.DataFrame,
) -> None:
    panel.loc[3, ["gini", "gdp"]] = np.nan
    panel.loc[7, ["uil", "loans"]] = np.nan
    sample = build_sample(panel, BASE)
    assert sample.outcome.size == 88
    assert counts(sample.audit)["incomplete_rows"] == 2


def test_municipalities_are_left_out_when_asked(panel: pd.DataFrame) -> None:
    codes = {"1101": "1100", "1102": "1200", "1103": "3100", "1104": "5000"}
    panel["city_id"] = panel["city_id"].replace(codes)
    kept = build_sample(panel, BASE)
    left = build_sample(panel, replace(BASE, exclude_municipalities=True))
    assert set(kept.cities) - set(left.cities) == set(codes.values())
    assert counts(left.audit) == {"excluded_cities": 24}
    (row,) = left.audit
    assert "1100, 1200, 3100, 5000" in row.detail


def clusters_of(sample: Sample, position: int = 0) -> list[list[str]]:
    """The cities that stand in each cluster."""
    found = sample.groupings[:, position]
    return [sorted({sample.cities[c] for c in sample.city[found == g]}) for g in np.unique(found)]


def test_provinces_come_from_codes_or_from_the_column_of_that_name(panel: pd.DataFrame) -> None:
    moved = {"1101": "3101", "1102": "3102", "1103": "420300"}
    panel["city_id"] = panel["city_id"].replace(moved)
    design = replace(BASE, cluster=("province",))
    rest = sorted(set(panel["city_id"]) - set(moved.values()))
    assert clusters_of(build_sample(panel, design)) == [rest, ["3101", "3102"], ["420300"]]
    panel["province"] = np.where(panel["city_id"] == "3101", "Shanghai", "elsewhere")
    named = clusters_of(build_sample(panel, design))
    assert named == [["3101"], sorted(set(panel["city_id"]) - {"3101"})]


def test_clusters_may_be_a_column_or_two_ways(panel: pd.DataFrame) -> None:
    panel["basin"] = (panel["city_id"].astype("int64") - 1101) // 5
    sample = build_sample(panel.sample(frac=1.0, random_state=1), replace(BASE, cluster=("basin",)))
    assert sample.grouping_names == ("basin",)
    assert np.array_equal(sample.groupings[:, 0], sample.city // 5)
    both = build_sample(panel, replace(BASE, cluster=("city", "year")))
    assert np.array_equal(both.groupings, np.column_stack([both.city, both.year - 2011]))


def test_clusters_that_cannot_be_told_are_refused(panel: pd.DataFrame) -> None:
    by_province = replace(BASE, cluster=("province",))
    with pytest.raises(DesignError, match=r"cluster 'province'.*codes of 2, 4 or 6 digits.*'Lyon'"):
        build_sample(panel.replace({"city_id": {"1103": "Lyon"}}), by_province)
    with pytest.raises(DesignError, match=r"cluster, column 'basni'.*did you mean 'basin'"):
        build_sample(panel.assign(basin=1), replace(BASE, cluster=("basni",)))
    gaps = panel.assign(basin=np.where(panel["year"] == 2012, None, "a"))
    with pytest.raises(DesignError, match=r"column 'basin'.*a cluster in every row, found 15 miss"):
        build_sample(gaps, replace(BASE, cluster=("basin",)))
    sample = build_sample(panel, by_province)
    with pytest.raises(SampleError, match=r"'base', cluster 'province': expected two clusters"):
        check_size(sample, by_province)


def test_some_rows_of_a_sample_are_a_sample(panel: pd.DataFrame) -> None:
    design = replace(BASE, joint=("n_units",), cluster=("city", "year"))
    sample = build_sample(panel, design)
    rows = (sample.city % 2 == 1) & (sample.year != 2013)
    part = take(sample, rows)
    asked = panel[
        panel["city_id"].isin([str(1102 + 2 * i) for i in range(7)]) & (panel["year"] != 2013)
    ]
    expected = build_sample(asked, design)
    assert part.cities == expected.cities
    for name in ("outcome", "treatment", "controls", "others", "city", "year"):
        assert np.array_equal(getattr(part, name), getattr(expected, name)), name
    for ours, theirs in zip(part.groupings.T, expected.groupings.T, strict=True):
        pairs = set(zip(ours.tolist(), theirs.tolist(), strict=True))
        assert len(pairs) == np.unique(ours).size == np.unique(theirs).size


@pytest.mark.parametrize("places", [["11", "12", "31", "50", "32"],
                                    ["北京市", "天津", "上海市", "重庆", "江苏省"],
                                    ["1100", "1200", "3100", "5000", "3201"]])  # fmt: skip
def test_municipalities_are_left_out_of_a_panel_of_provinces_too(
    panel: pd.DataFrame, places: list[str]
) -> None:
    first = panel["city_id"].unique()[: len(places)]
    table = panel[panel["city_id"].isin(first)]
    table = table.assign(city_id=table["city_id"].map(dict(zip(first, places, strict=True))))
    sample = build_sample(table, replace(BASE, exclude_municipalities=True))
    assert sample.cities == (places[-1],)
