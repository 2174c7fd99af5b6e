"""Output folders made by hand: sixteen units of four cities, three years; estimates and curves."""

from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from estimation.results import Check, CurvePoint, Estimate
from estimation.tables.tidy import tidy_table
from geo.inequality import city_year_inequality
from nightpanel.output_folder import OutputFolder

YEARS = (2019, 2020, 2021)
PRODUCT = "dmsp-like-china"
PER_CITY = 6


def folder_of(path: Path, **parts: Any) -> OutputFolder:
    """An output folder with some parts; all others are missing."""
    blank: dict[str, Any] = {
        one.name: None
        for one in fields(OutputFolder)
        if one.default is MISSING and one.default_factory is MISSING
    }
    blank |= {"path": path, "manifest": {"stages": {}}, "designs": ()}
    return OutputFolder(**(blank | parts))


def unit_table() -> gpd.GeoDataFrame:
    """Four cities of six square units each, in degrees."""
    rows = []
    for city in range(4):
        left, low = 100.0 + 3 * (city % 2), 30.0 + 2 * (city // 2)
        for one in range(PER_CITY):
            x, y = left + one % 3, low + one // 3
            box = shapely.box(x, y, x + 1, y + 1)
            rows.append((f"11{city + 1:02d}{one:02d}", f"11{city + 1:02d}", f"unit {one}", box))
    columns = ["unit_id", "city_id", "name", "geometry"]
    return gpd.GeoDataFrame(pd.DataFrame(rows, columns=columns), crs="EPSG:4326")


def unit_years(units: gpd.GeoDataFrame) -> pd.DataFrame:
    """Light that grows by city, unit and year; the first unit of each city is dark."""
    parts = []
    for step, year in enumerate(YEARS):
        number = np.arange(len(units))
        light = (number % PER_CITY) ** (1.0 + number // PER_CITY / 2) * (1.0 + 0.1 * step)
        parts.append(
            pd.DataFrame(
                {
                    "unit_id": units["unit_id"],
                    "city_id": units["city_id"],
                    "year": year,
                    "product": PRODUCT,
                    "mean": light,
                    "sum": light,
                    "area_km2": 1.0,
                    "saturated_share": 0.0,
                    "n_cells": 1.0,
                    "flags": "",
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def write_shapes(path: Path, units: gpd.GeoDataFrame) -> None:
    """``townships.parquet`` and the layer of cities as a run leaves them."""
    units.to_parquet(path / "townships.parquet")
    cities = units.dissolve("city_id").reset_index()[["city_id", "geometry"]]
    cities.assign(n_units=PER_CITY).to_file(path / "townships.gpkg", layer="cities")


def estimate(design: str, variant: str, value: float, **others: Any) -> Estimate:
    """A row of the table of estimates with an interval of 0.2."""
    texts = {one.name: "" for one in fields(Estimate) if one.type is str}
    numbers = {one.name: 0 for one in fields(Estimate) if one.type is int}
    rest = {one.name: float("nan") for one in fields(Estimate) if one.type is float}
    own = {
        "design": design, "variation_of": "main", "variant": variant, "part": "effect",
        "term": "uil", "estimate": value, "std_error": 0.05, "ci_low": value - 0.1,
        "ci_high": value + 0.1, "n": 400, "learner": "ridge(alpha=1)", "folds": 5,
        "outcome": "gini", "treatment": "uil", "controls": "a;b",
    }  # fmt: skip
    return Estimate(**(texts | numbers | rest | own | others))


def estimates() -> pd.DataFrame:
    """Three designs, one of them a repeat of another; groups of a fourth."""
    rows = [
        estimate("main", "faithful", 0.5),
        estimate("main", "first_difference", 0.1, recommended="recommended"),
        estimate("main", "two_way_fixed_effects", 0.2, learner="linear", folds=0),
        estimate("no controls", "faithful", 0.7, controls=""),
        estimate("again", "faithful", 0.5),
        estimate("again", "first_difference", 0.1, recommended="recommended"),
        estimate("by period", "faithful", 0.5),
        estimate("by period", "faithful", 0.4, part="group", term="uil, 2019-2020"),
        estimate("by period", "faithful", 0.6, part="group", term="uil, 2021"),
    ]
    return tidy_table(rows, Estimate)


def checks() -> pd.DataFrame:
    """The test of equal groups."""
    row = Check("by period", "faithful", "group_difference", "uil", "F(1, 39)", 4.0,
                float("nan"), 0.0004, "", "")  # fmt: skip
    return tidy_table([row], Check)


def curve(kind: str, variant: str, along: str, at: np.ndarray) -> list[CurvePoint]:
    """A line with interval and band."""
    ends = (-0.2, 0.2, -0.3, 0.3)
    return [
        CurvePoint("main", variant, kind, "uil", along, x, x / 10, 0.1, *(x / 10 + e for e in ends))
        for x in at.tolist()
    ]


def curves() -> pd.DataFrame:
    """One of each kind."""
    rows = [
        *curve("marginal_effect", "faithful", "finance", np.linspace(0.0, 4.0, 9)),
        *curve("marginal_effect", "first_difference", "finance", np.linspace(0.0, 4.0, 9)),
        *curve("cate", "faithful", "finance", np.linspace(0.0, 4.0, 9)),
        *curve("rolling_window", "faithful", "year", np.arange(2015.0, 2020.0)),
        *curve("event_study", "sun_abraham", "years since adoption", np.arange(-3.0, 4.0)),
        *curve("event_study", "imputation", "years since adoption", np.arange(-3.0, 4.0)),
    ]
    return tidy_table(rows, CurvePoint)


def whole_folder(path: Path) -> OutputFolder:
    """A folder with every part that figures are drawn from."""
    units = unit_table()
    write_shapes(path, units)
    light = unit_years(units)
    cities = city_year_inequality(light, draws=20)
    panel = cities.assign(finance=np.linspace(0.0, 5.0, len(cities)), uil=2.0)
    return folder_of(
        path,
        units=light,
        cities=cities,
        panel=panel,
        estimates=estimates(),
        checks=checks(),
        curves=curves(),
    )
