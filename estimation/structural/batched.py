"""Many paths at once: the same loop over scenarios, on threads.

The loop holds no lock of the interpreter, so that threads of this project's own share out blocks of
scenarios. Each scenario is computed by itself and written to a place of its own: neither the order
of scenarios nor the number of threads can change a number.
"""

# ruff: noqa: N802 - the model's names

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from estimation.samples.sample import Floats
from estimation.structural.columns import COLUMNS, WIDTH
from estimation.structural.failures import raise_failure
from estimation.structural.given import check_rates, given_array
from estimation.structural.parameters import PLACES, Parameters, check_vectors
from estimation.structural.paths import Paths
from estimation.structural.solver import SOLVED, paths_into
from estimation.structural.state import FIRST, State
from geo.errors import StructuralError
from geo.threads import blocks, in_threads, processors

Ints = NDArray[np.int64]
Keep = Literal["all", "last"] | Sequence[int]
BLOCK = 64
"""Scenarios that a thread takes at a time."""


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Equilibria of n scenarios in the P periods that were kept; NaN where one failed."""

    values: Floats
    """All columns of :data:`estimation.structural.columns.COLUMNS`, shape (n, P, 24)."""
    periods: Ints
    """The kept periods, from 1, shape (P,)."""
    status: Ints
    """What became of each scenario, 0 if all went well (:mod:`estimation.structural.solver`),
    shape (n,)."""
    stopped: Ints
    """Number of periods that were solved, shape (n,)."""
    end: Floats
    """Logs of capital and AI after the last period that was solved, shape (n, 2)."""

    def column(self, name: str) -> Floats:
        """One of :data:`estimation.structural.columns.COLUMNS`, shape (n, P)."""
        return np.asarray(self.values[:, :, COLUMNS.index(name)], dtype=np.float64)

    @property
    def labour(self) -> Floats:
        """Employment by sector (m, x, s), shape (n, P, 3)."""
        first = COLUMNS.index("labour_m")
        return np.asarray(self.values[:, :, first : first + 3], dtype=np.float64)

    @property
    def output(self) -> Floats:
        """Nominal output by sector as shares of income, shape (n, P, 3)."""
        x = self.column("output_xM") + self.column("output_xS")
        return np.stack([self.column("output_m"), x, self.column("output_s")], axis=2)

    @property
    def theta(self) -> Floats:
        """Ratios of equations (12) and (13), shape (n, P, 2)."""
        return np.exp(np.stack([self.column("ln_theta_M"), self.column("ln_theta_S")], axis=2))

    @property
    def eta(self) -> Floats:
        """Spending on industrial over spending on service goods, shape (n, P)."""
        return np.exp(self.column("ln_eta"))

    @property
    def ln_K(self) -> Floats:
        """Log of capital, shape (n, P)."""
        return self.column("ln_K")

    @property
    def ln_M(self) -> Floats:
        """Log of the AI stock, shape (n, P)."""
        return self.column("ln_M")


def simulate_batch(
    parameters: Sequence[Parameters] | Floats,
    paths: Paths | Sequence[Paths],
    states: State | Floats = FIRST,
    *,
    which: Ints | None = None,
    keep: Keep = "all",
    threads: int | None = None,
    failures: Literal["raise", "keep"] = "raise",
) -> Batch:
    """Simulate n scenarios.

    Parameters
    ----------
    parameters : sequence of Parameters, or float array, shape (n, 22)
        One a scenario, or their vectors.
    paths : Paths or sequence of Paths
        One for all; or several of one length, one a scenario unless ``which`` says otherwise.
    states : State or float array, shape (n, 2)
        Logs of capital and AI in the first period.
    which : int array, shape (n,), optional
        Place among ``paths`` of each scenario's.
    keep : "all", "last" or sequence of int
        Periods to give back, from 1. All take 10 kB a scenario of 60 periods.
    threads : int, optional
        As many as there are processors unless given.
    failures : "raise" or "keep"
        Whether a scenario without a solution is an error or a row of NaN from there on.

    Raises
    ------
    StructuralError
        A parameter outside its domain, rates that do not go together, arrays that do not fit.
    EquilibriumError
        With ``failures="raise"``: the first scenario that could not be solved.
    """
    vectors = _vectors(parameters)
    several = [paths] if isinstance(paths, Paths) else list(paths)
    place = _which(which, len(vectors), len(several))
    start = _states(states, len(vectors))
    given = _given(vectors, several, place)
    kept = _kept(keep, given.shape[1])
    values = np.empty((len(vectors), len(kept), WIDTH))
    status = np.empty((len(vectors), 2), dtype=np.int64)
    end = np.empty((len(vectors), 2))

    def work(part: slice) -> None:
        paths_into(
            vectors[part],
            given,
            place[part],
            start[part],
            kept,
            values[part],
            status[part],
            end[part],
        )

    in_threads(work, blocks(len(vectors), BLOCK), processors() if threads is None else threads)
    failed = np.flatnonzero(status[:, 0] != SOLVED)
    if failures == "raise" and failed.size:
        i = int(failed[0])
        code, period = int(status[i, 0]), int(status[i, 1])
        raise_failure(f"scenario {i + 1}", code, period, float(end[i, 0]), float(end[i, 1]))
    return Batch(
        values=values, periods=kept + 1, status=status[:, 0], stopped=status[:, 1], end=end
    )


def _vectors(parameters: Sequence[Parameters] | Floats) -> Floats:
    if isinstance(parameters, np.ndarray):
        vectors = np.ascontiguousarray(parameters, dtype=np.float64)
        check_vectors(vectors)
        return vectors
    if not len(parameters):
        raise StructuralError(
            "batch", expected="one scenario or more", found="none", hint="name scenarios"
        )
    return np.stack([one.vector() for one in parameters])


def _which(which: Ints | None, n: int, paths: int) -> Ints:
    if which is None:
        place = np.zeros(n, dtype=np.int64) if paths == 1 else np.arange(paths, dtype=np.int64)
    else:
        place = np.ascontiguousarray(which, dtype=np.int64)
    if place.shape != (n,) or (n and (place.min() < 0 or place.max() >= paths)):
        raise StructuralError(
            "batch",
            expected=f"one path for all, one for each of {n} scenarios, or a place for each",
            found=f"{paths} paths and {place.size} places",
            hint="give `which`, or as many paths as scenarios",
        )
    return place


def _states(states: State | Floats, n: int) -> Floats:
    if isinstance(states, State):
        return np.tile([states.ln_K, states.ln_M], (n, 1))
    array = np.ascontiguousarray(states, dtype=np.float64)
    if array.shape != (n, 2) or not np.isfinite(array).all():
        raise StructuralError(
            "states",
            expected=f"finite logs of capital and AI, shape ({n}, 2)",
            found=f"shape {array.shape}"
            if array.shape != (n, 2)
            else "a number that is not finite",
            hint="give one row a scenario",
        )
    return array


def _given(vectors: Floats, paths: list[Paths], which: Ints) -> Floats:
    lengths = sorted({one.periods for one in paths})
    if len(lengths) != 1:
        raise StructuralError(
            "paths", expected="paths of one length", found=f"{lengths}", hint="extend the shorter"
        )
    inside = vectors[:, PLACES["infrastructure_inside"]] != 0.0
    for flag in (True, False):
        for place in np.unique(which[inside == flag]):
            check_rates(paths[place], inside=flag)
    return np.stack([given_array(one) for one in paths])


def _kept(keep: Keep, T: int) -> Ints:
    if isinstance(keep, str):
        named = {"all": np.arange(1, T + 1), "last": np.array([T])}
        periods = named.get(keep, np.empty(0, dtype=np.int64))
    else:
        periods = np.array(keep, dtype=np.int64)
    if periods.ndim != 1 or not periods.size or periods.min() < 1 or periods.max() > T:
        raise StructuralError(
            "keep",
            expected=f"periods from 1 to {T}",
            found=f"{keep}",
            hint='name periods of the path, "all" or "last"',
        )
    return periods - 1
