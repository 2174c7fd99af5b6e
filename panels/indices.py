"""Industrial upgrading: the level of the sector structure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from geo.audit import AuditRow
from geo.errors import DomainError, SharesError, TableColumnError
from panels.city_sectors import IndexResult, sector_array, sector_totals
from panels.origins import UNKNOWN, Origins
from panels.steps.stepped import Bools, Floats, key_at, named

SHARES_TOLERANCE = 0.005
"""How far the shares of a row may miss 1."""
_ROUNDING = 1e-9
"""Decimal shares that miss 1 by just the tolerance may miss it by this more in binary."""
SHARES_REASON = f"sector shares miss 1 by more than {SHARES_TOLERANCE}"
"""Why a row is lost whose shares do not add up."""
_SCALE = {"fraction": 1.0, "percent": 100.0}


def uil(
    table: pd.DataFrame,
    *,
    value_added: Sequence[str] | None = None,
    shares: Sequence[str] | None = None,
    unit: Literal["fraction", "percent"] = "fraction",
    on_bad_shares: Literal["error", "keep", "drop"] = "error",
    where: str,
    origins: Origins = UNKNOWN,
) -> IndexResult:
    r"""Level of industrial structure upgrading, Yu and Zhang, equation (2).

    :math:`\mathrm{UIL} = \sum_{k=1}^{3} k P_k`, with :math:`P_k` the share of sector :math:`k` in
    total value added: from value added where all three sectors have it
    (:math:`P_k = VA_k / \sum_j VA_j`), otherwise the reported shares, which are not rescaled.

    Parameters
    ----------
    table : pandas.DataFrame
        Columns ``city_id``, ``year`` and those named below.
    value_added, shares : sequence of str, optional
        Three columns each, in the order primary, secondary, tertiary; one of the two or both.
    unit : {"fraction", "percent"}
        Unit of the shares.
    on_bad_shares : {"error", "keep", "drop"}
        What to do with a row whose reported shares are used and miss 1 by more than 0.005.
    where : str
        File or table, for errors and the audit.
    origins : Origins
        Where the shares stand, for the audit.

    Returns
    -------
    IndexResult
        Values between 1 and 3, up to the tolerance of reported shares.

    Raises
    ------
    TableColumnError
        A column is missing, or the columns are not three different ones.
    SharesError
        Shares miss 1 (``on_bad_shares="error"``), or are on the scale of the other unit.
    DomainError
        Value added or a share is negative or infinite, all value added of a row is zero, or
        the index of kept shares lies outside 1 to 3.
    """
    if value_added is None and shares is None:
        raise TableColumnError(
            where, expected="columns of value added or of shares", found="neither", hint="name them"
        )
    levels = sector_array(table, value_added, "value added", where)
    reported = sector_array(table, shares, "share", where) / _SCALE[unit]
    _refuse_other_unit(reported.sum(axis=1), unit, where)
    by_levels = _index_of_levels(table, levels, where)
    by_shares = _weighted(reported)
    filled = np.isnan(by_levels) & ~np.isnan(by_shares)
    off = np.abs(reported.sum(axis=1) - 1.0) > SHARES_TOLERANCE + _ROUNDING
    bad = filled & off
    if bad.any() and on_bad_shares == "error":
        raise _shares_error(table, reported, bad, where)
    values = np.where(filled, by_shares, by_levels)
    keep = ~bad if on_bad_shares == "drop" else np.ones(len(table), dtype=bool)
    values[~keep] = np.nan
    _refuse_outside(table, values, where)
    said = _Said(table, reported, shares[0] if shares else "", where, origins)
    made_up = np.flatnonzero(filled & keep).tolist() if value_added is not None else []
    audit = [
        *_counts(where, by_levels, filled & keep, values),
        *(said.from_shares(row, values[row]) for row in made_up),
        *(said.unused(row) for row in np.flatnonzero(off & ~filled).tolist()),
        *(said.off(row, on_bad_shares) for row in np.flatnonzero(bad).tolist()),
    ]
    return IndexResult(
        pd.Series(values, index=table.index, name="uil"),
        pd.Series(keep, index=table.index, name="keep"),
        tuple(audit),
    )


def _index_of_levels(table: pd.DataFrame, levels: Floats, where: str) -> Floats:
    index: Floats = _weighted(levels) / sector_totals(table, levels, "value added", where)
    return index


def _weighted(sectors: Floats) -> Floats:
    """Sum over sectors of k times the column (n,), added in the order of the sectors."""
    primary, secondary, tertiary = sectors.T
    weighted: Floats = primary + 2.0 * secondary + 3.0 * tertiary
    return weighted


def _refuse_other_unit(sums: Floats, unit: str, where: str) -> None:
    """Shares on the other unit's scale are a wrong declaration, not rows that miss 1."""
    known = sums[~np.isnan(sums)]
    if len(known) == 0:
        return
    typical = float(np.median(known))
    factor = _SCALE["percent"] if unit == "fraction" else 1.0 / _SCALE["percent"]
    if 0.5 < typical / factor < 2.0:
        other = "percent" if unit == "fraction" else "fraction"
        raise SharesError(
            f"{where}: unit",
            expected=f"shares as {unit}",
            found=f"sums of typically {typical * _SCALE[unit]:g}",
            hint=f'declare unit = "{other}"',
        )


