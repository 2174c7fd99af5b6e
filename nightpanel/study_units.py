"""The study file's section on polygons."""

from nightpanel.study_section import FilePath, Section


class UnitsSection(Section):
    """The polygons."""

    file: FilePath
    """Any vector file: GeoPackage, GeoJSON, Shapefile, GeoParquet."""
    layer: str | None = None
    """The layer, where the file has several."""
    unit_id: str
    """Column that identifies a unit."""
    city_id: str
    """Column of the city, or ``COLUMN:DIGITS`` for the first digits of a code."""
    name: str | None = None
    """Column of the unit's name."""
    crosswalk: str | None = None
    """Crosswalk of city codes: ``china-municipalities``, ``china-codes``, ``china-2023``, or a
    table of the user's (``code``, ``city_id``, or ``old``, ``new``, ``weight``)."""
    vintage: str | None = None
    """Which vintage the boundaries are, for the record that ``explain`` prints."""
