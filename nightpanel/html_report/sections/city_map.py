"""The map: cities by Gini with a slider of years, and what a click on one opens."""

from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from nightpanel.city_labels import city_labels
from nightpanel.html_report.drawn_shapes import DrawnShapes, Frame, drawn, frame_of, simplified
from nightpanel.html_report.embedded import decimals_for, packed_matrix
from nightpanel.html_report.section import CityMap, DataTable, Section, Text, data_table
from nightpanel.html_report.words import plural, shown, years_shown
from nightpanel.output_folder import OutputFolder, with_shape

GINI_DECIMALS = 4
CITY_POINTS = 120_000
"""Points of the outlines of cities, which are drawn all at once."""
TITLE = "Map of cities"
SIMPLIFIED = (
    "Shapes are simplified for the screen, shared edges together; the numbers are those of whole "
    "shapes."
)
INTERVAL = (
    "The interval of a Gini is a bootstrap over the city's units: how much the index depends on "
    "which units there are, not sampling error."
)

Floats = NDArray[np.float64]


def section(folder: OutputFolder) -> Section:
    """Cities by Gini and year, with their units.

    Parameters
    ----------
    folder : OutputFolder
    """
    cities, units = folder.cities, folder.units
    if cities is None or units is None:
        missing = "There is no map: the folder lacks light by city, or by unit."
        return Section("city-map", TITLE, missing=missing)
    if cities.empty:
        return Section("city-map", TITLE, missing="There is no map: no city has a year of light.")
    outlines, shapes = folder.city_shapes(), folder.unit_shapes()
    if outlines is None or shapes is None or not with_shape(outlines).any():
        missing = "There is no map: the folder lacks outlines of cities or shapes of units."
        return Section("city-map", TITLE, (_table(cities, city_labels(folder)),), missing)
    labels = city_labels(folder)
    data, undrawn = map_data(cities, units, outlines, shapes, labels)
    notes = _notes(undrawn, cities)
    the_map = CityMap(_in_words(cities, data), data, _table(cities, labels))
    return Section("city-map", TITLE, (the_map, Text(notes, points=True)))


def map_data(
    cities: pd.DataFrame,
    units: pd.DataFrame,
    outlines: gpd.GeoDataFrame,
    shapes: gpd.GeoDataFrame,
    labels: Mapping[str, str],
) -> tuple[dict[str, Any], Mapping[str, list[str]]]:
    """What the page's script draws.

    Parameters
    ----------
    cities, units : pandas.DataFrame
        The city-year and the unit-year table.
    outlines, shapes : geopandas.GeoDataFrame
        Of cities and of units; ones that are not in the tables are not drawn.
    labels : mapping of str to str
        Names of cities.

    Returns
    -------
    dict
        ``frame``, ``cities``, ``units`` (city by city) and ``products``.
    mapping of str to list of str
        Ids of ``cities`` and ``units`` that have light and no shape on the map.
    """
    city_ids = sorted(cities["city_id"].unique())
    places = {city: place for place, city in enumerate(city_ids)}
    known = units.drop_duplicates("unit_id")[["unit_id", "city_id"]]
    known = known[known["city_id"].isin(places)].sort_values(["city_id", "unit_id"])
    unit_ids = known["unit_id"].tolist()
    frame = frame_of(outlines[with_shape(outlines)])
    drawn_cities = _drawn(outlines, "city_id", city_ids, frame, CITY_POINTS)
    drawn_units = _drawn(shapes, "unit_id", unit_ids, frame, None)
    names = dict(zip(shapes["unit_id"], shapes["name"], strict=True)) if "name" in shapes else {}
    data = {
        "frame": {"width": frame.width, "height": frame.height, "metres": frame.step},
        "cities": {
            "ids": city_ids,
            "names": [labels.get(city, city) for city in city_ids],
            **drawn_cities.as_data(),
        },
        "units": {
            "ids": unit_ids,
            "names": [_name(names.get(unit), unit) for unit in unit_ids],
            "counts": known["city_id"].map(places).value_counts().reindex(
                range(len(city_ids)), fill_value=0
            ).tolist(),
            **drawn_units.as_data(),
        },
        "products": [
            _product(str(product), cities, units, city_ids, unit_ids)
            for product in sorted(cities["product"].unique())
        ],
    }  # fmt: skip
    return data, {
        "cities": _without(city_ids, drawn_cities),
        "units": _without(unit_ids, drawn_units),
    }


def _name(name: object, unit: str) -> str:
    return str(name) if isinstance(name, str) and name else unit