def _refuse_outside(table: pd.DataFrame, values: Floats, where: str) -> None:
    slack = SHARES_TOLERANCE + _ROUNDING
    lowest, highest = 1.0 - slack, 3.0 * (1.0 + slack)
    outside = (values < lowest) | (values > highest)
    if outside.any():
        row = int(np.flatnonzero(outside)[0])
        raise DomainError(
            where,
            expected="an index of industrial structure between 1 and 3",
            found=f"{values[row]:.4f} for {named(table, row)} ({outside.sum()} rows in all)",
            hint='correct the shares, or set on_bad_shares = "drop"',
        )


def _shares_error(table: pd.DataFrame, reported: Floats, bad: Bools, where: str) -> SharesError:
    row = int(np.flatnonzero(bad)[0])
    return SharesError(
        where,
        expected=f"sector shares that sum to 1 within {SHARES_TOLERANCE}",
        found=f"{reported[row].sum():.4f} for {named(table, row)} ({bad.sum()} rows in all)",
        hint='correct the shares, or set on_bad_shares = "keep" or "drop"',
    )


def _counts(where: str, by_levels: Floats, filled: Bools, values: Floats) -> list[AuditRow]:
    found = [
        ("uil_from_value_added", ~np.isnan(by_levels), "P from value added"),
        ("uil_from_shares", filled, "P from reported shares"),
        ("uil_missing", np.isnan(values), "neither value added nor shares complete, or dropped"),
    ]
    return [
        AuditRow("panel", rule, where, f"{rows.sum()} city-years: {what}", int(rows.sum()))
        for rule, rows, what in found
        if rows.any()
    ]


@dataclass(frozen=True, slots=True)
class _Said:
    """Audit rows on the shares of a city-year."""

    table: pd.DataFrame
    reported: Floats
    column: str
    where: str
    origins: Origins

    def from_shares(self, row: int, value: float) -> AuditRow:
        detail = f"value added is not complete; from the shares {self._shares(row)}"
        return self._row("uil_filled_from_shares", row, detail, "", f"{value:.6g}")

    def unused(self, row: int) -> AuditRow:
        detail = f"{self._sum(row)}; value added is used"
        return self._row("shares_off_unused", row, detail, self._shares(row), "")

    def off(self, row: int, action: str) -> AuditRow:
        done = {"keep": "kept", "drop": "dropped"}
        text = self._shares(row)
        new = text if action == "keep" else ""
        return self._row("shares_off", row, f"{self._sum(row)}; {done[action]}", text, new)

    def _row(self, rule: str, row: int, detail: str, old: str, new: str) -> AuditRow:
        file, line = self.origins.of(self.column, *key_at(self.table, row))
        subject = f"{self.where}: {named(self.table, row)}"
        return AuditRow("panel", rule, subject, detail, file=file, row=line, old=old, new=new)

    def _shares(self, row: int) -> str:
        return " + ".join(f"{share:.6g}" for share in self.reported[row])

    def _sum(self, row: int) -> str:
        return f"shares sum to {self.reported[row].sum():.4f}"
