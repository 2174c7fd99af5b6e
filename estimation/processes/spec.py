"""What a process is like and what is true in it."""

from dataclasses import dataclass
from typing import Literal

Shape = Literal["linear", "nonlinear"]
"""Shape of the functions of the controls: see :mod:`estimation.processes.confounding`."""

CONTROLS = (
    "log_gdp_per_capita",
    "log_balances",
    "log_students",
    "log_education",
    "log_science",
)
"""Columns of the controls, affine in ``x1`` to ``x5``."""


@dataclass(frozen=True, slots=True)
class ProcessSpec:
    """One process: city ``i``, year ``t``, five controls ``x``, treatment ``d``, outcome ``y``.

    The equations, with every constant, are those of :func:`estimation.processes.draw.draw_panel`::

        d = 2.31 + delta_i + lambda_t + m(x_it) + v_it
        y = .407 + alpha_i + mu_t + g(x_it) + theta_it (d_it - 2.31) + e_it
        theta_it = theta + moderation (DIFI_it - mean) / 100 + trait_effect (s_i - mean)

    where ``theta_it`` averages to ``theta`` over the rows of each panel. City effects ``alpha_i``
    and ``delta_i`` are correlated with each other, so that cities confound, and with the city means
    of the controls; ``v`` and ``e`` are independent of everything and of each other.
    """

    name: str
    """The process's name, unique among :data:`estimation.processes.catalogue.PROCESSES`."""
    shape: Shape
    """Whether ``g`` and ``m`` are linear, or made of steps, interactions and a U."""
    city_outcome: float
    """Standard deviation of ``alpha_i`` (Gini points)."""
    city_treatment: float
    """Standard deviation of ``delta_i`` (UIL points)."""
    city_correlation: float = 0.7
    """Correlation of ``alpha_i`` and ``delta_i``."""
    theta: float = -0.10
    """Average effect over the panel's city-years."""
    n_cities: int = 253
    """Cities, before any are lost."""
    years: tuple[int, ...] = tuple(range(2011, 2022))
    """Consecutive calendar years, three or more."""
    error_persistence: float = 0.0
    """First-order autocorrelation of ``e`` within a city."""
    treatment_persistence: float = 0.0
    """First-order autocorrelation of ``v`` within a city, in units of its standard deviation."""
    moderation: float = 0.0
    """Change of the effect per 100 points of digital finance."""
    trait_effect: float = 0.0
    """Change of the effect per standard deviation of the city's trait ``s_i``."""
    trait_noise: float = 0.0
    """Change of the log of the standard deviation of ``v`` per standard deviation of ``s_i``: where
    effects differ, estimators weigh cities by it."""
    late_noise: float = 0.0
    """Change of the same log from the first to the last year: estimators weigh years by it."""
    unbalanced: bool = False
    """Whether cities enter late, leave early and have gaps, the weaker ones more often."""
