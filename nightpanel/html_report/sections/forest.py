"""All designs in a forest plot, faithful and recommended in pairs."""

from collections.abc import Mapping

import pandas as pd

from nightpanel.html_report import plots
from nightpanel.html_report.section import (
    Chart,
    Piece,
    Records,
    Section,
    Text,
    cells,
    data_table,
    headings,
)
from nightpanel.html_report.sections.effects import (
    FAITHFUL,
    NAMES,
    NO_ESTIMATES,
    RECOMMENDED,
    ends,
    main_effects,
    numbers_of,
    series_of,
    variant_name,
)
from nightpanel.html_report.words import label, plural, shown
from nightpanel.output_folder import OutputFolder
from nightpanel.questions import questions

TITLE = "Results: all designs"
COLUMNS = (
    "design", "variant", "part", "term", "scaling", "estimate", "std_error", "ci_low", "ci_high",
    "p_value", "n", "n_clusters", "se_type", "learner", "recommended", "note",
)  # fmt: skip
MOST = 5_000
"""Rows of the estimates in the page."""
ROW = 15
"""Pixels of an estimate."""


def section(folder: OutputFolder) -> Section:
    """The effect of every design and variant.

    Parameters
    ----------
    folder : OutputFolder
    """
    if folder.estimates is None:
        return Section("forest", TITLE, missing=NO_ESTIMATES)
    found = main_effects(folder.estimates)
    if found.empty:
        return Section("forest", TITLE, missing="No design has an effect to show.")
    asked = questions(folder.stages)
    groups = list(found.groupby(["outcome", "treatment"], sort=False))
    parts: list[Piece] = [
        _forest(rows, asked, str(outcome), str(treatment), number)
        for number, ((outcome, treatment), rows) in enumerate(groups)
    ]
    pairs = paired(found, asked)
    if len(pairs):
        parts.append(data_table(pairs, "Faithful and recommended side by side"))
    else:
        parts.append(
            Text(("No design has both a faithful and a recommended estimate to set side by side.",))
        )
    return Section("forest", TITLE, (*parts, _all_rows(folder.estimates)))


def paired(found: pd.DataFrame, asked: Mapping[str, str]) -> pd.DataFrame:
    """Recommended estimates, each beside the faithful estimate of the same question.

    That is the one of the same design; or, where it has none, the first of a design that asks the
    same of the data.

    Parameters
    ----------
    found : pandas.DataFrame
        From `main_effects`.
    asked : mapping of str to str
        What each design asks, as `nightpanel.questions.questions` has it.

    Returns
    -------
    pandas.DataFrame
        Empty where there is no such pair.
    """
    faithful = {
        str(row["design"]): row
        for _, row in found[found["role"] == FAITHFUL].drop_duplicates("design").iterrows()
    }
    beside = partners(found, asked)
    rows = []
    for _, one in found[found["role"] == RECOMMENDED].iterrows():
        name = beside[str(one["design"])]
        if name in faithful:
            rows.append(_pair(faithful[name], name, one))
    return pd.DataFrame(rows)


def partners(found: pd.DataFrame, asked: Mapping[str, str]) -> dict[str, str]:
    """The design that each design stands with: its own, but for one without a faithful estimate.

    That stands with the first design that has one and asks the same.
    """
    faithful = dict.fromkeys(found.loc[found["role"] == FAITHFUL, "design"].astype(str))
    first: dict[str, str] = {}
    for design in faithful:
        if design in asked:
            first.setdefault(asked[design], design)
    designs = dict.fromkeys(found["design"].astype(str))
    return {one: one if one in faithful else first.get(asked.get(one, ""), one) for one in designs}


def _pair(faithful: pd.Series, name: str, recommended: pd.Series) -> dict[str, object]:
    made: dict[str, object] = {"outcome": recommended["outcome"]}
    for role, design, row in (
        (FAITHFUL, name, faithful),
        (RECOMMENDED, recommended["design"], recommended),
    ):
        made |= {
            f"{role}: design": f"{design}, {str(row['variant']).replace('_', ' ')}",
            f"{role}: estimate": row["estimate"],
            f"{role}: standard error": row["std_error"],
            f"{role}: 95 %": f"{shown(row['ci_low'])} to {shown(row['ci_high'])}",
        }
    return made


