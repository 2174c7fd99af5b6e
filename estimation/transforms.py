"""The ways of removing city effects before a learner sees the data, as pure functions.

``faithful`` removes nothing and hands the learner city dummies, as Yu and Zhang do. ``within``
demeans by city; ``first_difference`` subtracts the year before. Years stay among the features in
all of them: year means taken over the whole panel would leak across folds of cities.
"""

from dataclasses import dataclass

import numpy as np

from estimation.sample import Floats, Integers, Sample


@dataclass(frozen=True, slots=True)
class Transformed:
    """What cross-fitting sees."""

    y: Floats
    """Outcome, shape (n,)."""
    d: Floats
    """Treatment, shape (n,)."""
    X: Floats
    """Features of both nuisance functions, shape (n, k)."""
    names: tuple[str, ...]
    """Names of the features, k of them."""
    clusters: Integers
    """City of each row, shape (n,): the sample's positions."""
    rows: Integers
    """Row of the sample each row stands for (of a difference: the later one), shape (n,)."""
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
        y=sample.outcome,
        d=sample.treatment,
        X=np.hstack([sample.controls, cities, years]),
        names=(*sample.control_names, *(f"city {code}" for code in sample.cities), *year_names),
        clusters=sample.city,
        rows=np.arange(sample.city.size, dtype=np.int64),
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
    same_city = sample.city[1:] == sample.city[:-1]
    step = sample.year[1:] - sample.year[:-1]
    later = np.flatnonzero(same_city & (step == 1)).astype(np.int64) + 1
    earlier = later - 1
    years, year_names = _year_dummies(sample.year[later])
    return Transformed(
        y=sample.outcome[later] - sample.outcome[earlier],
        d=sample.treatment[later] - sample.treatment[earlier],
        X=np.hstack([sample.controls[later], sample.controls[earlier], years]),
        names=(
            *sample.control_names,
            *(f"{name}, year before" for name in sample.control_names),
            *year_names,
        ),
        clusters=sample.city[later],
        rows=later,
        gaps=int((same_city & (step > 1)).sum()),
        lost_cities=len(sample.cities) - np.unique(sample.city[later]).size,
    )


def within(sample: Sample) -> Transformed:
    """Outcome, treatment and controls minus their city's mean over the sample.

    A city with one row is left out: nothing of it remains.

    Returns
    -------
    Transformed
        Features are demeaned controls and year dummies (not demeaned).
    """
    counts = np.bincount(sample.city)
    rows = np.flatnonzero(counts[sample.city] > 1).astype(np.int64)
    city = sample.city[rows]

    def demeaned(values: Floats) -> Floats:
        means = np.bincount(sample.city, weights=values) / counts
        return np.asarray(values[rows] - means[city], dtype=np.float64)

    years, year_names = _year_dummies(sample.year[rows])
    controls = [demeaned(column)[:, None] for column in sample.controls.T]
    return Transformed(
        y=demeaned(sample.outcome),
        d=demeaned(sample.treatment),
        X=np.hstack([*controls, years]),
        names=(*sample.control_names, *year_names),
        clusters=city,
        rows=rows,
        lost_cities=int((counts == 1).sum()),
    )


def _year_dummies(year: Integers) -> tuple[Floats, tuple[str, ...]]:
    """A 0/1 column for each year that occurs, in order, and their names."""
    years = np.unique(year)
    dummies = (year[:, None] == years).astype(np.float64)
    return dummies, tuple(f"year {value}" for value in years)
