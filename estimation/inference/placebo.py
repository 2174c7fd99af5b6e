"""Placebo: the treatment's residual paths handed whole to other cities with the same years.

Years within a city stay together, so that serial correlation is kept under the null; permuting
city-years would break it. Fisher's test of no effect in any city, with a statistic over its
standard error (DiCiccio and Romano 2017), so that it keeps its size where cities differ in spread.
"""

import numpy as np

from estimation.inference.moments import (
    Moments,
    as_columns,
    cluster_moments,
)
from estimation.inference.permutation import Permutation, hits
from estimation.inference.streams import PATHS, check_draws, generator
from estimation.samples.sample import Floats, Integers
from geo.errors import DuplicateCityYearError, SampleError

BLOCK = 512
"""Permutations worked on at once."""


def same_years(clusters: Integers, years: Integers) -> Integers:
    """Stratum of each city: cities with the same years share a number.

    Parameters
    ----------
    clusters, years : int64 array, shape (n,)
        City and year of each row.

    Returns
    -------
    int64 array, shape (G,)
        For the cities in ascending order.
    """
    position, column, shape = _grid(clusters, years)
    there = np.zeros(shape, dtype=bool)
    there[position, column] = True
    return np.unique(there, axis=0, return_inverse=True)[1].reshape(-1).astype(np.int64)


def permute_paths(
    u: Floats,
    V: Floats,
    W: Floats | None,
    clusters: Integers,
    years: Integers,
    *,
    seed: int,
    term: int = 0,
    draws: int = 9999,
    where: str = "placebo",
) -> Permutation:
    """Permute the paths of the treatment's residuals over cities with the same years.

    All columns of V (and of W) move together. Every permutation's effects come from the
    cross-products of each city's outcome path with each city's treatment path.

    Parameters
    ----------
    u, V, W, clusters
        As in :func:`estimation.inference.moments.cluster_moments`; a city and year occur once.
    years : int64 array, shape (n,)
        Year of each row.
    seed : int
        0 or more.
    term : int
        Position of the term that is tested.
    draws : int
    where : str
        What an error names.

    Returns
    -------
    Permutation

    Raises
    ------
    SampleError
        As :func:`estimation.inference.moments.cluster_moments`, or no city shares its years with
        another.
    DuplicateCityYearError
        A city and year occur twice.
    DesignError
        No draws.
    """
    check_draws(draws, where)
    moments = cluster_moments(u, V, W, clusters, where=where)
    strata = same_years(clusters, years)
    movable = np.flatnonzero(np.bincount(strata)[strata] > 1)
    if not movable.size:
        raise SampleError(
            where,
            expected="cities with the same years, to hand paths on",
            found=f"{strata.size} cities, each with years of its own",
            hint="use years that more cities have",
        )
    products = _cross_products(u, as_columns(V if W is None else W), clusters, years)
    deals = _deals(strata, draws, seed)
    parts = [_effects(moments, products, deal, term) for deal in deals]
    estimates, statistics = (np.concatenate(column) for column in zip(*parts, strict=True))
    observed = _effects(moments, products, np.arange(strata.size)[None, :], term)
    statistic = float(observed[1][0])
    reached = hits(statistic, statistics)
    return Permutation(
        estimate=float(moments.theta[term]),
        statistic=statistic,
        p_value=(1 + reached) / (1 + draws),
        hits=reached,
        draws=draws,
        estimates=estimates,
        moved=int(movable.size),
        kept=int(strata.size - movable.size),
    )


def _grid(clusters: Integers, years: Integers) -> tuple[Integers, Integers, tuple[int, int]]:
    """Row and column of each city-year in a table of cities by years, and the table's shape."""
    codes, position = np.unique(clusters, return_inverse=True)
    period, column = np.unique(years, return_inverse=True)
    cell = position * period.size + column
    if np.unique(cell).size < cell.size:
        raise DuplicateCityYearError(
            "placebo",
            expected="one row for every city and year",
            found=f"{cell.size - np.unique(cell).size} rows too many",
            hint="keep one row for every city-year",
        )
    return position, column, (codes.size, period.size)


def _cross_products(u: Floats, W: Floats, clusters: Integers, years: Integers) -> Floats:
    """``sum_t u_gt W_ht`` for cities g and h, shape (G, G, k); right where both have all years."""
    position, column, shape = _grid(clusters, years)
    outcome = np.zeros(shape)
    outcome[position, column] = u
    paths = np.zeros((*shape, W.shape[1]))
    paths[position, column] = W
    return np.asarray(np.einsum("gt,htk->ghk", outcome, paths), dtype=np.float64)


def _deals(strata: Integers, draws: int, seed: int) -> list[Integers]:
    """Blocks of permutations within strata, each of shape (draws, G): whose path each city gets."""
    rng = generator(seed, PATHS)
    deal = np.tile(np.arange(strata.size), (draws, 1))
    for stratum in np.unique(strata):
        members = np.flatnonzero(strata == stratum)
        deal[:, members] = rng.permuted(deal[:, members], axis=1)
    return np.array_split(deal, max(1, draws // BLOCK))


def _effects(
    moments: Moments, products: Floats, deal: Integers, term: int
) -> tuple[Floats, Floats]:
    """Effect of the term and its statistic for each permutation of a block, each shape (draws,).

    Permuting leaves W'V as it is: city g brings ``u_g' W_h - W_h'V_h theta`` to the score.
    """
    bread = np.linalg.inv(moments.total)
    cities = np.arange(deal.shape[1])
    theta = products[cities, deal].sum(axis=1) @ bread.T
    outcome_part = products @ bread[term]
    own_part = np.einsum("l,glk->gk", bread[term], moments.B)
    influence = outcome_part[cities, deal] - np.einsum("bgk,bk->bg", own_part[deal], theta)
    effect = theta[:, term]
    with np.errstate(divide="ignore", invalid="ignore"):
        return effect, effect / np.linalg.norm(influence, axis=1)
