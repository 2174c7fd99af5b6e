"""Heterogeneity: the effect in each group of a design, faithful and recommended side by side."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from estimation.staggered.keys import ESTIMATORS
from estimation.tables.numbers import p_text
from nightpanel.paper_figures.drawn import Drawing, Drawn, Material, NotDrawn
from nightpanel.paper_figures.effects import shown_variants, words_of_variant
from nightpanel.paper_figures.interval_rows import IntervalRow, draw_rows, handle
from nightpanel.paper_figures.style import PALE, WIDTH, look
from nightpanel.paper_figures.words import Words

GROUP = "group"
CHECK = "group_difference"
LINE, AROUND, HEADING = 0.125, 0.75, 1.3


@dataclass(frozen=True, slots=True)
class _Line:
    """What stands at one place: a heading, or a group."""

    at: float
    """The place, downwards."""
    text: str
    """Its label."""
    heading: bool
    """Whether it is a design's name."""


def heterogeneity(material: Material) -> Drawing:
    """A figure for each treatment and outcome with groups.

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
    # Of a staggered adoption groups are cohorts, whose averages have other figures.
    groups = (estimates["part"] == GROUP) & ~estimates["variant"].isin(ESTIMATORS)
    shown = _side_by_side(estimates[groups & estimates["estimate"].notna()])
    figures = [
        _drawn(str(treatment), str(outcome), rows, material)
        for (treatment, outcome), rows in shown.groupby(["treatment", "outcome"], sort=False)
    ]
    return tuple(figures) or NotDrawn("no design with groups")


def _side_by_side(groups: pd.DataFrame) -> pd.DataFrame:
    parts = [
        rows[rows["variant"].isin(shown_variants(rows))]
        for _, rows in groups.groupby("design", sort=False)
    ]
    return pd.concat(parts) if parts else groups


def _drawn(treatment: str, outcome: str, rows: pd.DataFrame, material: Material) -> Drawn:
    words = material.words
    placed, lines, length = _placed(rows, words)
    figure = Figure(figsize=(WIDTH, AROUND + LINE * length))
    axes = figure.add_subplot()
    draw_rows(axes, placed)
    axes.set_ylim(length, 0.0)
    _labels(axes, lines)
    axes.set_xlabel(f"Effect of {words.of(treatment)} on {words.of(outcome)}, 95 % interval")
    variants = dict.fromkeys(rows["variant"].astype(str))
    axes.legend(handles=[handle(*look(one), words_of_variant(one)) for one in variants],
                loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=3)  # fmt: skip
    tests = _tests(material.folder.checks, set(rows["design"]), variants)
    return Drawn(
        figure,
        f"Effect of {treatment} on {outcome} by group, with intervals of 95 %. Whether groups "
        f"differ is not to be read off overlapping intervals{tests}.",
    )


def _placed(rows: pd.DataFrame, words: Words) -> tuple[list[IntervalRow], list[_Line], float]:
    placed, lines, at = list[IntervalRow](), list[_Line](), 0.0
    for design, of_design in rows.groupby("design", sort=False):
        lines.append(_Line(at + HEADING / 2 + 0.2, words.of(design), heading=True))
        at += HEADING
        for term, of_group in of_design.groupby("term", sort=False):
            middle = at + 0.2 + len(of_group) / 2
            name = str(term).removeprefix(f"{of_group['treatment'].iloc[0]}, ")
            text = words.of(name if words.has(name) else term)
            lines.append(_Line(middle, text, heading=False))
            for number, (_, row) in enumerate(of_group.iterrows()):
                placed.append(_row(at + 0.2 + number + 0.5, row))
            at += len(of_group) + 0.4
    return placed, lines, at


def _row(at: float, row: pd.Series) -> IntervalRow:
    colour, marker = look(str(row["variant"]))
    return IntervalRow(
        at=at,
        estimate=float(row["estimate"]),
        low=float(row["ci_low"]),
        high=float(row["ci_high"]),
        std_error=float(row["std_error"]),
        colour=colour,
        marker=marker,
        filled=True,
    )


def _labels(axes: Axes, lines: Sequence[_Line]) -> None:
    axes.set_yticks([line.at for line in lines], [line.text for line in lines])
    for line, label in zip(lines, axes.get_yticklabels(), strict=True):
        if line.heading:
            label.set_fontweight("bold")
            axes.axhline(line.at + 0.1 - HEADING / 2, color=PALE, linewidth=0.6, zorder=0)


def _tests(checks: pd.DataFrame | None, designs: set[str], variants: dict[str, None]) -> str:
    """The tests of the groups' difference in words, one for each design and variant."""
    if checks is None:
        return ""
    kept = checks[
        (checks["check"] == CHECK)
        & checks["design"].isin(designs)
        & checks["variant"].isin(list(variants))
        & checks["statistic"].str.startswith("F")
        & np.isfinite(checks["p_value"])
    ]
    said = [
        f"{design}, {words_of_variant(str(variant))}: p {p_text(float(p_value))}"
        for design, variant, p_value in zip(
            kept["design"], kept["variant"], kept["p_value"], strict=True
        )
    ]
    return f"; tests of equal effects: {'; '.join(said)}" if said else ""
