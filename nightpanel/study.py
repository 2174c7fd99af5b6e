"""The study file's models: what a study may say, key by key.

Unknown keys are refused; `nightpanel.study_file` reads a file and names its problems.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from nightpanel.study_designs import DesignSection
from nightpanel.study_lights import LightsSection, ProductSection
from nightpanel.study_panel import PanelSection
from nightpanel.study_results import ResultsSection, ResultTableSection, with_results
from nightpanel.study_section import Section
from nightpanel.study_units import UnitsSection


class StudySection(Section):
    """What the study is called and which years it covers."""

    name: str = Field(min_length=1)
    """A short name; it stands in the manifest."""
    years: Annotated[list[int], Field(min_length=1)] | None = None
    """Calendar years; every one needs a tile. All years that have tiles when left out."""


class Study(Section):
    """A whole study; paths are absolute once it is read from a file."""

    study: StudySection
    """Name and years."""
    products: list[ProductSection] = []
    """Light products of the user's own."""
    lights: LightsSection | None = None
    """Tiles; a study without them is of tables alone."""
    units: UnitsSection | None = None
    """Polygons; with the tiles, or not at all."""
    panel: PanelSection | None = None
    """Yearbook tables; a study without them ends with the light."""
    designs: list[DesignSection] = []
    """Designs; they need a panel."""
    results: ResultsSection | None = None
    """What holds for all tables of the paper that do not say otherwise."""
    tables: list[ResultTableSection] = []
    """Tables of the paper, each of some designs."""

    _shared = model_validator(mode="before")(staticmethod(with_results))

    @model_validator(mode="after")
    def _light_or_tables(self) -> Self:
        if (self.lights is None) != (self.units is None):
            raise ValueError("lights and units come together: add the other section")
        if self.lights is None and self.panel is None:
            raise ValueError("lights and units, or a [panel] section, must be there")
        return self

    @model_validator(mode="after")
    def _designs_have_a_panel(self) -> Self:
        if self.designs and self.panel is None:
            raise ValueError("designs need a [panel] section")
        return self


class DesignsFile(Section):
    """A file of designs alone, for a panel that exists already."""

    designs: list[DesignSection] = Field(min_length=1)
    """The designs."""
    results: ResultsSection | None = None
    """What holds for all tables of the paper that do not say otherwise."""
    tables: list[ResultTableSection] = []
    """Tables of the paper, each of some designs."""

    _shared = model_validator(mode="before")(staticmethod(with_results))


def lights_study(
    *,
    tiles: Sequence[str],
    units: Path,
    unit_id: str,
    city_id: str,
    product: str | None = None,
    layer: str | None = None,
    encoding: str | None = None,
    datum: Literal["WGS84", "GCJ-02", "BD-09"] = "WGS84",
    crosswalk: str | None = None,
) -> Study:
    """A study of light and inequality alone, without a file.

    Parameters
    ----------
    tiles : sequence of str
        File names or glob patterns.
    units : Path
        Vector file of the units.
    unit_id, city_id, layer, encoding, datum, crosswalk
        As in the study file's ``[units]``.
    product : str, optional
        As in the study file's ``[lights]``.

    Returns
    -------
    Study
    """
    return Study(
        study=StudySection(name="lights"),
        lights=LightsSection(tiles=list(tiles), product=product),
        units=UnitsSection(
            file=units,
            layer=layer,
            unit_id=unit_id,
            city_id=city_id,
            encoding=encoding,
            datum=datum,
            crosswalk=crosswalk,
        ),
    )
