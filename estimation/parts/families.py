"""Families of tests: Holm's correction over treatments that are estimated together."""

from collections.abc import Sequence
from dataclasses import replace

from estimation.designs import Design
from estimation.inference.multiplicity import holm
from estimation.results import Estimate


def with_holm(rows: Sequence[Estimate], design: Design) -> list[Estimate]:
    """Rows with Holm's p values, where a design has several treatments.

    Parameters
    ----------
    rows : sequence of Estimate
        Of one variant of the design, in every scaling.
    design : Design
        Its treatments are the family; products and moderators are none.

    Returns
    -------
    list of Estimate
    """
    if len(design.treatments) < 2:
        return list(rows)
    corrected = list(rows)
    for scaling in dict.fromkeys(row.scaling for row in rows):
        places = [
            place
            for place, row in enumerate(rows)
            if row.scaling == scaling and row.term in design.treatments
        ]
        family = holm(design.treatments, [rows[place].p_value for place in places])
        for place, adjusted in zip(places, family.adjusted, strict=True):
            corrected[place] = replace(
                rows[place], p_value_holm=float(adjusted), family=family.n_tests
            )
    return corrected