def _forest(
    rows: pd.DataFrame, asked: Mapping[str, str], outcome: str, treatment: str, number: int
) -> Chart:
    order = _ordered(rows, partners(rows, asked))
    order = order.assign(height=_heights(order))
    middles = order.groupby("design", sort=False)["height"].mean()
    zero = ((order["ci_low"] <= 0) & (order["ci_high"] >= 0)).sum()
    recommended = int((order["role"] == RECOMMENDED).sum())
    table = numbers_of(order.assign(variant=order.apply(variant_name, axis=1)), "design", "variant")
    return Chart(
        id=f"forest-{number}",
        title=f"Effect of {treatment} on {outcome}",
        text=f"Forest plot of {plural(len(order), 'estimate')} of the effect of {treatment} on "
        f"{outcome} with 95 % intervals, from {shown(float(order['estimate'].min()))} to "
        f"{shown(float(order['estimate'].max()))}; {zero} of the intervals hold zero. "
        f"Recommended, with a ring: {recommended}.",
        figure=plots.figure(
            [*_by_variant(order), *_rings(order)],
            showlegend=True,
            shapes=[plots.zero_line()],
            xaxis=plots.axis(f"effect of {treatment} on {outcome}"),
            yaxis=plots.axis(
                tickvals=middles.tolist(),
                ticktext=[label(one) for one in middles.index],
                range=[float(order["height"].max()) + 1, -1],
                showgrid=False,
            ),
        ),
        table=data_table(table, f"Effects of {treatment} on {outcome}", names=NAMES),
        height=130 + ROW * int(order["height"].max() + 1),
    )


def _all_rows(estimates: pd.DataFrame) -> Records:
    """Every row of the estimates: effects, groups, stages, paths, averages."""
    table = estimates[list(COLUMNS)]
    return Records(
        id="forest-all",
        caption=f"All {plural(len(table), 'row')} of the estimates",
        columns=headings(table, NAMES),
        rows=cells(table.head(MOST)),
        choose=(0, 1, 2),
        left_out=max(len(table) - MOST, 0),
        where="estimates.parquet",
    )


def _by_variant(order: pd.DataFrame) -> list[plots.Trace]:
    """Points with intervals, a series for each variant."""
    traces = []
    numbers = series_of(order["variant"])
    for variant, rows in order.groupby("variant", sort=False):
        estimate = rows["estimate"]
        traces.append(
            plots.intervals(
                estimate.tolist(),
                rows["height"].tolist(),
                ends(rows["ci_low"], estimate),
                ends(rows["ci_high"], estimate),
                str(variant).replace("_", " "),
                numbers[str(variant)],
                customdata=[label(one) for one in rows["design"]],
                hovertemplate="%{customdata}: %{x:.4g}",
            )
        )
    return traces


def _rings(order: pd.DataFrame) -> list[plots.Trace]:
    """A ring around every recommended estimate."""
    rows = order[order["role"] == RECOMMENDED]
    if rows.empty:
        return []
    ring = {"symbol": "circle-open", "size": 15, "color": plots.colour(6), "line": {"width": 2}}
    return [
        {
            "type": "scatter",
            "mode": "markers",
            "x": rows["estimate"].tolist(),
            "y": rows["height"].tolist(),
            "name": RECOMMENDED,
            "marker": ring,
            "hoverinfo": "skip",
        }
    ]


def _ordered(rows: pd.DataFrame, beside: Mapping[str, str]) -> pd.DataFrame:
    """Designs as they come, those that stand with one after it; faithful, recommended, others."""
    designs = {name: place for place, name in enumerate(rows["design"].unique())}
    roles = rows["role"].map({FAITHFUL: 0, RECOMMENDED: 1}).fillna(2)
    keyed = rows.assign(
        _beside=rows["design"].map(beside).map(designs),
        _guest=rows["design"].map(beside) != rows["design"],
        _design=rows["design"].map(designs),
        _role=roles,
    )
    return keyed.sort_values(["_beside", "_guest", "_design", "_role"], kind="stable")


def _heights(order: pd.DataFrame) -> list[float]:
    """Where each row is drawn: designs apart by one row."""
    heights, at, before = [], -1.0, None
    for design in order["design"]:
        at += 1.0 if design == before or before is None else 2.0
        heights.append(at)
        before = design
    return heights
