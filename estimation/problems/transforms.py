"""The ways of removing city effects before a learner sees the data, as pure functions.

``faithful`` removes nothing and hands the learner city dummies, as Yu and Zhang do; ``within``
demeans by city; ``first_difference`` subtracts the year before; ``correlated_random_effects`` hands
the learner city means instead (Clarke and Polselli, 2026). Two more difference or demean a
dictionary of the controls (:mod:`estimation.problems.dictionary`). Years stay among the features in
all of them: year means taken over the whole panel would leak across folds of cities.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import compress
from types import MappingProxyType

import numpy as np

from estimation.problems.changes import Change, Deviations, Differences, Levels, city_means
from estimation.problems.dictionary import dictionary
from estimation.samples.sample import Floats, Integers, Sample


@dataclass(frozen=True, slots=True, eq=False)
class Transformed:
    """The rows and features that cross-fitting sees, and what becomes of a column."""

    change: Change
    """From a column in levels, shape (rows of the sample,), to shape (n,)."""
    X: Floats
    """Features of every nuisance function, shape (n, k)."""
    names: tuple[str, ...]
    """Names of the features, k of them."""
    clusters: Integers
    """City of each row, shape (n,): the sample's positions."""
    rows: Integers
    """Row of the sample each row stands for (of a difference: the later one), shape (n,)."""
    centred: bool = False
    """Whether predictions of a treatment or instrument are moved to its city's mean (city effects
    as means)."""
    gaps: int = 0
    """Consecutive rows of a city more than a year apart; they give no difference."""
    lost_cities: int = 0
    """Cities that the transform leaves without a row."""


def faithful(sample: Sample) -> Transformed:
    """Levels, with a dummy for every city and every year among the features.

    Returns
    -------
    Transformed
        All n rows; features are controls, cities, years.
    """
    years, year_names = _year_dummies(sample.year)
    cities = (sample.city[:, None] == np.arange(len(sample.cities))).astype(np.float64)
    return Transformed(
        change=Levels(),
        X=np.hstack([sample.controls, cities, years]),
        names=(*sample.control_names, *(f"city {code}" for code in sample.cities), *year_names),
        clusters=sample.city,
        rows=np.arange(sample.city.size, dtype=np.int64),
    )


def correlated_random_effects(sample: Sample) -> Transformed:
    """Levels, with the city means of the controls among the features.

    City means of year dummies are added where cities have different years (Wooldridge, 2019,
    "Correlated random effects models with unbalanced panels"). Predictions of the treatment are
    then moved so that their city mean is the treatment's own: the approach ``cre_general`` of
    Clarke and Polselli (2026). The outcome's are not.

    Returns
    -------
    Transformed
        All n rows; features are controls, their city means (``name, city mean``), years and, where
        they differ between cities, the years' city means.
    """
    years, year_names = _year_dummies(sample.year)
    shares = [city_means(sample.city, column) for column in years.T]
    uneven = [np.ptp(share) > 1e-12 for share in shares]
    means = [city_means(sample.city, column) for column in sample.controls.T]
    return Transformed(
        change=Levels(),
        X=np.column_stack([sample.controls, *means, years, *compress(shares, uneven)]),
        names=(
            *sample.control_names,
            *(f"{name}, city mean" for name in sample.control_names),
            *year_names,
            *(f"{name}, city mean" for name in compress(year_names, uneven)),
        ),
        clusters=sample.city,
        rows=np.arange(sample.city.size, dtype=np.int64),
        centred=True,
    )


def first_difference(sample: Sample) -> Transformed:
    """Outcome and treatment minus those of the year before; controls of both years as features.

    The learner sees levels, not differences, of the controls, so that any ``g`` is covered:
    ``E[y_t - y_{t-1} | x_t, x_{t-1}]`` contains ``g(x_t) - g(x_{t-1})`` exactly. A gap of more than
    a year gives no difference.

    Returns
    -------
    Transformed
        One row for each pair of consecutive years; features are controls, controls of the year
        before (``name, year before``), dummies of the later year.
    """
    pairs, gaps = _pairs(sample)
    before = tuple(f"{name}, year before" for name in sample.control_names)
    levels = [sample.controls[pairs.later], sample.controls[pairs.earlier]]
    return _differenced(sample, pairs, levels, (*sample.control_names, *before), gaps)


