"""Each section against the tables that it is made of, by hand where that can be done."""

from dataclasses import fields, replace
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from estimation.vocabulary import VARIANTS
from nightpanel.html_report import plots
from nightpanel.html_report.report import SECTIONS, report_html, sections_of
from nightpanel.html_report.section import Chart, CityMap, DataTable, Records, Section, Text
from nightpanel.html_report.sections import (
    audit,
    checks,
    city_map,
    effect_curves,
    forest,
    light,
    panel,
    sensitivity,
    specification_curve,
    what_was_run,
)
from nightpanel.html_report.sections.effects import SERIES, main_effects, series_of
from nightpanel.output_folder import LEAST_COLUMNS, OutputFolder
from nightpanel.questions import questions
from tests.nightpanel.html_report.conftest import BIAS, EFFECT
from tests.nightpanel.html_report.test_embedded import unpacked

FOLDERS = ("made", "small_folder", "marked_up")


def charts_of(section: Section) -> list[Chart]:
    return [part for part in section.parts if isinstance(part, Chart)]


@pytest.mark.parametrize("name", FOLDERS)
def test_plotly_takes_every_figure_and_each_has_words_and_numbers(
    name: str, request: pytest.FixtureRequest
) -> None:
    folder: OutputFolder = request.getfixturevalue(name)
    found = [chart for section in sections_of(folder) for chart in charts_of(section)]
    assert len(found) >= 6
    assert len({chart.id for chart in found}) == len(found)
    for chart in found:
        go.Figure(chart.figure)
        assert len(chart.text) > 40
        assert chart.table.rows
        assert all(len(row) == len(chart.table.columns) for row in chart.table.rows)


def test_sections_of_nothing_say_what_is_missing(bare: OutputFolder) -> None:
    sections = sections_of(bare)
    assert len(sections) == len(SECTIONS)
    assert all(section.missing for section in sections)
    assert sections[0].missing == "Not in this folder: everything."
    assert len({section.id for section in sections}) == len(sections)


@pytest.mark.parametrize(
    "part", ["units", "cities", "panel", "estimates", "checks", "curves", "audit"]
)
def test_a_missing_part_takes_no_other_section_away(made: OutputFolder, part: str) -> None:
    whole = {one.id for one in sections_of(made) if one.missing}
    gone: dict[str, Any] = {part: None}
    less = sections_of(replace(made, **gone))
    more = {one.id for one in less if one.missing} - whole
    expected = {
        "units": {"light", "city-map"},
        "cities": {"city-map"},
        "panel": {"panel"},
        "estimates": {"forest", "robustness", "heterogeneity", "marginal", "event-study",
                      "sensitivity", "checks"},
        "checks": {"sensitivity", "checks"},
        "curves": {"marginal", "event-study"},
        "audit": set(),
    }  # fmt: skip
    assert more == expected[part]


@pytest.mark.parametrize("name", FOLDERS[:2])
def test_a_column_less_is_named_or_done_without(name: str, request: pytest.FixtureRequest) -> None:
    folder: OutputFolder = request.getfixturevalue(name)
    left = 0
    for part in fields(OutputFolder):
        table = getattr(folder, part.name)
        if not isinstance(table, pd.DataFrame):
            continue
        for column in set(table) - set(LEAST_COLUMNS.get(f"{part.name}.parquet", ())):
            less: dict[str, Any] = {part.name: table.drop(columns=column)}
            assert len(sections_of(replace(folder, **less))) == len(SECTIONS)
            left += 1
    assert left > 10


def test_light_by_hand(made: OutputFolder) -> None:
    assert made.units is not None
    sums = next(chart for chart in charts_of(light.section(made)) if chart.id == "light-sums-0")
    (trace,) = sums.figure["data"]
    by_hand = [
        float(made.units.loc[made.units["year"] == year, "sum"].sum()) for year in trace["x"]
    ]
    assert trace["x"] == [2019, 2020, 2021]
    assert trace["y"] == pytest.approx(by_hand)
    coverage = next(
        part for part in light.section(made).parts if isinstance(part, DataTable)
    )  # fmt: skip
    assert coverage.rows == (("dmsp-like-china", "2019-2021", "none", "24", "24"),)


