"""Grids: every combination of some values of some parameters, in blocks, here or on a cluster.

A grid is only its axes; the scenarios of a block are formed where the block is simulated. On this
machine blocks run one after the other, each on threads; an executor, as a Dask cluster's, gets one
task a block.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from math import prod

import numpy as np
import pandas as pd

from estimation.samples.sample import Floats
from estimation.structural.batched import Batch, Ints, Keep, simulate_batch
from estimation.structural.parameters import GOODS, NAMES, PLACES, SECTORS, check_vectors
from estimation.structural.paths import Paths, extend
from estimation.structural.scenarios import Scenario
from geo.errors import StructuralError
from geo.threads import blocks

TOGETHER: Mapping[str, tuple[str, ...]] = {
    "omega": ("omega_C", "omega_I", "omega_H"),
    "epsilon": ("epsilon_C", "epsilon_I", "epsilon_H"),
    "gamma_services": ("gamma_x", "gamma_s"),
}
"""Axes that set several parameters to one value."""
RATES = ("s", "s_H")
"""Axes that set a rate in all periods."""
BLOCK = 20_000
"""Scenarios of a block: about a second of one processor, of 60 periods."""
STATUS = ("solved", "not bracketed", "not converged", "overflow")
"""Words for the statuses of :mod:`estimation.structural.solver`, in their order."""


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """Axes around a scenario; the last axis varies fastest.

    Raises
    ------
    StructuralError
        An axis is unknown, empty, or sets what another one sets.
    """

    base: Scenario
    """What all points have in common."""
    axes: tuple[tuple[str, tuple[float, ...]], ...]
    """Names (of a parameter, of :data:`TOGETHER` or of :data:`RATES`) and their values."""

    def __post_init__(self) -> None:
        known = {*NAMES, *TOGETHER, *RATES} - {"infrastructure_inside"}
        set_by: list[str] = []
        for name, values in self.axes:
            set_by += TOGETHER.get(name, (name,))
            if name not in known or not values:
                raise StructuralError(
                    f"axis {name!r}",
                    expected=f"values of one of {', '.join(sorted(known))}",
                    found="no values" if name in known else "another name",
                    hint="correct the axis",
                )
        twice = sorted({name for name in set_by if set_by.count(name) > 1})
        if twice or not self.axes:
            raise StructuralError(
                "grid",
                expected="one axis or more, each parameter on one of them",
                found=f"{', '.join(twice)} twice" if twice else "no axis",
                hint="give each parameter one list of values",
            )

    @property
    def size(self) -> int:
        """How many points there are."""
        return prod(len(values) for _, values in self.axes)

    def points(self, start: int, stop: int) -> Floats:
        """Values of the axes at points from ``start`` to before ``stop``, shape (n, axes)."""
        shape = tuple(len(values) for _, values in self.axes)
        places = np.unravel_index(np.arange(start, stop), shape)
        columns = [np.array(values)[at] for (_, values), at in zip(self.axes, places, strict=True)]
        return np.stack(columns, axis=1).astype(np.float64)


def grid(base: Scenario, axes: Mapping[str, Sequence[float]]) -> Grid:
    """A grid from lists of values by name."""
    return Grid(base, tuple((name, tuple(map(float, values))) for name, values in axes.items()))


def simulate_grid(
    over: Grid,
    *,
    keep: Keep = "last",
    threads: int | None = None,
    executor: Executor | None = None,
    block: int = BLOCK,
    progress: Callable[[int, int], None] | None = None,
) -> pd.DataFrame:
    """Simulate all points.

    Parameters
    ----------
    over : Grid
    keep : "all", "last" or sequence of int
        Periods to tell, from 1.
    threads : int, optional
        On this machine; as many as there are processors unless given.
    executor : Executor, optional
        Simulates the blocks, one thread each, instead of this process: of processes, or
        ``distributed.Client.get_executor()``.
    block : int
        Scenarios of a block.
    progress : callable, optional
        Told how many points are done, and of how many.

    Returns
    -------
    pandas.DataFrame
        One row a point and kept period: the axes, ``period``, ``status`` (:data:`STATUS`), and
        ``labour_m`` to ``ln_M``, NaN where a point has no solution. Rows do not depend on how the
        grid was shared out.

    Raises
    ------
    StructuralError
        A value outside its domain, rates that do not go together.
    """
    check_ends(over)
    parts = blocks(over.size, block)
    ends = [(part.start, part.stop) for part in parts]
    made: Iterator[pd.DataFrame]
    if executor is None:
        made = (_table(over, *end, keep, threads) for end in ends)
    else:
        futures = [executor.submit(_table, over, *end, keep, 1) for end in ends]
        made = (future.result() for future in futures)
    tables = []
    for (_, stop), table in zip(ends, made, strict=True):
        tables.append(table)
        if progress is not None:
            progress(stop, over.size)
    return pd.concat(tables, ignore_index=True)


def check_ends(over: Grid) -> None:
    """Refuse a parameter's value outside its domain before anything is simulated."""
    for place, (_, values) in enumerate(over.axes):
        points = np.tile(over.points(0, 1), (len(values), 1))
        points[:, place] = values
        check_vectors(_vectors(over, points))


def _table(over: Grid, start: int, stop: int, keep: Keep, threads: int | None) -> pd.DataFrame:
    points = over.points(start, stop)
    paths, which = _paths(over, points)
    batch = simulate_batch(
        _vectors(over, points),
        paths,
        _states(over, len(points)),
        which=which,
        keep=keep,
        threads=threads,
        failures="keep",
    )
    return _told(over, points, batch)


def _vectors(over: Grid, points: Floats) -> Floats:
    vectors = np.tile(over.base.parameters.vector(), (len(points), 1))
    for place, (name, _) in enumerate(over.axes):
        for entry in TOGETHER.get(name, (name,)):
            if entry in PLACES:
                vectors[:, PLACES[entry]] = points[:, place]
    return vectors


def _states(over: Grid, n: int) -> Floats:
    return np.tile([over.base.state.ln_K, over.base.state.ln_M], (n, 1))


def _paths(over: Grid, points: Floats) -> tuple[list[Paths], Ints]:
    """The distinct paths of some points, and which each point has."""
    names = [name for name, _ in over.axes]
    rates = [name for name in RATES if name in names]
    if not rates:
        return [over.base.paths], np.zeros(len(points), dtype=np.int64)
    columns = points[:, [names.index(name) for name in rates]]
    distinct, which = np.unique(columns, axis=0, return_inverse=True)
    T = over.base.paths.periods
    found = [
        replace(
            over.base.paths,
            **{name: extend(rate, T) for name, rate in zip(rates, row, strict=True)},
        )
        for row in distinct
    ]
    return found, np.asarray(which, dtype=np.int64).ravel()


def _told(over: Grid, points: Floats, batch: Batch) -> pd.DataFrame:
    n, P = batch.values.shape[:2]
    columns: dict[str, object] = {
        name: np.repeat(points[:, place], P) for place, (name, _) in enumerate(over.axes)
    }
    columns["period"] = np.tile(batch.periods, n)
    columns["status"] = np.repeat(np.array(STATUS, dtype=object)[batch.status], P)
    by_part = {"labour": batch.labour, "output": batch.output, "theta": batch.theta}
    for name, values in by_part.items():
        for place, part in enumerate(GOODS if name == "theta" else SECTORS):
            columns[f"{name}_{part}"] = values[:, :, place].ravel()
    columns["eta"] = batch.eta.ravel()
    columns["ln_K"], columns["ln_M"] = batch.ln_K.ravel(), batch.ln_M.ravel()
    return pd.DataFrame(columns)
