"""The unit-year table: a tile's sums as means, shares and flags, one row for each unit."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.api.extensions import ExtensionArray

from geo.audit import AuditRow
from geo.coverage import Coverage
from tiles._sum_kernels import CELLS, COVERED, LIGHT, LIT, SATURATED, VALID
from tiles.tile import Tile

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


def grid_fit(coverage: Coverage) -> GridFit:
    """How units lie on a grid."""
    short = coverage.polygon_area < (1.0 - OUTSIDE_TOLERANCE) * coverage.whole_area
    empty = np.ones(len(short), dtype=np.bool_)
    for part in coverage.stripes:
        empty[part.units] = False
    return GridFit(
        area_error=coverage.area_error,
        mismatch=coverage.mismatch,
        outside=short & empty,
        partly_outside=short & ~empty,
    )


@dataclass(frozen=True, slots=True)
class TileRows:
    """A tile's rows of the unit-year table, by columns."""

    columns: dict[str, Any]
    """The columns of ``units.parquet``, each with a value for each unit."""
    audit: list[AuditRow]
    """One row for each flag that some unit has, with the count and the first units."""


def unit_year_table(rows: Sequence[TileRows]) -> pd.DataFrame:
    """The rows of all tiles, in their order, as one table."""
    columns = {name: _joined([tile.columns[name] for tile in rows]) for name in COLUMNS}
    return pd.DataFrame(columns, columns=list(COLUMNS), copy=False)


def _joined(parts: Sequence[Any]) -> Any:
    """The values of all parts; numbers in half the time that pandas takes."""
    if isinstance(parts[0], np.ndarray):
        return np.concatenate(parts)
    return pd.concat([pd.Series(part) for part in parts], ignore_index=True)


def tile_rows(
    units: pd.DataFrame,
    tile: Tile,
    *,
    sums: NDArray[np.float64],
    area_km2: NDArray[np.float64],
    fit: GridFit,
) -> TileRows:
    """A tile's rows of the unit-year table, and the audit rows of its flags.

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
    TileRows
        In the order of the units. ``mean`` is in the product's unit; ``sum`` in the product's unit
        times cells, or times square kilometres if the sums are geodesic; ``n_cells`` in cells.
        ``valid_share`` refers to the covered part inside the grid, the other shares to its valid
        part. Where that part is empty the quotients and the sum are NaN. ``flags`` are joined by
        semicolons; ``area_mismatch`` has its figure, as in ``area_mismatch:3.2e-07``, and ``tiny``
        is a unit whose valid part is under one cell, though not empty.
    """
    valid, light, n_cells = sums[:, VALID], sums[:, LIGHT], sums[:, CELLS]
    saturated_share = _quotient(sums[:, SATURATED], valid)
    holds = np.stack(
        [
            fit.mismatch,
            saturated_share > 0.5,
            ~(valid > 0.0),
            fit.outside,
            fit.partly_outside,
            (valid > 0.0) & (n_cells < TINY_CELLS),
        ]
    )
    columns: dict[str, Any] = {
        "unit_id": units["unit_id"].astype("str").array,
        "city_id": units["city_id"].astype("str").array,
        "year": np.full(len(units), tile.year, dtype=np.int64),
        "product": _texts([tile.product_label], np.zeros(len(units), dtype=np.int64)),
        "mean": _quotient(light, valid),
        "sum": np.where(valid > 0.0, light, np.nan),
        "area_km2": area_km2,
        "valid_share": _quotient(valid, sums[:, COVERED]),
        "lit_share": _quotient(sums[:, LIT], valid),
        "saturated_share": saturated_share,
        "n_cells": n_cells,
        "flags": _flags(holds, fit.area_error),
    }
    return TileRows(columns, _flag_audit(units["unit_id"], tile, holds, fit.area_error))


def _flag_audit(
    ids: "pd.Series[str]",
    tile: Tile,
    holds: NDArray[np.bool_],
    area_error: NDArray[np.float64],
) -> list[AuditRow]:
    rows = []
    for flag, flagged in zip(FLAGS, holds, strict=True):
        count = int(np.count_nonzero(flagged))
        if not count:
            continue
        listed = ids.iloc[np.flatnonzero(flagged)[:LISTED]]
        detail = f"units {', '.join(listed)}{', ...' if count > LISTED else ''}"
        if flag == "area_mismatch":
            worst = area_error[flagged].max()
            detail += f"; the sum of shares misses the area by up to {worst:.3g} of it"
        rows.append(AuditRow("light", flag, tile.name, detail, count))
    return rows


def _quotient(
    numerator: NDArray[np.float64], denominator: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The quotient, NaN where the denominator is zero."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(denominator > 0.0, numerator / denominator, np.nan)


def _flags(holds: NDArray[np.bool_], area_error: NDArray[np.float64]) -> ExtensionArray:
    """Names of the flags that hold, joined by semicolons in the order of the alphabet.

    Few kinds of text occur, one for each set of flags and each unit with a figure of its own.
    """
    texts = [_joined_names(flags) for flags in range(1 << len(FLAGS))]
    kind = np.zeros(len(area_error), dtype=np.int64)
    for bit, flagged in enumerate(holds):
        kind |= flagged.astype(np.int64) << bit
    for unit in np.flatnonzero(holds[0]):
        figure = f"{FLAGS[0]}:{area_error[unit]:.2g}"
        texts.append(texts[kind[unit]].replace(FLAGS[0], figure))
        kind[unit] = len(texts) - 1
    return _texts(texts, kind)


def _joined_names(flags: int) -> str:
    return ";".join(name for bit, name in enumerate(FLAGS) if flags >> bit & 1)


def _texts(kinds: list[str], kind: NDArray[np.int64]) -> ExtensionArray:
    """A column of texts, of which few differ."""
    return pd.array(kinds, dtype="str").take(kind)