def test_products_of_other_units_share_no_axis(made: OutputFolder) -> None:
    assert made.units is not None
    names = ["dmsp-like-china", "dmsp-like-china v2", "viirs-annual", "own"]
    units = pd.concat([made.units.assign(product=name) for name in names])
    charts = {one.id: one for one in charts_of(light.section(replace(made, units=units)))}
    sums = [charts[f"light-sums-{number}"] for number in range(3)]
    shown = {chart.title: [trace["name"] for trace in chart.figure["data"]] for chart in sums}
    assert shown == {
        "Sum of light by year [DN]": ["dmsp-like-china", "dmsp-like-china v2"],
        "Sum of light by year of own": ["own"],
        "Sum of light by year [nW/cm2/sr]": ["viirs-annual"],
    }
    assert "light-sums-3" not in charts


def test_what_is_saturated_has_a_scale_of_its_own(small_folder: OutputFolder) -> None:
    charts = {one.id: one for one in charts_of(light.section(small_folder))}
    assert small_folder.units is not None
    for name in ("saturated", "lit"):
        (trace,) = charts[f"light-{name}"].figure["data"]
        of_year = small_folder.units[small_folder.units["year"] == trace["x"][0]]
        share = np.average(of_year[f"{name}_share"], weights=of_year["n_cells"])
        assert trace["y"][0] == pytest.approx(share)


def test_files_are_named_without_their_folders(made: OutputFolder) -> None:
    path = "/home/somebody/my study/yearbook.xlsx"
    row = {"stage": "light", "rule": "r", "subject": f"{path} [cities]", "detail": f"see {path}",
           "count": 1, "file": path, "row": 3, "old": "", "new": ""}  # fmt: skip
    folder = replace(made, audit=pd.DataFrame([row]), notes=(f"read from {path}",))
    text = report_html(folder)
    assert "yearbook.xlsx [cities]" in text
    assert "somebody" not in text
    records = [part for part in audit.section(folder).parts if isinstance(part, Records)]
    table = next(one for one in records if one.id == "audit-all")
    assert table.rows == (
        ("light", "r", "yearbook.xlsx [cities]", "see yearbook.xlsx", "1", "yearbook.xlsx", "3"),
    )
    assert table.columns == ("stage", "rule", "subject", "detail", "count", "file", "row")


def test_a_variant_looks_alike_in_every_chart(made: OutputFolder) -> None:
    colours: dict[str, set[str]] = {}
    for make in (forest.section, effect_curves.marginal_effects):
        for chart in charts_of(make(made)):
            for trace in chart.figure["data"]:
                if trace["name"] in {"faithful", "first difference", "two way fixed effects"}:
                    colours.setdefault(trace["name"], set()).add(trace["marker"]["color"])
    assert all(len(found) == 1 for found in colours.values())
    assert len({next(iter(found)) for found in colours.values()}) == 3
    assert series_of(["other", "faithful", "another"]) == {"faithful": 0, "other": 1, "another": 2}
    assert series_of(["two_way_fixed_effects"]) == {"two_way_fixed_effects": 3}
    assert sorted(SERIES) == sorted(VARIANTS)
    assert len(SERIES) <= len(plots.COLOURS)


def test_controls_are_told_beside_the_usual_ones(made: OutputFolder) -> None:
    assert made.estimates is not None
    found = main_effects(made.estimates)
    sets = ["a;b;c", "a;b;c", "a;b", "a;b;c;d", "", "b;c;d", "u;v;w;x"]
    choices = specification_curve.choices(found.assign(controls=sets))
    assert choices["controls"] == [
        "the usual 3", "the usual 3", "the usual without c", "the usual and d", "none",
        "the usual and d without a", "4 others",
    ]  # fmt: skip


