"""Event studies: the effect by years since adoption, each estimator with interval and band."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from nightpanel.paper_figures.curve_panels import Curve, curves_of, keep_in_view
from nightpanel.paper_figures.drawn import Drawing, Drawn, Material, NotDrawn
from nightpanel.paper_figures.effects import words_of_variant
from nightpanel.paper_figures.style import GREY, PALE, WIDTH, look

KINDS = {"event_study": "Effect of {}", "slope_event_study": "Change of the slope of {}"}
APART = 0.18
"""Years between the marks of two estimators."""


def event_studies(material: Material) -> Drawing:
    """A figure for each design with a staggered adoption.

    Parameters
    ----------
    material : Material

    Returns
    -------
    tuple of Drawn, or NotDrawn
    """
    figures = [
        _drawn(together, said, material)
        for kind, said in KINDS.items()
        for together in curves_of(material.folder.curves, [kind])
    ]
    return tuple(figures) or NotDrawn("no event study (curves.parquet)")


def _drawn(curves: Sequence[Curve], said: str, material: Material) -> Drawn:
    first, words = curves[0], material.words
    figure = Figure(figsize=(WIDTH * 0.85, 3.0))
    axes = figure.add_subplot()
    for number, curve in enumerate(curves):
        _estimator(axes, curve, (number - (len(curves) - 1) / 2) * APART)
    keep_in_view([axes], curves)
    axes.axhline(0.0, color=GREY, linewidth=0.7, zorder=1)
    axes.axvline(-0.5, color=GREY, linewidth=0.7, linestyle=":", zorder=1)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=16))
    axes.set_xlabel(words.of(first.along).capitalize())
    axes.set_ylabel(said.format(words.of(first.term)))
    axes.grid(axis="y", color=PALE, linewidth=0.4)
    axes.legend(loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=len(curves))
    return Drawn(
        figure,
        f"Event study of {first.term}, design {first.design}: {first.along}, 0 is the year of "
        "adoption. Thick: interval of 95 % at each year; thin, with caps: band that holds all "
        "years with 95 %. The dotted line stands between the years before and since adoption."
        f"{_reference(curves)}",
    )


def _reference(curves: Sequence[Curve]) -> str:
    """What a point without an interval is, where there is one."""
    lone = any(
        (one.points[["effect", "ci_low", "ci_high"]] == 0.0).all(axis=1).any() for one in curves
    )
    return " A point at zero without an interval is the year that others are held to." * lone


def _estimator(axes: Axes, curve: Curve, shift: float) -> None:
    colour, marker = look(curve.variant)
    points = curve.points
    at = points["at"].to_numpy(dtype=np.float64) + shift
    effect = points["effect"].to_numpy(dtype=np.float64)
    band = [effect - points["band_low"], points["band_high"] - effect]
    if np.isfinite(np.array(band)).all():
        axes.errorbar(at, effect, yerr=np.abs(np.array(band)), fmt="none", ecolor=colour,
                      elinewidth=0.5, capsize=1.6, capthick=0.5, zorder=2)  # fmt: skip
    axes.vlines(at, points["ci_low"], points["ci_high"], color=colour, linewidth=1.6, zorder=2)
    axes.plot(at, effect, color=colour, marker=marker, markersize=3.6, linestyle="none",
              label=words_of_variant(curve.variant), zorder=3)  # fmt: skip
