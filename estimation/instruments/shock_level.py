"""The shift-share regression at the level of shocks (Borusyak, Hull and Jaravel 2022).

The same coefficient comes of a regression with one row for each shock: outcome and treatment, the
controls taken out, are averaged over units with the shock's shares as weights, and instrumented by
the shocks themselves (their Proposition 1). Errors clustered there are those of shocks as good as
random, and how many shocks there really are is seen: ``1 / sum_k s_k^2``.
"""

from dataclasses import dataclass

import numpy as np

from estimation.inference.intervals import interval
from estimation.inference.moments import sum_by
from estimation.instruments.akm import shock_clusters
from estimation.instruments.partialled import Partialled
from estimation.linear.partialling import left_after
from estimation.samples.sample import Floats, Integers
from geo.errors import SampleError

UNBALANCED = 1e-8
"""Share of its size above which a sum of weighted outcomes over shocks is not zero."""


@dataclass(frozen=True, slots=True, eq=False)
class ShockLevel:
    """The regression of shocks."""

    theta: float
    """The effect: that of the units."""
    std_error: float
    """Robust to heteroskedasticity among shocks or clustered by their clusters."""
    p_value: float
    """Normal, of no effect."""
    ci_low: float
    """Lower end of the 95 % interval."""
    ci_high: float
    """Upper end."""
    first_stage: float
    """F of the shocks in the treatment's regression on them."""
    effective_shocks: float
    """Inverse Herfindahl index of the shocks' weights."""
    effective_clusters: float
    """The same of clusters' weights."""
    n_shocks: int
    """Shocks with some weight."""
    n_clusters: int
    """Clusters of shocks."""
    centred: bool
    """Whether shocks stand for their deviations from what the controls of shocks predict. They do
    where the units' controls hold the shares' sums of each of them, a constant among them: else
    the coefficient would be another, and shocks count from zero."""
    weights: Floats
    """Weight of each shock, summing to one, shape (K,)."""


def shock_level(
    p: Partialled,
    shares: Floats,
    shocks: Floats,
    clusters: Integers | None = None,
    *,
    controls: Floats | None = None,
    where: str = "shock-level regression",
) -> ShockLevel:
    """The regression of shocks whose coefficient is the shift-share one.

    Parameters
    ----------
    p : Partialled
        n rows; its instrument is ``shares @ shocks`` with controls taken out.
    shares : float array, shape (n, K)
    shocks : float array, shape (K,)
    clusters : int64 array, shape (K,), optional
        Cluster of each shock; each alone when left out.
    controls : float array, shape (K, q), optional
        Controls of shocks beside a constant, for example years: the units' controls must hold
        ``shares @ controls``.
    where : str
        What an error names.

    Returns
    -------
    ShockLevel

    Raises
    ------
    SampleError
        There are fewer than two clusters of shocks, or shocks do not differ after their controls.
    """
    made = _averages(p, shares, shocks, controls)
    place = shock_clusters(clusters, made.there)
    count = int(place.max(initial=-1)) + 1
    size, h, x = made.size, made.h, made.x
    spread = float(size @ h**2)
    if count < 2 or not spread > 1e-20 * float(size @ shocks[made.there] ** 2):
        raise SampleError(
            where,
            expected="two clusters of shocks or more, and shocks that differ",
            found=f"{count} clusters, spread of shocks {np.sqrt(max(spread, 0.0)):g}",
            hint="name smaller clusters of sectors, or other shocks",
        )
    moved = float(size @ (h * x))
    theta, slope = float(size @ (h * made.y)) / moved, moved / spread

    def clustered(score: Floats) -> float:
        return float(np.linalg.norm(sum_by((size * score)[:, None], place, count)))

    std_error = clustered(h * (made.y - theta * x)) / abs(moved)
    _, p_value, ci_low, ci_high = interval(theta, std_error)
    return ShockLevel(
        theta=theta,
        std_error=std_error,
        p_value=p_value,
        ci_low=ci_low,
        ci_high=ci_high,
        first_stage=(slope * spread / clustered(h * (x - slope * h))) ** 2,
        effective_shocks=float(1 / np.sum(size**2)),
        effective_clusters=float(1 / np.sum(sum_by(size[:, None], place, count) ** 2)),
        n_shocks=int(made.there.size),
        n_clusters=count,
        centred=made.balanced,
        weights=_whole(size, made.there, shocks.size),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Averages:
    """Rows of the regression: shocks with some weight."""

    there: Integers
    """Their positions, shape (S,)."""
    size: Floats
    """Their weights, summing to one, shape (S,)."""
    y: Floats
    """Outcome averaged with their shares, shape (S,)."""
    x: Floats
    """Treatment averaged with their shares, shape (S,)."""
    h: Floats
    """The shocks, shape (S,)."""
    balanced: bool
    """Whether controls of shocks are taken out of all of them."""


def _averages(p: Partialled, shares: Floats, shocks: Floats, controls: Floats | None) -> _Averages:
    scaled = shares * p.scale[:, None]
    whole = p.scale @ scaled
    there = np.flatnonzero(whole > 0)
    size, g = whole[there] / whole.sum(), shocks[there]
    y, x = ((scaled[:, there].T @ column) / whole[there] for column in (p.y, p.x))
    others = np.ones((there.size, 1))
    if controls is not None:
        others = np.hstack([others, controls[there]])
    if not _is_balanced(others, size, np.column_stack([y, x])):
        return _Averages(there, size, y, x, g, balanced=False)
    root = np.sqrt(size)[:, None]
    h, y, x = (left_after(np.column_stack([g, y, x]) * root, others * root).values / root).T
    return _Averages(there, size, y, x, h, balanced=True)


def _is_balanced(others: Floats, size: Floats, columns: Floats) -> bool:
    """Whether weighted sums of the averages vanish for every control of shocks."""
    sums = np.abs(others.T @ (size[:, None] * columns))
    scale = np.abs(others).T @ (size[:, None] * np.abs(columns))
    return bool((sums <= UNBALANCED * scale + 1e-300).all())


def _whole(size: Floats, there: Integers, count: int) -> Floats:
    weights = np.zeros(count)
    weights[there] = size
    return weights