def test_inputs_come_in_the_order_of_the_stages(small_folder: OutputFolder) -> None:
    tables = [one for one in what_was_run.section(small_folder).parts if isinstance(one, DataTable)]
    inputs = next(one for one in tables if one.caption.startswith("Inputs"))
    stages = list(dict.fromkeys(row[0] for row in inputs.rows))
    assert stages == ["lights", "panel", "estimates"]


def test_years_between_that_are_missing_are_named(made: OutputFolder) -> None:
    assert made.units is not None
    gap = replace(made, units=made.units[made.units["year"] != 2020])
    table = next(part for part in light.section(gap).parts if isinstance(part, DataTable))
    assert table.rows[0][1:3] == ("2019, 2021", "2020")
    for chart in charts_of(light.section(gap)):
        (trace,) = chart.figure["data"]
        assert trace["x"] == [2019, 2020, 2021]
        assert np.isnan(trace["y"]).tolist() == [False, True, False]


def test_the_map_holds_the_tables(made: OutputFolder) -> None:
    assert made.cities is not None
    assert made.units is not None
    part = next(one for one in city_map.section(made).parts if isinstance(one, CityMap))
    data = part.data
    assert data["cities"]["ids"] == sorted(made.cities["city_id"].unique())
    assert data["units"]["counts"] == [6, 6, 6, 6]
    (product,) = data["products"]
    assert product["years"] == [2019, 2020, 2021]
    gini = np.cumsum(np.array(unpacked(product["gini"]["values"])).reshape(4, 3), axis=1)
    wide = made.cities.pivot_table(index="city_id", columns="year", values="gini")
    np.testing.assert_allclose((gini - 1) / 1e4, wide, atol=5.1e-5)
    counts = unpacked(data["units"]["rings"])
    assert counts == [1] * 24
    light_of = np.cumsum(np.array(unpacked(product["light"]["values"])).reshape(24, 3), axis=1)
    first = made.units[made.units["year"] == 2019].set_index("unit_id")["mean"]
    decimals = product["light"]["decimals"]
    by_unit = first.reindex(data["units"]["ids"]).to_numpy()
    np.testing.assert_allclose(
        (light_of[:, 0] - 1) / 10**decimals, by_unit, atol=0.51 * 10**-decimals
    )


def test_the_table_behind_the_map_has_every_product(made: OutputFolder) -> None:
    assert made.cities is not None
    other = made.cities.assign(product="viirs-annual", gini=0.25)
    two = replace(made, cities=pd.concat([made.cities, other[other["year"] == 2020]]))
    part = next(one for one in city_map.section(two).parts if isinstance(one, CityMap))
    assert part.table.columns == ("city", "name", "product", "2019", "2020", "2021")
    rows = [row for row in part.table.rows if row[0] == "1101"]
    assert [row[2] for row in rows] == ["dmsp-like-china", "viirs-annual"]
    assert rows[1][3:] == ("–", "0.2500", "–")
    alone = next(one for one in city_map.section(made).parts if isinstance(one, CityMap))
    assert alone.table.columns == ("city", "name", "2019", "2020", "2021")


def test_a_city_without_a_shape_is_named(made: OutputFolder) -> None:
    assert made.cities is not None
    lost = made.cities[made.cities["city_id"] == "1101"].assign(city_id="1199")
    more = replace(made, cities=pd.concat([made.cities, lost]))
    section = city_map.section(more)
    notes = [one for one in section.parts if isinstance(one, Text)][-1].lines
    assert any("1 city has light and no outline; the box finds them: 1199" in one for one in notes)


