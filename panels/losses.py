"""City-years that are in some source and not in the panel, each with its reason."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from panels.schema import KEY
from panels.steps.stepped import dropped_keys, years_text

COLUMNS = ("city_id", "year", "place", "reason")


@dataclass(frozen=True, slots=True)
class Source:
    """One thing that is joined: the light, or a table."""

    label: str
    """Its name."""
    keys: pd.DataFrame
    """``city_id`` and ``year`` of its rows that go into the join."""
    dropped: pd.DataFrame = field(default_factory=dropped_keys)
    """``city_id``, ``year`` and ``reason`` of rows that it lost before."""


def join_losses(sources: Sequence[Source], joined: pd.DataFrame) -> pd.DataFrame:
    """City-years of some source that a join over all sources does not have.

    Parameters
    ----------
    sources : sequence of Source
    joined : pandas.DataFrame
        ``city_id`` and ``year`` of the join.

    Returns
    -------
    pandas.DataFrame
        ``city_id``, ``year``, ``place`` (the source that lacks it) and ``reason``; a row for each
        source that lacks a city-year, sorted by city and year.
    """
    parts = [part[list(KEY)] for one in sources for part in (one.keys, one.dropped)]
    every = pd.MultiIndex.from_frame(pd.concat(parts).drop_duplicates())
    lost = every[~every.isin(_index(joined))]
    rows: list[tuple[str, int, str, str]] = []
    for one in sources:
        why = dict(zip(_index(one.dropped), one.dropped["reason"], strict=True))
        rows += [
            (city, year, one.label, why.get((city, year), "no row"))
            for city, year in lost[~lost.isin(_index(one.keys))]
        ]
    return loss_table(rows)


def step_losses(dropped: pd.DataFrame, *, place: str) -> pd.DataFrame:
    """What a step dropped, in the form of `join_losses`."""
    parts = (dropped[name] for name in ("city_id", "year", "reason"))
    rows = ((city, year, place, why) for city, year, why in zip(*parts, strict=True))
    return loss_table(rows)


def loss_table(rows: Iterable[tuple[str, int, str, str]] = ()) -> pd.DataFrame:
    """Lost city-years as a table, typed even when there is none; sorted by city and year."""
    listed = sorted(rows)
    types = {"city_id": "str", "year": "int64", "place": "str", "reason": "str"}
    columns = {name: [row[at] for row in listed] for at, name in enumerate(COLUMNS)}
    return pd.DataFrame(columns).astype(types)


def lost_cities(
    losses: pd.DataFrame, panel: pd.DataFrame, *, names: Mapping[str, str] | None = None
) -> pd.DataFrame:
    """Cities of which the panel has no year, each with all its reasons.

    Parameters
    ----------
    losses : pandas.DataFrame
        As `join_losses` and `step_losses` make them.
    panel : pandas.DataFrame
        ``city_id`` of the panel.
    names : mapping of str to str, optional
        What cities are called, by id.

    Returns
    -------
    pandas.DataFrame
        ``city_id``, ``name`` (empty where it is not known), ``years`` (lost), ``reason``: each
        place and reason with its years.
    """
    called = names or {}
    gone = losses[~losses["city_id"].isin(panel["city_id"])]
    rows = []
    for city, part in gone.groupby("city_id", sort=True):
        reasons = [
            f"{place}: {reason} ({years_text(years['year'])})"
            for (place, reason), years in part.groupby(["place", "reason"], sort=False)
        ]
        name = called.get(str(city), "")
        rows.append((str(city), name, years_text(part["year"]), "; ".join(reasons)))
    return pd.DataFrame(rows, columns=["city_id", "name", "years", "reason"])


def _index(keys: pd.DataFrame) -> pd.MultiIndex:
    return pd.MultiIndex.from_frame(keys[list(KEY)])
