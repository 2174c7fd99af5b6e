"""Which figures a run draws: those of the paper whose scenarios are there, and a user's own."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pandas as pd

from nightpanel.paper_figures.drawn import Drawn
from nightpanel.paper_figures.save import as_pdf, as_png
from nightpanel.paper_figures.style import paper_style
from nightpanel.paper_figures.words import Words, words_of_names
from nightpanel.scenario_sections import FigureSection
from nightpanel.structural_figures.figure_2 import figure_2
from nightpanel.structural_figures.figure_3 import figure_3
from nightpanel.structural_figures.side_by_side import side_by_side

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
"""How the legends and captions of these name scenarios."""
CAPTIONS = "captions.txt"
"""File with the captions, and with names that no font of this machine can write."""


def draw_figures(
    paths: Mapping[str, pd.DataFrame],
    observed: pd.DataFrame | None,
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
        What was written: two files for each figure, and :data:`CAPTIONS`; none without scenarios.
    """
    wanted = {one.name: one for one in (*SIDE_BY_SIDE, *own) if set(one.scenarios) <= set(paths)}
    titles = [one.title for one in wanted.values()]
    words = words_of_names({"scenario": list(paths), "title": titles})
    captions, written = list[str](), list[Path]()
    with paper_style(words.font):
        for name, drawn in _drawn(paths, observed, wanted, words):
            for ending, content in (("pdf", as_pdf(drawn.figure)), ("png", as_png(drawn.figure))):
                written.append(folder / f"{name}.{ending}")
                written[-1].write_bytes(content)
            captions.append(f"{name}: {drawn.caption}")
    if not written:
        return []
    text = "\n\n".join([*captions, *words.notes])
    (folder / CAPTIONS).write_text(f"{text}\n", encoding="utf-8", newline="\n")
    return [*written, folder / CAPTIONS]


def _drawn(
    paths: Mapping[str, pd.DataFrame],
    observed: pd.DataFrame | None,
    wanted: Mapping[str, FigureSection],
    words: Words,
) -> Iterator[tuple[str, Drawn]]:
    """Figures by name, those of the benchmark first."""
    data = "" if observed is None else "; marks: data"
    main = BENCHMARK if BENCHMARK in paths else next(iter(paths), None)
    if main is not None:
        for name, draw, caption in _OF_ONE:
            if name not in wanted:
                yield name, Drawn(draw(paths[main], observed), f"{caption} ({main}){data}.")
    for name, one in wanted.items():
        said = IN_WORDS if one in SIDE_BY_SIDE else {}
        shown = {said.get(scenario, scenario): paths[scenario] for scenario in one.scenarios}
        caption = f"{one.title or 'Scenarios'}: {', '.join(shown)}{data}."
        figure = side_by_side(shown, observed, above=words.of(one.title), said=words.of)
        yield name, Drawn(figure, caption)


_OF_ONE = (
    ("figure_2", figure_2, "Shares of three sectors in employment and nominal output"),
    ("figure_3", figure_3, "Integration, demand, and sectors in employment, output and capital"),
)
