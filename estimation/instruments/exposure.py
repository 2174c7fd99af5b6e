"""The exposure of city-years to shocks, ``z_it = sum_k s_ik g_kt``, and what it is made of."""

from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass

import numpy as np
import pandas as pd

from estimation.instruments.keys import ShiftShare
from estimation.instruments.leave_one_out import shocks_without_own
from estimation.instruments.share_tables import TOLERANCE, share_matrix, shock_matrix
from estimation.samples.sample import Floats, Integers
from geo.errors import DesignError


@dataclass(frozen=True, slots=True, eq=False)
class Exposure:
    """Shares and shocks of n rows over K sectors."""

    shares: Floats
    """Shares, shape (n, K)."""
    shocks: Floats
    """Shocks, shape (n, K): those of the row's year (without its own city where left out)."""
    sectors: tuple[str, ...]
    """Names of the sectors, K of them."""
    clusters: Integers
    """Cluster of each sector, shape (K,)."""
    years: Integers
    """Year of each row, shape (n,)."""
    _: KW_ONLY
    yearly: bool
    """Whether a sector has a shock for every year, not one for all."""
    own_left_out: bool
    """Whether each city's shocks leave the city out."""
    complete: bool
    """Whether every row's shares sum to one."""
    unused: tuple[str, ...] = ()
    """Sectors of the tables in which no row has a share."""
    unknown: int = 0
    """Empty cells among the outcomes that shocks without a city's own are made of."""

    @property
    def values(self) -> Floats:
        """The exposure, shape (n,)."""
        return np.asarray((self.shares * self.shocks).sum(axis=1))

    @property
    def sums(self) -> Floats:
        """Sum of each row's shares, shape (n,)."""
        return np.asarray(self.shares.sum(axis=1))

    @property
    def even_sums(self) -> bool:
        """Whether all cities' shares have one sum in a year, which year effects then hold."""
        sums, (_, place) = self.sums, np.unique(self.years, return_inverse=True)
        high, low = np.full(place.max() + 1, -np.inf), np.full(place.max() + 1, np.inf)
        np.maximum.at(high, place, sums)
        np.minimum.at(low, place, sums)
        return bool((high - low <= TOLERANCE).all())


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """The same with a column for each shock: a sector in a year, where shocks are yearly."""

    shares: Floats
    """Shares, shape (n, S); zero in rows of other years."""
    shocks: Floats
    """One for each column, shape (S,), or one for each row, shape (n, S), where cities' own
    outcomes are left out."""
    sector: Integers
    """Sector of each column, shape (S,)."""
    year: Integers
    """Year of each column, shape (S,); 0 where shocks are not yearly."""
    cluster: Integers
    """Cluster of each column, shape (S,): that of its sector."""


def exposure(
    asked: ShiftShare,
    tables: Mapping[str, pd.DataFrame],
    cities: Sequence[str],
    years: Integers,
    *,
    where: str,
) -> Exposure:
    """Shares and shocks of some city-years from a design's tables.

    Parameters
    ----------
    asked : ShiftShare
    tables : mapping of str to pandas.DataFrame
        By the names in ``asked``.
    cities : sequence of str
        City of each of n rows.
    years : int64 array, shape (n,)
    where : str
        What an error names.

    Returns
    -------
    Exposure

    Raises
    ------
    DesignError
        A table or one of its columns is missing.
    ExposureError
        See :func:`estimation.instruments.share_tables.share_matrix` and its neighbours.
    """
    table = _named(tables, asked.shares.table, where)
    part = f"{where}, shares ({asked.shares.table})"
    shares = share_matrix(table, asked.shares, cities, years, where=part)
    unknown = 0
    if asked.shocks is not None:
        key, part = asked.shocks, f"{where}, shocks ({asked.shocks.table})"
        table = _named(tables, key.table, where)
        shocks = shock_matrix(table, key, shares.sectors, years, where=part)
        values, clusters, yearly = shocks.shocks, shocks.clusters, shocks.yearly
        unused = tuple(sorted({*shares.unused, *shocks.unused}))
    elif asked.leave_one_out is not None:
        own, part = asked.leave_one_out, f"{where}, leave_one_out ({asked.leave_one_out.table})"
        table = _named(tables, own.table, where)
        left_out = shocks_without_own(table, own, cities, years, shares.sectors, where=part)
        values, unknown = left_out.shocks, left_out.unknown
        clusters, yearly, unused = np.arange(len(shares.sectors)), True, shares.unused
    else:
        raise TypeError("shocks, or what they are made of")
    return Exposure(
        shares.shares,
        values,
        shares.sectors,
        clusters,
        np.asarray(years),
        yearly=yearly,
        own_left_out=asked.shocks is None,
        complete=shares.complete,
        unused=unused,
        unknown=unknown,
    )


def by_shock(made: Exposure) -> Columns:
    """Shares with a column for each shock; columns without a share are left out.

    Parameters
    ----------
    made : Exposure
        n rows, K sectors.

    Returns
    -------
    Columns
    """
    count = len(made.sectors)
    if not made.yearly:
        sector = np.arange(count)
        zero = np.zeros(count, dtype=np.int64)
        return Columns(made.shares, made.shocks[0], sector, zero, made.clusters)
    blocks, shocks, sectors, years = [], [], [], []
    for year in np.unique(made.years):
        rows = made.years == year
        there = np.flatnonzero(made.shares[rows].any(axis=0))
        block = np.where(rows[:, None], made.shares[:, there], 0.0)
        blocks.append(block)
        first = int(np.flatnonzero(rows)[0])
        shocks.append(made.shocks[:, there] if made.own_left_out else made.shocks[first, there])
        sectors.append(there)
        years.append(np.full(there.size, year))
    sector = np.concatenate(sectors)
    return Columns(
        np.hstack(blocks),
        np.concatenate(shocks, axis=-1),
        sector,
        np.concatenate(years),
        made.clusters[sector],
    )


def _named(tables: Mapping[str, pd.DataFrame], name: str, where: str) -> pd.DataFrame:
    if name not in tables:
        raise DesignError(
            f"{where}, table '{name}'",
            expected="a table that is handed over",
            found=f"{', '.join(sorted(tables)) or 'none'}",
            hint="name its file in the study, or hand it over as tables={...}",
        )
    return tables[name]
