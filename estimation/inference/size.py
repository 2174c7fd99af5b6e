"""How often each test of no effect rejects at 5 % where there is none: few clusters, known truth.

The final regression is simulated, not the nuisance fits: residuals of years within a city hang
together (first-order autoregression), cities differ in their number of years and in how much their
treatment varies. Written before the tests were compared, and not changed to suit one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from estimation.inference.clustered import jackknife, one_way
from estimation.inference.intervals import LEVEL, NORMAL, two_sided
from estimation.inference.streams import SIZE, generator
from estimation.inference.wild_bootstrap import Weights, wild_bootstrap
from estimation.pool import Progress, map_fits
from estimation.samples.sample import Floats, Integers

METHODS = ("CRV0, normal", "CRV1, t", "CRV3, t", "wild, signs", "wild, Webb")
"""Tests compared; the first is what doubleml reports."""


@dataclass(frozen=True, slots=True)
class ResidualProcess:
    """A process of residuals of the final regression without any effect."""

    name: str
    """What it is called."""
    n_clusters: int
    """Cities."""
    years: int = 11
    """Years of the longest city."""
    shortest: int = 11
    """Years of the shortest; lengths are uniform between the two."""
    persistence: float = 0.6
    """Correlation of a residual with the year before, of outcome and treatment."""
    unevenness: float = 0.0
    """Standard deviation of the log of a city's spread, of the treatment and, independent of it,
    of the outcome, which also varies with half the treatment's log."""
    moderated: bool = False
    """Whether the tested term is the treatment times a moderator fixed in time (normal), beside
    the treatment itself."""


def draw_residuals(process: ResidualProcess, seed: int) -> tuple[Floats, Floats, Integers]:
    """One draw of ``u`` (n,), ``V`` (n, 1 or 2) and ``clusters`` (n,); the last term is tested."""
    rng = generator(seed, SIZE, process.n_clusters)
    count = process.n_clusters
    lengths = rng.integers(process.shortest, process.years + 1, size=count)
    log_spread = process.unevenness * rng.normal(size=(2, count, 1))
    d = np.exp(log_spread[0]) * _persistent(rng, process)
    e = np.exp(log_spread[1] + 0.5 * log_spread[0]) * _persistent(rng, process)
    moderator = rng.normal(size=(count, 1))
    there = np.arange(process.years) < lengths[:, None]
    clusters = np.broadcast_to(np.arange(count)[:, None], there.shape)[there]
    terms = [d, d * moderator] if process.moderated else [d]
    return e[there], np.column_stack([term[there] for term in terms]), clusters


def rejections(seed: int, *, process: ResidualProcess, draws: int) -> tuple[bool, ...]:
    """Whether each of :data:`METHODS` rejects no effect at 5 % in one draw.

    Parameters
    ----------
    seed : int
        Of the draw and of its bootstraps.
    process : Residuals
    draws : int
        Draws of each bootstrap.

    Returns
    -------
    tuple of bool
    """
    u, V, clusters = draw_residuals(process, seed)
    bare = one_way(u, V, None, clusters, factor=False)
    usual = one_way(u, V, None, clusters)
    third = jackknife(u, V, None, clusters)
    kinds: tuple[Weights, ...] = ("rademacher", "webb")
    p_values = [
        two_sided(bare.theta[-1] / bare.std_errors[-1], df=NORMAL),
        *(two_sided(one.theta[-1] / one.std_errors[-1], df=one.df) for one in (usual, third)),
        *(
            wild_bootstrap(
                u, V, None, clusters, seed=seed, term=V.shape[1] - 1, draws=draws, weights=kind
            ).p_value
            for kind in kinds
        ),
    ]
    return tuple(p_value <= 1 - LEVEL + 1e-12 for p_value in p_values)


def rejection_rates(
    process: ResidualProcess,
    *,
    seeds: Sequence[int],
    draws: int = 999,
    workers: int | None = 1,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Share of draws in which each test rejects an effect that is not there.

    Parameters
    ----------
    process : Residuals
    seeds : sequence of int
        One draw each.
    draws : int
        Draws of each bootstrap.
    workers, progress
        As in :func:`estimation.pool.map_fits`.

    Returns
    -------
    pandas.DataFrame
        One row for each of :data:`METHODS`: ``process``, ``n_clusters``, ``method``, ``rate``,
        ``error`` (Monte-Carlo standard error of a test with a rate of 5 %) and ``draws``.
    """
    task = partial(rejections, process=process, draws=draws)
    found = np.array(map_fits(task, list(seeds), workers=workers, progress=progress))
    return pd.DataFrame(
        {
            "process": process.name,
            "n_clusters": process.n_clusters,
            "method": list(METHODS),
            "rate": found.mean(axis=0),
            "error": np.sqrt((1 - LEVEL) * LEVEL / len(seeds)),
            "draws": len(seeds),
        }
    )


def _persistent(rng: np.random.Generator, process: ResidualProcess) -> Floats:
    """Stationary autoregressions with variance one, shape (n_clusters, years)."""
    shocks = rng.normal(size=(process.n_clusters, process.years))
    shocks[:, 1:] *= np.sqrt(1 - process.persistence**2)
    values = shocks.copy()
    for year in range(1, process.years):
        values[:, year] += process.persistence * values[:, year - 1]
    return values
