"""A headless Chromium for tests: nothing leaves the machine, and nothing goes wrong unseen.

Tests that use it are marked ``browser``::

    @pytest.mark.browser
    def test_something(open_page: OpenPage) -> None:
        seen = open_page("http://127.0.0.1:8000/")   # or path.as_uri()
        assert seen.page.title() == "..."

After the test, an error on the console, an exception of the page's own or a request that is not for
this machine fails it. Without Chromium or playwright such tests are skipped, with the reason.
"""

import importlib.util
import io
import os
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import numpy as np
import pytest
from PIL import Image

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Route, WebSocketRoute

CHROMIUM = "NIGHTPANEL_CHROMIUM"
"""Environment variable that names another Chromium than the system's."""
PLACES = ("/usr/bin/chromium", "chromium", "chromium-browser", "google-chrome")
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-proxy-server",
    # What the page's routes do not see, a resolver that knows no other machine refuses.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
    # WebGL without a graphics card.
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
)
OWN_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})
OWN_SCHEMES = frozenset({"file", "data", "blob", "about"})
TIMEOUT_MS = 20_000
THUMBNAIL = (48, 32)
"""Cells in which two pictures are compared: fonts and edges are drawn otherwise elsewhere."""


@dataclass
class Seen:
    """A page, and what happened on it so far."""

    page: "Page"
    """As playwright drives it."""
    requests: list[str] = field(default_factory=list)
    """Address of every request, in order."""
    refused: list[str] = field(default_factory=list)
    """Of these, the ones that are not for this machine; none of them was sent."""
    errors: list[str] = field(default_factory=list)
    """Errors on the console, and exceptions that the page did not catch."""
    expected: list[str] = field(default_factory=list)
    """Patterns of errors that the test wants to see."""

    def shot(self, **options: Any) -> bytes:
        """A png of the page."""
        return bytes(self.page.screenshot(animations="disabled", **options))

    def require_quiet(self) -> None:
        """Fail if there was an error that nobody expected, or a request for another machine."""
        surprising = [
            one for one in self.errors if not any(re.search(each, one) for each in self.expected)
        ]
        assert not self.refused, f"requests that leave the machine: {self.refused}"
        assert not surprising, f"errors in the browser: {surprising}"


OpenPage = Callable[..., Seen]


def chromium_path() -> Path | None:
    """Where Chromium is; None where there is none."""
    named = os.environ.get(CHROMIUM)
    found = (shutil.which(place) for place in ([named] if named else PLACES))
    return next((Path(place) for place in found if place), None)


def is_own(address: str) -> bool:
    """Whether a request for an address stays on this machine."""
    parts = urlsplit(address)
    return parts.scheme in OWN_SCHEMES or (parts.hostname or "") in OWN_HOSTS


# Not of a session: while playwright runs, its thread has an event loop that runs, and other tests
# start loops of their own.
@pytest.fixture(scope="module")
def chromium() -> "Iterator[Browser]":
    """A browser for the tests of a file."""
    if importlib.util.find_spec("playwright") is None:
        pytest.skip("playwright is not installed")
    path = chromium_path()
    if path is None:
        pytest.skip(f"there is no Chromium: install it, or name it in {CHROMIUM}")

    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=str(path), args=list(ARGUMENTS), headless=True
        )
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium: "Browser") -> Iterator[OpenPage]:
    """Open an address in a window of its own; all windows must have been quiet in the end.

    Parameters: the address; ``width`` and ``height`` of the window in pixels; ``expected``,
    patterns of errors that the test wants to see; further options of playwright's contexts, such as
    ``color_scheme="dark"``.
    """
    opened: list[Seen] = []

    def open_one(
        address: str,
        *,
        width: int = 1200,
        height: int = 800,
        expected: tuple[str, ...] = (),
        **options: Any,
    ) -> Seen:
        context = chromium.new_context(
            viewport={"width": width, "height": height}, service_workers="block", **options
        )
        context.set_default_timeout(TIMEOUT_MS)
        seen = Seen(context.new_page(), expected=list(expected))
        opened.append(seen)
        _watch(seen)
        seen.page.goto(address)
        return seen

    yield open_one
    for seen in opened:
        seen.page.context.close()
    for seen in opened:
        seen.require_quiet()


def difference(picture: bytes | Path, other: bytes | Path) -> float:
    """Mean difference of two pictures' thumbnails, from 0 (the same) to 1 (black and white)."""
    first, second = _thumbnail(picture), _thumbnail(other)
    return float(np.abs(first - second).mean() / 255)


def _thumbnail(picture: bytes | Path) -> np.ndarray:
    source = io.BytesIO(picture) if isinstance(picture, bytes) else picture
    with Image.open(source) as image:
        small = image.convert("RGB").resize(THUMBNAIL, Image.Resampling.BOX)
        return np.asarray(small, dtype=float)


def _watch(seen: Seen) -> None:
    """Write down what happens on a page, and let nothing out."""
    page = seen.page

    def pass_or_refuse(route: "Route") -> None:
        if is_own(route.request.url):
            route.continue_()
        else:
            seen.refused.append(route.request.url)
            route.abort("blockedbyclient")

    def refuse_socket(socket: "WebSocketRoute") -> None:
        seen.refused.append(socket.url)
        socket.close()

    page.context.route("**/*", pass_or_refuse)
    page.context.route_web_socket(lambda address: not is_own(address), refuse_socket)
    page.on("request", lambda request: seen.requests.append(request.url))
    page.on("pageerror", lambda error: seen.errors.append(str(error)))
    page.on("crash", lambda _: seen.errors.append("the page crashed"))
    page.on(
        "console",
        lambda message: seen.errors.append(message.text) if message.type == "error" else None,
    )
