"""The frozen result of a design, and its tidy and readable tables."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import get_type_hints

import numpy as np
import pandas as pd


@dataclass(frozen=True, slots=True)
class Estimate:
    """One term of one variant of a design; one row of ``estimates.parquet``."""

    design: str
    """The design's name."""
    variant: str
    """How it was estimated: one of :data:`estimation.designs.VARIANTS`."""
    term: str
    """The treatment whose effect is estimated."""
    estimate: float
    """The effect: change of the outcome per unit of the treatment."""
    std_error: float
    """The standard error named by ``se_type``."""
    statistic: float
    """``estimate / std_error``."""
    p_value: float
    """Two-sided, from the normal distribution, in every variant."""
    ci_low: float
    """Lower end of the 95 % interval, normal."""
    ci_high: float
    """Upper end of the 95 % interval, normal."""
    n: int
    """Rows used (of a first difference: pairs of years)."""
    n_clusters: int
    """Cities used."""
    se_type: str
    """``robust`` (heteroskedasticity) or ``city`` (clustered)."""
    std_error_robust: float
    """Heteroskedasticity-robust standard error."""
    std_error_city: float
    """Standard error clustered by city."""
    learner: str
    """The learner's name; ``linear`` for two-way fixed effects."""
    folds: int
    """Folds of cross-fitting; 0 where there is none."""
    repetitions: int
    """Repetitions of cross-fitting; 0 where there is none."""
    seed: int
    """Seed of folds and learners."""
    rmse_outcome: float
    """Root mean squared out-of-fold residual of the outcome; NaN where there are no folds."""
    rmse_treatment: float
    """Root mean squared out-of-fold residual of the treatment; NaN where there are no folds."""
    treatment_residual_variance: float
    """Variance of the treatment's residual: what is left to identify the effect."""
    outcome: str
    """Column of the outcome."""
    treatment: str
    """Column of the treatment."""
    controls: str
    """Columns of the controls, joined by ``;``."""
    effects: str
    """How city and year effects are treated."""
    recommended: str
    """``provisional`` or empty."""
    note: str
    """What a reader of this row must know."""


def estimates_table(estimates: Sequence[Estimate]) -> pd.DataFrame:
    """Estimates as a tidy table, one row each, in the order given.

    Parameters
    ----------
    estimates : sequence of Estimate

    Returns
    -------
    pandas.DataFrame
        The fields of :class:`Estimate` as columns: text, int64 and float64; the columns are there
        even when no row is.
    """
    dtypes = {str: "str", int: "int64", float: "float64"}
    kinds = get_type_hints(Estimate)
    table = pd.DataFrame([asdict(one) for one in estimates], columns=list(kinds))
    return table.astype({column: dtypes[kind] for column, kind in kinds.items()})


def summary_table(
    estimates: pd.DataFrame, truth: float | Mapping[str, float] | None = None
) -> pd.DataFrame:
    """The estimates as one prints them.

    Parameters
    ----------
    estimates : pandas.DataFrame
        As from :func:`estimates_table`.
    truth : float, mapping of design to float, or None
        The true effect, if it is known.

    Returns
    -------
    pandas.DataFrame
        Columns ``design``, ``variant``, ``estimate (se)``, ``95 % interval`` (text), ``n`` (int64)
        and, with ``truth``, ``truth`` (text, empty for a design the mapping lacks).
    """
    variants = estimates["variant"].where(
        estimates["recommended"] == "", estimates["variant"] + " (provisionally recommended)"
    )
    decimals = [_decimals(error) for error in estimates["std_error"]]
    table = pd.DataFrame(
        {
            "design": estimates["design"],
            "variant": variants,
            "estimate (se)": [
                f"{row.estimate:.{places}f} ({row.std_error:.{places}f})"
                for row, places in zip(estimates.itertuples(), decimals, strict=True)
            ],
            "95 % interval": [
                f"[{row.ci_low:.{places}f}, {row.ci_high:.{places}f}]"
                for row, places in zip(estimates.itertuples(), decimals, strict=True)
            ],
            "n": estimates["n"],
        }
    )
    if truth is not None:
        table["truth"] = [
            _true_text(truth, design, places)
            for design, places in zip(estimates["design"], decimals, strict=True)
        ]
    return table


def _true_text(truth: float | Mapping[str, float], design: str, places: int) -> str:
    value = truth.get(design) if isinstance(truth, Mapping) else truth
    return "" if value is None else f"{value:.{places}f}"


def _decimals(std_error: float) -> int:
    """Decimals that show two figures of the standard error, from 3 to 9."""
    if not (np.isfinite(std_error) and std_error > 0):
        return 3
    return int(np.clip(1 - np.floor(np.log10(std_error)), 3, 9))
