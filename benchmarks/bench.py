"""The benchmark: this program and its peers in the same run, alternating, with ratios and targets.

``make bench`` is the full one; ``--quick`` is a small one that only shows that it works. Results go
to ``benchmarks/results``: JSON with every repetition, and the table.
"""

import argparse
import shutil
import sys
from collections.abc import Callable
from dataclasses import asdict, replace
from itertools import groupby
from pathlib import Path

import pandas as pd

from benchmarks.accuracy import mean_difference, share_difference
from benchmarks.global_tile import global_tile
from benchmarks.machine import machine
from benchmarks.measure import Measured, measure, measure_command
from benchmarks.plan import EXACT, FULL, OURS, QUICK, Line, Size, lines, request
from benchmarks.programs import Job
from benchmarks.programs.this_program import command
from benchmarks.report import report
from benchmarks.results_file import Result, Results, save
from benchmarks.workload import PRODUCT, YEARS, Kind, Workload

RESULTS = Path(__file__).with_name("results")
DIFFERENCE = {"coverage": share_difference}


def main() -> None:
    """Build what is missing of the workload, measure, write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, default=Path("bench-work"), help="workload's folder")
    parser.add_argument("--out", type=Path, default=RESULTS, help="folder of the results")
    parser.add_argument("--quick", action="store_true", help="a small one, of no meaning")
    parser.add_argument("--only", help="groups whose names contain this text")
    asked = parser.parse_args()
    size = QUICK if asked.quick else FULL
    results = run(size, asked.work.resolve(), asked.only or "")
    name = "quick" if asked.quick else "full"
    save(results, asked.out / f"{name}.json")
    text = report(results)
    (asked.out / f"{name}.md").write_text(text, encoding="utf-8")
    print(text)


def run(size: Size, work: Path, only: str = "") -> Results:
    """Measure.

    Parameters
    ----------
    size : Size
    work : Path
        Folder of the workload.
    only : str
        Measure the groups whose names contain it.

    Returns
    -------
    Results
    """
    described = machine(work)
    workload = Workload(work, size.shape)
    measured: list[Result] = []
    for group, members in groupby(lines(size, workload), key=lambda line: line.group):
        if only in group:
            measured += run_group(list(members), size, work)
    for kind in ("float", "integer"):
        if only in _stage_group(size, kind):
            measured += _added_year(size, workload, kind)
    if only in "global tile":
        measured += run_group(_global_lines(size, work), size, work)
    return Results(machine=described, size=asdict(size), lines=tuple(measured))


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
                _say(f"{line.group}: {line.name}, {repetition + 1} of {line.repetitions}")
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

    times = {what: scaled(what) for what in ("seconds", "cpu", "process_seconds")}
    return replace(more, **times)


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
            _say(f"{line.group}: {line.name}, for its table")
            measure(line.requests[-1], table=path)
            tables[line.name] = pd.read_parquet(path)
            path.unlink()
    reference = next((tables[name] for name in tables if name.startswith(EXACT)), None)
    if reference is None:
        return {}
    difference: Callable[..., dict[str, float]] = mean_difference
    difference = DIFFERENCE.get(members[0].group, difference)
    return {
        name: difference(table, reference)
        for name, table in tables.items()
        if table is not reference
    }


def _stage_group(size: Size, kind: Kind) -> str:
    return f"whole stage, {size.years} years and one more, {kind}"


def _added_year(size: Size, workload: Workload, kind: Kind) -> list[Result]:
    """The whole stage: cold, with one more year, and again with nothing to do."""
    group, units = _stage_group(size, kind), workload.units(size.units)
    all_years = workload.tiles(kind, YEARS[: size.years + 1])
    steps = {"cold": all_years[:-1], "one year added": all_years, "nothing to do": all_years}
    runs: dict[str, list[Measured]] = {}
    for repetition in range(size.slow):
        for how in ("in process", "command"):
            out = workload.folder / "out"
            shutil.rmtree(out, ignore_errors=True)
            for step, tiles in steps.items():
                _say(f"{group}: {step}, {how}, {repetition + 1} of {size.slow}")
                options = {"out": str(out)}
                if how == "command":
                    job = Job(units, tuple(tiles), PRODUCT[kind], options)
                    done = measure_command(command(job), (units, *tiles))
                else:
                    asked = request(
                        "this_program", units, tiles, task="study", kind=kind, options=options
                    )
                    done = measure(asked)
                runs.setdefault(f"{step}, {how}", []).append(done)
            shutil.rmtree(out)
    return [Result(group, name, tuple(done)) for name, done in runs.items()]


def _global_lines(size: Size, work: Path) -> list[Line]:
    files = global_tile(work, continents=size.continents, units=size.global_units)
    ours = request("this_program", files.units, [files.tile])
    blocks = request("bare_read", files.units, [files.tile], task="read_blocks")
    return [
        Line("global tile", OURS, (ours,), size.slow),
        Line("global tile", "bare read, block by block", (blocks,), size.slow),
    ]


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
