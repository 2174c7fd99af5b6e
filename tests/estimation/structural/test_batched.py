"""Batches: the numbers of single runs, whatever the order and the threads."""

import numpy as np
import pytest

from estimation.structural.batched import BLOCK, simulate_batch
from estimation.structural.draws import draw
from estimation.structural.parameters import PLACES, from_vector
from estimation.structural.paths import Paths, paths
from estimation.structural.published import published
from estimation.structural.simulate import simulate
from estimation.structural.solver import OVERFLOW, SOLVED
from estimation.structural.state import State
from geo.errors import EquilibriumError, StructuralError

N = 3 * BLOCK + 5


@pytest.fixture(scope="module")
def vectors() -> np.ndarray:
    made = draw(N, 1).vectors
    made[:, PLACES["gamma_m"] : PLACES["gamma_s"] + 1] *= 0.05
    return made


def test_a_batch_is_the_loop_over_single_runs_to_the_last_bit(
    vectors: np.ndarray, moving: Paths
) -> None:
    states = np.random.default_rng(1).normal(size=(N, 2))
    batch = simulate_batch(vectors, moving, states, threads=2)
    for i in range(0, N, 7):
        run = simulate(from_vector(vectors[i]), moving, State(*states[i]))
        np.testing.assert_array_equal(batch.labour[i], run.labour)
        np.testing.assert_array_equal(batch.output[i], run.output)
        np.testing.assert_array_equal(batch.theta[i], run.theta)
        np.testing.assert_array_equal(batch.eta[i], run.eta)
        np.testing.assert_array_equal(batch.ln_K[i], run.ln_K)
        np.testing.assert_array_equal(batch.ln_M[i], run.ln_M)
        np.testing.assert_array_equal(batch.column("slope")[i], run.slope)
        np.testing.assert_array_equal(batch.end[i], [run.end.ln_K, run.end.ln_M])


def test_neither_order_nor_threads_change_a_bit(vectors: np.ndarray, moving: Paths) -> None:
    base = simulate_batch(vectors, moving, threads=1)
    for threads in (2, 3, 8):
        again = simulate_batch(vectors, moving, threads=threads)
        np.testing.assert_array_equal(again.values, base.values)
    order = np.random.default_rng(2).permutation(N)
    shuffled = simulate_batch(vectors[order], moving, threads=2)
    np.testing.assert_array_equal(shuffled.values, base.values[order])


def test_kept_periods_are_those_of_all(vectors: np.ndarray, moving: Paths) -> None:
    base = simulate_batch(vectors[:5], moving)
    assert base.periods.tolist() == list(range(1, 61))
    assert (base.status == SOLVED).all()
    assert (base.stopped == 60).all()
    last = simulate_batch(vectors[:5], moving, keep="last")
    np.testing.assert_array_equal(last.values, base.values[:, -1:])
    some = simulate_batch(vectors[:5], moving, keep=[30, 1])
    np.testing.assert_array_equal(some.values, base.values[:, [29, 0]])
    assert some.periods.tolist() == [30, 1]


def test_scenarios_have_paths_of_their_own_or_share_some(moving: Paths) -> None:
    others = [moving, paths(60, xi_m=2.0), paths(60, s_H=0.03)]
    parameters = [published()] * 3
    own = simulate_batch(parameters, others)
    for i, path in enumerate(others):
        np.testing.assert_array_equal(own.labour[i], simulate(published(), path).labour)
    shared = simulate_batch(parameters, others, which=np.array([2, 2, 0]))
    np.testing.assert_array_equal(shared.values, own.values[[2, 2, 0]])


def test_a_scenario_that_fails_is_named_or_kept_with_its_periods() -> None:
    mild, wild = published(), published().with_values(gamma=1.0)
    path = paths(200, s_H=0.05)
    with pytest.raises(EquilibriumError, match=r"scenario 2, period \d+: expected logs"):
        simulate_batch([mild, wild, wild], path)
    batch = simulate_batch([mild, wild], path, failures="keep")
    assert batch.status.tolist() == [SOLVED, OVERFLOW]
    stop = int(batch.stopped[1])
    assert 40 < stop < 200
    assert np.isfinite(batch.values[1, :stop]).all()
    assert np.isnan(batch.values[1, stop:]).all()
    np.testing.assert_array_equal(batch.labour[0], simulate(mild, path).labour)
    assert np.isnan(simulate_batch([wild], path, keep="last", failures="keep").labour).all()


def test_wrong_batches_are_refused(vectors: np.ndarray, moving: Paths) -> None:
    bad = vectors.copy()
    bad[7, PLACES["beta_x"]] = 1.0
    some = vectors[:3]
    for wrong, said in (
        (lambda: simulate_batch(bad, moving), "beta_x: .* found 1 at place 8 of"),
        (lambda: simulate_batch([], moving), "one scenario or more"),
        (lambda: simulate_batch(some, [moving] * 2), "2 paths and 2 places"),
        (lambda: simulate_batch(some, moving, which=np.array([0, 1, 0])), "1 paths and 3 places"),
        (lambda: simulate_batch(some, [moving, moving, paths(5)]), "paths of one length"),
        (lambda: simulate_batch(some, moving, np.zeros((2, 2))), r"found shape \(2, 2\)"),
        (lambda: simulate_batch(some, moving, np.full((3, 2), np.nan)), "not finite"),
        (lambda: simulate_batch(some, moving, keep=[0]), "periods from 1 to 60"),
        (lambda: simulate_batch(some, moving, keep="some"), "found some"),  # type: ignore[arg-type]
        (lambda: simulate_batch(some, moving, keep=np.array([61])), "periods from 1 to 60"),
        (lambda: simulate_batch(some, moving, keep=[61]), "periods from 1 to 60"),
        (lambda: simulate_batch([published()], paths(2, s=0.1, s_H=0.2)), "s_H = 0.2"),
    ):
        with pytest.raises(StructuralError, match=said):
            wrong()
