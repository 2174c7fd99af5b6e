"""Names of cities for people, by their ids."""

import pandas as pd

from nightpanel.output_folder import OutputFolder
from panels.cities.places import city_names

KNOWN_SHARE = 0.9
"""With fewer of its ids on the shipped list, a country is not taken for China."""


def city_labels(folder: OutputFolder) -> dict[str, str]:
    """A name for every city of an output folder, in order of their ids.

    A name that the panel's tables were matched to goes first. The shipped list of China's cities
    follows, if nearly all ids are on it: ids of another country that happen to be on it are left
    as they are. What has no name is called by its id.

    Parameters
    ----------
    folder : OutputFolder

    Returns
    -------
    dict of str to str
        City id to name.
    """
    ids = _ids(folder)
    names = _shipped(ids) | _matched(folder.matches)
    return {one: names.get(one) or one for one in ids}


def with_id(name: str, city_id: str) -> str:
    """``name (id)``, or the id alone where a city is called by it."""
    return city_id if name == city_id else f"{name} ({city_id})"


def _ids(folder: OutputFolder) -> list[str]:
    tables = (folder.cities, folder.panel)
    found = [table["city_id"] for table in tables if table is not None and "city_id" in table]
    return sorted({str(one) for column in found for one in column.unique()})


def _shipped(ids: list[str]) -> dict[str, str]:
    known = city_names()
    here = {one: known[one] for one in ids if one in known}
    return here if ids and len(here) >= KNOWN_SHARE * len(ids) else {}


def _matched(matches: pd.DataFrame | None) -> dict[str, str]:
    if matches is None or not {"city_id", "city"} <= set(matches):
        return {}
    named = matches[["city_id", "city"]].dropna()
    named = named[(named["city_id"] != "") & (named["city"] != "")]
    return dict(named.drop_duplicates("city_id").astype(str).to_numpy().tolist())
