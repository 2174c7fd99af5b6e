"""Figure 2: the structure of the benchmark beside the data."""

from typing import TYPE_CHECKING

from nightpanel.structural_figures.style import (
    SECTOR_COLOURS,
    SECTOR_MARKERS,
    SECTORS,
    colourless,
    drawing,
    legend_below,
    title,
)

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure


def figure_2(benchmark: "pd.DataFrame", observed: "pd.DataFrame | None") -> "Figure":
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
    figure: Figure
    with drawing(2, 3, width=7.5, height=4.4) as (figure, axes):
        for row, kind in enumerate(("labour", "output")):
            for axis, sector in zip(axes[row], SECTORS, strict=True):
                variable, colour = f"{kind}_{sector}", SECTOR_COLOURS[sector]
                axis.plot(shown["year"], shown[variable], color=colour)
                if observed is not None:
                    axis.plot(
                        observed["year"],
                        observed[variable],
                        SECTOR_MARKERS[sector],
                        color=colour,
                        markersize=3.0,
                        markerfacecolor="none",
                    )
                title(axis, variable)
        for axis in axes[1]:
            axis.set_xlabel("year")
        # Of no colour: panels have one each.
        marks = [colourless("-"), colourless("o")][: 1 if observed is None else 2]
        legend_below(figure, marks, ["model", "data"][: len(marks)])
    return figure
