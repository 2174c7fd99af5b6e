"""townships.gpkg and its GeoParquet twin: geometry once, one light column a year.

Layers: ``townships`` (units with their mean light by year) and ``cities`` (dissolved units with
their Gini by year); tables without geometry: ``unit_years`` and ``city_years``.
"""

from collections.abc import Mapping
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely

from geo.errors import OutputError

# GeoPackage stores the time of writing; a fixed one keeps equal runs equal to the byte.
FIXED_TIME = "2000-01-01T00:00:00.000Z"


def township_layer(units: gpd.GeoDataFrame, unit_years: pd.DataFrame) -> gpd.GeoDataFrame:
    """Units with one column of mean light a year.

    Parameters
    ----------
    units : geopandas.GeoDataFrame
        Columns ``unit_id``, ``city_id``, ``name`` and geometry, one row a unit.
    unit_years : pandas.DataFrame
        The unit-year table.

    Returns
    -------
    geopandas.GeoDataFrame
        ``units`` with float64 columns ``light_YEAR``, or ``light_PRODUCT_YEAR`` where the table
        has several products; rows and CRS of ``units``.
    """
    wide = _by_year(unit_years, key="unit_id", values={"light": "mean"})
    return units.merge(wide, on="unit_id", how="left", validate="one_to_one")


def city_layer(units: gpd.GeoDataFrame, city_years: pd.DataFrame) -> gpd.GeoDataFrame:
    """Cities dissolved from their units, with their Gini and mean light by year.

    Parameters
    ----------
    units : geopandas.GeoDataFrame
    city_years : pandas.DataFrame
        The city-year table.

    Returns
    -------
    geopandas.GeoDataFrame
        Columns ``city_id``, ``n_units``, ``gini_YEAR``, ``mean_YEAR`` and geometry, one row a city.
    """
    outlines = units[["city_id", "geometry"]].dissolve(by="city_id", as_index=False, sort=True)
    counts = units.groupby("city_id", as_index=False).agg(n_units=("unit_id", "size"))
    wide = _by_year(city_years, key="city_id", values={"gini": "gini", "mean": "mean"})
    table = outlines.merge(counts, on="city_id", validate="one_to_one")
    return table.merge(wide, on="city_id", how="left", validate="one_to_one")


def write_townships(
    *, units: gpd.GeoDataFrame, unit_years: pd.DataFrame, city_years: pd.DataFrame, folder: Path
) -> None:
    """Write ``townships.gpkg`` and ``townships.parquet`` and check them by reading them back.

    Parameters
    ----------
    units, unit_years, city_years
        As `township_layer` and `city_layer`.
    folder : Path
        An existing folder, normally a staging one.

    Raises
    ------
    OutputError
        What was read back is not what was written.
    """
    townships = township_layer(units, unit_years)
    tables: dict[str, pd.DataFrame] = {
        "townships": townships,
        "cities": city_layer(units, city_years),
        "unit_years": unit_years,
        "city_years": city_years,
    }
    path = folder / "townships.gpkg"
    write_layers(tables, path)
    townships.to_parquet(folder / "townships.parquet", index=False)


def write_layers(tables: Mapping[str, pd.DataFrame], path: Path) -> None:
    """Write layers (with geometry) and tables (without) to a new GeoPackage and check them.

    Parameters
    ----------
    tables : mapping of str to DataFrame or GeoDataFrame
        Layer name to table.
    path : Path

    Raises
    ------
    OutputError
        What was read back is not what was written.
    """
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": FIXED_TIME})
    try:
        for layer, table in tables.items():
            spatial = isinstance(table, gpd.GeoDataFrame)
            pyogrio.write_dataframe(
                table, path, layer=layer, driver="GPKG", promote_to_multi=spatial or None
            )
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})
    for layer, table in tables.items():
        _check(path, layer, table)


def _by_year(table: pd.DataFrame, *, key: str, values: Mapping[str, str]) -> pd.DataFrame:
    """One row a key; columns PREFIX_YEAR, with the product between where there are several."""
    several = table["product"].nunique() > 1
    product = table["product"].astype("str") + "_" if several else ""
    suffix = product + table["year"].astype("str")
    blocks = [
        table.assign(column=prefix + "_" + suffix).pivot(index=key, columns="column", values=value)
        for prefix, value in values.items()
    ]
    return pd.concat(blocks, axis="columns").rename_axis(columns=None).reset_index()


def _check(path: Path, layer: str, table: pd.DataFrame) -> None:
    back = pyogrio.read_dataframe(path, layer=layer)
    if not (_same_columns(back, table) and _same_vertices(back, table)):
        raise OutputError(
            f"{path}: {layer}",
            expected=f"the {len(table)} rows that were written",
            found=f"{len(back)} rows that differ from them",
            hint="check the disk; nothing was moved into the output folder",
        )


def _same_columns(back: pd.DataFrame, table: pd.DataFrame) -> bool:
    if len(back) != len(table) or set(back.columns) != set(table.columns):
        return False
    texts = [name for name in table.columns if isinstance(table[name].dtype, pd.StringDtype)]
    if any(back[name].fillna("").tolist() != table[name].tolist() for name in texts):
        return False
    numbers = list(table.select_dtypes("number").columns)
    return np.array_equal(
        back[numbers].to_numpy(dtype=np.float64),
        table[numbers].to_numpy(dtype=np.float64),
        equal_nan=True,
    )


def _same_vertices(back: pd.DataFrame, table: pd.DataFrame) -> bool:
    """Equal coordinates in equal order; single polygons may have become multipolygons of one."""
    if not isinstance(table, gpd.GeoDataFrame):
        return True
    read, written = back.geometry.to_numpy(), table.geometry.to_numpy()
    return np.array_equal(
        shapely.get_num_coordinates(read), shapely.get_num_coordinates(written)
    ) and np.array_equal(shapely.get_coordinates(read), shapely.get_coordinates(written))
