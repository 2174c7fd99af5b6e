"""Points of curves, one panel for each variant, side by side on one scale."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from nightpanel.paper_figures.style import GREY, WIDTH

PER_ROW = 3
"""Panels side by side."""
HIGH = 2.2
"""Height of a row of panels, in inches."""
DASHES = (0, (4, 2))
"""Of the lines of a band."""
BEYOND = 3.0
"""How far a band may reach over the span of the curves before it is cut."""


@dataclass(frozen=True, slots=True)
class Curve:
    """The points of one design and variant, ascending."""

    design: str
    """The design."""
    variant: str
    """The variant."""
    term: str
    """The treatment."""
    along: str
    """The variable."""
    points: pd.DataFrame
    """``at``, ``effect``, ``ci_low``, ``ci_high``, ``band_low``, ``band_high``."""


def curves_of(curves: pd.DataFrame | None, kinds: Sequence[str]) -> Iterator[list[Curve]]:
    """The curves of some kinds, those of one design and variable together.

    Parameters
    ----------
    curves : pandas.DataFrame or None
        Columns of ``curves.parquet``.
    kinds : sequence of str
        Values of its column ``curve``.

    Yields
    ------
    list of Curve
        One for each variant, in the order of the table.
    """
    if curves is None:
        return
    kept = curves[curves["curve"].isin(kinds) & curves["effect"].notna()]
    for _, together in kept.groupby(["design", "curve", "term", "along"], sort=False):
        yield [
            Curve(
                str(points["design"].iloc[0]),
                str(variant),
                str(points["term"].iloc[0]),
                str(points["along"].iloc[0]),
                points.sort_values("at", kind="stable").reset_index(drop=True),
            )
            for variant, points in together.groupby("variant", sort=False)
        ]


def panels(number: int) -> tuple[Figure, list[Axes]]:
    """A figure of some panels that share both axes.

    Parameters
    ----------
    number : int

    Returns
    -------
    (Figure, list of Axes)
    """
    columns = min(PER_ROW, number) if number != PER_ROW + 1 else 2
    rows = -(-number // columns)
    width = WIDTH if columns > 1 else WIDTH * 0.55
    below = 0.35 if columns > 1 else 0.75
    figure = Figure(figsize=(width, HIGH * rows + below))
    grid = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
    for axes in grid.flat[number:]:
        axes.set_axis_off()
    for axes in grid.flat[number - columns : number]:
        axes.tick_params(labelbottom=True)
    return figure, list(grid.flat[:number])


def draw_band(axes: Axes, curve: Curve, colour: str) -> None:
    """A curve with its interval at each point, shaded, and its band, between dashed lines."""
    points = curve.points
    at = points["at"]
    axes.fill_between(at, points["ci_low"], points["ci_high"], color=colour, alpha=0.22,
                      linewidth=0)  # fmt: skip
    for end in ("band_low", "band_high"):
        axes.plot(at, points[end], color=colour, linewidth=0.7, linestyle=DASHES)
    axes.plot(at, points["effect"], color=colour)
    axes.axhline(0.0, color=GREY, linewidth=0.7, zorder=1)


def band_legend(figure: Figure) -> None:
    """What line, shade and dashes are, below all panels."""
    shade = Patch(facecolor=GREY, alpha=0.3, linewidth=0, label="95 % interval at each point")
    dashed = Line2D([], [], color=GREY, linewidth=0.7, linestyle=DASHES,
                    label="95 % band for the whole curve")  # fmt: skip
    line = Line2D([], [], color=GREY, label="effect")
    columns = 3 if figure.get_figwidth() == WIDTH else 1
    figure.legend(handles=[line, shade, dashed], loc="outside lower center", ncols=columns)


def keep_in_view(axes: Sequence[Axes], curves: Sequence[Curve]) -> None:
    """Limits for what the curves say, not for a band that is out of all proportion."""
    effects = np.concatenate([[0.0], *(curve.points["effect"].to_numpy() for curve in curves)])
    span = float(effects.max() - effects.min()) or 1.0
    low, high = axes[0].get_ylim()
    axes[0].set_ylim(
        max(low, float(effects.min()) - BEYOND * span),
        min(high, float(effects.max()) + BEYOND * span),
    )


def lettered(number: int) -> str:
    """The letter of a panel."""
    return "abcdefghijklmnopqrstuvwxyz"[number % 26]
