"""Estimates with their intervals, a row each: what forest plots are made of."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from estimation.tables.numbers import decimals, rounded
from nightpanel.paper_figures.style import GREY, INK

ROW = 0.105
"""Height of a row, in inches."""


@dataclass(frozen=True, slots=True)
class IntervalRow:
    """One estimate."""

    at: float
    """Its place, downwards."""
    estimate: float
    """The estimate."""
    low: float
    """Lower end of its interval; NaN without one, infinite where it has no end."""
    high: float
    """Upper end."""
    std_error: float
    """Standard error, which says how many figures are worth printing."""
    colour: str
    """Its colour."""
    marker: str
    """Its marker."""
    filled: bool
    """Whether the marker is filled."""


def draw_rows(axes: Axes, rows: Sequence[IntervalRow], *, printed: bool = True) -> None:
    """Draw estimates and intervals, with a line at zero and, at the right, figures.

    Parameters
    ----------
    axes : Axes
    rows : sequence of IntervalRow
        At least one.
    printed : bool
        Whether estimate and interval also stand in figures.
    """
    left, right = value_limits(rows)
    axes.set_xlim(left, right)
    axes.axvline(0.0, color=GREY, linewidth=0.7, zorder=1)
    for row in rows:
        axes.hlines(row.at, np.fmax(row.low, left), np.fmin(row.high, right), color=row.colour,
                    linewidth=1.1, zorder=2)  # fmt: skip
        face = row.colour if row.filled else "white"
        axes.plot(row.estimate, row.at, marker=row.marker, markersize=4, color=row.colour,
                  markerfacecolor=face, markeredgewidth=0.9, zorder=3)  # fmt: skip
        for end, marker in ((row.low, "<"), (row.high, ">")):
            edge = left if marker == "<" else right
            if np.isfinite(row.estimate) and (end < left or end > right):
                axes.plot(edge, row.at, marker=marker, markersize=3, color=row.colour,
                          clip_on=False, zorder=3)  # fmt: skip
        if printed:
            axes.text(1.02, row.at, in_figures(row), transform=axes.get_yaxis_transform(),
                      va="center", ha="left", fontsize=6, color=INK)  # fmt: skip
    axes.grid(axis="x")
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0)


def value_limits(rows: Sequence[IntervalRow]) -> tuple[float, float]:
    """Limits that hold zero, every estimate and every interval that is not out of all proportion.

    An interval without an end, or one many times as long as most, would leave nothing to see of
    the others: it is cut, and an arrow says so.
    """
    estimates = np.array([row.estimate for row in rows])
    ends = np.array([[row.low, row.high] for row in rows])
    lengths = (ends[:, 1] - ends[:, 0])[np.isfinite(ends).all(axis=1)]
    most = 6.0 * float(np.median(lengths)) if lengths.size else 0.0
    low = np.fmax(ends[:, 0], estimates - most)
    high = np.fmin(ends[:, 1], estimates + most)
    known = np.concatenate([[0.0], estimates, low, high])
    known = known[np.isfinite(known)]
    span = float(known.max() - known.min()) or 1.0
    return float(known.min() - 0.04 * span), float(known.max() + 0.04 * span)


def in_figures(row: IntervalRow) -> str:
    """Estimate and interval with as many decimals as the standard error is worth."""
    places = decimals(row.std_error)
    text = rounded(row.estimate, places)
    if not (np.isnan(row.low) and np.isnan(row.high)):
        low, high = (
            rounded(end, places) if np.isfinite(end) else "…" for end in (row.low, row.high)
        )
        text += f" [{low}, {high}]"
    return text.replace("-", "−")


def handle(colour: str, marker: str, label: str, *, filled: bool = True) -> Line2D:
    """An entry of a legend that looks as a row does."""
    face = colour if filled else "white"
    return Line2D([], [], color=colour, marker=marker, markersize=4, linewidth=1.1, label=label,
                  markerfacecolor=face, markeredgewidth=0.9)  # fmt: skip
