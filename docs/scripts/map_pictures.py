"""Pictures of the map for the docs, taken by a headless Chromium from a run's output folder.

Run ``make demo`` and then ``python docs/scripts/map_pictures.py --out demo-out``: it writes into
``docs/pictures`` the files ``map.png`` (townships in two years), ``map_city.png`` (cities by Gini,
with the panel of one) and ``map_light.png`` (the raster under them). Chromium and playwright are
needed, as by the tests in a browser.
"""

import argparse
import io
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from nightpanel.output_folder import read_output_folder
from nightpanel.viewer.serving import serving
from nightpanel.viewer.shown_folder import ShownFolder, shown_folder
from tests.browser import ARGUMENTS, chromium_path

PICTURES = Path(__file__).resolve().parents[1] / "pictures"
WIDTH, HEIGHT = 1280, 720
COLOURS = 128
"""Of the picture's palette: a third of the bytes, and nobody sees it."""
PATIENCE_MS = 60_000


def main() -> None:
    """Take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("demo-out"), help="a run's output folder")
    asked = parser.parse_args()
    shown = shown_folder(read_output_folder(asked.out))
    for future in shown.outlines.values():
        future.result()
    layer = shown.layers["cities"]
    product, years = next(iter(layer.years.items()))
    city = _most_unequal(shown, product, years[-1])
    common = f"product={product}&year={years[0]}"
    states = {
        "map": f"layer=townships&variable=mean&{common}&other={years[-1]}",
        "map_city": f"layer=cities&variable=gini&product={product}&year={years[-1]}&city={city}",
        "map_light": f"layer=light&{common}",
    }
    PICTURES.mkdir(exist_ok=True)
    with serving(shown) as address:
        for name, state in states.items():
            path = PICTURES / f"{name}.png"
            path.write_bytes(_small(_picture(f"{address}#{state}")))
            print(f"{path.name}: {path.stat().st_size / 1000:.0f} kB, #{state}")


def _most_unequal(shown: ShownFolder, product: str, year: int) -> str:
    """The city with the largest Gini."""
    layer = shown.layers["cities"]
    values = layer.values("gini", product, year)
    return max(zip(values, layer.ids, strict=True))[1]


def _picture(address: str) -> bytes:
    """The page, once it has drawn its state."""
    chromium = chromium_path()
    if chromium is None:
        sys.exit("There is no Chromium: install it, or name it in NIGHTPANEL_CHROMIUM.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(chromium), args=list(ARGUMENTS))
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light")
        page.goto(address)
        page.wait_for_selector("html[data-shown]", state="attached", timeout=PATIENCE_MS)
        page.evaluate("document.getElementById('city').scrollIntoView()")
        taken = page.screenshot(animations="disabled")
        browser.close()
    return taken


def _small(png: bytes) -> bytes:
    """The same picture with a palette."""
    with Image.open(io.BytesIO(png)) as image:
        stream = io.BytesIO()
        image.convert("RGB").quantize(COLOURS).save(stream, "png", optimize=True)
    return stream.getvalue()


if __name__ == "__main__":
    main()
