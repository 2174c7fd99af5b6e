"""Checks of some designs as rows of a table."""

from collections.abc import Sequence

from estimation.designs import Design
from estimation.estimate import EstimationResult
from estimation.tables.numbers import figure, p_value
from estimation.tables.result_table import ResultTable
from estimation.tables.table_columns import shown_variants

HEAD = ("design", "variant", "check", "of", "figure", "value", "p", "verdict")
COLUMNS = ["design", "variant", "check", "subject", "statistic", "value", "p_value", "verdict"]


def check_table(
    title: str,
    caption: str,
    designs: Sequence[Design],
    result: EstimationResult,
    *,
    variants: Sequence[str] = (),
) -> ResultTable:
    """Every check of the variants shown, with its figure, p value and verdict.

    Parameters
    ----------
    title, caption : str
    designs : sequence of Design
    result : EstimationResult
    variants : sequence of str
        As in :class:`estimation.tables.table_columns.TableSpec`.

    Returns
    -------
    ResultTable
        What each figure means stands once, as a note.
    """
    rows: list[tuple[str, ...]] = []
    notes: dict[str, None] = {}
    for design in designs:
        own = result.estimates[result.estimates["design"] == design.name]
        checks = result.checks[result.checks["design"] == design.name]
        told = checks[checks["variant"].isin(shown_variants(own, variants))]
        if told.empty:
            notes[f"{design.name}: no checks"] = None
        for values in told[COLUMNS].to_numpy().tolist():
            name, variant, check, *about, value, p, verdict = values
            rows.append(
                (
                    name,
                    variant,
                    check.replace("_", " "),
                    *about,
                    figure(value),
                    p_value(p),
                    verdict,
                )
            )
        for check, statistic, note in told[["check", "statistic", "note"]].to_numpy().tolist():
            if note:
                notes[f"{check.replace('_', ' ')}, {statistic}: {note}"] = None
    return ResultTable(title, caption, (HEAD,), tuple(rows), tuple(notes))
