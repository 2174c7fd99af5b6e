"""The file of a conversion from VIIRS to DMSP-like light: what the next year reuses."""

import json
import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pyproj import CRS
from pyproj.exceptions import CRSError

from geo.errors import CalibrationError
from geo.grid import Grid
from nightpanel.drafts import write_whole
from tiles.calibration.logistic_curve import LogisticCurve
from tiles.calibration.viirs_to_dmsp import Cleaning, Conversion

FORMAT = "nightpanel viirs-to-dmsp 1"


@dataclass(frozen=True, slots=True)
class StoredConversion:
    """A conversion and where it comes from."""

    conversion: Conversion
    """What turns radiance into DN."""
    grid: Grid
    """The whole grid of the DMSP tile that it was fitted on."""
    fitted_on: dict[str, Any]
    """Names and SHA-256 of the files, years, and errors."""


def write_conversion(path: Path, stored: StoredConversion) -> None:
    """Write a conversion's file, whole or not at all."""
    conversion, grid = stored.conversion, stored.grid
    content = {
        "format": FORMAT,
        "curve": asdict(conversion.curve),
        "formula": "DN = a + b / (1 + exp(-c (log(1 + radiance) - d)))",
        "cleaning": asdict(conversion.cleaning),
        "sigma_km": conversion.sigma_km,
        "threshold": conversion.threshold,
        "ceiling": conversion.ceiling,
        "grid": {
            "crs": grid.crs_wkt,
            "transform": list(grid.transform),
            "shape": list(grid.shape),
        },
        "fitted_on": stored.fitted_on,
    }
    text = json.dumps(content, indent=2, ensure_ascii=False) + "\n"
    write_whole(path, lambda stream: stream.write(text.encode()))


def read_conversion(path: Path) -> StoredConversion:
    """Read a conversion's file.

    Parameters
    ----------
    path : Path

    Returns
    -------
    StoredConversion

    Raises
    ------
    CalibrationError
        If it is not there, or is no such file.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        _check_format(content)
        grid = content["grid"]
        curve, cleaning = content["curve"], content["cleaning"]
        conversion = Conversion(
            curve=LogisticCurve(*(_number(curve[name]) for name in "abcd")),
            cleaning=Cleaning(
                _number(cleaning["floor"]),
                None if cleaning["cap"] is None else _number(cleaning["cap"]),
            ),
            sigma_km=_number(content["sigma_km"]),
            threshold=_number(content["threshold"]),
            ceiling=_number(content["ceiling"]),
        )
        _check_sense(conversion)
        transform = tuple(_number(value) for value in grid["transform"])
        return StoredConversion(
            conversion,
            Grid.checked(
                crs=CRS.from_wkt(grid["crs"]),
                transform=transform,  # type: ignore[arg-type]
                shape=(int(grid["shape"][0]), int(grid["shape"][1])),
                where=str(path),
            ),
            dict(content["fitted_on"]),
        )
    except (OSError, ValueError, KeyError, TypeError, CRSError, CalibrationError) as error:
        raise CalibrationError(
            str(path),
            expected="a file that 'nightpanel calibrate viirs-to-dmsp' wrote",
            found=f"{type(error).__name__}: {error}",
            hint="fit the conversion again",
        ) from error


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"{value!r} instead of a finite number")
    return float(value)


def _check_sense(conversion: Conversion) -> None:
    """What no fit gives: light that falls with radiance, or a scale that ends where it begins."""
    curve = conversion.curve
    if curve.b <= 0.0 or curve.c <= 0.0:
        raise ValueError(f"a curve that does not rise, b = {curve.b:g} and c = {curve.c:g}")
    if conversion.sigma_km < 0.0 or not 0.0 < conversion.threshold < conversion.ceiling:
        raise ValueError(
            f"kernel {conversion.sigma_km:g} km, DN from {conversion.threshold:g} to "
            f"{conversion.ceiling:g}"
        )


def _check_format(content: dict[str, Any]) -> None:
    if content["format"] != FORMAT:
        raise ValueError(f"format {content['format']!r}")
