"""Figures 4 to 7, and a user's own: scenarios side by side."""

from collections.abc import Callable, Mapping

import pandas as pd
from matplotlib.figure import Figure

from nightpanel.paper_figures.structural_looks import SCENARIO_LOOKS
from nightpanel.paper_figures.style import GREY
from nightpanel.structural_figures.panels import LABELS, UNITS, legend_below, panels, title

PANELS = (
    ("integration_M", "labour_m", "labour_x", "labour_s"),
    ("eta", "output_m", "output_x", "output_s"),
)
HIGH = 4.0
"""Inches."""


def side_by_side(
    scenarios: Mapping[str, pd.DataFrame],
    observed: pd.DataFrame | None,
    *,
    above: str = "",
    said: Callable[[str], str] = str,
) -> Figure:
    """Integration, demand and shares of several scenarios over all periods.

    Parameters
    ----------
    scenarios : mapping of str to pandas.DataFrame
        By name; as for `nightpanel.structural_figures.figure_2.figure_2`.
    observed : pandas.DataFrame, optional
        As there; grey marks.
    above : str
        A title; none if empty.
    said : callable
        What is drawn for a scenario's name.

    Returns
    -------
    matplotlib.figure.Figure
    """
    figure, every = panels(2, 4, height=HIGH)
    variables = [name for row in PANELS for name in row]
    for number, (axes, variable) in enumerate(zip(every, variables, strict=True)):
        marks = []
        if observed is not None and variable in observed:
            marks = axes.plot(
                observed.index, observed[variable], "o", color=GREY, alpha=0.6, markersize=2.0
            )
        # Beside each other, not around: lines of close scenarios lie on one another.
        lines = [
            axes.plot(path.index, path[variable], color=colour, linestyle=dashes)[0]
            for path, (colour, dashes) in zip(scenarios.values(), SCENARIO_LOOKS, strict=False)
        ]
        title(axes, number, LABELS[variable], unit=UNITS.get(variable, "share"))
    for axes in every[4:]:
        axes.set_xlabel("period")
    names = [said(name) for name in scenarios][: len(lines)]
    legend_below(figure, [*lines, *marks], [*names, "data"][: len(lines) + len(marks)])
    if above:
        figure.suptitle(above)
    return figure
