"""Two sources of one variable: where they differ, which is used, and what the other fills."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.audit import AuditRow
from geo.errors import JoinError, TableColumnError
from panels.origins import NOWHERE, Places, first_place
from panels.schema import KEY, number_array
from panels.steps.stepped import years_text
from panels.tables.units import UNITS, converted

RECONCILIATION = {
    "column": "str", "city_id": "str", "year": "int64", "table_a": "str", "value_a": "float64",
    "table_b": "str", "value_b": "float64", "relative_difference": "float64", "above": "bool",
    "chosen": "str", "value": "float64",
}  # fmt: skip
"""Columns of the reconciliation table and their types."""

# Units of one dimension are mostly powers of ten apart; two sources of one variable never are.
_DECADE = 9.0


def no_reconciliation() -> pd.DataFrame:
    """A table of `RECONCILIATION` without rows."""
    return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in RECONCILIATION.items()})


@dataclass(frozen=True, slots=True)
class Reconciled:
    """A variable of two tables, once."""

    comparison: pd.DataFrame
    """Columns of `RECONCILIATION`; a row for each city and year of either table that has a value,
    by city and year. ``relative_difference`` is (b - a) / max(|a|, |b|), 0 where both are 0 and
    missing where one is; ``above`` says whether it exceeds the tolerance; ``chosen`` is the table
    whose value is used, blank where none is."""
    audit: tuple[AuditRow, ...]
    """The comparison in figures, a row for each gap that was filled, and one for each city that
    has values in the other table alone which fill nothing."""


def reconciled(
    a: tuple[str, pd.DataFrame],
    b: tuple[str, pd.DataFrame],
    *,
    column: str,
    tolerance: float,
    prefer: str,
    fill: bool,
    where: str,
    units: tuple[str | None, str | None] = (None, None),
    places: Mapping[str, Places] | None = None,
) -> Reconciled:
    """Compare a variable in two tables and choose.

    Parameters
    ----------
    a, b : (str, pandas.DataFrame)
        Label and table; each with ``city_id``, ``year`` and ``column``.
    column : str
        The variable.
    tolerance : float
        Relative difference above which a city-year is marked.
    prefer : str
        Label of the table whose value is used where it has one.
    fill : bool
        Whether the other's value is used where it has none.
    where : str
        The study's key, for errors.
    units : (str or None, str or None)
        Names of the units of ``column`` in the two, as far as they are known. The other's values
        are turned into the preferred's unit.
    places : mapping of str to mapping, optional
        File and row of the city-years of each of the two, by label, for the audit.

    Returns
    -------
    Reconciled

    Raises
    ------
    TableColumnError
        A table lacks the column, ``prefer`` is none of the two, their units measure different
        things, or a unit is unknown and their values are typically nine times apart or more.
    JoinError
        No city-year has a value in both.
    """
    labels = (a[0], b[0])
    if prefer not in labels:
        raise TableColumnError(
            f"{where}: prefer",
            expected=f"{labels[0]!r} or {labels[1]!r}",
            found=repr(prefer),
            hint="name one of the two tables",
        )
    both = _values(a, column, "value_a", where).merge(
        _values(b, column, "value_b", where), on=list(KEY), how="outer"
    )
    both = both.sort_values(list(KEY), ignore_index=True)
    both, unit_audit = _in_one_unit(both, labels, units, prefer, f"{where}: column {column!r}")
    difference = _relative(both["value_a"].to_numpy(), both["value_b"].to_numpy())
    if np.isnan(difference).all():
        raise JoinError(
            f"{where}: column {column!r}",
            expected=f"city-years with a value in {labels[0]!r} and in {labels[1]!r}",
            found="none",
            hint="compare their cities and years",
        )
    chosen = _chosen(both, labels, prefer, fill=fill)
    comparison = both.assign(
        column=column,
        table_a=labels[0],
        table_b=labels[1],
        relative_difference=difference,
        above=np.abs(difference) > tolerance,
        chosen=chosen,
        value=np.select(
            [chosen == labels[0], chosen == labels[1]], [both["value_a"], both["value_b"]], np.nan
        ),
    )[list(RECONCILIATION)].astype(RECONCILIATION)
    audit = _audit(comparison, tolerance, prefer, where, places or {})
    return Reconciled(comparison, (*audit, *unit_audit))


def _values(side: tuple[str, pd.DataFrame], column: str, name: str, where: str) -> pd.DataFrame:
    label, table = side
    values = number_array(table, [column], where=f"{where}: table {label!r}")[:, 0]
    made = table[list(KEY)].assign(**{name: values})
    return made[~np.isnan(values)]


def _in_one_unit(
    both: pd.DataFrame,
    labels: tuple[str, str],
    units: tuple[str | None, str | None],
    prefer: str,
    where: str,
) -> tuple[pd.DataFrame, list[AuditRow]]:
    """Both sides' values in the preferred table's unit."""
    if units[0] is None or units[1] is None:
        _refuse_decades(both, labels, units, where)
        return both, []
    other = 1 if prefer == labels[0] else 0
    before, after = UNITS[units[other] or ""], UNITS[units[1 - other] or ""]
    if before.equals(after):
        return both, []
    if before.dimension != after.dimension:
        raise TableColumnError(
            where,
            expected="one unit, or two that can become each other",
            found=f"{units[0]} in {labels[0]!r}, {units[1]} in {labels[1]!r}",
            hint="correct the units of one of the tables, or give its column another name",
        )
    values = both[("value_a", "value_b")[other]]
    count = int(values.notna().sum())
    detail = f"{count} values of {labels[other]} turned from {before.name} into {after.name}"
    row = AuditRow("panel", "unit_converted", where, detail, count, old=before.name, new=after.name)
    return both.assign(**{str(values.name): converted(values, before, after)}), [row]


def _refuse_decades(
    both: pd.DataFrame, labels: tuple[str, str], units: tuple[str | None, str | None], where: str
) -> None:
    """Refuse values of which the unit is not known on both sides and that cannot be in one."""
    a, b = both["value_a"].abs(), both["value_b"].abs()
    ratio = (b / a)[(a > 0) & (b > 0)]
    typical = float(ratio.median()) if len(ratio) else 1.0
    if not 1 / _DECADE < typical < _DECADE:
        told = [f"{unit or 'no unit'} in {one!r}" for one, unit in zip(labels, units, strict=True)]
        raise TableColumnError(
            where,
            expected="values in one unit",
            found=f"those of {labels[1]!r} typically {typical:g} times those of {labels[0]!r} "
            f"({', '.join(told)})",
            hint="state the column's unit in the units of both tables",
        )


def _relative(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """(b - a) / max(|a|, |b|) (n,)."""
    largest = np.maximum(np.abs(a), np.abs(b))
    apart: NDArray[np.float64] = np.divide(b - a, largest, out=b - a, where=largest > 0)
    return apart


def _chosen(both: pd.DataFrame, labels: tuple[str, str], prefer: str, *, fill: bool) -> pd.Series:
    first, second = ("value_a", "value_b") if prefer == labels[0] else ("value_b", "value_a")
    other = labels[1] if prefer == labels[0] else labels[0]
    filled = both[first].isna() & both[second].notna() & fill
    chosen = np.where(both[first].notna(), prefer, np.where(filled, other, ""))
    return pd.Series(chosen, index=both.index)


def _audit(
    comparison: pd.DataFrame,
    tolerance: float,
    prefer: str,
    where: str,
    places: Mapping[str, Places],
) -> tuple[AuditRow, ...]:
    apart = comparison["relative_difference"].abs()
    column = comparison["column"].iloc[0]
    compared, above = int(apart.notna().sum()), int(comparison["above"].sum())
    worst = comparison.iloc[int(np.nanargmax(apart))]
    detail = (
        f"{compared} city-years in both, {above} differ by more than {tolerance:g}; the most, "
        f"{worst['relative_difference']:+.3f}, city {worst['city_id']}, year {worst['year']}; "
        f"{prefer} is used"
    )
    subject = f"{where}: column {column!r}"
    audit = [AuditRow("panel", "reconciled", subject, detail, compared)]
    (other,) = {str(comparison[side].iloc[0]) for side in ("table_a", "table_b")} - {prefer}
    known = places.get(other, {})
    for row in comparison[comparison["chosen"] == other].to_dict("records"):
        city_id, year = str(row["city_id"]), int(row["year"])
        detail = f"missing in {prefer}; filled from {other}"
        file, line = known.get((city_id, year), NOWHERE)
        audit.append(
            AuditRow(
                "panel", "reconcile_filled", f"{subject}, city {city_id}, year {year}", detail,
                file=file, row=line, new=f"{row['value']:.10g}",
            )
        )  # fmt: skip
    for city, years in unfilled(comparison).groupby("city_id")["year"]:
        detail = f"{years_text(years)}: missing in {prefer}, not filled from the other table"
        key = f"{subject}, city {city}"
        file, line = first_place(known, [(str(city), int(year)) for year in years])
        audit.append(
            AuditRow("panel", "reconcile_unfilled", key, detail, len(years), file=file, row=line)
        )
    return tuple(audit)


def unfilled(comparison: pd.DataFrame) -> pd.DataFrame:
    """City-years that the preferred table lacks and the other does not fill.

    Parameters
    ----------
    comparison : pandas.DataFrame
        Columns of `RECONCILIATION`.

    Returns
    -------
    pandas.DataFrame
        ``table`` (the one that lacks it), ``city_id``, ``year`` and ``reason``; each once.
    """
    left = comparison[comparison["chosen"] == ""]
    lacks_a = left["value_a"].isna()
    other = left["table_b"].where(lacks_a, left["table_a"])
    made = left[list(KEY)].assign(
        table=left["table_a"].where(lacks_a, left["table_b"]),
        reason="only in " + other + ", which does not fill it",
    )
    return made[["table", *KEY, "reason"]].drop_duplicates(["table", *KEY])


def with_chosen(
    tables: Mapping[str, pd.DataFrame], comparison: pd.DataFrame, *, prefer: str
) -> dict[str, pd.DataFrame]:
    """Tables in which a reconciled variable stands once, in the preferred one.

    Parameters
    ----------
    tables : mapping of str to pandas.DataFrame
        All tables by label.
    comparison : pandas.DataFrame
        Of one column, as `reconciled` makes it.
    prefer : str
        Label of the table that keeps the column.

    Returns
    -------
    dict of str to pandas.DataFrame
        The other table has the column no more; one that has nothing left but its key is gone.
        Rows that only the other had are added to the preferred one where their value is used.
    """
    column = comparison["column"].iloc[0]
    other = next(
        label
        for label in (comparison["table_a"].iloc[0], comparison["table_b"].iloc[0])
        if label != prefer
    )
    used = comparison.loc[comparison["chosen"] != "", [*KEY, "value"]]
    own = tables[prefer]
    joined = own.drop(columns=column).merge(used, on=list(KEY), how="outer", indicator="_side")
    added = joined["_side"] == "right_only"
    order = own[list(KEY)].assign(_at=np.arange(len(own)))
    placed = joined.merge(order, on=list(KEY), how="left").assign(_added=added.to_numpy())
    placed = placed.sort_values(["_added", "_at", *KEY], ignore_index=True)
    kept = placed.rename(columns={"value": column})[list(own.columns)]
    made = dict(tables) | {prefer: kept}
    made[other] = tables[other].drop(columns=column)
    if set(made[other].columns) == set(KEY):
        del made[other]
    return made
