"""What the map tells of a city: its indices by year, its townships by light, its Lorenz curves."""

from collections.abc import Collection
from typing import Any

import numpy as np
import pandas as pd

from geo.errors import InequalityDomainError
from geo.lorenz import lorenz_curve
from nightpanel.viewer.map_layer import MapLayer, NotShownError

OF_CITY = ("gini", "gini_low", "gini_high", "mean", "n_units")


def city_facts(
    cities: MapLayer,
    townships: MapLayer | None,
    *,
    city: str,
    product: str,
    years: Collection[int],
) -> dict[str, Any]:
    """Facts of a city, as JSON knows them; what is not a number is None.

    Parameters
    ----------
    cities, townships : MapLayer
    city : str
        Its id.
    product : str
        Light product.
    years : collection of int
        Years whose townships and Lorenz curves are wanted.

    Returns
    -------
    dict

    Raises
    ------
    NotShownError
        There is no such city, product or year.
    """
    index = cities.ids.index(city) if city in cities.ids else None
    if index is None or product not in cities.years:
        raise NotShownError(city if index is None else product)
    rows = cities.rows
    own = rows[(rows["city_id"] == city) & (rows["product"] == product)].sort_values("year")
    of_city = np.array(() if townships is None else townships.cities) == city
    inside: list[int] = np.flatnonzero(of_city).tolist()
    return {
        "id": city,
        "name": cities.names[index],
        "product": product,
        "box": cities.boxes[index].tolist(),
        "years": own["year"].tolist(),
        "flags": own["flags"].fillna("").tolist(),
        **{name: numbers(own[name]) for name in OF_CITY if name in own},
        "townships": []
        if townships is None
        else [{"id": townships.ids[one], "name": townships.names[one]} for one in inside],
        "light": {str(year): _light(townships, inside, product, year) for year in years},
    }


def numbers(values: pd.Series | np.ndarray) -> list[float | None]:
    """Numbers with None for those that are missing or infinite."""
    return [float(one) if np.isfinite(one) else None for one in np.asarray(values, dtype=float)]


def _light(
    townships: MapLayer | None, inside: list[int], product: str, year: int
) -> dict[str, Any]:
    """Mean light of the city's townships in a year, and its Lorenz curve."""
    if townships is None or not inside:
        return {"mean": [], "lorenz": None}
    means = townships.values("mean", product, year)[inside]
    try:
        curve = lorenz_curve(means)
    except InequalityDomainError:
        return {"mean": numbers(means), "lorenz": None}
    lorenz = {"units": curve.units.tolist(), "light": numbers(curve.light)}
    return {"mean": numbers(means), "lorenz": lorenz}
