"""Figure 3: the benchmark over all periods."""

from typing import TYPE_CHECKING

from nightpanel.structural_figures.style import (
    DASHES,
    SECTOR_COLOURS,
    SECTOR_MARKERS,
    SECTORS,
    colourless,
    drawing,
    from_zero,
    legend_below,
    title,
)

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

STRUCTURE = {"labour": "employment shares", "output": "output shares", "capital": "capital shares"}


def figure_3(benchmark: "pd.DataFrame", observed: "pd.DataFrame | None") -> "Figure":
    """Integration, demand, and employment, output and capital by sector, with data as marks.

    Parameters
    ----------
    benchmark, observed : pandas.DataFrame
        As for `nightpanel.structural_figures.figure_2.figure_2`.

    Returns
    -------
    matplotlib.figure.Figure
    """
    figure: Figure
    with drawing(2, 3, width=7.5, height=4.4) as (figure, axes):
        for axis, variable in zip(axes[0], ("integration_M", "integration_S", "eta"), strict=True):
            axis.plot(benchmark.index, benchmark[variable], color="black")
            title(axis, variable)
        for axis, (kind, name) in zip(axes[1], STRUCTURE.items(), strict=True):
            for dash, (sector, label) in zip(DASHES, SECTORS.items(), strict=False):
                variable, colour = f"{kind}_{sector}", SECTOR_COLOURS[sector]
                axis.plot(
                    benchmark.index,
                    benchmark[variable],
                    color=colour,
                    linestyle=dash,
                    label=label,
                )
                if observed is not None and variable in observed:
                    mark = SECTOR_MARKERS[sector]
                    axis.plot(
                        observed.index,
                        observed[variable],
                        mark,
                        color=colour,
                        markersize=2.5,
                        markerfacecolor="none",
                        markeredgewidth=0.6,
                    )
            axis.set(title=name, xlabel="period", ylabel="share")
            from_zero(axis)
        lines, names = axes[1, 0].get_legend_handles_labels()
        if observed is not None:
            # Every sector has a form and a colour of its own.
            lines, names = [*lines, colourless("o")], [*names, "data"]
        legend_below(figure, lines, names)
    return figure
