"""Equations (34) to (38), Propositions 1 and 2: derivatives of solved equilibria, and how often."""

import numpy as np
import pandas as pd
import pytest

from estimation.structural.closed_forms import elasticities
from estimation.structural.draws import Draws, biased, draw, from_the_start
from estimation.structural.parameters import PLACES, from_vector
from estimation.structural.paths import paths
from estimation.structural.propositions import AGAINST_2, derivatives, frequencies, signs
from estimation.structural.simulate import simulate
from estimation.structural.state import State


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return frequencies(1000, seed=3).set_index(["statement", "setting"])


def test_at_equal_capital_shares_everything_holds_in_every_draw(table: pd.DataFrame) -> None:
    equal = table[table.index.get_level_values("setting").str.startswith("equal")]
    assert len(equal) == 7
    assert (equal["share"] == 1.0).all()
    assert (equal["draws"] > 850).all()
    assert equal["gap"].max() < 9e-9


def test_with_unequal_ones_formulas_are_off_and_signs_mostly_hold(table: pd.DataFrame) -> None:
    """AI moves the rental rate then, and with it relative prices."""
    for statement in ("(34)", "(35)", "(37), (38)"):
        row = table.loc[(statement, "unequal capital shares, derivative")]
        assert row["gap"] > 0.05
        assert 0.95 < row["share"] < 1.0
    first = table.loc[("Proposition 1", "unequal capital shares, derivative")]
    assert 0.9 < first["share"] < 1.0
    for statement in ("Proposition 1", "Proposition 2"):
        row = table.loc[(statement, "unequal capital shares, 60 periods")]
        assert 0.5 < row["share"] < 0.95


def one(drawn: Draws, i: int, ln_M: float) -> np.ndarray:
    """Logs of theta_M, theta_S and eta in one solved period."""
    path = paths(1, xi_m=drawn.xi[i, 0], xi_s=drawn.xi[i, 1], ramp=1.0)
    run = simulate(from_vector(drawn.vectors[i]), path, State(drawn.states[i, 0], ln_M))
    return np.log([*run.theta[0], run.eta[0]])


def test_derivatives_are_those_of_single_solutions() -> None:
    drawn = draw(20, 5)
    total = derivatives(drawn)
    for i in range(20):
        at = drawn.states[i, 1]
        naive = (one(drawn, i, at + 1e-4) - one(drawn, i, at - 1e-4)) / 2e-4
        found = [total.theta_M[i], total.theta_S[i], total.eta[i]]
        np.testing.assert_allclose(found, naive, atol=1e-7)


def test_proposition_2_is_no_theorem_where_capital_shares_differ() -> None:
    """All that it assumes is met, and the ratio of industrial to service goods rises with AI."""
    p = AGAINST_2
    assert p.epsilon[0] < 1.0
    assert p.gamma[0] > p.gamma[1] == p.gamma[2]
    less, more = (simulate(p, paths(1, ramp=1.0), State(0.0, ln_M)) for ln_M in (-0.001, 0.001))
    assert (np.log(more.eta[0]) - np.log(less.eta[0])) / 0.002 > 0.002
    assert more.l[0] < less.l[0]
    same = p.with_values(beta=0.5)
    less, more = (simulate(same, paths(1, ramp=1.0), State(0.0, ln_M)) for ln_M in (-0.001, 0.001))
    assert more.eta[0] < less.eta[0]


def test_elasticities_by_hand() -> None:
    """sigma_M = .5 and a gap of -.5: -.25; eta: half of -.5 * 3/4."""
    values = {
        "sigma_M": np.array([0.5]),
        "sigma_S": np.array([1.5]),
        "epsilon_C": np.array([0.5]),
        "gamma_m": np.array([1.0]),
        "gamma_x": np.array([0.5]),
        "gamma_s": np.array([0.5]),
    }
    found = elasticities(np.array([3.0]), np.array([2.0]), values)
    assert found.theta_M[0] == -0.25
    assert found.theta_S[0] == 0.0
    assert found.eta[0] == pytest.approx(-0.1875)


def test_a_wrong_formula_would_be_noticed() -> None:
    """With the bias counted the other way round hardly a sign is right."""
    drawn = draw(200, 6, equal_beta=True, simple_demand=True)
    swapped = drawn.vectors.copy()
    swapped[:, [PLACES["gamma_m"], PLACES["gamma_x"]]] = drawn.vectors[
        :, [PLACES["gamma_x"], PLACES["gamma_m"]]
    ]
    total = derivatives(Draws(swapped, drawn.xi, drawn.states))
    right = next(found for found in signs(drawn, "swapped") if found.name == "(34)")
    assert right.holds.all()
    stated = derivatives(drawn).theta_M
    assert (np.sign(total.theta_M) == -np.sign(stated)).mean() > 0.99


def test_draws_keep_to_what_is_assumed() -> None:
    drawn = draw(300, 7, equal_beta=True, simple_demand=True)
    made = [from_vector(vector) for vector in drawn.vectors]
    assert all(len(set(p.beta)) == 1 and p.simple_demand for p in made)
    for both in (False, True):
        values = biased(drawn, both_services=both, low=("sigma_M",)).values(
            "gamma_m", "gamma_x", "gamma_s", "sigma_M"
        )
        assert (values["gamma_m"] > values["gamma_x"]).all()
        assert (values["sigma_M"] < 1.0).all()
        assert (values["gamma_s"] == values["gamma_x"]).all() == both
    assert (from_the_start(drawn).states[:, 1] == 0.0).all()
