"""Classes of numbers and their colours, the same for every year of a variable."""

from dataclasses import dataclass

import matplotlib as mpl
import numpy as np
from matplotlib.colors import to_hex
from numpy.typing import NDArray

from nightpanel.exports.class_breaks import class_breaks

NUMBER = 7
"""Classes, beside that of zeros."""
OF_INDICES, OF_LIGHT = "viridis", "inferno"
"""Colour maps whose order people with any colour vision see, and grey printers keep."""
NOTHING = "#c4c4c4"
"""Where there is no number."""


@dataclass(frozen=True, slots=True)
class Classes:
    """Classes of a variable."""

    breaks: tuple[tuple[float, float], ...]
    """Lower and upper end of each; a value on two of them belongs to the first."""
    colours: tuple[str, ...]
    """A colour for each, as #rrggbb."""
    nothing: str = NOTHING
    """The colour of what has no value."""


def classes_of(values: NDArray[np.float64], *, of_light: bool) -> Classes:
    """Classes of about equally many values, and their colours.

    Parameters
    ----------
    values : float64 array
        NaN is left out.
    of_light : bool
        Whether they are amounts of light, for which dark stands for little.

    Returns
    -------
    Classes
        Empty if there are no values.
    """
    breaks = class_breaks(values, NUMBER)
    return Classes(breaks, ramp(OF_LIGHT if of_light else OF_INDICES, len(breaks)))


def ramp(name: str, number: int) -> tuple[str, ...]:
    """Colours from one end of a colour map to the other, without its very ends."""
    places = np.linspace(0.05, 0.95, number) if number > 1 else np.array([0.5])
    return tuple(to_hex(colour) for colour in mpl.colormaps[name](places[:number]))
