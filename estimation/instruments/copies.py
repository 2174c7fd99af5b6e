"""Instruments that are the treatment or the outcome in another unit tell nothing: refuse them."""

import numpy as np

from estimation.designs import Design
from estimation.instruments.keys import instruments_of
from estimation.linear.partialling import RANK_TOLERANCE
from estimation.samples.sample import Floats, Sample
from geo.errors import SampleError


def check_no_copies(sample: Sample, design: Design) -> None:
    """Refuse an instrument that is a linear function of the treatment, or of the outcome.

    What effects and controls make a copy is found when they are taken out.

    Parameters
    ----------
    sample : Sample
    design : Design

    Raises
    ------
    SampleError
    """
    others = {"treatment": sample.treatment, "outcome": sample.outcome}
    names = {"treatment": design.treatment, "outcome": design.outcome}
    for name in instruments_of(design):
        for what, other in others.items():
            if _same(sample.column(name), other):
                raise SampleError(
                    f"{sample.label}, instrument '{name}'",
                    expected=f"an instrument other than the {what} '{names[what]}'",
                    found=f"the {what} itself, up to its unit",
                    hint="name another instrument",
                )


def _same(one: Floats, other: Floats) -> bool:
    """Whether a column is a linear function of another that varies."""
    first, second = one - one.mean(), other - other.mean()
    whole, length = np.linalg.norm(first), np.linalg.norm(second)
    if not (whole > 0 and length > 0):
        return False
    unit = second / length
    return bool(np.linalg.norm(first - unit * (unit @ first)) <= RANK_TOLERANCE * whole)
