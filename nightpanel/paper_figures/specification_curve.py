"""Specification curve: every estimate of one effect in order, and below what each was made with."""

import re
from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from estimation.tables.how_estimated import LEARNER_NAMES
from nightpanel.paper_figures.drawn import Drawing, Drawn, Material, NotDrawn
from nightpanel.paper_figures.effects import (
    Group,
    at_mean,
    groups_of,
    own_effects,
    without_repeats,
    words_of_variant,
)
from nightpanel.paper_figures.interval_rows import IntervalRow, handle, value_limits
from nightpanel.paper_figures.style import FAITHFUL, GREY, OTHER, PALE, RECOMMENDED, WIDTH
from nightpanel.paper_figures.words import Words

LEAST = 3
"""Specifications under which there is no curve."""
CURVE, LINE, BELOW = 2.1, 0.125, 0.5
"""Inches: for the curve, for each line of choices, and for the rest."""
MOST_LINES = 40
"""Choices under one heading from which it is left out: they would not fit on a page."""
HEADING = 1.4
"""Room for a heading, over that of a line."""
Choices = tuple[tuple[str, list[str]], ...]


def specification_curves(material: Material) -> Drawing:
    """A figure for each treatment and outcome with enough specifications.

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
    groups = groups_of(without_repeats(own_effects(estimates)))
    figures = [_drawn(group, material.words) for group in groups if len(group.rows) >= LEAST]
    return tuple(figures) or NotDrawn(f"fewer than {LEAST} specifications of one effect")


def _drawn(group: Group, words: Words) -> Drawn:
    rows = group.rows.sort_values(["estimate", "variant", "design"], kind="stable")
    rows = rows.reset_index(drop=True)
    choices = _choices(rows, words)
    lines = sum(len(names) + HEADING for _, names in choices)
    figure = Figure(figsize=(WIDTH, CURVE + LINE * lines + BELOW))
    upper, lower = figure.subplots(
        2, 1, sharex=True, gridspec_kw={"height_ratios": [CURVE, LINE * lines]}
    )
    _curve(upper, rows)
    upper.set_ylabel(f"Effect of {words.of(group.treatment)}\non {words.of(group.outcome)}")
    _matrix(lower, rows, choices, words)
    below = int((rows["ci_high"] < 0).sum())
    above = int((rows["ci_low"] > 0).sum())
    return Drawn(
        figure,
        f"Specification curve (Simonsohn, Simmons and Nelson 2020): {len(rows)} estimates of the "
        f"effect of {group.treatment} on {group.outcome} in order, with intervals of 95 %, and "
        f"below the choices behind each; {above} intervals lie above zero, {below} below. "
        f"{at_mean(rows)}Estimates that are another one's to the last figure are not repeated.",
    )


def _colour(row: pd.Series) -> str:
    if row["variant"] == "faithful":
        return FAITHFUL
    return RECOMMENDED if row["recommended"] == "recommended" else OTHER


def _curve(axes: Axes, rows: pd.DataFrame) -> None:
    placed = [_as_row(at, row) for at, row in rows.iterrows()]
    low, high = value_limits(placed)
    axes.set_ylim(low, high)
    axes.set_xlim(-0.7, len(rows) - 0.3)
    axes.axhline(0.0, color=GREY, linewidth=0.7, zorder=1)
    for row in placed:
        axes.vlines(row.at, np.fmax(row.low, low), np.fmin(row.high, high), color=row.colour,
                    linewidth=0.9, zorder=2)  # fmt: skip
        axes.plot(row.at, row.estimate, row.marker, markersize=3.2, color=row.colour, zorder=3)
    looks = {(row.colour, row.marker) for row in placed}
    named = {_LOOKS[colour]: (colour, _NAMES[colour]) for colour in _LOOKS}
    axes.legend(
        handles=[
            handle(colour, marker, name)
            for marker, (colour, name) in named.items()
            if (colour, marker) in looks
        ],
        loc="lower right",
        bbox_to_anchor=(1.0, 1.0),
        ncols=3,
    )
    axes.grid(axis="y")
    axes.tick_params(axis="x", length=0)
    axes.spines["bottom"].set_visible(False)


_LOOKS = {FAITHFUL: "o", RECOMMENDED: "D", OTHER: "s"}
_NAMES = {FAITHFUL: "faithful", RECOMMENDED: "recommended", OTHER: "other"}


def _as_row(at: object, row: pd.Series) -> IntervalRow:
    colour = _colour(row)
    return IntervalRow(
        at=float(str(at)),
        estimate=float(row["estimate"]),
        low=float(row["ci_low"]),
        high=float(row["ci_high"]),
        std_error=float(row["std_error"]),
        colour=colour,
        marker=_LOOKS[colour],
        filled=True,
    )


def learner_name(learner: str) -> str:
    """A learner as papers write it, without its settings."""
    name = re.split(r"\W", learner, maxsplit=1)[0]
    return LEARNER_NAMES.get(name, name.replace("_", " "))


def _columns(rows: pd.DataFrame) -> pd.DataFrame:
    """What each specification was made with."""
    controls = rows["controls"].fillna("").map(lambda text: len([c for c in text.split(";") if c]))
    return pd.DataFrame(
        {
            "Variant": rows["variant"].map(words_of_variant),
            "Learner": rows["learner"].map(learner_name),
            "Folds": rows["folds"].map(lambda folds: f"{folds}" if folds else "none"),
            "Controls": controls.map(lambda number: f"{number}" if number else "none"),
            "Design": rows["design"],
        }
    )


def _choices(rows: pd.DataFrame, words: Words) -> Choices:
    """Names of the choices under each heading, without those that do not differ."""
    made = _columns(rows).assign(Design=[words.of(name) for name in rows["design"]])
    found = ((str(heading), list(dict.fromkeys(made[heading].astype(str)))) for heading in made)
    return tuple((heading, names) for heading, names in found if 1 < len(names) <= MOST_LINES)


def _matrix(axes: Axes, rows: pd.DataFrame, choices: Choices, words: Words) -> None:
    made = _columns(rows).assign(Design=[words.of(name) for name in rows["design"]])
    colours = [_colour(row) for _, row in rows.iterrows()]
    at, ticks, labels = -0.5, list[float](), list[str]()
    for heading, names in choices:
        axes.annotate(heading, (0.0, at + HEADING - 0.5), (-3.5, 0.0), va="center", ha="right",
                      xycoords=axes.get_yaxis_transform(), textcoords="offset points",
                      fontweight="bold", fontsize=6.5, annotation_clip=False)  # fmt: skip
        at += HEADING + 0.5
        for number, name in enumerate(_in_order(heading, names)):
            if number % 2 == 0:
                axes.axhspan(at - 0.5, at + 0.5, color=PALE, alpha=0.35, linewidth=0, zorder=0)
            places = np.flatnonzero((made[heading] == name).to_numpy())
            axes.vlines(places, at - 0.33, at + 0.33, colors=[colours[one] for one in places],
                        linewidth=1.6)  # fmt: skip
            ticks.append(at)
            labels.append(name)
            at += 1.0
        at -= 0.5
    axes.set_yticks(ticks, labels)
    axes.set_ylim(at, -0.5)
    axes.tick_params(axis="both", length=0)
    axes.set_xticks([])
    for side in ("left", "bottom"):
        axes.spines[side].set_visible(False)
    axes.set_xlabel(f"{len(rows)} specifications, by their estimates")


def _in_order(heading: str, names: Sequence[str]) -> list[str]:
    """Numbers in their order, all else as it comes."""
    if heading in {"Folds", "Controls"}:
        return sorted(names, key=lambda name: -1 if name == "none" else int(name))
    return list(names)
