"""The catalogue: which tiles there are, of which product and year, and whether they are sane.

Only names and headers are read here; values are checked where they are summed.
"""

import glob
import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from geo.audit import AuditRow
from geo.errors import (
    ContractError,
    DuplicateYearError,
    MissingYearError,
    TileMissingError,
    TileNameError,
)
from geo.grid import Grid
from tiles.file_state import FileState, file_state
from tiles.products import PRODUCTS, Product, product_of, year_in_name

YEAR_DIGITS = re.compile(r"(?<!\d)(?:19|20)\d{2}(?!\d)")


@dataclass(frozen=True, slots=True)
class Tile:
    """One raster file of one product and year."""

    path: Path
    """Where the file is."""
    product: Product
    """Whose contract its values keep."""
    year: int
    """Calendar year of the light."""
    grid: Grid
    """Where its cells are."""
    dtype: str
    """NumPy name of its values' type."""
    nodata: float | None
    """The value that it declares to be no data, if it declares one."""
    state: FileState
    """The file's state before its header was read."""

    @property
    def fill_values(self) -> tuple[float, ...]:
        """Values that mark a cell without an observation: the product's, and the declared one."""
        declared = () if self.nodata is None else (self.nodata,)
        return tuple(dict.fromkeys((*self.product.fill_values, *declared)))


@dataclass(frozen=True, slots=True)
class Catalog:
    """The tiles of a run, one for each product and year."""

    tiles: tuple[Tile, ...]
    """Ordered by product and year."""
    audit: tuple[AuditRow, ...]
    """What was guessed from names and what was left out."""


@dataclass(frozen=True, slots=True)
class _Named:
    """A file of which only the name was read."""

    path: Path
    product: Product
    year: int
    audit: AuditRow | None


def read_catalog(
    patterns: Sequence[str | Path],
    *,
    product: Product | None = None,
    years: Sequence[int] | None = None,
    user: Iterable[Product] = (),
) -> Catalog:
    """Find the tiles and read their headers.

    Parameters
    ----------
    patterns : sequence of str or Path
        Paths, and patterns with ``*``, ``?``, ``[...]`` and ``**``.
    product : Product, optional
        The product of all files; by default each file's name says it.
    years : sequence of int, optional
        The years to take, all of which every product must have; by default every year found.
    user : iterable of Product
        Products of the study, beside the shipped ones, for reading names.

    Returns
    -------
    Catalog

    Raises
    ------
    TileMissingError
        If a file does not exist, or a pattern matches none.
    TileNameError
        If no product or no year can be read from a name, or a name is another product's.
    DuplicateYearError, MissingYearError
        If two files claim the same product and year, or a product has no file of a year.
    TileUnreadableError, MissingCrsError, GridError, ContractError
        If a header is damaged, says not where the tile lies, or contradicts the product.
    """
    named = [_named(path, product, tuple(user)) for path in tile_files(patterns)]
    _check_years(patterns, named, years)
    taken = [item for item in named if years is None or item.year in years]
    taken.sort(key=lambda item: (item.product.name, item.year))
    _check_duplicates(taken)
    tiles = tuple(_tile(item) for item in taken)
    audit = [item.audit for item in taken if item.audit is not None]
    audit += [row for tile in tiles if (row := _declared_nodata(tile)) is not None]
    left = [item for item in named if years is not None and item.year not in years]
    return Catalog(tiles=tiles, audit=(*audit, *_left_out(left)))


def tile_files(patterns: Sequence[str | Path]) -> list[Path]:
    """The files that paths and patterns name, each once, in the order named; none is opened.

    Parameters
    ----------
    patterns : sequence of str or Path
        As for `read_catalog`.

    Returns
    -------
    list of Path
        Absolute paths.

    Raises
    ------
    TileMissingError
        If a file does not exist, or a pattern matches none.
    """
    files: dict[Path, Path] = {}
    for pattern in patterns:
        path = Path(pattern).expanduser()
        matched = [path]
        if glob.has_magic(str(path)) and not path.exists():
            # Path.glob takes no absolute pattern and matches hidden files.
            names = sorted(glob.glob(str(path), recursive=True))  # noqa: PTH207
            matched = [Path(name) for name in names if Path(name).is_file()]
        if not matched or not matched[0].is_file():
            raise TileMissingError(
                str(pattern),
                expected="a raster file, or a pattern that matches one",
                found="a folder" if path.is_dir() else "no such file",
                hint="add /*.tif to the folder" if path.is_dir() else "correct the path",
            )
        for item in matched:
            files.setdefault(item.resolve(), item.absolute())
    if not files:
        raise TileMissingError(
            "tiles", expected="a path or a pattern", found="none", hint="name the raster files"
        )
    return list(files.values())


