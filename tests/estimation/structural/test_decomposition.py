"""Margins of the share of producer services: by hand, adding up, and where one alone moves."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from estimation.structural.decomposition import (
    MARGINS,
    decompose,
    decompose_by_period,
    shapley,
)
from estimation.structural.draws import draw
from estimation.structural.parameters import from_vector
from estimation.structural.paths import Paths, paths
from estimation.structural.published import published
from estimation.structural.simulate import simulate
from geo.errors import StructuralError

GENERAL = published().with_values(epsilon_C=0.3, epsilon_I=0.9, omega_H=0.4)


def product(x: np.ndarray) -> np.ndarray:
    return np.asarray(x.prod(axis=1))


def test_shapleys_parts_of_a_product_by_hand() -> None:
    """From 1 x 2 to 3 x 5: 2 x 3.5 and 3 x 2."""
    parts = shapley(product, np.array([[1.0, 2.0]]), np.array([[3.0, 5.0]]))
    np.testing.assert_allclose(parts, [[7.0, 6.0]])


@given(st.lists(st.floats(-2, 2), min_size=8, max_size=8))
def test_shapleys_parts_add_up_and_treat_equals_alike(values: list[float]) -> None:
    before, after = np.array([values[:4]]), np.array([values[4:]])
    parts = shapley(product, before, after)
    assert parts.sum() == pytest.approx(float((product(after) - product(before))[0]), abs=1e-12)
    swapped = shapley(product, before[:, ::-1], after[:, ::-1])
    np.testing.assert_allclose(swapped[:, ::-1], parts, atol=1e-12)


def test_parts_add_up_to_the_change_for_random_economies() -> None:
    drawn = draw(100, 1)
    for vector, xi in zip(drawn.vectors, drawn.xi, strict=True):
        path = paths(12, xi_m=np.linspace(xi[0], 1, 12), xi_s=xi[1], ramp=1.0, s_H=0.02)
        run = simulate(from_vector(vector), path)
        for found in (decompose(run), decompose(run, 3, 7), decompose_by_period(run)):
            np.testing.assert_allclose(found.output.sum(axis=1), found.change_output, atol=1e-15)
            np.testing.assert_allclose(
                found.employment.sum(axis=1), found.change_employment, atol=1e-15
            )
            assert (found.output[:, 3:] == 0.0).all()
        assert decompose_by_period(run).change_output.sum() == pytest.approx(
            run.output[-1, 1] - run.output[0, 1], abs=1e-15
        )


def test_in_the_papers_case_it_is_the_midpoint_of_31() -> None:
    """Equal capital shares and wages: both shares are one and split alike."""
    run = simulate(GENERAL.with_values(beta=0.5), paths(60, ramp=1.0, s_H=0.02))
    found = decompose(run)
    np.testing.assert_allclose(found.employment, found.output, atol=1e-15)
    made = run.output[:, [0, 2]] + run.split
    x, e = run.split / made, made
    middle_e, middle_x = (e[0] + e[-1]) / 2, (x[0] + x[-1]) / 2
    np.testing.assert_allclose(found.output[0, :2], middle_e * (x[-1] - x[0]), atol=1e-15)
    np.testing.assert_allclose(found.output[0, 2], (middle_x * (e[-1] - e[0])).sum(), atol=1e-15)
    np.testing.assert_allclose(found.intensive[0], found.output[0, :2].sum())
    np.testing.assert_allclose(found.extensive[0], found.output[0, 2])


def test_margins_that_do_not_move_have_no_part() -> None:
    p = published().with_values(beta=0.5, sigma_M=1.0, sigma_S=1.0, epsilon=0.3)
    fixed_shares = decompose(simulate(p, paths(60, xi_m=1.5, s_H=0.02)))
    assert np.abs(fixed_shares.output[0, :2]).max() < 1e-15
    assert abs(fixed_shares.output[0, 2]) > 1e-3
    p = published().with_values(epsilon=1.0)
    fixed_demand = decompose(simulate(p, paths(60, xi_m=1.5, s_H=0.02)))
    assert abs(fixed_demand.output[0, 2]) < 1e-15
    assert abs(fixed_demand.output[0, 0]) > 1e-3
    assert np.abs(fixed_demand.employment[0, 3:]).max() < 1e-15


def test_wage_gaps_alone_move_employment_where_prices_do_not_matter() -> None:
    p = published().with_values(sigma_M=1.0, sigma_S=1.0, epsilon=1.0)
    found = decompose(simulate(p, paths(30, xi_m=np.linspace(2.0, 1.0, 30), s_H=0.0)))
    parts = dict(zip(MARGINS, found.employment[0], strict=True))
    assert parts["wage_gap_m"] == pytest.approx(float(found.change_employment[0]), abs=1e-15)
    assert parts["wage_gap_m"] > 0.01
    assert found.change_output[0] == pytest.approx(0.0, abs=1e-15)


def test_spans_are_told_and_wrong_ones_refused(moving: Paths) -> None:
    run = simulate(GENERAL, moving)
    found = decompose(run, 5, 29)
    assert (found.first.tolist(), found.last.tolist()) == ([5], [29])
    assert decompose_by_period(run).last.tolist() == list(range(2, 61))
    for span in ((0, 5), (5, 5), (5, 61)):
        with pytest.raises(StructuralError, match="two periods from 1 to 60, in order"):
            decompose(run, *span)
