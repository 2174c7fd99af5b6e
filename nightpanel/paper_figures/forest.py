"""Forest plot: the effect of every design, faithful and recommended side by side."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from estimation.tables.table_columns import FAITHFUL
from nightpanel.paper_figures.drawn import Drawing, Drawn, Material, NotDrawn
from nightpanel.paper_figures.effects import (
    Group,
    at_mean,
    groups_of,
    is_recommended,
    own_effects,
    shown_variants,
    without_repeats,
    words_of_variant,
)
from nightpanel.paper_figures.interval_rows import IntervalRow, draw_rows, handle
from nightpanel.paper_figures.style import PALE, WIDTH, look
from nightpanel.paper_figures.words import Words
from nightpanel.questions import questions

LINES_A_PAGE = 70
"""Estimates on one page."""
LINE, AROUND = 0.125, 0.75
"""Inches for an estimate, and for axis and legend."""
BETWEEN = 0.4
"""Room between designs, in lines."""


def forest_plots(material: Material) -> Drawing:
    """A figure for each treatment and outcome, and for each page of many designs.

    Parameters
    ----------
    material : Material

    Returns
    -------
    tuple of Drawn, or NotDrawn
    """
    estimates = material.folder.estimates
    if estimates is None or estimates.empty:
        return NotDrawn("no estimates (estimates.parquet)")
    asked = questions(material.folder.stages)
    figures = [
        _drawn(group, designs, material.words)
        for group in groups_of(pairs(own_effects(estimates), asked))
        for designs in _pages(group.rows)
    ]
    return tuple(figures) or NotDrawn("no effect of a treatment among the estimates")


def pairs(effects: pd.DataFrame, asked: Mapping[str, str]) -> pd.DataFrame:
    """What of the effects stands side by side, without repeats.

    Parameters
    ----------
    effects : pandas.DataFrame
        As `nightpanel.paper_figures.effects.own_effects` has them.
    asked : mapping of str to str
        What each design asks, as `nightpanel.questions.questions` has it.

    Returns
    -------
    pandas.DataFrame
        The rows of each design's shown variants, with a column ``beside``: the design that they
        stand with. That is their own, but for a design without a faithful variant that asks what
        an earlier one with it asks: it stands with that. A design whose every row repeats an
        earlier design's is left out whole, any other is whole.
    """
    parts = [
        rows[rows["variant"].isin(shown_variants(rows))]
        for _, rows in effects.groupby("design", sort=False)
    ]
    if not parts:
        return effects.assign(beside="")
    shown = pd.concat(parts)
    kept = without_repeats(shown)["design"].unique()
    shown = shown[shown["design"].isin(kept)]
    return shown.assign(beside=_beside(shown, asked))


def _beside(shown: pd.DataFrame, asked: Mapping[str, str]) -> list[str]:
    """The design that each row stands with."""
    faithful = dict.fromkeys(shown.loc[shown["variant"] == FAITHFUL, "design"].astype(str))
    first: dict[str, str] = {}
    for design in faithful:
        if design in asked:
            first.setdefault(asked[design], design)
    designs = shown["design"].astype(str)
    return [one if one in faithful else first.get(asked.get(one, ""), one) for one in designs]


def _pages(rows: pd.DataFrame) -> list[list[str]]:
    """Designs by page, as even as they can be."""
    designs = np.array(list(dict.fromkeys(rows["beside"])), dtype=object)
    pages = max(1, -(-len(rows) // LINES_A_PAGE))
    return [list(part) for part in np.array_split(designs, min(pages, len(designs)))]


def _drawn(group: Group, designs: Sequence[str], words: Words) -> Drawn:
    rows = group.rows[group.rows["beside"].isin(designs)]
    blocks = _blocks(rows, designs)
    length = blocks[-1].end
    figure = Figure(figsize=(WIDTH, AROUND + LINE * length))
    axes = figure.add_subplot()
    for block in blocks[1::2]:
        axes.axhspan(block.start, block.end, color=PALE, alpha=0.35, linewidth=0, zorder=0)
    draw_rows(axes, [row for block in blocks for row in _placed(rows, block)])
    axes.set_ylim(length, 0.0)
    middles = [(block.start + block.end) / 2 for block in blocks]
    axes.set_yticks(middles, [words.of(block.design) for block in blocks])
    axes.set_xlabel(
        f"Effect of {words.of(group.treatment)} on {words.of(group.outcome)}, 95 % interval"
    )
    _legend(axes, rows)
    return Drawn(
        figure,
        f"Effect of {group.treatment} on {group.outcome} by design, with intervals of 95 %; "
        f"standard errors: {_errors(rows)}. {_guests(rows)}{at_mean(rows)}Designs whose effects "
        "are another one's to the last figure are not repeated. An arrow: the interval goes on "
        "beyond the axis.",
    )


def _errors(rows: pd.DataFrame) -> str:
    """Standard errors by variant in words."""
    by_variant = {
        words_of_variant(str(variant)): " or ".join(dict.fromkeys(own["se_type"].astype(str)))
        for variant, own in rows.groupby("variant", sort=False)
    }
    return ", ".join(f"{errors or 'not said'} ({name})" for name, errors in by_variant.items())


def _guests(rows: pd.DataFrame) -> str:
    """Which designs stand with another one, in words."""
    away = rows.loc[rows["design"] != rows["beside"], ["design", "beside"]].drop_duplicates()
    return "".join(
        f"The estimate of '{row.design}' stands with '{row.beside}', which asks the same of the "
        "data. "
        for row in away.itertuples()
    )


@dataclass(frozen=True, slots=True)
class _Block:
    """The lines of one design."""

    design: str
    """The design."""
    start: float
    """Where its lines begin, downwards."""
    end: float
    """Where they end."""


def _blocks(rows: pd.DataFrame, designs: Sequence[str]) -> list[_Block]:
    sizes = [int((rows["beside"] == design).sum()) + BETWEEN for design in designs]
    ends = list(accumulate(sizes))
    return [
        _Block(design, end - size, end)
        for design, size, end in zip(designs, sizes, ends, strict=True)
    ]


def _placed(rows: pd.DataFrame, block: _Block) -> list[IntervalRow]:
    placed = []
    for line, (_, row) in enumerate(rows[rows["beside"] == block.design].iterrows()):
        colour, marker = look(str(row["variant"]))
        placed.append(
            IntervalRow(
                at=block.start + BETWEEN / 2 + line + 0.5,
                estimate=float(row["estimate"]),
                low=float(row["ci_low"]),
                high=float(row["ci_high"]),
                std_error=float(row["std_error"]),
                colour=colour,
                marker=marker,
                filled=_is_filled(row),
            )
        )
    return placed


def _is_filled(row: pd.Series) -> bool:
    """All but the recommended variant with a learner that is not recommended."""
    return str(row["variant"]) != "first_difference" or is_recommended(row)


def _legend(axes: Axes, rows: pd.DataFrame) -> None:
    handles = []
    for variant in dict.fromkeys(rows["variant"].astype(str)):
        colour, marker = look(variant)
        own = rows[rows["variant"] == variant]
        name = words_of_variant(variant)
        if variant == FAITHFUL:
            handles.append(handle(colour, marker, "faithful: as in the paper"))
            continue
        there = sorted(own.apply(_is_filled, axis=1).unique(), reverse=True)
        handles += [handle(colour, marker, _said(name, one, own), filled=one) for one in there]
    axes.legend(handles=handles, loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=3,
                columnspacing=1.2)  # fmt: skip


def _said(name: str, filled: bool, own: pd.DataFrame) -> str:
    if not filled:
        return f"{name}, other learner than recommended"
    return f"{name}: recommended" if own.apply(is_recommended, axis=1).any() else name
