"""Calibration: the steps of a study, one after the other, over the lazy cubes of its tiles.

Nothing is read or computed here, but what a step has to fit. A calibrated tile is a lazy array that
the pipeline reads by stripes like a file. Its address holds what it is made of: its own files,
those of the years that its steps reach, and what was done.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

import numpy as np
import xarray as xr

from geo.audit import AuditRow
from geo.errors import CalibrationError
from tiles.arrays import ArraySource
from tiles.calibration.steps import Step
from tiles.catalog import Catalog
from tiles.cube import cube_of, stacked, words_of
from tiles.made_with import made_with
from tiles.tile import Tile


@dataclass(frozen=True, slots=True)
class Calibrated:
    """A catalogue of calibrated tiles."""

    catalog: Catalog
    """One tile for each product and year."""
    done: Mapping[str, Sequence[Mapping[str, Any]]]
    """What was done to each product, step by step, for the manifest."""


def calibrate(catalog: Catalog, steps: Sequence[Step], *, average: bool = False) -> Calibrated:
    """Apply steps to the tiles of a catalogue, lazily.

    Steps that concern single files come first, in their order; then several files of one year are
    averaged, if they are to be; then the other steps. Each product and grid is a cube of its own:
    nothing is resampled.

    Parameters
    ----------
    catalog : Catalog
        With several tiles of a product and year only if they are to be averaged.
    steps : sequence of Step
    average : bool
        Whether several files of one year become their average, cell by cell over those that
        observed it.

    Returns
    -------
    Calibrated

    Raises
    ------
    CalibrationError
        If a step cannot be taken, or files are to be averaged that are not on one scale.
    """
    first = [step for step in steps if step.of_files]
    then = [step for step in steps if not step.of_files]
    done: dict[str, list[Mapping[str, Any]]] = {}
    audit: list[AuditRow] = []
    tiles: list[Tile] = []
    for (label, grid), of_grid in _by_grid(catalog.tiles):
        light = cube_of(of_grid)
        log = done.setdefault(f"{label} on grid {grid}", [])
        light = _apply(light, first, log, audit)
        if average:
            _check_average(of_grid, steps)
            light, row = averaged(light)
            audit += row
            log += [{"step": "average"}] if row else []
        light = _apply(light, then, log, audit)
        reach = sum(step.reach for step in then)
        tiles += _layers(light, of_grid, log, reach=reach)
    tiles.sort(key=lambda tile: tile.key)
    return Calibrated(Catalog(tuple(tiles), (*catalog.audit, *audit)), done)


def averaged(light: xr.DataArray) -> tuple[xr.DataArray, list[AuditRow]]:
    """The layers of each year as one, the mean of the values that were observed, lazily.

    Parameters
    ----------
    light : DataArray
        Dimensions ``year``, ``y``, ``x``; years may repeat.

    Returns
    -------
    DataArray
        Each year once; ``satellite`` lists all of them.
    list of AuditRow
        One for each year that had several.
    """
    years = [int(year) for year in light.coords["year"].to_numpy()]
    words = words_of(light)
    layers, audit = [], []
    joined: dict[str, list[str]] = {name: [] for name in words}
    for year in sorted(set(years)):
        of_year = [k for k, other in enumerate(years) if other == year]
        for name, texts in words.items():
            joined[name].append(" and ".join(texts[k] for k in of_year))
        layers.append(light.isel(year=of_year[0]))
        if len(of_year) > 1:
            some = light.isel(year=of_year)
            layers[-1] = some.mean("year", skipna=True, keep_attrs=True).astype(light.dtype)
            which = ", ".join(texts[-1] for texts in joined.values() if texts[-1].strip())
            detail = f"the mean of {len(of_year)} files where they observed: {which}"
            audit.append(AuditRow("tiles", "average", f"year {year}", detail, len(of_year)))
    cube = stacked(layers, sorted(set(years)), joined)
    return cube.assign_attrs(light.attrs), audit


def _by_grid(tiles: Sequence[Tile]) -> list[tuple[tuple[str, str], list[Tile]]]:
    def place(tile: Tile) -> tuple[str, str]:
        return tile.product_label, tile.grid.grid_id

    return [(key, list(some)) for key, some in groupby(sorted(tiles, key=place), key=place)]


def _apply(
    light: xr.DataArray,
    steps: Sequence[Step],
    log: list[Mapping[str, Any]],
    audit: list[AuditRow],
) -> xr.DataArray:
    for step in steps:
        stepped = step.apply(light)
        light = stepped.light
        log.append(stepped.done)
        audit += stepped.audit
    return light


def _check_average(tiles: Sequence[Tile], steps: Sequence[Step]) -> None:
    product = tiles[0].product
    years = [tile.year for tile in tiles]
    several = len(set(years)) < len(years)
    if several and product.calibration == "none" and not any(step.calibrates for step in steps):
        raise CalibrationError(
            f"lights.several, product {product.name}",
            expected="a step that puts the satellites on one scale before they are averaged",
            found="none",
            hint="add a step 'intercalibrate' or 'invariant_region', or prefer one satellite",
        )


def _layers(
    light: xr.DataArray, tiles: Sequence[Tile], log: Sequence[Mapping[str, Any]], *, reach: int
) -> list[Tile]:
    """The layers of a calibrated cube as tiles."""
    made = []
    for k, year in enumerate(int(year) for year in light.coords["year"].to_numpy()):
        near = [tile for tile in tiles if abs(tile.year - year) <= reach]
        own = next(tile for tile in tiles if tile.year == year)
        recipe = (year, made_with("tiles.calibrate"), _for_years(log, near))
        source = ArraySource(
            layer=light.isel(year=k, drop=True),
            recipe=recipe,
            behind=tuple(tile.source for tile in near),
        )
        plain = replace(own.product, fill_values=())
        made.append(
            replace(
                own, source=source, dtype=str(np.dtype(light.dtype)), nodata=None, product=plain
            )
        )
    return made


def _for_years(log: Sequence[Mapping[str, Any]], near: Sequence[Tile]) -> str:
    """What of the log decides a year: polynomials of other files do not."""
    keys = {f"{tile.facts.satellite} {tile.year}" for tile in near}
    kept = [
        {
            name: {key: value[key] for key in sorted(keys & value.keys())}
            if name == "applied"
            else value
            for name, value in step.items()
        }
        for step in log
    ]
    return repr(kept)
