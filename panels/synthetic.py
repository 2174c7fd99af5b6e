"""A made-up country's panel: yearbook, digital finance and intracity Gini with known effects.

The data-generating process is fixed here, before any estimator, and is not changed to suit one.
With city ``i``, year ``t``, city strength ``a_i`` (uniform, variance 1), trend ``tau_t`` from -1
to 1, persistent economy ``x_k`` (k = 1..5, correlated with ``a_i`` and ``tau_t``) and independent
bounded noises ``v``, ``w``, ``e``::

    c(x)    = 1[x1 > .5] - 1[x2 < -.5] + tanh(x1 x2) + (min(x3^2, 4) - 1) / 2
    UIL     = 2.31 + .09 a + .04 c(x) + .03 tau + .05 v
    DIFI    = 186 + 100 tau + 15 a + 15 w
    theta   = theta_0 + gamma (DIFI - mean DIFI) / 100
    Gini    = .40 + .09 a - .02 tau + .03 c(x) - .01 tanh(x4)
              + theta (UIL - 2.31) + .01 (DIFI - mean DIFI) / 100 + .012 e

``theta`` averages to ``theta_0`` over the panel by construction. Digital finance grows, so that
upgrading widens inequality in the early years and lowers it in the late ones, and it confounds
nothing: given city, year and ``x`` it is independent of ``v``. The controls in the yearbook are
exact exponentials of ``x``, so that all confounding but the city effect can be learned from them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import truncnorm

Floats = NDArray[np.float64]

NOISE_BOUND = 2.5
PERSISTENCE = 0.7
UIL_CENTRE = 2.31
DIFI_UNIT = 100.0


@dataclass(frozen=True, slots=True)
class CountrySpec:
    """What the made-up country is like and what is true in it."""

    n_cities: int = 40
    """Number of cities."""
    years: Sequence[int] = tuple(range(2011, 2022))
    """Consecutive calendar years, two or more."""
    theta: float = -0.10
    """Average effect of UIL on the Gini over all city-years."""
    moderation: float = -0.35
    """Change of that effect per 100 points of digital finance."""
    split_year: int = 2016
    """First year of the late period."""


@dataclass(frozen=True, slots=True)
class SyntheticPanel:
    """The made-up country's tables, and the truth that no estimator reads."""

    yearbook: pd.DataFrame
    """Columns ``city_code`` (text, 4 digits), ``year``, ``gdp`` and ``va_primary``,
    ``va_secondary``, ``va_tertiary`` (100 million), ``population`` (10 thousand), ``loans``,
    ``deposits``, ``education_spending``, ``science_spending`` (10 thousand), ``students``."""
    digital_finance: pd.DataFrame
    """Columns ``city_code``, ``year``, ``index_aggregate``."""
    designed: pd.DataFrame
    """Columns ``city_id``, ``year``, ``gini``, ``uil``, ``difi`` and ``effect``, the city-year's
    theta."""
    truth: pd.DataFrame
    """Columns ``quantity``, ``sample``, ``value``: average effects and the moderation."""


def synthetic_panel(spec: CountrySpec, seed: int) -> SyntheticPanel:
    """Draw the made-up country's panel.

    Parameters
    ----------
    spec : CountrySpec
    seed : int
        The same seed gives the same tables.

    Returns
    -------
    SyntheticPanel
        ``n_cities * len(years)`` rows a table, ordered by city and year.
    """
    rng = np.random.default_rng(np.random.SeedSequence([20110, seed]))
    shape = (spec.n_cities, len(spec.years))
    strength = rng.uniform(-np.sqrt(3.0), np.sqrt(3.0), size=(spec.n_cities, 1))
    trend = np.linspace(-1.0, 1.0, len(spec.years))[None, :]
    economy = [0.6 * strength + 0.8 * _persistent(rng, shape) + 0.5 * trend for _ in range(5)]
    shared = _confounding(economy)
    uil = UIL_CENTRE + 0.09 * strength + 0.04 * shared + 0.03 * trend + 0.05 * _bounded(rng, shape)
    difi = 186.0 + 100.0 * trend + 15.0 * strength + 15.0 * _bounded(rng, shape)
    digital = (difi - difi.mean()) / DIFI_UNIT
    effect = spec.theta + spec.moderation * digital
    gini = (
        0.40
        + 0.09 * strength
        - 0.02 * trend
        + 0.03 * shared
        - 0.01 * np.tanh(economy[3])
        + effect * (uil - UIL_CENTRE)
        + 0.01 * digital
        + 0.012 * _bounded(rng, shape)
    )
    keys = _keys(spec)
    designed = keys.rename(columns={"city_code": "city_id"}).assign(
        gini=gini.ravel(), uil=uil.ravel(), difi=difi.ravel(), effect=effect.ravel()
    )
    return SyntheticPanel(
        yearbook=_yearbook(rng, keys, uil, economy),
        digital_finance=keys.assign(index_aggregate=difi.ravel()),
        designed=designed,
        truth=_truth(spec, designed),
    )


