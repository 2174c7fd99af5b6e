"""Cities and provinces of China by code, as of 2000 to 2023: the reference list of matching."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

from geo.divisions import MUNICIPALITIES
from geo.errors import CodeError, TableColumnError
from panels.cities.codes import code_text, shipped_rows
from panels.tables.cells import is_missing, plain, year_of
from panels.tables.sheets import open_sheet

CITY_DIGITS, PROVINCE_DIGITS = 4, 2
"""Digits of a city's code, and of a province's."""


@dataclass(frozen=True, slots=True)
class City:
    """A city, or a province that stands in its place, under one of its names."""

    city_id: str
    """Four digits: its last code; two of a province."""
    name: str
    """As the State Council writes it, with 市, 地区, 盟 or 自治州."""
    province: str
    """Two digits."""
    first: int | None = None
    """First year of the name; None if it is older than the list."""
    last: int | None = None
    """Last year of the name; None if it is in force."""


@cache
def province_names() -> Mapping[str, str]:
    """Names of provinces by their two digits (``provinces.csv``)."""
    return MappingProxyType({row["province"]: row["name"] for row in shipped_rows("provinces.csv")})


@cache
def china_cities() -> tuple[City, ...]:
    """The shipped list: every prefecture of 2000-2023 under each of its names (``cities.csv``)."""
    return tuple(
        City(
            city_id=row["city_id"],
            name=row["name"],
            province=row["city_id"][:2],
            first=int(row["first"]) if row["first"] else None,
            last=int(row["last"]) if row["last"] else None,
        )
        for row in shipped_rows("cities.csv")
    )


@cache
def china_provinces() -> tuple[City, ...]:
    """The provinces of the shipped list, as the units of a panel: two digits each."""
    return tuple(City(code, name, province=code) for code, name in province_names().items())


def are_provinces(cities: Sequence[City]) -> bool:
    """Whether a list is of provinces: every code has two digits."""
    return all(len(city.city_id) == PROVINCE_DIGITS for city in cities)


@cache
def city_names() -> Mapping[str, str]:
    """The last name of each city of the shipped list, by its code."""
    in_order = sorted(china_cities(), key=lambda city: city.first or 0)
    return MappingProxyType({city.city_id: city.name for city in in_order})


def read_cities(file: Path) -> tuple[City, ...]:
    """A list of cities of the user's own.

    Parameters
    ----------
    file : Path
        Any table with the columns ``city_id`` and ``name``, perhaps ``first`` and ``last`` (years
        of the name). The first two digits of the code are the province.

    Returns
    -------
    tuple of City

    Raises
    ------
    TableFileError, TableColumnError
        The file cannot be read, or lacks a column.
    CodeError
        A row lacks code or name, or the code is none.
    """
    sheet = open_sheet(file)
    wanted = {name: _position(sheet.header, name, file) for name in ("city_id", "name")}
    perhaps = {name: sheet.header.index(name) for name in ("first", "last") if name in sheet.header}
    found = []
    for row, *cells in sheet.cells.itertuples(name=None):
        code, name = code_text(cells[wanted["city_id"]]), plain(cells[wanted["name"]])
        if code is None or is_missing(cells[wanted["name"]]):
            raise CodeError(
                f"{sheet.place}: row {row}",
                expected="a city_id of digits and a name",
                found=f"{plain(cells[wanted['city_id']])!r} and {name!r}",
                hint="correct the row",
            )
        first, last = (
            _year(cells[perhaps[name]]) if name in perhaps else None for name in ("first", "last")
        )
        found.append(City(code, name, code[:2], first, last))
    return tuple(found)


def _year(cell: object) -> int | None:
    return None if is_missing(cell) else year_of(cell)


def _position(header: tuple[str, ...], name: str, file: Path) -> int:
    if name not in header:
        raise TableColumnError(
            f"{file}: column {name!r}",
            expected="the columns city_id and name",
            found=", ".join(header) or "none",
            hint="name the columns so",
        )
    return header.index(name)


def is_municipality(city_id: str) -> bool:
    """Whether a city is a province of its own."""
    return city_id[:2] in MUNICIPALITIES
