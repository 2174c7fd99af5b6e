"""One period's equilibrium by itself, and the function whose root it is."""

# ruff: noqa: E741 - the model's name

from dataclasses import dataclass

import numpy as np

from estimation.samples.sample import Floats
from estimation.structural.failures import raise_failure
from estimation.structural.given import given_of
from estimation.structural.parameters import Parameters
from estimation.structural.paths import Paths
from estimation.structural.solver import (
    NOT_BRACKETED,
    PERIOD,
    SOLVED,
    bracket,
    constants,
    fill_period,
    point,
    root,
)
from estimation.structural.state import FIRST, State
from geo.errors import StructuralError


@dataclass(frozen=True, slots=True)
class Solved:
    """The root of one period's equation."""

    l: float
    """Log of the rental rate over the wage in producer services."""
    F: float
    """What is left of the equation."""
    slope: float
    """Its derivative there."""
    evaluations: int
    """How often it was evaluated."""


def solve_period(
    parameters: Parameters,
    paths: Paths,
    period: int = 1,
    state: State = FIRST,
    *,
    start: float | None = None,
    within: tuple[float, float] | None = None,
) -> Solved:
    """The equilibrium of one period in a given state.

    Parameters
    ----------
    period : int
        From 1.
    start : float, optional
        Where the search begins; in the middle of the bracket unless given.
    within : (lo, hi), optional
        A bracket instead of the one that always holds a root.

    Raises
    ------
    StructuralError
        Rates that do not go together, or a period that is not on the path.
    EquilibriumError
        F has not opposite signs at the ends of the bracket, or the search does not end.
    """
    vector = parameters.vector()
    now = _period_vector(parameters, paths, period, state)
    lo, hi = bracket(now, vector) if within is None else within
    ends = (point(lo, now, vector)[0], point(hi, now, vector)[0])
    if not ends[0] <= 0.0 <= ends[1]:
        raise_failure("equilibrium", NOT_BRACKETED, period - 1, state.ln_K, state.ln_M)
    status, count, l, here = root(0.5 * (lo + hi) if start is None else start, lo, hi, now, vector)
    if status != SOLVED:
        raise_failure("equilibrium", status, period - 1, state.ln_K, state.ln_M)
    return Solved(l=l, F=here[0], slope=here[1], evaluations=count)


def excess(
    l: Floats, parameters: Parameters, paths: Paths, period: int = 1, state: State = FIRST
) -> tuple[Floats, Floats]:
    """F and its derivative at many points, each of shape (n,)."""
    vector = parameters.vector()
    now = _period_vector(parameters, paths, period, state)
    found = np.array([point(float(one), now, vector)[:2] for one in l]).reshape(-1, 2)
    return found[:, 0], found[:, 1]


def _period_vector(parameters: Parameters, paths: Paths, period: int, state: State) -> Floats:
    given = given_of(parameters, paths)
    if not 1 <= period <= paths.periods:
        raise StructuralError(
            "period",
            expected=f"one from 1 to {paths.periods}",
            found=f"{period}",
            hint="correct the period",
        )
    vector = parameters.vector()
    now = np.empty(PERIOD)
    fill_period(now, given[period - 1], state.ln_K, state.ln_M, constants(vector), vector)
    return now
