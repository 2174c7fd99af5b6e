"""From what a user names to files of known products and years; nothing is opened."""

import glob
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from geo.audit import AuditRow
from geo.errors import ContractError, TileMissingError, TileNameError, TilePathError
from tiles.products import PRODUCTS, NameFacts, Product, check_year, product_of, read_name
from tiles.unpack import ZIP, tile_members
from tiles.web_address import check_address, shown

YEAR_DIGITS = re.compile(r"(?<!\d)(?:19|20)\d{2}(?!\d)")
ON_THE_WEB = ("http://", "https://")
ELSEWHERE = re.compile(r"^(?:/vsi|[a-zA-Z][a-zA-Z0-9_+.-]+:)")
"""GDAL's virtual file systems, and schemes as in ftp://, s3: or NETCDF:; not a drive's letter."""


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


def tile_files(patterns: Sequence[str | Path], *, network: bool = False) -> list[str]:
    """The tiles that paths and patterns name, each once, in the order named; none is opened.

    Parameters
    ----------
    patterns : sequence of str or Path
        Paths, patterns with ``*``, ``?``, ``[...]`` and ``**``, and addresses of web servers.
    network : bool
        Whether addresses are allowed.

    Returns
    -------
    list of str
        Absolute paths, and addresses; of a member of an archive, the archive's path and its name.

    Raises
    ------
    TileMissingError
        If a file does not exist, or a pattern matches none.
    TilePathError
        If a path leads to a network without leave, or to a virtual file system.
    TileUnreadableError
        If a STAC catalogue or an archive cannot be read, or has no tile.
    """
    files: dict[str, str] = {}
    for pattern in patterns:
        text = str(pattern)
        if is_elsewhere(text):
            _check_allowed(text, network=network)
            files.setdefault(text, text)
            continue
        for path in _matched(pattern):
            for where in _listed(path):
                if is_elsewhere(where):
                    _check_allowed(where, network=network)
                    files.setdefault(where, where)
                else:
                    files.setdefault(str(Path(where).resolve()), where)
    if not files:
        raise TileMissingError(
            "tiles", expected="a path or a pattern", found="none", hint="name the raster files"
        )
    return list(files.values())


def stores_and_files(
    patterns: Sequence[str | Path], *, network: bool = False
) -> tuple[list[Path], list[str]]:
    """The Zarr stores among what paths and patterns name, and all else; as `tile_files`."""
    found = tile_files(patterns, network=network)
    stores = {where: Path(where) for where in found if is_store(Path(where))}
    return list(stores.values()), [where for where in found if where not in stores]


def is_elsewhere(text: str) -> bool:
    """Whether a text is an address or a path of a virtual file system, and no path of a file."""
    return text.startswith(ON_THE_WEB) or ELSEWHERE.match(text) is not None


def _check_allowed(text: str, *, network: bool) -> None:
    if not text.startswith(ON_THE_WEB):
        raise TilePathError(
            shown(text),
            expected="a file of this machine, or an address that begins with https://",
            found="a virtual file system or another scheme",
            hint="name the file itself; packed files are unpacked without such a prefix",
        )
    check_address(text, error=TilePathError, query=False)
    if not network:
        raise TilePathError(
            text,
            expected="a file of this machine",
            found="an address on the network, which the study does not allow",
            hint="fetch the file first, or set lights.network = true",
        )


def _listed(path: Path) -> list[str]:
    """The path itself, the tiles of an archive, or what a STAC catalogue lists."""
    if path.suffix.lower() == ".json":
        from tiles.stac import read_stac  # pystac is loaded with the first catalogue

        return [where for href in read_stac(path) for where in _members(href)]
    return _members(str(path.absolute()))


def _members(where: str) -> list[str]:
    """The path itself, or those of an archive's tiles."""
    if is_elsewhere(where) or Path(where).suffix.lower() != ZIP:
        return [where]
    return [f"{where}/{member}" for member in tile_members(Path(where))]


def _matched(pattern: str | Path) -> list[Path]:
    path = Path(pattern).expanduser()
    matched = [path]
    if glob.has_magic(str(path)) and not path.exists():
        # Path.glob takes no absolute pattern and matches hidden files.
        names = sorted(glob.glob(str(path), recursive=True))  # noqa: PTH207
        matched = [Path(name) for name in names if Path(name).is_file() or is_store(Path(name))]
    if not matched or not (matched[0].is_file() or is_store(matched[0])):
        raise TileMissingError(
            str(pattern),
            expected="a raster file, or a pattern that matches one",
            found="a folder" if path.is_dir() else "no such file",
            hint="add /*.tif to the folder" if path.is_dir() else "correct the path",
        )
    return matched


def file_name(where: str) -> str:
    """The last part of a path or an address."""
    return where.rsplit("/", 1)[-1]


def is_store(path: Path) -> bool:
    """Whether a path is that of a Zarr store: a folder with a store's own files."""
    return path.is_dir() and any((path / name).is_file() for name in ("zarr.json", ".zgroup"))


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
