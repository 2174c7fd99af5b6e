"""City-year tables moved to one vintage of cities: counts are split, rates averaged by a weight."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.audit import AuditRow
from geo.errors import CrosswalkError, DuplicateCityYearError
from panels.cities.codes import CHINA_CODES, apply_crosswalk
from panels.cities.crosswalks import CHINA_2023, Crosswalk, moved_counties, weights_of_year
from panels.cities.lifetimes import Lifetimes, lifetimes
from panels.cities.vintage_audit import Told, values_text
from panels.origins import Places
from panels.schema import KEY

AbsentParts = Literal["missing", "included"]
LateParts = Literal["refused", "added", "included"]


LISTED = 5
"""Ids that an audit row lists."""


@dataclass(frozen=True, slots=True)
class VintageSpec:
    """How a table is moved."""

    crosswalk: Crosswalk
    """From its divisions to those that count."""
    counts: tuple[str, ...] = ()
    """Columns that add up: people, output, money."""
    rates: Mapping[str, str] | None = None
    """Columns that do not, each with the count that is its denominator, or stands for it."""
    absent_parts: AbsentParts = "missing"
    """What a merged city's years are where the table lacks one of its parts: ``missing``, or
    ``included``, where the table counts the part with the city already."""
    late_parts: LateParts = "refused"
    """What values are that the table has of a city in years after its end: ``refused``, ``added``
    to what it became, or ``included`` there by the table already, and left out."""


@dataclass(frozen=True, slots=True)
class Moved:
    """A table in one vintage."""

    table: pd.DataFrame
    """The columns of the table before, sorted by city and year."""
    audit: tuple[AuditRow, ...]
    """Every city-year that is made of others, and every one that could not be."""


def to_vintage(
    table: pd.DataFrame, spec: VintageSpec, *, where: str, places: Places | None = None
) -> Moved:
    """Move a city-year table to the divisions of a crosswalk.

    Parameters
    ----------
    table : pandas.DataFrame
        ``city_id``, ``year`` and float columns; one row a city and year.
    spec : VintageSpec
    where : str
        File or table, for errors and the audit.
    places : mapping, optional
        File and row of each city and year of the table, for the audit.

    Returns
    -------
    Moved

    Raises
    ------
    CrosswalkError
        A column is neither a count nor a rate, the weight of a rate is no count of the table, the
        table has values of a city that has ended, or ids of another length than the crosswalk.
    DuplicateCityYearError
        Two codes of one place have values in the same year, and they differ.

    Notes
    -----
    Of rows before the year of a change the share ``w`` of a count goes to the new division, and
    the shares that meet are added. A rate of several parts is ``sum(w W r) / sum(w W)`` with ``W``
    the count named for it; of a single part it stays. A value that lacks a part is missing. A new
    division that has no figures before its year is no part of itself (`panels.cities.lifetimes`).
    """
    rates = dict(spec.rates or {})
    columns = [name for name in table.columns if name not in KEY]
    _refuse_unknown_columns(columns, spec.counts, rates, where)
    coded, told, audit = _coded(table, spec.crosswalk, where, places or {})
    lives = lifetimes(spec.crosswalk, coded)
    audit += _unmet_audit(coded, spec.crosswalk, where)
    coded, notes = _alive(coded, lives, spec, told)
    audit += notes
    changes = spec.crosswalk.years
    last = changes[-1] if changes else 0
    late = _ended(coded, lives).notna()
    touched = coded["year"].isin(coded.loc[late | (coded["year"] < last), "year"])
    parts = [coded[~touched]]
    for year, rows in coded[touched].groupby("year"):
        made, notes = _year_moved(rows, int(str(year)), spec, lives, told)
        parts.append(made)
        audit += notes
    moved = pd.concat(parts, ignore_index=True)[[*KEY, *columns]]
    if spec.crosswalk.source == CHINA_2023:
        audit += _county_audit(coded, told)
    return Moved(moved.sort_values(list(KEY), ignore_index=True), tuple(audit))


def _refuse_unknown_columns(
    columns: Sequence[str], counts: Sequence[str], rates: Mapping[str, str], where: str
) -> None:
    for name in columns:
        if (name in counts) == (name in rates):
            raise CrosswalkError(
                f"{where}: column {name!r}",
                expected="a place in counts, or in rates with its weight",
                found="both" if name in counts else "neither",
                hint="say which it is; a rate is not averaged without a named weight",
            )
    for name in [*counts, *rates]:
        if name not in columns:
            raise CrosswalkError(
                f"{where}: column {name!r}",
                expected="a mapped column of the table",
                found=", ".join(columns),
                hint="correct the name in counts or rates",
            )
    for name, weight in rates.items():
        if weight not in counts:
            raise CrosswalkError(
                f"{where}: rates.{name}",
                expected="a column of counts as its weight",
                found=repr(weight),
                hint="map a count of the same table, such as the population, and name it",
            )


def _coded(
    table: pd.DataFrame, crosswalk: Crosswalk, where: str, places: Places
) -> tuple[pd.DataFrame, Told, list[AuditRow]]:
    """The rows under the codes of the last vintage, where a place only changed its code."""
    step = crosswalk.step(None)
    old = table["city_id"].reset_index(drop=True)
    new = apply_crosswalk(old, dict(zip(step["old"], step["new"], strict=True)))
    coded = table.reset_index(drop=True).assign(city_id=new)
    before = Told(where, places)
    changed = pd.DataFrame({"city_id": old, "new": new, "year": coded["year"]})[old != new]
    audit = [
        before.row(
            "vintage_code", "", f"{was} became {became} by {crosswalk.source}",
            _keys(rows), len(rows), old=str(was), new=str(became),
        )
        for (was, became), rows in changed.groupby(["city_id", "new"])
    ]  # fmt: skip
    unique, notes = _without_twins(coded, old, before)
    keys = zip(unique["city_id"], unique["year"], old[unique.index], strict=True)
    told = {(city, year): places[was, year] for city, year, was in keys if (was, year) in places}
    return unique, Told(where, told), audit + notes


def _without_twins(
    coded: pd.DataFrame, old: pd.Series, told: Told
) -> tuple[pd.DataFrame, list[AuditRow]]:
    """One row a city and year where a table has a place under two codes.

    Rows without any value give way; others must be equal.
    """
    key = list(KEY)
    audit: list[AuditRow] = []
    drop: list[int] = []
    for (city, year), rows in coded[coded.duplicated(key, keep=False)].groupby(key, sort=False):
        values = rows.drop(columns=key)
        filled = values[values.notna().any(axis=1)]
        if len(filled.drop_duplicates()) > 1:
            raise DuplicateCityYearError(
                told.where,
                expected="one row per city and year",
                found=f"city {city}, year {year} under the codes {', '.join(old[rows.index])}",
                hint="keep the rows of one code; no value is averaged or chosen",
            )
        kept = filled.index[0] if len(filled) else rows.index[0]
        gone = [row for row in rows.index if row != kept]
        drop += gone
        detail = f"codes {', '.join(old[rows.index])} are one place; the row of {old[kept]} kept"
        audit += [
            told.row(
                "merged_equal_rows", f"city {city}, year {year}", detail,
                [(old[row], int(str(year)))],
                old=old[row], new=old[kept],
            )
            for row in gone
        ]  # fmt: skip
    return coded.drop(index=drop), audit


def _unmet_audit(table: pd.DataFrame, crosswalk: Crosswalk, where: str) -> list[AuditRow]:
    """Old divisions that the table never has in years in which they would be moved."""
    olds, first = crosswalk.table["old"], table["year"].min()
    met = olds.isin(table["city_id"]) | crosswalk.table["new"].isin(table["city_id"])
    lengths = (set(olds.str.len()), set(table["city_id"].str.len()))
    if len(olds) and not met.any() and lengths[0].isdisjoint(lengths[1]):
        raise CrosswalkError(
            f"{where}: vintage",
            expected=f"ids of {' or '.join(map(str, sorted(lengths[1])))} characters, such as "
            f"{table['city_id'].iloc[0]}",
            found=f"{olds.iloc[0]} in {crosswalk.source}",
            hint="write the ids of the crosswalk as those of the table, after city_digits",
        )
    if crosswalk.source == CHINA_2023:
        return []  # of the whole country: a table of a part of it is the rule
    wanted = crosswalk.table["year"].gt(first).fillna(value=False).astype(bool)
    unmet = sorted(set(olds[wanted]) - set(table["city_id"]))
    if not unmet:
        return []
    more = "" if len(unmet) <= LISTED else f" and {len(unmet) - LISTED} more"
    detail = f"no row of {', '.join(unmet[:LISTED])}{more}, which {crosswalk.source} moves"
    return [AuditRow("panel", "vintage_unmet", where, detail, len(unmet), file=where)]


def _ended(table: pd.DataFrame, lives: Lifetimes) -> pd.Series:
    """Of each row the year in which its city had ended before, missing where it exists."""
    pairs = zip(table["city_id"], table["year"], strict=True)
    years = [lives.ended(city, int(year)) for city, year in pairs]
    return pd.Series(years, index=table.index, dtype="Int64")


def _alive(
    table: pd.DataFrame, lives: Lifetimes, spec: VintageSpec, told: Told
) -> tuple[pd.DataFrame, list[AuditRow]]:
    """The rows of cities that exist, and those of others that are to be added to them.

    Tables that list every city in every year have rows without values before and after.
    """
    ended = _ended(table, lives)
    unborn = table["city_id"].map(lives.born).gt(table["year"]).fillna(value=False).astype(bool)
    blank = table.drop(columns=list(KEY)).isna().all(axis=1) & (ended.notna() | unborn)
    audit = [
        told.row(
            "vintage_blank_rows", f"city {city}",
            "rows without a value left out, in years in which it is no city",
            _keys(rows), len(rows), old=str(city),
        )
        for city, rows in table[blank].groupby("city_id")
    ]  # fmt: skip
    late = table[~blank & ended.notna()]
    if late.empty or spec.late_parts == "added":
        return table[~blank], audit
    if spec.late_parts == "refused":
        city, year = late[list(KEY)].iloc[0]
        end = int(ended[late.index[0]])
        became = " and ".join(sorted(lives.successors[city, end]))
        raise CrosswalkError(
            f"{told.where}: city {city}, year {year}",
            expected=f"no values from {end} on, when it became {became}",
            found=f"{len(late)} rows of cities that had ended",
            hint=f'say late_parts = "added" if {became} lacks them, "included" if it has them',
        )
    for row in late.to_dict("records"):
        city, year = str(row.pop("city_id")), int(row.pop("year"))
        detail = "left out: the city had ended, and its values are taken as included"
        subject = f"city {city}, year {year}"
        audit.append(
            told.row("vintage_late", subject, detail, [(city, year)], old=values_text(row))
        )
    return table[~blank].drop(index=late.index), audit


def _weights(
    present: Sequence[str], year: int, spec: VintageSpec, lives: Lifetimes
) -> pd.DataFrame:
    """Where the divisions of a year are counted: those of its rows, and what is added to them."""
    known = spec.crosswalk.table
    coming = known[known["year"].gt(year).fillna(value=False).astype(bool)]
    ends = {one: end for one in present if (end := lives.ended(one, year)) is not None}
    heirs = {new for one, end in ends.items() for new in lives.successors[one, end]}
    others = {*coming["old"], *coming["new"], *heirs}
    there = (set(present) - set(ends)) | {one for one in others if lives.exists(one, year)}
    weights = [weights_of_year(spec.crosswalk, sorted(there), year)]
    weights += [weights_of_year(spec.crosswalk, [one], end - 1) for one, end in ends.items()]
    whole = pd.concat(weights, ignore_index=True)
    whole = whole[whole["weight"] > 0.0]
    reached = set(whole.loc[whole["old"].isin(present), "new"])
    return whole[whole["new"].isin(reached)]


def _year_moved(
    rows: pd.DataFrame, year: int, spec: VintageSpec, lives: Lifetimes, told: Told
) -> tuple[pd.DataFrame, list[AuditRow]]:
    """The rows of one year, moved."""
    weights = _weights(list(rows["city_id"]), year, spec, lives)
    alone = weights.groupby("new")["old"].transform("size").eq(1) & weights["weight"].eq(1.0)
    same = alone & (weights["old"] == weights["new"])
    made, audit = [rows[rows["city_id"].isin(weights.loc[same, "old"])]], []
    by_city = rows.set_index("city_id")
    for new, parts in weights[~same].groupby("new"):
        row, notes = _combined(by_city, parts, str(new), year, spec, told)
        made.append(pd.DataFrame([row])[rows.columns].astype(rows.dtypes))
        audit += notes
    return pd.concat(made, ignore_index=True), audit


def _combined(
    by_city: pd.DataFrame,
    parts: pd.DataFrame,
    new: str,
    year: int,
    spec: VintageSpec,
    told: Told,
) -> tuple[dict[str, object], list[AuditRow]]:
    """One city-year made of others, and what is to be said of it."""
    rates = spec.rates or {}
    has = parts["old"].isin(by_city.index)
    absent = sorted(parts.loc[~has, "old"])
    parts = parts[has]
    shares = parts["weight"].to_numpy(dtype=np.float64)
    values = by_city.loc[parts["old"]]
    row: dict[str, object] = {"city_id": new, "year": year}
    for name in spec.counts:
        row[name] = float((shares * values[name].to_numpy(dtype=np.float64)).sum())
    for name, weight in rates.items():
        row[name] = _rate(values[name], shares * values[weight].to_numpy(dtype=np.float64))
    made = " + ".join(f"{share:g} x {old}" for old, share in zip(parts["old"], shares, strict=True))
    subject = f"city {new}, year {year}"
    if absent:
        included = spec.absent_parts == "included" and new in by_city.index
        done = "taken as included" if included else "missing"
        detail = f"the table has no row of {', '.join(absent)}: {done}"
        # What others give to a city that is missing is in no city at all.
        detail += "" if included else f", and {made} with it"
        audit = told.parts("vintage_part_absent", subject, detail, values, year, is_kept=included)
        if not included:
            row |= dict.fromkeys([*spec.counts, *rates], np.nan)
        elif len(parts) == 1 and shares[0] == 1.0:
            row |= {str(name): value for name, value in values.iloc[0].items()}
        return row, audit
    audit = [
        told.row(
            "vintage_moved", subject, f"{made}, by {spec.crosswalk.source}", [(old, year)],
            old=old, new=new,
        )
        for old in parts["old"]
    ]  # fmt: skip
    for name in [*spec.counts, *rates]:
        if np.isnan(float(str(row[name]))):
            there = values.loc[values[name].notna(), [name]]
            detail = f"{name} missing, because a part of it is"
            audit += told.parts("vintage_part_missing", subject, detail, there, year)
    return row, audit


def _keys(rows: pd.DataFrame) -> list[tuple[str, int]]:
    pairs = zip(rows["city_id"], rows["year"], strict=True)
    return [(str(city), int(year)) for city, year in pairs]


def _rate(values: pd.Series, weights: NDArray[np.float64]) -> float:
    """The weighted mean of the parts' rates; of one part its own."""
    rates = values.to_numpy(dtype=np.float64)
    if len(rates) == 1:
        return float(rates[0])
    total = weights.sum()
    return float((weights * rates).sum() / total) if total > 0.0 else float("nan")


def _county_audit(table: pd.DataFrame, told: Told) -> list[AuditRow]:
    """Rows of cities that gained or lost a county later: their figures are of the older area."""
    audit = []
    for old, new, year, source in moved_counties().itertuples(index=False, name=None):
        before = CHINA_CODES.get(old[:4], old[:4])
        rows = table["city_id"].isin([before, new]) & (table["year"] < year)
        if rows.any():
            detail = (
                f"county {old} went from {before} to {new} in {year} ({source}): "
                f"{int(rows.sum())} rows of years before have the older area"
            )
            keys = _keys(table[rows])
            subject = f"cities {before} and {new}"
            audit.append(
                told.row("older_area", subject, detail, keys, len(keys), old=before, new=new)
            )
    return audit
