"""How time grows: with worker processes, units, years and cells.

Times are taken inside the process. Growth is fitted by a straight line through the medians; how far
the medians lie from it says whether it is one.
"""

import os
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from benchmarks.bench import arguments, say
from benchmarks.machine import machine
from benchmarks.measure import Measured, Request, measure
from benchmarks.plan import request
from benchmarks.report import seconds_text, table
from benchmarks.results_file import Result, Results, save
from benchmarks.workload import YEARS, Workload

UNITS = 40_000
LINKED_YEAR = 2020
"""First of the years made of links; names can tell 1900 to 2099."""


@dataclass(frozen=True, slots=True)
class Reach:
    """How far the curves go."""

    workers: tuple[int, ...] = (1, 2, 4)
    """Worker processes."""
    worker_years: int = 80
    """Years of the job that the workers share."""
    units: tuple[int, ...] = (1_000, 3_000, 10_000, 30_000, 100_000)
    """Units, to the nearest square."""
    years: tuple[int, ...] = (1, 2, 5, 10, 20, 30)
    """Years of the same units."""
    scales: tuple[float, ...] = (0.2, 0.4, 1.0, 2.0)
    """Rows and columns as a share of 4,200 x 5,100."""
    scale: float = 1.0
    """The same where something else grows."""
    many: int = UNITS
    """Units where years or cells grow."""
    repetitions: int = 3
    """Repetitions of each."""


FULL = Reach()
QUICK = Reach((1, 2), 4, (100, 400), (1, 2), (1 / 15, 2 / 15), 1 / 15, 400, 1)


@dataclass(frozen=True, slots=True)
class Point:
    """One point of a curve."""

    curve: str
    """What grows."""
    size: float
    """How much of it there is."""
    asked: Request
    """What is timed."""


def main() -> None:
    """Measure the curves and write them beside the benchmark's results."""
    asked = arguments(__doc__, only="curves", repetitions="of every point; by default 3")
    reach, work = (QUICK if asked.quick else FULL), asked.work.resolve()
    reach = replace(reach, repetitions=asked.repetitions or reach.repetitions)
    name = "scaling_quick" if asked.quick else "scaling"
    results = Results(machine=machine(work), size=asdict(reach), lines=())
    for curve, points in _points(reach, work).items():
        if asked.only in curve:
            measured = _run(points, reach.repetitions)
            results = replace(results, lines=results.lines + tuple(measured))
            save(results, asked.out / f"{name}.json")
    text = scaling_report(results)
    (asked.out / f"{name}.md").write_text(text, encoding="utf-8")
    print(text)


def _points(reach: Reach, work: Path) -> dict[str, list[Point]]:
    first = Workload(work, _shape(reach.scale))
    units, tile = first.units(reach.many), first.tiles("float", YEARS[:1])
    by_workers = [
        Point(
            "worker processes",
            number,
            request(
                "this_program_on_workers",
                units,
                _linked(first.tiles("float"), reach.worker_years, work),
                options={"workers": str(number)},
            ),
        )
        for number in reach.workers
    ]
    by_units = [
        Point("units", round(np.sqrt(n)) ** 2, request("this_program", first.units(n), tile))
        for n in reach.units
    ]
    by_years = [
        Point("years", n, request("this_program", units, first.tiles("float", YEARS[:n])))
        for n in reach.years
    ]
    grids = [Workload(work, _shape(scale)) for scale in reach.scales]
    by_cells = [
        Point(
            "million cells",
            grid.shape[0] * grid.shape[1] / 1e6,
            request("this_program", units, grid.tiles("float", YEARS[:1])),
        )
        for grid in grids
    ]
    return {
        "worker processes": by_workers,
        "units": by_units,
        "years": by_years,
        "cells": by_cells,
    }


def _shape(scale: float) -> tuple[int, int]:
    return round(4200 * scale), round(5100 * scale)


def _linked(tiles: Sequence[Path], years: int, work: Path) -> list[Path]:
    """So many years made of hard links to a few tiles: many tiles in little of the page cache."""
    folder = work / "linked"
    folder.mkdir(exist_ok=True)
    paths = [folder / f"{tiles[0].parent.name}_{LINKED_YEAR + year}.tif" for year in range(years)]
    for number, path in enumerate(paths):
        if not path.exists():
            os.link(tiles[number % len(tiles)], path)
    return paths


def _run(points: Sequence[Point], repetitions: int) -> list[Result]:
    """Measure the points of a curve in turn, again and again, with files in the page cache."""
    runs: list[list[Measured]] = [[] for _ in points]
    for repetition in range(repetitions + 1):
        for point, done in zip(points, runs, strict=True):
            say(f"{point.curve}: {point.size:g}, {repetition} of {repetitions}")
            measured = measure(point.asked, cold=False)
            if repetition:  # the first fills the page cache
                done.append(measured)
    return [
        Result(point.curve, f"{point.size:g}", tuple(done))
        for point, done in zip(points, runs, strict=True)
    ]


def scaling_report(results: Results) -> str:
    """The curves as Markdown tables.

    Parameters
    ----------
    results : Results

    Returns
    -------
    str
    """
    groups = dict.fromkeys(line.group for line in results.lines)
    parts = [
        _curve(group, [one for one in results.lines if one.group == group]) for group in groups
    ]
    return "\n\n".join(parts) + "\n"


def _curve(group: str, lines: Sequence[Result]) -> str:
    sizes = np.array([float(line.name) for line in lines])
    seconds = np.array([line.median() for line in lines])
    if group == "worker processes":
        gained = [f"{one:.2f}" for one in seconds[0] / seconds]
        return _table(group, lines, ["times faster than one"], [gained])
    slope, start = statistics.linear_regression(sizes.tolist(), seconds.tolist())
    line = start + slope * sizes
    fitted = [seconds_text(one) for one in line]
    away = [f"{100 * one:+.0f} %" for one in seconds / line - 1]
    text = _table(group, lines, ["straight line", "away from it"], [fitted, away])
    return f"{text}\n\nThe line: {start:.2g} s + {slope:.3g} s for one of {group}."


def _table(group: str, lines: Sequence[Result], heads: list[str], columns: list[list[str]]) -> str:
    head = [group, "seconds", "from", "to", "peak MiB", *heads]
    rows = []
    for number, line in enumerate(lines):
        seconds = [run.seconds for run in line.runs]
        figures = [line.median(), min(seconds), max(seconds)]
        row = [line.name, *map(seconds_text, figures), f"{line.median('peak_mib'):.0f}"]
        rows.append(row + [column[number] for column in columns])
    return f"**By {group}**\n\n" + table(head, rows)


if __name__ == "__main__":
    main()
