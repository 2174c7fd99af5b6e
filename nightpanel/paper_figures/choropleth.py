"""One map: polygons coloured by classes, with a bar of the classes and a scale."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from matplotlib.axes import Axes
from matplotlib.patches import PathPatch, Rectangle
from numpy.typing import NDArray

from nightpanel.paper_figures.map_shapes import MapShapes, outline
from nightpanel.paper_figures.style import INK, NO_DATA

Floats = NDArray[np.float64]
SEAM = 0.15
"""Width of the line that closes the hair between two polygons, in points."""
PIXELS = 100_000
"""Vertices from which polygons are pixels in a PDF: as lines it would open slowly."""
MARGIN = 0.01
"""Room around a map, over its size, for the lines at its edge."""
GAP = 0.6
"""Width of a bar's box for zeros, and of the gap after it, over that of a class."""


@dataclass(frozen=True, slots=True)
class Classes:
    """Classes of values with their colours."""

    ends: tuple[tuple[float, float], ...]
    """Lower and upper ends, as `nightpanel.exports.class_breaks.class_breaks` has them."""
    colours: tuple[str, ...]
    """One for each."""

    def of(self, values: Floats) -> NDArray[np.int64]:
        """The class of each value; -1 for NaN."""
        uppers = np.array([upper for _, upper in self.ends])
        found = np.searchsorted(uppers, values, side="left")
        inside = np.minimum(found, len(uppers) - 1)
        return np.asarray(np.where(np.isfinite(values), inside, -1), dtype=np.int64)


def draw_map(axes: Axes, shapes: MapShapes, values: Floats, classes: Classes) -> None:
    """Polygons filled by the classes of their values; those without a value in grey.

    Parameters
    ----------
    axes : Axes
    shapes : MapShapes
    values : float array, shape (n,)
        One for each polygon; NaN where there is none.
    classes : Classes
    """
    found = classes.of(values)
    many = bool(shapely.get_num_coordinates(shapes.geometries).sum() > PIXELS)
    for one in np.unique(found).tolist():
        colour = NO_DATA if one < 0 else classes.colours[one]
        path = outline(shapes.geometries[found == one])
        fill = PathPatch(path, facecolor=colour, edgecolor=colour, linewidth=SEAM)
        fill.set_rasterized(many)
        axes.add_artist(fill)  # not as a patch: its extent would be sought curve by curve
    frame(axes, shapes)


def draw_outlines(axes: Axes, shapes: MapShapes, *, colour: str, width: float) -> None:
    """Lines around polygons."""
    path = outline(shapes.geometries)
    lines = PathPatch(path, facecolor="none", edgecolor=colour, linewidth=width, joinstyle="round")
    lines.set_rasterized(bool(shapely.get_num_coordinates(shapes.geometries).sum() > PIXELS))
    axes.add_artist(lines)


def frame(axes: Axes, shapes: MapShapes) -> None:
    """The whole of some shapes in view, undistorted, without a frame."""
    axes.set_axis_off()
    axes.set_aspect("equal", anchor="N")
    left, low, right, high = shapely.total_bounds(shapes.geometries).tolist()
    room = MARGIN * max(right - left, high - low)
    axes.set_xlim(left - room, right + room)
    axes.set_ylim(low - room, high + room)


def draw_scale(axes: Axes, shapes: MapShapes) -> None:
    """A bar of round length below the map's lower left corner."""
    left, right = axes.get_xlim()
    if not shapes.metres or right <= left:
        return
    length = round_length((right - left) / 5.0)
    share = length / (right - left)
    axes.plot([0.0, share], [-0.03, -0.03], color=INK, linewidth=1.0, transform=axes.transAxes,
              clip_on=False, solid_capstyle="butt")  # fmt: skip
    text = f"{length / 1000:g} km" if length >= 1000 else f"{length:g} m"
    axes.text(share / 2, -0.045, text, ha="center", va="top", fontsize=6, transform=axes.transAxes)


def round_length(wanted: float) -> float:
    """The longest of 1, 2 or 5 times a power of ten that is no longer than what is wanted."""
    power = 10.0 ** np.floor(np.log10(wanted))
    return float(max(one * power for one in (1.0, 2.0, 5.0) if one * power <= wanted * 1.000001))


def draw_classes(axes: Axes, classes: Classes, *, title: str, no_data: bool) -> None:
    """A bar with a box for each class, its ends below.

    Parameters
    ----------
    axes : Axes
        Of the bar alone.
    classes : Classes
    title : str
        What the values are, with their unit.
    no_data : bool
        Whether polygons without a value are on the map.
    """
    axes.set_axis_off()
    zeros, places = (0.0, 0.0) in classes.ends, end_decimals(classes)
    left, labels = 0.0, []
    for (low, high), colour in zip(classes.ends, classes.colours, strict=True):
        if zeros and (low, high) == (0.0, 0.0):
            _box(axes, left, GAP, colour)
            labels.append((left + GAP / 2, "0"))
            left += 2 * GAP
            continue
        _box(axes, left, 1.0, colour)
        labels.append((left, end_text(low, places) if not (zeros and low == 0.0) else ">0"))
        left += 1.0
    if any(high > 0.0 for _, high in classes.ends):
        labels.append((left, end_text(classes.ends[-1][1], places)))
    if no_data:
        left += GAP
        _box(axes, left, GAP, NO_DATA)
        labels.append((left + GAP / 2, "no data"))
        left += GAP
    for at, text in labels:
        axes.text(at, -0.25, text, ha="center", va="top", fontsize=6)
    axes.text(0.0, 1.3, title, ha="left", va="bottom", fontsize=6.5)
    middle, half = left / 2, max(left, 9.0) * 0.75
    axes.set_xlim(middle - half, middle + half)
    axes.set_ylim(-1.6, 2.8)


def end_decimals(classes: Classes) -> int:
    """Decimals that tell the ends of all classes apart, with one to spare; at most 6."""
    narrowest = min((high - low for low, high in classes.ends if high > low), default=1.0)
    return int(np.clip(1 - np.floor(np.log10(narrowest)), 0, 6))


def end_text(value: float, places: int) -> str:
    """A class's end with some decimals, fewer where three figures say it."""
    size = int(np.floor(np.log10(abs(value)))) if value else 0
    return f"{value:.{min(places, max(0, 2 - size))}f}"


def values_of(ids: Sequence[str], by_id: dict[str, float]) -> Floats:
    """Values in the order of some ids; NaN for those without."""
    return np.array([by_id.get(one, np.nan) for one in ids], dtype=np.float64)


def _box(axes: Axes, left: float, width: float, colour: str) -> None:
    axes.add_patch(
        Rectangle((left, 0.0), width, 1.0, facecolor=colour, edgecolor=INK, linewidth=0.3)
    )
