"""Composite against parts: which model of the outcome does not need the other.

Two tests, both with the design's effects and clustered errors. Encompassing (Mizon and Richard
1986, Econometrica 54(3)): one model's regressors are added to the other's. J (Davidson and
MacKinnon 1981, Econometrica 49(3)): one model's fitted values are added. A composite with fixed
weights is a linear function of its parts, so that its model is nested in theirs: the J test has
nothing to add to the parts, and what remains is the test that parts enter in other proportions than
the composite's weights. Neither says anything of super-additivity, which only products can show.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from estimation.additivity.regressions import Tested, joint_test, regress_on
from estimation.designs import Design
from estimation.linear.partialling import demeaned, left_after, year_dummies
from estimation.samples.sample import Floats, Sample
from geo.errors import DesignError

EXACT = 1e-6
"""Share of the composite's variation that parts may leave and still determine it: published indices
are rounded, and what rounding leaves is no model of its own."""
FITTED = "fitted by parts"


@dataclass(frozen=True, slots=True)
class MadeOf:
    """What of a composite its parts determine, after the design's effects and controls."""

    r2: float
    """Share of its variation that a linear function of the parts has."""
    slopes: Floats
    """That function's slopes, in standard deviations of composite and parts, shape (p,)."""

    @property
    def is_exact(self) -> bool:
        """Whether nothing but rounding is left: the composite's model is nested in the parts'."""
        return 1.0 - self.r2 < EXACT


@dataclass(frozen=True, slots=True)
class NonNested:
    """Tests of composite against parts."""

    made_of: MadeOf
    """How far the composite is a linear function of its parts."""
    parts_added: Tested
    """Parts added to the composite: all of them, or all but one where it is an exact function."""
    composite_added: Tested | None
    """The composite added to the parts; None where nothing of it is left."""
    j_parts: Tested | None
    """What the parts fit added to the composite; None where models are nested."""


def made_of(composite: Floats, parts: Floats, sample: Sample, names: tuple[str, ...]) -> MadeOf:
    """How far a composite is a linear function of its parts within cities and years.

    Parameters
    ----------
    composite : float array, shape (n,)
    parts : float array, shape (n, p)
    sample : Sample
        Its cities, years and controls.
    names : tuple of str
        Names of the parts.

    Returns
    -------
    MadeOf

    Raises
    ------
    DesignError
        A part is the composite, up to effects, controls and scale.
    """
    effects = demeaned(np.column_stack([year_dummies(sample.year), sample.controls]), sample.city)
    within = left_after(demeaned(np.column_stack([composite, parts]), sample.city), effects).values
    lengths = np.linalg.norm(within, axis=0)
    c, *p = (within / np.where(lengths > 0, lengths, 1.0)).T
    for name, part in zip(names, p, strict=True):
        if 1.0 - float(c @ part) ** 2 < EXACT:
            raise DesignError(
                f"{sample.label}, composite_of, column '{name}'",
                expected="parts of the composite",
                found="the composite itself, up to its scale, effects and controls",
                hint="leave the part out, or name another treatment",
            )
    columns = np.column_stack(p)
    left = left_after(c[:, None], columns).values[:, 0]
    slopes = np.linalg.lstsq(columns, c, rcond=None)[0]
    return MadeOf(1.0 - float(left @ left), slopes)


def non_nested(
    sample: Sample, design: Design, composite: Floats, parts: Mapping[str, Floats]
) -> NonNested:
    """Test composite against parts.

    Parameters
    ----------
    sample : Sample
    design : Design
    composite : float array, shape (n,)
    parts : mapping of str to float array, shape (n,)

    Returns
    -------
    NonNested

    Raises
    ------
    DesignError
        A part is the composite.
    SampleError
        Effects, controls and other parts determine a part.
    """
    names, where = tuple(parts), f"{sample.label}, composite against parts"
    own = made_of(composite, np.column_stack(list(parts.values())), sample, names)
    both = {design.treatment: composite}
    if own.is_exact:
        # Composite and all parts are one column too many: the part it has most of is left out.
        spare = names[int(np.argmax(np.abs(own.slopes)))]
        added = tuple(name for name in names if name != spare)
        fit = regress_on(sample, design, both | {name: parts[name] for name in added})
        return NonNested(own, joint_test(fit, added, where=where), None, None)
    fit = regress_on(sample, design, both | dict(parts))
    by_parts = regress_on(sample, design, parts).fit
    fitted = np.column_stack([parts[name] for name in by_parts.names]) @ by_parts.theta
    j = regress_on(sample, design, both | {FITTED: fitted})
    return NonNested(
        own,
        joint_test(fit, names, where=where),
        joint_test(fit, (design.treatment,), where=where),
        joint_test(j, (FITTED,), where=where),
    )
