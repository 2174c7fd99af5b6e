"""Random parameters, wage gaps and states over which statements about the model are checked."""

from dataclasses import dataclass

import numpy as np

from estimation.samples.sample import Floats
from estimation.structural.parameters import NAMES, PLACES

LOW = {"alpha": 0.05, "omega": 0.05, "beta": 0.1, "sigma": 0.05, "epsilon": 0.05, "gamma": 0.0}
HIGH = {"alpha": 0.95, "omega": 0.95, "beta": 0.9, "sigma": 3.0, "epsilon": 3.0, "gamma": 1.0}
"""Ends of the uniform distributions; logs of B, wage gaps, capital and AI are normal."""
SPREAD = 0.5
"""Standard deviation of the logs of B, of wage gaps, of capital and of AI."""


@dataclass(frozen=True, slots=True, eq=False)
class Draws:
    """Parameters, wage gaps and states of n draws."""

    vectors: Floats
    """Parameters, shape (n, 22)."""
    xi: Floats
    """Wage gaps of m and s, shape (n, 2)."""
    states: Floats
    """Logs of capital and AI, shape (n, 2)."""

    def values(self, *names: str) -> dict[str, Floats]:
        """Some parameters by name, each of shape (n,)."""
        return {name: self.vectors[:, PLACES[name]] for name in names}


def draw(n: int, seed: int, *, equal_beta: bool = False, simple_demand: bool = False) -> Draws:
    """Draw n sets.

    Parameters
    ----------
    equal_beta : bool
        Whether all sectors have one capital share.
    simple_demand : bool
        Whether all uses have one weight and one elasticity.
    """
    rng = np.random.default_rng(seed)
    vectors = np.empty((n, len(NAMES)))
    for name, place in PLACES.items():
        family = name.split("_")[0]
        if family in LOW:
            vectors[:, place] = rng.uniform(LOW[family], HIGH[family], n)
        elif family == "B":
            vectors[:, place] = np.exp(rng.normal(0.0, SPREAD, n))
    vectors[:, PLACES["delta_K"]] = rng.uniform(0.02, 0.2, n)
    vectors[:, PLACES["delta_M"]] = rng.uniform(0.0, 0.1, n)
    vectors[:, PLACES["infrastructure_inside"]] = rng.integers(0, 2, n)
    alike = (["beta"] if equal_beta else []) + (["omega", "epsilon"] if simple_demand else [])
    for family in alike:
        places = [place for name, place in PLACES.items() if name.startswith(f"{family}_")]
        vectors[:, places] = vectors[:, places[:1]]
    xi = np.exp(rng.normal(0.0, SPREAD, (n, 2)))
    return Draws(vectors=vectors, xi=xi, states=rng.normal(0.0, SPREAD, (n, 2)))


def biased(drawn: Draws, *, both_services: bool, low: tuple[str, ...]) -> Draws:
    """The same with AI biased to manufacturing, and some elasticities below 1.

    Parameters
    ----------
    drawn : Draws
        The power in producer services becomes the product of those drawn for m and x.
    both_services : bool
        Whether consumer services have that power, too.
    low : tuple of str
        Elasticities that are divided by the upper end of their draws, which leaves them below 1.
    """
    vectors = drawn.vectors.copy()
    power = drawn.vectors[:, PLACES["gamma_m"]] * drawn.vectors[:, PLACES["gamma_x"]]
    for sector in "xs" if both_services else "x":
        vectors[:, PLACES[f"gamma_{sector}"]] = power
    for name in low:
        vectors[:, PLACES[name]] /= HIGH[name.split("_")[0]]
    return Draws(vectors=vectors, xi=drawn.xi, states=drawn.states)


def from_the_start(drawn: Draws) -> Draws:
    """The same with an AI stock that begins at 1 and never wears out, as in the paper."""
    vectors, states = drawn.vectors.copy(), drawn.states.copy()
    vectors[:, PLACES["delta_M"]] = 0.0
    states[:, 1] = 0.0
    return Draws(vectors=vectors, xi=drawn.xi, states=states)
