"""The columns that a design's instruments need and no panel has: its own past, its exposure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from estimation.design_columns import check_columns
from estimation.designs import Design, design_label
from estimation.instruments.exposure import Exposure, exposure
from estimation.instruments.keys import ShiftShare, built_columns, lag_name, lag_of
from estimation.instruments.lagged import earlier
from estimation.samples.columns import keyed
from estimation.samples.rules import RULES, STAGE
from geo.audit import AuditRow
from geo.errors import DesignError, SampleError

LISTED = 5
"""Sectors without a share that a note names."""
SUM_NAME = "sum of shares x {year}"
"""What the sum of a city's shares in a year is called among the controls."""


@dataclass(frozen=True, slots=True, eq=False)
class Ready:
    """A panel and a design that only names columns of it."""

    panel: pd.DataFrame
    """The panel with the columns that were made."""
    design: Design
    """The design, the sums of shares among its controls where it asks for them."""
    notes: tuple[str, ...] = ()
    """What a reader must know of the columns."""
    audit: tuple[AuditRow, ...] = ()
    """What was left out."""


def with_built_columns(
    panel: pd.DataFrame, design: Design, tables: Mapping[str, pd.DataFrame]
) -> Ready:
    """Make what a design's instruments need beside the panel.

    Parameters
    ----------
    panel : pandas.DataFrame
        It is not changed.
    design : Design
    tables : mapping of str to pandas.DataFrame
        Those of shares and shocks.

    Returns
    -------
    Ready
        The same panel and design where nothing is made. City-years without the treatment of the
        year that instruments it are left out, and told.

    Raises
    ------
    DesignError
        The panel has a column of a name that is to be made, or a table lacks one.
    ExposureError
        Shares or shocks are wrong or missing.
    SampleError
        No city-year has an earlier one.
    """
    built = built_columns(design)
    if not built:
        return Ready(panel, design)
    label = design_label(design)
    for name in built:
        if name in panel.columns:
            raise DesignError(
                f"{label}, column '{name}'",
                expected="a name that the panel does not have",
                found="a column of the panel",
                hint="give the exposure another name, or name the column as instrument",
            )
    check_columns(design, panel.columns)
    whole = panel.reset_index(drop=True).assign(**dict.fromkeys(built, 0.0))
    table = keyed(whole, design)
    ready = Ready(whole, design)
    if lag_of(design):
        ready = _with_lag(ready, table, label)
    if design.shift_share is not None:
        ready = _with_exposure(ready, table, design.shift_share, tables, label)
    return ready


def _in_scope(table: pd.DataFrame, design: Design) -> pd.Index:
    """Rows of the keyed table that the rules of the sample keep, missing values aside."""
    for rule in RULES[:-1]:
        table, _ = rule(table, design)
        if table.empty:  # the sample itself says why
            break
    return table.index


def _with_lag(ready: Ready, table: pd.DataFrame, label: str) -> Ready:
    design = ready.design
    lag, name = lag_of(design), lag_name(design.treatment, lag_of(design))
    city = np.unique(table[design.city].to_numpy(dtype=object), return_inverse=True)[1]
    year = table[design.year].to_numpy(dtype=np.int64)
    values = table[design.treatment].to_numpy(dtype=np.float64)
    past = earlier(city, year, values, lag)
    scope = np.zeros(len(table), dtype=bool)
    scope[_in_scope(table, design)] = True
    usable = scope & table[[design.outcome, design.treatment]].notna().all(axis=1).to_numpy()
    lost = usable & np.isnan(past)
    if usable.any() and lost.sum() == usable.sum():
        raise SampleError(
            f"{label}, instrument",
            expected=f"cities with the treatment of {lag} years before"
            if lag > 1
            else "cities with the treatment of the year before",
            found="none",
            hint="take a shorter lag, or another instrument",
        )
    starts = pd.Series(year).groupby(city).transform("min").to_numpy()
    gaps = int(np.sum(lost & (year - lag >= starts)))
    detail = (
        f"{int(lost.sum())} city-years left out: no treatment {lag} year{'s' * (lag > 1)} before "
        f"({int(lost.sum()) - gaps} at the start of a city, {gaps} after a gap or a missing value)"
    )
    kept = ~np.isnan(past) | ~usable
    panel = ready.panel.assign(**{name: past})[kept]
    years = design.years
    if years is not None:
        there = set(year[kept].tolist())
        years = tuple(one for one in years if one in there)
    rows = (AuditRow(STAGE, "no_earlier_treatment", label, detail, int(lost.sum())),)
    note = f"{label}: {detail}" if gaps else ""
    return Ready(
        panel,
        replace(design, years=years),
        (*ready.notes, *((note,) if note else ())),
        (*ready.audit, *(rows if lost.any() else ())),
    )


def _with_exposure(
    ready: Ready,
    table: pd.DataFrame,
    asked: ShiftShare,
    tables: Mapping[str, pd.DataFrame],
    label: str,
) -> Ready:
    design = ready.design
    table = table.loc[ready.panel.index]
    rows = _in_scope(table, design)
    scope = table.loc[rows]
    needed = [design.outcome] + [design.treatment] * (design.treatment != asked.name)
    scope = scope[scope[needed].notna().all(axis=1)]
    if scope.empty:  # the sample itself says why
        return ready
    years = scope[design.year].to_numpy(dtype=np.int64)
    where = f"{label}, shift_share"
    made = exposure(asked, tables, scope[design.city].tolist(), years, where=where)
    values = pd.Series(np.nan, index=ready.panel.index)
    values.loc[scope.index] = made.values
    panel, notes = ready.panel.assign(**{asked.name: values}), list(ready.notes)
    audit = ready.audit
    if made.unused:
        found = f"{len(made.unused)} sectors without any share in the sample count for nothing: "
        found += ", ".join(made.unused[:LISTED]) + (" ..." if len(made.unused) > LISTED else "")
        notes.append(f"{where}: {found}")
        row = AuditRow(STAGE, "sectors_without_shares", where, found, len(made.unused))
        audit = (*audit, row)
    if made.unknown:
        found = f"{made.unknown} empty outcomes of other cities count in no total"
        notes.append(f"{where}, leave_one_out: {found}")
        audit = (*audit, AuditRow(STAGE, "unknown_outcomes", where, found, made.unknown))
    if asked.control_sums:
        panel, design = _with_sums(panel, design, scope, made)
    elif not made.even_sums:
        low, high = float(made.sums.min()), float(made.sums.max())
        notes.append(
            f"{where}: a city's shares sum to {low:.3g} up to {high:.3g}: cities with smaller sums "
            "are less exposed whatever the shocks. The sum, times year, must be a control: set "
            "control_sums = true"
        )
    return Ready(panel, design, tuple(notes), audit)


def _with_sums(
    panel: pd.DataFrame, design: Design, scope: pd.DataFrame, made: Exposure
) -> tuple[pd.DataFrame, Design]:
    """The sum of shares as a control in each year."""
    named = {}
    for year in np.unique(made.years):
        inside = pd.Series(0.0, index=panel.index)
        inside.loc[scope.index] = np.where(made.years == year, made.sums, 0.0)
        named[SUM_NAME.format(year=year)] = inside
    return panel.assign(**named), replace(design, controls=(*design.controls, *named))
