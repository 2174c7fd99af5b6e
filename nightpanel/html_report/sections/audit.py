"""The audit: every repair, drop, guess and flag, to be filtered."""

import pandas as pd

from nightpanel.html_report.folders import known_folders, without_folders
from nightpanel.html_report.section import (
    DataTable,
    Piece,
    Records,
    Section,
    Text,
    cells,
    data_table,
)
from nightpanel.html_report.words import plural
from nightpanel.output_folder import OutputFolder

MOST = 20_000
"""Rows in the page; the table itself has all."""
COLUMNS = ("stage", "rule", "subject", "detail", "count", "file", "row", "old", "new")


def section(folder: OutputFolder) -> Section:
    """Audit rows, and flags of units and cities by year.

    Parameters
    ----------
    folder : OutputFolder
    """
    parts: list[Piece] = []
    flags = flag_counts(folder)
    if len(flags):
        parts.append(data_table(flags, "Flags of unit-years and city-years", rows=400))
    elif folder.units is not None:
        parts.append(Text(("No unit-year and no city-year has a flag.",)))
    flagged = _flagged_cities(folder)
    if flagged is not None:
        parts.append(flagged)
    if folder.audit is None:
        return Section("audit", "Audit", tuple(parts), "The folder lacks audit.parquet.")
    if folder.audit.empty:
        return Section("audit", "Audit", (*parts, Text(("The audit table is empty.",))))
    table = _shown(folder.audit, known_folders(folder))
    parts.insert(0, _rules(folder.audit))
    parts.append(
        Records(
            id="audit-all",
            caption=f"Audit: {plural(len(table), 'row')}",
            columns=tuple(table.columns),
            rows=cells(table.head(MOST)),
            choose=(0, 1),
            left_out=max(len(table) - MOST, 0),
            where="audit.parquet",
        )
    )
    return Section("audit", "Audit", tuple(parts))


def flag_counts(folder: OutputFolder) -> pd.DataFrame:
    """How many unit-years and city-years have each flag, by year.

    Parameters
    ----------
    folder : OutputFolder

    Returns
    -------
    pandas.DataFrame
        ``of``, ``flag`` (without the figure after its colon), ``rows``, ``years``.
    """
    found = []
    for of, table in (("unit-years", folder.units), ("city-years", folder.cities)):
        if table is None or "flags" not in table:
            continue
        some = table.loc[table["flags"].fillna("") != "", ["year", "flags"]]
        if some.empty:
            continue
        flags = some.assign(flag=some["flags"].str.split(";")).explode("flag")
        flags["flag"] = flags["flag"].str.partition(":")[0]
        by = flags.groupby("flag", as_index=False).agg(
            rows=("year", "size"), first_year=("year", "min"), last_year=("year", "max")
        )
        by.insert(0, "of", of)
        found.append(by)
    columns = ["of", "flag", "rows", "first_year", "last_year"]
    return pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=columns)


def _flagged_cities(folder: OutputFolder) -> Records | None:
    if folder.cities is None or "flags" not in folder.cities:
        return None
    some = folder.cities.loc[folder.cities["flags"].fillna("") != ""]
    if some.empty:
        return None
    table = some[["city_id", "year", "product", "gini", "n_units", "flags"]]
    return Records(
        id="audit-cities",
        caption=f"City-years with a flag: {plural(len(table), 'row')}",
        columns=("city", "year", "product", "Gini", "units", "flags"),
        rows=cells(table.head(MOST)),
        choose=(1, 2),
        left_out=max(len(table) - MOST, 0),
        where="cities.parquet",
    )


def _shown(audit: pd.DataFrame, folders: tuple[str, ...]) -> pd.DataFrame:
    """Columns that hold anything, files by name alone."""
    table = audit[[name for name in COLUMNS if name in audit]]
    texts = [name for name in ("subject", "detail", "file", "old", "new") if name in table]
    named = table.assign(
        **{
            name: [without_folders(str(one), folders) for one in table[name].fillna("")]
            for name in texts
        }
    )
    empty = [name for name in ("file", "old", "new") if name in named and not any(named[name])]
    empty += [name for name in ("row",) if name in named and named[name].isna().all()]
    return named.drop(columns=empty)


def _rules(audit: pd.DataFrame) -> DataTable:
    by = audit.groupby(["stage", "rule"], as_index=False, sort=False).agg(
        rows=("subject", "size"), things=("count", "sum")
    )
    return data_table(by, "Rows of the audit by rule", names={"things": "things they stand for"})
