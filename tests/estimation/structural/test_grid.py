"""Grids: every combination, in blocks, here and on workers."""

import pickle

import numpy as np
import pandas as pd
import pytest
from distributed import Client, LocalCluster

from estimation.structural.grid import STATUS, grid, simulate_grid
from estimation.structural.paths import paths
from estimation.structural.published import published
from estimation.structural.scenarios import Scenario
from estimation.structural.simulate import simulate
from estimation.structural.state import State
from geo.errors import StructuralError

BASE = Scenario("base", published(), paths(40, xi_m=1.7, xi_s=1.5), State(0.1, 0.2))
AXES = {"sigma_M": [0.3, 0.6], "s_H": [0.01, 0.02, 0.05], "gamma_services": [0.4, 0.5]}


def test_every_point_is_the_simulation_with_its_values() -> None:
    over = grid(BASE, AXES)
    assert over.size == 12
    table = simulate_grid(over, keep=[20, 40])
    assert len(table) == 24
    assert (table["status"] == STATUS[0]).all()
    for at, rows in table.groupby(list(AXES)):
        sigma, s_H, gamma = at
        run = simulate(
            published().with_values(sigma_M=sigma, gamma_x=gamma, gamma_s=gamma),
            paths(40, xi_m=1.7, xi_s=1.5, s_H=s_H),
            BASE.state,
        )
        assert rows["period"].tolist() == [20, 40]
        np.testing.assert_array_equal(
            rows[["labour_m", "labour_x", "labour_s"]], run.labour[[19, 39]]
        )
        np.testing.assert_array_equal(
            rows[["output_m", "output_x", "output_s"]], run.output[[19, 39]]
        )
        np.testing.assert_array_equal(rows[["theta_M", "theta_S"]], run.theta[[19, 39]])
        np.testing.assert_array_equal(rows["eta"], run.eta[[19, 39]])
        np.testing.assert_array_equal(rows["ln_M"], run.ln_M[[19, 39]])


def test_points_are_in_order_with_the_last_axis_fastest() -> None:
    points = grid(BASE, AXES).points(0, 12)
    assert points[:3].tolist() == [[0.3, 0.01, 0.4], [0.3, 0.01, 0.5], [0.3, 0.02, 0.4]]
    assert points[-1].tolist() == [0.6, 0.05, 0.5]


def test_blocks_threads_and_workers_give_the_same_table() -> None:
    over = grid(BASE, AXES)
    table = simulate_grid(over)
    told: list[tuple[int, int]] = []

    def progress(done: int, total: int) -> None:
        told.append((done, total))

    again = simulate_grid(over, block=5, threads=2, progress=progress)
    pd.testing.assert_frame_equal(again, table)
    assert told == [(min(end, over.size), over.size) for end in range(5, over.size + 5, 5)]
    with (
        LocalCluster(
            n_workers=1, threads_per_worker=2, processes=False, dashboard_address=None
        ) as cluster,
        Client(cluster) as client,
    ):
        pd.testing.assert_frame_equal(
            simulate_grid(over, block=5, executor=client.get_executor(pure=False)), table
        )
        with pytest.raises(StructuralError, match="sigma_M: expected positive numbers"):
            simulate_grid(grid(BASE, {"sigma_M": [0.5, -0.5]}), executor=client.get_executor())


def test_grids_survive_the_trip_to_a_worker() -> None:
    over = grid(BASE, AXES)
    there = pickle.loads(pickle.dumps(over))  # noqa: S301 - our own bytes
    pd.testing.assert_frame_equal(simulate_grid(there), simulate_grid(over))


def test_a_point_without_a_solution_says_so_in_its_row() -> None:
    base = Scenario("long", published(), paths(200, s_H=0.05))
    table = simulate_grid(grid(base, {"gamma_services": [0.5, 1.0]}))
    assert table["status"].tolist() == ["solved", "overflow"]
    assert table["labour_m"].isna().tolist() == [False, True]


@pytest.mark.parametrize(
    ("axes", "said"),
    [
        ({}, "one axis or more"),
        ({"sigma": [1.0]}, "axis 'sigma': expected values of one of .*sigma_M"),
        ({"infrastructure_inside": [0.0]}, "another name"),
        ({"sigma_M": []}, "found no values"),
        ({"omega": [0.5], "omega_C": [0.4]}, "omega_C twice"),
    ],
)
def test_axes_that_cannot_be_are_refused(axes: dict[str, list[float]], said: str) -> None:
    with pytest.raises(StructuralError, match=said):
        grid(BASE, axes)


def test_values_that_cannot_be_are_refused() -> None:
    with pytest.raises(StructuralError, match="alpha_M: expected shares"):
        simulate_grid(grid(BASE, {"alpha_M": [0.5, 1.5]}))
    with pytest.raises(StructuralError, match=r"s_H = 0\.5 and s = 0\.4"):
        simulate_grid(grid(BASE, {"s_H": [0.01, 0.5]}))
