"""Advancement of the industrial structure by weights of technology and skill (ISA)."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from geo.audit import AuditRow
from geo.errors import DomainError, TableColumnError
from panels.city_sectors import IndexResult, any_sectors, made_index, sector_totals
from panels.steps.stepped import Floats


def weighted_structure(
    table: pd.DataFrame,
    *,
    outputs: Sequence[str],
    weights: Sequence[float] | None = None,
    technology: Sequence[str] | None = None,
    skills: Sequence[str] | None = None,
    where: str,
) -> IndexResult:
    r"""Industrial structure advancement, Yang (2026), section 4.1: weighted outputs of sectors.

    :math:`\mathrm{ISA} = \sum_k w_k Y_k / \sum_k Y_k`. Yang names heavy manufacturing, light
    industry and high technology and adjusts their weights "according to technological and
    skills-intensive ratios" without a formula; here either the weights are given, or
    :math:`w_k = r_k / \max_j r_j` with :math:`r_k` the mean of sector k's ratio over the whole
    panel; with both kinds of ratios the mean of the two weights. One weight a sector holds for all
    city-years, so that the index moves with the structure alone.

    Parameters
    ----------
    table : pandas.DataFrame
        ``city_id``, ``year`` and the columns below.
    outputs : sequence of str
        Output (or share) of each sector, two or more.
    weights : sequence of float, optional
        A weight for each sector, zero or more, in order of the outputs.
    technology, skills : sequence of str, optional
        Columns of each sector's ratio, such as research spending over output, or the share of
        skilled workers; instead of ``weights``.
    where : str
        The index, for errors and the audit.

    Returns
    -------
    IndexResult
        Between the smallest and the largest weight (at most 1 with ratios); missing where an output
        is. The audit tells the weights that were made of ratios.

    Raises
    ------
    TableColumnError
        A column is missing, or weights, or ratios, are not one a sector.
    DomainError
        A value is negative, all outputs of a row are zero, weights are negative or all equal.
    """
    levels = any_sectors(table, outputs, "output", where)
    shares = levels / sector_totals(table, levels, "output", where)[:, np.newaxis]
    used, audit = _weights(table, len(outputs), weights, technology, skills, where)
    _refuse_weights(used, where)
    made = made_index(table, shares @ used, "weighted_structure", where)
    return IndexResult(made.values, made.keep, (*audit, *made.audit))


def _weights(
    table: pd.DataFrame,
    count: int,
    weights: Sequence[float] | None,
    technology: Sequence[str] | None,
    skills: Sequence[str] | None,
    where: str,
) -> tuple[Floats, tuple[AuditRow, ...]]:
    """A weight for each sector (k,), and the audit of those that were made."""
    ratios = {"technology": technology, "skills": skills}
    given = {name: columns for name, columns in ratios.items() if columns is not None}
    if (weights is None) == (not given):
        raise TableColumnError(
            f"{where}: weights",
            expected="weights, or columns of technology or skills",
            found="neither" if weights is None else f"weights and {' and '.join(given)}",
            hint="give one of the two",
        )
    each = {"weights": weights} if weights is not None else dict(given)
    for name, values in each.items():
        if values is not None and len(values) != count:
            raise TableColumnError(
                f"{where}: {name}",
                expected=f"one for each of the {count} sectors",
                found=f"{len(values)}",
                hint="keep the order of the outputs",
            )
    if weights is not None:
        return np.asarray(weights, dtype=np.float64), ()
    made = np.mean([_relative(table, columns, where) for columns in given.values()], axis=0)
    detail = f"of {' and '.join(given)}: {', '.join(f'{one:.6g}' for one in made)}"
    return made, (AuditRow("panel", "sector_weights_made", where, detail, count),)


def _relative(table: pd.DataFrame, columns: Sequence[str], where: str) -> Floats:
    """Mean ratio of each sector over the largest one (k,)."""
    ratios = any_sectors(table, columns, "ratio", where)
    means = pd.DataFrame(ratios).mean().to_numpy(dtype=np.float64)
    if not (np.isfinite(means).all() and means.max() > 0.0):
        raise DomainError(
            where,
            expected="ratios above zero in some sector, and values in each",
            found=", ".join(f"{one:g}" for one in means),
            hint="name the columns of ratios, one a sector",
        )
    relative: Floats = means / means.max()
    return relative


def _refuse_weights(weights: Floats, where: str) -> None:
    good = np.isfinite(weights).all() and (weights >= 0.0).all() and np.ptp(weights) > 0.0
    if not good:
        raise DomainError(
            f"{where}: weights",
            expected="weights of zero or more that differ between sectors",
            found=", ".join(f"{one:g}" for one in weights),
            hint="correct the weights: with equal ones the index is the same everywhere",
        )
