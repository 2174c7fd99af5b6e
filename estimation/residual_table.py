"""What is left of outcome and treatment in every row of a variant's sample, for diagnostics."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from estimation.cross_fitting import Answer
from estimation.linear.residualised import residualised
from estimation.linear.rows import LinearEstimate, regression_of
from estimation.parts.part import Setting
from estimation.residuals import outcome_left
from estimation.samples.sample import Floats
from estimation.vocabulary import LINEAR
from geo.errors import SampleError

DTYPES = {
    "design": "str", "variant": "str", "city_id": "str", "year": "int64", "outcome": "float64",
    "treatment": "float64", "error": "float64",
}  # fmt: skip
"""Columns: ``outcome`` and ``treatment`` are what features, or effects and controls, leave of them;
``error`` is what the effect leaves of the outcome."""


def residual_table(parts: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Residuals of several variants below each other.

    Parameters
    ----------
    parts : iterable of pandas.DataFrame
        From `learned_residuals` and `linear_residuals`.

    Returns
    -------
    pandas.DataFrame
        The columns of :data:`DTYPES`, which are there even when no row is.
    """
    some = [part for part in parts if len(part)]
    table = pd.concat(some, ignore_index=True) if some else pd.DataFrame(columns=list(DTYPES))
    return table.astype(DTYPES)


def learned_residuals(setting: Setting, answer: Answer) -> pd.DataFrame:
    """Out-of-fold residuals of a variant that learns, in its first repetition.

    Of a first difference a row stands for the later of its two years. Where city effects are means,
    they are taken out of the outcome, too.

    Parameters
    ----------
    setting : Setting
    answer : Answer
        The main one.

    Returns
    -------
    pandas.DataFrame
        Empty where the final regression cannot be solved.
    """
    if isinstance(answer.found, SampleError):
        return pd.DataFrame(columns=list(DTYPES))
    problem, left = answer.inquiry.problem, answer.residuals[0]
    u = outcome_left(problem, left)
    sample = setting.sample
    return _rows(
        setting.design.name,
        setting.variant,
        cities=np.asarray(sample.cities, dtype=object)[sample.city[left.rows]],
        years=sample.year[left.rows],
        u=u,
        V=left.V,
        theta=answer.found[0].theta,
    )


def linear_residuals(linear: LinearEstimate) -> pd.DataFrame:
    """What effects and controls leave in linear fixed effects.

    Rows that share no level of an effect with others are not there: they tell nothing.

    Parameters
    ----------
    linear : LinearEstimate

    Returns
    -------
    pandas.DataFrame
        Empty where effects and controls leave nothing.
    """
    sample = linear.sample
    try:
        left = residualised(regression_of(sample, linear.design, linear.terms))
    except SampleError:
        return pd.DataFrame(columns=list(DTYPES))
    weights = left.V if left.W is None else left.W
    theta = np.linalg.lstsq(weights.T @ left.V, weights.T @ left.u, rcond=None)[0]
    cities = np.asarray(sample.cities, dtype=object)[sample.city]
    return _rows(
        linear.design.name,
        LINEAR,
        cities=cities[left.kept],
        years=sample.year[left.kept],
        u=left.u * left.y_unit,
        V=left.V * left.units,
        theta=theta * left.y_unit / left.units,
    )


def _rows(
    design: str,
    variant: str,
    *,
    cities: np.ndarray,
    years: np.ndarray,
    u: Floats,
    V: Floats,
    theta: Floats,
) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "design": design,
            "variant": variant,
            "city_id": cities,
            "year": years,
            "outcome": u,
            "treatment": V[:, 0],
            "error": u - V @ theta,
        }
    )
