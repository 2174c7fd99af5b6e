"""The state of the structural model: capital and the AI stock, in logs."""

# ruff: noqa: N815 - the model's names

from dataclasses import dataclass

from estimation.structural.domain import finite


@dataclass(frozen=True, slots=True)
class State:
    """Stocks at the beginning of a period; 1 and 1 in the paper's first.

    Raises
    ------
    StructuralError
        A stock's log is not finite.
    """

    ln_K: float = 0.0
    """Log of capital."""
    ln_M: float = 0.0
    """Log of the AI stock."""

    def __post_init__(self) -> None:
        finite("ln_K", self.ln_K)
        finite("ln_M", self.ln_M)


FIRST = State()
"""Capital and AI of 1 each: the paper's first period."""
