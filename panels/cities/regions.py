"""Regions of China's provinces, as the National Bureau of Statistics divides them."""

import re
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from panels.cities.codes import shipped_rows
from panels.cities.place_names import province_code

DIVISIONS = ("three", "four")
"""``three``: east, central and west (11, 8 and 12 provinces). ``four``: east, central, west and
northeast (10, 6, 12 and 3), the Bureau's since 13 June 2011. ``region_sources.csv`` has the sources
of both; provinces outside the mainland are in no region."""

REGIONS = ("east", "central", "west", "northeast")
"""The regions, in the order in which the Bureau lists them."""

_DIGITS = re.compile(r"[1-8]\d(?:\d{2}){0,2}", re.ASCII)


@cache
def region_table(division: str) -> Mapping[str, str]:
    """Region of each province.

    Parameters
    ----------
    division : {"three", "four"}

    Returns
    -------
    mapping of str to str
        Two digits of the province (GB/T 2260) to one of :data:`REGIONS`.
    """
    return MappingProxyType({row["province"]: row[division] for row in shipped_rows("regions.csv")})


def province_of(place: str) -> str | None:
    """The province of a place, from a code or a province's name.

    Parameters
    ----------
    place : str
        A code of two, four or six digits, or the name of a province in any usual spelling.

    Returns
    -------
    str or None
        Two digits; None if the text is neither.

    Examples
    --------
    >>> province_of("3205"), province_of("内蒙古"), province_of("苏州市")
    ('32', '15', None)
    """
    return place[:2] if _DIGITS.fullmatch(place) else province_code(place)


def region_of(place: str, division: str) -> str | None:
    """The region of a place, None if its province is in none.

    Parameters
    ----------
    place : str
        As for :func:`province_of`.
    division : {"three", "four"}

    Examples
    --------
    >>> region_of("21", "three"), region_of("21", "four"), region_of("广西", "three")
    ('east', 'northeast', 'west')
    """
    code = province_of(place)
    return None if code is None else region_table(division).get(code)