def difference_dictionary(sample: Sample) -> Transformed:
    """First differences of outcome, treatment and a dictionary of the controls.

    Exact for every ``g`` that is linear in the dictionary.

    Returns
    -------
    Transformed
        One row for each pair of consecutive years; features are differences of dictionary columns,
        dummies of the later year.
    """
    pairs, gaps = _pairs(sample)
    columns, names = dictionary(sample.controls, sample.control_names)
    changed = columns[pairs.later] - columns[pairs.earlier]
    return _differenced(sample, pairs, [changed], names, gaps)


def within(sample: Sample) -> Transformed:
    """Outcome, treatment and controls minus their city's mean over the sample.

    A city with one row is left out: nothing of it remains.

    Returns
    -------
    Transformed
        Features are demeaned controls and year dummies, demeaned like them: where cities have
        different years, what a year adds to a city's deviation depends on the city's years.
    """
    return _demeaned(sample, sample.controls, sample.control_names)


def within_dictionary(sample: Sample) -> Transformed:
    """Outcome, treatment and a dictionary of the controls minus their city's mean.

    Exact for every ``g`` that is linear in the dictionary, which plain demeaning is not: the
    dictionary is made in levels (Belloni, Chernozhukov, Hansen and Kozbur, 2016).

    Returns
    -------
    Transformed
        Features are demeaned dictionary columns and demeaned year dummies.
    """
    return _demeaned(sample, *dictionary(sample.controls, sample.control_names))


TRANSFORMS: Mapping[str, Callable[[Sample], Transformed]] = MappingProxyType(
    {
        "faithful": faithful,
        "first_difference": first_difference,
        "within": within,
        "correlated_random_effects": correlated_random_effects,
        "difference_dictionary": difference_dictionary,
        "within_dictionary": within_dictionary,
    }
)
"""The transform of each variant that learns."""


def _pairs(sample: Sample) -> tuple[Differences, int]:
    """Pairs of consecutive years, and the number of longer gaps."""
    same_city = sample.city[1:] == sample.city[:-1]
    step = sample.year[1:] - sample.year[:-1]
    later = np.flatnonzero(same_city & (step == 1)).astype(np.int64) + 1
    return Differences(later, later - 1), int((same_city & (step > 1)).sum())


def _differenced(
    sample: Sample, pairs: Differences, features: list[Floats], names: tuple[str, ...], gaps: int
) -> Transformed:
    years, year_names = _year_dummies(sample.year[pairs.later])
    city = sample.city[pairs.later]
    return Transformed(
        change=pairs,
        X=np.hstack([*features, years]),
        names=(*names, *year_names),
        clusters=city,
        rows=pairs.later,
        gaps=gaps,
        lost_cities=len(sample.cities) - np.unique(city).size,
    )


def _demeaned(sample: Sample, columns: Floats, names: tuple[str, ...]) -> Transformed:
    counts = np.bincount(sample.city)
    rows = np.flatnonzero(counts[sample.city] > 1).astype(np.int64)
    change = Deviations(sample.city, rows)
    years, year_names = _year_dummies(sample.year)
    present = np.any(years[rows], axis=0)
    years, year_names = years[:, present], tuple(compress(year_names, present))
    return Transformed(
        change=change,
        X=np.column_stack([change(column) for column in (*columns.T, *years.T)]),
        names=(*names, *year_names),
        clusters=sample.city[rows],
        rows=rows,
        lost_cities=int((counts == 1).sum()),
    )


def _year_dummies(year: Integers) -> tuple[Floats, tuple[str, ...]]:
    """A 0/1 column for each year that occurs, in order, and their names."""
    years = np.unique(year)
    dummies = (year[:, None] == years).astype(np.float64)
    return dummies, tuple(f"year {value}" for value in years)
