"""What a part of a linear design is: it needs no learner, so it asks nothing and only tells."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Protocol

import pandas as pd

from estimation.designs import Design
from estimation.linear.rows import LinearEstimate
from estimation.parts.part import Told
from estimation.samples.sample import Sample


@dataclass(frozen=True, slots=True, eq=False)
class LinearSetting:
    """A design with its linear two-way fixed effects fitted, ready to be told more of."""

    design: Design
    """The design."""
    sample: Sample
    """The sample of the fit, in levels."""
    linear: LinearEstimate
    """The fit."""
    tables: Mapping[str, pd.DataFrame]
    """Further tables that the design names, beside the panel."""


class LinearPart(Protocol):
    """One thing that can be told of a linear design."""

    name: ClassVar[str]
    """What it is called in notes and in the table of checks."""

    def tell(self, setting: LinearSetting) -> Told:
        """What follows from sample and fit.

        Raises
        ------
        SampleError
            Data cannot tell. What others tell of the design stands, and a note says why.
        """
        ...
