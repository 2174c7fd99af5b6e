"""How all figures look: the style file, the colours, the sizes."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType

import matplotlib.style
import numpy as np
from matplotlib import rc_context

from nightpanel.exports.qgis_style import Rgb
from nightpanel.paper_figures.chinese_font import ChineseFont

STYLE_FILE = Path(__file__).with_name("paper.mplstyle")
WIDTH = 7.0
"""Of every figure, in inches."""

BLACK, ORANGE, SKY, GREEN, YELLOW, BLUE, VERMILION, PURPLE = (
    "#000000", "#E69F00", "#56B4E9", "#009E73", "#F0E442", "#0072B2", "#D55E00", "#CC79A7",
)  # fmt: skip
"""Okabe and Ito (2008), Color Universal Design: apart for the colour-blind, too."""
GREY, PALE, INK = "#7A7A7A", "#D9D9D9", "#1A1A1A"
NO_DATA = "#E8E8E8"

FAITHFUL, RECOMMENDED, OTHER = VERMILION, BLUE, GREY
"""Colours of the two variants that stand side by side, and of all others."""
VARIANT_LOOKS: MappingProxyType[str, tuple[str, str]] = MappingProxyType(
    {
        "faithful": (FAITHFUL, "o"),
        "first_difference": (RECOMMENDED, "D"),
        "two_way_fixed_effects": (BLACK, "s"),
        "within_dictionary": (GREEN, "^"),
        "difference_dictionary": (PURPLE, "v"),
        "within": (SKY, "<"),
        "correlated_random_effects": (ORANGE, ">"),
        "callaway_santanna": (BLUE, "o"),
        "sun_abraham": (VERMILION, "^"),
        "imputation": (GREEN, "D"),
    }
)
"""Colour and marker of a variant: never colour alone."""


def look(variant: str) -> tuple[str, str]:
    """Colour and marker of a variant, known or not."""
    return VARIANT_LOOKS.get(variant, (OTHER, "X"))


@contextmanager
def paper_style(font: ChineseFont | None) -> Iterator[None]:
    """Draw in the style file's manner, whatever the user's own settings are.

    Parameters
    ----------
    font : ChineseFont or None
        Has the letters that the style's own font lacks.
    """
    with matplotlib.style.context(["default", STYLE_FILE]):
        own = list(matplotlib.rcParams["font.family"])
        if font is None:
            yield
            return
        with rc_context({"font.family": [*own, font.family], "pdf.fonttype": font.pdf_type}):
            yield


def ramp(colours: tuple[Rgb, ...], number: int) -> list[str]:
    """Colours evenly spaced on a ramp.

    Parameters
    ----------
    colours : tuple of (red, green, blue)
        From 0 to 255, evenly spaced.
    number : int
        How many are wanted; one is the ramp's last.

    Returns
    -------
    list of str
        As ``#rrggbb``.
    """
    places = np.linspace(0.0, 1.0, number) if number != 1 else np.ones(1)
    known = np.linspace(0.0, 1.0, len(colours))
    parts = [np.interp(places, known, [one[part] for one in colours]) for part in range(3)]
    rounded = np.rint(np.column_stack(parts)).astype(int)
    return [f"#{red:02x}{green:02x}{blue:02x}" for red, green, blue in rounded]
