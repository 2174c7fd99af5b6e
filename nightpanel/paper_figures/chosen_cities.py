"""Which cities stand for all: by their place in the order of the Gini."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

LEAST_UNITS = 5
"""Units that a city must have: under that its Gini hangs on single units."""
RULE = (
    "Cities are chosen by the rank of their Gini in the last year, of those with at least "
    f"{LEAST_UNITS} units"
)


@dataclass(frozen=True, slots=True)
class Chosen:
    """A city that is drawn, and why."""

    city_id: str
    """The city."""
    rank: str
    """Its place among all."""
    gini: float
    """Its Gini in the last year."""


RANKS = ((0.0, "lowest"), (0.25, "lower quartile"), (0.5, "median"), (0.75, "upper quartile"),
         (1.0, "highest"))  # fmt: skip
THREE = ("lowest", "median", "highest")


def chosen_cities(cities: pd.DataFrame, names: Sequence[str] | None = None) -> tuple[Chosen, ...]:
    """Cities at some ranks of the Gini in the last year.

    Parameters
    ----------
    cities : pandas.DataFrame
        The city-year table of one product.
    names : sequence of str, optional
        Ranks of :data:`RANKS`; all when left out.

    Returns
    -------
    tuple of Chosen
        Ascending; each city once. Of equal Ginis the lower city id goes first.
    """
    last = cities[cities["year"] == cities["year"].max()]
    known = last[last["gini"].notna() & (last["n_units"] >= LEAST_UNITS)]
    ordered = known.sort_values(["gini", "city_id"], kind="stable").reset_index(drop=True)
    found: dict[str, Chosen] = {}
    for share, name in RANKS:
        if len(ordered) and (names is None or name in names):
            row = ordered.iloc[round(share * (len(ordered) - 1))]
            city = str(row["city_id"])
            found.setdefault(city, Chosen(city, name, float(row["gini"])))
    return tuple(found.values())