def _drawn(
    table: gpd.GeoDataFrame, key: str, ids: list[str], frame: Frame, points: int | None
) -> DrawnShapes:
    """Shapes in order of some ids, simplified together; nothing for an id without a shape."""
    plane = table[[key, "geometry"]].drop_duplicates(key).set_index(key).to_crs(frame.crs)
    found = plane.geometry.reindex(ids).to_numpy()
    there = ~(shapely.is_missing(found) | shapely.is_empty(found))
    limit = {} if points is None else {"points": points}
    made = np.full(len(ids), None, dtype=object)
    if there.any():
        made[there] = simplified(found[there], frame, **limit)
    return drawn(made, frame)


def _without(ids: list[str], shapes: DrawnShapes) -> list[str]:
    return [one for one, rings in zip(ids, shapes.rings, strict=True) if rings == 0]


def _product(
    product: str,
    cities: pd.DataFrame,
    units: pd.DataFrame,
    city_ids: list[str],
    unit_ids: list[str],
) -> dict[str, Any]:
    """Gini with its interval by city, light by unit, of the years of a product."""
    of_cities = cities[cities["product"] == product]
    of_units = units[units["product"] == product]
    years = sorted({int(year) for year in of_cities["year"].unique()})
    light = _matrix(of_units, "unit_id", "mean", unit_ids, years)
    ginis = {
        name: packed_matrix(_matrix(of_cities, "city_id", name, city_ids, years), GINI_DECIMALS)
        for name in ("gini", "gini_low", "gini_high")
    }
    counts = _matrix(of_cities, "city_id", "n_units", city_ids, years)
    return {
        "name": product,
        "years": years,
        "light": packed_matrix(light, decimals_for(light)),
        "n_units": packed_matrix(counts, 0),
        **ginis,
    }


def _matrix(table: pd.DataFrame, key: str, value: str, ids: list[str], years: list[int]) -> Floats:
    """A column by id and year, NaN where there is no row."""
    rows = pd.Index(ids).get_indexer(pd.Index(table[key]))
    columns = pd.Index(years).get_indexer(pd.Index(table["year"]))
    found = np.full((len(ids), len(years)), np.nan)
    there = (rows >= 0) & (columns >= 0)
    found[rows[there], columns[there]] = table[value].to_numpy(dtype=np.float64)[there]
    return found


def _table(cities: pd.DataFrame, labels: Mapping[str, str]) -> DataTable:
    """Gini of cities, years as columns; where there are several products, a row for each."""
    keys = ["city_id", "product"]
    once = cities.drop_duplicates([*keys, "year"])
    wide = once.pivot(index=keys, columns="year", values="gini").sort_index()
    wide.columns = [str(year) for year in wide.columns]
    wide = wide.reset_index().rename(columns={"city_id": "city"})
    wide.insert(1, "name", [labels.get(city, city) for city in wide["city"]])
    products = sorted(wide["product"].unique())
    if len(products) == 1:
        wide = wide.drop(columns="product")
    said = f"Gini of light by city and year ({', '.join(map(str, products))})"
    return data_table(wide, said, rows=400)


def _in_words(cities: pd.DataFrame, data: Mapping[str, Any]) -> str:
    years = [int(year) for year in cities["year"].unique()]
    last = cities[cities["year"] == max(years)].dropna(subset=["gini"])
    span = (
        f" In {max(years)} the Gini of light runs from {shown(float(last['gini'].min()))} to "
        f"{shown(float(last['gini'].max()))}."
        if len(last)
        else ""
    )
    return (
        f"Map of {plural(len(data['cities']['ids']), 'city', 'cities')} coloured by their Gini of "
        f"light, {years_shown(years)}.{span} Every city can be reached by the box above it."
    )


def _notes(undrawn: Mapping[str, list[str]], cities: pd.DataFrame) -> tuple[str, ...]:
    notes = [SIMPLIFIED, INTERVAL]
    if cities["year"].nunique() == 1:
        notes.append("There is one year, hence no slider to move and no path over time.")
    if undrawn["cities"]:
        found = ", ".join(undrawn["cities"][:10])
        count = plural(len(undrawn["cities"]), "city has", "cities have")
        notes.append(f"{count} light and no outline; the box finds them: {found}.")
    if undrawn["units"]:
        count = plural(len(undrawn["units"]), "unit is", "units are")
        notes.append(f"{count} without a shape, or too small to be drawn; tables have them.")
    return tuple(notes)
