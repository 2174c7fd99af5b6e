"""The benchmark: this program and its peers in the same run, alternating, with ratios and targets.

``make bench`` is the full one; ``--quick`` is a small one that only shows that it works. Results go
to ``benchmarks/results``: JSON with every repetition, and the table.
"""

import argparse
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from functools import partial
from itertools import groupby, product
from pathlib import Path

import pandas as pd

from benchmarks.accuracy import mean_difference, share_difference
from benchmarks.global_tile import global_tile
from benchmarks.machine import machine
from benchmarks.measure import Measured, Request, measure, measure_command
from benchmarks.plan import EXACT, FULL, OURS, QUICK, Line, Size, lines, request
from benchmarks.programs import Job
from benchmarks.programs.this_program import command
from benchmarks.report import report
from benchmarks.results_file import Result, Results, load, save, with_groups
from benchmarks.workload import PRODUCT, YEARS, Kind, Workload

RESULTS = Path(__file__).with_name("results")


def main() -> None:
    """Build what is missing of the workload, measure, write the results."""
    asked = arguments(
        __doc__, only="groups", repetitions="of every line; by default 5, or 3 of slow"
    )
    size = QUICK if asked.quick else FULL
    if asked.repetitions:
        size = replace(size, repetitions=asked.repetitions, slow=asked.repetitions)
    name = "quick" if asked.quick else "full"

    def keep(results: Results) -> None:
        # Groups are measured on their own: one that is measured again takes its old place.
        path = asked.out / f"{name}.json"
        whole = with_groups(load(path), results) if path.exists() else results
        save(whole, path)
        path.with_suffix(".md").write_text(report(whole), encoding="utf-8")

    print(report(run(size, asked.work.resolve(), only=asked.only, keep=keep)))


def arguments(about: str | None, *, only: str, repetitions: str) -> argparse.Namespace:
    """What a benchmark of the workload is asked on its command line.

    Parameters
    ----------
    about : str, optional
        What it does.
    only, repetitions : str
        What can be chosen by name, and what is repeated.

    Returns
    -------
    argparse.Namespace
        ``work``, ``out``, ``quick``, ``only`` and ``repetitions``.
    """
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--work", type=Path, default=Path("build/bench"), help="workload's folder")
    parser.add_argument("--out", type=Path, default=RESULTS, help="folder of the results")
    parser.add_argument("--quick", action="store_true", help="a small one, of no meaning")
    parser.add_argument("--only", default="", help=f"{only} whose names contain this text")
    parser.add_argument("--repetitions", type=int, help=repetitions)
    return parser.parse_args()


def run(size: Size, work: Path, *, only: str, keep: Callable[[Results], None]) -> Results:
    """Measure.

    Parameters
    ----------
    size : Size
    work : Path
        Folder of the workload.
    only : str
        Measure the groups whose names contain it.
    keep : callable
        Called with every group's results.

    Returns
    -------
    Results
    """
    results = Results(machine=machine(work), size=asdict(size), lines=())
    for group in _groups(size, work):
        if only in group.name:
            measured = tuple(group.measure())
            results = replace(results, lines=results.lines + measured)
            keep(replace(results, lines=measured))
    return results


@dataclass(frozen=True, slots=True)
class _Group:
    """A group that can be measured."""

    name: str
    measure: Callable[[], list[Result]]


def _groups(size: Size, work: Path) -> Iterator[_Group]:
    workload = Workload(work, size.shape)
    for name, members in groupby(lines(size, workload), key=lambda line: line.group):
        yield _Group(name, partial(run_group, list(members), size, work))
    for kind in size.kinds:
        yield _Group(_stage_group(size, kind), partial(_added_year, size, workload, kind))
    yield _Group("global tile", lambda: run_group(_global_lines(size, work), size, work))


