"""What a part is: it asks for problems to be cross-fitted and tells what it makes of the answers.

Parts know a single variant of a single design. All their inquiries, of all designs, are answered in
one go, so that equal nuisance functions are fitted once whoever asks.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Protocol

from estimation.cross_fitting import Answer, Inquiry
from estimation.designs import Design
from estimation.problems.transforms import Transformed
from estimation.results import Check, CurvePoint, Estimate
from estimation.samples.sample import Sample

MAIN = "main"
"""The inquiry that every part may look at: the design's own terms."""


@dataclass(frozen=True, slots=True, eq=False)
class Setting:
    """A variant of a design, ready to be asked about."""

    design: Design
    """The design."""
    variant: str
    """The variant, one that learns."""
    sample: Sample
    """The sample as this variant uses it, in levels."""
    transformed: Transformed
    """Its features after the transform."""
    main: Inquiry
    """The design's own terms."""

    @property
    def in_levels(self) -> bool:
        """Whether the treatment's level counts, not only its change in a city."""
        return self.variant == "faithful"


@dataclass(frozen=True, slots=True)
class Told:
    """What a part has to tell."""

    estimates: tuple[Estimate, ...] = ()
    """Rows of the table of estimates."""
    checks: tuple[Check, ...] = ()
    """Rows of the table of checks."""
    curves: tuple[CurvePoint, ...] = ()
    """Points of effects along a variable."""
    notes: tuple[str, ...] = ()
    """What a reader must know beyond the tables."""


class Part(Protocol):
    """One thing that can be told of a variant."""

    name: ClassVar[str]
    """What it is called in the table of checks."""

    def ask(self, setting: Setting) -> Mapping[str, Inquiry]:
        """Inquiries beyond the main one, by name; empty where residuals are enough."""
        ...

    def tell(self, setting: Setting, answers: Mapping[str, Answer]) -> Told:
        """What follows from the answers, the main one (:data:`MAIN`) among them.

        Raises
        ------
        SampleError
            Data cannot tell. What others tell of the design stands.
        """
        ...
