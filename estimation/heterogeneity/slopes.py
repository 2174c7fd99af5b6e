"""Labels by which a treatment's slope differs beside a design's other terms."""

from collections.abc import Sequence

import numpy as np

from estimation.designs import Design
from estimation.linear.rows import effect_levels
from estimation.linear.within import nested
from estimation.samples.sample import Sample
from geo.errors import SampleError


def check_labels(sample: Sample, design: Design) -> None:
    """Refuse labels that cannot tell slopes apart, or that would need an effect of their own.

    Parameters
    ----------
    sample : Sample
    design : Design
        Without slopes nothing is checked.

    Raises
    ------
    SampleError
        A column has one label only, a label is found in one city only, or no effect of the design
        holds a column's labels: what is then told of slopes may be a shift of the level.
    """
    for place, name in enumerate(design.slopes):
        codes, where = sample.slope_codes[:, place], f"{sample.label}, slopes '{name}'"
        there = np.unique(codes)
        if there.size < 2:
            raise SampleError(
                where,
                expected="two labels or more",
                found=f"'{sample.slope_labels[place][there[0]]}' in every row",
                hint="leave the column out",
            )
        cities = [np.unique(sample.city[codes == one]).size for one in there]
        if min(cities) < 2:
            raise SampleError(
                where,
                expected="each label in two cities or more",
                found=f"'{sample.slope_labels[place][there[int(np.argmin(cities))]]}' in one",
                hint="name a column of coarser labels",
            )
        if not any(nested(effect_levels(sample, one), codes) for one in design.absorbed):
            raise SampleError(
                where,
                expected="labels that an effect holds: fixed in a city, or the same everywhere in "
                "a year",
                found=f"labels that change within each of {_listed(design.absorbed)}",
                hint="name the column as moderator, or add its effect to effects",
            )


def _listed(effects: Sequence[str]) -> str:
    return ", ".join(effects) or "no effects"
