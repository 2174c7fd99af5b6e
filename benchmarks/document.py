"""Put the tables of the last runs into the pages of ``docs``, between their marks."""

import argparse
import re
from collections.abc import Callable
from pathlib import Path

from benchmarks.bench import RESULTS
from benchmarks.measure import ROOT
from benchmarks.report import report
from benchmarks.results_file import load
from benchmarks.scaling import scaling_report


def main() -> None:
    """Fill the pages from the results' folder; a part without results is left as it is."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--pages", type=Path, default=ROOT / "docs")
    asked = parser.parse_args()
    for page, mark, file, written in PARTS:
        path, results = asked.pages / page, asked.results / file
        if results.exists():
            text = filled(path.read_text(encoding="utf-8"), mark, written(results))
            path.write_text(text, encoding="utf-8")


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


PARTS: tuple[tuple[str, str, str, Callable[[Path], str]], ...] = (
    ("performance.md", "bench", "full.json", lambda path: report(load(path))),
    ("performance.md", "scaling", "scaling.json", lambda path: scaling_report(load(path))),
    ("clusters.md", "cluster_memory", "cluster_memory.md", _text),
    ("clusters.md", "global_run", "global_run.md", _text),
    ("export.md", "export", "export.md", _text),
    ("map.md", "map_view", "map_view.md", _text),
    ("report.md", "html_report", "html_report.md", _text),
)
"""Page, mark, file of results, and how they are written."""


def filled(text: str, mark: str, content: str) -> str:
    """Replace what stands between ``<!-- MARK -->`` and ``<!-- end of MARK -->``.

    Raises
    ------
    ValueError
        If the text does not have the two marks once each.
    """
    start, end = f"<!-- {mark} -->", f"<!-- end of {mark} -->"
    pattern = f"({re.escape(start)}\n).*(\n{re.escape(end)})"
    found, times = re.subn(
        pattern, lambda parts: f"{parts[1]}\n{content}{parts[2]}", text, flags=re.DOTALL
    )
    if times != 1:
        raise ValueError(f"the page has no {start} ... {end}")
    return found


if __name__ == "__main__":
    main()
