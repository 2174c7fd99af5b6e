"""Honest bounds of an event study where trends need not be parallel: Rambachan and Roth (2023)."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from estimation.samples.sample import Floats
from estimation.staggered.moment_test import Moments, moments, rejected
from estimation.staggered.smoothness import smooth_interval
from geo.errors import SampleError

GRID = 20.0
"""Standard errors of the target on either side of 0 within which a set is looked for."""
COARSE = 81
"""Points of the grid on which it is looked for."""
WIDENED = 8
"""Doublings of the distance in search of an end beyond the grid."""
REFINED = 14
"""Halvings of the grid's step at each end."""
HALVED = 12
"""Halvings of the range in search of a breakdown value."""


@dataclass(frozen=True, slots=True, eq=False)
class Path:
    """Effects of consecutive years since adoption, with the reference year left out."""

    effects: Floats
    """Shape (m,): before the reference first."""
    covariance: Floats
    """Shape (m, m)."""
    before: int
    """Effects before the reference, 1 or more."""
    target: Floats
    """Weights of the m - before effects after it."""
    seed: int = 0
    """Of critical values."""
    known: dict[tuple[float, int, bool], tuple[Moments, Floats, Floats]] = field(
        default_factory=dict, repr=False
    )
    """Tests prepared so far."""


def honest_path(
    at: Floats,
    effects: Floats,
    covariance: Floats,
    *,
    reference: float,
    target: Floats | None = None,
    seed: int = 0,
) -> Path:
    """An event study ready for bounds.

    Parameters
    ----------
    at : float array, shape (m,)
        Years since adoption, ascending, without the reference.
    effects : float array, shape (m,)
    covariance : float array, shape (m, m)
    reference : float
        The year since adoption that has no effect by construction.
    target : float array, optional
        Weights of the effects after the reference; their mean when left out.
    seed : int

    Returns
    -------
    Path

    Raises
    ------
    SampleError
        There is no effect on one side of the reference, a year is missing between, or an effect
        has no error.
    """
    where = "honest bounds"
    whole = np.sort(np.append(at, reference))
    before = int((at < reference).sum())
    if before in {0, at.size}:
        raise SampleError(
            where,
            expected="years before and after the year of reference",
            found=f"{before} before, {at.size - before} after",
            hint="widen the window",
        )
    if not (np.diff(whole) == 1).all():
        raise SampleError(
            where,
            expected="effects of consecutive years",
            found="a gap between them",
            hint="narrow the window to years without a gap",
        )
    if not (np.diag(covariance) > 0).all() or not np.isfinite(covariance).all():
        raise SampleError(
            where,
            expected="a standard error of every effect",
            found="an effect without",
            hint="narrow the window",
        )
    after = at.size - before
    weights = np.full(after, 1 / after) if target is None else target
    return Path(effects, covariance, before, weights, seed)


def smoothness_bounds(path: Path, M: float) -> tuple[float, float]:
    """The 95 % interval where the trend's slope changes by M at most from year to year."""
    return smooth_interval(path.effects, path.covariance, path.before, path.target, M)


def relative_bounds(path: Path, Mbar: float) -> tuple[float, float]:
    """The 95 % set where changes after adoption are at most Mbar times the largest before it.

    Parameters
    ----------
    path : Path
    Mbar : float
        0 or more.

    Returns
    -------
    (float, float)
        Ends of the union over which change before adoption is the largest, and its sign. NaN where
        nothing is accepted, infinite where no end is found within 5,000 standard errors.
    """
    limit = GRID * _error(path)
    grid = np.linspace(-limit, limit, COARSE)
    low, high = np.inf, -np.inf
    for at in range(path.before):
        for positive in (True, False):
            accepted = [_accepts(path, Mbar, at, positive, float(one)) for one in grid]
            places = np.flatnonzero(accepted)
            if places.size == 0:
                continue
            first, last = int(places[0]), int(places[-1])

            def accepts(theta: float, at: int = at, positive: bool = positive) -> bool:
                return _accepts(path, Mbar, at, positive, theta)

            # An end lies beyond its grid point: within the next step, or past the grid's last one.
            if first == 0 or grid[first - 1] < low:
                low = min(low, _refined(accepts, grid, first, -1))
            if last == grid.size - 1 or grid[last + 1] > high:
                high = max(high, _refined(accepts, grid, last, 1))
    return (low, high) if low <= high else (float("nan"), float("nan"))


