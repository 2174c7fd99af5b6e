"""Columns made of columns: sums, then ratios, then logs."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.errors import TableColumnError
from panels.schema import KEY, number_array, require_columns
from panels.steps.stepped import put, refuse_rows


def derive(
    table: pd.DataFrame,
    *,
    sums: Mapping[str, Sequence[str]],
    ratios: Mapping[str, Sequence[str]],
    logs: Mapping[str, str | Sequence[str]],
    where: str = "panel",
) -> pd.DataFrame:
    """Add sums, ratios and logs of columns, in this order.

    Every step sees the columns made before it. A result is missing where any of its inputs is.

    Parameters
    ----------
    table : pandas.DataFrame
        Columns ``city_id``, ``year`` and numbers; it is not changed.
    sums : mapping of str to sequence of str
        New name to the columns that are added.
    ratios : mapping of str to sequence of str
        New name to numerator and denominator.
    logs : mapping of str to str or sequence of str
        New name to the column, or to the columns whose sum, of which the natural log is taken.
    where : str
        What the steps belong to; errors name ``{where}.logs.{name}`` and the like.

    Returns
    -------
    pandas.DataFrame
        The table's columns, then the new ones (float64).

    Raises
    ------
    TableColumnError
        An input does not exist or is no number, a ratio has not two, or a new name is taken.
    DomainError
        A denominator is zero, or the log of zero or less is asked for; column, city, year, value
        and number of such rows are named.
    """
    require_columns(table, KEY, where=where)
    made = table.copy()
    for name, parts in sums.items():
        key = f"{where}.sums.{name}"
        put(made, name, _total(made, parts, key), source="", where=key)
    for name, pair in ratios.items():
        key = f"{where}.ratios.{name}"
        _refuse_no_pair(pair, key)
        above, below = (_total(made, part, key) for part in pair)
        expected = f"{pair[1]} other than 0"
        refuse_rows(made, below, below == 0.0, where=key, expected=expected)
        put(made, name, above / below, source="", where=key)
    for name, parts in logs.items():
        key = f"{where}.logs.{name}"
        total = _total(made, parts, key)
        expected = f"{' + '.join(_names(parts))} above 0"
        refuse_rows(made, total, total <= 0.0, where=key, expected=expected)
        put(made, name, np.log(total), source="", where=key)
    return made


def _names(parts: str | Sequence[str]) -> list[str]:
    return [parts] if isinstance(parts, str) else list(parts)


def _refuse_no_pair(pair: Sequence[str], where: str) -> None:
    if isinstance(pair, str) or len(pair) != 2:
        names = _names(pair)
        raise TableColumnError(
            where,
            expected="two columns: numerator and denominator",
            found=f"{len(names)} ({', '.join(names)})" if names else "none",
            hint="name two columns",
        )


def _total(table: pd.DataFrame, parts: str | Sequence[str], where: str) -> NDArray[np.float64]:
    """Sum of columns (n,), NaN where a part is missing."""
    names = _names(parts)
    if not names:
        raise TableColumnError(
            where, expected="one column or more to derive from", found="none", hint="name them"
        )
    total: NDArray[np.float64] = number_array(table, names, where=where).sum(axis=1)
    return total
