"""A column's unit: what the study declares, held against what the file itself says."""

from dataclasses import dataclass

import pandas as pd

from geo.audit import AuditRow
from geo.errors import TableColumnError
from panels.tables.units import UNITS, Unit, UnitChange, converted

_PERCENT, _FRACTION = UNITS["percent"], UNITS["fraction"]
# Half of a column's shares above 1.5 are not shares as fractions; a single one may be a percent.
_LARGEST_FRACTION = 1.5


@dataclass(frozen=True, slots=True)
class SaidUnit:
    """What a file says of a column's unit."""

    own: Unit | None
    """In the column's name, a row of units or a label."""
    stated: Unit | None
    """For the table as a whole, for whichever columns it fits."""
    shown_as_percent: bool
    """Whether its numbers are stored as fractions and shown as percents."""


def source_unit(said: SaidUnit, declared: UnitChange | None, *, where: str) -> Unit | None:
    """The unit of a column's numbers as they are stored.

    Parameters
    ----------
    said : SaidUnit
    declared : UnitChange or None
        What the study says, if anything.
    where : str
        File and column, for errors.

    Returns
    -------
    Unit or None
        None where neither says it.

    Raises
    ------
    TableColumnError
        Study and file contradict each other, or the study leaves it to a file that does not say.
    """
    own = said.own
    if said.shown_as_percent and own in (None, _PERCENT):
        own = _FRACTION
    if declared is None:
        return own
    meant = declared.file or declared.panel
    if own is None and said.stated is not None and meant is not None:
        own = said.stated if said.stated.dimension == meant.dimension else None
    if declared.file is None:
        if own is None:
            raise TableColumnError(
                where,
                expected="a unit in the header, in a row below it or in a line above the table",
                found="none",
                hint=f'declare it: "UNIT -> {declared.panel.name if declared.panel else "UNIT"}"',
            )
        if declared.panel is not None and own.dimension != declared.panel.dimension:
            raise _contradiction(where, declared.panel, own, said)
        return own
    if own is not None and not own.equals(declared.file):
        raise _contradiction(where, declared.file, own, said)
    return declared.file


def in_panel_unit(
    numbers: pd.Series, source: Unit | None, declared: UnitChange | None, *, where: str, place: str
) -> tuple[pd.Series, list[AuditRow]]:
    """A column's numbers in the unit that the panel wants.

    Parameters
    ----------
    numbers : pandas.Series of float64
        As stored.
    source : Unit or None
        Their unit.
    declared : UnitChange or None
        What the study says.
    where, place : str
        File and column; file and sheet.

    Returns
    -------
    numbers : pandas.Series of float64
    audit : list of AuditRow
        ``unit_converted``, or ``unit_read`` where the file alone says the unit; and a
        ``fraction_above`` for each fraction so large that it may be a percent.

    Raises
    ------
    TableColumnError
        Numbers that are said to be fractions are not.
    """
    if source is None:
        return numbers, []
    typical = float(numbers.abs().median()) if numbers.notna().any() else 0.0
    if source == _FRACTION and typical > _LARGEST_FRACTION:
        raise TableColumnError(
            where,
            expected="fractions",
            found=f"values of typically {typical:g}",
            hint='declare the unit "percent", or "percent -> fraction"',
        )
    large = _large_fractions(numbers, where, place) if source == _FRACTION else []
    target = declared.panel if declared is not None else None
    if target is not None and not target.equals(source):
        count = int(numbers.notna().sum())
        detail = f"{count} values turned from {source.name} into {target.name}"
        row = AuditRow(
            "panel", "unit_converted", where, detail, count, place, old=source.name, new=target.name
        )
        return converted(numbers, source, target), [row, *large]
    if declared is None:
        detail = f"by the file in {source.name}; kept"
        row = AuditRow("panel", "unit_read", where, detail, file=place, new=source.name)
        return numbers, [row, *large]
    return numbers, large


def _large_fractions(numbers: pd.Series, where: str, place: str) -> list[AuditRow]:
    detail = f"a fraction above {_LARGEST_FRACTION:g}, perhaps a percent; kept"
    large = numbers[numbers.abs() > _LARGEST_FRACTION]
    return [
        AuditRow("panel", "fraction_above", where, detail, file=place, row=int(at), old=f"{one:g}")
        for at, one in zip(large.index, large, strict=True)
    ]


def _contradiction(where: str, declared: Unit, own: Unit, said: SaidUnit) -> TableColumnError:
    if said.shown_as_percent and own == _FRACTION:
        return TableColumnError(
            where,
            expected=f"numbers in {declared.name}, as the study declares",
            found="fractions that the sheet shows as percents, 0.35 as 35%",
            hint=f'declare "{own.name}" or "{own.name} -> {declared.name}"',
        )
    told = "the column itself" if said.own is not None else "the table as a whole"
    hint = f'declare "{own.name}"'
    if own.dimension == declared.dimension:
        hint += f' or "{own.name} -> {declared.name}"'
    return TableColumnError(
        where,
        expected=f"numbers in {declared.name}, as the study declares",
        found=f"{own.name}, as {told} says",
        hint=f"{hint}, or correct the file",
    )
