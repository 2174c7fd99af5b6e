"""The treatment terms of a design, formed in levels before any transform.

A product of treatment and moderator has to be formed before differencing or demeaning: the product
of two changes is not the change of the product. Treatment and moderator are standardised first, and
every other scaling follows from the same fit by algebra, so that rescaling a moderator cannot
change the statistic of the product.

Where the treatment's slope differs by labels, the treatment is multiplied by deviations of the
labels' indicators from their shares: its own coefficient stays the average slope over the sample.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from estimation.designs import Design
from estimation.samples.sample import Floats, Sample
from estimation.vocabulary import EFFECT, SLOPES
from geo.errors import SampleError

PLAIN = ""
CENTRED = "centred"
MIN_MAX = "min_max"


@dataclass(frozen=True, slots=True, eq=False)
class Terms:
    """Columns whose coefficients are estimated, and the scales in which these are told."""

    names: tuple[str, ...]
    """Names of the terms, k of them."""
    levels: Floats
    """The terms in levels, shape (n, k)."""
    scalings: Mapping[str, Floats]
    """For each scaling, what a fitted coefficient is multiplied by, shape (k,); the first is the
    one of the main table."""
    slopes: tuple[str, ...] = ()
    """Those of the names that tell how the treatment's slope differs by labels."""

    def part(self, name: str) -> str:
        """The part of a term's row in the table of estimates."""
        return SLOPES if name in self.slopes else EFFECT


def treatment_terms(sample: Sample, design: Design) -> Terms:
    """The terms of a design: its treatments, what its slopes differ by, product and moderator.

    Parameters
    ----------
    sample : Sample
    design : Design

    Returns
    -------
    Terms
        With a moderator the scalings ``centred`` (coefficients per unit of treatment and moderator,
        the treatment's own at the mean of the moderator) and ``min_max`` (the moderator from 0 to
        1, centred before the product); else one, unnamed.

    Raises
    ------
    SampleError
        The moderator is constant.
    """
    plain = [sample.treatment, *(sample.column(name) for name in design.joint)]
    slopes = slope_terms(sample, design)
    if design.moderator is None:
        levels = np.column_stack([*plain, *slopes.values()])
        names = (*design.treatments, *slopes)
        scalings = {PLAIN: np.ones(levels.shape[1])}
        return Terms(names, levels, MappingProxyType(scalings), tuple(slopes))
    moderator = sample.column(design.moderator)
    span, sd_m = float(np.ptp(moderator)), float(moderator.std())
    if not span > 0:
        raise SampleError(
            f"{sample.label}, moderator '{design.moderator}'",
            expected="a moderator that varies",
            found=f"{moderator[0]:g} in every row",
            hint="name another moderator",
        )
    z = (moderator - moderator.mean()) / sd_m
    sd_d = [float(column.std()) for column in plain]
    standard = [(column - column.mean()) / sd for column, sd in zip(plain, sd_d, strict=True)]
    per_unit = [*(1 / sd for sd in sd_d), *(1.0 for _ in slopes)]
    centred = np.array([*per_unit, 1 / (sd_d[0] * sd_m), 1 / sd_m])
    product = f"{design.treatment} x {design.moderator}"
    return Terms(
        names=(*design.treatments, *slopes, product, design.moderator),
        levels=np.column_stack([*standard, *slopes.values(), standard[0] * z, z]),
        scalings=MappingProxyType(
            {
                CENTRED: centred,
                MIN_MAX: centred * np.array([*(1.0 for _ in per_unit), span, span]),
            }
        ),
        slopes=tuple(slopes),
    )


def slope_terms(sample: Sample, design: Design) -> dict[str, Floats]:
    """How the treatment's slope differs by the design's labels.

    Parameters
    ----------
    sample : Sample
    design : Design

    Returns
    -------
    dict of str to float array, shape (n,)
        Name to column; a coefficient is the slope's difference to that of the first label in the
        sample. Empty without slopes.
    """
    d = sample.treatment - sample.treatment.mean()
    made: dict[str, Floats] = {}
    for place, name in enumerate(design.slopes):
        codes, known = sample.slope_codes[:, place], sample.slope_labels[place]
        for code in np.unique(codes)[1:]:
            inside = (codes == code).astype(np.float64)
            made[f"{design.treatment} x {name} = {known[code]}"] = d * (inside - inside.mean())
    return made
