"""What of a panel limits what a staggered adoption can tell, in words."""

import numpy as np
from numpy.typing import NDArray

from estimation.designs import Design, design_label
from estimation.samples.sample import Sample
from estimation.staggered.cohorts import LeftOut, StaggeredPanel, base_year
from estimation.staggered.effects import FEW_TREATED
from estimation.staggered.small_cohorts import FEW

NAMED = 5
"""Cities named where something is said of several."""


def limits(
    sample: Sample, design: Design, panel: StaggeredPanel, clean: StaggeredPanel, left_out: LeftOut
) -> tuple[str, ...]:
    """Notes on years, cities, cohorts and controls.

    Parameters
    ----------
    sample : Sample
    design : Design
        With ``adoption``.
    panel : StaggeredPanel
        Of the sample.
    clean : StaggeredPanel
        Without always treated cities.
    left_out : LeftOut
        What of it is not in it as it was.

    Returns
    -------
    tuple of str
    """
    notes = [
        *_on_years(panel, clean, left_out),
        *_on_gaps(sample, design, panel),
        *_on_cohorts(clean),
        *_on_controls(design),
    ]
    return tuple(f"{design_label(design)}: {note}" for note in notes)


def _on_years(panel: StaggeredPanel, clean: StaggeredPanel, left_out: LeftOut) -> list[str]:
    first, last = panel.years[0], panel.years[-1]
    notes = []
    if left_out.always_treated:
        notes.append(
            f"{left_out.always_treated} always treated cities (under the policy in their first "
            "year) left out of all estimators but two-way fixed effects"
        )
    late = left_out.after_the_end
    if late:
        notes.append(f"{late} cities adopt after {last}: compared with as if they never adopted")
    soon = int((np.isfinite(clean.adopted) & (clean.adopted > last)).sum())
    if soon:
        notes.append(
            f"{soon} cities adopt after {last}, but may react before: no controls in these years"
        )
    early = int((panel.adopted < first).sum())
    if early:
        notes.append(f"{early} cities adopted before {first}, the first year of the sample")
    gaps = np.setdiff1d(np.arange(first, last + 1), panel.years)
    if gaps.size:
        notes.append(
            f"no rows of {', '.join(map(str, gaps))}: effects there are unknown, and the year "
            "before adoption is the last one at hand"
        )
    return notes


def _on_gaps(sample: Sample, design: Design, panel: StaggeredPanel) -> list[str]:
    """Cities without a row in the year of adoption, or in the one that they are compared with."""
    anticipation = 0 if design.adoption is None else design.adoption.anticipation
    years, there = panel.years, panel.there
    adopts = np.isfinite(panel.adopted) & (panel.adopted > years[np.argmax(there, axis=1)])
    no_start, no_base = np.zeros_like(adopts), np.zeros_like(adopts)
    for one in np.unique(panel.adopted[adopts]):
        own = adopts & (panel.adopted == one)
        at, base = np.flatnonzero(years == one), base_year(years, float(one), anticipation)
        if at.size:
            no_start |= own & ~there[:, at[0]]
        if base is not None:
            no_base |= own & ~there[:, base]
    notes = []
    if no_base.any():
        notes.append(
            f"{_cities(sample, no_base)} without a row in the last year before acting on the "
            "policy: callaway_santanna has no effects of them"
        )
    if no_start.any():
        notes.append(
            f"{_cities(sample, no_start)} without a row in the year of adoption: effects there "
            "are of the others"
        )
    return notes


def _cities(sample: Sample, which: NDArray[np.bool_]) -> str:
    codes = [sample.cities[place] for place in np.flatnonzero(which)]
    more = ", ..." if len(codes) > NAMED else ""
    noun = "city" if len(codes) == 1 else "cities"
    return f"{len(codes)} {noun} ({', '.join(codes[:NAMED])}{more})"


def _on_cohorts(clean: StaggeredPanel) -> list[str]:
    notes = []
    if not np.isinf(clean.adopted).any():
        notes.append("no city never adopts: late years have no clean comparison")
    sizes = {one: int((clean.adopted == one).sum()) for one in clean.cohorts}
    if len(sizes) == 1:
        notes.append(
            "one cohort adopts: there are no forbidden comparisons, two-way fixed effects and the "
            "other estimators aim at the same average, and effects by cohort or that differ "
            "between early and late adopters cannot be told"
        )
    clusters = {one: np.unique(clean.cluster[clean.adopted == one]).size for one in sizes}
    few = [f"{one:g}" for one, count in clusters.items() if count < FEW]
    if few:
        notes.append(
            f"fewer than {FEW} clusters in cohort {', '.join(few)}: errors of averages take their "
            "distance from a common average, errors of a cohort's own effect are too short"
        )
    treated = np.unique(clean.cluster[np.isfinite(clean.adopted)]).size
    if treated < FEW_TREATED:
        notes.append(
            f"{treated} treated clusters in all: they alone are the degrees of freedom of "
            "intervals and tests, and errors are rough"
        )
    alone = [f"{one:g}" for one, size in sizes.items() if size == 1]
    if alone:
        notes.append(
            f"cohort {', '.join(alone)} is one city: what happened there besides the policy "
            "cannot be told apart from it, and effects that rest on it alone have no standard "
            "error"
        )
    return notes


def _on_controls(design: Design) -> list[str]:
    if design.adoption is None or design.adoption.amplifies:
        return []
    beyond = [one for one in design.controls if one not in design.adoption.covariates]
    if not beyond:
        return []
    rest = "other estimators use the covariates that adoption names"
    return [f"{', '.join(beyond)} in two-way fixed effects alone: {rest}"]
