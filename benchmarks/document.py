"""Put the last full run's tables into ``docs/performance.md``, between its marks."""

import argparse
import re
from pathlib import Path

from benchmarks.bench import RESULTS
from benchmarks.measure import ROOT
from benchmarks.report import report
from benchmarks.results_file import load
from benchmarks.scaling import scaling_report

PAGE = ROOT / "docs" / "performance.md"


def main() -> None:
    """Fill the page from the results' folder; a part without results is left as it is."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--page", type=Path, default=PAGE)
    asked = parser.parse_args()
    text = asked.page.read_text(encoding="utf-8")
    for mark, file, written in (
        ("bench", "full.json", report),
        ("scaling", "scaling.json", scaling_report),
    ):
        path = asked.results / file
        if path.exists():
            text = filled(text, mark, written(load(path)))
    asked.page.write_text(text, encoding="utf-8")


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
