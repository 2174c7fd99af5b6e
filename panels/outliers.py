"""Outliers by the modified z-score: shown, never removed."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from panels.origins import UNKNOWN, Origins
from panels.schema import number_array, require_columns
from panels.steps.stepped import Floats, key_at

COLUMNS = ("column", "city_id", "year", "value", "score", "scale", "file", "row")
THRESHOLD = 5.0
"""Scores beyond this are listed; Iglewicz and Hoaglin's 3.5 marks the tails of skewed columns."""


def outliers(
    table: pd.DataFrame,
    columns: Sequence[str],
    *,
    threshold: float = THRESHOLD,
    origins: Origins = UNKNOWN,
    where: str = "outliers",
) -> pd.DataFrame:
    """Values far from the median of their column.

    The modified z-score of Iglewicz and Hoaglin (1993), 0.6745 (x - median) / MAD, or where more
    than half of the values are equal (x - median) / (1.2533 mean absolute deviation). It is taken
    on logarithms where all values of a column are above zero and logarithms are less skewed, by
    the distance of mean and median in robust standard deviations.

    Parameters
    ----------
    table : pandas.DataFrame
        ``city_id``, ``year`` and the columns.
    columns : sequence of str
    threshold : float
        Scores beyond it, in absolute value, are listed.
    origins : Origins
        Where values stand.
    where : str
        For errors.

    Returns
    -------
    pandas.DataFrame
        ``column``, ``city_id``, ``year``, ``value``, ``score``, ``scale`` (``log`` or ``level``),
        ``file`` and ``row`` (Int64, missing where it is not known); the highest scores first.

    Raises
    ------
    TableColumnError
        A column is missing or no number.
    """
    require_columns(table, ("city_id", "year"), where=where)
    found = []
    for column in columns:
        values = number_array(table, [column], where=where)[:, 0]
        scores, scale = _scores(values)
        for row in np.flatnonzero(np.abs(np.nan_to_num(scores)) > threshold):
            city, year = key_at(table, row)
            file, line = origins.of(column, city, year)
            score = float(scores[row])
            found.append((column, city, year, float(values[row]), score, scale, file, line))
    made = pd.DataFrame(found, columns=list(COLUMNS)).astype({"row": "Int64"})
    order = made["score"].astype(float).abs().sort_values(ascending=False, kind="stable").index
    return made.loc[order].reset_index(drop=True)


def _scores(values: Floats) -> tuple[Floats, str]:
    known = values[np.isfinite(values)]
    if not len(known):
        return np.full(len(values), np.nan), "level"
    logs = known.min() > 0.0 and _skew(np.log(known)) < _skew(known)
    scaled = np.log(values) if logs else values
    used = scaled[np.isfinite(scaled)]
    spread = _spread(used)
    if spread == 0.0:
        return np.zeros(len(values)), "level"
    scores: Floats = (scaled - np.median(used)) / spread
    return scores, "log" if logs else "level"


def _spread(known: Floats) -> float:
    distance = np.abs(known - np.median(known))
    return float(np.median(distance)) / 0.6745 or 1.2533 * float(distance.mean())


def _skew(known: Floats) -> float:
    spread = _spread(known)
    return abs(float(known.mean() - np.median(known))) / spread if spread else 0.0
