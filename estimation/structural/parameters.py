"""Parameters of the structural model, validated, and as the flat vector that its loops read."""

# ruff: noqa: N815 - the model's names

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from estimation.samples.sample import Floats
from estimation.structural.domain import between, finite, positive, three
from geo.errors import StructuralError

SECTORS = ("m", "x", "s")
"""Manufacturing, producer services, consumer services: the order of every array of sectors."""
GOODS = ("M", "S")
"""Industrial and service goods: the order of every array of final goods."""
USES = ("C", "I", "H")
"""Consumption, investment, new infrastructure: the order of every array of uses."""

Three = tuple[float, float, float]

_TRIPLES = {
    "omega": USES,
    "epsilon": USES,
    "beta": SECTORS,
    "B": SECTORS,
    "gamma": SECTORS,
}

NAMES = (
    "alpha_M",
    "sigma_M",
    "alpha_S",
    "sigma_S",
    *(f"{name}_{part}" for name, parts in _TRIPLES.items() for part in parts),
    "delta_K",
    "delta_M",
    "infrastructure_inside",
)
"""Names of the flat vector's entries, in their order: ``alpha_M`` to ``infrastructure_inside``."""

PLACES = {name: place for place, name in enumerate(NAMES)}
"""Where each entry of the flat vector is."""


@dataclass(frozen=True, slots=True)
class Parameters:
    """Technology, demand and depreciation: equations (1) to (23) of Pan, Li and Gu.

    Sectors come in the order (m, x, s), uses in the order (C, I, H).

    Raises
    ------
    StructuralError
        A share or depreciation rate outside its interval, an elasticity that is negative, a
        productivity that is not positive.
    """

    alpha_M: float
    """Weight of manufacturing in industrial goods, in (0, 1): equation (5)."""
    sigma_M: float
    """Elasticity of substitution in industrial goods, positive: equation (5)."""
    alpha_S: float
    """Weight of consumer services in service goods, in (0, 1): equation (6)."""
    sigma_S: float
    """Elasticity of substitution in service goods, positive: equation (6)."""
    omega: Three
    """Weight of industrial goods in each use, in (0, 1): equations (14), (18), (21)."""
    epsilon: Three
    """Elasticity of substitution in each use, zero (Leontief) or more."""
    beta: Three
    """Capital's share of income in each sector, in (0, 1): equation (1)."""
    B: Three
    """Productivity of each sector apart from AI, positive: equation (2)."""
    gamma: Three
    """Power of the AI stock in each sector's productivity, zero or more: equation (2)."""
    delta_K: float = 0.1
    """Depreciation of capital, in [0, 1]: equation (16)."""
    delta_M: float = 0.0
    """Depreciation of the AI stock, in [0, 1]: equation (23)."""
    infrastructure_inside: bool = True
    """Whether the rate of new infrastructure is part of the rate of investment: ``s_H`` of income
    to infrastructure and ``s - s_H`` to capital; else ``s`` to capital and both out of
    consumption."""

    def __post_init__(self) -> None:
        for name in _TRIPLES:
            object.__setattr__(self, name, three(name, getattr(self, name)))
        for name in (*NAMES[:4], "delta_K", "delta_M"):
            finite(name, getattr(self, name))
        check_vectors(self.vector()[None])

    def vector(self) -> Floats:
        """All parameters in the order of :data:`NAMES`, shape (22,); the last is 0 or 1."""
        ones = [self.alpha_M, self.sigma_M, self.alpha_S, self.sigma_S]
        triples = [*self.omega, *self.epsilon, *self.beta, *self.B, *self.gamma]
        ends = [self.delta_K, self.delta_M, float(self.infrastructure_inside)]
        return np.array([*ones, *triples, *ends], dtype=np.float64)

    def with_values(self, **values: float) -> "Parameters":
        """The same with some entries of :data:`NAMES` replaced, as ``gamma_x=0.6``.

        A bare ``omega``, ``epsilon``, ``beta``, ``B`` or ``gamma`` sets all three.

        Raises
        ------
        StructuralError
            No parameter has that name, or the value lies outside its domain.
        """
        vector = self.vector()
        for name, value in values.items():
            parts = _TRIPLES.get(name)
            for entry in (name,) if parts is None else [f"{name}_{part}" for part in parts]:
                vector[_place(entry)] = value
        return from_vector(vector)

    @property
    def simple_demand(self) -> bool:
        """Whether all uses have one weight and one elasticity: section 3 of the paper."""
        return len(set(self.omega)) == 1 and len(set(self.epsilon)) == 1


def from_vector(vector: Sequence[float] | Floats) -> Parameters:
    """Parameters from the flat vector of :meth:`Parameters.vector`.

    Raises
    ------
    StructuralError
        It has another length, or a value lies outside its domain.
    """
    values = np.asarray(vector, dtype=np.float64)
    if values.shape != (len(NAMES),):
        raise StructuralError(
            "parameters",
            expected=f"a vector of {len(NAMES)} numbers",
            found=f"shape {values.shape}",
            hint="order them as estimation.structural.parameters.NAMES",
        )

    def one(name: str) -> float:
        return float(values[PLACES[name]])

    def triple(name: str) -> Three:
        first = PLACES[f"{name}_{_TRIPLES[name][0]}"]
        return three(name, values[first : first + 3])

    return Parameters(
        alpha_M=one("alpha_M"),
        sigma_M=one("sigma_M"),
        alpha_S=one("alpha_S"),
        sigma_S=one("sigma_S"),
        omega=triple("omega"),
        epsilon=triple("epsilon"),
        beta=triple("beta"),
        B=triple("B"),
        gamma=triple("gamma"),
        delta_K=one("delta_K"),
        delta_M=one("delta_M"),
        infrastructure_inside=bool(one("infrastructure_inside")),
    )


def check_vectors(vectors: Floats) -> None:
    """Refuse a batch of vectors with a value outside its domain.

    Parameters
    ----------
    vectors : float array, shape (n, 22)

    Raises
    ------
    StructuralError
        Naming the parameter, and the first scenario that has it wrong.
    """
    if vectors.ndim != 2 or vectors.shape[1] != len(NAMES) or not len(vectors):
        raise StructuralError(
            "parameters",
            expected=f"an array of scenarios by {len(NAMES)} numbers",
            found=f"shape {vectors.shape}",
            hint="order them as estimation.structural.parameters.NAMES",
        )
    for name, place in PLACES.items():
        values, family = vectors[:, place], name.split("_")[0]
        if family in {"alpha", "omega", "beta"}:
            between(name, values)
        elif family in {"sigma", "B"}:
            positive(name, values)
        elif family in {"epsilon", "gamma"}:
            positive(name, values, zero=True)
        else:
            between(name, values, closed=True)


def services_bias(parameters: Parameters, gamma: float) -> Parameters:
    """The same with the AI power of both services set, as in section 4.3 of the paper."""
    return replace(parameters, gamma=(parameters.gamma[0], gamma, gamma))


def _place(name: str) -> int:
    if name not in PLACES:
        raise StructuralError(
            f"parameter {name!r}",
            expected=f"one of {', '.join((*NAMES, *_TRIPLES))}",
            found=repr(name),
            hint="correct the name",
        )
    return PLACES[name]
