"""The study file's section on polygons."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from nightpanel.study_section import FilePath, Section

Share = Annotated[float, Field(ge=0, le=1)]


class UnitsSection(Section):
    """The polygons."""

    file: FilePath
    """Any vector file: GeoPackage, GeoJSON, Shapefile, FlatGeobuf, GeoParquet, KML; or a zip
    archive with one of them, or ``ARCHIVE/NAME``."""
    layer: str | None = None
    """The layer, where the file has several."""
    unit_id: str
    """Column that identifies a unit."""
    city_id: str
    """Column of the city, or ``COLUMN:DIGITS`` for the first digits of a code."""
    name: str | None = None
    """Column of the unit's name."""
    encoding: str | None = None
    """Encoding of the file's text; what the file states, else UTF-8, else GB18030."""
    datum: Literal["WGS84", "GCJ-02", "BD-09", "detect"] = "WGS84"
    """In which the coordinates are; ``detect`` asks the reference."""
    reference: FilePath | None = None
    """Boundaries in WGS84 to compare the units with: datum, and land that no unit covers."""
    reference_id: str | None = None
    """Column of their ids of units or cities, or ``COLUMN:DIGITS``; by place when left out."""
    cities: FilePath | None = None
    """Polygons of cities: units that lie outside their own are flagged."""
    cities_id: str | None = None
    """Column of their city ids, or ``COLUMN:DIGITS``."""
    least_inside: Share = 0.5
    """Least share of a unit's area inside its own city that goes unflagged."""
    most_twice: Share | None = None
    """Largest share of the units' area that may lie in two of them; only told when left out."""
    most_never: Share | None = None
    """Largest share of the land that may lie in no unit; only told when left out."""
    crosswalk: str | None = None
    """Crosswalk of city codes: ``china-municipalities``, ``china-codes``, ``china-2023``, or a
    table of the user's (``code``, ``city_id``, or ``old``, ``new``, ``weight``)."""
    vintage: str | None = None
    """Which vintage the boundaries are, for the record that ``explain`` prints."""

    @model_validator(mode="after")
    def _files_and_their_ids(self) -> Self:
        if (self.cities is None) != (self.cities_id is None):
            raise ValueError("cities and cities_id need each other")
        if self.reference_id is not None and self.reference is None:
            raise ValueError("reference_id needs a reference")
        return self