def _named(path: Path, product: Product | None, user: Sequence[Product]) -> _Named:
    """Product and year of a file, with an audit row if they were guessed from its name."""
    if product is None:
        product = product_of(path.name, user=user)
        if product is None:
            known = ", ".join(item.name for item in (*user, *PRODUCTS.values()))
            raise TileNameError(
                str(path),
                expected=f"the file name of a known product ({known})",
                found=repr(path.name),
                hint="name the product of these files",
            )
        year = year_in_name(path.name, product)
        rule, detail = "product_from_name", f"taken as {product.name}, year {year}"
    else:
        year = year_in_name(path.name, product)
        rule, detail = "", ""
        if year is None:
            _check_no_other(path, product, user)
    if year is None:
        year = _year_from_digits(path, product)
        rule, detail = "year_from_digits", f"year {year}: no name of {product.name}, one year in it"
    row = AuditRow("tiles", rule, path.name, detail) if rule else None
    return _Named(path=path, product=product, year=year, audit=row)


def _check_no_other(path: Path, product: Product, user: Sequence[Product]) -> None:
    """A name that is not the named product's must not be that of another known one."""
    other = product_of(path.name, user=user)
    if other is not None and other.name != product.name:
        raise TileNameError(
            str(path),
            expected=f"a file of {product.name}, the named product",
            found=f"a file name of {other.name}",
            hint=f"name {other.name} as the product, or rename the file",
        )


def _year_from_digits(path: Path, product: Product) -> int:
    years = YEAR_DIGITS.findall(path.stem)
    if len(years) != 1:
        raise TileNameError(
            str(path),
            expected=f"a file name of {product.name}, or exactly one year in it",
            found=f"the years {', '.join(years)}" if years else "no year",
            hint="rename the file, or declare a product whose pattern says which is the year",
        )
    return int(years[0])


def _check_years(
    patterns: Sequence[str | Path], named: Sequence[_Named], years: Sequence[int] | None
) -> None:
    """Every product must have a tile of every year that is asked for."""
    for product in sorted({item.product.name for item in named}):
        found = sorted({item.year for item in named if item.product.name == product})
        missing = sorted(set(years or ()) - set(found))
        if missing:
            raise MissingYearError(
                f"tiles {', '.join(str(pattern) for pattern in patterns)}",
                expected=f"a tile of {product} of the year {', '.join(map(str, missing))}",
                found=f"tiles of {', '.join(map(str, found))}",
                hint="add the tile, or take the year out of the years, key study.years",
            )


def _check_duplicates(named: Sequence[_Named]) -> None:
    """Neighbours in the order by product and year must differ in one of them."""
    for first, second in pairwise(named):
        if (first.product.name, first.year) == (second.product.name, second.year):
            raise DuplicateYearError(
                str(second.path),
                expected=f"one tile of {first.product.name} for {first.year}",
                found=f"a second one, {first.path}",
                hint="name only one of the two files",
            )


def _tile(named: _Named) -> Tile:
    from tiles.reader import read_header  # rasterio is loaded with the first header

    state = file_state(named.path)
    header = read_header(named.path)
    product, nodata = named.product, header.nodata
    in_range = nodata is not None and product.valid_min <= nodata <= product.valid_max
    if in_range:
        raise ContractError(
            f"{named.path}, declared nodata",
            expected=f"a value outside {product.name}'s range "
            f"{product.valid_min:g} to {product.valid_max:g}",
            found=f"{nodata:g}",
            hint="unset the file's nodata if the value is light, or declare a product of your own "
            "with the value as fill and outside its range",
        )
    return Tile(
        path=named.path,
        product=product,
        year=named.year,
        grid=header.grid,
        dtype=header.dtype,
        nodata=nodata,
        state=state,
    )


def _declared_nodata(tile: Tile) -> AuditRow | None:
    """A row for a declared nodata that the product does not know; it is taken as fill."""
    known = tile.nodata is None or math.isnan(tile.nodata)
    if known or tile.nodata in tile.product.fill_values:
        return None
    detail = f"{tile.nodata:g} is taken as fill, as the file declares; not in {tile.product.name}"
    return AuditRow("tiles", "declared_nodata", tile.path.name, detail)


def _left_out(left: Sequence[_Named]) -> list[AuditRow]:
    return [
        AuditRow("tiles", "year_left_out", item.path.name, f"{item.year} is not among the years")
        for item in left
    ]
