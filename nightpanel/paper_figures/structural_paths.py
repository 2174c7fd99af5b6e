"""The structural model: shares of three sectors over time, scenario by scenario."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from nightpanel.outputs import read_output
from nightpanel.paper_figures.curve_panels import lettered
from nightpanel.paper_figures.drawn import Drawing, Drawn, Material, NotDrawn
from nightpanel.paper_figures.structural_looks import SCENARIO_LOOKS, SECTORS, from_zero
from nightpanel.paper_figures.style import PALE, WIDTH
from nightpanel.paper_figures.words import Words
from nightpanel.paper_figures.year_axis import year_axis

FILE = "simulation.parquet"
COLUMNS = ("scenario", "year", "variable", "value")
KINDS = {"labour": "Employment", "output": "Output"}


def structural_paths(material: Material) -> Drawing:
    """A figure of the scenarios of `nightpanel simulate`, where its table lies in the folder.

    Parameters
    ----------
    material : Material

    Returns
    -------
    tuple of Drawn, or NotDrawn
    """
    if not (material.folder.path / FILE).is_file():
        return NotDrawn(f"no simulation of the structural model ({FILE})")
    table = read_output(material.folder.path, FILE)
    lacking = [name for name in COLUMNS if name not in table]
    if lacking:
        return NotDrawn(f"{FILE} has no column {', '.join(lacking)}")
    wanted = [f"{kind}_{sector}" for kind in KINDS for sector in SECTORS]
    table = table[table["variable"].isin(wanted) & table["value"].notna()]
    if table.empty:
        return NotDrawn(f"{FILE} has no shares of sectors")
    return (_drawn(table, material.words),)


def _drawn(table: pd.DataFrame, words: Words) -> Drawn:
    scenarios = list(dict.fromkeys(table["scenario"].astype(str)))
    shown = scenarios[: len(SCENARIO_LOOKS)]
    figure = Figure(figsize=(WIDTH, 4.0))
    grid = figure.subplots(len(KINDS), len(SECTORS), sharex=True)
    names = [(kind, sector) for kind in KINDS for sector in SECTORS]
    for number, (axes, (kind, sector)) in enumerate(zip(grid.flat, names, strict=True)):
        _panel(axes, table[table["variable"] == f"{kind}_{sector}"], shown, words)
        axes.set_title(f"{lettered(number)}  {SECTORS[sector]}")
        if number % len(SECTORS) == 0:
            axes.set_ylabel(f"{KINDS[kind]}, share")
        year_axis(axes, table["year"])
    handles, labels = grid.flat[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=len(SCENARIO_LOOKS) // 2)
    more = len(scenarios) - len(shown)
    return Drawn(
        figure,
        "Shares of three sectors in employment and nominal output in the structural model, by "
        f"scenario{f'; {more} more scenarios are in {FILE}' if more else ''}.",
    )


def _panel(axes: Axes, table: pd.DataFrame, scenarios: list[str], words: Words) -> None:
    for name, (colour, dashes) in zip(scenarios, SCENARIO_LOOKS, strict=False):
        path = table[table["scenario"] == name].sort_values("year", kind="stable")
        axes.plot(path["year"], path["value"], color=colour, linestyle=dashes, label=words.of(name))
    from_zero(axes)
    axes.grid(axis="y", color=PALE, linewidth=0.4)
