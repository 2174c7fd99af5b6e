"""The group of each city-year, from a column's values, its quantiles, or periods of years."""

from dataclasses import dataclass

import numpy as np

from estimation.design_columns import label_of
from estimation.designs import Design
from estimation.heterogeneity.keys import Groups
from estimation.heterogeneity.values import first_rows, values_at
from estimation.problems.changes import city_means
from estimation.samples.sample import Floats, Integers, Sample
from geo.errors import SampleError


@dataclass(frozen=True, slots=True, eq=False)
class Grouping:
    """Groups of the rows of a sample."""

    names: tuple[str, ...]
    """The groups, J of them."""
    code: Integers
    """Each row's group, shape (n,)."""
    moving: bool
    """Whether any city is in more than one group."""
    periods: bool
    """Whether the groups are years: their own effects on the outcome are then the years'."""

    @property
    def indicators(self) -> Floats:
        """1 in a row's own group, 0 in others, shape (n, J)."""
        own = self.code[:, None] == np.arange(len(self.names))
        return np.asarray(own, dtype=np.float64)


def grouping_of(sample: Sample, groups: Groups, design: Design) -> Grouping:
    """The groups that a design asks for.

    Parameters
    ----------
    sample : Sample
    groups : Groups
    design : Design

    Returns
    -------
    Grouping
        Quantiles are over cities (base year) or city-years; a value at a quantile is in the lower
        group.

    Raises
    ------
    SampleError
        A group is empty, there is only one, or a year is in no period.
    """
    where = f"{sample.label}, groups"
    if groups.periods:
        names, code = _by_period(sample, groups, where)
    elif groups.quantiles:
        names, code = _by_quantile(sample, groups, design)
    else:
        names, code = _by_value(sample, groups, label_of(design) or groups.column)
    sizes = np.bincount(code, minlength=len(names))
    if len(names) < 2 or not sizes.all():
        empty = ", ".join(name for name, size in zip(names, sizes, strict=True) if not size)
        raise SampleError(
            where,
            expected="two groups or more, none of them empty",
            found=f"no city-year in {empty}" if empty else f"one group, {names[0]}",
            hint="draw the groups anew, or leave the key out",
        )
    moving = bool((code != city_means(sample.city, code.astype(np.float64))).any())
    return Grouping(names, code, moving, bool(groups.periods))


def check_clusters(
    names: tuple[str, ...], inside: Floats, groupings: Integers, *, where: str
) -> tuple[int, ...]:
    """Refuse a group with fewer than two clusters.

    Parameters
    ----------
    names : tuple of str
        J groups.
    inside : array, shape (n, J)
        Not zero where a row says something about a group.
    groupings : int64 array, shape (n, c)
        Cluster of each row, a column for each way to cluster.
    where : str
        What an error names.

    Returns
    -------
    tuple of int
        Clusters of each group; the fewer of two ways.

    Raises
    ------
    SampleError
    """
    counts = []
    for name, column in zip(names, inside.T, strict=True):
        count = min(np.unique(clusters[column != 0]).size for clusters in groupings.T)
        if count < 2:
            raise SampleError(
                f"{where}, group '{name}'",
                expected="two clusters or more with usable rows",
                found=f"{count}",
                hint="join it with another group, or cut into fewer groups",
            )
        counts.append(count)
    return tuple(counts)


def _by_period(sample: Sample, groups: Groups, where: str) -> tuple[tuple[str, ...], Integers]:
    first, last = np.asarray(groups.periods).T
    code = np.searchsorted(first, sample.year, side="right").astype(np.int64) - 1
    outside = (code < 0) | (sample.year > last[code])
    if outside.any():
        years = ", ".join(map(str, np.unique(sample.year[outside])))
        raise SampleError(
            f"{where}, periods",
            expected="every year of the sample in one of the periods",
            found=f"{years} in none",
            hint="widen a period, or leave these years out with the key years",
        )
    return tuple(f"{start}-{end}" for start, end in groups.periods), code


def _by_quantile(
    sample: Sample, groups: Groups, design: Design
) -> tuple[tuple[str, ...], Integers]:
    values = values_at(sample, groups.column, groups.at, design)
    cut = values if groups.at == "year" else values[first_rows(sample)]
    count = groups.quantiles
    edges = np.quantile(cut, np.arange(1, count) / count)
    names = ("low", "high") if count == 2 else tuple(f"{j + 1} of {count}" for j in range(count))
    code = np.searchsorted(edges, values, side="left").astype(np.int64)
    return tuple(f"{groups.column} {name}" for name in names), code


def _by_value(sample: Sample, groups: Groups, column: str) -> tuple[tuple[str, ...], Integers]:
    code = sample.group
    if groups.at == "base_year":
        code = code[first_rows(sample)[sample.city]]
    there, code = np.unique(code, return_inverse=True)
    names = tuple(f"{column} = {sample.group_names[position]}" for position in there)
    return names, code.astype(np.int64)