def _bounded(rng: np.random.Generator, shape: tuple[int, int]) -> Floats:
    """Standard normal noise cut at +-2.5, so that shares and Ginis stay inside their bounds."""
    draws = truncnorm.rvs(-NOISE_BOUND, NOISE_BOUND, size=shape, random_state=rng)
    return np.asarray(draws, dtype=np.float64)


def _persistent(rng: np.random.Generator, shape: tuple[int, int]) -> Floats:
    """First-order autoregression over the years with unit variance (up to the cut)."""
    noise = _bounded(rng, shape)
    path = np.empty(shape)
    path[:, 0] = noise[:, 0]
    for year in range(1, shape[1]):
        path[:, year] = (
            PERSISTENCE * path[:, year - 1] + np.sqrt(1.0 - PERSISTENCE**2) * noise[:, year]
        )
    return path


def _confounding(economy: Sequence[Floats]) -> Floats:
    """c(x): steps, an interaction and a U, shared by treatment and outcome."""
    x1, x2, x3 = economy[:3]
    steps = (x1 > 0.5).astype(np.float64) - (x2 < -0.5).astype(np.float64)
    return steps + np.tanh(x1 * x2) + (np.minimum(x3**2, 4.0) - 1.0) / 2.0


def _keys(spec: CountrySpec) -> pd.DataFrame:
    codes = [f"{1 + i // 20:02d}{1 + i % 20:02d}" for i in range(spec.n_cities)]
    return pd.DataFrame(
        {
            "city_code": np.repeat(np.asarray(codes, dtype=object), len(spec.years)),
            "year": np.tile(np.asarray(spec.years, dtype=np.int64), spec.n_cities),
        }
    ).astype({"city_code": "str"})


def _yearbook(
    rng: np.random.Generator, keys: pd.DataFrame, uil: Floats, economy: Sequence[Floats]
) -> pd.DataFrame:
    """Levels whose logs are affine in ``x`` and whose sector shares give ``uil`` exactly."""
    x1, x2, x3, x4, x5 = economy
    size = rng.normal(0.0, 0.5, size=(uil.shape[0], 1))
    population = np.exp(5.8 + size) * np.ones_like(uil)
    gdp = np.exp(10.77 + 0.45 * x1) * population / 1e4
    balances = np.exp(17.5 + 0.9 * x2)
    loan_share = rng.uniform(0.38, 0.48, size=uil.shape)
    lowest, highest = np.maximum(0.0, 2.0 - uil), (3.0 - uil) / 2.0
    primary = lowest + (highest - lowest) * rng.uniform(0.15, 0.35, size=uil.shape)
    tertiary = uil - 2.0 + primary
    return keys.assign(
        gdp=gdp.ravel(),
        va_primary=(gdp * primary).ravel(),
        va_secondary=(gdp * (1.0 - primary - tertiary)).ravel(),
        va_tertiary=(gdp * tertiary).ravel(),
        population=population.ravel(),
        loans=(balances * loan_share).ravel(),
        deposits=(balances * (1.0 - loan_share)).ravel(),
        students=np.exp(10.7 + 1.1 * x3).ravel(),
        education_spending=np.exp(13.0 + 0.8 * x4).ravel(),
        science_spending=np.exp(10.6 + 1.1 * x5).ravel(),
    )


def _truth(spec: CountrySpec, designed: pd.DataFrame) -> pd.DataFrame:
    late = designed["year"] >= spec.split_year
    first, last = min(spec.years), max(spec.years)
    rows = [
        ("average_effect", "all", designed["effect"].mean()),
        ("average_effect", f"{first}-{spec.split_year - 1}", designed.loc[~late, "effect"].mean()),
        ("average_effect", f"{spec.split_year}-{last}", designed.loc[late, "effect"].mean()),
        ("moderation_per_100_points", "all", spec.moderation),
    ]
    return pd.DataFrame(rows, columns=["quantity", "sample", "value"])
