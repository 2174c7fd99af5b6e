"""The report in a real browser: slider, city, tables, theme, print; numbers as in the tables.

The report's security policy and the tests' browser both refuse whatever leaves the machine, and an
error on the console fails a test.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from geo.lorenz import lorenz_curve
from nightpanel.html_report.report import report_html
from nightpanel.output_folder import OutputFolder
from tests.browser import OpenPage, Seen, difference

pytestmark = pytest.mark.browser

FILLS = "[...document.querySelectorAll('.map-shapes path')].map((one) => one.style.fill)"
TITLES = "[...document.querySelectorAll('.map-shapes title')].map((one) => one.textContent)"
MOVE = """(at) => {
  const slider = document.getElementById("map-year");
  slider.value = at;
  slider.dispatchEvent(new Event("input"));
}"""


def written(folder: OutputFolder, path: Path) -> str:
    page = path / "report.html"
    page.write_text(report_html(folder), encoding="utf-8")
    return page.as_uri()


@pytest.fixture(scope="module")
def small_page(small_folder: OutputFolder, tmp_path_factory: pytest.TempPathFactory) -> str:
    return written(small_folder, tmp_path_factory.mktemp("small_page"))


@pytest.fixture(scope="module")
def made_page(made: OutputFolder, tmp_path_factory: pytest.TempPathFactory) -> str:
    return written(made, tmp_path_factory.mktemp("made_page"))


def choose(seen: Seen, city: str) -> None:
    seen.page.fill("#map-city", city)
    seen.page.press("#map-city", "Enter")


def rows_of(seen: Seen, table: str) -> list[list[str]]:
    rows = seen.page.locator(f"#{table} tbody tr").all()
    return [row.locator("td").all_inner_texts() for row in rows]


def test_the_slider_changes_the_map_to_the_values_of_the_table(
    open_page: OpenPage, small_page: str, small_folder: OutputFolder
) -> None:
    seen = open_page(small_page)
    cities = small_folder.cities
    assert cities is not None
    fills = []
    for at, year in enumerate((2014, 2015, 2016, 2017)):
        seen.page.evaluate(MOVE, at)
        assert seen.page.inner_text("#map-year-shown") == str(year)
        of_year = cities[cities["year"] == year].sort_values("city_id")
        shown = [
            f"{city}: {gini:.4f}" for city, gini in of_year[["city_id", "gini"]].to_numpy().tolist()
        ]
        assert sorted(seen.page.evaluate(TITLES)) == shown
        fills.append(seen.page.evaluate(FILLS))
    assert any(one != fills[0] for one in fills[1:])


def test_a_click_opens_a_city_with_the_numbers_of_the_tables(
    open_page: OpenPage, small_page: str, small_folder: OutputFolder
) -> None:
    seen = open_page(small_page)
    cities, units, names = small_folder.cities, small_folder.units, small_folder.unit_shapes()
    assert cities is not None
    assert units is not None
    assert names is not None
    seen.page.locator(".map-shapes path[data-city='2']").click()
    assert seen.page.inner_text("#city-name") == "0103, 2017"
    own = cities[cities["city_id"] == "0103"].sort_values("year")
    for row, shown in zip(own.to_dict("records"), rows_years(seen), strict=True):
        assert shown == [
            str(row["year"]),
            *(f"{row[name]:.4f}" for name in ("gini", "gini_low", "gini_high")),
            str(row["n_units"]),
        ]
    light = units[(units["city_id"] == "0103") & (units["year"] == 2017)]
    ranked = light.merge(names[["unit_id", "name"]], on="unit_id").sort_values(
        "mean", ascending=False
    )
    top = [[name, f"{mean:.3f}"] for name, mean in ranked[["name", "mean"]].head(5).to_numpy()]
    bottom = ranked[["name", "mean"]].tail(5)[::-1].to_numpy()
    assert rows_of(seen, "city-top") == top
    assert rows_of(seen, "city-bottom") == [[name, f"{mean:.3f}"] for name, mean in bottom]
    assert seen.page.locator("#city-units path").count() == len(light)
    points = np.array(
        seen.page.evaluate("(light) => nightpanel.lorenz(light)", light["mean"].tolist())
    )
    curve = lorenz_curve(light["mean"])
    np.testing.assert_allclose(points, np.column_stack([curve.units, curve.light]), atol=1e-12)


def rows_years(seen: Seen) -> list[list[str]]:
    seen.page.evaluate(
        "document.querySelectorAll('details').forEach((one) => { one.open = true; })"
    )
    return rows_of(seen, "city-years")


def test_everything_by_keyboard(open_page: OpenPage, small_page: str) -> None:
    seen = open_page(small_page)
    seen.page.keyboard.press("Tab")
    assert seen.page.evaluate("document.activeElement.className") == "skip"
    seen.page.focus("#map-year")
    before = seen.page.inner_text("#map-year-shown")
    seen.page.keyboard.press("ArrowLeft")
    assert int(seen.page.inner_text("#map-year-shown")) == int(before) - 1
    assert seen.page.get_attribute("#map-year", "aria-valuetext") == "2016"
    choose(seen, "0105")
    assert seen.page.inner_text("#city-name") == "0105, 2016"
    assert seen.page.evaluate("document.activeElement.id") == "city"
    choose(seen, "nowhere")
    assert seen.page.inner_text("#map-says") == "No city is called nowhere."


def test_every_chart_is_drawn_in_light_dark_and_print(open_page: OpenPage, made_page: str) -> None:
    seen = open_page(made_page)
    seen.page.evaluate("nightpanel.drawCharts()")
    charts = seen.page.locator(".chart").count()
    assert charts >= 10
    drawn = f"document.querySelectorAll('.chart .main-svg').length >= {charts}"
    seen.page.wait_for_function(drawn)
    light = seen.shot()
    assert seen.page.get_attribute("#theme", "aria-pressed") == "false"
    seen.page.click("#theme")
    assert seen.page.get_attribute("#theme", "aria-pressed") == "true"
    assert difference(light, seen.shot()) > 0.5
    seen.page.emulate_media(media="print")
    assert not seen.page.is_visible("nav")
    assert (
        seen.page.evaluate("getComputedStyle(document.body).backgroundColor")
        == "rgb(255, 255, 255)"
    )


def test_a_dark_screen_prints_on_white_paper_with_every_list(
    open_page: OpenPage, made: OutputFolder, tmp_path: Path
) -> None:
    notes = tuple(f"note {number}" for number in range(12))
    seen = open_page(written(replace(made, notes=notes), tmp_path), color_scheme="dark")
    seen.page.wait_for_function("document.querySelectorAll('.chart .main-svg').length > 0")
    ink = "[...document.querySelectorAll('.chart')].map((one) => one.layout?.font?.color)"
    printed = seen.page.evaluate(f"dispatchEvent(new Event('beforeprint')), {ink}")
    assert set(printed) == {"#000000"}
    assert len(printed) == seen.page.locator(".chart").count()
    assert seen.page.get_by_text("note 11").is_visible()
    after = seen.page.evaluate(f"dispatchEvent(new Event('afterprint')), {ink}")
    assert set(after) == {"#e6e9ec"}
    assert not seen.page.get_by_text("note 11").is_visible()


def test_small_charts_stand_below_each_other_on_a_phone(
    open_page: OpenPage, small_page: str
) -> None:
    columns = "document.getElementById('panel-distributions').layout.grid.columns"
    for width, expected in ((1200, 3), (360, 1)):
        seen = open_page(small_page, width=width)
        seen.page.evaluate("nightpanel.drawCharts()")
        assert seen.page.evaluate(columns) == expected
    titles = seen.page.locator("#panel-distributions .infolayer text").all()
    boxes = [one.bounding_box() for one in titles]
    assert len(boxes) > 2
    for number, first in enumerate(boxes):
        for second in boxes[number + 1 :]:
            assert first is not None
            assert second is not None
            apart = abs(first["y"] - second["y"]) > 0.5 * first["height"]
            assert apart or first["x"] + first["width"] <= second["x"]


def test_the_readers_system_decides_first(open_page: OpenPage, made_page: str) -> None:
    seen = open_page(made_page, color_scheme="dark")
    assert seen.page.get_attribute("#theme", "aria-pressed") == "true"
    assert (
        seen.page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(20, 24, 29)"
    )


def test_a_phone_scrolls_down_and_not_aside(open_page: OpenPage, made_page: str) -> None:
    seen = open_page(made_page, width=360, height=740)
    seen.page.evaluate("nightpanel.drawCharts()")
    choose(seen, "1102")
    assert seen.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_audit_is_searched_chosen_and_turned(
    open_page: OpenPage, made: OutputFolder, tmp_path: Path
) -> None:
    rows = pd.DataFrame(
        {
            "stage": ["light"] * 150 + ["panel"] * 50,
            "rule": [f"rule {k % 2}" for k in range(200)],
            "subject": [f"unit {k}" for k in range(200)],
            "detail": "",
            "count": 1,
        }
    )
    seen = open_page(written(replace(made, audit=rows), tmp_path))
    box = seen.page.locator("#audit-all")
    assert box.locator("[role=status]").inner_text() == "200 of 200 rows, 1 to 100 shown"
    box.locator("[data-turn='1']").click()
    assert box.locator("tbody tr").first.inner_text().split("\t")[2] == "unit 100"
    box.locator("select").nth(0).select_option(label="panel")
    assert box.locator("[role=status]").inner_text() == "50 of 200 rows, 1 to 50 shown"
    box.locator("select").nth(1).select_option(label="rule 1")
    box.locator("input").fill("UNIT 19")
    assert box.locator("[role=status]").inner_text() == "5 of 200 rows, 1 to 5 shown"
    box.locator("input").fill("no such row")
    assert box.locator("[role=status]").inner_text() == "0 of 200 rows"
    assert box.locator("[data-turn='1']").is_disabled()


def test_names_with_markup_run_nothing(
    open_page: OpenPage, marked_up: OutputFolder, tmp_path: Path
) -> None:
    seen = open_page(written(marked_up, tmp_path))
    seen.page.evaluate("nightpanel.drawCharts()")
    seen.page.evaluate(
        "document.querySelectorAll('details').forEach((one) => { one.open = true; })"
    )
    choose(seen, "1101")
    seen.page.wait_for_function("document.querySelectorAll('.chart .main-svg').length > 5")
    assert "<img src=x" in seen.page.inner_text("#city-name")
    assert seen.page.evaluate("window.hurt === undefined")
    assert seen.page.locator("img").count() == 0
    assert seen.requests == [seen.page.url]


def test_faint_light_keeps_its_digits_and_the_darker_half_is_interpolated(
    open_page: OpenPage, made: OutputFolder, tmp_path: Path
) -> None:
    assert made.units is not None
    faint = made.units.assign(mean=made.units["mean"] * 1e-4)
    three = faint[(faint["city_id"] != "1101") | faint["unit_id"].isin(["110101", "110102"])]
    one = three[(three["city_id"] != "1102") | (three["unit_id"] == "110203")]
    seen = open_page(written(replace(made, units=one), tmp_path))
    choose(seen, "1103")
    lights = [float(row[1]) for row in rows_of(seen, "city-top")]
    own = one[(one["city_id"] == "1103") & (one["year"] == 2021)]["mean"]
    np.testing.assert_allclose(lights, sorted(own, reverse=True)[:5], rtol=2e-3)
    choose(seen, "1102")
    says = seen.page.locator("#city-lorenz svg").get_attribute("aria-label")
    assert says is not None
    assert "the darker half has 50.0 % of the light" in says


def test_a_missing_year_interrupts_the_path(
    open_page: OpenPage, made: OutputFolder, tmp_path: Path
) -> None:
    assert made.cities is not None
    drawn = {}
    for name, years in (("whole", [2019, 2020, 2021]), ("gap", [2019, 2021])):
        folder = replace(made, cities=made.cities[made.cities["year"].isin(years)])
        path = tmp_path / name
        path.mkdir()
        seen = open_page(written(folder, path))
        choose(seen, "1101")
        counts = [seen.page.locator(f"#city-path .{kind}").count() for kind in ("curve", "lone")]
        drawn[name] = counts
    assert drawn == {"whole": [1, 0], "gap": [0, 2]}


def test_equal_ginis_are_one_class(open_page: OpenPage, made: OutputFolder, tmp_path: Path) -> None:
    assert made.cities is not None
    same = replace(made, cities=made.cities.assign(gini=0.25))
    seen = open_page(written(same, tmp_path))
    assert seen.page.locator(".legend span").all_inner_texts() == ["0.250", "no value"]
    two = made.cities.assign(gini=np.where(made.cities["city_id"] == "1101", 0.5, 0.25))
    seen = open_page(written(replace(made, cities=two), tmp_path))
    texts = seen.page.locator(".legend span").all_inner_texts()
    assert texts == ["below 0.500", "0.500 and more", "no value"]
    assert len(set(seen.page.evaluate(FILLS))) == 2


def test_one_year_has_no_slider_to_move(
    open_page: OpenPage, made: OutputFolder, tmp_path: Path
) -> None:
    assert made.cities is not None
    one = replace(made, cities=made.cities[made.cities["year"] == 2020])
    seen = open_page(written(one, tmp_path))
    assert seen.page.is_disabled("#map-year")
    assert seen.page.inner_text("#map-year-shown") == "2020"
    choose(seen, "1101")
    assert seen.page.locator("#city-lorenz path.curve").count() == 1


def test_a_report_of_nothing_opens(open_page: OpenPage, bare: OutputFolder, tmp_path: Path) -> None:
    seen = open_page(written(bare, tmp_path))
    assert seen.page.locator("p.missing").count() > 10
