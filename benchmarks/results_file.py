"""What was measured, as it is kept: groups of lines with all their repetitions."""

import json
import statistics
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.machine import LOAD
from benchmarks.measure import Measured


@dataclass(frozen=True, slots=True)
class Result:
    """A line's measurements."""

    group: str
    """As the line's."""
    name: str
    """As the line's."""
    runs: tuple[Measured, ...]
    """One for each repetition; of a sampled line scaled to all units."""
    note: str = ""
    """What a reader must know: that it is a sample, or worked out from another line."""
    difference: Mapping[str, float] | None = None
    """Largest ``absolute`` and ``relative`` difference from exactextract."""

    def median(self, what: str = "seconds") -> float:
        """Median over the repetitions of a field of `Measured`."""
        return float(statistics.median(getattr(run, what) for run in self.runs))


@dataclass(frozen=True, slots=True)
class Results:
    """One run of the benchmark."""

    machine: Mapping[str, str]
    """Description of the machine."""
    size: Mapping[str, Any]
    """Fields of the plan's size."""
    lines: tuple[Result, ...]
    """In the order of the table."""

    def of(self, group: str, name: str) -> Result:
        """The line of that group and name."""
        return next(one for one in self.lines if (one.group, one.name) == (group, name))

    def fastest(self, group: str, prefix: str) -> Result:
        """The fastest of a program's lines in a group."""
        found = [one for one in self.lines if one.group == group and one.name.startswith(prefix)]
        return min(found, key=Result.median)


def with_groups(earlier: Results, later: Results) -> Results:
    """Results of an earlier run with the groups of a later one in place of theirs.

    Lines are compared within their group only. Nothing is left of an earlier run on another
    machine, with other versions or of another size.
    """
    if _conditions(earlier) != _conditions(later):
        return later
    again = {line.group for line in later.lines}
    order = list(dict.fromkeys(line.group for line in (*earlier.lines, *later.lines)))
    lines = [*(line for line in earlier.lines if line.group not in again), *later.lines]
    lines.sort(key=lambda line: order.index(line.group))
    return Results(later.machine, later.size, tuple(lines))


def _conditions(results: Results) -> str:
    machine = {name: text for name, text in results.machine.items() if name != LOAD}
    return json.dumps([machine, results.size], sort_keys=True)


def save(results: Results, path: Path) -> None:
    """Write results as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(asdict(results), indent=1) + "\n", encoding="utf-8")


def load(path: Path) -> Results:
    """Read what `save` wrote."""
    found = json.loads(path.read_text(encoding="utf-8"))
    lines = tuple(
        Result(**(line | {"runs": tuple(Measured(**run) for run in line["runs"])}))
        for line in found["lines"]
    )
    return Results(machine=found["machine"], size=found["size"], lines=lines)
