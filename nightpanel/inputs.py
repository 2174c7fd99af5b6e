"""From a study's sections to the rooms' inputs: units and the catalogue of tiles."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from geo.errors import MissingYearError, NightpanelError, StudyFileError
from geo.zipped import archive_of
from nightpanel.study import Study
from nightpanel.study_lights import ProductSection
from nightpanel.study_units import UnitsSection
from tiles.products import Note, Product, Span, product_named

if TYPE_CHECKING:
    from geo.boundaries import Units
    from tiles.catalog import Catalog

Wanted = TypeVar("Wanted")


def required(section: Wanted | None, key: str) -> Wanted:
    """A section that a study may leave out, where it is needed.

    Raises
    ------
    StudyFileError
        The study has none.
    """
    if section is None:
        raise StudyFileError(
            key,
            expected=f"a [{key}] section",
            found="none: the study is of tables alone",
            hint="add it, or leave the light out of --only",
        )
    return section


def study_units(study: Study) -> "Units":
    """The study's polygons, compared with whatever else the study names.

    Raises
    ------
    NightpanelError
        See `nightpanel.boundary_checks.read_boundaries` and `require_tiling`.
    """
    from nightpanel.boundary_checks import measured, read_boundaries, require_tiling

    section = required(study.units, "units")
    found = read_boundaries(section)
    if section.most_twice is not None or section.most_never is not None:
        require_tiling(section, measured(found))
    return found.units


def unit_files(section: UnitsSection) -> list[Path]:
    """The files that decide the study's polygons; an archive where they lie in one."""
    named = (section.file, section.reference, section.cities)
    return [archive_of(path) or path for path in named if path is not None]


def study_catalog(study: Study, *, unpack_to: Path | None = None) -> "Catalog":
    """The study's tiles, before calibration; its own products come before the shipped ones.

    Raises
    ------
    NightpanelError
        See `tiles.catalog.read_catalog` and `tiles.products.product_named`.
    """
    from tiles.catalog import read_catalog  # numpy is loaded with the first tile
    from tiles.several import Rule
    from tiles.size_limits import SizeLimits

    own = tuple(own_product(section) for section in study.products)
    section = required(study.lights, "lights")
    return read_catalog(
        section.tiles,
        product=None if section.product is None else product_named(section.product, user=own),
        years=study.study.years,
        user=own,
        rule=Rule(section.several, tuple(section.prefer)),
        limits=SizeLimits.of(
            cells=section.max_cells,
            mb_at_once=section.max_mb_at_once,
            unpacked_gb=section.max_unpacked_gb,
        ),
        unpack_to=unpack_to,
        network=section.network,
    )


def with_study_file(error: NightpanelError, file: Path) -> NightpanelError:
    """The error with the study file in front, where it names a key or a design but no file."""
    names_a_file = os.sep in error.where and not isinstance(error, MissingYearError)
    if names_a_file:
        return error
    return type(error)(
        f"{file}: {error.where}", expected=error.expected, found=error.found, hint=error.hint
    )


@contextmanager
def naming(file: Path | None) -> Iterator[None]:
    """Errors of the block name the study file, as `with_study_file` has it."""
    try:
        yield
    except NightpanelError as error:
        named = error if file is None else with_study_file(error, file)
        if named is error:
            raise
        raise named from error


def own_product(section: ProductSection) -> Product:
    """A product as a study describes it."""
    notes = tuple(
        Note(**note.model_dump() | {"years": tuple(note.years)}) for note in section.notes
    )
    spans = tuple(Span(**span.model_dump()) for span in section.spans)
    given = section.model_dump() | {"notes": notes, "spans": spans}
    given |= {name: tuple(given[name]) for name in ("fill_values", "quality")}
    return Product(**given)
