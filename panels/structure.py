"""Companions of UIL: how advanced the sector structure is, and how rational."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from geo.errors import DomainError
from panels.city_sectors import IndexResult, made_index, sector_array, sector_totals
from panels.steps.stepped import Bools, named


def advanced_structure(
    table: pd.DataFrame, *, value_added: Sequence[str], where: str
) -> IndexResult:
    r"""Advancement of the industrial structure: :math:`VA_3 / VA_2`.

    Gan, Zheng and Yu (2011), Economic Research Journal 46(5), index TS: the output of the tertiary
    over that of the secondary sector. Higher is more advanced (more of a service economy).

    Parameters
    ----------
    table : pandas.DataFrame
        ``city_id``, ``year`` and the columns below.
    value_added : sequence of str
        Value added, or shares, of the primary, secondary and tertiary sector.
    where : str
        The index, for errors and the audit.

    Returns
    -------
    IndexResult
        Values of zero or more; missing where a sector of the two is.

    Raises
    ------
    TableColumnError
        A column is missing, or the columns are not three different ones.
    DomainError
        A value is negative, or a secondary sector is zero.
    """
    levels = sector_array(table, value_added, "value added", where)
    _, secondary, tertiary = levels.T
    empty = secondary == 0.0
    if empty.any():
        row = int(np.flatnonzero(empty)[0])
        raise DomainError(
            where,
            expected="a secondary sector above 0",
            found=f"0 for {named(table, row)} ({empty.sum()} rows in all)",
            hint="leave the cell blank if it is missing, or drop the city",
        )
    return made_index(table, tertiary / secondary, "advanced_structure", where)


def rationalisation(
    table: pd.DataFrame, *, value_added: Sequence[str], employment: Sequence[str], where: str
) -> IndexResult:
    r"""Deviation from a rational industrial structure: a Theil index of sector productivity.

    Gan, Zheng and Yu (2011), Economic Research Journal 46(5), index TL:
    :math:`TL = \sum_{k=1}^{3} (Y_k / Y) \ln \left( (Y_k / Y) / (L_k / L) \right)`, with output
    :math:`Y` and employment :math:`L`. Zero where productivity is equal in all sectors. LOWER is
    more rational. A sector without output adds nothing, the limit of :math:`p \ln p`.

    Parameters
    ----------
    table : pandas.DataFrame
        ``city_id``, ``year`` and the columns below.
    value_added, employment : sequence of str
        Levels, or shares, of the primary, secondary and tertiary sector.
    where : str
        The index, for errors and the audit.

    Returns
    -------
    IndexResult
        Values of zero or more; missing where any of the six is.

    Raises
    ------
    TableColumnError
        A column is missing, or the columns are not three different ones.
    DomainError
        A value is negative, all three are zero, or a sector has output and no employment.
    """
    shares = [
        levels / sector_totals(table, levels, what, where)[:, np.newaxis]
        for levels, what in (
            (sector_array(table, value_added, "value added", where), "value added"),
            (sector_array(table, employment, "employment", where), "employment"),
        )
    ]
    output, workers = shares
    _refuse_nobody(table, (output > 0.0) & (workers == 0.0), employment, where)
    active = (output > 0.0) & (workers > 0.0)
    ratio = np.divide(output, workers, out=np.ones_like(output), where=active)
    terms = output * np.log(ratio)
    values = np.where(np.isnan(workers).any(axis=1), np.nan, terms.sum(axis=1))
    # Equal shares may give a sum of rounding errors below zero.
    return made_index(table, np.where(values < 0.0, 0.0, values), "rationalisation", where)


def _refuse_nobody(table: pd.DataFrame, wrong: Bools, columns: Sequence[str], where: str) -> None:
    if wrong.any():
        row, sector = np.argwhere(wrong)[0]
        raise DomainError(
            f"{where}: column {columns[sector]!r}",
            expected="employment above 0 where a sector has output",
            found=f"0 for {named(table, row)} ({wrong.any(axis=1).sum()} rows in all)",
            hint="correct the value, or leave it blank if it is missing",
        )
