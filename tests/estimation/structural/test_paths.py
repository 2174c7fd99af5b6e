"""Exogenous paths: the ramp, extension, reforms, and what is refused."""

from typing import Any

import numpy as np
import pytest

from estimation.structural.paths import Paths, extend, gamma_ramp, paths, reform
from estimation.structural.published import published
from estimation.structural.scenarios import paper
from estimation.structural.simulate import simulate
from estimation.structural.state import State
from geo.errors import StructuralError


def test_the_ramp_begins_after_2009_and_is_whole_in_2020() -> None:
    ramp = gamma_ramp(60)
    assert (ramp[:20] == 0.0).all()
    assert ramp[20] == pytest.approx(1 / 11)
    assert ramp[29] == pytest.approx(10 / 11)
    assert (ramp[30:] == 1.0).all()
    assert gamma_ramp(3, start=0, length=2).tolist() == [0.5, 1.0, 1.0]


def test_a_path_is_carried_on_or_cut_off() -> None:
    assert extend([1.0, 2.0], 4).tolist() == [1.0, 2.0, 2.0, 2.0]
    assert extend([1.0, 2.0, 3.0], 2).tolist() == [1.0, 2.0]
    assert extend(0.4, 2).tolist() == [0.4, 0.4]


def test_a_reform_goes_linearly_to_one_and_leaves_the_other_gap() -> None:
    path = paths(60, xi_m=np.linspace(3.0, 2.0, 29), xi_s=1.5)
    done = reform(path, "m")
    np.testing.assert_array_equal(done.xi_m[:29], path.xi_m[:29])
    np.testing.assert_allclose(np.diff(done.xi_m[28:]), -1.0 / 31)
    assert done.xi_m[-1] == 1.0
    np.testing.assert_array_equal(done.xi_s, path.xi_s)
    early = reform(path, "s", 29, 39)
    assert (early.xi_s[38:] == 1.0).all()


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("xi_m", [1.0, 0.0], "xi_m: expected positive numbers, found 0 at place 2 of 2"),
        ("xi_s", [1.0, np.nan], "xi_s: expected positive numbers, found nan"),
        ("ramp", [0.0, 1.5], "ramp: expected shares from 0 to 1"),
        ("s", [0.4, 1.0], "s: expected shares between 0 and 1"),
        ("s_H", [-0.01, 0.0], "s_H: expected shares from 0 to 1"),
        ("s", [0.4], "paths: expected one length for all"),
        ("s", [], "s: expected a list of numbers"),
        ("s", [["a"]], "s: expected a list of numbers"),
    ],
)
def test_paths_outside_their_domain_are_refused_by_name(name: str, value: Any, said: str) -> None:
    good: dict[str, Any] = {name: np.full(2, 0.4) for name in ("xi_m", "xi_s", "ramp", "s", "s_H")}
    with pytest.raises(StructuralError) as error:
        Paths(**{**good, name: value})
    assert said in str(error.value)


def test_rates_that_do_not_go_together_are_refused() -> None:
    with pytest.raises(StructuralError, match=r"s_H, period 3: .* found s_H = 0.5 and s = 0.4"):
        simulate(published(), paths(3, s_H=[0.01, 0.4, 0.5]))
    beside = published().with_values(infrastructure_inside=0.0)
    with pytest.raises(StructuralError, match=r"expected s \+ s_H below 1"):
        simulate(beside, paths(3, s=0.7, s_H=0.3))
    assert simulate(beside, paths(3, s=0.4, s_H=0.5)).periods == 3


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: extend([], 3),
        lambda: extend([1.0], 0),
        lambda: gamma_ramp(0),
        lambda: gamma_ramp(3, length=0),
        lambda: reform(paths(60), "x"),  # type: ignore[arg-type]
        lambda: reform(paths(60), "m", 40, 30),
        lambda: reform(paths(20), "m"),
        lambda: State(float("nan"), 0.0),
        lambda: State(0.0, float("inf")),
    ],
)
def test_other_wrong_input_is_named(wrong: Any) -> None:
    with pytest.raises(StructuralError):
        wrong()


def test_paths_cannot_be_changed_behind_their_back() -> None:
    xi = np.ones(3)
    path = paths(3, xi_m=xi)
    xi[0] = -1.0
    assert path.xi_m[0] == 1.0
    with pytest.raises(ValueError, match="read-only"):
        path.xi_m[0] = -1.0


def test_the_papers_scenarios_change_what_their_names_say() -> None:
    found = {one.name: one for one in paper(np.full((29, 2), 2.0))}
    assert next(iter(found)) == "benchmark"
    assert len(found) == 15
    base = found["benchmark"]
    assert base.paths.periods == 60
    assert (found["infrastructure_0.05"].paths.s_H == 0.05).all()
    assert found["bias_0.7"].parameters.gamma == (1.0, 0.7, 0.7)
    assert found["sigma_M_0.3"].parameters.sigma_M == 0.3
    assert found["reform_s"].paths.xi_s[-1] == 1.0
    assert (found["reform_s"].paths.xi_m == 2.0).all()
    assert found["omega_0.60"].parameters.omega == (0.6, 0.6, 0.6)
    assert (found["investment_0.45"].paths.s == 0.45).all()
    assert found["epsilon_0.2"].parameters.epsilon == (0.2, 0.2, 0.2)
    assert (paper()[0].paths.xi_m == 1.0).all()
    scaled = paper((3.0, 2.0), xi_scale=(0.5, 1.0))[0].paths
    assert (scaled.xi_m == 1.5).all()
    assert (scaled.xi_s == 2.0).all()
    assert (paper((3.0, 2.0))[0].paths.xi_m == 3.0).all()
