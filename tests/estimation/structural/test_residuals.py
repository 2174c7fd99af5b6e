"""The model's own equations: rounding on solved paths, and alarm on whatever is tampered with."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from estimation.structural import ces
from estimation.structural import residuals as checking
from estimation.structural.draws import draw
from estimation.structural.parameters import PLACES, Parameters, from_vector
from estimation.structural.paths import Paths, paths
from estimation.structural.published import published
from estimation.structural.residuals import LIMIT, check_residuals, residuals
from estimation.structural.simulate import Simulated, simulate
from estimation.structural.state import State
from geo.errors import EquilibriumError

ROUNDING = 6e-13


def random_runs(n: int, seed: int) -> list[Simulated]:
    drawn = draw(n, seed)
    return [
        simulate(
            from_vector(vector),
            paths(2, xi_m=xi[0], xi_s=xi[1], ramp=1.0, s=0.35, s_H=0.05),
            State(*state),
        )
        for vector, xi, state in zip(drawn.vectors, drawn.xi, drawn.states, strict=True)
    ]


def test_400_random_economies_meet_every_equation_to_rounding() -> None:
    found = [residuals(run) for run in random_runs(400, 1)]
    assert max(one.largest for one in found) <= ROUNDING
    assert set(found[0].names) == {
        *(f"{part}_{j}" for part in ("output", "rental", "wage") for j in "mxs"),
        "split",
        *(f"input_{part}" for part in ("m", "xM", "s", "xS")),
        *(f"{part}_{J}" for part in ("profit", "goods") for J in "MS"),
        *(f"demand_{k}" for k in "CIH"),
        *(f"formed_{k}" for k in "IH"),
        *("capital", "labour", "budget", "walras", "motion_K", "motion_M"),
    }


@pytest.mark.parametrize(
    "parameters",
    [
        published(),
        published().with_values(sigma_M=1.0, sigma_S=1.0, epsilon=1.0),
        published().with_values(sigma_M=1.0 + 1e-10, sigma_S=1.0 - 1e-8, epsilon=1.0 + 1e-6),
        published().with_values(sigma_M=0.05, epsilon=0.01),
        published().with_values(infrastructure_inside=0.0, B=20.0, delta_M=0.3, delta_K=1.0),
    ],
    ids=["leontief", "cobb-douglas", "almost", "rigid", "worn-out"],
)
def test_special_elasticities_meet_them_as_well(parameters: Parameters, moving: Paths) -> None:
    assert residuals(simulate(parameters, moving)).largest <= ROUNDING


def test_nothing_of_the_solver_is_used() -> None:
    for module in (checking, ces):
        homes = {getattr(member, "__module__", "") for member in vars(module).values()}
        assert "estimation.structural.solver" not in homes
        assert not hasattr(module, "solver")


def test_no_infrastructure_is_no_residual() -> None:
    found = residuals(simulate(published(), paths(30, s_H=0.0)))
    assert found.largest <= ROUNDING
    assert np.isfinite(found.values).all()


TAMPERED = (
    *("l", "ln_K", "ln_M", "labour", "output", "capital", "split", "ln_p", "ln_P"),
    *("industrial", "spent", "ln_income", "ln_I", "ln_H"),
)


@pytest.mark.parametrize("field", TAMPERED)
def test_a_millionth_off_in_any_quantity_or_price_is_seen(field: str, moving: Paths) -> None:
    run = simulate(published().with_values(epsilon=0.5), moving)
    values = np.array(getattr(run, field))
    values[40] += 1e-6 * np.arange(1, values[40].size + 1).reshape(values[40].shape)
    wrong: Any = replace(run, **{field: values})
    with pytest.raises(EquilibriumError, match=r"benchmark, period (40|41|42), equation"):
        check_residuals(wrong, name="benchmark")


def test_wrong_parameters_are_seen(moving: Paths) -> None:
    run = simulate(published().with_values(epsilon=0.5), moving)
    for name in (
        *("alpha_M", "sigma_M", "alpha_S", "sigma_S", "omega_C", "omega_I", "omega_H"),
        *("epsilon_C", "epsilon_I", "epsilon_H", "beta_m", "beta_x", "beta_s", "B_m", "B_x"),
        *("B_s", "gamma_m", "gamma_x", "gamma_s", "delta_K"),
    ):
        value = run.parameters.vector()[PLACES[name]]
        changed = replace(run, parameters=run.parameters.with_values(**{name: value * 1.001}))
        assert residuals(changed).largest > LIMIT, name


def test_what_is_no_number_fails(moving: Paths) -> None:
    run = simulate(published(), moving)
    labour = run.labour.copy()
    labour[3] = np.nan
    with pytest.raises(EquilibriumError, match="period 4"):
        check_residuals(replace(run, labour=labour))


def test_the_table_has_a_row_a_period(moving: Paths) -> None:
    run = simulate(published(), moving)
    found = check_residuals(run)
    assert found.table().shape == (60, len(found.names))
    assert found.table().index[0] == 1
    assert found.largest == float(found.table().abs().to_numpy().max())
    assert found.largest > 0.0


def test_a_limit_that_is_too_strict_names_equation_and_size(moving: Paths) -> None:
    with pytest.raises(EquilibriumError, match="expected a residual of at most 1e-30 of income"):
        check_residuals(simulate(published(), moving), limit=1e-30)
