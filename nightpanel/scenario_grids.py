"""Grids of scenarios: every combination of some values, on all cores."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from estimation.samples.sample import Floats
from estimation.structural.batched import Batch, simulate_batch
from estimation.structural.parameters import NAMES, PLACES, SECTORS, USES, from_vector
from estimation.structural.paths import Paths
from estimation.structural.residuals import check_residuals
from estimation.structural.scenarios import Scenario
from estimation.structural.simulate import simulate
from estimation.structural.solver import SOLVED
from estimation.structural.state import State
from geo.errors import StudyFileError
from nightpanel.progress import progress_bar
from nightpanel.scenario_runs import WageGaps, keys_of, naming, paths_of, scenario_of
from nightpanel.scenario_sections import GridSection, ScenarioFile

Ints = NDArray[np.int64]

TRIPLES = {"omega": USES, "epsilon": USES, "beta": SECTORS, "B": SECTORS, "gamma": SECTORS}
OF_PATHS = ("s", "s_H", "xi_m", "xi_s")
OF_STATE = ("K_1", "M_1")
KNOWN = tuple(
    sorted({*NAMES, *TRIPLES, *OF_PATHS, *OF_STATE} - {"infrastructure_inside"}, key=str.lower)
)
"""Keys whose values a grid may list."""
MOST = 1_000_000
"""Combinations of a grid: what fits in memory, and into a minute or two."""
AT_ONCE = 20_000
"""Combinations between two looks at the progress bar."""
LOOKED_AT = 500
"""Combinations whose residuals are evaluated; all of a smaller grid, evenly taken of a larger."""


@dataclass(frozen=True, slots=True)
class Grids:
    """What came of all grids."""

    table: pd.DataFrame
    """Two rows a combination, of the first and the last period: ``grid``, ``combination`` (from 1),
    the keys that are varied, ``period``, then shares, integration, eta and the stocks' logs."""
    largest: pd.DataFrame
    """One row a grid: ``grid``, ``combinations``, ``looked_at`` (whose residuals were evaluated)
    and the ``largest`` residual."""


@dataclass(frozen=True, slots=True)
class _Combinations:
    """The combinations of one grid, n of them, as the batch takes them."""

    columns: Mapping[str, Floats]
    """Values by key, shape (n,)."""
    vectors: Floats
    """Parameters, shape (n, 22)."""
    paths: Sequence[Paths]
    """Every path that occurs."""
    which: Ints
    """Place among these, shape (n,)."""
    states: Floats
    """Logs of capital and AI in period 1, shape (n, 2)."""

    def scenario(self, at: int) -> Scenario:
        """One combination as a scenario of its own."""
        named = ", ".join(f"{name} = {values[at]:g}" for name, values in self.columns.items())
        state = State(*map(float, self.states[at]))
        return Scenario(named, from_vector(self.vectors[at]), self.paths[self.which[at]], state)


def run_grids(
    model: ScenarioFile,
    *,
    where: str,
    periods: int,
    gaps: WageGaps | None,
    threads: int | None = None,
    quiet: bool = True,
) -> Grids:
    """Run every grid of a scenario file.

    Parameters
    ----------
    model : ScenarioFile
    where, periods, gaps
        As `nightpanel.scenario_runs.scenarios_of`.
    threads : int, optional
        All cores when left out.
    quiet : bool
        No progress bar.

    Returns
    -------
    Grids
        Empty tables where the file has no grid.

    Raises
    ------
    StudyFileError
        A key cannot be varied, or there are too many combinations.
    StructuralError
        A value lies outside its domain, or a combination has no equilibrium that can be found.
    """
    tables, rows = [], []
    for at, grid in enumerate(model.grid):
        place = f"{where}: grid.{at} ({grid.name!r})"
        _require_keys(grid, place)
        keys = _base(model, grid)
        with naming(f"{place}.values"):
            every = _combinations(grid, keys, periods=periods, gaps=gaps)
        table = _simulated(every, place, name=grid.name, threads=threads, quiet=quiet)
        seen = np.unique(np.linspace(0, len(every.which) - 1, LOOKED_AT).astype(np.int64))
        largest = max(_residual(every.scenario(one), place) for one in seen.tolist())
        rows.append((grid.name, len(every.which), len(seen), largest))
        tables.append(table)
    return Grids(
        pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(),
        pd.DataFrame(rows, columns=["grid", "combinations", "looked_at", "largest"]),
    )


def _require_keys(grid: GridSection, place: str) -> None:
    unknown = [name for name in grid.values if name not in KNOWN]
    if unknown:
        raise StudyFileError(
            f"{place}.values.{unknown[0]}",
            expected=f"one of the keys {', '.join(KNOWN)}",
            found=repr(unknown[0]),
            hint="correct the key, or write scenarios one by one",
        )
    for name in grid.values:
        whole = name.rpartition("_")[0]
        if whole in TRIPLES and whole in grid.values:
            raise StudyFileError(
                f"{place}.values.{name}",
                expected=f"either {whole} or its parts",
                found="both",
                hint="leave one out",
            )
    count = math.prod(len(values) for values in grid.values.values())
    if count > MOST:
        raise StudyFileError(
            f"{place}.values",
            expected=f"{MOST:,} combinations at most",
            found=f"{count:,}",
            hint="list fewer values, or make several grids of several runs",
        )


