"""Figures 4 to 7, and a user's own: scenarios side by side."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from nightpanel.structural_figures.style import COLOURS, DASHES, drawing, legend_below, title

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

PANELS = (
    ("integration_M", "labour_m", "labour_x", "labour_s"),
    ("eta", "output_m", "output_x", "output_s"),
)


def side_by_side(
    scenarios: "Mapping[str, pd.DataFrame]", observed: "pd.DataFrame | None", *, above: str = ""
) -> "Figure":
    """Integration, demand and shares of several scenarios over all periods.

    Parameters
    ----------
    scenarios : mapping of str to pandas.DataFrame
        By name; as for `nightpanel.structural_figures.figure_2.figure_2`.
    observed : pandas.DataFrame, optional
        As there; grey marks.
    above : str
        A title; none if empty.

    Returns
    -------
    matplotlib.figure.Figure
    """
    figure: Figure
    with drawing(2, 4, width=9.6, height=4.6) as (figure, axes):
        for axis, variable in zip(axes.flat, (name for row in PANELS for name in row), strict=True):
            marks = []
            if observed is not None and variable in observed:
                (seen,) = axis.plot(
                    observed.index, observed[variable], "o", color="0.65", markersize=2.0
                )
                marks = [(seen, "data")]
            # Beside each other, not around: lines of close scenarios lie on one another.
            for (name, path), colour, dash in zip(scenarios.items(), COLOURS, DASHES, strict=False):
                (line,) = axis.plot(path.index, path[variable], color=colour, linestyle=dash)
                marks.append((line, name))
            title(axis, variable)
        for axis in axes[1]:
            axis.set_xlabel("period")
        legend_below(figure, *zip(*sorted(marks, key=lambda one: one[1] == "data"), strict=True))
        if above:
            figure.suptitle(above, parse_math=False)
    return figure
