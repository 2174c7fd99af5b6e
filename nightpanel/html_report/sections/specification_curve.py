"""Robustness as a specification curve: all variations of a design, and what each chose."""

from collections.abc import Sequence

import pandas as pd

from nightpanel.html_report import plots
from nightpanel.html_report.section import Chart, Piece, Section, Text, data_table
from nightpanel.html_report.sections.effects import NAMES, NO_ESTIMATES, ends, main_effects
from nightpanel.html_report.words import label, listed, plural, shown
from nightpanel.output_folder import OutputFolder
from nightpanel.paper_figures.effects import without_repeats

TITLE = "Results: robustness"
TOP, CURVE, LINE = 130, 240, 17
"""Pixels above, of the curve, of a choice."""
FEWEST = 3
"""Estimates that make a curve."""
MOST_NAMED = 3
"""Controls that are named where a set differs by them."""
NOTE = (
    "A specification curve shows every estimate that was asked for once, ordered by size. Its "
    "points share data and are not independent: their number proves nothing."
)


def section(folder: OutputFolder) -> Section:
    """One curve for each design with variations, outcome and treatment.

    Parameters
    ----------
    folder : OutputFolder
    """
    if folder.estimates is None:
        return Section("robustness", TITLE, missing=NO_ESTIMATES)
    found = main_effects(folder.estimates)
    families = [
        rows
        for _, rows in found.groupby(["variation_of", "outcome", "treatment"], sort=False)
        if len(without_repeats(rows)) >= FEWEST
    ]
    if not families:
        missing = f"No design has {FEWEST} estimates or more of one effect to order."
        return Section("robustness", TITLE, missing=missing)
    parts: list[Piece] = [_curve(rows, number) for number, rows in enumerate(families)]
    return Section("robustness", TITLE, (*parts, Text((NOTE,))))


def choices(rows: pd.DataFrame) -> dict[str, list[str]]:
    """What each estimate chose, by what there was to choose.

    Parameters
    ----------
    rows : pandas.DataFrame
        From `main_effects`.

    Returns
    -------
    dict of str to list of str
        Choices with one value for all are left out.
    """
    controls = [frozenset(str(one).split(";")) - {""} for one in rows["controls"]]
    usual = max(controls, key=controls.count, default=frozenset())
    found = {
        "variant": rows["variant"].str.replace("_", " ").tolist(),
        "learner": rows["learner"].str.partition("(")[0].tolist(),
        "controls": [_controls(one, usual) for one in controls],
        "design": rows["design"].tolist(),
    }
    return {name: values for name, values in found.items() if len(set(values)) > 1}


def _controls(controls: frozenset[str], usual: frozenset[str]) -> str:
    """Controls as what they are more or less than those of most estimates."""
    if not controls:
        return "none"
    if controls == usual:
        return f"the usual {len(usual)}"
    more, less = sorted(controls - usual), sorted(usual - controls)
    if len(more) + len(less) > MOST_NAMED:
        return f"{len(controls)} others"
    said = ["the usual"] + [f"and {listed(more)}"] * bool(more)
    return " ".join(said + [f"without {listed(less)}"] * bool(less))


def _curve(rows: pd.DataFrame, number: int) -> Chart:
    ordered = without_repeats(rows).sort_values("estimate", kind="stable", ignore_index=True)
    made = choices(ordered)
    lines = [(name, value) for name, values in made.items() for value in dict.fromkeys(values)]
    places = {line: place for place, line in enumerate(lines)}
    dots = [
        (at, places[name, value])
        for name, values in made.items()
        for at, value in enumerate(values, start=1)
    ]
    height = TOP + CURVE + LINE * len(lines)
    below = 1 - (CURVE + 40) / height
    row = ordered.iloc[0]
    return Chart(
        id=f"robustness-{number}",
        title=f"{row['variation_of']}: {row['treatment']} on {row['outcome']}",
        text=_in_words(ordered, repeats=len(rows) - len(ordered)),
        figure=plots.figure(
            [*_points(ordered), _marks(dots)],
            showlegend=True,
            shapes=[plots.zero_line("y")],
            xaxis=plots.axis("estimates by size", anchor="y2", range=[0, len(ordered) + 1]),
            yaxis=plots.axis("effect", domain=[below, 1]),
            yaxis2=plots.axis(
                domain=[0, max(below - 0.04, 0.05)],
                tickvals=list(range(len(lines))),
                ticktext=[label(f"{name}: {value}") for name, value in lines],
                range=[len(lines) - 0.5, -0.5],
                tickfont={"size": 10},
            ),
        ),
        table=data_table(_table(ordered), "Estimates by size", names=NAMES, rows=400),
        height=height,
    )


def _clear(ordered: pd.DataFrame) -> pd.Series:
    """Whether an interval is clear of zero."""
    return (ordered["ci_low"] > 0) | (ordered["ci_high"] < 0)


def _in_words(ordered: pd.DataFrame, *, repeats: int) -> str:
    estimate = ordered["estimate"]
    again = (
        f" {repeats} that are another design's to the last figure are left out." if repeats else ""
    )
    return (
        f"Specification curve of {plural(len(ordered), 'estimate')} from "
        f"{shown(float(estimate.iloc[0]))} to {shown(float(estimate.iloc[-1]))}, median "
        f"{shown(float(estimate.median()))}.{again} {int((estimate < 0).sum())} are negative; "
        f"{int(_clear(ordered).sum())} of the 95 % intervals are clear of zero. Below, a mark for "
        "each choice that an estimate made."
    )


def _points(ordered: pd.DataFrame) -> list[plots.Trace]:
    """Estimates with intervals, apart by whether these hold zero."""
    clear, traces = _clear(ordered), []
    for name, number, some in (("95 % without zero", 0, clear), ("holds zero", 6, ~clear)):
        rows = ordered[some]
        if rows.empty:
            continue
        traces.append(
            plots.intervals(
                [at + 1 for at in rows.index],
                rows["estimate"].tolist(),
                ends(rows["ci_low"], rows["estimate"]),
                ends(rows["ci_high"], rows["estimate"]),
                name,
                number,
                along="y",
                customdata=_hover(rows),
                hovertemplate="%{customdata}: %{y:.4g}",
            )
        )
    return traces


def _marks(dots: Sequence[tuple[int, int]]) -> plots.Trace:
    """A mark for each choice that an estimate made."""
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [at for at, _ in dots],
        "y": [place for _, place in dots],
        "marker": {"color": plots.colour(0), "symbol": "square", "size": 6},
        "yaxis": "y2",
        "hoverinfo": "skip",
        "showlegend": False,
    }


def _hover(rows: pd.DataFrame) -> list[str]:
    return [
        label(f"{design}, {variant.replace('_', ' ')}")
        for design, variant in rows[["design", "variant"]].to_numpy()
    ]


def _table(ordered: pd.DataFrame) -> pd.DataFrame:
    columns = ["design", "variant", "learner", "controls", "estimate", "ci_low", "ci_high", "n"]
    return ordered[columns].assign(
        controls=[str(one).replace(";", ", ") or "none" for one in ordered["controls"]]
    )
