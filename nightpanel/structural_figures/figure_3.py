"""Figure 3: the benchmark over all periods."""

from typing import TYPE_CHECKING

from nightpanel.structural_figures.style import (
    DASHES,
    SECTOR_COLOURS,
    SECTORS,
    drawing,
    title,
)

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

STRUCTURE = {"labour": "employment shares", "output": "output shares", "capital": "capital shares"}


def figure_3(benchmark: "pd.DataFrame") -> "Figure":
    """Integration, demand, and employment, output and capital by sector.

    Parameters
    ----------
    benchmark : pandas.DataFrame
        As for `nightpanel.structural_figures.figure_2.figure_2`.

    Returns
    -------
    matplotlib.figure.Figure
    """
    with drawing(2, 3, width=7.5, height=4.4) as (figure, axes):
        for axis, variable in zip(axes[0], ("integration_M", "integration_S", "eta"), strict=True):
            axis.plot(benchmark.index, benchmark[variable], color="black")
            title(axis, variable)
            axis.set_ylim(bottom=0.0)
        for axis, (kind, name) in zip(axes[1], STRUCTURE.items(), strict=True):
            for dash, (sector, label) in zip(DASHES, SECTORS.items(), strict=False):
                axis.plot(
                    benchmark.index,
                    benchmark[f"{kind}_{sector}"],
                    color=SECTOR_COLOURS[sector],
                    linestyle=dash,
                    label=label,
                )
            axis.set(title=name, xlabel="period", ylim=(0.0, None))
        figure.legend(
            *axes[1, 0].get_legend_handles_labels(), loc="outside lower center", ncols=len(SECTORS)
        )
    return figure
