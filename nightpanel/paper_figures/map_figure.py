"""A figure of maps side by side: the first year and the last, in the same classes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely
from matplotlib.figure import Figure

from nightpanel.exports.class_breaks import class_breaks
from nightpanel.exports.qgis_style import Rgb
from nightpanel.paper_figures.choropleth import (
    Classes,
    draw_classes,
    draw_map,
    draw_outlines,
    draw_scale,
    values_of,
)
from nightpanel.paper_figures.map_shapes import MapShapes
from nightpanel.paper_figures.style import WIDTH, ramp

LEAST, MOST = 2.2, 7.5
"""Heights of a figure of maps, in inches."""
FEW = 100
"""Cities up to which the lines around them are wide."""
WIDE, NARROW = 0.3, 0.15
"""Widths of these lines, in points."""
BELOW = 0.85
"""Room for titles, scale and classes, in inches."""


@dataclass(frozen=True, slots=True)
class MapLook:
    """How the values of a map are shown."""

    title: str
    """What the values are, with their unit."""
    ramp: tuple[Rgb, ...]
    """Colours from the least to the greatest."""
    classes: int
    """How many there are at most, beside that of zeros."""
    line: str
    """Colour of the lines around cities."""


def ends_of(years: pd.Series) -> tuple[int, ...]:
    """The first and the last of some years; one if there is one."""
    return tuple(dict.fromkeys((int(years.min()), int(years.max()))))


def map_figure(
    shapes: MapShapes,
    by_year: Mapping[int, Mapping[str, float]],
    look: MapLook,
    *,
    outlines: MapShapes | None,
) -> Figure:
    """Maps of some years side by side.

    Parameters
    ----------
    shapes : MapShapes
    by_year : mapping of int to mapping of str to float
        For each year the values by the ids of the shapes.
    look : MapLook
    outlines : MapShapes or None
        Shapes in the same plane around which lines are drawn.

    Returns
    -------
    Figure
        In the current style.
    """
    values = {year: values_of(shapes.ids, dict(known)) for year, known in by_year.items()}
    ends = class_breaks(np.concatenate(list(values.values())), look.classes)
    classes = Classes(ends, _colours(look, ends))
    figure = Figure(figsize=(WIDTH, _height(shapes, len(values))))
    grid = figure.add_gridspec(2, len(values), height_ratios=[1.0, 0.09])
    for column, (year, known) in enumerate(values.items()):
        axes = figure.add_subplot(grid[0, column])
        draw_map(axes, shapes, known, classes)
        if outlines is not None:
            width = WIDE if len(outlines.ids) <= FEW else NARROW
            draw_outlines(axes, outlines, colour=look.line, width=width)
        axes.set_title(_titled(column, year, len(values)), loc="left")
        if column == 0:
            draw_scale(axes, shapes)
    missing = any(np.isnan(known).any() for known in values.values())
    draw_classes(figure.add_subplot(grid[1, :]), classes, title=look.title, no_data=missing)
    return figure


def _colours(look: MapLook, ends: Sequence[tuple[float, float]]) -> tuple[str, ...]:
    """A colour for each class; zeros alone are the least of all values, not the greatest."""
    alone = list(ends) == [(0.0, 0.0)]
    return tuple(ramp(look.ramp, 2)[:1] if alone else ramp(look.ramp, len(ends)))


def _titled(column: int, year: int, columns: int) -> str:
    return f"{'ab'[column]}  {year}" if columns > 1 else str(year)


def _height(shapes: MapShapes, columns: int) -> float:
    """What the maps need at the figure's width."""
    left, low, right, top = shapely.total_bounds(shapes.geometries).tolist()
    across, high = right - left, top - low
    wanted = (WIDTH / columns - 0.2) * (high / across if across > 0 else 1.0) + BELOW
    return float(np.clip(wanted, LEAST, MOST))


def listed(years: Sequence[int]) -> str:
    """Years in words."""
    return " and ".join(str(year) for year in years)
