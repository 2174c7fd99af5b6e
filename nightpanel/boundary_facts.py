"""What `nightpanel check` says of boundaries: repairs, datum, overlaps and gaps, a line each."""

from geo.errors import NightpanelError
from nightpanel.boundary_checks import (
    Boundaries,
    measured,
    require_tiling,
    shift_in_words,
    worst_gaps,
    worst_overlaps,
)
from nightpanel.boundary_warnings import audit_lines
from nightpanel.study_units import UnitsSection


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
    lines = audit_lines(found.units.audit)
    if found.shift is not None:
        lines.append(f"boundaries: against {section.reference}: {shift_in_words(found.shift)}")
    tiling = measured(found)
    try:
        require_tiling(section, tiling)
    except NightpanelError as error:
        problems.append(error)
    land = "enclosed by units" if found.reference is None else "of the reference"
    twice = f"{tiling.twice_share:.4%} of the units' area, {len(tiling.overlaps)} overlaps"
    never = f"{tiling.never_share:.4%} of the land {land}, {len(tiling.gaps)} gaps"
    return [
        *lines,
        f"boundaries: counted twice {twice}, the worst: {worst_overlaps(tiling)}",
        f"boundaries: counted never {never}, the worst: {worst_gaps(tiling)}",
    ]
