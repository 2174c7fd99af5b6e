"""From a study's sections to the rooms' inputs: units and the catalogue of tiles."""

from collections.abc import Sequence

from geo.boundaries import Units, read_units
from geo.errors import ProductError
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
    """The study's tiles.

    Raises
    ------
    NightpanelError
        See `tiles.catalog.read_catalog`.
    """
    return read_catalog(
        study.lights.tiles,
        product=chosen_product(study.lights.product, study.products),
        years=study.study.years,
    )


def chosen_product(name: str | None, sections: Sequence[ProductSection]) -> Product | None:
    """The named product, among the user's own first; None leaves it to the tiles' names.

    Raises
    ------
    ProductError
        No product has that name, or several own products and no name.
    """
    own = tuple(_product(section) for section in sections)
    if name is not None:
        return product_named(name, user=own)
    if len(own) > 1:
        raise ProductError(
            "lights.product",
            expected="the product of the tiles, since the study defines several",
            found="none",
            hint=f"name one of {', '.join(product.name for product in own)}",
        )
    return own[0] if own else None


def _product(section: ProductSection) -> Product:
    given = section.model_dump() | {"fill_values": tuple(section.fill_values)}
    return Product(**given)
