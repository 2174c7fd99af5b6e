"""From a study's sections to the rooms' inputs: units and the catalogue of tiles."""

from geo.boundaries import Units, read_units
from nightpanel.study import ProductSection, Study
from tiles.catalog import Catalog, read_catalog
from tiles.products import Product, product_named


def study_units(study: Study) -> Units:
    """The study's polygons.

    Raises
    ------
    NightpanelError
        See `geo.boundaries.read_units`.
    """
    section = study.units
    return read_units(
        section.file,
        unit_id=section.unit_id,
        city_id=section.city_id,
        name=section.name,
        layer=section.layer,
    )


def study_catalog(study: Study) -> Catalog:
    """The study's tiles; its own products come before the shipped ones.

    Raises
    ------
    NightpanelError
        See `tiles.catalog.read_catalog` and `tiles.products.product_named`.
    """
    own = tuple(_product(section) for section in study.products)
    name = study.lights.product
    return read_catalog(
        study.lights.tiles,
        product=None if name is None else product_named(name, user=own),
        years=study.study.years,
        user=own,
    )


def _product(section: ProductSection) -> Product:
    given = section.model_dump() | {"fill_values": tuple(section.fill_values)}
    return Product(**given)
