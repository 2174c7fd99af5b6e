"""Calibration: the steps of a study, one after the other, over the lazy cubes of its tiles.

Nothing is read or computed here, but what a step has to fit. A calibrated tile is a lazy array that
the pipeline reads by stripes like a file. Its address holds what it is made of: its own files,
those of the years that its steps reach, and what was done.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise
from typing import Any, Self

import numpy as np
import xarray as xr
from numpy.typing import NDArray

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
    """Apply steps to the tiles of a catalogue, lazily, in their order.

    Several files of one year are averaged, if they are to be, after the last step that concerns
    single files. Each product and grid is a cube of its own: nothing is resampled. Files that are
    kept under labels share the steps on single files, and are apart after them.

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
        If a step cannot be taken, or files are to be averaged that are not on one scale, or not on
        one grid.
    ContractError
        If a step reads values that break their product's contract; others are refused when the
        pipeline reads them.
    """
    files = max((k for k, step in enumerate(steps, start=1) if step.of_files), default=0)
    first, then = steps[:files], steps[files:]
    done: dict[str, list[Mapping[str, Any]]] = {}
    audit: list[AuditRow] = []
    tiles: list[Tile] = []
    for of_grid in _by_grid(catalog.tiles):
        whole = _apply(_State.of(of_grid), first, audit)
        for part, of_part in _parts(whole, of_grid, average=average):
            state = part
            if average:
                _check_average(of_part, steps)
                state = _averaged(part, audit)
            state = _apply(state, then, audit)
            done[f"{of_part[0].product_label} on grid {of_part[0].grid.grid_id}"] = state.log
            tiles += _layers(state, of_part, reach=sum(step.reach for step in steps))
    tiles.sort(key=lambda tile: (*tile.key, tile.where))
    _check_one_a_year(tiles)
    return Calibrated(Catalog(tuple(tiles), (*catalog.audit, *audit)), done)


@dataclass(frozen=True, slots=True)
class _State:
    """A cube on its way through the steps."""

    light: xr.DataArray
    """The cube."""
    saturation: NDArray[np.float64]
    """(years,) Value from which on a cell of each layer counts as saturated; NaN for none."""
    log: list[Mapping[str, Any]]
    """What was done."""

    @classmethod
    def of(cls, tiles: Sequence[Tile]) -> Self:
        """Tiles as they are read; values that break a contract are refused there."""
        level = tiles[0].product.saturation
        levels = np.full(len(tiles), np.nan if level is None else level)
        return cls(cube_of(tiles, checked=True), levels, [])

    def layers(self, chosen: Sequence[int]) -> Self:
        """Some of the layers."""
        at = list(chosen)
        return replace(
            self,
            light=self.light.isel(year=at),
            saturation=self.saturation[at],
            log=list(self.log),
        )


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
            which = " and ".join(
                " ".join(texts[k] for texts in words.values() if texts[k]) for k in of_year
            )
            detail = f"the mean of {len(of_year)} files where they observed: {which}"
            audit.append(AuditRow("tiles", "average", f"year {year}", detail, len(of_year)))
    cube = stacked(layers, sorted(set(years)), joined)
    return cube.assign_attrs(light.attrs), audit


def _by_grid(tiles: Sequence[Tile]) -> list[list[Tile]]:
    def place(tile: Tile) -> tuple[str, str]:
        return tile.product.name, tile.grid.grid_id

    in_order = sorted(tiles, key=lambda tile: (*place(tile), *tile.key, tile.where))
    return [list(some) for _, some in groupby(in_order, key=place)]


def _parts(
    whole: _State, tiles: Sequence[Tile], *, average: bool
) -> Iterator[tuple[_State, list[Tile]]]:
    """The layers of each label, with their tiles; all together if they are to be averaged."""
    labels = [tile.product_label for tile in tiles]
    for label in [labels[0]] if average else sorted(set(labels)):
        chosen = [k for k, other in enumerate(labels) if average or other == label]
        yield whole.layers(chosen), [tiles[k] for k in chosen]


def _apply(state: _State, steps: Sequence[Step], audit: list[AuditRow]) -> _State:
    for step in steps:
        stepped = step.apply(state.light, saturation=state.saturation)
        audit += stepped.audit
        levels = state.saturation if stepped.saturation is None else stepped.saturation
        state = _State(stepped.light, levels, [*state.log, stepped.done])
    return state


def _averaged(state: _State, audit: list[AuditRow]) -> _State:
    """Each year once; a mean counts as saturated from the lowest of its files' levels on."""
    years = state.light.coords["year"].to_numpy()
    light, rows = averaged(state.light)
    audit += rows
    levels = [state.saturation[years == year].min() for year in np.unique(years)]
    return _State(light, np.array(levels), [*state.log, *([{"step": "average"}] if rows else [])])


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


def _check_one_a_year(tiles: Sequence[Tile]) -> None:
    """Files of one year on different grids cannot become one."""
    for first, second in pairwise(tiles):
        if first.key == second.key:
            raise CalibrationError(
                "lights.several",
                expected=f"files of {first.product_label} {first.year} on one grid",
                found=f"{first.name} and {second.name} on two",
                hint="prefer one of them, keep both, or warp them to one grid first",
            )


def _layers(state: _State, tiles: Sequence[Tile], *, reach: int) -> list[Tile]:
    """The layers of a calibrated cube as tiles."""
    made, light, log = [], state.light, state.log
    for k, year in enumerate(int(year) for year in light.coords["year"].to_numpy()):
        near = [tile for tile in tiles if abs(tile.year - year) <= reach]
        own = next(tile for tile in tiles if tile.year == year)
        recipe = (year, made_with("tiles.calibrate"), _for_years(log, near))
        source = ArraySource(
            layer=light.isel(year=k, drop=True),
            recipe=recipe,
            behind=tuple(tile.source for tile in near),
        )
        level = float(state.saturation[k])
        plain = replace(own.product, fill_values=(), saturation=None if np.isnan(level) else level)
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
