"""What an effect means for a standard deviation of the treatment, with the arithmetic in one line.

A product that a reader cannot check is easily wrong: Yang (2026) has an effect of 0.342 and a
standard deviation of 0.178, whose product is 0.061, and prints 0.048.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StandardisedEffect:
    """An effect times a standard deviation of the treatment, and what that is of the outcome."""

    effect: float
    """Change of the outcome per unit of the treatment."""
    sd_treatment: float
    """A standard deviation of the treatment."""
    sd_outcome: float
    """The standard deviation of the outcome."""
    mean_outcome: float
    """The mean of the outcome."""

    @property
    def per_sd(self) -> float:
        """Change of the outcome per standard deviation of the treatment."""
        return self.effect * self.sd_treatment

    @property
    def in_sd(self) -> float:
        """The same in standard deviations of the outcome."""
        return self.per_sd / self.sd_outcome

    @property
    def per_cent(self) -> float:
        """The same in per cent of the outcome's mean; NaN where this is not above zero."""
        return 100 * self.per_sd / self.mean_outcome if self.mean_outcome > 0 else float("nan")

    def line(self, treatment: str, outcome: str, *, kind: str) -> str:
        """Every factor and every result, six figures each.

        Parameters
        ----------
        treatment, outcome : str
            Names of the columns.
        kind : str
            Which standard deviation of the treatment it is.
        """
        share = (
            f" = {self.per_cent:.6g} % of its mean {self.mean_outcome:.6g}"
            if self.mean_outcome > 0
            else f"; no share of its mean, which is {self.mean_outcome:.6g}"
        )
        return (
            f"{self.effect:.6g} (effect of {treatment}) x {self.sd_treatment:.6g} ({kind}) = "
            f"{self.per_sd:.6g} = {self.in_sd:.6g} sd of {outcome} (sd {self.sd_outcome:.6g})"
            f"{share}"
        )
