"""Steps of a calibration: what each does to a lazy cube, and what the manifest says of it."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import geopandas as gpd
import numpy as np
import xarray as xr
from numpy.typing import NDArray

from geo.audit import AuditRow
from tiles.calibration.continuity import Rule, continuous
from tiles.calibration.intercalibration import (
    CoefficientTable,
    intercalibrate,
    saturation_after,
)
from tiles.calibration.invariant_regions import fit_invariant
from tiles.calibration.levels import Above, Below, with_ceiling, with_floor
from tiles.calibration.region_mask import Becomes, Where, with_mask


@dataclass(frozen=True, slots=True)
class Stepped:
    """What a step makes of a cube."""

    light: xr.DataArray
    """The cube, still lazy."""
    done: Mapping[str, Any]
    """What was done, for the manifest; the same for the same light."""
    audit: tuple[AuditRow, ...] = ()
    """What a user should know."""
    saturation: NDArray[np.float64] | None = None
    """(years,) Values from which on cells count as saturated now; None if they are as before."""


class Step(ABC):
    """One transformation of a cube of light."""

    __slots__ = ()

    of_files: ClassVar[bool] = False
    """Whether it concerns single files, and comes before those of one year become one."""
    calibrates: ClassVar[bool] = False
    """Whether values of several satellites are on one scale after it."""
    reach: ClassVar[int] = 0
    """How many years to either side decide a year's values."""

    @abstractmethod
    def apply(
        self, light: xr.DataArray, *, saturation: NDArray[np.float64] | None = None
    ) -> Stepped:
        """Transform a cube.

        Parameters
        ----------
        light : DataArray
            Dimensions ``year``, ``y``, ``x``, with the coordinates of `tiles.cube.open_cube`.
        saturation : float array (years,), optional
            Value from which on a cell of each layer counts as saturated; NaN, or left out, for
            none.

        Returns
        -------
        Stepped

        Raises
        ------
        CalibrationError
            If the step cannot be taken on this light.
        """


@dataclass(frozen=True, slots=True)
class Intercalibrate(Step):
    """Polynomials by satellite-year from a table; `tiles.calibration.intercalibration`."""

    table: CoefficientTable
    of_files = True
    calibrates = True

    def apply(
        self, light: xr.DataArray, *, saturation: NDArray[np.float64] | None = None
    ) -> Stepped:
        """As `Step.apply`."""
        return _onto_one_scale("intercalibrate", light, self.table, saturation)


@dataclass(frozen=True, slots=True, eq=False)
class InvariantRegion(Step):
    """Polynomials fitted over a region of the user's; `tiles.calibration.invariant_regions`."""

    regions: gpd.GeoDataFrame
    reference: tuple[str, int]
    of_files = True
    calibrates = True

    def apply(
        self, light: xr.DataArray, *, saturation: NDArray[np.float64] | None = None
    ) -> Stepped:
        """As `Step.apply`; the region's light is read."""
        fit = fit_invariant(light, self.regions, reference=self.reference)
        audit = [
            AuditRow(
                "tiles",
                "invariant_region",
                f"{satellite} {year}",
                f"fitted to {self.reference[0]} {self.reference[1]} over {cells} cells, "
                f"rmse {fit.rmse[satellite, year]:.3g} DN",
                cells,
            )
            for (satellite, year), cells in fit.cells.items()
        ]
        found = _onto_one_scale("invariant_region", light, fit.table, saturation)
        return replace(found, audit=tuple(audit))


@dataclass(frozen=True, slots=True)
class Floor(Step):
    """A noise floor; `tiles.calibration.levels.with_floor`."""

    below: float
    to: Below = "dark"

    def apply(
        self,
        light: xr.DataArray,
        *,
        saturation: NDArray[np.float64] | None = None,  # noqa: ARG002 - stays
    ) -> Stepped:
        """As `Step.apply`."""
        found = with_floor(light, below=self.below, to=self.to)
        return Stepped(found, {"step": "floor", "below": self.below, "to": self.to})


@dataclass(frozen=True, slots=True)
class Ceiling(Step):
    """Saturation; `tiles.calibration.levels.with_ceiling`."""

    at: float
    to: Above = "cap"

    def apply(
        self, light: xr.DataArray, *, saturation: NDArray[np.float64] | None = None
    ) -> Stepped:
        """As `Step.apply`."""
        found = with_ceiling(light, at=self.at, to=self.to)
        done = {"step": "saturation", "at": self.at, "to": self.to}
        if saturation is None or self.to == "fill":
            return Stepped(found, done)
        return Stepped(found, done, saturation=np.fmin(saturation, self.at))


@dataclass(frozen=True, slots=True, eq=False)
class Mask(Step):
    """Cells inside or outside polygons; `tiles.calibration.region_mask`."""

    regions: gpd.GeoDataFrame
    digest: str
    """Of the polygons' file."""
    where: Where
    to: Becomes

    def apply(
        self,
        light: xr.DataArray,
        *,
        saturation: NDArray[np.float64] | None = None,  # noqa: ARG002 - stays
    ) -> Stepped:
        """As `Step.apply`."""
        found = with_mask(light, self.regions, where=self.where, to=self.to)
        done = {"step": "mask", "polygons": self.digest, "where": self.where, "to": self.to}
        return Stepped(found, done)


@dataclass(frozen=True, slots=True)
class Continuity(Step):
    """Neighbouring years; `tiles.calibration.continuity`."""

    rule: Rule = "gaps"
    reach = 1

    def apply(
        self,
        light: xr.DataArray,
        *,
        saturation: NDArray[np.float64] | None = None,  # noqa: ARG002 - stays
    ) -> Stepped:
        """As `Step.apply`."""
        found = continuous(light, rule=self.rule)
        years = [int(year) for year in light.coords["year"].to_numpy()]
        alone = [year for year in years if year - 1 not in years or year + 1 not in years]
        detail = f"years without both neighbours on their grid stay: {', '.join(map(str, alone))}"
        audit = (AuditRow("tiles", "continuity", "light", detail, len(alone)),) if alone else ()
        return Stepped(found, {"step": "continuity", "rule": self.rule}, audit)


def _onto_one_scale(
    step: str,
    light: xr.DataArray,
    table: CoefficientTable,
    saturation: NDArray[np.float64] | None,
) -> Stepped:
    """Polynomials of the layers, their new values of saturation, and what was applied."""
    found = intercalibrate(light, table, saturation=saturation)
    done = _polynomials(step, light, table)
    audit = tuple(
        AuditRow("tiles", step, layer, "DN' = {:g} {:+g} DN {:+g} DN^2, ".format(*row) + table.name)
        for layer, row in done["applied"].items()
    )
    if saturation is None:
        return Stepped(found, done, audit)
    return Stepped(found, done, audit, saturation_after(light, table, saturation))


def _polynomials(step: str, light: xr.DataArray, table: CoefficientTable) -> dict[str, Any]:
    """What was applied to each layer."""
    satellites = (str(name) for name in light.coords["satellite"].to_numpy())
    years = (int(year) for year in light.coords["year"].to_numpy())
    applied = {
        f"{satellite} {year}": list(table.of(satellite, year))
        for satellite, year in zip(satellites, years, strict=True)
    }
    return {"step": step, "table": table.name, "citation": table.citation, "applied": applied}
