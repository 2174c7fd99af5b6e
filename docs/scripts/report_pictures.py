"""Pictures of the demo's report for the documentation, by a headless Chromium.

``python docs/scripts/report_pictures.py demo-out`` writes ``docs/pictures/report-*.png`` from
``demo-out/report.html``, which ``make demo`` leaves.
"""

import argparse
import io
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser import ARGUMENTS, chromium_path

PICTURES = Path(__file__).parents[1] / "pictures"
CITY = "0103"
SHADES = 64
"""Colours of a picture: enough for flat ones, and few bytes."""
STILL = "nightpanel.drawCharts()"


def opened(chromium: Browser, page_file: Path, *, width: int, height: int, **more: Any) -> Page:
    """The report with all its charts drawn."""
    context = chromium.new_context(viewport={"width": width, "height": height}, **more)
    page = context.new_page()
    page.goto(page_file.resolve().as_uri())
    page.evaluate(STILL)
    count = page.locator(".chart").count()
    page.wait_for_function(f"document.querySelectorAll('.chart .main-svg').length >= {count}")
    page.fill("#map-city", CITY)
    page.press("#map-city", "Enter")
    page.evaluate("document.activeElement.blur()")
    page.wait_for_timeout(500)
    return page


def saved(png: bytes, name: str) -> Path:
    """A picture with few colours."""
    path = PICTURES / f"report-{name}.png"
    with Image.open(io.BytesIO(png)) as image:
        flat = image.convert("RGB").quantize(SHADES, dither=Image.Dither.NONE)
        flat.save(path, optimize=True)
    return path


def section(page: Page, name: str) -> bytes:
    """A section of the report."""
    return page.locator(f"section#{name}").screenshot(animations="disabled")


def main() -> None:
    """Take the pictures and say how large they are."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path, help="output folder of the demo")
    page_file = parser.parse_args().out / "report.html"
    PICTURES.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=str(chromium_path()), args=list(ARGUMENTS)
        )
        light = opened(chromium, page_file, width=960, height=1200)
        dark = opened(chromium, page_file, width=960, height=1200, color_scheme="dark")
        phone = opened(chromium, page_file, width=390, height=780)
        phone.evaluate("document.getElementById('city-map').scrollIntoView()")
        phone.wait_for_timeout(1000)
        made = [
            saved(section(light, "city-map"), "map"),
            saved(section(light, "robustness"), "robustness"),
            saved(section(dark, "marginal"), "dark"),
            saved(phone.screenshot(animations="disabled"), "phone"),
        ]
        chromium.close()
    for path in made:
        print(f"{path.name}: {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
