"""Products: what a nightlight data set promises about its files' names and values.

The contracts are data, with a source each, in ``products.toml``; a study adds its own.
"""

import difflib
import math
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, get_args

from geo.errors import ContractError, ProductError

PRODUCTS_FILE = Path(__file__).with_name("products.toml")

Calibration = Literal["none", "intercalibrated", "radiance"]
EmptyBlocks = Literal["fill", "dark"]


@dataclass(frozen=True, slots=True)
class Note:
    """What its makers say of some of a product's files."""

    years: tuple[int, ...]
    """The years that it concerns."""
    text: str
    """What is said."""
    satellite: str | None = None
    """The satellite that it concerns; all of them if None."""


@dataclass(frozen=True, slots=True)
class Span:
    """The years of a satellite or of a version."""

    name: str
    """The satellite or version, in any case."""
    first_year: int | None = None
    """Its first year; None if it has no first."""
    last_year: int | None = None
    """Its last year; None if it goes on."""


@dataclass(frozen=True, slots=True)
class NameFacts:
    """What a file's name says."""

    year: int
    """Calendar year of the light."""
    satellite: str = ""
    """Satellite, in capital letters; empty if the name has none."""
    version: str = ""
    """Version, in small letters with hyphens; empty if the name has none."""
    part: str = ""
    """Which of the files that make a year together; empty if the name has none."""

    @property
    def variant(self) -> str:
        """Satellite and version, which tell files of one year from each other."""
        return " ".join(text for text in (self.satellite, self.version) if text)


@dataclass(frozen=True, slots=True)
class Product:
    """A nightlight data set's contract; a breach of its own logic is a `ProductError`."""

    name: str
    """The word by which studies and tables call it."""
    title: str
    """What it is, in a few words."""
    pattern: str
    """Regular expression for the whole file name, in any case, with a group ``year`` and, if names
    have them, ``satellite``, ``version`` and ``part``."""
    unit: str
    """Unit of the values, for example ``DN`` or ``nW/cm2/sr``."""
    valid_min: float
    """Smallest value that a valid cell may have."""
    valid_max: float
    """Largest value that a valid cell may have; infinity if none is stated."""
    fill_values: tuple[float, ...] = ()
    """Values that mark a cell without an observation, all outside the valid range."""
    saturation: float | None = None
    """Value from which on a cell counts as saturated; None if the product does not saturate."""
    lit_above: float = 0.0
    """A valid cell above this value counts as lit."""
    first_year: int | None = None
    """First year of the product; None if it has no first."""
    last_year: int | None = None
    """Last year of the product; None if it goes on."""
    spans: tuple[Span, ...] = ()
    """Years of its satellites and versions, where they are fewer than the product's."""
    calibration: Calibration = "none"
    """Whether values of several satellites and years are on one scale."""
    empty_blocks: EmptyBlocks = "fill"
    """What blocks stand for that a sparse file does not hold: no observation, or darkness."""
    layer: str | None = None
    """Name of the dataset with the light in an HDF5 file."""
    quality_layer: str | None = None
    """Name of the dataset with the light's quality in an HDF5 file."""
    quality: tuple[int, ...] = ()
    """Quality values that count as an observation."""
    notes: tuple[Note, ...] = ()
    """What is known of some of its files."""
    doi: str | None = None
    """DOI under which its files can be fetched."""
    access: str = ""
    """How its files can be had, where there is no DOI."""
    source: str = ""
    """Where the contract comes from."""

    def __post_init__(self) -> None:
        _check_kinds(self)
        _check_pattern(self)
        _check_years(self)
        _check_range(self)
        _check_fill_values(self)


def product_named(name: str, *, user: Iterable[Product] = ()) -> Product:
    """The product of that name.

    Parameters
    ----------
    name : str
    user : iterable of Product
        Products of the study, beside the shipped ones.

    Returns
    -------
    Product

    Raises
    ------
    ProductError
        If no product has the name, or two have.
    """
    known = {product.name: product for product in _all_products(user)}
    if name in known:
        return known[name]
    close = difflib.get_close_matches(name, known, n=1)
    raise ProductError(
        f"product {name!r}",
        expected=f"one of {', '.join(sorted(known))}",
        found=repr(name),
        hint=f"did you mean {close[0]!r}?" if close else "name one of these or declare your own",
    )


def product_of(filename: str, *, user: Iterable[Product] = ()) -> Product | None:
    """The first product whose pattern matches a file's name; the study's own are tried first.

    Parameters
    ----------
    filename : str
        A name or a path; only the last part counts.
    user : iterable of Product

    Returns
    -------
    Product or None

    Raises
    ------
    ProductError
        If two products have the same name.
    """
    return next((p for p in _all_products(user) if read_name(filename, p) is not None), None)


def read_name(filename: str, product: Product) -> NameFacts | None:
    """What a file's name says by a product's pattern.

    Parameters
    ----------
    filename : str
        A name or a path; only the last part counts.
    product : Product

    Returns
    -------
    NameFacts or None
        None if the name does not match.
    """
    match = re.fullmatch(product.pattern, Path(filename).name, flags=re.IGNORECASE)
    if match is None or not str(match["year"]).isdecimal():
        return None
    found = match.groupdict(default="")
    return NameFacts(
        year=int(match["year"]),
        satellite=(found.get("satellite") or "").upper(),
        version=(found.get("version") or "").lower().replace("_", "-"),
        part=(found.get("part") or "").lower(),
    )


def read_products(path: Path) -> tuple[Product, ...]:
    """Products from a TOML file with one table per product.

    Parameters
    ----------
    path : Path
        Its keys are the fields of `Product` but ``name``, which is the table's name.

    Returns
    -------
    tuple of Product

    Raises
    ------
    ProductError
        If a key is unknown or missing, or a contract contradicts itself.
    """
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ProductError(
            str(path),
            expected="a TOML file with a table for each product",
            found=str(error),
            hint="correct the file, or its name",
        ) from error
    return tuple(_product(path, name, table) for name, table in tables.items())


