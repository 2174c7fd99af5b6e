"""Effects of one standard deviation of the treatment, every factor and product in one line."""

from collections.abc import Sequence

import pandas as pd

from estimation.designs import Design
from estimation.estimate import EstimationResult
from estimation.linear.standardised import StandardisedEffect
from estimation.parts.standardised import OVERALL, PART, WITHIN
from estimation.tables.numbers import REPEATED, figure
from estimation.tables.result_table import ResultTable
from estimation.vocabulary import LINEAR

HEAD = (
    "", "treatment", "effect", "x", "sd of treatment", "=", "effect of one sd", "sd of outcome",
    "in sd", "mean of outcome", "% of mean",
)  # fmt: skip
KINDS = {OVERALL: "overall", WITHIN: "within the effects"}


def standardised_table(
    title: str, caption: str, designs: Sequence[Design], result: EstimationResult
) -> ResultTable:
    """A line for each design, treatment and standard deviation of it.

    Parameters
    ----------
    title, caption : str
    designs : sequence of Design
        Those with ``standardised``; a note says so of others.
    result : EstimationResult

    Returns
    -------
    ResultTable
        Products are computed here from the factors beside them, so that none can be mistaken.
    """
    rows: list[tuple[str, ...]] = []
    notes: list[str] = []
    for design in designs:
        made = _rows(design, result)
        rows += made
        if not made:
            notes.append(f"{design.name}: standardised = true is not set")
    notes.append(
        "sd within the effects: of what the design's effects leave of the treatment; all with n - 1"
    )
    return ResultTable(title, caption, (HEAD,), tuple(rows), tuple(notes))


def _rows(design: Design, result: EstimationResult) -> list[tuple[str, ...]]:
    estimates, checks = result.estimates, result.checks
    own = estimates[(estimates["design"] == design.name) & (estimates["variant"] == LINEAR)]
    told = checks[(checks["design"] == design.name) & (checks["check"] == PART)]
    rows = []
    for treatment in dict.fromkeys(told["subject"]):
        figures = told[told["subject"] == treatment].set_index("statistic")["value"]
        effect = _effect(own, str(treatment))
        for kind, name in KINDS.items():
            found = StandardisedEffect(
                effect,
                float(figures[kind]),
                float(figures["sd of the outcome"]),
                float(figures["mean of the outcome"]),
            )
            rows.append((f"{design.name}, {name}", str(treatment), *_cells(found)))
    return rows


def _effect(own: pd.DataFrame, treatment: str) -> float:
    row = own[(own["part"] == "effect") & (own["term"] == treatment)].iloc[0]
    return float(row["estimate"])


def _cells(found: StandardisedEffect) -> tuple[str, ...]:
    share = "" if pd.isna(found.per_cent) else figure(found.per_cent)
    return (
        figure(found.effect, REPEATED), "x", figure(found.sd_treatment, REPEATED), "=",
        figure(found.per_sd, REPEATED), figure(found.sd_outcome, REPEATED), figure(found.in_sd),
        figure(found.mean_outcome, REPEATED), share,
    )  # fmt: skip
