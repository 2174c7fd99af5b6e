"""The study file's section on the parts of a composite."""

from typing import Annotated

from pydantic import Field

from estimation.additivity.keys import CompositeOf
from nightpanel.study_section import ValueSection


class CompositeOfSection(ValueSection):
    """The parts of which a design's treatment is a composite."""

    parts: Annotated[list[str], Field(min_length=2)]
    """Columns of the parts (sub-indices)."""
    folds: int = 5
    """Folds of cities of the out-of-city R2."""
    repetitions: int = 20
    """Repetitions with new folds."""
    draws: int = 999
    """Draws of the bootstrap by city."""

    def made(self) -> CompositeOf:
        """The estimation room's value."""
        return CompositeOf(tuple(self.parts), self.folds, self.repetitions, self.draws)
