"""Balance: which cities have which years, and the cities that have them all."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from geo.audit import AuditRow
from geo.errors import DomainError
from panels.schema import check_panel, number_array
from panels.steps.stepped import Stepped, dropped_keys, years_text


def balanced(
    table: pd.DataFrame,
    columns: Sequence[str],
    *,
    years: Sequence[int] | None = None,
    where: str,
) -> Stepped:
    """Keep the cities that have every column in every year.

    Parameters
    ----------
    table : pandas.DataFrame
        ``city_id``, ``year`` and the columns; it is not changed.
    columns : sequence of str
        Columns that may not be missing; rows alone count where none is named.
    years : sequence of int, optional
        The years, and the only ones that are kept; all years of the table when left out.
    where : str
        The step, for errors.

    Returns
    -------
    Stepped
        One audit row for each dropped city, with what it lacks and when.

    Raises
    ------
    TableColumnError
        A column is missing or no number.
    DomainError
        No city is complete.
    DuplicateCityYearError
        A city has a year twice.
    """
    rows = check_panel(table, where=where)
    wanted = sorted({int(year) for year in (rows["year"] if years is None else years)})
    lacking = _lacking(rows, columns, wanted, where)
    keep = ~rows["city_id"].isin(lacking.keys()) & rows["year"].isin(wanted)
    if not keep.any():
        raise DomainError(
            where,
            expected=f"a city with every column in {years_text(wanted)}",
            found="none",
            hint="name fewer columns or years",
        )
    counts = rows["city_id"].value_counts()
    audit = [
        AuditRow(
            "panel", "city_not_complete", f"city {city}", f"{what}; dropped", int(counts[city])
        )
        for city, what in lacking.items()
    ]
    outside = rows.loc[~keep & ~rows["city_id"].isin(lacking.keys()), ["city_id", "year"]]
    if len(outside):
        detail = f"city-years outside {years_text(wanted)} dropped"
        audit.append(AuditRow("panel", "outside_years", "panel", detail, len(outside)))
    gone = rows.loc[~keep, ["city_id", "year"]].itertuples(index=False, name=None)
    reasons = ((city, year, lacking.get(city, "outside the years")) for city, year in gone)
    return Stepped(rows[keep].reset_index(drop=True), tuple(audit), dropped_keys(reasons))


def _lacking(
    rows: pd.DataFrame, columns: Sequence[str], years: Sequence[int], where: str
) -> dict[str, str]:
    """What each incomplete city lacks, in words."""
    cities, names = pd.factorize(rows["city_id"], sort=True)
    at = pd.Index(years).get_indexer(pd.Index(rows["year"]))
    inside = at >= 0
    known = ~np.isnan(number_array(rows, list(columns), where=where))
    present = {"row": np.ones(len(rows), dtype=bool)}
    present |= {f"{name} missing": known[:, one] for one, name in enumerate(columns)}
    found: dict[str, list[str]] = {}
    with_row = np.zeros((len(names), len(years)), dtype=bool)
    with_row[cities[inside], at[inside]] = True
    for what, here in present.items():
        grid = np.zeros_like(with_row)
        grid[cities[inside], at[inside]] = here[inside]
        # A year without a row is said once, not for every column again.
        gaps = ~grid & (with_row | (what == "row"))
        for city in np.flatnonzero(gaps.any(axis=1)):
            missing = years_text(np.asarray(years)[gaps[city]])
            text = f"no row in {missing}" if what == "row" else f"{what} in {missing}"
            found.setdefault(str(names[int(city)]), []).append(text)
    return {city: "; ".join(found[city]) for city in sorted(found)}


def balance_patterns(table: pd.DataFrame, *, years: Sequence[int] | None = None) -> pd.DataFrame:
    """Which years cities have, one row for each pattern.

    Parameters
    ----------
    table : pandas.DataFrame
        ``city_id`` and ``year``.
    years : sequence of int, optional
        Years of the grid; those between the table's first and last when left out.

    Returns
    -------
    pandas.DataFrame
        ``pattern`` (a ``#`` for a year with a row, a ``.`` for one without), ``cities``,
        ``city_years``, ``missing_years`` and ``first_cities`` (up to five); the most frequent
        pattern first.

    Raises
    ------
    DuplicateCityYearError
        A city has a year twice.
    """
    rows = check_panel(table, where="panel")
    names = ["pattern", "cities", "city_years", "missing_years", "first_cities"]
    if rows.empty:
        return pd.DataFrame(columns=names)
    span = range(int(rows["year"].min()), int(rows["year"].max()) + 1) if years is None else years
    grid = (
        rows.assign(here=True)
        .pivot(index="city_id", columns="year", values="here")
        .reindex(columns=list(span))
        .eq(other=True)
    )
    patterns = pd.Series(
        ["".join("#" if here else "." for here in city) for city in grid.to_numpy()],
        index=grid.index,
    )
    made = []
    for pattern, cities in patterns.groupby(patterns).groups.items():
        missing = [year for year, mark in zip(span, str(pattern), strict=True) if mark == "."]
        here = len(str(pattern)) - len(missing)
        first = ", ".join(cities[:5]) + (", ..." if len(cities) > 5 else "")
        made.append((pattern, len(cities), here * len(cities), years_text(missing), first))
    found = pd.DataFrame(made, columns=names)
    order = ["cities", "city_years", "pattern"]
    return found.sort_values(order, ascending=[False, False, True]).reset_index(drop=True)
