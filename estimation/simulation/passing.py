"""Which estimator passes which process, and which one that recommends.

The rules are those of the protocol, fixed before any result. The Monte-Carlo error enters where
they name it, in the bias, and nowhere else: coverage and the ratio of standard errors are taken as
measured. An estimator without fault then fails by chance now and then; :func:`chances` says how
often.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import binom, chi2

from estimation.simulation.methods import Estimator, simplicity
from estimation.simulation.performance import Performance
from geo.errors import SampleError

BIAS_SHARE = 0.1
"""Bias may reach this share of the average effect ..."""
BIAS_ERRORS = 2.0
"""... or this many of its Monte-Carlo errors."""
COVERAGE = (0.92, 0.98)
"""Coverage of 95 % intervals, ends included."""
SE_RATIO = (0.9, 1.1)
"""Mean standard error over standard deviation of the estimates, ends included."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether an estimator passes a process, rule by rule."""

    process: str
    """The process's name."""
    estimator: Estimator
    """The variant and learner."""
    bias: bool
    """Whether the bias is small enough."""
    coverage: bool
    """Whether intervals hold the target as often as they should."""
    se_ratio: bool
    """Whether standard errors are as large as the spread of the estimates."""
    complete: bool
    """Whether every draw gave an estimate."""

    @property
    def passes(self) -> bool:
        """All of it."""
        return self.bias and self.coverage and self.se_ratio and self.complete


@dataclass(frozen=True, slots=True)
class Recommendation:
    """What follows from the verdicts."""

    estimator: Estimator
    """The one that passes most processes, the simplest of equals."""
    passed: tuple[str, ...]
    """Processes it passes."""
    failed: tuple[str, ...]
    """Processes it does not pass: where not to trust it."""
    equals: tuple[Estimator, ...]
    """Others that pass as many, less simple."""
    nobody: tuple[str, ...]
    """Processes that no estimator passes: where to trust none."""


def judge(found: Performance) -> Verdict:
    """Apply the rules.

    Parameters
    ----------
    found : Performance

    Returns
    -------
    Verdict
    """
    allowed = max(BIAS_SHARE * abs(found.theta), BIAS_ERRORS * found.bias_error)
    return Verdict(
        process=found.process,
        estimator=Estimator(found.variant, found.learner),
        bias=abs(found.bias) <= allowed,
        coverage=COVERAGE[0] <= found.coverage <= COVERAGE[1],
        se_ratio=SE_RATIO[0] <= found.se_ratio <= SE_RATIO[1],
        complete=found.failed == 0,
    )


def recommended(verdicts: Sequence[Verdict]) -> Recommendation | None:
    """The estimator that passes most processes, the simplest of equals.

    Parameters
    ----------
    verdicts : sequence of Verdict
        One for every estimator and process, so that all are counted on the same processes.

    Returns
    -------
    Recommendation or None
        None where no estimator passes any process.

    Raises
    ------
    SampleError
        There is none, or an estimator lacks a process that another has.
    """
    processes = tuple(dict.fromkeys(one.process for one in verdicts))
    judged = sorted({one.estimator for one in verdicts}, key=simplicity)
    _check_whole(verdicts, processes, judged)
    passed = {
        estimator: tuple(
            one.process for one in verdicts if one.estimator == estimator and one.passes
        )
        for estimator in judged
    }
    most = max(len(one) for one in passed.values())
    if most == 0:
        return None
    best, *equals = (one for one in judged if len(passed[one]) == most)
    return Recommendation(
        estimator=best,
        passed=passed[best],
        failed=tuple(name for name in processes if name not in passed[best]),
        equals=tuple(equals),
        nobody=tuple(
            name for name in processes if not any(name in names for names in passed.values())
        ),
    )


def _check_whole(
    verdicts: Sequence[Verdict], processes: Sequence[str], judged: Sequence[Estimator]
) -> None:
    there = {(one.estimator, one.process) for one in verdicts}
    missing = [
        f"{estimator.variant} with {estimator.learner} on {process}"
        for estimator in judged
        for process in processes
        if (estimator, process) not in there
    ]
    if missing or not there:
        raise SampleError(
            "simulation",
            expected="two draws or more of every estimator on every process",
            found=f"fewer of {missing[0]} ({len(missing)} such)" if missing else "none",
            hint="run the draws that are missing",
        )


def chances(draws: int) -> tuple[float, float]:
    """How often an estimator without fault would meet the rules on its intervals and errors.

    Parameters
    ----------
    draws : int
        Two or more.

    Returns
    -------
    (coverage, se_ratio)
        Probability that exact 95 % intervals cover within the bounds (binomial), and that exact
        standard errors of normal estimates have a ratio within theirs (chi squared).
    """
    # Ends are included: the counts next to them are tried as the rule tries them.
    hits = np.arange(draws + 1)
    inside = (hits / draws >= COVERAGE[0]) & (hits / draws <= COVERAGE[1])
    low, high = ((draws - 1) / end**2 for end in reversed(SE_RATIO))
    return (
        float(binom.pmf(hits[inside], draws, 0.95).sum()),
        float(chi2.cdf(high, draws - 1) - chi2.cdf(low, draws - 1)),
    )
