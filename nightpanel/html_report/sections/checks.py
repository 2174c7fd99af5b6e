"""All checks of the estimates with their verdicts."""

from nightpanel.html_report.section import Piece, Records, Section, Text, cells
from nightpanel.html_report.sections.effects import NO_ESTIMATES
from nightpanel.html_report.words import plural
from nightpanel.output_folder import OutputFolder

TITLE = "Results: checks"
COLUMNS = (
    "design", "variant", "check", "subject", "statistic", "value", "reference", "p_value",
    "verdict", "note",
)  # fmt: skip
CHOSEN = frozenset({"design", "variant", "check", "verdict"})
"""Columns by whose values rows may be chosen."""
MOST = 5_000


def section(folder: OutputFolder) -> Section:
    """Every check, failed ones first.

    Parameters
    ----------
    folder : OutputFolder
    """
    if folder.estimates is None:
        return Section("checks", TITLE, missing=NO_ESTIMATES)
    if folder.checks is None:
        return Section("checks", TITLE, missing="The folder lacks checks.parquet.")
    if folder.checks.empty:
        return Section("checks", TITLE, missing="No design asks for a check.")
    order = folder.checks["verdict"].map({"failed": 0, "passed": 1}).fillna(2)
    rows = folder.checks.assign(_order=order).sort_values("_order", kind="stable")
    counts = folder.checks["verdict"].value_counts()
    failed, passed = (int(counts.get(one, 0)) for one in ("failed", "passed"))
    said = f"{plural(len(rows), 'check')}: {failed} failed, {passed} passed; the others have "
    table = rows[[name for name in COLUMNS if name in rows]]
    parts: list[Piece] = [
        Text((f"{said}nothing to pass.",)),
        Records(
            id="checks-all",
            caption="Checks, failed ones first",
            columns=tuple(str(name).replace("_", " ") for name in table.columns),
            rows=cells(table.head(MOST)),
            choose=tuple(at for at, name in enumerate(table) if name in CHOSEN),
            left_out=max(len(table) - MOST, 0),
            where="checks.parquet",
        ),
    ]
    return Section("checks", TITLE, tuple(parts))
