"""Where effects differ: groups, differences, projections, and the tests of them."""

import numpy as np
import pandas as pd

from nightpanel.html_report import plots
from nightpanel.html_report.section import Chart, Piece, Section, data_table
from nightpanel.html_report.sections.effects import NAMES, NO_ESTIMATES, ends, numbers_of, series_of
from nightpanel.html_report.words import label, plural, shown
from nightpanel.output_folder import OutputFolder

TITLE = "Results: heterogeneity"
PARTS = {
    "group": "Effects by group",
    "difference": "Differences between groups",
    "projection": "Best linear projection of the effect",
}
"""Parts of estimates that tell where an effect differs, with their titles."""
TESTS = ("group_difference", "cate_flat", "projection", "moderator")


def section(folder: OutputFolder) -> Section:
    """Effects by group, and tests that they are one.

    Parameters
    ----------
    folder : OutputFolder
    """
    if folder.estimates is None:
        return Section("heterogeneity", TITLE, missing=NO_ESTIMATES)
    estimates = folder.estimates[np.isfinite(folder.estimates["estimate"])]
    parts: list[Piece] = []
    for part, title in PARTS.items():
        of_part = estimates[estimates["part"] == part]
        parts += [
            _forest(rows, str(design), title, f"{part}-{number}")
            for number, (design, rows) in enumerate(of_part.groupby("design", sort=False))
        ]
    checks = folder.checks
    if checks is not None:
        tests = checks[checks["check"].isin(TESTS)]
        if len(tests):
            columns = [
                "design",
                "variant",
                "check",
                "subject",
                "statistic",
                "value",
                "p_value",
                "note",
            ]
            parts.append(data_table(tests[columns], "Tests", names={"p_value": "p"}))
    missing = "" if parts else "No design asks where its effect differs (groups, project_on)."
    return Section("heterogeneity", TITLE, tuple(parts), missing)


def _forest(rows: pd.DataFrame, design: str, title: str, name: str) -> Chart:
    terms = list(dict.fromkeys(rows["term"]))
    variants = list(dict.fromkeys(rows["variant"]))
    step = 0.8 / max(len(variants), 1)
    traces, numbers = [], series_of(variants)
    for number, variant in enumerate(variants):
        some = rows[rows["variant"] == variant]
        heights = [
            terms.index(term) + step * (number - (len(variants) - 1) / 2) for term in some["term"]
        ]
        traces.append(
            plots.intervals(
                some["estimate"].tolist(),
                heights,
                ends(some["ci_low"], some["estimate"]),
                ends(some["ci_high"], some["estimate"]),
                variant.replace("_", " "),
                numbers[variant],
                customdata=[label(term) for term in some["term"]],
                hovertemplate="%{customdata}: %{x:.4g}",
            )
        )
    return Chart(
        id=f"heterogeneity-{name}",
        title=f"{title}: {design}",
        text=f"{title} of the design {design}: {plural(len(rows), 'estimate')} with 95 % "
        f"intervals, from {shown(float(rows['estimate'].min()))} to "
        f"{shown(float(rows['estimate'].max()))}.",
        figure=plots.figure(
            traces,
            showlegend=True,
            shapes=[plots.zero_line()],
            xaxis=plots.axis("effect"),
            yaxis=plots.axis(
                tickvals=list(range(len(terms))),
                ticktext=[label(term) for term in terms],
                range=[len(terms) - 0.4, -0.6],
                showgrid=False,
            ),
        ),
        table=data_table(numbers_of(rows, "variant", "term"), f"{title}: {design}", names=NAMES),
        height=150 + len(terms) * max(26, 16 * len(variants)),
    )
