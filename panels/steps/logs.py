"""Logarithms with a stated rule for zeros."""

from collections.abc import Mapping
from typing import Literal

import numpy as np
import pandas as pd

from geo.audit import AuditRow
from geo.errors import DomainError
from panels.origins import UNKNOWN, Origins
from panels.schema import KEY, number_array, require_columns
from panels.steps.stepped import (
    Bools,
    Floats,
    Stepped,
    dropped_keys,
    key_at,
    put,
    refuse_empty,
    refuse_rows,
    value_rows,
)

ZeroRule = Literal["error", "drop", "log1p", "add"]


def log_columns(
    table: pd.DataFrame,
    columns: Mapping[str, str],
    *,
    zeros: ZeroRule = "error",
    constant: float | None = None,
    origins: Origins = UNKNOWN,
    where: str,
) -> Stepped:
    """Natural logarithms of columns.

    Parameters
    ----------
    table : pandas.DataFrame
        ``city_id``, ``year`` and the columns; it is not changed.
    columns : mapping of str to str
        Column to name of its logarithm.
    zeros : {"error", "drop", "log1p", "add"}
        What is done about zeros: refuse them, drop their city-years, take ln(1 + x) of the whole
        column, or ln(x + ``constant``) of the whole column.
    constant : float, optional
        Above zero; with ``zeros = "add"`` and only with it.
    origins : Origins
        Where values stand, for the audit.
    where : str
        The step, for errors.

    Returns
    -------
    Stepped
        One audit row for each dropped value, or one for each shifted column with its number of
        zeros.

    Raises
    ------
    TableColumnError
        A column is missing or no number, or a new name is taken.
    DomainError
        A value is negative, or zero under ``zeros = "error"``; or the constant is not above zero.
    """
    refuse_empty(columns, where=where)
    require_columns(table, KEY, where=where)
    shift = _shift(zeros, constant, where)
    made = table.copy()
    gone = np.zeros(len(table), dtype=bool)
    audit: list[AuditRow] = []
    reasons: list[tuple[str, int, str]] = []
    for column, name in columns.items():
        values = number_array(table, [column], where=where)[:, 0]
        refuse_rows(table, values, values < 0.0, where=where, expected=f"{column} of zero or more")
        zero = values == 0.0
        if zeros == "error":
            refuse_rows(table, values, zero, where=where, expected=f"{column} above 0", hint=_HINT)
        put(made, name, _log(values, zero, shift), source=column, where=where)
        if zeros == "drop":
            audit += value_rows(
                table,
                np.flatnonzero(zero),
                rule="zero_dropped",
                column=column,
                detail=f"{column} is zero and has no logarithm; city-year dropped",
                old=values,
                origins=origins,
            )
            reasons += [(*key_at(table, row), f"{column} is zero") for row in np.flatnonzero(zero)]
            gone |= zero
        elif shift:
            audit.append(_shifted(column, zeros, shift, zero))
    rows = made[~gone].reset_index(drop=True)
    return Stepped(rows, tuple(audit), dropped_keys(reasons))


_HINT = (
    'correct the value, leave it blank if it is missing, or set zeros = "drop", "log1p" or "add"'
)


def _shift(zeros: ZeroRule, constant: float | None, where: str) -> float:
    if zeros == "log1p":
        return 1.0
    if zeros != "add":
        return 0.0
    if constant is None or not (np.isfinite(constant) and constant > 0.0):
        raise DomainError(
            f"{where}: constant",
            expected="a constant above 0 to add",
            found="none" if constant is None else f"{constant:g}",
            hint="state it",
        )
    return constant


def _log(values: Floats, zero: Bools, shift: float) -> Floats:
    """ln(values + shift) (n,); missing where the argument is zero, which then is dropped."""
    with_gaps = np.where(zero & (shift == 0.0), np.nan, values)
    logs: Floats = np.log1p(with_gaps) if shift == 1.0 else np.log(with_gaps + shift)
    return logs


def _shifted(column: str, zeros: ZeroRule, shift: float, zero: Bools) -> AuditRow:
    count = int(zero.sum())
    detail = f"ln(x + {shift:g}) of the whole column, which has {count} zeros"
    return AuditRow("panel", f"zeros_{zeros}", column, detail, count)