def relative_breakdown(path: Path, *, most: float = 5.0) -> float:
    """The least Mbar at which an effect of 0 is accepted; infinite if none up to ``most``."""

    def zero(Mbar: float) -> bool:
        return any(
            _accepts(path, Mbar, at, positive, 0.0)
            for at in range(path.before)
            for positive in (True, False)
        )

    return _least(zero, most)


def smoothness_breakdown(path: Path) -> float:
    """The least M whose interval holds 0; infinite if none up to 100 standard errors a year."""

    def zero(M: float) -> bool:
        low, high = smoothness_bounds(path, M)
        return low <= 0 <= high

    return _least(zero, 100.0 * _error(path))


def _least(holds: Callable[[float], bool], most: float) -> float:
    if holds(0.0):
        return 0.0
    if not holds(most):
        return float("inf")
    low, high = 0.0, most
    for _ in range(HALVED):
        middle = (low + high) / 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high


def _error(path: Path) -> float:
    after = path.covariance[path.before :, path.before :]
    return float(np.sqrt(path.target @ after @ path.target))


def _refined(accepts: Callable[[float], bool], grid: Floats, place: int, step: int) -> float:
    """End of an accepted stretch, between a grid point and the rejected one beside it or beyond."""
    inside = float(grid[place])
    if 0 <= place + step < grid.size:
        outside = float(grid[place + step])
    else:
        outside = inside
        for _ in range(WIDENED):
            inside, outside = outside, 2 * outside
            if not accepts(outside):
                break
        else:
            return float(step * np.inf)
    for _ in range(REFINED):
        middle = (inside + outside) / 2
        inside, outside = (middle, outside) if accepts(middle) else (inside, middle)
    return inside


def _accepts(path: Path, Mbar: float, at: int, positive: bool, theta: float) -> bool:
    """Whether an effect is compatible with one choice of the largest change before adoption."""
    key = (Mbar, at, positive)
    if key not in path.known:
        path.known[key] = _prepared(path, Mbar, at, positive)
    known, y, along = path.known[key]
    return not rejected(known, y - along * theta)


def _prepared(path: Path, Mbar: float, at: int, positive: bool) -> tuple[Moments, Floats, Floats]:
    """The test of a set, its moments at an effect of 0, and what an effect takes from them."""
    A = relative_restrictions(path.before, path.target.size, Mbar, at, positive=positive)
    after = A[:, path.before :]
    if path.target.size > 1:
        A = A[(after != 0).any(axis=1)]
        after = A[:, path.before :]
    # Coordinates of effects after adoption of which the first is the target.
    basis = np.eye(path.target.size)
    pivot = int(np.argmax(np.abs(path.target)))
    basis = np.vstack([path.target, np.delete(basis, pivot, axis=0)])
    moved = after @ np.linalg.inv(basis)
    scale = 1.0 / np.sqrt(np.diag(A @ path.covariance @ A.T))
    A, moved = A * scale[:, None], moved * scale[:, None]
    covariance = A @ path.covariance @ A.T
    return moments(covariance, moved[:, 1:], seed=path.seed), A @ path.effects, moved[:, 0]


def relative_restrictions(
    before: int, after: int, Mbar: float, at: int, *, positive: bool
) -> Floats:
    """Rows A of ``A d <= 0``: changes of the trend d are bounded by one change before adoption.

    Parameters
    ----------
    before, after : int
        Years on either side of the reference.
    Mbar : float
    at : int
        Which change before adoption is the largest, from 0 (the earliest) to ``before - 1``.
    positive : bool
        Its sign.

    Returns
    -------
    float array, shape (r, before + after)
        The trend is 0 in the year of reference, which has no column.
    """
    m = before + after
    changes = np.eye(m, m + 1, k=1) - np.eye(m, m + 1)
    largest_change = changes[at] if positive else -changes[at]
    factor = np.concatenate([np.ones(before), np.full(after, Mbar)])
    bound = factor[:, None] * largest_change
    A = np.vstack([changes - bound, -changes - bound])
    A = A[(np.abs(A) > 1e-12).any(axis=1)]
    return np.delete(A, before, axis=1)
