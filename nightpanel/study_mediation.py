"""The study file's section on mediators."""

from estimation.mediation.keys import Mediators, Method
from nightpanel.study_section import ValueSection


class MediatorsSection(ValueSection):
    """Variables through which the treatment may act; see `Mediators` for each key."""

    columns: list[str]
    """Columns of the mediators, side by side."""
    draws: int = 5000
    """Draws of the bootstrap."""
    interval: Method = "percentile"
    """Which interval stands in the main rows."""

    def made(self) -> Mediators:
        """The estimation room's value."""
        return Mediators(tuple(self.columns), self.draws, self.interval)
