"""From the names of files to products and years; nothing is opened."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from geo.audit import AuditRow
from geo.errors import ContractError, TileNameError
from tiles.products import PRODUCTS, NameFacts, Product, check_year, product_of, read_name
from tiles.tile_place import file_name

YEAR_DIGITS = re.compile(r"(?<!\d)(?:19|20)\d{2}(?!\d)")


@dataclass(frozen=True, slots=True)
class Named:
    """A file of which only the name was read."""

    where: str
    """Path or address."""
    product: Product
    """Its product."""
    facts: NameFacts
    """What its name says."""
    audit: AuditRow | None = None
    """What was guessed from it."""

    @property
    def name(self) -> str:
        """The name of the file, which audit rows speak of."""
        return file_name(self.where)


def named(where: str, product: Product | None, user: Sequence[Product]) -> Named:
    """Product and year of a file, with an audit row if they were guessed from its name.

    Parameters
    ----------
    where : str
        Path or address.
    product : Product, optional
        The product of all files; by default the name says it.
    user : sequence of Product
        Products of the study, beside the shipped ones.

    Returns
    -------
    Named

    Raises
    ------
    TileNameError
        If no product or no year can be read from the name, or it is another product's.
    ContractError
        If the product has no such year.
    """
    name = file_name(where)
    rule, detail = "", ""
    if product is None:
        product = product_of(name, user=user)
        if product is None:
            raise _unknown_name(where, name, user)
        rule = "product_from_name"
    facts = read_name(name, product)
    if facts is None:
        _check_no_other(where, name, product, user)
        facts = NameFacts(_year_from_digits(where, name, product))
        rule = "year_from_digits"
        detail = f"year {facts.year}: no name of {product.name}, one year in it"
    else:
        _check_past(where, facts.year)
    if rule == "product_from_name":
        detail = f"taken as {product.name}, year {facts.year}"
    check_year(where, product, facts)
    return Named(where, product, facts, AuditRow("tiles", rule, name, detail) if rule else None)


def _check_past(where: str, year: int) -> None:
    """A product's own name does not speak of light that has not shone."""
    now = datetime.now(tz=UTC).year
    if year > now:
        raise ContractError(
            where,
            expected=f"a year to {now}",
            found=f"{year}",
            hint="correct the file's name",
        )


def left_out(left: Iterable[Named]) -> list[AuditRow]:
    """A row for each file whose year the study does not want."""
    return [
        AuditRow(
            "tiles",
            "year_left_out",
            item.name,
            f"{item.facts.year} is not among the years",
        )
        for item in left
    ]


def _unknown_name(where: str, name: str, user: Sequence[Product]) -> TileNameError:
    known = ", ".join(item.name for item in (*user, *PRODUCTS.values()))
    return TileNameError(
        where,
        expected=f"the file name of a known product ({known})",
        found=repr(name),
        hint="name the product of these files",
    )


def _check_no_other(where: str, name: str, product: Product, user: Sequence[Product]) -> None:
    """A name that is not the named product's must not be that of another known one."""
    other = product_of(name, user=user)
    if other is not None and other.name != product.name:
        raise TileNameError(
            where,
            expected=f"a file of {product.name}, the named product",
            found=f"a file name of {other.name}",
            hint=f"name {other.name} as the product, or rename the file",
        )


def _year_from_digits(where: str, name: str, product: Product) -> int:
    years = YEAR_DIGITS.findall(Path(name).stem)
    if len(years) != 1:
        raise TileNameError(
            where,
            expected=f"a file name of {product.name}, or exactly one year in it",
            found=f"the years {', '.join(years)}" if years else "no year",
            hint="rename the file, or declare a product whose pattern says which is the year",
        )
    return int(years[0])
