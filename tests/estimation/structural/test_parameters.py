"""What parameters may be, and their flat vector."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from estimation.structural import solver
from estimation.structural.parameters import (
    NAMES,
    PLACES,
    Parameters,
    check_vectors,
    from_vector,
    services_bias,
)
from estimation.structural.published import published
from geo.errors import StructuralError

GOOD: Mapping[str, Any] = {
    "alpha_M": 0.1,
    "sigma_M": 0.2,
    "alpha_S": 0.3,
    "sigma_S": 1.4,
    "omega": (0.51, 0.52, 0.53),
    "epsilon": (0.0, 0.62, 1.63),
    "beta": (0.71, 0.72, 0.73),
    "B": (0.81, 1.82, 2.83),
    "gamma": (0.0, 0.92, 1.93),
    "delta_K": 0.11,
    "delta_M": 1.0,
    "infrastructure_inside": False,
}


def test_the_vector_comes_back_and_stands_in_the_order_of_its_names() -> None:
    made = Parameters(**GOOD)
    vector = made.vector()
    assert from_vector(vector) == made
    assert len(vector) == len(NAMES) == 22
    assert vector[PLACES["omega_I"]] == 0.52
    assert vector[PLACES["B_s"]] == 2.83
    assert vector[PLACES["infrastructure_inside"]] == 0.0


def test_the_loops_read_the_vector_at_the_places_of_its_names() -> None:
    firsts = {
        "alpha_M": solver.ALPHA_M,
        "sigma_M": solver.SIGMA_M,
        "alpha_S": solver.ALPHA_S,
        "sigma_S": solver.SIGMA_S,
        "omega_C": solver.OMEGA,
        "epsilon_C": solver.EPSILON,
        "beta_m": solver.BETA,
        "B_m": solver.B,
        "gamma_m": solver.GAMMA,
        "delta_K": solver.DELTA_K,
        "delta_M": solver.DELTA_M,
        "infrastructure_inside": solver.INSIDE,
    }
    assert {name: PLACES[name] for name in firsts} == firsts


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("alpha_M", 0.0, "alpha_M: expected shares between 0 and 1, ends excluded, found 0"),
        ("alpha_S", 1.2, "alpha_S: expected shares between 0 and 1"),
        ("alpha_M", float("nan"), "alpha_M: expected finite numbers, found nan"),
        ("sigma_M", -0.5, "sigma_M: expected positive numbers, found -0.5"),
        ("sigma_S", 0.0, "sigma_S: expected positive numbers, found 0"),
        ("sigma_S", float("inf"), "found inf"),
        ("omega", (0.5, 1.0, 0.5), "omega_I: expected shares"),
        ("epsilon", (0.5, 0.5, -0.1), "epsilon_H: expected numbers of zero or more, found -0.1"),
        ("beta", (0.0, 0.5, 0.5), "beta_m: expected shares"),
        ("beta", (0.5, 0.5), "beta: expected three numbers"),
        ("beta", "half", "beta: expected three numbers"),
        ("B", (1.0, 0.0, 1.0), "B_x: expected positive numbers"),
        ("gamma", (1.0, 1.0, -1.0), "gamma_s: expected numbers of zero or more"),
        ("sigma_M", "low", "sigma_M: expected numbers, found 'low'"),
        ("delta_K", 1.1, "delta_K: expected shares from 0 to 1"),
        ("delta_M", -0.1, "delta_M: expected shares from 0 to 1"),
    ],
)
def test_values_outside_their_domain_are_refused_by_name(name: str, value: Any, said: str) -> None:
    with pytest.raises(StructuralError) as error:
        Parameters(**{**GOOD, name: value})
    assert said in str(error.value)


def test_a_batch_names_the_parameter_and_the_scenario() -> None:
    vectors = np.tile(Parameters(**GOOD).vector(), (5, 1))
    vectors[3, PLACES["sigma_M"]] = -1.0
    with pytest.raises(StructuralError, match=r"sigma_M: .* found -1 at place 4 of 5"):
        check_vectors(vectors)
    with pytest.raises(StructuralError, match="an array of scenarios by 22 numbers"):
        check_vectors(vectors[:, :4])
    with pytest.raises(StructuralError, match="a vector of 22 numbers"):
        from_vector([1.0])


def test_values_are_replaced_by_name() -> None:
    changed = published().with_values(sigma_M=0.8, gamma_x=0.6, omega=0.7)
    assert changed.sigma_M == 0.8
    assert changed.gamma == (1.0, 0.6, 0.5)
    assert changed.omega == (0.7, 0.7, 0.7)
    assert changed.simple_demand
    assert not changed.with_values(omega_C=0.6).simple_demand
    assert services_bias(published(), 0.6).gamma == (1.0, 0.6, 0.6)
    with pytest.raises(StructuralError, match="parameter 'sigma'"):
        published().with_values(sigma=0.8)
    with pytest.raises(StructuralError, match="sigma_M"):
        published().with_values(sigma_M=-0.8)