def test_no_year_and_one_year(made: OutputFolder) -> None:
    assert made.cities is not None
    assert made.units is not None
    none = replace(made, cities=made.cities[:0], units=made.units[:0])
    assert "no city has a year" in city_map.section(none).missing
    assert "no year of light" in light.section(none).missing
    one = replace(
        made,
        cities=made.cities[made.cities["year"] == 2020],
        units=made.units[made.units["year"] == 2020],
    )
    notes = [part for part in city_map.section(one).parts if isinstance(part, Text)][-1].lines
    assert any("There is one year" in line for line in notes)
    assert charts_of(light.section(one))


def test_panel_by_hand(made: OutputFolder) -> None:
    assert made.panel is not None
    gaps = made.panel.copy()
    gaps.loc[gaps["year"] == 2020, "finance"] = np.nan
    charts = {chart.id: chart for chart in charts_of(panel.section(replace(made, panel=gaps)))}
    missing = charts["panel-missing"].figure["data"][0]
    # A unit of each city is dark, so that Theil's L is missing everywhere.
    assert missing["y"] == ["theil_l", "finance"]
    assert missing["z"] == [[1.0, 1.0, 1.0], [0.0, 1.0, 0.0]]
    (bars,) = charts["panel-balance"].figure["data"]
    assert bars["y"] == [4, 4, 4]
    assert "4 of 4 cities have all of 2019-2021" in charts["panel-balance"].text


def test_a_column_without_anything_is_not_shown(made: OutputFolder) -> None:
    table = pd.DataFrame({"Type": ["", ""], "Kind": np.nan, "Variable": ["a", ""], "Obs": [1, 2]})
    folder = replace(made, panel_tables={"descriptives": table})
    tables = [one for one in panel.section(folder).parts if isinstance(one, DataTable)]
    (shown,) = (one for one in tables if one.caption == "Descriptive statistics")
    assert shown.columns == ("Variable", "Obs")


def test_correlations_are_pearsons(small_folder: OutputFolder) -> None:
    assert small_folder.panel is not None
    charts = {chart.id: chart for chart in charts_of(panel.section(small_folder))}
    heat = charts["panel-correlations"].figure["data"][0]
    columns = [str(one) for one in heat["x"]]
    assert columns[:2] == ["gini", "uil"]
    by_hand = np.corrcoef(small_folder.panel["gini"], small_folder.panel["uil"])[0, 1]
    assert heat["z"][0][1] == pytest.approx(by_hand, abs=6e-4)


def test_checks_are_chosen_by_their_columns_wherever_these_are(made: OutputFolder) -> None:
    assert made.checks is not None
    for lacking in ([], ["reference", "p_value", "note"]):
        few = replace(made, checks=made.checks.drop(columns=lacking))
        (records,) = (one for one in checks.section(few).parts if isinstance(one, Records))
        chosen = [records.columns[at] for at in records.choose]
        assert chosen == ["design", "variant", "check", "verdict"]


def test_forest_shows_each_effect_once_faithful_first(made: OutputFolder) -> None:
    assert made.estimates is not None
    found = main_effects(made.estimates)
    assert len(found) == 7
    (chart,) = charts_of(forest.section(made))
    drawn = {
        trace["name"]: dict(zip(trace["customdata"], trace["x"], strict=True))
        for trace in chart.figure["data"]
        if "customdata" in trace
    }
    assert drawn["faithful"] == {"main": 0.5, "no controls": 0.7, "again": 0.5, "by period": 0.5}
    assert drawn["first difference"] == {"main": 0.1, "again": 0.1}
    bars = chart.figure["data"][0]["error_x"]
    assert bars["array"] == pytest.approx([0.1] * 4)
    order = sorted(
        (height, trace["name"], design)
        for trace in chart.figure["data"]
        if "customdata" in trace
        for height, design in zip(trace["y"], trace["customdata"], strict=True)
    )
    assert [name for _, name, design in order if design == "main"] == [
        "faithful", "first difference", "two way fixed effects",
    ]  # fmt: skip
    rings = chart.figure["data"][-1]
    recommended = [
        (x, y)
        for trace in chart.figure["data"][:-1]
        if trace["name"] == "first difference"
        for x, y in zip(trace["x"], trace["y"], strict=True)
    ]
    assert rings["name"] == "recommended"
    assert list(zip(rings["x"], rings["y"], strict=True)) == recommended


