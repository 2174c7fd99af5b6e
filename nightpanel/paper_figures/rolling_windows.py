"""Effects of windows of years that roll over the panel."""

from collections.abc import Sequence

from matplotlib.ticker import MaxNLocator

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
from nightpanel.paper_figures.style import look

KIND = "rolling_window"


def rolling_windows(material: Material) -> Drawing:
    """A figure for each design with rolling windows.

    Parameters
    ----------
    material : Material

    Returns
    -------
    tuple of Drawn, or NotDrawn
    """
    figures = [_drawn(together, material) for together in curves_of(material.folder.curves, [KIND])]
    return tuple(figures) or NotDrawn("no rolling windows (curves.parquet)")


def _drawn(curves: Sequence[Curve], material: Material) -> Drawn:
    first, words = curves[0], material.words
    figure, grid = panels(len(curves))
    for number, (axes, curve) in enumerate(zip(grid, curves, strict=True)):
        colour, marker = look(curve.variant)
        draw_band(axes, curve, colour)
        axes.plot(curve.points["at"], curve.points["effect"], marker, color=colour, markersize=3)
        title = words_of_variant(curve.variant)
        axes.set_title(f"{lettered(number)}  {title}" if len(curves) > 1 else title)
        axes.set_xlabel(f"{words.of(curve.along)}, middle of the window")
        axes.xaxis.set_major_locator(MaxNLocator(nbins=7, integer=True))
    keep_in_view(grid, curves)
    figure.supylabel(f"Effect of {words.of(first.term)}", fontsize=7)
    band_legend(figure)
    return Drawn(
        figure,
        f"Effect of {first.term} in windows of years, each at its middle, design {first.design}. "
        "Shaded: interval of 95 % of each window alone; dashed: band that holds all with 95 %. "
        "Neighbouring windows may share years and are alike then.",
    )
