"""The digital inclusive finance index from its three parts."""

import numpy as np
import pandas as pd

from geo.audit import AuditRow
from panels.city_sectors import IndexResult
from panels.origins import UNKNOWN, Origins
from panels.schema import number_array
from panels.steps.stepped import value_rows

PARTS = {"breadth": 0.5396, "depth": 0.2970, "digitisation": 0.1634}
"""Weights of coverage breadth, usage depth and level of digitisation in the aggregate.

Guo et al. (2020), China Economic Quarterly 19(4), give 54.0, 29.7 and 16.3 %. The published columns
of the city file fit these four digits in every year from 2011 to 2023, to within 0.02 points.
"""
TOLERANCE = 0.05
"""Points by which a published aggregate may miss its parts."""


def digital_finance(
    table: pd.DataFrame,
    *,
    breadth: str,
    depth: str,
    digitisation: str,
    published: str | None = None,
    origins: Origins = UNKNOWN,
    where: str,
) -> IndexResult:
    """The aggregate index of digital inclusive finance, from its parts.

    Parameters
    ----------
    table : pandas.DataFrame
        ``city_id``, ``year`` and the columns below.
    breadth, depth, digitisation : str
        Columns ``coverage_breadth``, ``usage_depth`` and ``digitization_level`` of the published
        file, under their names in the panel.
    published : str, optional
        The published aggregate, for comparison.
    origins : Origins
        Where values stand, for the audit.
    where : str
        The index, for errors and the audit.

    Returns
    -------
    IndexResult
        In the points of the publication; missing where a part is. An audit row for each published
        value that misses its parts by more than 0.05.

    Raises
    ------
    TableColumnError
        A column is missing or no number.
    """
    columns = [breadth, depth, digitisation]
    # Parts may be negative: the scale's zero is a value of 2011.
    values = number_array(table, columns, where=where) @ np.array(list(PARTS.values()))
    audit = [AuditRow("panel", "digital_finance_made", where, "city-years", len(values))]
    if published is not None:
        given = number_array(table, [published], where=where)[:, 0]
        audit += value_rows(
            table,
            np.flatnonzero(np.abs(given - values) > TOLERANCE),
            rule="digital_finance_off",
            column=published,
            detail=f"misses its parts by more than {TOLERANCE}; both kept",
            old=given,
            new=values,
            origins=origins,
        )
    return IndexResult(
        pd.Series(values, index=table.index, name="digital_finance"),
        pd.Series(np.ones(len(values), dtype=bool), index=table.index, name="keep"),
        tuple(audit),
    )
