"""Grids of scenarios: every combination of some values, on all cores or on a cluster."""

from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from estimation.structural.grid import RATES, TOGETHER, Grid, grid, simulate_grid
from estimation.structural.parameters import SECTORS
from estimation.structural.paths import extend
from estimation.structural.residuals import check_residuals
from estimation.structural.scenarios import Scenario
from estimation.structural.simulate import simulate
from geo.errors import StudyFileError
from nightpanel.progress import progress_bar
from nightpanel.scenario_runs import WageGaps, keys_of, naming, over, scenario_of
from nightpanel.scenario_sections import GridSection, ScenarioFile

MOST = 1_000_000
"""Combinations of a grid: what fits in memory."""
LOOKED_AT = 500
"""Combinations whose residuals are evaluated: all of a smaller grid, evenly taken of a larger."""
SOLVED = "solved"
COLUMNS = ["grid", "combinations", "unsolved", "looked_at", "largest"]
TOLD = (
    *(f"{kind}_{sector}" for kind in ("labour", "output") for sector in SECTORS),
    *("integration_M", "integration_S", "eta", "ln_K", "ln_M"),
)
"""Variables of `grids.parquet`, as `nightpanel.structural_tables.VARIABLES` explains them."""


@dataclass(frozen=True, slots=True)
class Grids:
    """What came of all grids."""

    table: pd.DataFrame
    """Two rows a combination, of the first and the last period: ``grid``, ``combination`` (from 1),
    the keys that are varied, ``period``, ``status`` (`estimation.structural.grid.STATUS`), then
    `TOLD`, NaN where a combination has no solution."""
    largest: pd.DataFrame
    """One row a grid: ``grid``, ``combinations``, ``unsolved`` (those without an equilibrium that
    can be found), ``looked_at`` (whose residuals were evaluated) and the ``largest`` residual."""


def run_grids(
    model: ScenarioFile,
    *,
    where: str,
    periods: int,
    gaps: WageGaps | None,
    threads: int | None = None,
    executor: Callable[[], Executor | None] = lambda: None,
    quiet: bool = True,
) -> Grids:
    """Run every grid of a scenario file.

    Parameters
    ----------
    model : ScenarioFile
    where, periods, gaps
        As `nightpanel.scenario_runs.scenarios_of`. Wage gaps are those of the scenario that is
        varied, also where a grid varies shares of capital.
    threads : int, optional
        All cores when left out.
    executor : callable, optional
        Gives who simulates instead of this process, if anybody; called when there is a grid.
    quiet : bool
        No progress bars.

    Returns
    -------
    Grids
        Empty tables where the file has no grid.

    Raises
    ------
    StudyFileError
        There are too many combinations.
    StructuralError
        A key cannot be varied, a value lies outside its domain, or no combination has an
        equilibrium that can be found.
    """
    tables, rows = [], []
    for at, section in enumerate(model.grid):
        place = f"{where}: grid.{at} ({section.name!r})"
        with naming(f"{place}.values"):
            base = _base(model, section, periods=periods, gaps=gaps)
            points = grid(base, section.values)
            _require_size(points, place)
            kept = sorted({1, periods})
            with progress_bar(f"grid {section.name}", quiet=quiet) as report:
                found = simulate_grid(
                    points, keep=kept, threads=threads, executor=executor(), progress=report
                )
        solved = np.flatnonzero(found["status"].to_numpy()[:: len(kept)] == SOLVED)
        if not solved.size:
            _residual(points, 0, place)  # says why the first has no solution
        tables.append(_told(found, section.name, len(kept)))
        seen = solved[np.unique(np.linspace(0, solved.size - 1, LOOKED_AT).astype(np.int64))]
        largest = max(_residual(points, one, place) for one in seen.tolist())
        rows.append((section.name, points.size, points.size - solved.size, len(seen), largest))
    return Grids(
        pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(),
        pd.DataFrame(rows, columns=COLUMNS),
    )


def _base(
    model: ScenarioFile, section: GridSection, *, periods: int, gaps: WageGaps | None
) -> Scenario:
    """The scenario that a grid varies."""
    of = {one.name: keys_of(one) for one in model.scenarios}
    own = {} if section.scenario is None else of[section.scenario]
    keys = over(keys_of(model.baseline), own)
    return scenario_of(section.name, keys, periods=periods, gaps=gaps)


def _require_size(points: Grid, place: str) -> None:
    if points.size > MOST:
        raise StudyFileError(
            f"{place}.values",
            expected=f"{MOST:,} combinations at most",
            found=f"{points.size:,}",
            hint="list fewer values, or make several grids",
        )


def _told(found: pd.DataFrame, name: str, kept: int) -> pd.DataFrame:
    """The table of a grid with integration in place of its inverse, and every row named."""
    n = len(found) // kept
    axes = found.loc[:, :"status"].columns
    inverse = {f"integration_{good}": 1.0 / found[f"theta_{good}"] for good in ("M", "S")}
    told = found.assign(grid=name, combination=np.repeat(np.arange(1, n + 1), kept), **inverse)
    return told[["grid", "combination", *axes, *TOLD]]


def _residual(points: Grid, at: int, place: str) -> float:
    """The largest residual of one combination, alone; its error if it has no solution."""
    scenario = _scenario(points, at)
    with naming(f"{place}, {scenario.name}"):
        one = simulate(scenario.parameters, scenario.paths, scenario.state)
    return check_residuals(one, name=f"{place}, {scenario.name}").largest


def _scenario(points: Grid, at: int) -> Scenario:
    """One combination as a scenario, formed without the grid's own code."""
    (point,) = points.points(at, at + 1)
    values = {name: float(value) for (name, _), value in zip(points.axes, point, strict=True)}
    named = ", ".join(f"{name} = {value:g}" for name, value in values.items())
    entries = {
        entry: value
        for name, value in values.items()
        if name not in RATES
        for entry in TOGETHER.get(name, (name,))
    }
    periods = points.base.paths.periods
    rates = {name: extend(values[name], periods) for name in RATES if name in values}
    return Scenario(
        named,
        points.base.parameters.with_values(**entries),
        replace(points.base.paths, **rates),
        points.base.state,
    )
