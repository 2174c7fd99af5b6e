"""From the cells of a table to city ids: by code alone, or by code and name."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.audit import AuditRow
from geo.errors import JoinError
from panels.cities.codes import city_code, code_text
from panels.cities.match import (
    APPLIED,
    MATCH_COLUMNS,
    PROPOSED,
    UNMATCHED,
    Key,
    Match,
    Reference,
    codes_reason,
    match_city,
    match_code,
    matches_table,
    no_matches,
    not_a_city,
)
from panels.cities.place_names import unmarked
from panels.rows import (
    NO_CODE,
    NO_KEY,
    NO_YEAR,
    code_audit,
    crosswalk_audit,
    data_rows,
    dropped_rows,
)
from panels.tables.cells import is_missing, plain, year_of

NAME = "city_name"
PROVINCE = "province"


@dataclass(frozen=True, slots=True)
class KeyColumns:
    """How a table names its cities."""

    city: str | None
    """Its column of codes."""
    city_name: str | None
    """Its column of names; without one the codes are taken as they are."""
    digits: int
    """First digits of a code that name the city."""
    code_map: Mapping[str, str]
    """Codes, whole or cut, to the city that counts."""
    reference: Reference
    """What names are looked up in."""
    keep_totals: bool = False
    """Whether rows of codes alone stay that name a province or a group of counties, no city."""


@dataclass(frozen=True, slots=True)
class CityKeys:
    """City ids of rows."""

    city_id: pd.Series
    """str, on the rows whose city is known."""
    written: pd.Series
    """The code of these rows as written, or the name where there is none."""
    partial: pd.Series
    """bool: whether the code is that of a part of the city, such as a county."""
    known: NDArray[np.bool_]
    """Which of the rows these are."""
    matches: pd.DataFrame
    """A row for each code and name; empty for a table of codes alone."""
    audit: tuple[AuditRow, ...]
    """What was read otherwise than written, proposed, or left out."""


def key_rows(
    cells: pd.DataFrame, *, place: str, whole: pd.DataFrame
) -> tuple[pd.DataFrame, list[AuditRow]]:
    """Rows that name a city and, where the table has years, a year.

    Parameters
    ----------
    cells : pandas.DataFrame
        Perhaps ``city_id``, ``city_name``, ``province`` and ``year``, uninterpreted; the index
        holds row numbers.
    place : str
        File and sheet, for the audit.
    whole : pandas.DataFrame
        All cells of these rows, on row numbers, for the audit.

    Returns
    -------
    kept : pandas.DataFrame
    audit : list of AuditRow
        As `panels.rows.data_rows`.
    """
    if NAME not in cells and "year" in cells:
        return data_rows(cells, place=place, whole=whole)
    nameless = pd.Series(data=True, index=cells.index)
    for column in {NAME, "city_id"} & set(cells.columns):
        nameless &= cells[column].map(is_missing).astype(bool)
    if "year" not in cells:
        audit = dropped_rows("notes_rows", cells[nameless].index, "it has no city", place, whole)
        return cells[~nameless], audit
    yearless = cells["year"].map(lambda cell: is_missing(cell) or year_of(cell) is None)
    notes, no_city = yearless & nameless, nameless & ~yearless
    no_year = cells["year"].map(is_missing).astype(bool) & ~nameless
    audit = [
        *dropped_rows("notes_rows", cells[notes].index, NO_KEY, place, whole),
        *dropped_rows("rows_without_city", cells[no_city].index, NO_CODE, place, whole),
        *dropped_rows("rows_without_year", cells[no_year].index, NO_YEAR, place, whole),
    ]
    return cells[~(nameless | no_year)], audit


def city_keys(cells: pd.DataFrame, columns: KeyColumns, *, place: str) -> CityKeys:
    """The city of each row.

    Parameters
    ----------
    cells : pandas.DataFrame
        As `key_rows` leaves them.
    columns : KeyColumns
    place : str
        File and sheet, for errors and the audit.

    Returns
    -------
    CityKeys

    Raises
    ------
    CodeError
        As `panels.cities.codes.city_code`.
    JoinError
        No name of the table is known.
    """
    if columns.city_name is None:
        return _by_code(cells, columns, place)
    return _by_code_and_name(cells, columns, place)


def _by_code(cells: pd.DataFrame, columns: KeyColumns, place: str) -> CityKeys:
    where = f"{place}: column {columns.city!r}"
    source = city_code(cells["city_id"], digits=columns.digits, where=where)
    written = cells["city_id"].map(code_text)
    pairs = zip(written, source, strict=True)
    mapped = [_mapped(code, cut, columns.code_map) for code, cut in pairs]
    city_id = pd.Series(mapped, index=cells.index, dtype="str")
    audit = code_audit(cells["city_id"], source, city_id, place=place)
    kept = np.ones(len(cells), dtype=bool)
    if columns.city is not None:
        kept, told = _without_totals(cells, written, city_id, columns, place)
        audit += told
    partial = written.map(lambda code: _is_part(code, columns))
    return CityKeys(city_id[kept], written[kept], partial[kept], kept, no_matches(), tuple(audit))


def _mapped(code: str, city_id: str, codes: Mapping[str, str]) -> str:
    """By the whole code, as of a county that became a city, else by the city's."""
    return codes.get(code[:6], codes.get(city_id, city_id))


