"""Contours: how strong an omitted variable would have to be."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from estimation.parts.omitted_variable import CHECK, SUPPOSED
from nightpanel.html_report import plots
from nightpanel.html_report.section import Chart, Piece, Section, Text, data_table
from nightpanel.html_report.sections.effects import NO_ESTIMATES
from nightpanel.html_report.words import label, shown
from nightpanel.output_folder import OutputFolder

TITLE = "Results: sensitivity"
NOT_ASKED = (
    'No design asks for the check "sensitivity", so that nothing is recorded from which contours '
    "could be drawn; name it in the design's checks."
)
GRID = 41
LEAST = 0.1
"""Largest share on the axes where nothing needs more."""
NOTE = (
    "Contours show the effect's bound that lies nearer to zero if a variable of that strength in "
    "outcome and treatment were omitted (Chernozhukov, Cinelli, Newey, Sharma and Syrgkanis, "
    "2022). They follow from the recorded bounds; where these are medians of several repetitions, "
    "contours away from the recorded strength are close, not exact."
)


@dataclass(frozen=True, slots=True)
class Recorded:
    """What the check recorded of a variant of a design."""

    effect: float
    """The effect: the middle of its bounds."""
    bias: float
    """The largest bias of a variable of strength one."""
    benchmarks: tuple[tuple[str, float, float], ...]
    """Observed controls: name, share of the treatment, share of the outcome."""


def section(folder: OutputFolder) -> Section:
    """Sensitivity to an omitted variable, by design and variant.

    Parameters
    ----------
    folder : OutputFolder
    """
    if folder.estimates is None:
        return Section("sensitivity", TITLE, missing=NO_ESTIMATES)
    checks = folder.checks
    rows = None if checks is None else checks[checks["check"] == CHECK]
    if rows is None or rows.empty:
        return Section("sensitivity", TITLE, missing=NOT_ASKED)
    parts: list[Piece] = []
    for (design, variant), some in rows.groupby(["design", "variant"], sort=False):
        found = recorded(some)
        if found is not None:
            parts.append(_contours(found, str(design), str(variant), some, len(parts)))
    columns = ["design", "variant", "subject", "statistic", "value", "note"]
    parts.append(data_table(rows[columns], "Robustness values, bounds and observed controls"))
    return Section("sensitivity", TITLE, (*parts, Text((NOTE,))))


def recorded(rows: pd.DataFrame) -> Recorded | None:
    """Effect and largest bias from a variant's bounds at one strength.

    Bounds are ``effect -/+ strength bias`` with ``strength = sqrt(c c / (1 - c))`` at the share c
    of both.

    Parameters
    ----------
    rows : pandas.DataFrame
        Rows of the check, of one design and variant.

    Returns
    -------
    Recorded or None
        None where the bounds were not told.
    """
    by = rows.set_index("statistic")["value"]
    names = [f"{side} bound at {SUPPOSED:g}" for side in ("lower", "upper")]
    if not set(names) <= set(by.index):
        return None
    lower, upper = (float(by[name]) for name in names)
    bias = (upper - lower) / 2 / strength(SUPPOSED, SUPPOSED)
    marks = []
    for subject, some in rows[rows["statistic"].isin(["cf_y", "cf_d"])].groupby("subject"):
        of = some.set_index("statistic")["value"]
        if {"cf_y", "cf_d"} <= set(of.index):
            marks.append((str(subject), float(of["cf_d"]), float(of["cf_y"])))
    return Recorded((lower + upper) / 2, bias, tuple(marks))


def strength(cf_y: float, cf_d: float) -> float:
    """What a variable of these shares moves, over the largest bias."""
    return float(np.sqrt(cf_y * cf_d / (1 - cf_d)))


def _contours(found: Recorded, design: str, variant: str, rows: pd.DataFrame, number: int) -> Chart:
    robust = rows.loc[rows["statistic"] == "robustness value", "value"]
    value = float(robust.iloc[0]) if len(robust) else float("nan")
    needed = [LEAST, *(1.3 * share for _, *shares in found.benchmarks for share in shares)]
    needed += [1.3 * value] if np.isfinite(value) else []
    top = min(max(needed), 0.95)
    traces = [*_bounds(found, top), _observed(found)]
    said = f"; the robustness value is {shown(value)}" if np.isfinite(value) else ""
    controls = "; ".join(f"{name}: {shown(d)}, {shown(y)}" for name, d, y in found.benchmarks)
    columns = ["subject", "statistic", "value"]
    return Chart(
        id=f"sensitivity-{number}",
        title=f"{design}, {variant.replace('_', ' ')}",
        text=f"Contours of the bound of the effect {shown(found.effect)} by the shares of "
        f"treatment and outcome that an omitted variable explains{said}. Observed controls "
        f"(treatment, outcome): {controls or 'none'}.",
        figure=plots.figure(
            traces,
            showlegend=False,
            xaxis=plots.axis("share of the treatment's residual variance", range=[0, top]),
            yaxis=plots.axis("share of the outcome's residual variance", range=[0, top]),
        ),
        table=data_table(rows[columns], f"What was recorded: {design}, {variant}"),
        height=420,
    )


def _bounds(found: Recorded, top: float) -> list[plots.Trace]:
    """Contours of the bound, and the one where it is zero."""
    shares = np.linspace(0, top, GRID)
    strengths = np.array([[strength(cf_y, cf_d) for cf_d in shares] for cf_y in shares])
    side = 1.0 if found.effect >= 0 else -1.0
    contour: plots.Trace = {
        "type": "contour",
        "x": shares.tolist(),
        "y": shares.tolist(),
        "z": (found.effect - side * strengths * found.bias).tolist(),
        "contours": {"coloring": "lines", "showlabels": True},
        "line": {"width": 1.4},
        "colorscale": [[0, plots.colour(6)], [1, plots.colour(0)]],
        "showscale": False,
        "name": "bound",
        "hovertemplate": "treatment %{x:.3f}, outcome %{y:.3f}: %{z:.4g}<extra></extra>",
    }
    nought = contour | {
        "contours": {"coloring": "lines", "type": "levels", "start": 0, "end": 0, "size": 1},
        "line": {"width": 3, "dash": "dash"},
        "colorscale": [[0, plots.colour(1)], [1, plots.colour(1)]],
        "name": "bound is zero",
    }
    return [contour, nought]


def _observed(found: Recorded) -> plots.Trace:
    """Observed controls as a yardstick."""
    return {
        "type": "scatter",
        "mode": "markers+text",
        "x": [cf_d for _, cf_d, _ in found.benchmarks],
        "y": [cf_y for *_, cf_y in found.benchmarks],
        "text": [label(name) for name, *_ in found.benchmarks],
        "textposition": "top right",
        "marker": {"color": plots.colour(2), "symbol": "diamond", "size": 9},
        "name": "observed controls",
    }
