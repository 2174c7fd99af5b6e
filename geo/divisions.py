"""Codes of Chinese administrative divisions: GB/T 2260 to the county, GB/T 10114 below it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from geo.errors import CodeError

Kind = Literal[
    "province", "city", "district", "county", "county_level_city",
    "street_office", "town", "township", "zone", "village",
]  # fmt: skip
Group = Literal["municipality", "province_administered", "xpcc"]

PROVINCES = frozenset(
    {
        "11", "12", "13", "14", "15", "21", "22", "23", "31", "32", "33", "34", "35", "36", "37",
        "41", "42", "43", "44", "45", "46", "50", "51", "52", "53", "54",
        "61", "62", "63", "64", "65", "66", "71", "81", "82",
    }
)  # fmt: skip
"""First digits of GB/T 2260, and 66, by which statistics name the Xinjiang Production and
Construction Corps (XPCC)."""

MUNICIPALITIES = frozenset({"11", "12", "31", "50"})
"""Provinces that are one city each, under whatever third and fourth digits."""

CITIES_WITHOUT_COUNTIES: Mapping[str, str] = MappingProxyType(
    {
        "4419": "Dongguan: townships 4419 00 xxx",
        "4420": "Zhongshan: townships 4420 00 xxx",
        "4603": "Sansha: groups of islands 4603 2x xxx in statistics",
        "4604": "Danzhou (469003 until 2015): townships 4604 00 xxx",
        "6202": "Jiayuguan: townships 6202 01 xxx in statistics",
    }
)
"""Prefecture-level cities whose township codes fill the county's digits with digits that name no
county (National Bureau of Statistics, codes of statistical divisions)."""

PROVINCE_ADMINISTERED = "90"
"""Third and fourth digits that group counties administered by a province: no city."""

_LENGTHS = (2, 4, 6, 9, 12)
_DIGITS = re.compile(r"\d+", re.ASCII)
# GB/T 10114-2003, section 4: the first digit of the three, 0 to 5.
_TOWNSHIP_KINDS: tuple[Kind, ...] = (
    "street_office", "town", "township", "township", "zone", "zone",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Division:
    """What a code says."""

    code: str
    """As written: 2, 4, 6, 9 or 12 digits."""
    kind: Kind
    """``zone`` stands for zones, farms and whatever else stands beside townships."""
    province: str
    """Two digits."""
    city: str | None
    """Four digits of the city that counts: 1100 for all of Beijing; None for other provinces. It
    is no city where ``group`` is ``province_administered`` or ``xpcc``."""
    county: str | None
    """Six digits; None above counties and in cities that have none."""
    township: str | None
    """Nine digits; None above townships."""
    group: Group | None
    """Whether the code stands outside the plain order province, city, county."""


def parse_division(code: str, *, where: str = "code") -> Division:
    """Read a code of an administrative division.

    Parameters
    ----------
    code : str
        2 (province), 4 (city), 6 (county), 9 (township) or 12 digits (village). Zeros at the end
        stand for the division above: 450000 is a province, 450800000000 a city.
    where : str
        File and column, for errors.

    Returns
    -------
    Division

    Raises
    ------
    CodeError
        Anything but so many digits, no province of these digits, a township above 599, or digits
        below a division that is left out.

    Notes
    -----
    GB/T 2260-2007: third and fourth digits 01-20 and 51-70 are prefecture-level cities, 21-50
    regions, leagues and autonomous prefectures, 90 groups counties administered by the province.
    Fifth and sixth: in cities 01-20 and 51-80 are districts, 21-50 counties and banners, 81-99
    county-level cities; elsewhere 01-20 are county-level cities, the rest counties. GB/T
    10114-2003: 001-099 street offices, 100-199 towns, 200-399 townships, 400-599 zones and farms.
    Older codes follow the same order, but for Hainan's counties of before 2002 (4600xx), which are
    refused.
    """
    if not _DIGITS.fullmatch(code) or len(code) not in _LENGTHS:
        raise _refused(code, "2, 4, 6, 9 or 12 digits", where)
    if code[:2] not in PROVINCES:
        raise _refused(code, "the digits of a province first", where)
    full = code.ljust(12, "0")
    city = _city(full)
    group = _group(full)
    county = _county(full)
    township = full[:9] if full[6:9] != "000" else None
    if (full[2:4] == "00" and full[4:9] != "00000" and group != "municipality") or (
        township is None and full[9:] != "000"
    ):
        raise _refused(code, "no digits below a division that is left out", where)
    if township is not None and full[6] > "5":
        raise _refused(code, "a township between 001 and 599", where)
    kind = _kind(full, county=county, township=township, city=city)
    return Division(code, kind, full[:2], city, county, township, group)


def _refused(code: str, expected: str, where: str) -> CodeError:
    return CodeError(
        where,
        expected=expected,
        found=repr(code),
        hint="correct the code, or store it as text if a number has lost digits",
    )


def _city(full: str) -> str | None:
    if full[:2] in MUNICIPALITIES:
        return full[:2] + "00"
    return full[:4] if full[2:4] != "00" else None


def _group(full: str) -> Group | None:
    if full[:2] in MUNICIPALITIES:
        return "municipality"
    if full[:2] == "66":
        return "xpcc"
    return "province_administered" if full[2:4] == PROVINCE_ADMINISTERED else None


def _county(full: str) -> str | None:
    if full[4:6] == "00" or full[:4] in CITIES_WITHOUT_COUNTIES:
        return None
    return full[:6]


def _kind(full: str, *, county: str | None, township: str | None, city: str | None) -> Kind:
    if full[9:] != "000":
        return "village"
    if township is not None:
        return _TOWNSHIP_KINDS[int(full[6])]
    if county is not None:
        return _county_kind(full)
    return "province" if city is None else "city"


def _county_kind(full: str) -> Kind:
    above, digits = int(full[2:4]), int(full[4:6])
    if full[:2] in MUNICIPALITIES:
        return "district" if above == 1 else "county"
    if above <= 20 or 51 <= above <= 70:
        if digits <= 20 or 51 <= digits <= 80:
            return "district"
        return "county" if digits <= 50 else "county_level_city"
    return "county_level_city" if digits <= 20 else "county"
