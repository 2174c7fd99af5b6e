"""Drawing a panel of a process, with everything that is true in it beside.

Constants follow the moments of the panel the processes stand for: means and standard deviations of
Table 1 of Yu and Zhang (Gini .407 and .147, UIL 2.309 and .142), and, of the yearbooks of 287
cities in 2011 to 2021, that four fifths of the variance of UIL lie between cities and that its
standard deviation within cities and years is .036.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from estimation.processes.confounding import confounding
from estimation.processes.noise import Floats, bounded, even, persistent
from estimation.processes.spec import CONTROLS, ProcessSpec

Flags = NDArray[np.bool_]

OUTCOME_CENTRE, TREATMENT_CENTRE = 0.407, 2.31
ERROR_SD, NOISE_SD = 0.02, 0.03
ECONOMY_PERSISTENCE = 0.8
CONTROL_MOMENTS = (
    (10.768, 0.566),
    (17.543, 1.104),
    (10.723, 1.276),
    (13.032, 0.981),
    (10.569, 1.413),
)
"""Mean and standard deviation of each control: GDP, DL, SN, EI and ES of Table 1."""

_PURPOSE = 20111


@dataclass(frozen=True, slots=True)
class _Streams:
    """A generator for every part, so that a process that changes one part keeps the others."""

    traits: np.random.Generator
    years: np.random.Generator
    economy: np.random.Generator
    finance: np.random.Generator
    treatment: np.random.Generator
    error: np.random.Generator
    missing: np.random.Generator


def draw_panel(spec: ProcessSpec, seed: int) -> pd.DataFrame:
    """Draw a panel of a process.

    With ``a``, ``b``, ``s`` uniform over cities with variance 1, ``c_k`` bounded normal over
    cities, ``tau`` from -1 to 1 over years, ``r`` the correlation of the city effects and
    ``h_k`` a first-order autoregression of .8 with variance 1::

        x_k     = .4 a + .65 c_k + .45 tau + .45 h_k                   k = 1..5
        DIFI    = 186 + 110 tau + 18 a + 5.5 w
        delta   = city_treatment a,    alpha = city_outcome (r a + sqrt(1 - r^2) b)
        lambda  = .05 tau + .005 z,    mu = -.02 tau + .005 z'        z, z' over years
        sd of v = .03 exp(trait_noise s + late_noise tau / 2), scaled to mean square .03^2
        sd of e = .02

    ``v`` and ``e`` are autoregressions with the process's persistence. In an unbalanced process a
    city enters after the first year with probability .25 - .1 a and leaves before the last with
    probability .15 - .05 a, each up to four years in; of the years between, one in sixteen is
    missing. What is missing depends on nothing else.

    Parameters
    ----------
    spec : ProcessSpec
    seed : int
        0 or more; the same seed gives the same panel. Processes share what they have in common: at
        one seed ``linear_strong`` and ``nonlinear_strong`` have the same controls and noises.

    Returns
    -------
    pandas.DataFrame
        Ordered by city and year: ``city_id`` and ``province`` (text), ``year``, ``n_units``
        (int64), ``gini``, ``uil``, ``difi``, the controls
        :data:`estimation.processes.spec.CONTROLS`, and what no estimator reads: ``true_effect``
        (theta_it), ``true_g``, ``true_m``, ``true_city_outcome`` (alpha_i), ``true_city_treatment``
        (delta_i), ``true_noise`` (v_it), ``true_noise_sd`` and ``true_error`` (e_it).
    """
    streams = _Streams(
        *map(np.random.default_rng, np.random.SeedSequence([_PURPOSE, seed]).spawn(7))
    )
    shape = (spec.n_cities, len(spec.years))
    tau = np.linspace(-1.0, 1.0, shape[1])[None, :]
    a, b, s = (even(streams.traits, shape[0]) for _ in range(3))
    x = [
        0.4 * a
        + 0.65 * bounded(streams.economy, (shape[0], 1))
        + 0.45 * tau
        + 0.45 * persistent(streams.economy, shape, ECONOMY_PERSISTENCE)
        for _ in CONTROLS
    ]
    difi = 186.0 + 110.0 * tau + 18.0 * a + 5.5 * bounded(streams.finance, shape)
    m, g = confounding(spec.shape, x)
    delta, alpha = _city_effects(spec, a, b)
    shocks = 0.005 * streams.years.normal(size=(2, 1, shape[1]))
    noise_sd = _noise_sd(spec, s, tau)
    noise = noise_sd * persistent(streams.treatment, shape, spec.treatment_persistence)
    error = ERROR_SD * persistent(streams.error, shape, spec.error_persistence)
    there = _present(spec, streams.missing, a)
    effect = _effect(spec, difi, s, there)
    uil = TREATMENT_CENTRE + delta + 0.05 * tau + shocks[0] + m + noise
    gini = (
        OUTCOME_CENTRE + alpha - 0.02 * tau + shocks[1] + g
        + effect * (uil - TREATMENT_CENTRE) + error
    )  # fmt: skip
    columns = {
        "gini": gini, "uil": uil, "difi": difi, **_yearbook(x),
        "true_effect": effect, "true_g": g, "true_m": m,
        "true_city_outcome": alpha, "true_city_treatment": delta,
        "true_noise": noise, "true_noise_sd": noise_sd, "true_error": error,
    }  # fmt: skip
    table = _keys(spec).assign(
        **{name: np.broadcast_to(values, shape).ravel() for name, values in columns.items()}
    )
    return table[there.ravel()].reset_index(drop=True)


def _yearbook(x: Sequence[Floats]) -> dict[str, Floats]:
    """The controls as yearbooks would have them: logs, affine in ``x``."""
    named = zip(CONTROLS, CONTROL_MOMENTS, x, strict=True)
    return {name: mean + sd * path for name, (mean, sd), path in named}


def _city_effects(spec: ProcessSpec, a: Floats, b: Floats) -> tuple[Floats, Floats]:
    """Of treatment and outcome, shape (cities, 1) each."""
    own = np.sqrt(1.0 - spec.city_correlation**2)
    return spec.city_treatment * a, spec.city_outcome * (spec.city_correlation * a + own * b)


def _noise_sd(spec: ProcessSpec, s: Floats, tau: Floats) -> Floats:
    relative = np.exp(spec.trait_noise * s + spec.late_noise * tau / 2.0)
    return np.asarray(NOISE_SD * relative / np.sqrt(np.mean(relative**2)), dtype=np.float64)


def _effect(spec: ProcessSpec, difi: Floats, s: Floats, there: Flags) -> Floats:
    """Effects that average to theta over the city-years that are there."""
    moving = spec.moderation * difi / 100.0 + spec.trait_effect * s
    return np.asarray(spec.theta + moving - np.mean(moving[there]), dtype=np.float64)


def _present(spec: ProcessSpec, rng: np.random.Generator, a: Floats) -> Flags:
    """Which city-years the panel has, bool, shape (cities, years)."""
    shape = (spec.n_cities, len(spec.years))
    if not spec.unbalanced:
        return np.ones(shape, dtype=bool)
    year = np.arange(shape[1])[None, :]
    late = rng.uniform(size=a.shape) < 0.25 - 0.10 * a
    early = rng.uniform(size=a.shape) < 0.15 - 0.05 * a
    first = late * rng.integers(1, 5, size=a.shape)
    last = shape[1] - 1 - early * rng.integers(1, 5, size=a.shape)
    gap = (year > first) & (year < last) & (rng.uniform(size=shape) < 1 / 16)
    return (year >= first) & (year <= last) & ~gap


def _keys(spec: ProcessSpec) -> pd.DataFrame:
    """City, province and year; twenty cities a province, townships enough for any design."""
    position = np.repeat(np.arange(spec.n_cities), len(spec.years))
    codes = [f"{11 + i // 20}{1 + i % 20:02d}" for i in range(spec.n_cities)]
    return pd.DataFrame(
        {
            "city_id": pd.Series([codes[i] for i in position], dtype="str"),
            "province": pd.Series([codes[i][:2] for i in position], dtype="str"),
            "year": np.tile(np.asarray(spec.years, dtype=np.int64), spec.n_cities),
            "n_units": np.int64(20),
        }
    )
