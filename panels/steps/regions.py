"""A column of the region of each city's province."""

from typing import Literal

import numpy as np
import pandas as pd

from geo.errors import DomainError, TableColumnError
from panels.cities.regions import region_of
from panels.schema import KEY, require_columns
from panels.steps.stepped import Stepped, named


def add_regions(
    table: pd.DataFrame,
    *,
    division: Literal["three", "four"],
    name: str = "region",
    column: str = "city_id",
    where: str,
) -> Stepped:
    """Give each city-year the region of its province.

    Parameters
    ----------
    table : pandas.DataFrame
        ``city_id``, ``year`` and the column; it is not changed.
    division : {"three", "four"}
        See :data:`panels.cities.regions.DIVISIONS`.
    name : str
        The new column, text: ``east``, ``central``, ``west`` and, of four, ``northeast``.
    column : str
        Codes of cities or provinces (2, 4 or 6 digits), or names of provinces.
    where : str
        The step, for errors.

    Returns
    -------
    Stepped

    Raises
    ------
    TableColumnError
        A column is missing, or another column has the new name.
    DomainError
        A place is in no province of the Chinese mainland.
    """
    require_columns(table, [*KEY, column], where=where)
    if name in table.columns:
        raise TableColumnError(
            f"{where}: column {name!r}",
            expected="a new name",
            found="a column of this name",
            hint="choose another name with the key name",
        )
    found = [region_of(_text(place), division) for place in table[column]]
    lacking = np.flatnonzero(pd.isna(pd.Series(found, dtype="object")))
    if lacking.size:
        place = table[column].iloc[int(lacking[0])]
        raise DomainError(
            f"{where}: column {column!r}",
            expected="codes or names of provinces of the Chinese mainland, or of cities there",
            found=f"{place!r} for {named(table, lacking[0])} ({lacking.size} rows in all)",
            hint="name a column with the province, or leave these rows out",
        )
    return Stepped(table.assign(**{name: pd.Series(found, index=table.index, dtype="str")}))


def _text(place: object) -> str:
    """A code or name as text; a code that was read as a number loses its decimal point."""
    if isinstance(place, float) and place.is_integer():
        return str(int(place))
    return str(place)
