"""All designs in a forest plot, faithful and recommended in pairs."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

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
    variant_name,
)
from nightpanel.html_report.words import label, plural, shown
from nightpanel.output_folder import OutputFolder

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
    groups = list(found.groupby(["outcome", "treatment"], sort=False))
    parts: list[Piece] = [
        _forest(rows, str(outcome), str(treatment), number)
        for number, ((outcome, treatment), rows) in enumerate(groups)
    ]
    pairs = paired(found, _settings(folder))
    if len(pairs):
        parts.append(data_table(pairs, "Faithful and recommended side by side"))
    else:
        parts.append(
            Text(("No design has both a faithful and a recommended estimate to set side by side.",))
        )
    return Section("forest", TITLE, (*parts, _all_rows(folder.estimates)))


def _settings(folder: OutputFolder) -> Sequence[Mapping[str, Any]]:
    """Every design with its settings after ``vary``; none of a run that did not record them."""
    recorded = folder.stages.get("estimates", {}).get("designs") or ()
    return [one for one in recorded if isinstance(one, dict)]


def paired(found: pd.DataFrame, settings: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Recommended estimates, each beside the faithful estimate of the same question.

    That is the one of the same design; or, where it has none, of a design of the same family whose
    recorded settings are the same but for those of learning.

    Parameters
    ----------
    found : pandas.DataFrame
        From `main_effects`.
    settings : sequence of mapping
        Settings of the designs, as the estimates stage records them.

    Returns
    -------
    pandas.DataFrame
        Empty where there is no such pair.
    """
    faithful = found[found["role"] == FAITHFUL].drop_duplicates("design").set_index("design")
    asked = {str(one.get("name")): _question(one) for one in settings}
    rows = []
    for _, one in found[found["role"] == RECOMMENDED].iterrows():
        design = str(one["design"])
        same = [other for other in faithful.index if other == design]
        same += [other for other in faithful.index if asked.get(design, 0) == asked.get(other, 1)]
        if same:
            rows.append(_pair(faithful.loc[same[0]], same[0], one))
    return pd.DataFrame(rows)


OF_LEARNING = frozenset(
    {"name", "variation_of", "variants", "learner", "settings", "tune", "repetitions", "folds",
     "seed", "checks"}
)  # fmt: skip
"""Settings that do not change what is asked of the data."""


def _question(settings: Mapping[str, Any]) -> str:
    kept = {key: value for key, value in settings.items() if key not in OF_LEARNING}
    return json.dumps(kept, sort_keys=True, default=str)


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


def _forest(rows: pd.DataFrame, outcome: str, treatment: str, number: int) -> Chart:
    order = _ordered(rows)
    heights = pd.Series(_heights(order), index=order.index)
    traces = []
    for place, (variant, of_variant) in enumerate(order.groupby("variant", sort=False)):
        estimate = of_variant["estimate"]
        traces.append(
            plots.intervals(
                estimate.tolist(),
                heights[of_variant.index].tolist(),
                ends(of_variant["ci_low"], estimate),
                ends(of_variant["ci_high"], estimate),
                variant_name(of_variant.iloc[0]) if of_variant["role"].nunique() == 1
                else str(variant).replace("_", " "),
                place,
                customdata=[label(one) for one in of_variant["design"]],
                hovertemplate="%{customdata}: %{x:.4g}",
            )
        )  # fmt: skip
    middles = heights.groupby(order["design"], sort=False).mean()
    zero = ((order["ci_low"] <= 0) & (order["ci_high"] >= 0)).sum()
    table = numbers_of(order.assign(variant=order.apply(variant_name, axis=1)), "design", "variant")
    return Chart(
        id=f"forest-{number}",
        title=f"Effect of {treatment} on {outcome}",
        text=f"Forest plot of {plural(len(order), 'estimate')} of the effect of {treatment} on "
        f"{outcome} with 95 % intervals, from {shown(float(order['estimate'].min()))} to "
        f"{shown(float(order['estimate'].max()))}; {zero} of the intervals hold zero.",
        figure=plots.figure(
            traces,
            showlegend=True,
            shapes=[plots.zero_line()],
            xaxis=plots.axis(f"effect of {treatment} on {outcome}"),
            yaxis=plots.axis(
                tickvals=middles.tolist(),
                ticktext=[label(one) for one in middles.index],
                range=[float(heights.max()) + 1, -1],
                showgrid=False,
            ),
        ),
        table=data_table(table, f"Effects of {treatment} on {outcome}", names=NAMES),
        height=130 + ROW * int(heights.max() + 1),
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


def _ordered(rows: pd.DataFrame) -> pd.DataFrame:
    """Designs as they come; in each the faithful estimate, the recommended one, the others."""
    designs = {name: place for place, name in enumerate(rows["design"].unique())}
    roles = rows["role"].map({FAITHFUL: 0, RECOMMENDED: 1}).fillna(2)
    keyed = rows.assign(_design=rows["design"].map(designs), _role=roles)
    return keyed.sort_values(["_design", "_role"], kind="stable")


def _heights(order: pd.DataFrame) -> list[float]:
    """Where each row is drawn: designs apart by one row."""
    heights, at, before = [], -1.0, None
    for design in order["design"]:
        at += 1.0 if design == before or before is None else 2.0
        heights.append(at)
        before = design
    return heights
