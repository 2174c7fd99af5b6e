"""Units of columns made of columns, and which of them cannot be added or divided."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

from geo.errors import TableColumnError
from panels.tables.units import Unit, unit_named

# Doctors over 万人 are doctors per ten thousand; yuan over 亿元 are a slip.
_COUNTED = frozenset({"person", "household", "piece"})


def derived_units(
    units: Mapping[str, str],
    *,
    sums: Mapping[str, Sequence[str]],
    ratios: Mapping[str, Sequence[str]],
    logs: Mapping[str, str | Sequence[str]],
    where: str = "panel",
) -> dict[str, str]:
    """Units of the columns that `panels.steps.derive.derive` makes, and of those it makes them of.

    Parameters
    ----------
    units : mapping of str to str
        Units of columns, as far as they are known; what no list of units has is not compared.
    sums, ratios, logs
        As `panels.steps.derive.derive`.
    where : str
        What the steps belong to, for errors.

    Returns
    -------
    dict of str to str
        ``units``, and for each sum the unit of its parts where all are known.

    Raises
    ------
    TableColumnError
        Columns of different units are added; or one is divided by one of another unit of the
        same dimension, unless things are counted, as doctors per ten thousand persons.
    """
    made = dict(units)
    for name, parts in sums.items():
        _refuse_mixed(made, parts, f"{where}.sums.{name}")
        if parts and all(part in made for part in parts):
            made[name] = made[parts[0]]
    for name, pair in ratios.items():
        known = _known(made, pair)
        if {unit.dimension for _, unit in known} - _COUNTED and len(known) == len(pair):
            _refuse_mixed(made, pair, f"{where}.ratios.{name}", alike=True)
    for name, column in logs.items():
        _refuse_mixed(made, [column] if isinstance(column, str) else column, f"{where}.logs.{name}")
    return made


def refuse_contradictions(
    known: Mapping[str, str], declared: Mapping[str, str], *, where: str
) -> None:
    """Refuse a declared unit in which a number would mean something else than in the known one.

    Parameters
    ----------
    known, declared : mapping of str to str
        Units of columns; what no list of units has is not compared.
    where : str
        The study's section, for errors.

    Raises
    ------
    TableColumnError
    """
    for name, text in declared.items():
        told, meant = unit_named(known.get(name, "")), unit_named(text)
        if told is not None and meant is not None and not told.equals(meant):
            raise TableColumnError(
                f"{where}.{name}",
                expected=f"{told.name}, in which the column is known to be",
                found=repr(text),
                hint="convert it in the units of its table, or correct this one",
            )


def _known(units: Mapping[str, str], parts: Sequence[str]) -> list[tuple[str, Unit]]:
    named = ((part, unit_named(units.get(part, ""))) for part in parts)
    return [(part, unit) for part, unit in named if unit is not None]


def _refuse_mixed(
    units: Mapping[str, str], parts: Sequence[str], where: str, *, alike: bool = False
) -> None:
    """Refuse parts of several units; if ``alike`` is said, of one dimension alone."""
    for (first, one), (second, other) in pairwise(_known(units, parts)):
        if not one.equals(other) and (not alike or one.dimension == other.dimension):
            raise TableColumnError(
                where,
                expected="columns of one unit",
                found=f"{first!r} in {one.name}, {second!r} in {other.name}",
                hint=f'turn one into the other in the units of its table: "-> {one.name}"'
                if one.dimension == other.dimension
                else "correct the names of the columns, or their units",
            )
