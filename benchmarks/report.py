"""A run's results as tables to read."""

import statistics
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from pathlib import Path

from benchmarks.plan import EXACT, OURS
from benchmarks.results_file import Result, Results
from benchmarks.targets import targets


def report(results: Results) -> str:
    """All tables of a run, as Markdown.

    Parameters
    ----------
    results : Results

    Returns
    -------
    str
    """
    parts = [_machine(results), _targets(results)]
    for group, members in groupby(results.lines, key=lambda line: line.group):
        parts.append(_group(group, list(members), results))
    return "\n\n".join(parts) + "\n"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table whose first column is text and whose others are figures."""
    rule = ["---", *("---:" for _ in head[1:])]
    return "\n".join(f"| {' | '.join(row)} |" for row in [head, rule, *rows])


def described(machine: Mapping[str, str]) -> list[str]:
    """A machine's description as lines of a list."""
    return [f"* {name}: {text}" for name, text in machine.items()]


def write_page(path: Path, machine: Mapping[str, str], content: str) -> None:
    """Write a machine's description and a table below it, for a page of the docs to take over."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = "\n".join(described(machine))
    path.write_text(f"{text}\n\n{content}\n", encoding="utf-8")


def _machine(results: Results) -> str:
    size = results.size
    rows, columns = round(4200 * size["scale"]), round(5100 * size["scale"])
    facts = described(results.machine)
    runs = [run for line in results.lines for run in line.runs]
    taken = statistics.median(run.stolen for run in runs)
    most = max(run.stolen for run in runs)
    facts.append(
        f"* taken by the host's other guests: {taken:.0%} in the median, {most:.0%} at most"
    )
    job = f"* workload: {size['units']:,} units, {rows:,} x {columns:,} cells"
    return "\n".join([*facts, job])


def _targets(results: Results) -> str:
    rows = []
    for target in targets(results):
        figure = target.figure(results)
        sign = "at least" if target.at_least else "at most"
        wanted = f"{sign} {target.bound:g}"
        reached = "met" if target.met(figure, target.bound) else "**missed**"
        if target.stretch is not None:
            wanted += f" (hoped for {target.stretch:g})"
            reached = "met, as hoped" if target.met(figure, target.stretch) else reached
        rows.append([target.text, wanted, f"{figure:.3g}", reached])
    return table(["target", "wanted", "measured", ""], rows)


def _group(group: str, members: list[Result], results: Results) -> str:
    ours = next((line for line in members if line.name == OURS), None)
    head = ["", "seconds", "from", "to", "runs", "with start-up", "peak MiB", "threads"]
    head += [] if ours is None else ["times this program"]
    head += ["difference from exactextract"] if any(line.difference for line in members) else []
    rows = [_row(line, ours, len(head)) for line in members]
    in_turn = _year_by_year(group, ours, results, len(head))
    notes = "; ".join(f"{line.name}: {line.note}" for line in members if line.note)
    text = f"**{group}**\n\n" + table(head, rows + in_turn)
    return text + (f"\n\n{notes}." if notes else "")


def _row(line: Result, ours: Result | None, columns: int) -> list[str]:
    seconds = [run.seconds for run in line.runs]
    row = [
        line.name + (" (scaled)" if line.note else ""),
        seconds_text(line.median()),
        seconds_text(min(seconds)),
        seconds_text(max(seconds)),
        str(len(seconds)),
        seconds_text(line.median("process_seconds")),
        f"{line.median('peak_mib'):.0f}",
        f"{line.median('threads'):.0f}",
    ]
    if ours is not None:
        row.append(f"{line.median() / ours.median():.3g}")
    return [*row, _difference(line)][:columns]


def _year_by_year(
    group: str, ours: Result | None, results: Results, columns: int
) -> list[list[str]]:
    """Exactextract called for each year, worked out from the one-year group."""
    years = results.size["years"]
    kind = group.rsplit(" ", 1)[-1]
    one_year = f"one year, {kind}"
    if ours is None or group != f"{years} years, {kind}":
        return []
    if one_year not in {line.group for line in results.lines}:
        return []
    seconds = years * results.fastest(one_year, EXACT).median()
    blank = [""] * 6
    faster = f"{seconds / ours.median():.3g}"
    row = [f"{EXACT}, year by year ({years} x one year)", seconds_text(seconds), *blank, faster]
    return [(row + [""] * columns)[:columns]]


def _difference(line: Result) -> str:
    if not line.difference:
        return ""
    texts = [f"{value:.1e} {name}" for name, value in line.difference.items()]
    return ", ".join(texts)


def seconds_text(seconds: float) -> str:
    """Seconds in three figures."""
    return f"{seconds:.0f}" if seconds >= 100 else f"{seconds:.3g}"
