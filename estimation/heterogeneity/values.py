"""Which value of a column counts for a city-year: its own, or its city's in its first year."""

import numpy as np

from estimation.designs import Design
from estimation.heterogeneity.keys import At
from estimation.samples.sample import Floats, Integers, Sample
from estimation.samples.subsamples import split_values

BASE_YEAR = "the city's first year in the sample"


def values_at(sample: Sample, column: str, at: At, design: Design) -> Floats:
    """A column of the design, each city-year's own value or its city's in the base year.

    Parameters
    ----------
    sample : Sample
        n rows.
    column : str
    at : {"base_year", "year"}
    design : Design
        Whose columns the names are.

    Returns
    -------
    float array, shape (n,)
    """
    values = split_values(sample, column, design)
    return values if at == "year" else values[first_rows(sample)[sample.city]]


def first_rows(sample: Sample) -> Integers:
    """The row of each city's first year, shape (cities,)."""
    return np.searchsorted(sample.city, np.arange(len(sample.cities))).astype(np.int64)


def named_at(column: str, at: At) -> str:
    """How a variable is called in tables."""
    return column if at == "year" else f"{column}, base year"
