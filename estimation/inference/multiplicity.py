"""Many tests at once: Holm's correction, and how many tests there were."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from statsmodels.stats.multitest import multipletests

from estimation.inference.intervals import LEVEL
from estimation.samples.sample import Floats
from geo.errors import SampleError


@dataclass(frozen=True, slots=True)
class Family:
    """A family of tests, corrected so that any false rejection is as rare as in one test."""

    names: tuple[str, ...]
    """The tests."""
    p_values: Floats
    """As they came, NaN where a test had none, shape (m,)."""
    adjusted: Floats
    """Holm's p values, at most 1; NaN where a test had none."""
    rejected: tuple[bool, ...]
    """Whether the corrected p value is 5 % or less."""
    n_tests: int
    """Tests in the family; those without a p value count, as if it were 1."""


def holm(names: Sequence[str], p_values: Sequence[float] | Floats) -> Family:
    """Holm's step-down correction (1979), by statsmodels.

    Parameters
    ----------
    names : sequence of str
        What is tested.
    p_values : sequence of float, shape (m,)
        From 0 to 1, or NaN where a test could not be made.

    Returns
    -------
    Family

    Raises
    ------
    SampleError
        There is no test, or a p value is no probability.
    """
    values = np.asarray(p_values, dtype=np.float64)
    missing = np.isnan(values)
    wrong = ~missing & ~((values >= 0) & (values <= 1))
    if values.size == 0 or wrong.any():
        raise SampleError(
            "family of tests",
            expected="p values from 0 to 1",
            found=f"{values[wrong][0]:g}" if wrong.any() else "no test",
            hint="name the tests that were run",
        )
    rejected, adjusted, _, _ = multipletests(
        np.where(missing, 1.0, values), alpha=1 - LEVEL, method="holm"
    )
    return Family(
        names=tuple(names),
        p_values=values,
        adjusted=np.where(missing, np.nan, adjusted),
        rejected=tuple(bool(one) for one in rejected),
        n_tests=values.size,
    )
