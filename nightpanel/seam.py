"""The seam: cities in a year that a product has twice, side by side, as 2013 by two sensors."""

from itertools import pairwise

import pandas as pd

KEY = ["product", "year", "first", "second"]
VALUES = ("mean", "gini")
OF_VALUES = ("first", "second", "change")


def seam_table(city_years: pd.DataFrame) -> pd.DataFrame:
    """Cities of years that are kept under several labels.

    Parameters
    ----------
    city_years : pandas.DataFrame
        The city-year table; labels are ``PRODUCT:VERSION``.

    Returns
    -------
    pandas.DataFrame
        One row a product, year, pair of versions (``first``, ``second``) and city: ``mean_first``,
        ``mean_second`` (mean light), ``mean_change`` (second over first, less one), ``gini_first``,
        ``gini_second`` and ``gini_change`` (second less first). Empty if no year has several.
    """
    labels = city_years["product"].str.partition(":")
    table = city_years.assign(product=labels[0], version=labels[2])
    table = table[table["version"] != ""]
    pairs = [
        _side_by_side(of_year, first, second)
        for _, of_year in table.groupby(["product", "year"])
        for first, second in pairwise(sorted(of_year["version"].unique()))
    ]
    columns = [*KEY, "city_id", *(f"{name}_{what}" for name in VALUES for what in OF_VALUES)]
    if not pairs:
        return pd.DataFrame(columns=columns)
    return pd.concat(pairs, ignore_index=True)[columns]


def seam_summary(seam: pd.DataFrame) -> pd.DataFrame:
    """The seam over cities.

    Parameters
    ----------
    seam : pandas.DataFrame
        From `seam_table`.

    Returns
    -------
    pandas.DataFrame
        One row a product, year and pair of versions: ``cities`` that both show, and the unweighted
        means over them of the other columns; ``mean_change`` is that of the means.
    """
    both = seam.dropna(subset=["gini_first", "gini_second"])
    found = both.groupby(KEY, as_index=False).agg(
        cities=("city_id", "size"),
        **{f"{name}_{what}": (f"{name}_{what}", "mean") for name in VALUES for what in OF_VALUES},
    )
    return found.assign(mean_change=found["mean_second"] / found["mean_first"] - 1.0)


def _side_by_side(of_year: pd.DataFrame, first: str, second: str) -> pd.DataFrame:
    one, other = (
        of_year.loc[of_year["version"] == version, ["product", "year", "city_id", *VALUES]]
        for version in (first, second)
    )
    found = one.merge(other, on=["product", "year", "city_id"], suffixes=("_first", "_second"))
    dark = found["mean_first"] == 0.0
    change = found["mean_second"] / found["mean_first"].mask(dark) - 1.0
    return found.assign(
        first=first,
        second=second,
        mean_change=change,
        gini_change=found["gini_second"] - found["gini_first"],
    )