def test_a_recommended_design_stands_below_the_faithful_one_of_its_question(
    made: OutputFolder,
) -> None:
    assert made.estimates is not None
    rows = made.estimates
    late = (rows["design"] == "again") & (rows["variant"] != "faithful")
    alone = rows[(rows["design"] != "again") | late]
    asked = [settings("main", learner="ridge"), settings("again", learner="lasso")]
    asked += [settings("no controls", controls=["x"]), settings("by period", years=[2019])]
    stages = {"estimates": {"designs": asked}}
    folder = replace(made, estimates=alone, manifest={"stages": stages})
    (chart,) = charts_of(forest.section(folder))
    assert chart.figure["layout"]["yaxis"]["ticktext"][:2] == ["main", "again"]
    unknown = replace(made, estimates=alone[::-1], manifest={"stages": {}})
    (chart,) = charts_of(forest.section(unknown))
    assert chart.figure["layout"]["yaxis"]["ticktext"][-1] == "main"


def test_all_rows_of_the_estimates_can_be_searched(made: OutputFolder) -> None:
    assert made.estimates is not None
    (records,) = [one for one in forest.section(made).parts if isinstance(one, Records)]
    assert len(records.rows) == len(made.estimates) == 9
    assert [row[2] for row in records.rows].count("group") == 2


def settings(name: str, **others: object) -> dict[str, object]:
    return {"name": name, "learner": None, "variants": [], "years": None, "controls": []} | others


def asked_by(designs: list[dict[str, object]]) -> dict[str, str]:
    return questions({"estimates": {"designs": designs}})


def test_pairs_are_of_one_question(made: OutputFolder) -> None:
    assert made.estimates is not None
    found = main_effects(made.estimates)
    own = forest.paired(found, {})
    assert own["recommended: design"].tolist() == [
        "main, first difference", "again, first difference",
    ]  # fmt: skip
    assert own["faithful: estimate"].tolist() == [0.5, 0.5]
    apart = found[(found["role"] != "faithful") | (found["design"] == "no controls")]
    assert forest.paired(apart, {}).empty
    learning = [settings("main", learner="ridge"), settings("no controls", learner="lasso")]
    same = forest.paired(apart, asked_by(learning))
    assert same["faithful: design"].tolist() == ["no controls, faithful"]
    other = [settings("main", years=[2019]), settings("no controls")]
    assert forest.paired(apart, asked_by(other)).empty


def test_specification_curve_is_ordered_and_marks_choices(made: OutputFolder) -> None:
    assert made.estimates is not None
    found = main_effects(made.estimates).sort_values("estimate", kind="stable")
    made_choices = specification_curve.choices(found)
    assert set(made_choices) == {"variant", "learner", "controls", "design"}
    assert made_choices["controls"] == ["the usual 2"] * 6 + ["none"]
    (chart,) = charts_of(specification_curve.section(made))
    points = [trace for trace in chart.figure["data"] if "error_y" in trace]
    assert [trace["name"] for trace in points] == ["95 % without zero", "holds zero"]
    shown = sorted(pair for one in points for pair in zip(one["x"], one["y"], strict=True))
    assert [x for x, _ in shown] == [1, 2, 3, 4]
    assert [y for _, y in shown] == [0.1, 0.2, 0.5, 0.7]
    assert "4 estimates from 0.1000 to 0.7000, median 0.3500. 3 that are another" in chart.text


