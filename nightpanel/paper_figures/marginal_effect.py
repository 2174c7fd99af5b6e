"""The effect along a variable: linear in a moderator, or of any smooth shape, with its band."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from numpy.typing import NDArray

from nightpanel.paper_figures.curve_panels import (
    Curve,
    band_legend,
    curves_of,
    draw_band,
    keep_in_view,
    lettered,
    panels,
)
from nightpanel.paper_figures.drawn import Drawing, Drawn, Material, NotDrawn
from nightpanel.paper_figures.effects import words_of_variant
from nightpanel.paper_figures.style import PALE, look

Floats = NDArray[np.float64]
BINS = 24
"""Bars of the variable's distribution."""
STRIP = 0.2
"""Room for the distribution below the curves, over their height."""
LINEAR_KIND, SMOOTH_KIND = "marginal_effect", "cate"
SHAPES = {
    LINEAR_KIND: "the effect is linear in the moderator",
    SMOOTH_KIND: "a cubic spline: the effect may have any smooth shape",
}


def marginal_effects(material: Material) -> Drawing:
    """A figure for each design and variable.

    Parameters
    ----------
    material : Material

    Returns
    -------
    tuple of Drawn, or NotDrawn
    """
    figures = [
        _drawn(together, kind, material)
        for kind in SHAPES
        for together in curves_of(material.folder.curves, [kind])
    ]
    return tuple(figures) or NotDrawn("no effect along a variable (curves.parquet)")


def _drawn(curves: Sequence[Curve], kind: str, material: Material) -> Drawn:
    first, words = curves[0], material.words
    figure, grid = panels(len(curves))
    spread = _values(material.folder.panel, first)
    for number, (axes, curve) in enumerate(zip(grid, curves, strict=True)):
        draw_band(axes, curve, look(curve.variant)[0])
        title = words_of_variant(curve.variant)
        axes.set_title(f"{lettered(number)}  {title}" if len(curves) > 1 else title)
        axes.set_xlabel(words.of(curve.along))
        axes.margins(x=0.02)
    keep_in_view(grid, curves)
    if spread is not None:
        low, high = grid[0].get_ylim()
        for axes in grid:
            _distribution(axes, spread, foot=low - STRIP * (high - low), room=STRIP * (high - low))
        grid[0].set_ylim(low - STRIP * (high - low), high)
    figure.supylabel(f"Effect of {words.of(first.term)}", fontsize=7)
    band_legend(figure)
    said = "; bars: the variable's distribution over city-years" if spread is not None else ""
    return Drawn(
        figure,
        f"Effect of {first.term} along {first.along}, design {first.design}: {SHAPES[kind]}. "
        f"Shaded: interval of 95 % at each value; dashed: band that holds the whole curve with 95 "
        f"%{said}.",
    )


def _values(panel: pd.DataFrame | None, curve: Curve) -> Floats | None:
    """The variable over the panel's city-years, as far as the curve goes."""
    if panel is None or curve.along not in panel or panel[curve.along].dtype.kind not in "fiu":
        return None
    values = panel[curve.along].to_numpy(dtype=np.float64)
    at = curve.points["at"]
    inside = values[np.isfinite(values) & (values >= at.min()) & (values <= at.max())]
    return inside if inside.size else None


def _distribution(axes: Axes, values: Floats, *, foot: float, room: float) -> None:
    """Bars at the foot of a panel."""
    counts, edges = np.histogram(values, bins=BINS)
    axes.bar(edges[:-1], counts / counts.max() * room * 0.9, width=np.diff(edges), bottom=foot,
             align="edge", color=PALE, linewidth=0, zorder=0)  # fmt: skip
