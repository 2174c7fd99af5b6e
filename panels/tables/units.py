"""Units of measurement: what yearbooks call them, and how one becomes another.

The names are those of the China City Statistical Yearbook and of its English headings; one mu is
2000/3 square metres, all other factors are powers of ten.
"""

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from fractions import Fraction
from importlib import resources
from types import MappingProxyType

import pandas as pd

from geo.errors import TableColumnError
from panels.tables.cells import half_width, plain, without_mark

_BRACKETED = re.compile(
    r"^(?P<name>.*\S)\s*[(\[（【〔](?P<unit>[^()\[\]（）【】〔〕]+)[)\]）】〕]$"
)
_SEPARATOR = re.compile(r"[/／,，:：;；、]")
_COMMA = re.compile(r"[,，:：;；、]")
# GDP/人 is a ratio, GDP/万元 a quantity in its unit.
_COUNTED = {"person", "household", "piece"}
_STATED = re.compile(
    r"(?:计量)?单位\s*[:：]\s*(?P<unit>[^\s)）;；,，、]+)|units?\s*:\s*(?P<english>.+)",
    re.IGNORECASE,
)
_ARROW = re.compile(r"\s*(?:->|→)\s*")


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit of measurement."""

    name: str
    """Its name, such as ``万元``."""
    dimension: str
    """What it measures; units of one dimension become each other."""
    factor: Fraction
    """How many of the dimension's first unit it is."""

    def equals(self, other: "Unit") -> bool:
        """Whether a number means the same in both."""
        return (self.dimension, self.factor) == (other.dimension, other.factor)


@dataclass(frozen=True, slots=True)
class UnitChange:
    """What a study says of a column's unit: ``"万元"``, ``"万元 -> 亿元"`` or ``"-> 亿元"``."""

    file: Unit | None
    """The unit of the file's numbers; the file must say it itself where this is None."""
    panel: Unit | None
    """The unit of the panel's numbers; as in the file if None."""


def _folded(text: str) -> str:
    return re.sub(r"[\s,]", "", half_width(plain(text))).casefold()


def _read_units() -> tuple[dict[str, Unit], dict[str, Unit]]:
    text = resources.files("panels.tables").joinpath("units.csv").read_text(encoding="utf-8")
    units, names = {}, {}
    for row in csv.DictReader(text.splitlines()):
        unit = Unit(row["unit"], row["dimension"], Fraction(row["factor"]))
        units[unit.name] = unit
        for name in (unit.name, *filter(None, row["aliases"].split("|"))):
            names[_folded(name)] = unit
    return units, names


_UNITS, _NAMES = _read_units()

UNITS: Mapping[str, Unit] = MappingProxyType(_UNITS)
"""All units by name."""


def unit_named(text: str) -> Unit | None:
    """The unit that a text names, by its name or another one in use; None if it names none."""
    return _NAMES.get(_folded(text))


def split_unit(name: str) -> tuple[str, Unit | None]:
    """A column's name without its unit, and the unit.

    Parameters
    ----------
    name : str
        ``地区生产总值（万元）``, ``GDP [100 million yuan]`` or ``GDP/万元``.

    Returns
    -------
    name : str
        Without the unit; as it was if it names none.
    unit : Unit or None
    """
    text = without_mark(plain(name))
    if unit_named(text) is not None:
        return text, None
    match = _BRACKETED.match(text)
    if match is not None:
        # 人民币:万元 and 现价,万元 say more than the unit.
        for part in (match["unit"], *_COMMA.split(match["unit"])):
            unit = unit_named(part)
            if unit is not None:
                return match["name"], unit
    for separator in _SEPARATOR.finditer(text):
        unit = unit_named(text[separator.end() :])
        ratio = separator[0] in "/／" and unit is not None and unit.dimension in _COUNTED
        if unit is not None and separator.start() and not ratio:
            return text[: separator.start()].rstrip(), unit
    return text, None


def stated_unit(text: str) -> Unit | None:
    """The unit that a line above a table states for the whole of it, as in ``单位：万元``."""
    match = _STATED.search(plain(text))
    if match is None:
        return None
    return unit_named((match["unit"] or match["english"]).rstrip(")）"))


def unit_change(text: str, *, where: str) -> UnitChange:
    """What a study says of a column's unit.

    Parameters
    ----------
    text : str
        ``"万元"``, ``"万元 -> 亿元"``, or ``"-> 亿元"`` where the file itself says the unit.
    where : str
        The study's key, for errors.

    Returns
    -------
    UnitChange

    Raises
    ------
    TableColumnError
        A name is no unit, or the two measure different things.
    """
    before, *after = _ARROW.split(text.strip())
    if len(after) > 1 or not (before or after):
        raise TableColumnError(
            where, expected='"UNIT" or "UNIT -> UNIT"', found=repr(text), hint="write one arrow"
        )
    file = _known(before, where) if before else None
    panel = _known(after[0], where) if after else None
    if file is not None and panel is not None and file.dimension != panel.dimension:
        raise TableColumnError(
            where,
            expected=f"a unit that {file.name} can become ({_alike(file)})",
            found=panel.name,
            hint="correct one of the two",
        )
    return UnitChange(file, panel)


def _known(text: str, where: str) -> Unit:
    unit = unit_named(text)
    if unit is not None:
        return unit
    near = get_close_matches(_folded(text), _NAMES, n=3, cutoff=0.5)
    meant = " or ".join(dict.fromkeys(repr(_NAMES[name].name) for name in near))
    raise TableColumnError(
        where,
        expected="a unit such as 元, 万元, 亿元, 人, 万人, km2, percent or fraction",
        found=repr(text),
        hint=f"did you mean {meant}?" if meant else "correct it, or leave the column's unit out",
    )


def _alike(unit: Unit) -> str:
    return ", ".join(one.name for one in UNITS.values() if one.dimension == unit.dimension)


def converted(numbers: pd.Series, before: Unit, after: Unit) -> pd.Series:
    """Numbers of one unit in another.

    A power of ten is multiplied with or divided by, never by a rounded inverse: the result is the
    double nearest to the exact one.

    Parameters
    ----------
    numbers : pandas.Series of float64
    before, after : Unit
        Of one dimension.

    Returns
    -------
    pandas.Series of float64
    """
    ratio = before.factor / after.factor
    scaled = numbers * ratio.numerator if ratio.numerator != 1 else numbers
    return scaled / ratio.denominator if ratio.denominator != 1 else scaled