def test_event_study_and_marginal_effects(made: OutputFolder) -> None:
    (chart,) = charts_of(effect_curves.event_study(made))
    named = [trace for trace in chart.figure["data"] if trace.get("showlegend") is not False]
    assert [trace["name"] for trace in named] == ["sun abraham", "imputation"]
    years = [-3, -2, -1, 0, 1, 2, 3]
    for trace, aside in zip(named, (-0.07, 0.07), strict=True):
        assert trace["customdata"] == years
        assert trace["x"] == pytest.approx([year + aside for year in years])
        assert trace["y"] == pytest.approx([year / 10 for year in years])
        assert trace["error_y"]["array"] == pytest.approx([0.2] * 7)
    outer = next(trace for trace in chart.figure["data"] if trace.get("showlegend") is False)
    assert outer["error_y"]["arrayminus"] == pytest.approx([0.3] * 7)
    tests = [one for one in effect_curves.event_study(made).parts if isinstance(one, DataTable)]
    assert tests[0].rows[0][2] == "pre_trend"
    assert len(charts_of(effect_curves.marginal_effects(made))) == 3


def test_contours_follow_from_the_recorded_bounds(made: OutputFolder) -> None:
    assert made.checks is not None
    rows = made.checks[made.checks["check"] == "sensitivity"]
    found = sensitivity.recorded(rows)
    assert found is not None
    assert found.effect == pytest.approx(EFFECT)
    assert found.bias == pytest.approx(BIAS)
    assert found.benchmarks == (("as strong as log_gdp", 0.02, 0.05),)
    (chart,) = charts_of(sensitivity.section(made))
    contour = chart.figure["data"][0]
    x, y, z = (np.array(contour[key]) for key in "xyz")
    at, up = 10, 20
    by_hand = EFFECT - BIAS * np.sqrt(y[up] * x[at] / (1 - x[at]))
    assert z[up, at] == pytest.approx(by_hand)
    assert z[0, 0] == pytest.approx(EFFECT)


def test_bounds_that_were_not_told_draw_nothing(made: OutputFolder) -> None:
    assert made.checks is not None
    some = made.checks[made.checks["statistic"] != "upper bound at 0.03"]
    assert not charts_of(sensitivity.section(replace(made, checks=some)))


def test_every_flag_is_counted(made: OutputFolder) -> None:
    assert made.units is not None
    units = made.units.copy()
    units.loc[:2, "flags"] = "tiny;area_mismatch:0.1"
    units.loc[3, "flags"] = "tiny"
    cities = made.cities
    assert cities is not None
    counted = audit.flag_counts(replace(made, units=units, cities=cities.assign(flags="dark")))
    found = {(row[0], row[1]): row[2] for row in counted.to_numpy().tolist()}
    assert found == {
        ("unit-years", "area_mismatch"): 3, ("unit-years", "tiny"): 4, ("city-years", "dark"): 12,
    }  # fmt: skip


def test_long_audits_are_cut_and_say_so(made: OutputFolder, monkeypatch: Any) -> None:
    monkeypatch.setattr(audit, "MOST", 3)
    rows = pd.DataFrame(
        {"stage": "light", "rule": "r", "subject": [str(k) for k in range(5)], "detail": "d",
         "count": 1}
    )  # fmt: skip
    records = [
        one
        for one in audit.section(replace(made, audit=rows)).parts
        if isinstance(one, Records) and one.id == "audit-all"
    ]
    assert (len(records[0].rows), records[0].left_out) == (3, 2)


def test_what_was_run_names_inputs_by_name_and_digest(small_folder: OutputFolder) -> None:
    tables = [one for one in what_was_run.section(small_folder).parts if isinstance(one, DataTable)]
    inputs = next(one for one in tables if "digests" in one.caption)
    recorded = small_folder.stages["lights"]["inputs"]
    for path, digest in recorded.items():
        assert ("lights", path.rpartition("/")[2], digest) in inputs.rows
    assert not any("/" in cell for row in inputs.rows for cell in row)
    versions = next(one for one in tables if "Versions" in one.caption)
    assert "pandas" in [row[0] for row in versions.rows]
