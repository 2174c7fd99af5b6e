"""A run's folder, made by hand: twelve units of three cities, three years, one dark unit."""

from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import shapely

from geo.boundaries import Units
from geo.polygons import polygons_of
from nightpanel.arrow_tables import arrow_table
from nightpanel.exports.columns import described
from nightpanel.exports.tables import ExportTable
from nightpanel.light_files import write_light_files
from nightpanel.outputs import write_table
from tiles.unit_years import COLUMNS

YEARS = (2019, 2020, 2021)
NAMES = (
    "甲 乙",
    '=HYPERLINK("http://x")',
    "+86",
    "-",
    "@here",
    "\tTab",
    "ordinary",
    "",
    "a,b\n\"c'",
)


def hand_units() -> gpd.GeoDataFrame:
    """A lattice of boxes, one of them of two parts and one with a hole."""
    boxes = [shapely.box(x, y, x + 1, y + 1) for y in range(3) for x in range(4)]
    boxes[10] = boxes[10] - shapely.box(2.2, 2.2, 2.4, 2.4)
    boxes[11] = shapely.MultiPolygon([boxes[11], shapely.box(6, 2, 7, 3)])
    ids = [f"0{city}{unit:02d}" for unit in range(4) for city in ("20", "10", "30")]
    names = [NAMES[k % len(NAMES)] for k in range(12)]
    texts = {"unit_id": ids, "city_id": [name[:3] for name in ids], "name": names}
    return gpd.GeoDataFrame(pd.DataFrame(texts, dtype="str"), geometry=boxes, crs="EPSG:4326")


def hand_unit_years(products: tuple[str, ...] = ("viirs-annual",)) -> pd.DataFrame:
    """Light by chance, the first unit dark, the second without an observation in the first year."""
    units = hand_units()
    tables = []
    for product in products:
        for year in YEARS:
            rng = np.random.default_rng([year, len(product)])
            table = pd.DataFrame(units[["unit_id", "city_id"]]).assign(year=year, product=product)
            for name in COLUMNS[4:-1]:
                table[name] = rng.gamma(2.0, 3.0, len(units))
            table.loc[0, ["mean", "sum"]] = 0.0
            if year == YEARS[0]:
                table.loc[1, ["mean", "sum"]] = np.nan
            table["flags"] = np.where(table["mean"].isna(), "no_valid_cells", "")
            tables.append(table)
    texts = dict.fromkeys(["unit_id", "city_id", "product", "flags"], "str")
    return pd.concat(tables, ignore_index=True).astype(texts)[list(COLUMNS)]


def hand_city_years(unit_years: pd.DataFrame) -> pd.DataFrame:
    keys = ["product", "city_id", "year"]
    grouped = unit_years.groupby(keys, as_index=False)
    table = grouped.agg(gini=("mean", "std"), mean=("mean", "sum"))
    return table[["city_id", "year", "product", "gini", "mean"]]


MakeRun = Callable[..., Path]


@pytest.fixture
def make_run(tmp_path: Path) -> MakeRun:
    """Writes the files of a light stage and a panel into a folder."""

    def make(name: str = "out", products: tuple[str, ...] = ("viirs-annual",)) -> Path:
        out = tmp_path / name
        out.mkdir()
        table, unit_years = hand_units(), hand_unit_years(products)
        city_years = hand_city_years(unit_years)
        write_light_files(
            units=Units(
                attributes=pd.DataFrame(table.drop(columns="geometry")),
                drawn=lambda: polygons_of(table.geometry.to_numpy()),
                crs=table.crs,
                audit=(),
                source="units",
            ),
            unit_years=unit_years,
            city_years=city_years,
            folder=out,
        )
        write_table(city_years.assign(log_gdp=1.5), out / "panel.parquet")
        return out

    return make


@pytest.fixture
def run(make_run: MakeRun) -> Path:
    return make_run()


def as_export(table: pd.DataFrame | pa.Table) -> ExportTable:
    """Columns as a table to export."""
    rows = table if isinstance(table, pa.Table) else arrow_table(table)
    return ExportTable("panel", rows, described(rows.column_names))
