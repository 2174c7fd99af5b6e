"""The study file's sections on light: products of one's own, tiles, steps of calibration."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from nightpanel.study_section import FilePath, Section


class NoteSection(Section):
    """What is known of some of a product's files."""

    years: list[int]
    """The years that it concerns."""
    text: str
    """What is said."""
    satellite: str | None = None
    """The satellite that it concerns; all when left out."""


class SpanSection(Section):
    """Years of a satellite or a version."""

    name: str
    """The satellite or version."""
    first_year: int | None = None
    """Its first year; none when left out."""
    last_year: int | None = None
    """Its last year; none when left out."""


class ProductSection(Section):
    """A light product of the user's own: its contract."""

    name: str
    """The product's name, as used in ``lights.product``."""
    title: str = ""
    """A longer name for tables."""
    pattern: str
    """Regular expression for the file name, with a group named ``year`` and, if names have them,
    ``satellite``, ``version`` and ``part``."""
    unit: str
    """Unit of the values, for example ``DN`` or ``nW/cm2/sr``."""
    valid_min: float
    """Smallest valid value."""
    valid_max: float
    """Largest valid value."""
    fill_values: list[float] = []
    """Values that mean "not observed"; all outside the valid range."""
    saturation: float | None = None
    """Value at and above which the sensor was saturated."""
    lit_above: float = 0.0
    """A cell is lit when its value is above this one."""
    first_year: int | None = None
    """First year of the product."""
    last_year: int | None = None
    """Last year of the product."""
    calibration: Literal["none", "intercalibrated", "radiance"] = "none"
    """Whether values of several satellites and years are on one scale."""
    empty_blocks: Literal["fill", "dark"] = "fill"
    """What blocks stand for that a sparse file does not hold."""
    layer: str | None = None
    """Dataset of the light in an HDF5 file."""
    quality_layer: str | None = None
    """Dataset of the light's quality in an HDF5 file."""
    quality: list[int] = []
    """Quality values that count as an observation."""
    spans: list[SpanSection] = []
    """Years of its satellites and versions, where they are fewer than the product's."""
    notes: list[NoteSection] = []
    """What is known of some of its files."""
    doi: str | None = None
    """DOI under which its files can be fetched."""
    access: str = ""
    """How its files can be had, where there is no DOI."""
    source: str = "the study file"
    """Where the contract comes from."""


class IntercalibrateSection(Section):
    """Polynomials by satellite-year from a table."""

    step: Literal["intercalibrate"]
    """Which step it is."""
    coefficients: str = "elvidge-2014"
    """A shipped table, or a csv file with the columns satellite, year, c0, c1, c2."""
    citation: str | None = None
    """Where the coefficients of a file come from; it must be said."""


class InvariantRegionSection(Section):
    """Polynomials fitted over a region whose light is taken not to have changed."""

    step: Literal["invariant_region"]
    """Which step it is."""
    file: FilePath
    """Polygons of the region."""
    layer: str | None = None
    """The layer, where the file has several."""
    satellite: str = ""
    """Satellite of the reference, as ``F12``."""
    year: int
    """Year of the reference."""


class FloorSection(Section):
    """A noise floor."""

    step: Literal["floor"]
    """Which step it is."""
    below: float
    """Values under this one."""
    to: Literal["dark", "fill"] = "dark"
    """What they become."""


class SaturationSection(Section):
    """What becomes of saturated cells."""

    step: Literal["saturation"]
    """Which step it is."""
    at: float
    """The value of saturation."""
    to: Literal["cap", "fill"] = "cap"
    """What values at and above it become."""


class MaskSection(Section):
    """Cells inside or outside polygons: outside the country, inside gas flares."""

    step: Literal["mask"]
    """Which step it is."""
    file: FilePath
    """The polygons."""
    layer: str | None = None
    """The layer, where the file has several."""
    where: Literal["inside", "outside"]
    """Which cells, by their centre."""
    to: Literal["fill", "dark"] = "fill"
    """What they become."""


class ContinuitySection(Section):
    """Light that cannot have gone out for a single year."""

    step: Literal["continuity"]
    """Which step it is."""
    rule: Literal["gaps", "growth"] = "gaps"
    """The rule; see ``docs/light.md``."""


StepSection = Annotated[
    IntercalibrateSection
    | InvariantRegionSection
    | FloorSection
    | SaturationSection
    | MaskSection
    | ContinuitySection,
    Field(discriminator="step"),
]


class LightsSection(Section):
    """Which tiles to read and how."""

    tiles: list[str] = Field(min_length=1)
    """File names, glob patterns, Zarr stores, a STAC catalogue, and addresses if ``network``."""
    product: str | None = None
    """The product of all tiles; read from their names when left out."""
    several: Literal["refuse", "average", "prefer", "keep-both", "mosaic"] = "refuse"
    """What is made of several files of one year."""
    prefer: list[str] = []
    """Satellites or versions, the most wanted first, for ``several = "prefer"``."""
    steps: list[StepSection] = []
    """Steps of calibration, in their order."""
    network: bool = False
    """Whether tiles may be read from web servers."""
    max_cells: float = Field(default=1e10, gt=0)
    """Cells that a tile may have."""
    max_mb_at_once: float = Field(default=2048.0, gt=0)
    """Megabytes that a block or a stripe of a tile may need."""
    max_unpacked_gb: float = Field(default=34.0, gt=0)
    """Gigabytes that a packed file may have when it is unpacked."""
    allow_constant: bool = False
    """Whether a year may have the same light in every unit, as a broken file has."""
    cell_area: Literal["planar", "geodesic"] = "planar"
    """Weight of a cell: its share alone, or its share times its geodesic area."""
    bootstrap_draws: int = Field(default=500, ge=0)
    """Draws of the bootstrap over units that gives the Gini's interval; 0 for none."""

    @model_validator(mode="after")
    def _prefers_something(self) -> Self:
        if (self.several == "prefer") != bool(self.prefer):
            raise ValueError('prefer must list satellites or versions where several = "prefer"')
        return self
