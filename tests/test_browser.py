"""The browser that tests drive lets nothing out and keeps silent about nothing."""

import io
from pathlib import Path

import pytest
from PIL import Image

from tests.browser import OpenPage, difference, is_own


def page_of(folder: Path, body: str) -> str:
    path = folder / "page.html"
    path.write_text(f"<!doctype html><title>Page</title>{body}", encoding="utf-8")
    return path.as_uri()


@pytest.mark.parametrize(
    ("address", "own"),
    [
        ("http://127.0.0.1:8000/a", True),
        ("http://localhost/", True),
        ("http://[::1]:1/", True),
        ("file:///tmp/a.html", True),
        ("data:text/plain,a", True),
        ("blob:http://localhost/1", True),
        ("https://example.org/127.0.0.1", False),
        ("http://127.0.0.1.example.org/", False),
        ("ws://example.org/", False),
    ],
)
def test_which_requests_stay_here(address: str, own: bool) -> None:
    assert is_own(address) is own


def test_difference_is_from_zero_to_one() -> None:
    def png(shade: int) -> bytes:
        stream = io.BytesIO()
        Image.new("L", (90, 60), shade).save(stream, "png")
        return stream.getvalue()

    assert difference(png(0), png(0)) == 0.0
    assert difference(png(0), png(255)) == 1.0
    assert difference(png(0), png(51)) == pytest.approx(0.2)


@pytest.mark.browser
def test_a_quiet_page_passes(open_page: OpenPage, tmp_path: Path) -> None:
    seen = open_page(page_of(tmp_path, "<p>text</p>"), width=300, height=200)
    assert seen.page.title() == "Page"
    assert len(seen.requests) == 1
    assert Image.open(io.BytesIO(seen.shot())).size == (300, 200)


@pytest.mark.browser
@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        ("<script>console.error('spilt')</script>", "spilt"),
        ("<script>nowhere()</script>", "nowhere is not defined"),
        ("<img src='https://example.org/a.png'>", "example.org"),
        ("<script>fetch('//example.org/').catch(() => 0)</script>", "example.org|file:"),
        ("<script>new WebSocket('ws://example.org/')</script>", "example.org"),
    ],
)
def test_what_goes_wrong_fails(
    open_page: OpenPage, tmp_path: Path, body: str, complaint: str
) -> None:
    seen = open_page(page_of(tmp_path, body))
    seen.page.wait_for_timeout(200)
    with pytest.raises(AssertionError, match=complaint):
        seen.require_quiet()
    seen.errors.clear()
    seen.refused.clear()


@pytest.mark.browser
def test_expected_errors_are_forgiven(open_page: OpenPage, tmp_path: Path) -> None:
    address = page_of(tmp_path, "<script>console.error('spilt milk')</script>")
    assert open_page(address, expected=("spilt",)).errors == ["spilt milk"]
