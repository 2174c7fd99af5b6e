"""Figure 3: the benchmark over all periods."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from nightpanel.paper_figures.structural_looks import SECTOR_LOOKS, SECTORS
from nightpanel.paper_figures.style import BLACK
from nightpanel.structural_figures.panels import (
    LABELS,
    UNITS,
    colourless,
    legend_below,
    panels,
    title,
)

STRUCTURE = {"labour": "employment shares", "output": "output shares", "capital": "capital shares"}
HIGH = 4.2
"""Inches."""


def figure_3(benchmark: pd.DataFrame, observed: pd.DataFrame | None) -> Figure:
    """Integration, demand, and employment, output and capital by sector, with data as marks.

    Parameters
    ----------
    benchmark, observed : pandas.DataFrame
        As for `nightpanel.structural_figures.figure_2.figure_2`.

    Returns
    -------
    matplotlib.figure.Figure
    """
    figure, every = panels(2, 3, height=HIGH)
    upper = ("integration_M", "integration_S", "eta")
    for number, (axes, variable) in enumerate(zip(every[:3], upper, strict=True)):
        axes.plot(benchmark.index, benchmark[variable], color=BLACK)
        title(axes, number, LABELS[variable], unit=UNITS[variable])
    for number, (axes, (kind, name)) in enumerate(
        zip(every[3:], STRUCTURE.items(), strict=True), start=len(upper)
    ):
        _sectors(axes, kind, benchmark, observed)
        title(axes, number, name)
        axes.set_xlabel("period")
    lines, names = every[3].get_legend_handles_labels()
    if observed is not None:
        # Every sector has a form and a colour of its own.
        lines, names = [*lines, colourless("o")], [*names, "data"]
    legend_below(figure, lines, names)
    return figure


def _sectors(axes: Axes, kind: str, benchmark: pd.DataFrame, observed: pd.DataFrame | None) -> None:
    """Lines of three sectors, and marks where there are data."""
    for sector, (colour, dashes, marker) in SECTOR_LOOKS.items():
        variable = f"{kind}_{sector}"
        axes.plot(benchmark.index, benchmark[variable], color=colour, linestyle=dashes,
                  label=SECTORS[sector])  # fmt: skip
        if observed is not None and variable in observed:
            axes.plot(observed.index, observed[variable], marker, color=colour, markersize=2.5,
                      markerfacecolor="none", markeredgewidth=0.6)  # fmt: skip
