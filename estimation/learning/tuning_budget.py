"""How long to search for the settings of a learner; nothing heavy is imported here."""

import math
from dataclasses import dataclass

from geo.errors import DesignError


@dataclass(frozen=True, slots=True)
class Budget:
    """How long to search for each nuisance function.

    Raises
    ------
    DesignError
        A number is out of range, or neither trials nor seconds are given.
    """

    trials: int | None = 50
    """Settings to try; None for as many as the seconds allow."""
    seconds: float | None = None
    """No trial but the first starts later; None for no limit. With a limit the result depends on
    the machine: the number of trials done is reported, and as ``trials`` it gives the same settings
    anywhere."""
    folds: int = 5
    """Folds of cities by which settings are scored, 2 or more."""

    def __post_init__(self) -> None:
        if self.trials is None and self.seconds is None:
            raise _wrong("budget", "trials or seconds", "neither", "give one of them")
        if self.trials is not None and self.trials < 1:
            raise _wrong("trials", "1 or more", str(self.trials), "set trials to at least 1")
        if self.seconds is not None and not 0 < self.seconds < math.inf:
            raise _wrong("seconds", "a positive number", f"{self.seconds:g}", "correct seconds")
        if self.folds < 2:
            raise _wrong("folds", "2 or more", str(self.folds), "set folds to at least 2")


def _wrong(key: str, expected: str, found: str, hint: str) -> DesignError:
    return DesignError(f"tuning, {key}", expected=expected, found=found, hint=hint)
