"""Calibration of B: met by the solver, all roots, and the level as a choice that matters."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import root as solved

from estimation.structural.calibration import calibrate_B, with_B
from estimation.structural.paths import paths
from estimation.structural.published import published
from estimation.structural.simulate import simulate
from estimation.structural.state import State
from geo.errors import EquilibriumError, StructuralError
from panels.sectors import load_etd
from panels.wage_gaps import wage_gaps

V = published()
XI = (2.447, 2.092)
TARGET = (0.623, 0.092, 0.285)


def first_period(parameters, xi=XI, state=None, **given):
    path = paths(1, xi_m=xi[0], xi_s=xi[1], **given)
    return simulate(parameters, path, State(0.0, 0.0) if state is None else state).labour[0]


def test_the_first_period_is_met_at_any_level():
    for level in (0.5, 1.0, 1.3):
        found = calibrate_B(V, TARGET, level=level, xi=XI)
        assert np.exp(np.mean(np.log(found.B))) == pytest.approx(level, rel=1e-12)
        assert found.level == level
        np.testing.assert_allclose(first_period(with_B(V, found)), TARGET, atol=1e-13)


def test_every_root_meets_the_target():
    found = calibrate_B(V, TARGET, level=1.0, xi=XI)
    assert found.others
    sizes = [found.root.size, *(other.size for other in found.others)]
    assert sizes == sorted(sizes)
    for other in found.others:
        m, s = other.ln_ratios
        B = tuple(np.exp(np.array([m, 0.0, s]) - (m + s) / 3))
        np.testing.assert_allclose(first_period(replace(V, B=B)), TARGET, atol=1e-10)


def test_no_search_from_elsewhere_finds_another_root():
    found = calibrate_B(V, TARGET, level=1.0, xi=XI)
    known = np.array([found.root.ln_ratios, *(other.ln_ratios for other in found.others)])
    rng = np.random.default_rng(1)

    def off(ratios):
        # Far out nothing is computed: the search comes back or fails.
        ratios = np.clip(ratios, -200.0, 200.0)
        labour = first_period(replace(V, B=(np.exp(ratios[0]), 1.0, np.exp(ratios[1]))))
        return np.log(labour[:2] / TARGET[:2])

    met = 0
    for start in rng.uniform([-15, -20], [5, 5], size=(40, 2)):
        answer = solved(off, start, tol=1e-12)
        if answer.success and np.abs(off(answer.x)).max() < 1e-9:
            met += 1
            assert np.abs(known - answer.x).max(axis=1).min() < 1e-4
    assert met > 5


shares = st.floats(0.1, 0.9)


@settings(max_examples=40)
@given(
    st.tuples(*[st.floats(-1.5, 1.5)] * 3),
    st.tuples(st.one_of(st.floats(0.2, 0.9), st.floats(1.1, 3.0)), shares),
    st.tuples(st.one_of(st.floats(0.2, 0.9), st.floats(1.1, 3.0)), shares),
    st.tuples(shares, shares, shares),
    st.tuples(*[st.floats(0.0, 2.5)] * 3),
    st.tuples(st.floats(0.5, 3.0), st.floats(0.5, 3.0)),
    st.booleans(),
)
def test_what_the_model_makes_is_found_again(ln_b, good_m, good_s, omega, epsilon, xi, inside):
    truth = replace(
        V, B=tuple(np.exp(ln_b)), sigma_M=good_m[0], alpha_M=good_m[1], sigma_S=good_s[0],
        alpha_S=good_s[1], omega=omega, epsilon=epsilon, infrastructure_inside=inside,
    )  # fmt: skip
    state = State(0.7, 1.1)
    given_ = {"s": 0.3, "s_H": 0.05, "ramp": np.array([0.4])}
    labour = first_period(truth, xi, state, **given_)
    found = calibrate_B(
        truth, labour, level=float(np.exp(np.mean(ln_b))), xi=xi, s=0.3, s_H=0.05, state=state,
        ramp=0.4,
    )  # fmt: skip
    roots = np.array([found.root.ln_ratios, *(other.ln_ratios for other in found.others)])
    wanted = np.array([ln_b[0] - ln_b[1], ln_b[2] - ln_b[1]])
    assert np.abs(roots - wanted).max(axis=1).min() < 1e-6


@pytest.mark.real
def test_the_papers_economy(data_dir):
    data = load_etd(data_dir / "sectors" / "ETD_230918.xlsx", "CHN")
    gaps = wage_gaps(data, V.beta)
    xi = (float(gaps["xi_m"][0]), float(gaps["xi_s"][0]))
    path = paths(60, xi_m=gaps["xi_m"], xi_s=gaps["xi_s"])
    level = float(np.exp(np.mean(np.log([0.850, 0.526, 1.226]))))
    found = calibrate_B(V, data.labour[0], level=level, xi=xi)
    np.testing.assert_allclose(found.B, [0.850, 0.526, 1.226], atol=1e-3)
    np.testing.assert_allclose(found.root.ln_ratios, [0.48, 0.85], atol=5e-3)
    (other,) = found.others
    np.testing.assert_allclose(other.ln_ratios, [-8.6, -14.8], atol=0.05)
    run = simulate(with_B(V, found), path)
    np.testing.assert_allclose(run.labour[0], data.labour[0], atol=1e-13)
    np.testing.assert_allclose(run.labour[-1], [0.297, 0.142, 0.561], atol=6e-4)
    # The level: nothing in the first period, half of manufacturing in the sixtieth.
    ends = []
    for ln_b in (0.0, 0.2):
        raised = simulate(replace(V, B=(np.exp(ln_b),) * 3), path)
        np.testing.assert_allclose(raised.labour[0], [0.599, 0.087, 0.314], atol=5e-4)
        ends.append(raised.labour[-1, 0])
    np.testing.assert_allclose(ends, [0.184, 0.091], atol=6e-4)


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"target": (0.6, 0.1, 0.1)}, StructuralError, "adding up to 1"),
        ({"target": (1.0, 0.1, -0.1)}, StructuralError, "positive and adding up"),
        ({"target": (0.5, 0.5)}, StructuralError, "employment shares of m, x, s"),
        ({"level": 0.0}, StructuralError, "positive geometric mean"),
        ({"level": float("nan")}, StructuralError, "positive geometric mean"),
        ({"xi": (0.0, 1.0)}, StructuralError, "xi: expected positive"),
        ({"s_H": 0.5}, StructuralError, "at most the rate of investment"),
        ({"s": 1.0}, StructuralError, "s: expected shares"),
        ({"parameters": replace(V, sigma_M=1.0)}, StructuralError, "sigma_M: .* other than 1"),
    ],
)
def test_bad_questions_are_named(change, error, words):
    keys = {"parameters": V, "target": TARGET, "level": 1.0, "xi": XI, **change}
    parameters, target = keys.pop("parameters"), keys.pop("target")
    with pytest.raises(error, match=words):
        calibrate_B(parameters, target, **keys)


def test_a_target_out_of_reach_is_named():
    # With fixed proportions of spending and hardly any substitution in the final goods.
    stiff = replace(V, epsilon=(1.0,) * 3, omega=(0.5,) * 3)
    with pytest.raises(EquilibriumError, match=r"productivities that give .* found none"):
        calibrate_B(stiff, (0.98, 0.01, 0.01), level=1.0)


@pytest.mark.real
def test_the_published_shares_with_scaled_gaps(data_dir):
    # The two factors that the paper's figures need; nothing in the data accounts for them.
    data = load_etd(data_dir / "sectors" / "ETD_230918.xlsx", "CHN")
    gaps = wage_gaps(data, V.beta, scale=(0.9747, 0.9869))
    run = simulate(replace(V, alpha_M=0.8496), paths(60, xi_m=gaps["xi_m"], xi_s=gaps["xi_s"]))
    for found, printed in (
        (run.labour[0], (0.597, 0.088, 0.315)),
        (run.labour[-1], (0.182, 0.150, 0.668)),
        (run.output[0], (0.551, 0.219, 0.231)),
        (run.output[-1], (0.200, 0.310, 0.490)),
    ):
        np.testing.assert_allclose(found, printed, atol=1.1e-3)
