"""Years of adoption read from a policy of 0 and 1, before any row is left out for its values."""

import numpy as np
import pandas as pd

from estimation.designs import Design, design_label
from geo.audit import AuditRow
from geo.errors import SampleError

ADOPTED_COLUMN = "adopted: policy"
"""Column of the keyed table: first year in which the city's policy is 1; ``inf`` for never."""


def with_adoption(
    table: pd.DataFrame, design: Design, column: str, stage: str
) -> tuple[pd.DataFrame, tuple[AuditRow, ...]]:
    """The table with the year in which each city's policy is first 1.

    Rows without an outcome count: they know the policy.

    Parameters
    ----------
    table : pandas.DataFrame
        Keyed, in any order.
    design : Design
    column : str
        The policy's column; nothing is known where it is missing.
    stage : str
        Of audit rows.

    Returns
    -------
    (pandas.DataFrame, tuple of AuditRow)
        With :data:`ADOPTED_COLUMN`; a row for each city whose policy is not known in the year
        before it is first 1, but is 0 earlier.

    Raises
    ------
    SampleError
        A policy is neither 0 nor 1, or is given up.
    """
    where = f"{design_label(design)}, column '{column}'"
    known = table[table[column].notna()].sort_values([design.city, design.year])
    city, year = known[design.city].to_numpy(dtype=object), known[design.year].to_numpy()
    value = known[column].to_numpy(dtype=np.float64)
    odd = np.flatnonzero(~np.isin(value, (0.0, 1.0)))
    if odd.size:
        raise SampleError(
            f"{where}, city {city[odd[0]]}, year {year[odd[0]]}",
            expected="a policy of 0 and 1",
            found=f"{value[odd[0]]:g}",
            hint="name the column of a policy, or set year to that of its adoption",
        )
    same = city[1:] == city[:-1]
    off = np.flatnonzero(same & (value[1:] < value[:-1])) + 1
    if off.size:
        raise SampleError(
            f"{where}, city {city[off[0]]}, year {year[off[0]]}",
            expected="a policy that stays once it is adopted",
            found=f"0 after 1: switched off again ({len(set(city[off]))} such cities)",
            hint="leave these cities out (exclude_cities), or end the years before",
        )
    first = known[value == 1.0].groupby(design.city)[design.year].min()
    adopted = table[design.city].map(first).astype("float64").fillna(np.inf)
    on = np.flatnonzero(same & (value[1:] > value[:-1]) & (np.diff(year) > 1)) + 1
    rows = tuple(
        AuditRow(
            stage,
            "adoption_between",
            f"{where}, city {city[one]}",
            f"the policy is 0 in {year[one - 1]}, unknown then: read as adopted in {year[one]}, "
            "the first year in which it is 1",
            1,
        )
        for one in on
    )
    return table.assign(**{ADOPTED_COLUMN: adopted}), rows
