"""What the program is meant to reach, each as a figure of one run of the benchmark."""

from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.plan import EXACT, FLOOR, KEPT, OURS, ROUGH
from benchmarks.results_file import Results

GLOBAL = "global tile"


@dataclass(frozen=True, slots=True)
class Target:
    """A figure and its bound."""

    text: str
    """What the figure is."""
    figure: Callable[[Results], float]
    """The figure, from a run."""
    bound: float
    """What it must reach."""
    at_least: bool = False
    """Whether the bound is a lower one."""
    stretch: float | None = None
    """A harder bound that is hoped for."""

    def met(self, figure: float, bound: float) -> bool:
        """Whether a figure keeps within a bound."""
        return figure >= bound if self.at_least else figure <= bound


def targets(results: Results) -> tuple[Target, ...]:
    """The targets that speak of what was run.

    Parameters
    ----------
    results : Results

    Returns
    -------
    tuple of Target
        Those whose groups are in the results.
    """
    groups = {line.group for line in results.lines}
    years = results.size["years"]
    found: list[Target] = []
    if "coverage" in groups:
        found += _coverage()
    for kind in ("float", "integer"):
        if f"one year, {kind}" in groups:
            found += _one_year(kind)
        if f"{years} years, {kind}" in groups:
            found += _years(f"{years} years, {kind}", kind, int(years), groups)
        stage = f"whole stage, {years} years and one more, {kind}"
        if stage in groups:
            found += _stage(stage, kind)
    return (*found, *(_global() if GLOBAL in groups else ()))


def times_faster(group: str, prefix: str, ours: str = OURS) -> Callable[[Results], float]:
    """How many times faster this program is than the fastest line of another."""

    def figure(results: Results) -> float:
        return results.fastest(group, prefix).median() / results.of(group, ours).median()

    return figure


def share_of(group: str, name: str, base: str) -> Callable[[Results], float]:
    """Time of a line as a share of another's in its group."""

    def figure(results: Results) -> float:
        return results.of(group, name).median() / results.of(group, base).median()

    return figure


def _coverage() -> list[Target]:
    def apart(results: Results) -> float:
        return (results.of("coverage", OURS).difference or {})["absolute"]

    return [
        Target(
            "coverage: times faster than exactextract",
            times_faster("coverage", EXACT),
            40,
            at_least=True,
        ),
        Target("coverage: largest difference from exactextract's shares", apart, 1e-6),
    ]


def _one_year(kind: str) -> list[Target]:
    group = f"one year, {kind}"
    return [
        Target(
            f"{group}: times faster than exactextract",
            times_faster(group, EXACT),
            20,
            at_least=True,
        ),
        Target(
            f"{group}: times faster than rasterize + bincount",
            times_faster(group, ROUGH),
            3,
            at_least=True,
        ),
    ]


def _years(group: str, kind: str, years: int, groups: set[str]) -> list[Target]:
    one_year = f"one year, {kind}"

    def in_turn(results: Results) -> float:
        return years * results.fastest(one_year, EXACT).median() / results.of(group, KEPT).median()

    bound, stretch = (1.2, 0.7) if kind == "float" else (2.5, 1.5)
    found = [
        Target(
            f"{group}: share of the bare read", share_of(group, KEPT, FLOOR), bound, stretch=stretch
        ),
        Target(
            f"{group}: times faster than exactextract, all years in one call",
            times_faster(group, EXACT, KEPT),
            20,
            at_least=True,
        ),
        Target(f"{group}: peak memory, GiB", _peak_gib(group, KEPT), 1.5),
    ]
    if one_year in groups:
        text = f"{group}: times faster than exactextract, year by year (scaled from one year)"
        found.append(Target(text, in_turn, 200, at_least=True))
    return found


def _stage(stage: str, kind: str) -> list[Target]:
    def seconds(name: str) -> Callable[[Results], float]:
        return lambda results: results.of(stage, name).median()

    added = share_of(stage, "one year added, in process", "cold, in process")
    return [
        Target(f"a year added, {kind}: share of the cold run, in process", added, 0.1),
        Target(f"a year added, {kind}: command, s", seconds("one year added, command"), 3),
        Target(f"nothing to do, {kind}: command, s", seconds("nothing to do, command"), 2),
        Target(f"whole stage, {kind}: peak memory, GiB", _peak_gib(stage, "cold, command"), 1.5),
    ]


def _global() -> tuple[Target, ...]:
    return (
        Target("global tile: peak memory, GiB", _peak_gib(GLOBAL, OURS), 2),
        Target(
            "global tile: share of reading it block by block",
            share_of(GLOBAL, OURS, "bare read, block by block"),
            1.5,
        ),
    )


def _peak_gib(group: str, name: str) -> Callable[[Results], float]:
    return lambda results: results.of(group, name).median("peak_mib") / 1024
