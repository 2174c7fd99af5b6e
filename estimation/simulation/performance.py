"""What the estimates of one estimator do over the draws of one process."""

from dataclasses import asdict, dataclass
from typing import get_type_hints

import numpy as np
import pandas as pd

from estimation.inference.intervals import interval


@dataclass(frozen=True, slots=True)
class Performance:
    """Bias, spread, standard errors and intervals over draws."""

    process: str
    """The process's name."""
    variant: str
    """The variant."""
    learner: str
    """The learner; ``linear`` where there is none."""
    draws: int
    """Draws with an estimate; the figures below are of these."""
    failed: int
    """Draws in which the estimator refused the panel, or returned no number."""
    theta: float
    """The average effect over city-years."""
    target: float
    """The average that the variant aims at, mean over draws."""
    mean: float
    """Mean estimate."""
    bias: float
    """Mean of estimate minus target."""
    bias_error: float
    """Monte-Carlo standard error of the bias: ``sd / sqrt(draws)``."""
    rmse: float
    """Root mean squared distance from the target."""
    sd: float
    """Standard deviation of estimate minus target."""
    se_ratio: float
    """Mean standard error divided by ``sd``; infinite where all draws are equally far off."""
    se_ratio_error: float
    """Its Monte-Carlo standard error for normal estimates: ``se_ratio / sqrt(2 (draws - 1))``."""
    coverage: float
    """Share of the variant's own 95 % intervals that hold the target."""
    coverage_error: float
    """Its Monte-Carlo standard error, from the share ``(hits + 2) / (draws + 4)``, which is not 0
    where all intervals hold it or none does."""
    coverage_city: float
    """The same share with the standard error clustered by city and a normal interval."""
    treatment_residual_variance: float
    """Variance of the treatment's residual, mean over draws."""
    seconds: float
    """Mean time of one estimate, on one thread."""


def performances(results: pd.DataFrame) -> tuple[Performance, ...]:
    """One performance for every process and estimator with two estimates or more.

    Parameters
    ----------
    results : pandas.DataFrame
        As from :func:`estimation.simulation.draws.results_table`.

    Returns
    -------
    tuple of Performance
        In the order of first appearance.
    """
    groups = results.groupby(["process", "variant", "learner"], sort=False)
    return tuple(
        performance(group)
        for _, group in groups
        if np.isfinite(group[["estimate", "std_error"]]).all(axis=1).sum() > 1
    )


def performance(group: pd.DataFrame) -> Performance:
    """What one estimator does on one process.

    Parameters
    ----------
    group : pandas.DataFrame
        Rows of one process, variant and learner, two or more of them with an estimate.

    Returns
    -------
    Performance
    """
    there = np.isfinite(group[["estimate", "std_error"]]).all(axis=1)
    rows = group[there]
    errors = (rows["estimate"] - rows["target"]).to_numpy(dtype=np.float64)
    count, sd = errors.size, float(errors.std(ddof=1))
    hits = (rows["ci_low"] <= rows["target"]) & (rows["target"] <= rows["ci_high"])
    guarded = (hits.sum() + 2) / (count + 4)
    reach = interval(0.0, 1.0)[3] * rows["std_error_cluster"].to_numpy(dtype=np.float64)
    ratio = float(rows["std_error"].mean()) / sd if sd > 0 else float("inf")
    first = rows.iloc[0]
    return Performance(
        process=str(first["process"]),
        variant=str(first["variant"]),
        learner=str(first["learner"]),
        draws=count,
        failed=int((~there).sum()),
        theta=float(rows["theta"].mean()),
        target=float(rows["target"].mean()),
        mean=float(rows["estimate"].mean()),
        bias=float(errors.mean()),
        bias_error=sd / float(np.sqrt(count)),
        rmse=float(np.sqrt(np.mean(errors**2))),
        sd=sd,
        se_ratio=ratio,
        se_ratio_error=ratio / float(np.sqrt(2 * (count - 1))),
        coverage=float(hits.sum()) / count,
        coverage_error=float(np.sqrt(guarded * (1 - guarded) / (count + 4))),
        coverage_city=float(np.mean(np.abs(errors) <= reach)),
        treatment_residual_variance=float(rows["treatment_residual_variance"].mean()),
        seconds=float(rows["seconds"].mean()),
    )


def performance_table(found: tuple[Performance, ...]) -> pd.DataFrame:
    """Performances as a table, one row each, with their fields as columns."""
    return pd.DataFrame([asdict(one) for one in found], columns=list(get_type_hints(Performance)))
