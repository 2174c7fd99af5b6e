"""Figure 2: the structure of the benchmark beside the data."""

import pandas as pd
from matplotlib.figure import Figure

from nightpanel.paper_figures.structural_looks import SECTOR_LOOKS
from nightpanel.structural_figures.panels import LABELS, colourless, legend_below, panels, title

HIGH = 4.2
"""Inches."""


def figure_2(benchmark: pd.DataFrame, observed: pd.DataFrame | None) -> Figure:
    """Employment and output shares of three sectors, model (lines) and data (marks).

    Parameters
    ----------
    benchmark : pandas.DataFrame
        By period: ``year``, and the variables of `nightpanel.structural_tables.VARIABLES`.
    observed : pandas.DataFrame, optional
        By period: ``year``, ``labour_m`` and so on. With it, only its years are shown.

    Returns
    -------
    matplotlib.figure.Figure
    """
    shown = benchmark if observed is None else benchmark.loc[benchmark.index.isin(observed.index)]
    figure, every = panels(2, 3, height=HIGH)
    names = [(kind, sector) for kind in ("labour", "output") for sector in SECTOR_LOOKS]
    for number, (axes, (kind, sector)) in enumerate(zip(every, names, strict=True)):
        variable, (colour, _, marker) = f"{kind}_{sector}", SECTOR_LOOKS[sector]
        axes.plot(shown["year"], shown[variable], color=colour)
        if observed is not None:
            axes.plot(observed["year"], observed[variable], marker, color=colour, markersize=3.0,
                      markerfacecolor="none", markeredgewidth=0.6)  # fmt: skip
        title(axes, number, LABELS[variable])
    for axes in every[3:]:
        axes.set_xlabel("year")
    # Of no colour: panels have one each.
    shown_as = [colourless("-"), colourless("o")][: 1 if observed is None else 2]
    legend_below(figure, shown_as, ["model", "data"][: len(shown_as)])
    return figure
