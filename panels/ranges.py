"""The contract of a panel's values: ranges of columns, refused or flagged."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
import pandera.errors
import pandera.pandas as pa

from geo.audit import AuditRow
from geo.errors import DomainError, TableColumnError
from panels.origins import UNKNOWN, Origins
from panels.schema import check_panel, number_array
from panels.steps.stepped import Stepped, named, value_rows

FLAG = "out_of_range"
"""The column that names, for each row, the columns whose value is flagged."""


@dataclass(frozen=True, slots=True)
class Range:
    """What values a column may have; missing values may always be there."""

    minimum: float | None = None
    """Smallest value."""
    maximum: float | None = None
    """Largest value."""
    above: float | None = None
    """Values must be greater than this."""
    below: float | None = None
    """Values must be less than this."""
    on_outside: Literal["error", "flag"] = "error"
    """What is done about a value outside."""

    def checks(self) -> list[pa.Check]:
        """The range as pandera knows it."""
        pairs = (
            (self.minimum, pa.Check.ge),
            (self.maximum, pa.Check.le),
            (self.above, pa.Check.gt),
            (self.below, pa.Check.lt),
        )
        return [make(bound) for bound, make in pairs if bound is not None]

    @property
    def is_empty(self) -> bool:
        """Whether no value can be within."""
        lower = [bound for bound in (self.minimum, self.above) if bound is not None]
        upper = [bound for bound in (self.maximum, self.below) if bound is not None]
        if not (lower and upper):
            return False
        low, high = max(lower), min(upper)
        return low > high or (low == high and (self.above == low or self.below == high))

    def __str__(self) -> str:
        words = (
            ("at least", self.minimum),
            ("at most", self.maximum),
            ("above", self.above),
            ("below", self.below),
        )
        return " and ".join(f"{word} {bound:g}" for word, bound in words if bound is not None)


def check_ranges(
    table: pd.DataFrame,
    ranges: Mapping[str, Range],
    *,
    origins: Origins = UNKNOWN,
    where: str = "panel.ranges",
) -> Stepped:
    """Hold columns of a panel to their ranges.

    Parameters
    ----------
    table : pandas.DataFrame
        ``city_id``, ``year`` and the columns; it is not changed.
    ranges : mapping of str to Range
        By column.
    origins : Origins
        Where values stand, for the audit.
    where : str
        For errors.

    Returns
    -------
    Stepped
        With a column ``out_of_range`` (text: names of columns, a comma between them) if any range
        only flags, and an audit row for each flagged value.

    Raises
    ------
    TableColumnError
        A column is missing or no number, a range has no bound, or ``out_of_range`` exists.
    DomainError
        A range is empty, or a value is outside a range that refuses; column, city, year, value and
        number are named.
    """
    rows = check_panel(table, where=where)
    columns = {name: _schema(name, one, where) for name, one in ranges.items()}
    numbers = number_array(rows, list(columns), where=where)
    values = pd.DataFrame(numbers, columns=list(columns))
    outside = {name: np.zeros(len(rows), dtype=bool) for name in columns}
    try:
        pa.DataFrameSchema(columns, name="ranges").validate(values, lazy=True)
    except pandera.errors.SchemaErrors as error:
        for name, cases in error.failure_cases.groupby("column"):
            outside[str(name)][cases["index"].astype(int)] = True
    audit: list[AuditRow] = []
    for at, (name, one) in enumerate(ranges.items()):
        wrong = np.flatnonzero(outside[name])
        if len(wrong) and one.on_outside == "error":
            raise DomainError(
                f"{where}.{name}",
                expected=f"values {one}",
                found=f"{numbers[wrong[0], at]:g} for {named(rows, wrong[0])} "
                f"({len(wrong)} rows in all)",
                hint='correct the values, or set on_outside = "flag"',
            )
        audit += value_rows(
            rows,
            wrong,
            rule=FLAG,
            column=name,
            detail=f"expected {one}; kept and flagged",
            old=numbers[:, at],
            new=numbers[:, at],
            origins=origins,
        )
    if any(one.on_outside == "flag" for one in ranges.values()):
        rows = _flagged(rows, outside, where)
    return Stepped(rows, tuple(audit))


def _schema(name: str, one: Range, where: str) -> pa.Column:
    checks = one.checks()
    if not checks:
        raise TableColumnError(
            f"{where}.{name}",
            expected="minimum, maximum, above or below",
            found="no bound",
            hint="state one, or remove the range",
        )
    if one.is_empty:
        raise DomainError(
            f"{where}.{name}",
            expected="a range with values in it",
            found=str(one),
            hint="correct the bounds",
        )
    return pa.Column(float, checks, nullable=True)


def _flagged(
    rows: pd.DataFrame, outside: Mapping[str, np.typing.NDArray[np.bool_]], where: str
) -> pd.DataFrame:
    if FLAG in rows.columns:
        raise TableColumnError(
            f"{where}: column {FLAG!r}",
            expected="a name that is free for the flags",
            found="a column of this name",
            hint="map the column to another name",
        )
    flags = [
        ",".join(name for name, wrong in outside.items() if wrong[row]) for row in range(len(rows))
    ]
    return rows.assign(**{FLAG: pd.Series(flags, index=rows.index, dtype="str")})
