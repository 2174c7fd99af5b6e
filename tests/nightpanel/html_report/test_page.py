"""The page: one file, nothing from outside, nothing that names could run, an id for everything."""

import base64
import hashlib
import json
import re
from html.parser import HTMLParser

import pytest

from nightpanel.html_report.report import report_html, sections_of
from nightpanel.html_report.section import Chart, Records
from nightpanel.output_folder import OutputFolder
from tests.nightpanel.html_report.conftest import MARKUP


class Page(HTMLParser):
    """Elements with their attributes, and what is in scripts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[tuple[dict[str, str | None], str]] = []
        self._inside = False
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag == "script":
            self._inside = True
            self.scripts.append((dict(attrs), ""))

    def handle_endtag(self, tag: str) -> None:
        self._inside = self._inside and tag != "script"

    def handle_data(self, data: str) -> None:
        if self._inside:
            attributes, text = self.scripts[-1]
            self.scripts[-1] = attributes, text + data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture(scope="module")
def text(made: OutputFolder) -> str:
    return report_html(made)


@pytest.fixture(scope="module")
def page(text: str) -> Page:
    return Page(text)


def test_nothing_comes_from_outside(page: Page) -> None:
    for tag, attributes in page.elements:
        for name in ("src", "srcset", "data", "action", "poster"):
            assert name not in attributes, (tag, attributes)
        assert tag not in {"link", "iframe", "object", "embed", "img", "base"}
        href = attributes.get("href")
        assert href is None or href.startswith("#")


def test_only_the_pages_own_scripts_may_run(page: Page) -> None:
    policy = next(
        one["content"]
        for one in page.all("meta")
        if one.get("http-equiv") == "Content-Security-Policy"
    )
    assert policy is not None
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    allowed = re.search(r"script-src ([^;]*)", policy)
    assert allowed is not None
    assert "unsafe" not in allowed[1]
    hashes = {
        "'sha256-" + base64.b64encode(hashlib.sha256(code.encode()).digest()).decode() + "'"
        for attributes, code in page.scripts
        if attributes.get("type") is None
    }
    assert hashes == set(allowed[1].split())
    assert not any(name.startswith("on") for _, found in page.elements for name in found)


def test_plotly_is_there_once(text: str, page: Page) -> None:
    assert text.count("plotly.js v") == 1
    sizes = [len(code) for attributes, code in page.scripts if attributes.get("type") is None]
    assert sum(size > 1_000_000 for size in sizes) == 1


def test_without_charts_there_is_no_plotly(bare: OutputFolder) -> None:
    assert len(report_html(bare)) < 60_000


def test_data_are_those_of_the_sections(made: OutputFolder, page: Page) -> None:
    data = {
        attributes["id"]: json.loads(code)
        for attributes, code in page.scripts
        if attributes.get("type") == "application/json"
    }
    parts = [part for section in sections_of(made) for part in section.parts]
    for part in parts:
        if isinstance(part, Chart):
            assert data[f"{part.id}-data"]["data"][0]["type"] == part.figure["data"][0]["type"]
        if isinstance(part, Records):
            assert data[f"{part.id}-data"]["rows"] == [list(row) for row in part.rows]
    assert data["map-data"]["products"][0]["years"] == [2019, 2020, 2021]


def test_everything_can_be_reached_and_read(page: Page) -> None:
    ids = [found["id"] for _, found in page.elements if "id" in found]
    assert len(set(ids)) == len(ids)
    for one in page.all("a"):
        assert str(one["href"])[1:] in ids
    for _, found in page.elements:
        for name in ("aria-labelledby", "for"):
            assert all(one in ids for one in (found.get(name) or "").split())
    charts = [one for one in page.all("div") if one.get("class") == "chart"]
    assert charts
    assert all(one["role"] == "img" and len(one["aria-label"] or "") > 40 for one in charts)
    assert len(page.all("figure")) >= len(charts)
    assert dict(page.elements[0][1]).get("lang") == "en" or page.all("html")[0]["lang"] == "en"
    assert any(one.get("name") == "viewport" for one in page.all("meta"))


def test_the_same_folder_gives_the_same_page(made: OutputFolder, text: str) -> None:
    assert report_html(made) == text


def test_names_with_markup_stay_names(marked_up: OutputFolder) -> None:
    text = report_html(marked_up)
    page = Page(text)
    assert MARKUP not in text
    assert "window.hurt" in text
    assert not page.all("img")
    assert len(page.all("script")) == len(page.scripts)
    for attributes, code in page.scripts:
        if attributes.get("type") == "application/json":
            json.loads(code)
        else:
            assert "window.hurt" not in code
    assert "onerror" not in {name for _, found in page.elements for name in found}
    names = json.loads(
        next(code for attributes, code in page.scripts if attributes.get("id") == "map-data")
    )
    assert set(names["cities"]["names"]) == {MARKUP}
    assert set(names["units"]["names"]) == {MARKUP}


def test_labels_of_plotly_show_markup_and_do_not_read_it(marked_up: OutputFolder) -> None:
    def texts(value: object) -> list[str]:
        if isinstance(value, str):
            return [value]
        if isinstance(value, dict):
            return [one for each in value.values() for one in texts(each)]
        if isinstance(value, list):
            return [one for each in value for one in texts(each)]
        return []

    parts = [part for section in sections_of(marked_up) for part in section.parts]
    labels = [
        one for part in parts if isinstance(part, Chart) for one in texts(dict(part.figure))
    ]  # fmt: skip
    assert any("window.hurt" in one for one in labels)
    assert not any("<script" in one or "<img" in one for one in labels)


def test_sections_that_lack_something_say_so(bare: OutputFolder) -> None:
    text = report_html(bare)
    for section in sections_of(bare):
        assert section.missing.split("(", maxsplit=1)[0].strip()[:30] in text.replace("&#39;", "'")
    assert text.count('class="missing" role="note"') == len(sections_of(bare))
