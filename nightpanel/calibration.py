"""From a study's steps to calibrated tiles."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geo.errors import NightpanelError
from nightpanel.study_lights import (
    ContinuitySection,
    FloorSection,
    IntercalibrateSection,
    InvariantRegionSection,
    LightsSection,
    MaskSection,
    SaturationSection,
    StepSection,
)

if TYPE_CHECKING:
    import geopandas as gpd

    from tiles.calibration.steps import Step
    from tiles.catalog import Catalog


def is_calibrated(lights: LightsSection) -> bool:
    """Whether a study's light is anything but what its files hold."""
    return bool(lights.steps) or lights.several == "average"


def step_files(lights: LightsSection) -> list[Path]:
    """The files that a study's steps read."""
    files = []
    for step in lights.steps:
        if isinstance(step, MaskSection | InvariantRegionSection):
            files.append(step.file)
        elif isinstance(step, IntercalibrateSection) and Path(step.coefficients).is_absolute():
            files.append(Path(step.coefficients))
    return files


def calibrated(
    catalog: "Catalog", lights: LightsSection, *, digest_of_file: Callable[[Path], str]
) -> tuple["Catalog", Mapping[str, Sequence[Mapping[str, Any]]]]:
    """A study's tiles as its steps make them.

    Parameters
    ----------
    catalog : Catalog
        As `nightpanel.inputs.study_catalog` gives it.
    lights : LightsSection
    digest_of_file : callable
        SHA-256 of a file of `step_files`.

    Returns
    -------
    Catalog
        The same one if there is nothing to do.
    mapping
        What was done, as `tiles.calibrate.Calibrated` has it.

    Raises
    ------
    NightpanelError
        A step cannot be taken, or one of its files cannot be read; the step is named.
    """
    if not is_calibrated(lights):
        return catalog, {}
    from tiles.calibrate import calibrate  # xarray takes a second to load

    steps = study_steps(lights, digest_of_file=digest_of_file)
    result = calibrate(catalog, steps, average=lights.several == "average")
    return result.catalog, result.done


def study_steps(lights: LightsSection, *, digest_of_file: Callable[[Path], str]) -> "list[Step]":
    """A study's steps, with what their files hold; as `calibrated`."""
    return [_named_step(index, step, digest_of_file) for index, step in enumerate(lights.steps)]


def reads_light(lights: LightsSection) -> bool:
    """Whether a study's steps read light before a tile is summed."""
    return any(isinstance(step, InvariantRegionSection) for step in lights.steps)


def _named_step(index: int, section: StepSection, digest_of_file: Callable[[Path], str]) -> "Step":
    try:
        return _step(section, digest_of_file)
    except NightpanelError as error:
        raise type(error)(
            f"lights.steps.{index}, {error.where}",
            expected=error.expected,
            found=error.found,
            hint=error.hint,
        ) from error


def _step(section: StepSection, digest_of_file: Callable[[Path], str]) -> "Step":
    from tiles.calibration import steps
    from tiles.calibration.intercalibration import read_coefficients

    match section:
        case IntercalibrateSection():
            table = read_coefficients(section.coefficients, citation=section.citation)
            return steps.Intercalibrate(table)
        case InvariantRegionSection():
            reference = (section.satellite.upper(), section.year)
            return steps.InvariantRegion(_polygons(section.file, section.layer), reference)
        case FloorSection():
            return steps.Floor(section.below, section.to)
        case SaturationSection():
            return steps.Ceiling(section.at, section.to)
        case MaskSection():
            regions = _polygons(section.file, section.layer)
            return steps.Mask(regions, digest_of_file(section.file), section.where, section.to)
        case ContinuitySection():
            return steps.Continuity(section.rule)


def _polygons(file: Path, layer: str | None) -> "gpd.GeoDataFrame":
    from geo.regions import read_regions

    return read_regions(file, layer=layer)