def _is_part(code: str, columns: KeyColumns) -> bool:
    """Whether a code names less than the city that its first digits name."""
    return (
        code.isdigit()
        and code[:6] not in columns.code_map
        and code[columns.digits :].strip("0") != ""
    )


def _without_totals(
    cells: pd.DataFrame, written: pd.Series, city_id: pd.Series, columns: KeyColumns, place: str
) -> tuple[NDArray[np.bool_], list[AuditRow]]:
    """Which rows stay, and what is told of codes that no city has.

    Rows of totals go, unless they are to be kept; those of other codes stay. Where the list has
    none of the table's codes they are of another country, and all rows stay.
    """
    known = {
        one: match_code(one, columns.reference, digits=columns.digits) is not None
        for one in city_id.unique()
    }
    kept = np.ones(len(cells), dtype=bool)
    if not any(known.values()):
        detail = f"codes such as {written.iloc[0]} are none of the list of cities; rows kept"
        return kept, [
            AuditRow("panel", "unlisted_city_codes", place, detail, len(city_id), file=place)
        ]
    audit = []
    strange = ~city_id.map(known).to_numpy(dtype=bool)
    for code in sorted(set(written[strange])):
        rows = strange & (written == code).to_numpy()
        reason = not_a_city(str(code), columns.digits)
        if reason and not columns.keep_totals:
            kept &= ~rows
            numbers = cells.index[rows]
            audit += dropped_rows("rows_of_no_city", numbers, reason, place, cells)
            continue
        detail = f"{reason or codes_reason(str(code), columns.digits)}; its rows are kept"
        audit.append(
            AuditRow(
                "panel", "unknown_city_code", f"{place}: {code}", detail, int(rows.sum()),
                file=place, row=int(cells.index[rows][0]), old=str(code),
            )
        )  # fmt: skip
    return kept, audit


def _by_code_and_name(cells: pd.DataFrame, columns: KeyColumns, place: str) -> CityKeys:
    """Every code, name and province is looked up once."""
    written = pd.DataFrame(
        {
            "code": cells["city_id"].map(_code) if "city_id" in cells else "",
            "name": cells[NAME].map(_text),
            "province": cells[PROVINCE].map(_text) if PROVINCE in cells else "",
        },
        index=cells.index,
    ).astype("str")
    counts = written.groupby(list(written.columns), sort=False).size()
    keys = [Key(*map(str, values)) for values in counts.index]
    found = [_match(key, columns) for key in keys]
    matches = matches_table(keys, found, counts.tolist(), columns.reference)
    cities = {
        (key.code, key.name, key.province): _crosswalked(key, match, columns)
        for key, match in zip(keys, found, strict=True)
    }
    triples = list(zip(written["code"], written["name"], written["province"], strict=True))
    ids = pd.Series([cities[one] for one in triples], index=cells.index, dtype="str")
    known = ids != ""
    if not known.any():
        raise _nothing_known(matches, columns, place)
    names = written["code"].where(written["code"] != "", written["name"])
    firsts = written.drop_duplicates().index.tolist()
    before = {
        key: key[0] if match.rule == "crosswalk" else match.city_id
        for key, match in zip(cities, found, strict=True)
    }
    of_list = pd.Series([before[one] for one in triples], index=cells.index, dtype="str")
    audit = [
        *_mark_audit(matches, firsts, place),
        *_match_audit(matches, firsts, place),
        *crosswalk_audit(of_list[known], ids[known], place=place),
    ]
    if "year" in cells:
        audit += _ended_audit(ids[known], cells.loc[known, "year"], columns.reference, place)
    partial = names[known].map(lambda code: _is_part(code, columns))
    everywhere = known.to_numpy(dtype=bool)
    return CityKeys(ids[known], names[known], partial, everywhere, matches, tuple(audit))


