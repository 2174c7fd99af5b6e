"""City codes: digits as text, crosswalks between code systems, and codes that are no city."""

import csv
import re
from collections.abc import Mapping
from importlib import resources
from numbers import Real
from types import MappingProxyType

import numpy as np
import pandas as pd

from geo.errors import CodeError
from panels.tables.cells import is_missing, plain

_DIGITS = re.compile(r"(\d+)(\.0+)?", re.ASCII)
_PROVINCE = 2


def shipped_rows(name: str) -> list[dict[str, str]]:
    """Rows of a csv file of this room."""
    text = resources.files("panels.cities").joinpath(name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


MUNICIPALITIES: Mapping[str, str] = MappingProxyType(
    {row["code"]: row["city_id"] for row in shipped_rows("municipalities.csv")}
)
"""Districts and counties of the four municipalities to the municipality, as one city each."""

PSEUDO_CITIES: frozenset[str] = frozenset(
    row["city_id"] for row in shipped_rows("pseudo_cities.csv")
)
"""Codes that group counties administered by a province: no city, left out of estimation."""

EARLIER_CODES: Mapping[str, str] = MappingProxyType(
    {row["old"]: row["new"] for row in shipped_rows("city_changes.csv") if row["kind"] == "code"}
)
"""Codes that a place had before it became a city, or another kind of one, to its last code: the
place is the same (``city_changes.csv``). Of four digits, and of six for a county."""

CHINA_CODES: Mapping[str, str] = MappingProxyType({**MUNICIPALITIES, **EARLIER_CODES})
"""Every code that only names a place otherwise."""

_CROSSWALKS: Mapping[str, Mapping[str, str]] = {
    "china-municipalities": MUNICIPALITIES,
    "china-codes": CHINA_CODES,
}

CROSSWALK_NAMES = tuple(_CROSSWALKS)
"""Names of the shipped crosswalks of codes; each holds the one before."""


def crosswalk_named(name: str) -> Mapping[str, str]:
    """A shipped crosswalk.

    Parameters
    ----------
    name : str
        ``china-municipalities``, or ``china-codes``: these and earlier codes of the same place.

    Returns
    -------
    mapping of str to str
        Code to the code of the city that it belongs to.

    Raises
    ------
    CodeError
        No crosswalk has the name; the known names are listed.
    """
    if name not in _CROSSWALKS:
        raise CodeError(
            "crosswalk",
            expected=f"one of {', '.join(sorted(_CROSSWALKS))}",
            found=repr(name),
            hint="correct the name or leave the crosswalk out",
        )
    return _CROSSWALKS[name]


def apply_crosswalk(codes: pd.Series, crosswalk: Mapping[str, str]) -> pd.Series:
    """Replace the codes that a crosswalk holds; all others, and missing ones, stay.

    Parameters
    ----------
    codes : pandas.Series of str
    crosswalk : mapping of str to str

    Returns
    -------
    pandas.Series of str
        On the same index.
    """
    return codes.map(lambda code: crosswalk.get(code, code)).astype("str")


def code_text(value: object) -> str | None:
    """The digits of a code.

    Parameters
    ----------
    value : object
        110000, 110000.0, "110000" and "110000.0" are the code 110000; text keeps leading zeros.

    Returns
    -------
    str or None
        None when the cell is no code.
    """
    if isinstance(value, str):
        match = _DIGITS.fullmatch(plain(value))
        return match[1] if match else None
    if isinstance(value, bool) or not isinstance(value, Real):
        return None
    number = float(value)
    return str(int(number)) if number.is_integer() and number >= 0 else None


def city_code(values: pd.Series, *, digits: int = 4, where: str) -> pd.Series:
    """City codes as text: the first ``digits`` digits of each code.

    Parameters
    ----------
    values : pandas.Series
        Codes as text or as integral numbers, any dtype.
    digits : int
        Digits of a city's code.
    where : str
        File and column, for errors.

    Returns
    -------
    pandas.Series of str
        On the same index; missing where the code is missing.

    Raises
    ------
    CodeError
        A value has anything but digits, has fewer than ``digits``, or is one digit shorter than
        others of the column: a number has lost its leading zero.
    """
    missing = np.array([is_missing(value) for value in values], dtype=bool)
    texts = [None if gap else code_text(v) for v, gap in zip(values, missing, strict=True)]
    codes = pd.Series(texts, index=values.index, dtype="str")
    unreadable = values[codes.isna() & ~missing]
    if len(unreadable):
        raise CodeError(
            where,
            expected=f"codes of {digits} or more digits",
            found=f"{plain(unreadable.iloc[0])!r} in row {unreadable.index[0]}",
            hint="correct the code or remove the row",
        )
    _refuse_lost_zeros(codes[~missing], digits=digits, where=where)
    return codes.str[:digits]


def _refuse_lost_zeros(codes: pd.Series, *, digits: int, where: str) -> None:
    lengths = codes.str.len()
    short = codes[lengths < digits]
    if len(short):
        provinces = digits > _PROVINCE and bool((lengths == _PROVINCE).all())
        raise CodeError(
            where,
            expected=f"codes of {digits} or more digits",
            found=f"{short.iloc[0]} in a column of {digits}-digit codes (row {short.index[0]})",
            hint='for codes of provinces set [panel] unit = "province", or city_digits = 2'
            if provinces
            else "a number has lost its leading zero: store the code and read it as text",
        )
    known = set(lengths)
    for length in sorted(known):
        if length + 1 in known:
            first = codes[lengths == length]
            raise CodeError(
                where,
                expected="codes without lost leading zeros",
                found=f"{first.iloc[0]} (row {first.index[0]}) beside {length + 1}-digit codes",
                hint="a number has lost its leading zero: store the code and read it as text",
            )
