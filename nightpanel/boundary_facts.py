"""What `nightpanel check` says of boundaries: one line each on repairs, datum, overlaps and gaps."""

from collections import Counter

from geo.audit import AuditRow
from geo.errors import NightpanelError
from nightpanel.boundary_checks import (
    Boundaries,
    measured,
    require_tiling,
    shift_in_words,
    worst_gaps,
    worst_overlaps,
)
from nightpanel.study_units import UnitsSection

WARNINGS = (
    "misread_text", "cut_text", "doubtful_encoding", "doubtful_datum", "shifted_boundaries",
    "outside_city", "city_without_polygon",
)  # fmt: skip
"""Rules that a person should look into."""


def boundary_facts(
    found: Boundaries | None, section: UnitsSection, problems: list[NightpanelError]
) -> list[str]:
    """Lines on a study's boundaries; overlaps and gaps beyond its limits become problems.

    Parameters
    ----------
    found : Boundaries or None
        None if they could not be read.
    section : UnitsSection
    problems : list of NightpanelError
        Is added to.

    Returns
    -------
    list of str
    """
    if found is None:
        return []
    lines = _audit_lines(found.units.audit)
    if found.shift is not None:
        lines.append(f"boundaries: against {section.reference}: {shift_in_words(found.shift)}")
    tiling = measured(found)
    try:
        require_tiling(section, tiling)
    except NightpanelError as error:
        problems.append(error)
    land = "enclosed by units" if found.reference is None else "of the reference"
    lines += [
        f"boundaries: counted twice {tiling.twice_share:.4%} of the units' area,"
        f" {len(tiling.overlaps)} overlaps, the worst: {worst_overlaps(tiling)}",
        f"boundaries: counted never {tiling.never_share:.4%} of the land {land},"
        f" {len(tiling.gaps)} gaps, the worst: {worst_gaps(tiling)}",
    ]
    return lines


def _audit_lines(rows: tuple[AuditRow, ...]) -> list[str]:
    """A line for each rule, with its first row; those to look into first, and marked."""
    first: dict[str, AuditRow] = {}
    counts: Counter[str] = Counter()
    for row in rows:
        first.setdefault(row.rule, row)
        counts[row.rule] += row.count
    ordered = sorted(first, key=lambda rule: rule not in WARNINGS)
    return [
        f"{'warning' if rule in WARNINGS else 'boundaries'}: {rule} ({counts[rule]}), "
        f"the first: {first[rule].subject}: {first[rule].detail}"
        for rule in ordered
    ]
