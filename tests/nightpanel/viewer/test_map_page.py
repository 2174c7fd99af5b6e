"""The map in a real browser, as a person uses it."""

import io
import json
import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import geopandas as gpd
import pandas as pd
import pytest
from PIL import Image

from nightpanel.output_folder import read_output_folder
from nightpanel.viewer.colours import classes_of
from nightpanel.viewer.shown_folder import ShownFolder, shown_folder
from tests.browser import OpenPage, Seen, difference
from tests.nightpanel.viewer.conftest import PRODUCT, ready, serving_page

pytestmark = pytest.mark.browser

WIDTH, HEIGHT = 900, 560
KEPT = Path(__file__).with_name("small_country.png")
KEEP = "NIGHTPANEL_KEEP_PICTURES"
"""Set to 1, the picture is taken anew."""
ALIKE = 0.03
DRAWN = """wanted => {
    const shown = new URLSearchParams(document.documentElement.dataset.shown ?? "none=");
    return Object.entries(wanted).every(([name, value]) => shown.get(name) === value);
}"""
MARKUP = '<img src=x onerror="window.hacked = true"><script>window.hacked = true</script>'


@pytest.fixture(scope="module")
def address(shown: ShownFolder) -> Iterator[str]:
    with serving_page(shown) as site:
        yield site


@pytest.fixture
def visit(open_page: OpenPage, address: str) -> Callable[..., Seen]:
    """Open the map in a state, and wait until it is drawn."""

    def go(
        site: str = address, expected: tuple[str, ...] = (), width: int = WIDTH, **state: Any
    ) -> Seen:
        asked = "&".join(f"{name}={value}" for name, value in state.items())
        seen = open_page(f"{site}#{asked}", width=width, height=HEIGHT, expected=expected)
        drawn(seen, **{name: value for name, value in state.items() if name != "at"})
        return seen

    return go


def drawn(seen: Seen, **state: Any) -> None:
    """Wait until a state is drawn."""
    wanted = {name: str(value) for name, value in state.items()}
    seen.page.wait_for_function(DRAWN, arg=wanted)
    seen.page.wait_for_selector("html[data-shown]", state="attached")


def shown_state(seen: Seen) -> dict[str, str]:
    text = seen.page.evaluate("document.documentElement.dataset.shown")
    return {name: values[0] for name, values in parse_qs(text).items()}


def map_shot(seen: Seen, side: str = "left") -> bytes:
    return bytes(seen.page.locator(f"#{side} canvas").screenshot(animations="disabled"))


def middle(seen: Seen, side: str = "left") -> tuple[float, float]:
    box = seen.page.locator(f"#{side}").bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def over(layer: Any, place: int, zoom: float = 9.5) -> str:
    """The view whose middle is in a polygon."""
    point = layer.shapes.geometry.to_crs(4326).iloc[place].representative_point()
    return f"{point.x:.4f},{point.y:.4f},{zoom}"


def test_it_opens_with_cities_by_gini(visit: Callable[..., Seen]) -> None:
    seen = visit()
    latest = {"layer": "cities", "variable": "gini", "product": PRODUCT, "year": "2017"}
    assert shown_state(seen) == latest
    assert seen.page.title() == "out: nightpanel map"
    assert seen.page.locator("#legend h2").inner_text() == "Gini of light"
    assert "does not hold estimates" in seen.page.locator("#messages").inner_text()
    assert seen.page.locator("#city").is_hidden()
    assert seen.page.locator("#right").is_hidden()


def test_the_slider_changes_the_map(visit: Callable[..., Seen]) -> None:
    seen = visit(layer="cities", year=2014)
    before = map_shot(seen)
    legend = seen.page.locator("#legend").inner_text()
    seen.page.locator("#year").press("ArrowRight")
    drawn(seen, year=2015)
    seen.page.locator("#year").press("End")
    drawn(seen, year=2017)
    assert seen.page.locator("#left-year").inner_text() == "2017"
    assert "year=2017" in seen.page.url
    assert difference(before, map_shot(seen)) > 0.005
    assert seen.page.locator("#legend").inner_text() == legend
    seen.page.locator("#year").press("Home")
    drawn(seen, year=2014)
    assert difference(before, map_shot(seen)) == 0.0


