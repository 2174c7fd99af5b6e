"""Linear two-way fixed effects, the yardstick beside every other variant.

Cities are absorbed by pyfixest and years are dummies. Absorbing both would give the same estimate,
but pyfixest 0.60 visits two absorbed effects in the order of a set of names, which differs between
processes, and with it the last bit of the result.
"""

import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyfixest
from numpy.typing import NDArray
from pyfixest.estimation import Feols

from estimation.sample import Floats, Integers, Sample
from geo.errors import SampleError

_DEMEANER = pyfixest.MapDemeaner(fixef_tol=1e-12)


@dataclass(frozen=True, slots=True)
class LinearFit:
    """The effect from least squares with city and year effects absorbed."""

    theta: float
    """Coefficient of the treatment."""
    se_robust: float
    """Heteroskedasticity-robust standard error (HC1)."""
    se_city: float
    """Standard error clustered by city (CRV1, small-sample factors of reghdfe)."""
    treatment_residual_variance: float
    """Variance of the treatment left after effects and controls."""
    n: int
    """Rows used."""
    n_clusters: int
    """Cities used."""
    lost_rows: int
    """Rows left out because their city or year has no other row."""
    collinear: tuple[str, ...]
    """Controls left out because effects and other controls determine them."""


def two_way_fixed_effects(sample: Sample) -> LinearFit:
    """Regress outcome on treatment and controls with city and year effects.

    Parameters
    ----------
    sample : Sample
        n rows, p controls.

    Returns
    -------
    LinearFit

    Raises
    ------
    SampleError
        Effects and controls determine the treatment, or no row is left.
    """
    kept = not_alone(sample.city, sample.year)
    if not kept.any():
        raise _nothing_left(sample, "no city with two years in common with others")
    period = sample.year[kept]
    years = {f"t{value}": period == value for value in np.unique(period)[1:]}
    controls = {f"x{j}": _scaled(column[kept])[0] for j, column in enumerate(sample.controls.T)}
    outcome, outcome_scale = _scaled(sample.outcome[kept])
    treatment, treatment_scale = _scaled(sample.treatment[kept])
    table = pd.DataFrame(
        {
            "y": outcome,
            "d": treatment,
            "city": sample.city[kept],
            **{name: dummy.astype(np.float64) for name, dummy in years.items()},
            **controls,
        }
    )
    fit = _feols(table, "y", (*years, *controls, "d"))
    if "d" not in fit.coef().index:
        raise _nothing_left(sample, "none: effects and controls determine it")
    left = tuple(name for name in (*years, *controls) if name in fit.coef().index)
    unit = outcome_scale / treatment_scale
    se_city = unit * float(fit.se()["d"])
    fit.vcov("hetero")
    return LinearFit(
        theta=unit * float(fit.coef()["d"]),
        se_robust=unit * float(fit.se()["d"]),
        se_city=se_city,
        treatment_residual_variance=treatment_scale**2 * _residual_variance(table, left),
        n=len(table),
        n_clusters=int(table["city"].nunique()),
        lost_rows=int((~kept).sum()),
        collinear=tuple(
            name
            for name, column in zip(sample.control_names, controls, strict=True)
            if column not in left
        ),
    )


def not_alone(city: Integers, year: Integers) -> NDArray[np.bool_]:
    """Rows whose city and whose year both have another row, after leaving the rest out.

    Parameters
    ----------
    city, year : int64 array, shape (n,)
        Cities are 0 or more.

    Returns
    -------
    bool array, shape (n,)
    """
    _, period = np.unique(year, return_inverse=True)
    kept = np.ones(city.size, dtype=bool)
    while True:
        alone = (np.bincount(city[kept], minlength=1 + city.max())[city] == 1) | (
            np.bincount(period[kept], minlength=1 + period.max())[period] == 1
        )
        if not (alone & kept).any():
            return kept
        kept &= ~alone


def _scaled(values: Floats) -> tuple[Floats, float]:
    """Values over the power of two nearest their spread, which costs no digit, and that power.

    pyfixest compares collinearity with an absolute tolerance; so no column is dropped for its unit.
    """
    spread = float(np.std(values))
    power = 2.0 ** np.round(np.log2(spread)) if spread > 0 else 1.0
    return values / power, float(power)


def _feols(table: pd.DataFrame, outcome: str, regressors: tuple[str, ...]) -> Feols:
    """Least squares with city effects absorbed.

    Of collinear regressors pyfixest drops the last: the treatment stands last, so that it is never
    estimated in the place of a control.
    """
    with warnings.catch_warnings():
        # pyfixest's own use of pandas, and what is reported as `collinear`.
        warnings.filterwarnings("ignore", "The inplace keyword in DataFrame", DeprecationWarning)
        warnings.filterwarnings("ignore", r"\s*\d+ variables dropped due to multicoll", UserWarning)
        fit: Feols = pyfixest.feols(
            f"{outcome} ~ {' + '.join(regressors)} | city",
            data=table,
            vcov={"CRV1": "city"},
            fixef_rm="none",
            demeaner=_DEMEANER,
        )
    return fit


def _residual_variance(table: pd.DataFrame, others: tuple[str, ...]) -> float:
    residuals = _feols(table, "d", others).resid()
    return float(np.var(residuals))


def _nothing_left(sample: Sample, found: str) -> SampleError:
    return SampleError(
        f"{sample.label}, treatment, linear two-way fixed effects",
        expected="variation left after city and year effects",
        found=found,
        hint="name another treatment, or remove the control that determines it",
    )
