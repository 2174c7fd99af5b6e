"""Residual diagnostics: what is left of outcome and treatment, by design and variant."""

import numpy as np
import pandas as pd

from nightpanel.html_report import plots
from nightpanel.html_report.section import Chart, Piece, Section, Text, data_table
from nightpanel.html_report.sections.effects import NO_ESTIMATES, main_effects, series_of
from nightpanel.html_report.sections.residual_plots import (
    added_variable_plot,
    error_summary,
    quantile_plot,
)
from nightpanel.html_report.words import label, plural, shown
from nightpanel.output_folder import OutputFolder

TITLE = "Results: residual diagnostics"
NOTE = (
    "Errors of learning are root mean squared out-of-fold residuals; linear fixed effects have no "
    "folds. Residuals are those of the first repetition; those of every city-year are in "
    "residuals.parquet."
)
NO_RESIDUALS = "The folder lacks residuals.parquet: what follows are summaries alone."
DESIGNS = 4
"""Designs whose residuals are drawn; all are in the table."""


def section(folder: OutputFolder) -> Section:
    """How well outcome and treatment are learned, and how much of the treatment is left.

    Parameters
    ----------
    folder : OutputFolder
    """
    if folder.estimates is None:
        return Section("diagnostics", TITLE, missing=NO_ESTIMATES)
    found = main_effects(folder.estimates)
    rest = found[np.isfinite(found["treatment_residual_variance"])]
    if rest.empty:
        missing = "No estimate records what is left of its treatment."
        return Section("diagnostics", TITLE, missing=missing)
    names = {
        "rmse_outcome": "error of the outcome",
        "rmse_treatment": "error of the treatment",
        "treatment_residual_variance": "variance left of the treatment",
    }
    columns = ["design", "variant", "learner", "folds", "repetitions", *names, "n"]
    parts: list[Piece] = [
        *_residuals(folder.residuals, found),
        _left(rest),
        data_table(found[columns], "Residuals by design and variant", names=names),
        Text((NOTE,)),
    ]
    if folder.tuning is not None and len(folder.tuning):
        parts.append(data_table(folder.tuning, "Learners before and after tuning"))
    lacking = NO_RESIDUALS if folder.residuals is None else ""
    return Section("diagnostics", TITLE, tuple(parts), lacking)


def _residuals(residuals: pd.DataFrame | None, found: pd.DataFrame) -> list[Piece]:
    """Plots of designs that are no variation of another, and figures of all."""
    if residuals is None or residuals.empty:
        return []
    first = found[found["design"] == found["variation_of"]]["design"].unique()
    known = list(dict.fromkeys(residuals["design"]))
    drawn = [str(name) for name in first if name in known][:DESIGNS] or known[:1]
    parts: list[Piece] = []
    for number, design in enumerate(drawn):
        rows = residuals[residuals["design"] == design]
        parts += [
            added_variable_plot(rows, design, number),
            quantile_plot(rows, design, number),
        ]
    return [*parts, data_table(error_summary(residuals), "Errors by design and variant", rows=400)]


def _left(rows: pd.DataFrame) -> Chart:
    """The treatment's residual variance: what identifies each effect."""
    designs = list(dict.fromkeys(rows["design"]))
    numbers = series_of(rows["variant"])
    traces = [
        _left_of(some, str(variant), designs, numbers[str(variant)])
        for variant, some in rows.groupby("variant", sort=False)
    ]
    least = rows.iloc[int(np.argmin(rows["treatment_residual_variance"].to_numpy()))]
    return Chart(
        id="diagnostics-left",
        title="What is left of the treatment",
        text=f"Points of the variance of the treatment's residual for "
        f"{plural(len(rows), 'estimate')}. The least is left in {least['design']}, "
        f"{str(least['variant']).replace('_', ' ')}: "
        f"{shown(float(least['treatment_residual_variance']))}.",
        figure=plots.figure(
            traces,
            showlegend=True,
            xaxis=plots.axis("variance of the treatment's residual", rangemode="tozero"),
            yaxis=plots.axis(
                tickvals=list(range(len(designs))),
                ticktext=[label(one) for one in designs],
                range=[len(designs) - 0.4, -0.6],
            ),
        ),
        table=data_table(
            rows[["design", "variant", "treatment_residual_variance"]],
            "Variance of the treatment's residual",
        ),
        height=150 + 22 * len(designs),
    )


def _left_of(rows: pd.DataFrame, variant: str, designs: list[str], number: int) -> plots.Trace:
    return {
        "type": "scatter",
        "mode": "markers",
        "x": rows["treatment_residual_variance"].tolist(),
        "y": [designs.index(one) for one in rows["design"]],
        "marker": plots.marker(number, size=9),
        "name": label(variant.replace("_", " ")),
        "customdata": [label(one) for one in rows["design"]],
        "hovertemplate": "%{customdata}: %{x:.4g}",
    }