def test_a_click_opens_the_city_with_the_numbers_of_the_table(
    visit: Callable[..., Seen], shown: ShownFolder, ran: Path
) -> None:
    layer = shown.layers["cities"]
    place = 4
    seen = visit(layer="cities", year=2015, at=over(layer, place))
    seen.page.mouse.click(*middle(seen))
    drawn(seen, city=layer.ids[place])
    assert seen.page.locator("#city").get_attribute("data-city") == layer.ids[place]
    known = pd.read_parquet(ran / "cities.parquet").set_index(["city_id", "year"])
    for year in (2014, 2015, 2016, 2017):
        row = seen.page.locator(f"#city tr[data-year='{year}']")
        for name in ("gini", "gini_low", "gini_high", "mean", "n_units"):
            text = row.locator(f"td[data-name='{name}']").get_attribute("data-value")
            assert float(text or "nan") == known.loc[(layer.ids[place], year), name]
    units = pd.read_parquet(ran / "units.parquet")
    own = units[(units["city_id"] == layer.ids[place]) & (units["year"] == 2015)]
    brightest = seen.page.locator("#city table.brightest tr")
    ranked = own.sort_values("mean", ascending=False)["unit_id"].tolist()
    found = [row.get_attribute("data-unit") for row in brightest.all()]
    assert found == ranked[: len(found)]
    darkest = seen.page.locator("#city table.darkest tr")
    found = [row.get_attribute("data-unit") for row in darkest.all()]
    assert found == ranked[::-1][: len(found)]
    assert seen.page.locator("#city svg.chart").count() == 2
    seen.page.get_by_role("button", name="Close").click()
    seen.page.wait_for_selector("#city", state="hidden")


@pytest.mark.parametrize("by", ["click", "search"])
def test_on_a_phone_a_city_that_is_asked_for_comes_into_sight(
    visit: Callable[..., Seen], shown: ShownFolder, by: str
) -> None:
    layer = shown.layers["cities"]
    seen = visit(layer="cities", width=390, at=over(layer, 4))
    if by == "click":
        seen.page.mouse.click(*middle(seen))
    else:
        seen.page.locator("#search").fill(layer.ids[4])
        seen.page.locator("#found button").first.wait_for()
        seen.page.locator("#search").press("Enter")
    drawn(seen, city=layer.ids[4])
    seen.page.wait_for_function("() => document.activeElement.id === 'city'")
    title = seen.page.locator("#city h2").bounding_box()
    assert title is not None
    assert -1 <= title["y"] < HEIGHT
    seen.page.get_by_role("button", name="Close").click()
    seen.page.wait_for_selector("#city", state="hidden")
    assert seen.page.evaluate("document.activeElement.id") == "search"


def test_a_year_without_a_number_interrupts_the_path(visit: Callable[..., Seen]) -> None:
    seen = visit()
    draw = """async ([years, values]) => {
        const { pathChart } = await import("/charts.js");
        const [lows, highs] = [-0.001, 0.001].map((by) => values.map((one) => one && one + by));
        const chart = pathChart("a city", years, values, lows, highs);
        const count = (name) => chart.querySelectorAll(name).length;
        const texts = [...chart.querySelectorAll("text")].map((one) => one.textContent);
        return [count(".first"), count(".band"), count(".dot"), texts];
    }"""
    ends = ["2010", "2016"]
    whole = [list(range(2010, 2017)), [0.3] * 7]
    assert seen.page.evaluate(draw, whole) == [1, 1, 7, [*ends, "0.299", "0.301"]]
    hole = [list(range(2010, 2017)), [0.3, 0.3, None, 0.3, 0.3, 0.3, 0.3]]
    assert seen.page.evaluate(draw, hole) == [2, 2, 6, [*ends, "0.299", "0.301"]]
    absent = [[2010, 2011, 2014, 2015, 2016], [0.3, 0.3, 0.3, None, 0.3]]
    assert seen.page.evaluate(draw, absent) == [3, 1, 4, [*ends, "0.299", "0.301"]]


def test_pointing_tells_the_value(
    visit: Callable[..., Seen], shown: ShownFolder, ran: Path
) -> None:
    layer = shown.layers["townships"]
    seen = visit(layer="townships", variable="mean", year=2016, at=over(layer, 20, 10.5))
    seen.page.mouse.move(*middle(seen))
    seen.page.wait_for_selector("#pointed", state="visible")
    pointed = seen.page.locator("#pointed")
    assert pointed.get_attribute("data-id") == layer.ids[20]
    units = pd.read_parquet(ran / "units.parquet").set_index(["unit_id", "year"])
    value = units.loc[(layer.ids[20], 2016), "mean"]
    assert float(pointed.get_attribute("data-value") or "nan") == value
    assert layer.names[20] in pointed.inner_text()


