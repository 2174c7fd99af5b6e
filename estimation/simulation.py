"""Simulation: estimators on panels with a known effect, and what their estimates do.

A process is a function from a seed to a panel. Nothing here knows what is true in it: the truth is
handed to the summary alone.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from time import perf_counter

import numpy as np
import pandas as pd

from estimation.designs import Design
from estimation.estimate import estimate
from estimation.intervals import interval
from estimation.pool import Progress, map_fits
from estimation.vocabulary import VARIANTS

Process = Callable[[int], pd.DataFrame]
"""Draws a panel; the same seed gives the same panel. Importable by name where workers are used."""

KEPT = (
    "design",
    "variant",
    "estimate",
    "std_error",
    "std_error_robust",
    "std_error_cluster",
    "ci_low",
    "ci_high",
    "n",
    "n_clusters",
    "treatment_residual_variance",
)


@dataclass(frozen=True, slots=True)
class Performance:
    """What the estimates of one variant of a design do over draws."""

    design: str
    """The design's name."""
    variant: str
    """The variant."""
    draws: int
    """Number of draws."""
    truth: float
    """The true effect."""
    mean: float
    """Mean estimate."""
    bias: float
    """Mean estimate minus truth."""
    bias_error: float
    """Monte-Carlo standard error of the bias: ``sd / sqrt(draws)``."""
    rmse: float
    """Root mean squared distance from the truth."""
    sd: float
    """Standard deviation of the estimates."""
    se_ratio: float
    """Mean standard error divided by ``sd``."""
    coverage: float
    """Share of 95 % intervals that hold the truth, with the variant's own standard error."""
    coverage_error: float
    """Its Monte-Carlo standard error, from the share ``(hits + 2) / (draws + 4)``, which is not 0
    where all intervals hold it or none does."""
    coverage_city: float
    """The same share with the standard error clustered by city."""
    seconds: float
    """Mean time of one estimate, on one thread."""


def run_draw(seed: int, *, process: Process, designs: Sequence[Design]) -> pd.DataFrame:
    """Draw one panel and estimate every variant of every design on it, each by itself.

    Parameters
    ----------
    seed : int
        Of the panel; folds and learners use the design's seed plus this one.
    process : callable
    designs : sequence of Design

    Returns
    -------
    pandas.DataFrame
        One row for each design and variant that can be run: ``seed``, the columns :data:`KEPT` and
        ``seconds`` (wall time on one thread).
    """
    panel = process(seed)
    parts = []
    for design in designs:
        for variant in VARIANTS:
            if variant in design.variants:
                one = replace(design, variants=(variant,), seed=design.seed + seed)
                start = perf_counter()
                table = estimate(panel, [one], workers=1).estimates
                seconds = perf_counter() - start
                rows = table.loc[table["variant"] == variant, list(KEPT)]
                parts.append(rows.assign(seconds=seconds))
    draws = pd.concat(parts, ignore_index=True)
    draws.insert(0, "seed", seed)
    return draws


def run_draws(
    process: Process,
    designs: Sequence[Design],
    *,
    seeds: Sequence[int],
    workers: int | None = None,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """:func:`run_draw` for many seeds, over processes.

    Parameters
    ----------
    process : callable
    designs : sequence of Design
    seeds : sequence of int
    workers : int or None
        As in :func:`estimation.pool.map_fits`.
    progress : callable, optional
        Called with (draws done, all draws).

    Returns
    -------
    pandas.DataFrame
        Rows ordered as ``seeds``; all but ``seconds`` are the same for any number of workers.
    """
    task = partial(run_draw, process=process, designs=tuple(designs))
    parts = map_fits(task, list(seeds), workers=workers, progress=progress)
    return pd.concat(parts, ignore_index=True)


def summarise(draws: pd.DataFrame, *, truth: float) -> tuple[Performance, ...]:
    """What estimators do, from their draws.

    Parameters
    ----------
    draws : pandas.DataFrame
        As from :func:`run_draws`, with two seeds or more.
    truth : float
        The true effect.

    Returns
    -------
    tuple of Performance
        One for each design and variant, in the order of first appearance.
    """
    groups = draws.groupby(["design", "variant"], sort=False)
    return tuple(
        _performance(str(design), str(variant), group, truth) for (design, variant), group in groups
    )


def _performance(design: str, variant: str, group: pd.DataFrame, truth: float) -> Performance:
    estimates = group["estimate"].to_numpy(dtype=np.float64)
    errors = estimates - truth
    sd = float(estimates.std(ddof=1))
    count = estimates.size
    hits = (group["ci_low"] <= truth) & (truth <= group["ci_high"])
    guarded = (hits.sum() + 2) / (count + 4)
    reach = _half_width() * group["std_error_cluster"].to_numpy(dtype=np.float64)
    return Performance(
        design=design,
        variant=variant,
        draws=count,
        truth=truth,
        mean=float(estimates.mean()),
        bias=float(errors.mean()),
        bias_error=sd / float(np.sqrt(count)),
        rmse=float(np.sqrt(np.mean(errors**2))),
        sd=sd,
        se_ratio=float(group["std_error"].mean()) / sd,
        coverage=float(hits.mean()),
        coverage_error=float(np.sqrt(guarded * (1 - guarded) / (count + 4))),
        coverage_city=float(np.mean(np.abs(errors) <= reach)),
        seconds=float(group["seconds"].mean()),
    )


def _half_width() -> float:
    """Half the width of an interval, in standard errors."""
    return interval(0.0, 1.0)[3]
