"""From cells to keyed rows: which rows are data, what their key is, that each key is there once."""

from collections.abc import Hashable

import numpy as np
import pandas as pd

from geo.audit import AuditRow
from geo.errors import DuplicateCityYearError, TableColumnError
from panels.cities.codes import code_text
from panels.schema import KEY
from panels.tables.cells import NumberColumn, is_missing, plain, year_of

LONGEST_TEXT = 200
"""Characters of a dropped row that its audit row shows."""
NO_KEY = "it has neither city nor year"
NO_CODE = "it has a year but no city"
NO_YEAR = "it has a city but no year"


def data_rows(
    cells: pd.DataFrame, *, place: str, whole: pd.DataFrame | None = None
) -> tuple[pd.DataFrame, list[AuditRow]]:
    """Rows that have a city code and a year; the others go, each with its audit row.

    Parameters
    ----------
    cells : pandas.DataFrame
        Columns ``city_id`` and ``year`` with uninterpreted cells; the index holds row numbers.
    place : str
        File and sheet, for the audit.
    whole : pandas.DataFrame, optional
        All cells of these rows, on row numbers, for the audit; ``cells`` when left out.

    Returns
    -------
    kept : pandas.DataFrame
        Rows in which both are present. They may still be no code or no year.
    audit : list of AuditRow
        A row for each row of the file that is dropped: ``notes_rows``, ``rows_without_code`` or
        ``rows_without_year``; and the number of ``blank_rows``.
    """
    no_code = cells["city_id"].map(is_missing).astype(bool)
    no_digits = cells["city_id"].map(lambda cell: code_text(cell) is None).astype(bool)
    no_year = cells["year"].map(is_missing).astype(bool)
    unreadable_year = cells["year"].map(lambda cell: year_of(cell) is None).astype(bool)
    # Notes below a table start in any column, so that they may sit in the code's or the year's.
    notes = (no_code & unreadable_year) | (no_digits & no_year)
    codeless = no_code & ~notes
    yearless = no_year & ~notes
    every = cells if whole is None else whole
    audit = [
        *dropped_rows("notes_rows", cells[notes].index, NO_KEY, place, every),
        *dropped_rows("rows_without_code", cells[codeless].index, NO_CODE, place, every),
        *dropped_rows("rows_without_year", cells[yearless].index, NO_YEAR, place, every),
    ]
    return cells[~(notes | codeless | yearless)], audit


def dropped_rows(
    rule: str, numbers: pd.Index, what: str, place: str, whole: pd.DataFrame
) -> list[AuditRow]:
    """Audit rows of rows that are dropped: one for each, and one for all that are blank.

    Parameters
    ----------
    rule : str
        The audit rule.
    numbers : pandas.Index
        Row numbers; a row that has become several counts once.
    what : str
        Why they are.
    place : str
        File and sheet.
    whole : pandas.DataFrame
        All their cells, on row numbers.

    Returns
    -------
    list of AuditRow
    """
    texts = {int(number): _row_text(whole.loc[number]) for number in numbers.unique()}
    audit = [_dropped(rule, place, what, number, text) for number, text in texts.items() if text]
    blank = sum(not text for text in texts.values())
    if blank:
        audit.append(AuditRow("panel", "blank_rows", place, "left out", blank, file=place))
    return audit


def _row_text(cells: pd.Series | pd.DataFrame) -> str:
    """What stands in a row, in short; of a row that has become several, in the first."""
    row = cells.iloc[0] if isinstance(cells, pd.DataFrame) else cells
    texts = [plain(cell) for cell in row if not is_missing(cell)]
    return " | ".join(texts)[:LONGEST_TEXT]


def _dropped(rule: str, place: str, what: str, number: int, text: str) -> AuditRow:
    detail = f"dropped, because {what}"
    return AuditRow("panel", rule, place, detail, file=place, row=number, old=text)


def years(cells: pd.Series, *, where: str) -> pd.Series:
    """Years of cells that are not missing.

    Parameters
    ----------
    cells : pandas.Series
        The index holds row numbers.
    where : str
        File and column, for errors.

    Returns
    -------
    pandas.Series of int64

    Raises
    ------
    TableColumnError
        A cell is no whole number of four digits.
    """
    read = [year_of(cell) for cell in cells]
    for (row, cell), year in zip(cells.items(), read, strict=True):
        if year is None:
            raise TableColumnError(
                where,
                expected="years of four digits",
                found=f"{plain(cell)!r} in row {row}",
                hint="write the year as a whole number",
            )
    return pd.Series(read, index=cells.index, dtype="int64")


def code_audit(
    cells: pd.Series, source: pd.Series, city_id: pd.Series, *, place: str
) -> list[AuditRow]:
    """What happened to the codes: numbers read as text, codes moved by the crosswalk.

    Parameters
    ----------
    cells, source, city_id : pandas.Series
        Codes as stored, as cut, and after the crosswalk.
    place : str

    Returns
    -------
    list of AuditRow
    """
    audit = []
    numeric = [cell for cell in cells if not isinstance(cell, str)]
    if numeric:
        detail = f"city codes stored as numbers, such as {numeric[0]}, read as text"
        audit.append(
            AuditRow("panel", "codes_from_numbers", place, detail, len(numeric), file=place)
        )
    return [*audit, *crosswalk_audit(source, city_id, place=place)]