def test_two_years_side_by_side_move_together(
    visit: Callable[..., Seen], shown: ShownFolder
) -> None:
    layer = shown.layers["cities"]
    seen = visit(layer="cities", year=2014, other=2017, at=over(layer, 2))
    assert seen.page.locator("#left-year").inner_text() == "2014"
    assert seen.page.locator("#right-year").inner_text() == "2017"
    values = []
    for side in ("left", "right"):
        seen.page.mouse.move(*middle(seen, side))
        label = seen.page.locator(f"#pointed[data-id='{layer.ids[2]}']")
        label.wait_for(state="visible")
        values.append(float(label.get_attribute("data-value") or "nan"))
        seen.page.mouse.move(5, 5)
        seen.page.wait_for_selector("#pointed", state="hidden")
    place = layer.ids.index(layer.ids[2])
    assert values == [layer.values("gini", PRODUCT, year)[place] for year in (2014, 2017)]
    x, y = middle(seen)
    seen.page.mouse.move(x, y)
    seen.page.mouse.down()
    seen.page.mouse.move(x + 40, y + 30, steps=4)
    seen.page.mouse.up()
    seen.page.mouse.move(5, 5)
    seen.page.wait_for_timeout(600)
    assert over(layer, 2).rsplit(",", 1)[0] not in seen.page.url
    seen.page.locator("#compare").uncheck()
    seen.page.wait_for_function(
        "() => !(document.documentElement.dataset.shown ?? 'other').includes('other')"
    )
    assert seen.page.locator("#right").is_hidden()


def test_search_goes_to_a_township_and_opens_its_city(
    visit: Callable[..., Seen], shown: ShownFolder
) -> None:
    layer = shown.layers["townships"]
    seen = visit(layer="townships")
    before = map_shot(seen)
    seen.page.locator("#search").fill(layer.ids[30])
    seen.page.locator("#found button").first.wait_for()
    assert layer.ids[30] in seen.page.locator("#found button").first.inner_text()
    seen.page.locator("#search").press("Enter")
    drawn(seen, city=layer.cities[30])
    assert difference(before, map_shot(seen)) > 0.02
    assert "at=" in seen.page.url
    seen.page.locator("#search").fill("no such place")
    seen.page.get_by_text("nothing found").wait_for()


def test_light_is_drawn_from_the_rasters(visit: Callable[..., Seen]) -> None:
    seen = visit(layer="light", year=2014)
    assert any("/light/" in one for one in seen.requests)
    assert seen.page.locator("#legend h2").inner_text() == "Light of a cell [DN]"
    first = map_shot(seen)
    seen.page.locator("#year").press("End")
    drawn(seen, layer="light", year=2017)
    assert difference(first, map_shot(seen)) > 0.002
    assert seen.page.locator("#downloads").is_hidden()
    seen.page.locator("#layer").select_option("cities")
    drawn(seen, layer="cities", variable="gini", year=2017)


def test_other_variables_and_the_address(visit: Callable[..., Seen], address: str) -> None:
    seen = visit(layer="cities", variable="gini", year=2016)
    gini = map_shot(seen)
    seen.page.locator("#variable").select_option("uil")
    drawn(seen, variable="uil", year=2016)
    assert difference(gini, map_shot(seen)) > 0.005
    seen.page.goto(f"{address}#layer=townships&variable=lit_share&year=1900")
    drawn(seen, layer="townships", variable="lit_share", year=2017)


def test_a_download_holds_what_is_shown(visit: Callable[..., Seen], ran: Path) -> None:
    seen = visit(layer="cities", variable="gini", year=2014, other=2015)
    with seen.page.expect_download() as waited:
        seen.page.locator("#as-csv").click()
    table = pd.read_csv(waited.value.path(), dtype={"city_id": "str"}, encoding="utf-8-sig")
    known = pd.read_parquet(ran / "cities.parquet").set_index(["city_id", "year"])["gini"]
    assert table["gini_2014"].tolist() == [known[one, 2014] for one in table["city_id"]]
    assert waited.value.suggested_filename == f"cities_gini_{PRODUCT}_2014_2015.csv"
    seen.page.locator("#in-view").check()
    href = seen.page.locator("#as-gpkg").get_attribute("href")
    assert re.search(r"/download/cities\.gpkg\?.*box=10\d", href or "")


def test_markup_in_names_is_shown_and_not_run(visit: Callable[..., Seen], out: Path) -> None:
    shapes = gpd.read_parquet(out / "townships.parquet")
    shapes["name"] = MARKUP
    shapes.to_parquet(out / "townships.parquet")
    ids = pd.read_parquet(out / "cities.parquet")["city_id"].unique()
    pd.DataFrame({"city_id": ids, "city": MARKUP}).to_parquet(out / "matches.parquet")
    folder = Path(shutil.move(out, out.with_name("<b>out")))
    shown = ready(shown_folder(read_output_folder(folder)))
    layer = shown.layers["townships"]
    with serving_page(shown) as site:
        seen = visit(site, layer="townships", city=layer.cities[0], at=over(layer, 0, 10))
        seen.page.mouse.move(*middle(seen))
        seen.page.wait_for_selector("#pointed", state="visible")
        assert MARKUP in seen.page.locator("#pointed").inner_text()
        seen.page.locator("#search").fill("<img")
        seen.page.locator("#found button").first.wait_for()
        assert MARKUP in seen.page.locator("#city h2").inner_text()
        assert MARKUP in seen.page.locator("#city table.brightest").inner_text()
        assert seen.page.locator("h1").inner_text() == "<b>out"
        assert seen.page.evaluate("window.hacked") is None
        assert seen.page.locator("#panel img, #panel script, #pointed img").count() == 0


