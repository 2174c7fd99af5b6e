"""Which figures a run draws: those of the paper whose scenarios are there, and a user's own."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from nightpanel.scenario_sections import FigureSection
from nightpanel.structural_figures.figure_2 import figure_2
from nightpanel.structural_figures.figure_3 import figure_3
from nightpanel.structural_figures.side_by_side import side_by_side
from nightpanel.structural_figures.style import save

if TYPE_CHECKING:
    import pandas as pd

BENCHMARK = "benchmark"
SIDE_BY_SIDE = tuple(
    FigureSection(name=name, scenarios=[BENCHMARK, *others], title=title)
    for name, others, title in (
        ("figure_4", ("bias_0.6", "bias_0.7"), "Bias of AI"),
        ("figure_5", ("infrastructure_0.02", "infrastructure_0.05"), "Rate of new infrastructure"),
        ("figure_6", ("sigma_M_0.8", "sigma_M_0.3"), "Substitution in industrial goods"),
        ("figure_7", ("reform_m", "reform_s"), "Reform of labour markets"),
    )
)
"""Figures 4 to 7 of the paper."""
IN_WORDS = {
    "bias_0.6": "power of AI in services 0.6",
    "bias_0.7": "power of AI in services 0.7",
    "infrastructure_0.02": "rate of 0.02",
    "infrastructure_0.05": "rate of 0.05",
    "sigma_M_0.8": "elasticity of 0.8",
    "sigma_M_0.3": "elasticity of 0.3",
    "reform_m": "wage gap of manufacturing to 1",
    "reform_s": "wage gap of consumer services to 1",
}
"""How the legends of these name scenarios."""


def draw_figures(
    paths: "Mapping[str, pd.DataFrame]",
    observed: "pd.DataFrame | None",
    folder: Path,
    *,
    own: Sequence[FigureSection] = (),
) -> list[Path]:
    """Draw figures 2 to 7, where their scenarios were run, and a user's own.

    Figures 2 and 3 are of the scenario ``benchmark``, of the first one where none has that name.

    Parameters
    ----------
    paths : mapping of str to pandas.DataFrame
        By scenario, as `nightpanel.structural_tables.path_table`.
    observed : pandas.DataFrame, optional
        Data by period.
    folder : Path
        An existing folder.
    own : sequence of FigureSection
        The user's; one takes the place of the paper's of the same name.

    Returns
    -------
    list of Path
        What was written.
    """
    written = []
    taken = {one.name for one in own}
    main = paths[BENCHMARK if BENCHMARK in paths else next(iter(paths))] if paths else None
    if main is not None and "figure_2" not in taken:
        written += save(figure_2(main, observed), folder, "figure_2")
    if main is not None and "figure_3" not in taken:
        written += save(figure_3(main, observed), folder, "figure_3")
    wanted = {one.name: one for one in (*SIDE_BY_SIDE, *own) if set(one.scenarios) <= set(paths)}
    for name, one in wanted.items():
        words = {} if name in taken else IN_WORDS
        shown = {words.get(scenario, scenario): paths[scenario] for scenario in one.scenarios}
        written += save(side_by_side(shown, observed, above=one.title), folder, name)
    return written
