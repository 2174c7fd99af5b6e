"""The unit-year table: a tile's sums as means, shares and flags, one row for each unit."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo.audit import AuditRow
from geo.coverage import Coverage
from tiles.catalog import Tile
from tiles.sums import CELLS, COVERED, LIGHT, LIT, SATURATED, VALID

COLUMNS = (
    "unit_id",
    "city_id",
    "year",
    "product",
    "mean",
    "sum",
    "area_km2",
    "valid_share",
    "lit_share",
    "saturated_share",
    "n_cells",
    "flags",
)
OUTSIDE_TOLERANCE = 1e-6
TINY_CELLS = 1.0
FLAGS = (
    "area_mismatch",
    "mostly_saturated",
    "no_valid_cells",
    "outside",
    "partly_outside",
    "tiny",
)
LISTED = 5


@dataclass(frozen=True, slots=True)
class GridFit:
    """How units lie on a grid, whatever the year."""

    area_error: NDArray[np.float64]
    """(n_units,) Relative difference of the shares' sum and the clipped area."""
    mismatch: NDArray[np.bool_]
    """(n_units,) Whether that difference is too large."""
    outside: NDArray[np.bool_]
    """(n_units,) Whether no cell of the grid holds a part of the unit."""
    partly_outside: NDArray[np.bool_]
    """(n_units,) Whether some of the unit, more than 1e-6 of its area, lies off the grid."""


def grid_fit(geometries: NDArray[np.object_], coverage: Coverage) -> GridFit:
    """How units lie on a grid.

    Parameters
    ----------
    geometries : array of shapely geometries (n_units,)
        In the grid's plane, as they were given to the coverage.
    coverage : Coverage

    Returns
    -------
    GridFit
    """
    width, height = coverage.grid.cell_size
    whole = shapely.area(geometries) / (width * height)
    short = coverage.polygon_area < (1.0 - OUTSIDE_TOLERANCE) * whole
    empty = np.diff(coverage.indptr) == 0
    return GridFit(
        area_error=coverage.area_error,
        mismatch=coverage.mismatch,
        outside=short & empty,
        partly_outside=short & ~empty,
    )


def unit_year_table(
    units: pd.DataFrame,
    tile: Tile,
    *,
    sums: NDArray[np.float64],
    area_km2: NDArray[np.float64],
    fit: GridFit,
) -> pd.DataFrame:
    """A tile's rows of the unit-year table.

    Parameters
    ----------
    units : DataFrame (n_units)
        With the columns ``unit_id`` and ``city_id``.
    tile : Tile
    sums : array (n_units, 6)
        As in `tiles.sums.TileSums`.
    area_km2 : array (n_units,)
        Geodesic area of the units.
    fit : GridFit

    Returns
    -------
    DataFrame
        In the order of the units. ``mean`` is in the product's unit; ``sum`` in the product's unit
        times cells, or times square kilometres if the sums are geodesic; ``n_cells`` in cells.
        ``valid_share`` refers to the covered part inside the grid, the other shares to its valid
        part. Where that part is empty the quotients and the sum are NaN. ``flags`` are joined by
        semicolons; ``area_mismatch`` has its figure, as in ``area_mismatch:3.2e-07``, and ``tiny``
        is a unit whose valid part is under one cell, though not empty.
    """
    valid, light = sums[:, VALID], sums[:, LIGHT]
    saturated_share = _quotient(sums[:, SATURATED], valid)
    columns = {
        "unit_id": units["unit_id"].to_numpy(),
        "city_id": units["city_id"].to_numpy(),
        "year": np.full(len(units), tile.year, dtype=np.int64),
        "product": np.full(len(units), tile.product.name, dtype=object),
        "mean": _quotient(light, valid),
        "sum": np.where(valid > 0.0, light, np.nan),
        "area_km2": area_km2,
        "valid_share": _quotient(valid, sums[:, COVERED]),
        "lit_share": _quotient(sums[:, LIT], valid),
        "saturated_share": saturated_share,
        "n_cells": sums[:, CELLS],
        "flags": _flags(fit, valid, saturated_share, sums[:, CELLS]),
    }
    texts = ["unit_id", "city_id", "product", "flags"]
    return pd.DataFrame(columns, columns=list(COLUMNS)).astype(dict.fromkeys(texts, "str"))


def flag_audit(table: pd.DataFrame, tile: Tile, fit: GridFit) -> list[AuditRow]:
    """Audit rows for a tile's flags: one for each flag, with the count and the first units.

    Parameters
    ----------
    table : DataFrame
        The tile's rows of the unit-year table.
    tile : Tile
    fit : GridFit

    Returns
    -------
    list of AuditRow
    """
    rows = []
    flags = [
        {name.partition(":")[0] for name in names.split(";")} for names in table["flags"].tolist()
    ]
    for flag in FLAGS:
        flagged = np.flatnonzero([flag in names for names in flags])
        if flagged.size == 0:
            continue
        listed = table["unit_id"].iloc[flagged[:LISTED]]
        detail = f"units {', '.join(listed)}{', ...' if flagged.size > LISTED else ''}"
        if flag == "area_mismatch":
            worst = fit.area_error[flagged].max()
            detail += f"; the sum of shares misses the area by up to {worst:.3g} of it"
        rows.append(AuditRow("light", flag, tile.path.name, detail, int(flagged.size)))
    return rows


def _quotient(
    numerator: NDArray[np.float64], denominator: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The quotient, NaN where the denominator is zero."""
    result = np.full(numerator.shape, np.nan)
    np.divide(numerator, denominator, out=result, where=denominator > 0.0)
    return result


def _flags(
    fit: GridFit,
    valid: NDArray[np.float64],
    saturated_share: NDArray[np.float64],
    n_cells: NDArray[np.float64],
) -> NDArray[np.object_]:
    """Names of the flags that hold, joined by semicolons in the order of the alphabet."""
    holds = np.column_stack(
        [
            fit.mismatch,
            saturated_share > 0.5,
            ~(valid > 0.0),
            fit.outside,
            fit.partly_outside,
            (valid > 0.0) & (n_cells < TINY_CELLS),
        ]
    )
    kinds, kind_of = np.unique(holds, axis=0, return_inverse=True)
    texts = [";".join(np.asarray(FLAGS, dtype=object)[kind]) for kind in kinds]
    flags = np.asarray(texts, dtype=object)[kind_of.ravel()]
    for unit in np.flatnonzero(fit.mismatch):
        figure = f"{FLAGS[0]}:{fit.area_error[unit]:.2g}"
        flags[unit] = flags[unit].replace(FLAGS[0], figure)
    return flags