def test_no_outlines_are_said(open_page: OpenPage, out: Path) -> None:
    for name in ("townships.gpkg", "townships.parquet"):
        (out / name).unlink()
    tiles = out / "manifest.json"
    tiles.write_text(tiles.read_text("utf-8").replace("DMSP", "gone"), encoding="utf-8")
    with serving_page(ready(shown_folder(read_output_folder(out)))) as site:
        seen = open_page(site, width=WIDTH, height=HEIGHT)
        seen.page.wait_for_selector("html[data-shown]", state="attached")
        text = seen.page.locator("#messages").inner_text()
        assert "nothing to draw" in text
        assert "Light of 4 of 4 years is not shown: the file is not there any more" in text


def test_one_year_has_nothing_to_slide_to(visit: Callable[..., Seen], out: Path) -> None:
    for name in ("units.parquet", "cities.parquet"):
        table = pd.read_parquet(out / name)
        table[table["year"] == 2015].to_parquet(out / name)
    with serving_page(ready(shown_folder(read_output_folder(out)))) as site:
        seen = visit(site, layer="cities", year=2015, city="0101")
        assert seen.page.locator("#year").is_disabled()
        assert seen.page.locator("#compare").is_disabled()
        assert seen.page.locator("#city tr[data-year]").count() == 1


def test_light_that_changed_is_said(visit: Callable[..., Seen], out: Path) -> None:
    manifest = out / "manifest.json"
    text = manifest.read_text("utf-8")
    for tile in json.loads(text)["stages"]["lights"]["tiles"]:
        text = text.replace(tile["sha256"], "0" * 64)
    manifest.write_text(text, encoding="utf-8")
    with serving_page(ready(shown_folder(read_output_folder(out)))) as site:
        seen = visit(site, expected=("409",), layer="light", year=2014)
        seen.page.wait_for_selector("#trouble", state="visible")
        assert "changed since the run" in seen.page.locator("#trouble").inner_text()


def test_it_looks_as_it_did(visit: Callable[..., Seen]) -> None:
    seen = visit(layer="townships", variable="mean", year=2014, other=2017)
    shot = seen.shot()
    if os.environ.get(KEEP) == "1":
        with Image.open(io.BytesIO(shot)) as image:
            image.convert("RGB").quantize(64).save(KEPT, optimize=True)
    assert difference(shot, KEPT) < ALIKE
    seen.page.locator("#layer").select_option("cities")
    drawn(seen, layer="cities")
    assert difference(seen.shot(), KEPT) > ALIKE


def test_classes_are_those_of_the_legend_to_the_last_digit(
    visit: Callable[..., Seen], shown: ShownFolder
) -> None:
    seen = visit()
    values = shown.layers["townships"].all_values("mean", PRODUCT)
    found = classes_of(values, of_light=True)
    edges = [edge for pair in found.breaks for edge in pair]
    asked = [*values.tolist(), *edges]
    colours = seen.page.evaluate(
        """async ([values, classes]) => {
            const { coloursOf } = await import("/colours.js");
            return coloursOf(Float64Array.from([...values, NaN]), classes);
        }""",
        [asked, {"breaks": found.breaks, "colours": found.colours, "nothing": found.nothing}],
    )
    # The first class that reaches up to the value.
    expected = [
        next(
            colour
            for (_, high), colour in zip(found.breaks, found.colours, strict=True)
            if v <= high
        )
        for v in asked
    ]
    assert colours == [*expected, found.nothing]


def test_a_narrow_dark_window_has_the_map_above_the_panel(
    open_page: OpenPage, address: str
) -> None:
    seen = open_page(address, width=390, height=HEIGHT, color_scheme="dark")
    seen.page.wait_for_selector("html[data-shown]", state="attached")
    paper = seen.page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert sum(int(part) for part in re.findall(r"\d+", paper)) < 150
    wide = seen.page.evaluate("document.documentElement.scrollWidth")
    assert wide <= 390
    panel, maps = (seen.page.locator(one).bounding_box() for one in ("#panel", "#maps"))
    assert panel is not None
    assert maps is not None
    assert maps["y"] < panel["y"]
