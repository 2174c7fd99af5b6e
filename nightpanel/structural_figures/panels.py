"""Panels of the structural model: titles, scales, one legend for all."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from nightpanel.paper_figures.curve_panels import lettered
from nightpanel.paper_figures.structural_looks import SECTORS, from_zero
from nightpanel.paper_figures.style import INK, PALE, WIDTH

LABELS: Mapping[str, str] = MappingProxyType(
    {
        "integration_M": "integration of\nmanufacturing, $1/\\theta_M$",
        "integration_S": "integration of\nconsumer services, $1/\\theta_S$",
        "eta": "industrial over\nservice goods, $\\eta$",
        **{f"labour_{key}": f"employment,\n{name}" for key, name in SECTORS.items()},
        **{f"output_{key}": f"output,\n{name}" for key, name in SECTORS.items()},
    }
)
"""Titles of panels by variable."""
UNITS: Mapping[str, str] = MappingProxyType(
    {"integration_M": "ratio", "integration_S": "ratio", "eta": "ratio"}
)
"""Of the variables that are no shares."""
PER_ROW = 4
"""Entries side by side in a legend."""


def panels(rows: int, columns: int, *, height: float) -> tuple[Figure, list[Axes]]:
    """A figure of lettered panels with a light grid, as wide as all are.

    Parameters
    ----------
    rows, columns : int
    height : float
        In inches.

    Returns
    -------
    (Figure, list of Axes)
        Row by row.
    """
    figure = Figure(figsize=(WIDTH, height))
    every = list(figure.subplots(rows, columns, squeeze=False).flat)
    for axes in every:
        axes.grid(color=PALE, linewidth=0.4)
    return figure, every


def title(axes: Axes, number: int, text: str, *, unit: str = "share") -> None:
    """Name a panel, with its letter, and its scale after the unit; let that begin at zero."""
    axes.set_title(f"{lettered(number)}  {text}", parse_math=True)
    axes.set_ylabel(unit)
    from_zero(axes)


def colourless(form: str) -> Line2D:
    """A line (``-``) or a hollow mark (``o``) for the legend of panels of many colours."""
    if form == "-":
        return Line2D([], [], color=INK)
    return Line2D([], [], color=INK, marker=form, linestyle="none", markerfacecolor="none")


def legend_below(figure: Figure, handles: Sequence[Artist], labels: Sequence[str]) -> None:
    """One legend for all panels, under them."""
    columns = min(len(labels), PER_ROW)
    figure.legend(handles, labels, loc="outside lower center", ncols=columns)
