"""The equation of a period: derivative, bracket, uniqueness, and searches that must end."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from estimation.structural import simulate as simulating
from estimation.structural import solver
from estimation.structural.batched import simulate_batch
from estimation.structural.draws import draw
from estimation.structural.failures import raise_failure
from estimation.structural.parameters import from_vector
from estimation.structural.paths import paths
from estimation.structural.period import excess, solve_period
from estimation.structural.published import published
from estimation.structural.solver import (
    MOST,
    NOT_BRACKETED,
    NOT_CONVERGED,
    OVERFLOW,
    PERIOD,
    SOLVED,
    bracket,
    constants,
    fill_period,
    point,
    root,
)
from estimation.structural.state import State
from geo.errors import EquilibriumError, StructuralError

ONE = paths(1, ramp=1.0)


def periods_of(n: int, seed: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Parameter and period vectors of random draws."""
    drawn = draw(n, seed)
    found = []
    for vector, xi, (ln_K, ln_M) in zip(drawn.vectors, drawn.xi, drawn.states, strict=True):
        now = np.empty(PERIOD)
        given_ = np.array([*np.log(xi), 1.0, 0.4, 0.05])
        fill_period(now, given_, ln_K, ln_M, constants(vector), vector)
        found.append((vector, now))
    return found


def test_the_derivative_is_that_of_the_equation() -> None:
    h = 1e-5
    for vector, now in periods_of(200, 1):
        for l in (-2.0, 0.3, 2.5):  # noqa: E741
            around = point(l + h, now, vector)[0] - point(l - h, now, vector)[0]
            assert point(l, now, vector)[1] == pytest.approx(around / (2 * h), abs=1e-8)


def test_the_bracket_holds_a_root_whatever_the_parameters_and_the_equation_rises_at_it() -> None:
    slopes, counts = [], []
    for vector, now in periods_of(1500, 2):
        lo, hi = bracket(now, vector)
        assert point(lo, now, vector)[0] <= 0.0 <= point(hi, now, vector)[0]
        status, count, l, here = root(0.5 * (lo + hi), lo, hi, now, vector)  # noqa: E741
        assert status == SOLVED
        assert abs(here[0]) < 1e-13
        assert lo <= l <= hi
        slopes.append(here[1])
        counts.append(count)
    assert min(slopes) > 0.3
    assert max(counts) <= 12


def test_sectors_that_are_all_alike_have_the_root_of_one_sector() -> None:
    """With one capital share the rental rate is beta / (1 - beta) / K, at the bracket's middle."""
    alike = published().with_values(beta=0.4)
    found = solve_period(alike, ONE, state=State(0.7, 0.0))
    assert found.l == pytest.approx(np.log(0.4 / 0.6) - 0.7, abs=1e-14)
    assert found.slope == pytest.approx(1.0)


@given(st.floats(-15.0, 15.0), st.integers(0, 10_000))
def test_the_solution_does_not_depend_on_where_the_search_begins(start: float, seed: int) -> None:
    drawn = draw(1, seed)
    path = paths(1, xi_m=drawn.xi[0, 0], xi_s=drawn.xi[0, 1], ramp=1.0)
    state = State(*drawn.states[0])
    parameters = from_vector(drawn.vectors[0])
    here = solve_period(parameters, path, state=state, start=start)
    there = solve_period(parameters, path, state=state)
    assert here.l == pytest.approx(there.l, abs=1e-13)


@given(st.integers(0, 10_000))
def test_with_equal_wages_the_equation_rises_everywhere(seed: int) -> None:
    """Its derivative is then the aggregate elasticity of substitution."""
    drawn = draw(1, seed)
    state = State(*drawn.states[0])
    _, slope = excess(np.linspace(-6, 6, 41), from_vector(drawn.vectors[0]), ONE, state=state)
    assert (slope > 0).all()


def test_a_bracket_without_a_root_is_named() -> None:
    with pytest.raises(EquilibriumError, match="neither scarce nor idle, found none between"):
        solve_period(published(), ONE, within=(5.0, 6.0))
    vector, now = periods_of(1, 3)[0]
    assert root(5.5, 5.0, 6.0, now, vector)[0] == NOT_BRACKETED
    now[:] = np.nan
    assert root(0.0, -1.0, 1.0, now, vector)[0] == NOT_BRACKETED


def test_each_status_has_its_own_words() -> None:
    for status, words in (
        (NOT_BRACKETED, "neither scarce nor idle"),
        (NOT_CONVERGED, f"within {MOST} evaluations"),
        (OVERFLOW, "logs of capital and of AI within 10000"),
    ):
        with pytest.raises(EquilibriumError, match=words) as error:
            raise_failure("here", status, 4, 1.0, 2.0)
        assert str(error.value).startswith("here, period 5:")
        assert "ln K = 1, ln M = 2" in str(error.value)


def test_the_cap_on_evaluations_ends_a_search_and_is_an_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    vector, now = periods_of(1, 4)[0]
    monkeypatch.setattr(solver, "MOST", 2)
    lo, hi = bracket(now, vector)
    status, count, *_ = solver.root.py_func(hi, lo, hi, now, vector)  # type: ignore[attr-defined]
    assert (status, count) == (NOT_CONVERGED, 2)
    monkeypatch.setattr(simulating, "path_into", lambda *_: (NOT_CONVERGED, 0, 0.5, 0.25))
    with pytest.raises(EquilibriumError, match=r"simulation, period 1: .* found none, at ln K"):
        simulating.simulate(published(), ONE)


def test_a_period_off_the_path_is_refused() -> None:
    with pytest.raises(StructuralError, match="one from 1 to 1"):
        solve_period(published(), ONE, 2)


def test_extreme_parameters_are_solved() -> None:
    """Corners of the domain, far capital and wage gaps: no failure, few evaluations."""
    corners = np.array(np.meshgrid(*[[1e-3, 0.999]] * 4, *[[1e-3, 20.0]] * 2)).reshape(6, -1).T
    vectors = np.tile(published().vector(), (len(corners), 1))
    vectors[:, [0, 2, 10, 12, 1, 3]] = corners
    for ln_K in (-50.0, 0.0, 50.0):
        for xi_m in (1e-3, 1e3):
            batch = simulate_batch(
                vectors,
                paths(1, xi_m=xi_m, ramp=1.0),
                np.tile([ln_K, 3.0], (len(vectors), 1)),
            )
            assert (np.abs(batch.column("F")) < 1e-10).all()
            assert batch.column("iterations").max() < 70
