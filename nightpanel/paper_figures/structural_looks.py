"""How sectors and scenarios of the structural model look in every figure."""

from collections.abc import Mapping
from types import MappingProxyType

from matplotlib.axes import Axes

from nightpanel.paper_figures.style import BLACK, BLUE, GREEN, ORANGE, PURPLE, VERMILION

Dashes = str | tuple[int, tuple[float, ...]]

SECTORS: Mapping[str, str] = MappingProxyType(
    {"m": "manufacturing", "x": "producer services", "s": "consumer services"}
)
"""Sectors by their key."""
SECTOR_LOOKS: Mapping[str, tuple[str, Dashes, str]] = MappingProxyType(
    {
        "m": (BLUE, "-", "o"),
        "x": (VERMILION, (0, (5, 1.5)), "^"),
        "s": (GREEN, (0, (1.5, 1.5)), "s"),
    }
)
"""Colour and dashes of a sector's model, and marker of its data."""
SCENARIO_LOOKS: tuple[tuple[str, Dashes], ...] = (
    (BLACK, "-"),
    (BLUE, (0, (5, 1.5))),
    (VERMILION, (0, (1.5, 1.5))),
    (GREEN, (0, (5, 1.5, 1, 1.5))),
    (PURPLE, (0, (8, 3))),
    (ORANGE, (0, (3, 1, 1, 1, 1, 1))),
)
"""Colour and dashes of the scenarios that fit on a figure; black is what others are held to."""


def from_zero(axes: Axes) -> None:
    """A scale from zero to a little above the largest value, so that no share looks like a leap."""
    axes.set_ylim(0.0, 1.06 * float(axes.dataLim.y1) or 1.0)