def _product(path: Path, name: str, table: Mapping[str, Any]) -> Product:
    try:
        values: dict[str, Any] = {"valid_max": math.inf, "title": name} | dict(table)
        values |= {name: tuple(values.get(name, ())) for name in ("fill_values", "quality")}
        values["notes"] = tuple(_note(note) for note in values.get("notes", ()))
        values["spans"] = tuple(Span(**span) for span in values.get("spans", ()))
        return Product(name=name, **values)
    except (TypeError, ValueError) as error:
        raise ProductError(
            f"{path}, product {name!r}",
            expected="the fields of a product",
            found=str(error),
            hint="correct the table's keys",
        ) from error


def _note(table: Mapping[str, Any]) -> Note:
    return Note(**dict(table) | {"years": tuple(table.get("years", ()))})


def check_year(where: str, product: Product, facts: NameFacts) -> None:
    """Refuse a year that a product, its satellite or its version does not have.

    Parameters
    ----------
    where : str
        The tile, for the error.
    product : Product
    facts : NameFacts
        What its name says.

    Raises
    ------
    ContractError
    """
    spans = [Span("", product.first_year, product.last_year), *product.spans]
    names = ("", facts.satellite.lower(), facts.version)
    for span in (one for one in spans if one.name.lower() in names):
        first, last = span.first_year, span.last_year
        if not (first or facts.year) <= facts.year <= (last or facts.year):
            of = f" as {span.name}" if span.name else ""
            raise ContractError(
                where,
                expected=f"a year of {product.name}{of}, {first or 'any'} to {last or 'now'}",
                found=f"{facts.year}",
                hint="correct the file's name, or declare a product of your own with its years",
            )


def check_nodata(where: str, product: Product, nodata: float | None) -> None:
    """Refuse a declared nodata that is light by the product's contract.

    Parameters
    ----------
    where : str
        The tile, for the error.
    product : Product
    nodata : float, optional

    Raises
    ------
    ContractError
    """
    if nodata is not None and product.valid_min <= nodata <= product.valid_max:
        raise ContractError(
            f"{where}, declared nodata",
            expected=f"a value outside {product.name}'s range "
            f"{product.valid_min:g} to {product.valid_max:g}",
            found=f"{nodata:g}",
            hint="unset the file's nodata if the value is light, or declare a product of your own "
            "with the value as fill and outside its range",
        )


def _all_products(user: Iterable[Product]) -> tuple[Product, ...]:
    products = (*user, *PRODUCTS.values())
    names = [product.name for product in products]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ProductError(
            f"product {twice[0]!r}",
            expected="one contract for each name",
            found="two contracts of that name",
            hint="give your own product another name",
        )
    return products


def _check_kinds(product: Product) -> None:
    """Words must be known ones, numbers numbers."""
    words = {"calibration": get_args(Calibration), "empty_blocks": get_args(EmptyBlocks)}
    for field, known in words.items():
        if getattr(product, field) not in known:
            found = repr(getattr(product, field))
            raise _broken(product, field, f"one of {', '.join(known)}", found, "correct the word")
    numbers = {"quality": product.quality, "fill_values": product.fill_values}
    for field, values in numbers.items():
        wrong = [value for value in values if not isinstance(value, int | float)]
        if wrong:
            hint = "write them without quotes"
            raise _broken(product, field, "a list of numbers", repr(wrong[0]), hint)


def _check_pattern(product: Product) -> None:
    hint = "write the year as (?P<year>[0-9]{4})"
    try:
        groups = re.compile(product.pattern).groupindex
    except re.error as error:
        raise _broken(product, "pattern", "a regular expression", str(error), hint) from error
    if "year" not in groups:
        expected = "a regular expression with a group named year"
        raise _broken(product, "pattern", expected, repr(product.pattern), hint)


def _check_years(product: Product) -> None:
    first, last = product.first_year, product.last_year
    if first is not None and last is not None and last < first:
        expected = f"a year from first_year {first} on"
        raise _broken(product, "last_year", expected, f"{last}", "correct the product's years")


def _check_range(product: Product) -> None:
    low, high = product.valid_min, product.valid_max
    if not (math.isfinite(low) and low < high):
        found = f"valid_min {low:g} and valid_max {high:g}"
        hint = "correct the valid range"
        raise _broken(product, "valid_min", "a finite value under valid_max", found, hint)
    level = product.saturation
    if level is not None and not low <= level <= high:
        expected = f"a value in the valid range {low:g} to {high:g}"
        raise _broken(product, "saturation", expected, f"{level:g}", "correct the saturation value")
    if not product.lit_above < high:
        expected = f"a value under valid_max {high:g}"
        hint = "correct the value above which a cell is lit"
        raise _broken(product, "lit_above", expected, f"{product.lit_above:g}", hint)


def _check_fill_values(product: Product) -> None:
    low, high = product.valid_min, product.valid_max
    for value in product.fill_values:
        if low <= value <= high:
            expected = f"values outside the valid range {low:g} to {high:g}"
            hint = "narrow the valid range, or leave the value out"
            raise _broken(product, "fill_values", expected, f"{value:g}", hint)


def _broken(product: Product, field: str, expected: str, found: str, hint: str) -> ProductError:
    where = f"product {product.name!r}, {field}"
    return ProductError(where, expected=expected, found=found, hint=hint)


PRODUCTS: Mapping[str, Product] = MappingProxyType(
    {product.name: product for product in read_products(PRODUCTS_FILE)}
)
