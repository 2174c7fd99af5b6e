"""Numbers and lists as the report words them."""

import html
import math
from collections.abc import Sequence

import pandas as pd

DIGITS = 4
"""Significant digits of a number."""
NOTHING = "–"
"""What stands for a missing value."""


def shown(value: object) -> str:
    """A cell: whole numbers and texts as they are, others with four significant digits.

    No exponents from a ten thousandth up to ten million.
    """
    if value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value)):
        return NOTHING
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, int) or (value.is_integer() and abs(value) < 1e7):
        return f"{value:.0f}"
    if math.isinf(value):
        return "∞" if value > 0 else "-∞"
    size = math.floor(math.log10(abs(value)))
    if -4 <= size < 7:
        return f"{value:.{max(DIGITS - 1 - size, 0)}f}"
    return f"{value:.{DIGITS - 1}e}"


def p_shown(value: float) -> str:
    """A p value: three decimals, or below a thousandth."""
    if math.isnan(value):
        return NOTHING
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def listed(words: Sequence[str], *, most: int = 6) -> str:
    """Words in a row, the first of them if they are many."""
    kept = ", ".join(words[:most])
    return f"{kept} and {len(words) - most} more" if len(words) > most else kept


def years_shown(years: Sequence[int]) -> str:
    """Years as runs: 2011-2014, 2016."""
    runs: list[list[int]] = []
    for year in sorted(set(years)):
        if runs and year == runs[-1][-1] + 1:
            runs[-1].append(year)
        else:
            runs.append([year])
    return ", ".join(f"{run[0]}-{run[-1]}" if len(run) > 1 else f"{run[0]}" for run in runs)


def plural(count: int, one: str, many: str = "") -> str:
    """A count with its noun."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def label(text: object) -> str:
    """A text for plotly, which reads tags in labels: they stay what they are."""
    return html.escape(str(text), quote=False)
