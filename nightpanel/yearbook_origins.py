"""Where the values of a study's tables stand, once some are moved, reconciled or filled."""

from collections.abc import Mapping, Sequence

import pandas as pd

from panels.origins import Origins, Place, Places
from panels.read import ReadTable
from panels.schema import KEY


def unmoved_places(read: ReadTable, table: pd.DataFrame) -> Places:
    """Places of the city-years that are in a table's vintage what they are in its file.

    Parameters
    ----------
    read : ReadTable
        The table as read.
    table : pandas.DataFrame
        It in its vintage.

    Returns
    -------
    mapping
        Not of city-years that are made of others, or stand in the file under another code.
    """
    if table is read.table:
        return read.places
    # Joined on the values too, missing ones among them: a city-year with others is another.
    same = read.table.merge(table, on=list(read.table.columns), how="inner")
    keys = set(same[list(KEY)].itertuples(index=False, name=None))
    return {key: place for key, place in read.places.items() if key in keys}


def origins_of(
    columns: Mapping[str, Sequence[str]], places: Mapping[str, Places], compared: pd.DataFrame
) -> Origins:
    """Places of the columns of a study's tables.

    Parameters
    ----------
    columns : mapping of str to sequence of str
        Columns of files by table, those aside that are made of others.
    places : mapping of str to mapping
        Places by table, also of tables that are reconciled into others.
    compared : pandas.DataFrame
        Columns of `panels.reconcile.RECONCILIATION`.

    Returns
    -------
    Origins
        A reconciled value stands where the table has it that was chosen for it.
    """
    tables = {name: label for label, names in columns.items() for name in names}
    known = dict(places)
    chosen: dict[tuple[str, str], Places] = {}
    for names, rows in compared.groupby(["column", "table_a", "table_b"], sort=False):
        column, *labels = map(str, names)
        own = {label: chosen.get((column, label), places[label]) for label in labels}
        found = _chosen_places(rows, own)
        chosen |= {(column, label): found for label in labels}
        tables[column] = f"reconciled {column}"
        known[tables[column]] = found
    return Origins(tables, known)


def column_places(
    column: str, places: Mapping[str, Places], compared: pd.DataFrame
) -> Mapping[str, Places]:
    """Places of one column by table, once it is reconciled in some of them."""
    of_column = compared[compared["column"] == column]
    made = origins_of({}, places, of_column)
    if column not in made.tables:
        return places
    labels = {*of_column["table_a"], *of_column["table_b"]}
    return {**places, **dict.fromkeys(labels, made.places[made.tables[column]])}


def _chosen_places(rows: pd.DataFrame, own: Mapping[str, Places]) -> Places:
    """Places of the values that were chosen of two tables."""
    used = rows.loc[rows["chosen"] != "", [*KEY, "chosen"]]
    found: dict[tuple[str, int], Place] = {
        (city, year): own[label][city, year]
        for city, year, label in used.itertuples(index=False, name=None)
        if (city, year) in own[label]
    }
    return found
