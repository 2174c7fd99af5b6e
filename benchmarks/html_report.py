"""The report of 40,000 townships and 30 years: its size, its first paint, its slider.

A folder of a run is made up: the lattice's townships with light by chance, a panel, ninety
estimates, twenty thousand audit rows. The report is written from it, opened in a headless Chromium
without a graphics card, and its slider moved; each figure stands beside its limit.
"""

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.bench import RESULTS
from benchmarks.machine import machine
from benchmarks.map_view import made_up_folder, spread, timed
from benchmarks.report import table, write_page
from estimation.results import Check, CurvePoint, Estimate
from estimation.tables.tidy import tidy_table
from nightpanel.html_report.report import report_html
from nightpanel.output_folder import OutputFolder, read_output_folder
from tests.browser import ARGUMENTS, chromium_path

NUMBER = 40_000
CONTROLS = tuple(f"control_{k}" for k in range(8))
DESIGNS, VARIANTS = 30, ("faithful", "first_difference", "two_way_fixed_effects")
AUDIT_ROWS = 20_000
MOST_MB, MOST_PAINT_S, MOST_SLIDE_MS = 25.0, 3.0, 200.0
SLIDES, OPENINGS = 20, 5
PAINT = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime"
FRAMES = "await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));"
SLIDE = f"""async (at) => {{
  const slider = document.getElementById("map-year");
  const began = performance.now();
  slider.value = at;
  slider.dispatchEvent(new Event("input"));
  {FRAMES}
  return performance.now() - began;
}}"""
"""Moves the slider and gives the milliseconds until a frame has shown it."""
OPEN = f"""async (city) => {{
  const path = document.querySelector(`.map-shapes path[data-city='${{city}}']`);
  const began = performance.now();
  path.dispatchEvent(new MouseEvent("click", {{ bubbles: true }}));
  {FRAMES}
  return performance.now() - began;
}}"""
"""Opens a city."""


def with_results(folder: OutputFolder) -> OutputFolder:
    """The folder with a panel, estimates, curves, checks and audit rows by chance."""
    rng = np.random.default_rng(1)
    cities = folder.cities
    if cities is None:
        raise ValueError("the made-up folder has light")
    more = {name: rng.normal(size=len(cities)) for name in ("uil", *CONTROLS)}
    audit = pd.DataFrame(
        {
            "stage": "light",
            "rule": rng.choice(["tiny", "area_mismatch", "overlapping_units"], AUDIT_ROWS),
            "subject": [f"unit {k}" for k in range(AUDIT_ROWS)],
            "detail": "covers less than a cell of the grid, in which others have the larger share",
            "count": 1,
        }
    )
    return replace(
        folder,
        panel=cities.assign(**more),
        estimates=tidy_table(
            [_estimate(k, v, float(rng.normal())) for k in range(DESIGNS) for v in VARIANTS],
            Estimate,
        ),
        curves=tidy_table(
            [
                CurvePoint("design 0", "faithful", "cate", "uil", "control_0",
                           *(float(k), 0.1 * k, 0.1, 0.1 * k - 0.2, 0.1 * k + 0.2,
                             0.1 * k - 0.3, 0.1 * k + 0.3))
                for k in range(20)
            ],
            CurvePoint,
        ),
        checks=tidy_table([], Check),
        audit=audit,
    )  # fmt: skip


def _estimate(design: int, variant: str, value: float) -> Estimate:
    blank: dict[str, Any] = {
        name: {"str": "", "int": 0, "float": float("nan")}[getattr(kind, "__name__", str(kind))]
        for name, kind in Estimate.__annotations__.items()
    }
    own = {
        "design": f"design {design}", "variation_of": "design 0", "variant": variant,
        "part": "effect", "term": "uil", "estimate": value, "std_error": 0.1,
        "ci_low": value - 0.2, "ci_high": value + 0.2, "p_value": 0.1, "n": 10_000,
        "outcome": "gini", "treatment": "uil", "controls": ";".join(CONTROLS),
        "treatment_residual_variance": 0.1, "learner": "lightgbm",
    }  # fmt: skip
    return Estimate(**(blank | own))


def in_browser(page_file: Path) -> dict[str, list[float]]:
    """First paint in seconds, whole page in seconds, moves and openings in seconds."""
    path = chromium_path()
    if path is None:
        return {}
    from playwright.sync_api import sync_playwright  # of the development tools

    found: dict[str, list[float]] = {"paint": [], "ready": [], "slide": [], "city": []}
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=str(path), args=list(ARGUMENTS))
        for _ in range(OPENINGS):
            page = chromium.new_page(viewport={"width": 1280, "height": 800})
            page.set_default_timeout(120_000)
            passed, _ = timed(lambda page=page: page.goto(page_file.as_uri()))  # type: ignore[misc]
            page.wait_for_function(f"{PAINT} > 0")
            found["paint"].append(page.evaluate(PAINT) / 1000)
            found["ready"].append(passed)
            page.evaluate("document.getElementById('city-map').scrollIntoView()")
            page.wait_for_timeout(1500)
            last = int(page.get_attribute("#map-year", "max") or 0)
            for at in range(min(SLIDES, last)):
                found["slide"].append(page.evaluate(SLIDE, at) / 1000)
            found["city"] += [page.evaluate(OPEN, city) / 1000 for city in range(3)]
            page.close()
        chromium.close()
    return found


def rows_of(made: float, page_file: Path, found: dict[str, list[float]]) -> list[tuple[str, ...]]:
    """What was measured, beside what is asked for."""
    size = page_file.stat().st_size / 1e6
    rows: list[tuple[str, ...]] = [
        ("report made", f"{made:.1f} s", ""),
        ("size of the file", f"{size:.1f} MB", _limit(size, MOST_MB, "MB")),
    ]
    if not found:
        return [*rows, ("in a browser", "not measured: there is no Chromium", "")]
    paint, slide = max(found["paint"]), 1000 * max(found["slide"])
    return [
        *rows,
        ("first paint", spread(found["paint"], "s", 1.0), _limit(paint, MOST_PAINT_S, "s")),
        ("whole page, map drawn", spread(found["ready"], "s", 1.0), ""),
        ("slider moved by a year", spread(found["slide"]), _limit(slide, MOST_SLIDE_MS, "ms")),
        ("a city opened", spread(found["city"]), ""),
    ]


def _limit(value: float, most: float, unit: str) -> str:
    return f"{'met' if value <= most else 'MISSED'}: at most {most:g} {unit}"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, default=Path("build/bench"))
    parser.add_argument("--out", type=Path, default=RESULTS)
    parser.add_argument("--units", type=int, default=NUMBER)
    asked = parser.parse_args()
    asked.work.mkdir(parents=True, exist_ok=True)
    where = machine(asked.work)
    folder = with_results(read_output_folder(made_up_folder(asked.work, asked.units)))
    made, text = timed(lambda: report_html(folder))
    page_file = asked.work / f"report_{asked.units}.html"
    page_file.write_text(text, encoding="utf-8")
    light = folder.units if folder.units is not None else pd.DataFrame({"unit_id": []})
    counts = (
        "townships, unit-years",
        f"{light['unit_id'].nunique():,}, {len(light):,}",
        "",
    )
    found = in_browser(page_file)
    told = table(("part", "measured", "limit"), [counts, *rows_of(made, page_file, found)])
    write_page(asked.out / "html_report.md", where, told)
    print(told)


if __name__ == "__main__":
    main()
