"""Intercalibration of DMSP satellites: every satellite-year onto the scale of one of them.

Second-order polynomials by satellite and year, DN' = c0 + c1 DN + c2 DN^2, after Elvidge et al.
(2009, Energies 2, 595) and (2014, in: Global Urban Monitoring and Assessment, CRC Press), whose
reference is F12-1999. Zero stays zero, fill stays fill, results lie between 0 and the ceiling of
63. A satellite-year without coefficients is refused: nothing is extrapolated.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from geo.errors import CalibrationError
from tiles.calibration.blockwise import blockwise
from tiles.calibration.coefficient_tables import CITATIONS, SHIPPED
from tiles.products import PRODUCTS

CEILING = 63.0
DN = "DN"
LEAST, MOST = 25.0, 126.0
"""What a plausible curve makes of DN 63, 40 % to 200 % of it."""
MOST_FALL = 2.0
"""By how much, in DN, a plausible curve falls at most: some published ones bend at the end."""
COLUMNS = ("satellite", "year", "c0", "c1", "c2")

Coefficients = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class CoefficientTable:
    """Coefficients by satellite and year."""

    name: str
    """What errors and manifests call it."""
    citation: str
    """Where it comes from."""
    rows: Mapping[tuple[str, int], Coefficients]
    """c0, c1 and c2 by satellite, as ``F18``, and year."""

    def of(self, satellite: str, year: int) -> Coefficients:
        """Coefficients of a satellite-year.

        Raises
        ------
        CalibrationError
            If the table has none.
        """
        found = self.rows.get((satellite, year))
        if found is None:
            known = sorted(year for name, year in self.rows if name == satellite)
            raise CalibrationError(
                f"coefficients {self.name}",
                expected=f"a row for {satellite or 'a satellite without a name'} {year}",
                found=f"rows for {', '.join(map(str, known)) or 'no year'} of that satellite",
                hint="name a csv file with the missing satellite-years and its citation, or leave "
                "the year out: coefficients are never extrapolated",
            )
        return found


def read_coefficients(name: str | Path, *, citation: str | None = None) -> CoefficientTable:
    """A table of coefficients: a shipped one by its name, or a csv file.

    Parameters
    ----------
    name : str or Path
        ``elvidge-2014``, or a file with the columns satellite, year, c0, c1, c2.
    citation : str, optional
        Where a file's coefficients come from; it must be said.

    Returns
    -------
    CoefficientTable

    Raises
    ------
    CalibrationError
        If the file is not there, lacks a column or a citation, holds what is no number, or a
        satellite-year twice.
    """
    if name in SHIPPED:
        return _shipped(str(name))
    path = Path(name)
    if not (citation or "").strip():
        raise CalibrationError(
            f"coefficients {path}",
            expected="a citation, where they come from",
            found="none",
            hint="add citation = '...' beside the file's name",
        )
    return _read(path, name=path.name, citation=str(citation))


@cache
def _shipped(name: str) -> CoefficientTable:
    return _read(SHIPPED[name], name=name, citation=CITATIONS[name])


def _read(path: Path, *, name: str, citation: str) -> CoefficientTable:
    try:
        table = pd.read_csv(path, dtype=str, comment="#", skipinitialspace=True)
    except (OSError, ValueError) as error:
        raise _bad_table(path, "a csv file of coefficients", str(error)) from error
    missing = [column for column in COLUMNS if column not in table.columns]
    if missing:
        found = ", ".join(map(str, table.columns))
        raise _bad_table(path, f"the columns {', '.join(COLUMNS)}", found)
    rows: dict[tuple[str, int], Coefficients] = {}
    for line, row in enumerate(table[list(COLUMNS)].itertuples(index=False), start=2):
        try:
            key = (str(row[0]).strip().upper(), int(row[1]))
            c0, c1, c2 = (float(value) for value in row[2:])
        except (TypeError, ValueError) as error:
            raise _bad_table(
                f"{path}, line {line}", "a satellite and numbers", str(error)
            ) from error
        if not np.isfinite([c0, c1, c2]).all():
            raise _bad_table(f"{path}, line {line}", "finite coefficients", f"{(c0, c1, c2)}")
        if key in rows:
            raise _bad_table(f"{path}, line {line}", "each satellite-year once", f"{key} twice")
        _check_flew(f"{path}, line {line}", *key)
        _check_plausible(f"{path}, line {line}", (c0, c1, c2))
        rows[key] = (c0, c1, c2)
    if not rows:
        raise _bad_table(path, "at least one row", "none")
    return CoefficientTable(name=name, citation=citation, rows=rows)


def _check_flew(where: str, satellite: str, year: int) -> None:
    """A widely copied table lists rows of F16 under F18 for years in which F18 did not fly yet."""
    for span in PRODUCTS["dmsp-stable"].spans:
        first, last = span.first_year or year, span.last_year or year
        if span.name == satellite and not first <= year <= last:
            raise _bad_table(where, f"a year of {satellite}, {first} to {last}", f"{year}")


def _check_plausible(where: str, row: Coefficients) -> None:
    """A curve that leads from dark to bright; one with columns swapped does not."""
    dn = np.arange(1.0, CEILING + 1.0)
    found = row[0] + row[1] * dn + row[2] * dn**2
    falls = float((np.maximum.accumulate(found) - found).max())
    if falls > MOST_FALL or found[-1] > MOST or found[-1] < LEAST or found[0] < -LEAST:
        text = f"DN 1 to {found[0]:.3g}, DN 63 to {found[-1]:.3g}, falling by {falls:.3g} between"
        raise _bad_table(
            where, f"a curve that rises to between {LEAST:g} and {MOST:g} at DN 63", text
        )


def _bad_table(where: Path | str, expected: str, found: str) -> CalibrationError:
    return CalibrationError(
        str(where), expected=expected, found=found, hint="correct the table of coefficients"
    )


def intercalibrate(
    light: xr.DataArray,
    table: CoefficientTable,
    *,
    saturation: NDArray[np.float64] | None = None,
) -> xr.DataArray:
    """Put every layer onto the table's scale, lazily.

    What was saturated stays the brightest of its layer: a cell below saturation stays below what
    saturation becomes, by the last bit where the curve would lift it there.

    Parameters
    ----------
    light : DataArray
        Dimensions ``year``, ``y``, ``x``; ``satellite`` is a coordinate along ``year``.
    table : CoefficientTable
    saturation : float array (years,), optional
        Value from which on a cell of each layer is saturated; by default 63 DN.

    Returns
    -------
    DataArray
        As ``light``, from 0 to 63.

    Raises
    ------
    CalibrationError
        If the table lacks one of the satellite-years, or the light is no DN.
    """
    unit = str(light.attrs.get("units", DN))
    if unit != DN:
        raise CalibrationError(
            f"coefficients {table.name}",
            expected=f"light in {DN}, which the polynomials are for",
            found=f"light in {unit}",
            hint="leave the step out for this product",
        )
    full = np.full(light.sizes["year"], CEILING) if saturation is None else saturation
    levels = saturation_after(light, table, full)
    of_years = np.array([*zip(*_rows(light, table), strict=True), full, levels])
    layers = (xr.Variable("year", values) for values in of_years)
    return blockwise(_polynomial, light, *layers, ceiling=CEILING)


def saturation_after(
    light: xr.DataArray, table: CoefficientTable, saturation: NDArray[np.float64]
) -> NDArray[np.float64]:
    """What the values of saturation of layers become on the table's scale.

    Parameters
    ----------
    light : DataArray
        As for `intercalibrate`.
    table : CoefficientTable
    saturation : float array (years,)
        NaN for none.

    Returns
    -------
    float array (years,)
        As the type of the light holds them.

    Raises
    ------
    CalibrationError
        If the table lacks one of the satellite-years.
    """
    c0, c1, c2 = np.array(_rows(light, table)).T
    levels = _curve(saturation.astype(light.dtype), c0, c1, c2, ceiling=CEILING)
    return levels.astype(np.float64)


def _rows(light: xr.DataArray, table: CoefficientTable) -> list[Coefficients]:
    satellites = light.coords["satellite"].to_numpy().tolist()
    years = light.coords["year"].to_numpy().tolist()
    return [table.of(str(name), int(year)) for name, year in zip(satellites, years, strict=True)]


def _polynomial(
    light: NDArray[np.floating],
    c0: NDArray[np.float64],
    c1: NDArray[np.float64],
    c2: NDArray[np.float64],
    full: NDArray[np.float64],
    level: NDArray[np.float64],
    *,
    ceiling: float,
) -> NDArray[np.floating]:
    """One layer or several; what is not saturated stays below the level of what is."""
    kind = light.dtype
    found = _curve(light, c0, c1, c2, ceiling=ceiling)
    lifted = (found >= level.astype(kind)) & (light < full.astype(kind))
    if lifted.any():
        below = np.nextafter(level.astype(kind), kind.type(0.0))
        np.copyto(found, np.broadcast_to(below, found.shape), where=lifted)
    return found


def _curve(
    light: NDArray[np.floating],
    c0: NDArray[np.float64],
    c1: NDArray[np.float64],
    c2: NDArray[np.float64],
    *,
    ceiling: float,
) -> NDArray[np.floating]:
    """In the light's own type; two arrays of its size at a time."""
    kind = light.dtype
    found = light * c2.astype(kind)
    found += c1.astype(kind)
    found *= light
    found += c0.astype(kind)
    np.clip(found, 0.0, ceiling, out=found)
    found[light == 0.0] = 0.0
    return found
