"""The bootstrap by whole clusters: each draw is the exact refit of a resample, from cross-products.

A resample of G clusters with replacement is a vector of counts; its cross-products are the counts
times the clusters' own. Means taken out within a cluster (city effects) are the same in every
resample; what is common to clusters (years, controls) is estimated anew in each.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from estimation.inference.streams import MEDIATION, check_draws, generator
from estimation.mediation.figures import figures_of
from estimation.mediation.paths import Paths, paths_at, paths_of, paths_without_each
from estimation.mediation.rho import effects_at_rho
from estimation.mediation.system import Products
from estimation.samples.sample import Floats
from geo.errors import SampleError

NUMBERS_AT_ONCE = 2**18
"""Numbers of a block of draws: as many as a processor's cache holds."""

MOST_UNSOLVED = 0.05
"""Share of draws that may be without a solution."""


@dataclass(frozen=True, slots=True, eq=False)
class Bootstrap:
    """Figures of the sample, of every draw and without every cluster.

    Where cross-fitting was repeated, each is the median over the repetitions.
    """

    estimate: Floats
    """Figures of the sample, shape (F,), as :func:`estimation.mediation.figures.figures_of`."""
    each: Floats
    """The same of each repetition, shape (R, F)."""
    draws: Floats
    """Figures of the draws that could be solved, shape (B, F)."""
    without: Floats
    """Figures without each cluster, shape (G, F); NaN where these cannot be solved."""
    rho_estimate: Floats
    """Indirect effects at each correlation, shape (J, M)."""
    rho_draws: Floats
    """The same of the draws, shape (B, J, M)."""
    unsolved: int
    """Draws left out because a column has nothing left in them."""


def bootstrap(
    products: Sequence[Products], *, rho: Floats, draws: int, seed: int, where: str
) -> Bootstrap:
    """Draw whole clusters and solve the equations of mediation for each draw.

    Parameters
    ----------
    products : sequence of Products
        One; or one for each repetition of cross-fitting, on the same rows and clusters: all are
        drawn together, nuisance functions held fixed.
    rho : float array, shape (M,)
        Correlations of errors at which indirect effects are told.
    draws : int
        1 or more.
    seed : int
        0 or more. The figures are the same whatever the size of blocks.
    where : str
        What an error names.

    Returns
    -------
    Bootstrap

    Raises
    ------
    DesignError
        No draws.
    SampleError
        More than 5 % of the draws cannot be solved.
    """
    check_draws(draws, where)
    whole = [paths_at(one) for one in products]
    each = np.vstack([figures_of(paths) for paths in whole])
    parts = list(_drawn(products, rho, draws, seed))
    figures = np.concatenate([part for part, _ in parts])
    at_rho = np.concatenate([part for _, part in parts])
    solved = np.isfinite(figures).all(axis=1)
    unsolved = int((~solved).sum())
    if unsolved > MOST_UNSOLVED * draws:
        raise SampleError(
            f"{where}, bootstrap",
            expected=f"treatment and mediators that vary in at least {1 - MOST_UNSOLVED:.0%} of "
            "resamples",
            found=f"{unsolved} of {draws} in which one of them does not",
            hint="use more cities: few of them carry the treatment or a mediator",
        )
    return Bootstrap(
        estimate=np.median(each, axis=0),
        each=each,
        draws=figures[solved],
        without=_median([figures_of(paths_without_each(one)) for one in products]),
        rho_estimate=_median([effects_at_rho(paths, rho) for paths in whole])[0],
        rho_draws=at_rho[solved],
        unsolved=unsolved,
    )


def _drawn(
    products: Sequence[Products], rho: Floats, draws: int, seed: int
) -> Iterator[tuple[Floats, Floats]]:
    """Figures, and effects at each correlation, of one block of draws after the other."""
    rng = generator(seed, MEDIATION)
    count, k, _ = products[0].sums.shape
    block = max(1, min(draws, NUMBERS_AT_ONCE // max(count, k * k)))
    flat = [np.ascontiguousarray(one.sums.reshape(count, k * k).T) for one in products]
    for first in range(0, draws, block):
        counts = resample_counts(rng, min(block, draws - first), count)
        solved = [
            paths_of((sums @ counts).reshape(k, k, -1), one)
            for sums, one in zip(flat, products, strict=True)
        ]
        yield _summary(solved, rho)


def resample_counts(rng: np.random.Generator, draws: int, clusters: int) -> Floats:
    """How often each cluster is in each draw.

    Parameters
    ----------
    rng : numpy.random.Generator
    draws, clusters : int

    Returns
    -------
    float array, shape (clusters, draws)
        Columns sum to ``clusters``. Draws in several calls are those of one call.
    """
    drawn = rng.integers(0, clusters, size=(draws, clusters))
    places = drawn * draws + np.arange(draws)[:, None]
    counts = np.bincount(places.ravel(), minlength=clusters * draws)
    return counts.reshape(clusters, draws).astype(np.float64)


def _summary(solved: Sequence[Paths], rho: Floats) -> tuple[Floats, Floats]:
    figures = _median([figures_of(paths) for paths in solved])
    return figures, _median([effects_at_rho(paths, rho) for paths in solved])


def _median(values: Sequence[Floats]) -> Floats:
    if len(values) == 1:
        return values[0]
    return np.asarray(np.median(np.stack(values), axis=0), dtype=np.float64)
