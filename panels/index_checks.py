"""What a price or volume index can be: its scale, its single values, and whether its kind fits."""

from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.audit import AuditRow
from geo.errors import DomainError
from panels.schema import KEY

Kind = Literal["level", "preceding_year", "volume"]
"""Of an index: a fixed base; prices against the preceding year; volumes against it."""

# No change is 100 or 1; within a year nothing halves or doubles.
_LOW, _HIGH = 0.5, 2.0
_NEAR = 0.1
_FEWEST_YEARS = 3


def index_scale(table: pd.DataFrame, index: str, kind: Kind, *, where: str) -> float:
    """What stands for no change in an index against the preceding year, 100 or 1.

    Parameters
    ----------
    table : pandas.DataFrame
        ``city_id``, ``year`` and the index.
    index : str
        Its column.
    kind : {"level", "preceding_year", "volume"}
        1 for a level, of which any scale will do.
    where : str
        The study's key, for errors.

    Returns
    -------
    float

    Raises
    ------
    DomainError
        A value is zero or less, or on another scale than the others; or all are on neither.
    """
    values = table[index].to_numpy(dtype=float)
    place = f"{where}: index {index!r}"
    _refuse(table, values, (values <= 0.0) | np.isinf(values), place, "an index above 0")
    if kind == "level":
        jump = _growth(table, index)
        wrong = (jump <= _LOW) | (jump >= _HIGH)
        expected = "an index that neither halves nor doubles within a year"
        _refuse(table, values, wrong, place, expected)
        return 1.0
    known = values[~np.isnan(values)]
    typical = float(np.median(known)) if len(known) else 100.0
    for scale in (100.0, 1.0):
        if _LOW * scale < typical < _HIGH * scale:
            wrong = (values <= _LOW * scale) | (values >= _HIGH * scale)
            expected = f"an index with the preceding year as {scale:g} throughout"
            _refuse(table, values, wrong, place, expected)
            return scale
    raise DomainError(
        place,
        expected="an index with the preceding year as 100 (or as 1)",
        found=f"values of typically {typical:g}",
        hint="add 100 to growth rates in percent, or correct kind",
    )


def kind_audit(
    table: pd.DataFrame, index: str, kind: Kind, scale: float, *, where: str
) -> tuple[AuditRow, ...]:
    """A warning where an index looks like one of another kind in most cities.

    A level begins at 100 and moves away from it year by year; changes against the preceding
    year stay around 100, up and down.

    Parameters
    ----------
    table, index, kind, where
        As `index_scale`.
    scale : float
        What it returned.

    Returns
    -------
    tuple of AuditRow
        ``index_looks_like_level``, ``index_looks_like_chain``, or none.
    """
    looks: list[bool] = []
    known = table.dropna(subset=[index]).sort_values("year")
    for _, group in known.groupby("city_id"):
        values = group[index].to_numpy(dtype=float)
        if len(values) >= _FEWEST_YEARS:
            looks.append(_like_chain(values) if kind == "level" else _like_level(values, scale))
    if not looks or sum(looks) * 2 <= len(looks):
        return ()
    subject, count = f"{where}: index {index!r}", sum(looks)
    if kind == "level":
        detail = f"declared a level, but stays near 100, up and down, in {count} cities"
        detail += "; if it is against the preceding year, all its real values are wrong"
        return (AuditRow("panel", "index_looks_like_chain", subject, detail, count),)
    detail = f"declared {kind}, but leads from {scale:g} ever further away in {count} cities"
    detail += "; if it has a fixed base, all its real values are wrong"
    return (AuditRow("panel", "index_looks_like_level", subject, detail, count),)


def _like_level(values: NDArray[np.float64], scale: float) -> bool:
    """Whether the index of a city has a base, and leaves it year by year."""
    apart = np.abs(values / scale - 1.0)
    return bool(apart[0] < 1e-9 and (np.diff(apart) > 0).all())


def _like_chain(values: NDArray[np.float64]) -> bool:
    """Whether the index of a city stays around no change, on one of the two scales."""
    steps = np.diff(values)
    scale = 100.0 if np.median(values) > 10.0 else 1.0
    near = np.abs(values / scale - 1.0) < _NEAR
    return bool(near.all() and (steps > 0).any() and (steps < 0).any())


def _growth(table: pd.DataFrame, index: str) -> NDArray[np.float64]:
    """The index over that of the year before (n,); missing where there is none."""
    ordered = table.sort_values(list(KEY))
    before = ordered.groupby("city_id")[[index, "year"]].shift()
    growth = (ordered[index] / before[index]).where(ordered["year"] - before["year"] == 1)
    made: NDArray[np.float64] = growth.reindex(table.index).to_numpy(dtype=float)
    return made


def _refuse(
    table: pd.DataFrame,
    values: NDArray[np.float64],
    wrong: NDArray[np.bool_],
    where: str,
    expected: str,
) -> None:
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        city, year = table.iloc[row][list(KEY)]
        raise DomainError(
            where,
            expected=expected,
            found=f"{values[row]:g} for city {city}, year {year} ({wrong.sum()} values in all)",
            hint="correct the value, or leave it blank if it is missing; or correct kind",
        )