def _match(key: Key, columns: KeyColumns) -> Match:
    """The city of a key; the crosswalk's word on a whole code comes before that of the list."""
    match = match_city(key, columns.reference, digits=columns.digits)
    if match.city_id or not key.code:
        return match
    city = _mapped(key.code, key.code[: columns.digits], columns.code_map)
    is_mapped = key.code[:6] in columns.code_map or key.code[: columns.digits] in columns.code_map
    return Match("crosswalk", city) if is_mapped else match


def _crosswalked(key: Key, match: Match, columns: KeyColumns) -> str:
    """The city that counts; the study's own word on a name stands."""
    if match.rule in {"crosswalk", UNMATCHED, PROPOSED}:
        return match.city_id
    return _mapped("" if match.rule == "confirmed" else key.code, match.city_id, columns.code_map)


def _code(cell: object) -> str:
    return "" if is_missing(cell) else code_text(cell) or ""


def _text(cell: object) -> str:
    return "" if is_missing(cell) else plain(cell)


def _nothing_known(matches: pd.DataFrame, columns: KeyColumns, place: str) -> JoinError:
    names = [str(name) for name in matches["name"].head(3)]
    return JoinError(
        f"{place}: column {columns.city_name!r}",
        expected="names of cities",
        found=", ".join(names),
        hint="name the column of cities; a list of other cities is given with panel.cities",
    )


def _mark_audit(matches: pd.DataFrame, firsts: Sequence[int], place: str) -> list[AuditRow]:
    """Footnote marks on names, which are left off, with the first row that has each."""
    texts = zip(firsts, matches["name"], matches["province"], matches["rows"], strict=True)
    return [
        AuditRow(
            "panel", "footnote_mark", f"{place}: {text}", "left off", int(count),
            file=place, row=int(first), old=text, new=unmarked(text),
        )
        for first, *parts, count in texts
        for text in map(str, parts)
        if unmarked(text) != text
    ]  # fmt: skip


def _match_audit(matches: pd.DataFrame, firsts: Sequence[int], place: str) -> list[AuditRow]:
    """Sums for each rule, and a row for each that is not plain, with the first row that has it."""
    audit = []
    for rule in APPLIED:
        some = matches[matches["rule"] == rule]
        if len(some):
            detail = f"{len(some)} codes or names found by the rule {rule}"
            count = int(some["rows"].sum())
            audit.append(AuditRow("panel", f"matched_{rule}", place, detail, count, file=place))
    for first, values in zip(firsts, matches.itertuples(index=False, name=None), strict=True):
        row: dict[str, object] = dict(zip(MATCH_COLUMNS, values, strict=True)) | {"row": first}
        written = " ".join(str(row[part]) for part in ("province", "code", "name") if row[part])
        if row["rule"] in APPLIED:
            if row["reason"]:
                by_code = row["rule"] in {"code", "earlier_code"}
                rule = "name_disagrees" if by_code else "code_unknown"
                audit.append(_row(rule, place, written, row, new=str(row["city_id"])))
            elif row["rule"] in {"confirmed", "earlier_code"}:
                audit.append(
                    _row(f"match_{row['rule']}", place, written, row, new=str(row["city_id"]))
                )
        else:
            proposed = row["rule"] == PROPOSED
            audit.append(_row("proposed_match" if proposed else "unmatched", place, written, row))
    return audit


def _row(
    rule: str, place: str, written: str, match: Mapping[str, object], *, new: str = ""
) -> AuditRow:
    said = [str(match["reason"])] if match["reason"] else []
    if new:
        said.append(f"taken as {new} {match['city']}")
    elif match["proposals"]:
        said.append(f"perhaps {match['proposals']} (score {float(str(match['score'])):.2f})")
    if not new:
        said.append("its rows are left out")
    return AuditRow(
        "panel", rule, f"{place}: {written}", "; ".join(said), int(str(match["rows"])),
        file=place, row=int(str(match["row"])), old=written, new=new,
    )  # fmt: skip


def _ended_audit(
    ids: pd.Series, years: pd.Series, reference: Reference, place: str
) -> list[AuditRow]:
    """Rows of years in which the city was none any more."""
    audit = []
    read = years.map(year_of)
    for city_id in sorted(set(ids)):
        names = reference.by_id.get(city_id, [])
        lasts = [city.last for city in names]
        if not lasts or None in lasts:
            continue
        last = max(one for one in lasts if one is not None)
        late = (ids == city_id) & (read > last)
        if late.any():
            detail = f"{names[-1].name} ended in {last}: {int(late.sum())} rows of later years kept"
            first = int(ids.index[late][0])
            audit.append(
                AuditRow(
                    "panel", "city_ended", f"{place}: {city_id}", detail, int(late.sum()),
                    file=place, row=first, old=city_id, new=city_id,
                )
            )  # fmt: skip
    return audit