def _base(model: ScenarioFile, grid: GridSection) -> dict[str, Any]:
    """Keys of the scenario that a grid varies."""
    of = {one.name: keys_of(one) for one in model.scenarios}
    return keys_of(model.baseline) | (of[grid.scenario] if grid.scenario is not None else {})


def _combinations(
    grid: GridSection, keys: Mapping[str, Any], *, periods: int, gaps: WageGaps | None
) -> _Combinations:
    base = scenario_of(grid.name, keys, periods=periods, gaps=gaps)
    lengths = [len(values) for values in grid.values.values()]
    index = np.indices(lengths).reshape(len(lengths), -1)
    columns = {
        name: np.array(values, dtype=np.float64)[places]
        for (name, values), places in zip(grid.values.items(), index, strict=True)
    }
    vectors = np.tile(base.parameters.vector(), (index.shape[1], 1))
    states = np.tile([base.state.ln_K, base.state.ln_M], (index.shape[1], 1))
    for name, values in columns.items():
        for entry in [f"{name}_{part}" for part in TRIPLES.get(name, ())] or [name]:
            if entry in PLACES:
                vectors[:, PLACES[entry]] = values
        if name in OF_STATE:
            states[:, OF_STATE.index(name)] = _ln(name, values)
    # Wage gaps are measured with capital's shares; else these say nothing of the paths.
    deciding = [
        at
        for at, name in enumerate(columns)
        if name in OF_PATHS or (gaps is not None and name.split("_")[0] == "beta")
    ]
    every = list(_paths(grid, keys, deciding, periods=periods, gaps=gaps))
    which = (
        np.ravel_multi_index([index[at] for at in deciding], [lengths[at] for at in deciding])
        if deciding
        else np.zeros(index.shape[1], dtype=np.int64)
    )
    return _Combinations(columns, vectors, every, np.asarray(which, dtype=np.int64), states)


def _paths(
    grid: GridSection,
    keys: Mapping[str, Any],
    deciding: Sequence[int],
    *,
    periods: int,
    gaps: WageGaps | None,
) -> Iterator[Paths]:
    """The paths of every combination of the values that decide them, in order."""
    names = [list(grid.values)[at] for at in deciding]
    base = scenario_of(grid.name, keys, periods=periods, gaps=gaps).parameters
    for values in product(*(grid.values[name] for name in names)):
        own = dict(zip(names, values, strict=True))
        changed = {name: [value] for name, value in own.items() if name in OF_PATHS}
        parameters = base.with_values(**{k: v for k, v in own.items() if k not in OF_PATHS})
        yield paths_of({**keys, **changed}, parameters, periods=periods, gaps=gaps)


def _ln(name: str, values: Floats) -> Floats:
    if (values <= 0.0).any():
        raise StudyFileError(
            name, expected="positive numbers", found=f"{values.min():g}", hint="correct the value"
        )
    return np.log(values)


def _simulated(
    every: _Combinations, place: str, *, name: str, threads: int | None, quiet: bool
) -> pd.DataFrame:
    n, parts = len(every.which), []
    periods = every.paths[0].periods
    with progress_bar(f"grid {name}", quiet=quiet) as report:
        for start in range(0, n, AT_ONCE):
            part = slice(start, start + AT_ONCE)
            with naming(f"{place}.values"):
                batch = simulate_batch(
                    every.vectors[part],
                    every.paths,
                    every.states[part],
                    which=every.which[part],
                    keep=sorted({1, periods}),
                    threads=threads,
                    failures="keep",
                )
            failed = np.flatnonzero(batch.status != SOLVED)
            if failed.size:
                _residual(every.scenario(start + int(failed[0])), place)
            parts.append(_rows(batch, start))
            report(min(start + AT_ONCE, n), n)
    whole = pd.concat(parts, ignore_index=True)
    places = whole["combination"].to_numpy() - 1
    keys = {key: values[places] for key, values in every.columns.items()}
    varied = pd.DataFrame({"grid": name, "combination": whole["combination"], **keys})
    return pd.concat([varied, whole.drop(columns="combination")], axis=1)


def _rows(batch: Batch, start: int) -> pd.DataFrame:
    """The kept periods of a batch, one row each."""
    n, kept = batch.status.size, batch.periods.size
    columns: dict[str, object] = {
        "combination": np.repeat(np.arange(start + 1, start + n + 1), kept),
        "period": np.tile(batch.periods, n),
    }
    for kind, values in (("labour", batch.labour), ("output", batch.output)):
        for at, sector in enumerate(SECTORS):
            columns[f"{kind}_{sector}"] = values[:, :, at].ravel()
    for at, good in enumerate(("M", "S")):
        columns[f"integration_{good}"] = 1.0 / batch.theta[:, :, at].ravel()
    columns["eta"] = batch.eta.ravel()
    for stock in ("ln_K", "ln_M"):
        columns[stock] = batch.column(stock).ravel()
    return pd.DataFrame(columns)


def _residual(scenario: Scenario, place: str) -> float:
    """The largest residual of one combination, alone; its error if it has no solution."""
    with naming(f"{place}, {scenario.name}"):
        one = simulate(scenario.parameters, scenario.paths, scenario.state)
    return check_residuals(one, name=f"{place}, {scenario.name}").largest
