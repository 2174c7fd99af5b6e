"""The wanted columns of a sheet under their new names, one row per city and year."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from geo.audit import AuditRow
from geo.errors import TableColumnError, TableFileError
from panels.cities.codes import code_text
from panels.schema import missing_column
from panels.tables.cells import is_missing, plain
from panels.tables.headers import bare, folded, located, year_pattern
from panels.tables.sheets import Sheet
from panels.tables.wide_names import is_wide
from panels.unit_columns import SaidUnit

COUNTRY = "0000"
"""The code of all rows of a table that has no cities."""


@dataclass(frozen=True, slots=True)
class Picked:
    """Cells of the key and of the wanted columns, uninterpreted."""

    cells: pd.DataFrame
    """Columns of the key and the new names; the index holds row numbers, each as often
    as the row has years."""
    units: Mapping[str, SaidUnit]
    """What the file says of the unit of each wanted column."""
    audit: tuple[AuditRow, ...]
    """Names that were found in another form, merged cells that were filled."""


def picked(
    sheet: Sheet,
    *,
    keys: Mapping[str, str],
    year: str | int | None,
    columns: Mapping[str, str],
) -> Picked:
    """The wanted columns of a sheet.

    Parameters
    ----------
    sheet : Sheet
    keys : mapping of str to str
        ``city_id``, ``city_name``, ``province``, as far as there are such columns, to their names
        in the file; all rows are of the `COUNTRY` without any.
    year : str or int or None
        Column of the year, or the year of all rows; None where the columns' names hold it, or
        where rows hold for all years.
    columns : mapping of str to str
        New name to the name in the file; with ``{year}`` for one column a year.

    Returns
    -------
    Picked

    Raises
    ------
    TableColumnError
        A column is missing or repeated, or two columns of a year differ in their units.
    TableFileError
        A cell of a wanted column is a formula without a stored value.
    """
    audit: list[AuditRow] = []
    cities = {
        name: _filled(sheet, _position(sheet, column, audit), audit)
        for name, column in keys.items()
    } or {"city_id": pd.Series(COUNTRY, index=sheet.cells.index, dtype=object)}
    if is_wide(columns):
        return _wide(sheet, cities, columns, audit)
    years: dict[str, pd.Series] = {}
    if isinstance(year, str):
        years = {"year": _filled(sheet, _position(sheet, year, audit), audit)}
    positions = {name: _position(sheet, column, audit) for name, column in columns.items()}
    values = {name: sheet.cells[at] for name, at in positions.items()}
    if isinstance(year, int):
        years = {"year": _year_of_rows(year, cities, list(values.values()))}
    cells = pd.DataFrame(cities | years | values)
    audit += _merged_values(sheet, list(positions.values()))
    units = {name: _said(sheet, at) for name, at in positions.items()}
    return Picked(cells, units, tuple(audit))


def _wide(
    sheet: Sheet,
    cities: Mapping[str, pd.Series],
    columns: Mapping[str, str],
    audit: list[AuditRow],
) -> Picked:
    by_year = {name: _positions_by_year(sheet, column, audit) for name, column in columns.items()}
    units = {name: _one_unit(sheet, columns[name], found) for name, found in by_year.items()}
    audit += _merged_values(sheet, [at for found in by_year.values() for at in found.values()])
    blank = pd.Series("", index=sheet.cells.index, dtype=object)
    every = [sheet.cells[at] for found in by_year.values() for at in found.values()]
    parts = []
    for year in sorted({year for found in by_year.values() for year in found}):
        values = {
            name: sheet.cells[found[year]] if year in found else blank
            for name, found in by_year.items()
        }
        years = {"year": _year_of_rows(year, cities, every)}
        parts.append(pd.DataFrame({**cities, **years, **values}))
    return Picked(pd.concat(parts), units, tuple(audit))


def _year_of_rows(
    year: int, cities: Mapping[str, pd.Series], values: Sequence[pd.Series]
) -> pd.Series:
    """The year that a name says of all rows, but not of notes: no code, and no value at all."""
    index = next(iter(cities.values())).index
    notes = pd.Series(data="city_id" in cities, index=index)
    if "city_id" in cities:
        notes &= cities["city_id"].map(lambda cell: code_text(cell) is None).astype(bool)
    for cells in values:
        notes &= cells.map(is_missing).astype(bool)
    return pd.Series(["" if note else year for note in notes], index=index, dtype=object)


def _positions_by_year(sheet: Sheet, column: str, audit: list[AuditRow]) -> dict[int, int]:
    positions, how = located(sheet.header, column)
    if not positions:
        raise _missing(sheet, column)
    pattern, key = year_pattern(column), folded if not how else bare
    found: dict[int, int] = {}
    for at in positions:
        match = pattern.fullmatch(key(sheet.header[at]))
        year = int(match[1]) if match else 0
        if year in found:
            raise _repeated(sheet, f"{column} of {year}", 2)
        found[year] = at
    _refuse_uncomputed(sheet, positions)
    _note_how(sheet, column, sheet.header[positions[0]], how, audit)
    detail = f"columns of {len(found)} years, {min(found)} to {max(found)}, become rows"
    audit.append(
        _row(sheet, "wide_columns", f"{sheet.place}: column {column!r}", detail, len(found))
    )
    return found


def _position(sheet: Sheet, column: str, audit: list[AuditRow]) -> int:
    found, how = located(sheet.header, column)
    if not found:
        raise _missing(sheet, column)
    if len(found) > 1:
        raise _repeated(sheet, column, len(found))
    _refuse_uncomputed(sheet, found)
    _note_how(sheet, column, sheet.header[found[0]], how, audit)
    return found[0]


def _missing(sheet: Sheet, column: str) -> TableColumnError:
    present = list(dict.fromkeys(name for name in sheet.header if name))
    return missing_column(column, present, where=sheet.place)


def _repeated(sheet: Sheet, column: str, count: int) -> TableColumnError:
    return TableColumnError(
        f"{sheet.place}: column {column!r}",
        expected="one column of this name",
        found=f"{count}",
        hint="rename the others",
    )


def _refuse_uncomputed(sheet: Sheet, positions: Sequence[int]) -> None:
    """A formula whose value no program has stored is not missing: it is not known yet."""
    wrong = sorted(
        (row, at) for row, at in sheet.uncomputed if at in positions and row in sheet.cells.index
    )
    if wrong:
        row, at = wrong[0]
        raise TableFileError(
            f"{sheet.place}: column {sheet.header[at]!r}",
            expected="values",
            found=f"a formula without its value in row {row} ({len(wrong)} in all)",
            hint="open the file in Excel or LibreOffice, which compute it, and save it",
        )


def _note_how(sheet: Sheet, column: str, name: str, how: str, audit: list[AuditRow]) -> None:
    if how:
        detail = f"taken for {column!r}, without regard to {how}"
        audit.append(_row(sheet, "column_matched", f"{sheet.place}: column {name!r}", detail))


def _filled(sheet: Sheet, at: int, audit: list[AuditRow]) -> pd.Series:
    """A key column; what merged cells say once holds for each of their rows."""
    cells = sheet.cells[at]
    blocks = [
        block
        for block in sheet.merged
        if block.first_column == at and block.last_row > block.first_row
    ]
    if not blocks:
        return cells
    cells = cells.copy()
    count = 0
    for block in blocks:
        rows = cells.index[(cells.index >= block.first_row) & (cells.index <= block.last_row)]
        if len(rows) and not is_missing(cells.loc[rows[0]]):
            cells.loc[rows[1:]] = cells.loc[rows[0]]
            count += len(rows) - 1
    if count:
        detail = f"{count} cells below filled with the value of the block that they are merged into"
        where = f"{sheet.place}: column {sheet.header[at]!r}"
        audit.append(_row(sheet, "merged_cells_filled", where, detail, count))
    return cells


def _merged_values(sheet: Sheet, positions: Sequence[int]) -> list[AuditRow]:
    """Values that a sheet shows for several rows count for the first alone, and that is said."""
    return [
        AuditRow(
            "panel",
            "merged_values",
            f"{sheet.place}: column {sheet.header[block.first_column]!r}",
            f"one value for rows {block.first_row} to {block.last_row} counts for the first alone",
            file=sheet.place,
            row=block.first_row,
            old=plain(sheet.cells.loc[block.first_row, block.first_column]),
        )
        for block in sheet.merged
        if block.first_column in positions
        and block.last_row > block.first_row
        and block.first_row in sheet.cells.index
        and not is_missing(sheet.cells.loc[block.first_row, block.first_column])
    ]


def _said(sheet: Sheet, at: int) -> SaidUnit:
    own = sheet.units[at] if sheet.units else None
    return SaidUnit(own, sheet.stated, at in sheet.percent)


def _one_unit(sheet: Sheet, column: str, found: Mapping[int, int]) -> SaidUnit:
    said = {year: _said(sheet, at) for year, at in found.items()}
    kinds = list(dict.fromkeys(said.values()))
    if len(kinds) > 1:
        units = [kind.own.name if kind.own else "no unit" for kind in kinds]
        raise TableColumnError(
            f"{sheet.place}: column {column!r}",
            expected="one unit in all years",
            found=", ".join(units),
            hint="map the years of each unit by themselves, in two tables",
        )
    return kinds[0]


def _row(sheet: Sheet, rule: str, where: str, detail: str, count: int = 1) -> AuditRow:
    return AuditRow("panel", rule, where, detail, count, file=sheet.place)
