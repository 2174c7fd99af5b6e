"""What the demand system has to estimate, and the scales on which it does."""

# ruff: noqa: N815 - the model's names

from dataclasses import dataclass
from typing import Self

import numpy as np
from scipy.special import expit

from estimation.samples.sample import Floats
from geo.errors import StructuralError

NAMES = ("sigma_M", "sigma_S", "alpha_M", "alpha_S", "omega", "epsilon")
"""The parameters, in the order of every vector of them."""

ELASTICITIES = frozenset({"sigma_M", "sigma_S", "epsilon"})
"""Those that are taken in logs; the others are weights, taken as logits."""

_IN_LOGS = np.array([name in ELASTICITIES for name in NAMES])


@dataclass(frozen=True, slots=True)
class DemandParameters:
    """What the system has to estimate."""

    sigma_M: float
    """Elasticity between manufacturing and producer services in industrial goods; above 0."""
    sigma_S: float
    """Elasticity between consumer and producer services in service goods; above 0."""
    alpha_M: float
    """Weight of manufacturing in industrial goods, in (0, 1)."""
    alpha_S: float
    """Weight of consumer services in service goods, in (0, 1)."""
    omega: float
    """Weight of industrial goods in demand, in (0, 1)."""
    epsilon: float = 0.0
    """Elasticity between industrial and service goods; 0 (Leontief) or more."""

    def __post_init__(self) -> None:
        for name in NAMES:
            value = getattr(self, name)
            floor = value >= 0.0 if name == "epsilon" else value > 0.0
            ceiling = np.isfinite(value) if name in ELASTICITIES else value < 1.0
            if not (floor and ceiling):
                wanted = "0 or more" if name == "epsilon" else "a finite number above 0"
                raise StructuralError(
                    f"parameter {name}",
                    expected=wanted if name in ELASTICITIES else "a weight between 0 and 1",
                    found=f"{value:g}",
                    hint="correct it",
                )

    def vector(self) -> Floats:
        """The six values, shape (6,)."""
        return np.array([getattr(self, name) for name in NAMES], dtype=np.float64)

    def unbounded(self) -> Floats:
        """The six on their unbounded scales; epsilon of zero is -inf."""
        values = self.vector()
        with np.errstate(divide="ignore"):
            logs = np.log(values)
        weights = np.where(_IN_LOGS, 0.5, values)
        return np.where(_IN_LOGS, logs, np.log(weights / (1.0 - weights)))

    @classmethod
    def of_unbounded(cls, b: Floats) -> Self:
        """The parameters at a point (6,) of the unbounded scales."""
        return cls(*natural(b).tolist())


def natural(b: Floats) -> Floats:
    """Unbounded values (..., 6) as elasticities and weights, weights kept just off 0 and 1."""
    weights = np.clip(expit(b), np.finfo(float).tiny, 1.0 - np.finfo(float).epsneg)
    return np.where(_IN_LOGS, np.exp(b), weights)


def natural_slope(b: Floats) -> Floats:
    """Derivative of :func:`natural` (..., 6), for errors by the delta method."""
    return np.where(_IN_LOGS, np.exp(b), expit(b) * expit(-b))
