"""dta: Stata 14 and later (format 118, UTF-8), with labels of variables and of yes and no."""

import datetime as dt
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from geo.audit import AuditRow
from geo.errors import OutputError
from nightpanel.exports.columns import Column
from nightpanel.exports.read_again import differs
from nightpanel.exports.stata_names import stata_names
from nightpanel.exports.tables import ExportTable

MADE = dt.datetime(2000, 1, 1)  # noqa: DTZ001 Stata's time stamps have no zone
"""Stata keeps the time of writing; a fixed one keeps equal tables equal to the byte."""
LABEL = 80
"""Characters of a variable's label."""
TEXT_BYTES = 2045
"""Longer texts are kept as strL."""
MOST_VARIABLES = 32_767
"""Of format 118; more take 119, which Stata/MP reads."""
LARGEST = 8.988e307
"""Above it lie Stata's missing values."""
INT32 = (-2_147_483_647, 2_147_483_620)
EXACT = 1 << 53
"""Whole numbers up to it are exact in a double, which Stata has for those beyond 32 bits."""
YES_NO: dict[float, str] = {0: "no", 1: "yes"}


def write_stata(table: ExportTable, path: Path, *, file: str) -> tuple[AuditRow, ...]:
    """Write a table without its geometry.

    Parameters
    ----------
    table : ExportTable
    path : Path
    file : str
        Its final name, for the audit.

    Returns
    -------
    tuple of AuditRow
        Columns that have another name in Stata, and missing texts, which Stata has not.

    Raises
    ------
    OutputError
        A number has no place in Stata, or what was read back is not what was written.
    """
    names = stata_names([column.name for column in table.columns])
    audit = _renamed(names, file)
    data, logical, long = {}, [], []
    for column in table.columns:
        values = table.rows[column.name]
        name = names[column.name]
        data[name] = _as_stata(values, f"{file}: {column.name}")
        if pa.types.is_boolean(values.type):
            logical.append(name)
        if data[name].dtype == object:
            audit += _without_missing(column.name, values, file)
            if (pc.max(pc.binary_length(values)).as_py() or 0) > TEXT_BYTES:
                long.append(name)
    frame = pd.DataFrame(data)
    frame.to_stata(
        path,
        write_index=False,
        time_stamp=MADE,
        data_label=f"nightpanel: {table.name}",
        variable_labels={names[column.name]: _label(column, names) for column in table.columns},
        value_labels=dict.fromkeys(logical, YES_NO),
        convert_strl=long,
        version=118 if len(names) <= MOST_VARIABLES else 119,
    )
    _require_same(path, frame)
    return tuple(audit)


def _renamed(names: dict[str, str], file: str) -> list[AuditRow]:
    detail = "the name in Stata, which takes 32 letters, digits and underscores; see its label"
    return [
        AuditRow("export", "stata_name", old, detail, file=file, old=old, new=new)
        for old, new in names.items()
        if old != new
    ]


def _without_missing(column: str, values: pa.ChunkedArray, file: str) -> list[AuditRow]:
    if not values.null_count:
        return []
    detail = "missing texts are empty: Stata does not tell them apart"
    return [AuditRow("export", "missing_text", column, detail, values.null_count, file=file)]


def _label(column: Column, names: dict[str, str]) -> str:
    """The title, after the column's own name where Stata has another."""
    own = "" if names[column.name] == column.name else f"{column.name}: "
    return (own + column.title)[:LABEL]


def _as_stata(values: pa.ChunkedArray, where: str) -> Any:
    """A column in a type that Stata has and that holds every value."""
    kind = values.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return pd.Series(pc.fill_null(values, "").to_numpy(zero_copy_only=False), dtype=object)
    if pa.types.is_boolean(kind):
        values, kind = values.cast(pa.int8()), pa.int8()
    if pa.types.is_integer(kind):
        return _integers(values, where)
    if pa.types.is_floating(kind):
        numbers = values.cast(pa.float64()).to_numpy()
        _require(bool(np.all(~(np.abs(numbers) > LARGEST))), where, "numbers below 8.988e307")
        return pd.Series(numbers)
    raise OutputError(
        where,
        expected="texts, numbers or yes and no, which Stata has",
        found=str(kind),
        hint="export csv or geoparquet",
    )


def _integers(values: pa.ChunkedArray, where: str) -> Any:
    ends = pc.min_max(values).as_py()
    low, high = ends["min"] or 0, ends["max"] or 0
    if values.null_count == 0 and low >= INT32[0] and high <= INT32[1]:
        return pd.Series(values.to_numpy().astype(np.int32))
    _require(max(-low, high) <= EXACT, where, f"whole numbers up to {EXACT}")
    return pd.Series(values.cast(pa.float64()).to_numpy())


def _require(fits: bool, where: str, expected: str) -> None:
    if not fits:
        raise OutputError(
            where,
            expected=f"{expected}, as Stata holds them",
            found="a greater one",
            hint="export csv or geoparquet",
        )


def _require_same(path: Path, written: pd.DataFrame) -> None:
    back = pd.read_stata(path, convert_categoricals=False, convert_missing=False)
    if list(back) != list(written) or len(back) != len(written):
        raise differs(path, f"{len(written)} rows of {list(written)}", f"{len(back)} rows")
    for name in written:
        one, other = back[name].to_numpy(), written[name].to_numpy()
        missing = pd.isna(other)
        if not (np.array_equal(pd.isna(one), missing) and (one == other)[~missing].all()):
            raise differs(path, f"variable {name!r} as it was written", "other values")