def crosswalk_audit(before: pd.Series, after: pd.Series, *, place: str) -> list[AuditRow]:
    """A row for each code that a crosswalk moved, with the first row of the file that has it.

    Parameters
    ----------
    before, after : pandas.Series
        Codes; the index holds row numbers.
    place : str
    """
    pairs = pd.DataFrame({"old": before, "new": after})[before != after]
    return [
        AuditRow(
            "panel", "crosswalk_applied", f"{place}: {old}", f"by the crosswalk {old} became {new}",
            len(rows), file=place, row=_number(rows.index[0]), old=str(old), new=str(new),
        )
        for (old, new), rows in pairs.groupby(["old", "new"])
    ]  # fmt: skip


def number_audit(read: NumberColumn, *, where: str, place: str, is_text: bool) -> list[AuditRow]:
    """What stood between the cells of a column and their numbers.

    Parameters
    ----------
    read : NumberColumn
    where : str
        File and column.
    place : str
        File and sheet.
    is_text : bool
        Whether the file knows text alone, so that numbers as text are no surprise.

    Returns
    -------
    list of AuditRow
        A row for each footnote mark; one with its count for each way in which cells were read.
    """
    audit = []
    missing = int(read.numbers.isna().sum())
    if missing:
        listed = ", ".join(f"{mark!r} {count} times" for mark, count in read.markers.items())
        detail = f"{missing} of {len(read.numbers)} values missing"
        detail += f"; read as missing: {listed}" if listed else ""
        audit.append(AuditRow("panel", "missing_values", where, detail, missing, file=place))
    for rule, count, what in (
        ("thousands_separators", read.grouped, "commas or blanks between thousands"),
        ("full_width_digits", read.folded, "full-width digits or signs"),
        ("percent_signs", read.percent, "a percent sign"),
        ("numbers_from_text", 0 if is_text else read.texts, "the format of text"),
    ):
        if count:
            detail = f"{count} values with {what} read as numbers"
            audit.append(AuditRow("panel", rule, where, detail, count, file=place))
    audit += [
        AuditRow(
            "panel",
            "footnote_mark",
            where,
            "left off",
            file=place,
            row=_number(row),
            old=old,
            new=new,
        )
        for row, old, new in read.marked
    ]
    return audit


def _number(row: Hashable) -> int | None:
    return int(row) if isinstance(row, int | np.integer) else None


def valueless_audit(table: pd.DataFrame, *, place: str) -> list[AuditRow]:
    """How many rows have a key and no value at all; they are kept.

    Parameters
    ----------
    table : pandas.DataFrame
        The key and float columns.
    place : str

    Returns
    -------
    list of AuditRow
        Empty or one row.
    """
    values = table.drop(columns=list(KEY))
    empty = values.isna().all(axis=1)
    if values.shape[1] == 0 or not empty.any():
        return []
    first = table.loc[empty, list(KEY)]
    city, year = first.iloc[0]
    detail = f"{empty.sum()} rows without any value kept, such as city {city}, year {year}"
    row = _number(first.index[0])
    return [
        AuditRow("panel", "rows_without_values", place, detail, len(first), file=place, row=row)
    ]


def unique_rows(
    table: pd.DataFrame, codes: pd.Series, partial: pd.Series, *, place: str
) -> tuple[pd.DataFrame, list[AuditRow]]:
    """One row per city and year; nothing is averaged or chosen.

    Parameters
    ----------
    table : pandas.DataFrame
        The key and float columns; the index holds row numbers.
    codes : pandas.Series of str
        Codes as stored, row by row.
    partial : pandas.Series of bool
        Whether a code names a part of the city alone, such as a county, row by row.
    place : str

    Returns
    -------
    table : pandas.DataFrame
        Without the repetitions that different codes make with equal values.
    audit : list of AuditRow
        One ``merged_equal_rows`` for each row that fell to an equal one.

    Raises
    ------
    DuplicateCityYearError
        A code has a year twice, codes that fall together differ in a value, or one of them is of
        a part of the city: two counties may well have the same value.
    """
    key = list(KEY)
    audit = []
    twice = table.duplicated(key, keep=False)
    stored, parts = (one.set_axis(table.index)[twice] for one in (codes, partial))
    for (city, year), group in table[twice].groupby(key, sort=False):
        same = (table.loc[twice, "city_id"] == city) & (table.loc[twice, "year"] == year)
        sources = stored[same.to_numpy()]
        distinct = len(group.drop_duplicates()) > 1 or parts[same.to_numpy()].any()
        if not sources.is_unique or distinct:
            raise DuplicateCityYearError(
                place,
                expected="one row per city and year",
                found=f"city {city}, year {year} in rows {', '.join(map(str, group.index))} "
                f"(codes {', '.join(dict.fromkeys(sources))})",
                hint="remove or combine the repeated rows; no value is averaged or chosen",
            )
        detail = f"codes {', '.join(sources)} have equal values; one row kept"
        subject = f"{place}: city {city}, year {year}"
        audit += [
            AuditRow(
                "panel", "merged_equal_rows", subject, detail, file=place, row=_number(row),
                old=str(code), new=str(sources.iloc[0]),
            )
            for row, code in sources.iloc[1:].items()
        ]  # fmt: skip
    return table.drop_duplicates(key), audit