def run_group(members: list[Line], size: Size, work: Path) -> list[Result]:
    """Measure the lines of a group in turn, again and again.

    Parameters
    ----------
    members : list of Line
    size : Size
    work : Path
        Folder for tables.

    Returns
    -------
    list of Result
        One for each line, in order.
    """
    # Not counted: it compiles kernels, and makes the tables to compare.
    differences = _compare(members, work)
    runs: list[list[Measured]] = [[] for _ in members]
    for repetition in range(max(line.repetitions for line in members)):
        for line, done in zip(members, runs, strict=True):
            if repetition < line.repetitions:
                say(f"{line.group}: {line.name}, {repetition + 1} of {line.repetitions}")
                done.append(_measured(line, size))
    return [
        Result(line.group, line.name, tuple(done), _note(line), differences.get(line.name))
        for line, done in zip(members, runs, strict=True)
    ]


def _measured(line: Line, size: Size) -> Measured:
    """One repetition; that of a sampled line is scaled to all units."""
    done = [measure(one) for one in line.requests]
    if not line.samples:
        return done[0]
    (few, many), (less, more) = line.samples, done

    def scaled(what: str) -> float:
        slope = (getattr(more, what) - getattr(less, what)) / (many - few)
        return float(getattr(more, what) + slope * (size.units - many))

    seconds = scaled("seconds")
    start_up = more.process_seconds - more.seconds
    return replace(more, seconds=seconds, cpu=scaled("cpu"), process_seconds=seconds + start_up)


def _note(line: Line) -> str:
    if not line.samples:
        return ""
    few, many = line.samples
    return f"samples of {few} and {many} units, scaled"


def _compare(members: list[Line], work: Path) -> dict[str, dict[str, float]]:
    """Largest difference of each compared line from exactextract's first."""
    tables: dict[str, pd.DataFrame] = {}
    path = work / "table.parquet"
    for line in members:
        if line.compared:
            say(f"{line.group}: {line.name}, for its table")
            measure(line.requests[-1], table=path)
            tables[line.name] = pd.read_parquet(path)
            path.unlink()
    reference = next((tables[name] for name in tables if name.startswith(EXACT)), None)
    if reference is None:
        return {}
    difference = share_difference if members[0].group == "coverage" else mean_difference
    return {
        name: difference(table, reference)
        for name, table in tables.items()
        if table is not reference
    }


def _stage_group(size: Size, kind: Kind) -> str:
    return f"whole stage, {size.years} years and one more, {kind}"


def _added_year(size: Size, workload: Workload, kind: Kind) -> list[Result]:
    """The whole stage: cold, with one more year, and again with nothing to do."""
    group = _stage_group(size, kind)
    all_years = workload.tiles(kind, YEARS[: size.years + 1])
    steps = {"cold": all_years[:-1], "one year added": all_years, "nothing to do": all_years}
    runs: dict[str, list[Measured]] = {}
    ways = ["in process", "command"]
    # The first round is not counted: it compiles kernels.
    for repetition, how in [(0, ways[0]), *product(range(1, size.slow + 1), ways)]:
        with emptied(workload.folder / "out") as out:
            for step, tiles in steps.items():
                say(f"{group}: {step}, {how}, {repetition} of {size.slow}")
                job = Job(
                    workload.units(size.units), tuple(tiles), PRODUCT[kind], {"out": str(out)}
                )
                done = _one_way(job, how)
                if repetition:
                    runs.setdefault(f"{step}, {how}", []).append(done)
    return [Result(group, name, tuple(done)) for name, done in runs.items()]


@contextmanager
def emptied(folder: Path) -> Iterator[Path]:
    """A folder that is not there before, and is removed after."""
    shutil.rmtree(folder, ignore_errors=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _one_way(job: Job, how: str) -> Measured:
    if how == "command":
        return measure_command(command(job), (job.boundaries, *job.tiles))
    return measure(
        Request("this_program", "study", job.boundaries, job.tiles, job.product, job.options)
    )


def _global_lines(size: Size, work: Path) -> list[Line]:
    files = global_tile(work, continents=size.continents, units=size.global_units)
    ours = request("this_program", files.units, [files.tile])
    blocks = request("bare_read", files.units, [files.tile], task="read_blocks")
    return [
        Line("global tile", OURS, (ours,), size.slow),
        Line("global tile", "bare read, block by block", (blocks,), size.slow),
    ]


def say(text: str) -> None:
    """Tell on standard error what is being measured."""
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
