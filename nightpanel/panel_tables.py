"""What there is to see of a panel: descriptives, balance, gaps, outliers, lost cities."""

from collections.abc import Collection, Mapping, Sequence

import pandas as pd

from panels.balance import balance_patterns
from panels.cities.places import city_names
from panels.describe import descriptive_table, missing_map, number_columns
from panels.losses import lost_cities
from panels.origins import Origins
from panels.outliers import outliers

PANEL_TABLES = ("descriptives", "balance", "missing", "outliers", "lost_cities")
"""Names of the tables, which are those of their files."""


def panel_tables(
    panel: pd.DataFrame,
    joined: pd.DataFrame,
    dropped: pd.DataFrame,
    types: Mapping[str, Sequence[str]],
    *,
    origins: Origins,
    years: Sequence[int] | None = None,
    blank: Collection[str] = (),
) -> dict[str, pd.DataFrame]:
    """Tables about a panel.

    Parameters
    ----------
    panel : pandas.DataFrame
        As its steps have left it.
    joined : pandas.DataFrame
        As it was before them: balance and gaps are those of both.
    dropped : pandas.DataFrame
        City-years that are not in it, as `panels.losses` makes them.
    types : mapping of str to sequence of str
        Columns of the descriptive statistics by type of variable; all columns of numbers where it
        is empty.
    origins : Origins
        Where the panel's values stand.
    years : sequence of int, optional
        Years of the study, whose balance and gaps are shown; those of the panel when left out.
    blank : collection of str
        Columns whose values have not been computed yet: they and what is made of them are left
        out where all values are missing.

    Returns
    -------
    dict of str to pandas.DataFrame
        By `PANEL_TABLES`.

    Raises
    ------
    TableColumnError
        A column of ``types`` is missing or no number.
    """
    void = {str(name) for name in panel.columns if blank and panel[name].isna().all()} | set(blank)
    columns = [name for name in number_columns(panel) if name not in void]
    before = [name for name in number_columns(joined) if name not in void]
    described = {
        kind: [name for name in names if name not in void] for kind, names in types.items()
    }
    return {
        "descriptives": descriptive_table(
            panel, described if types else {"": columns}, where="panel.descriptives"
        ),
        "balance": _both(
            balance_patterns(joined, years=years), balance_patterns(panel, years=years)
        ),
        "missing": _both(
            missing_map(joined, before, years=years), missing_map(panel, columns, years=years)
        ),
        "outliers": outliers(panel, columns, origins=origins),
        "lost_cities": lost_cities(dropped, panel, names=city_names()),
    }


def _both(joined: pd.DataFrame, panel: pd.DataFrame) -> pd.DataFrame:
    """Rows on the panel before and after its steps, told by the column ``of``."""
    parts = [joined.assign(of="joined"), panel.assign(of="panel")]
    names = ["of", *joined.columns]
    return pd.concat(parts, ignore_index=True)[names]
