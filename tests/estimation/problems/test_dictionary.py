from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from estimation.problems.dictionary import CUTS, dictionary


def test_a_single_control_by_hand() -> None:
    x = np.arange(21.0)  # twentieths are 1, 2, ... 19
    columns, names = dictionary(x[:, None], ("x",))
    assert names == ("x", "x^2", *(f"x > {cut}" for cut in range(1, 20)))
    z = (x - 10) / np.sqrt(110 / 3)
    expected = np.column_stack([z, z**2, *((x > cut) for cut in range(1, 20))])
    assert columns == pytest.approx(expected, abs=1e-14)


def test_pairs_add_products_of_values_and_of_steps_at_quartiles() -> None:
    rng = np.random.default_rng(3)
    controls = rng.normal(size=(80, 3))
    columns, names = dictionary(controls, ("a", "b", "c"))
    assert len(names) == 3 * (2 + len(CUTS)) + 16 * 3
    z = (controls - controls.mean(axis=0)) / controls.std(axis=0)
    median = np.median(controls, axis=0)
    for (j, one), (k, two) in combinations(enumerate("abc"), 2):
        both = columns[:, names.index(f"{one} x {two}")]
        assert both == pytest.approx(z[:, j] * z[:, k], abs=1e-14)
        bent = columns[:, names.index(f"{one} x {two} > {median[k]:.6g}")]
        assert bent == pytest.approx(z[:, j] * (controls[:, k] > median[k]), abs=1e-14)
        corner = columns[:, names.index(f"{one} > {median[j]:.6g} x {two} > {median[k]:.6g}")]
        assert np.array_equal(corner, (controls > median)[:, [j, k]].all(axis=1))


def test_what_is_constant_or_said_already_is_left_out() -> None:
    dummy = np.tile([0.0, 1.0], 10)
    controls = np.column_stack([dummy, np.full(20, 0.1), dummy])
    columns, names = dictionary(controls, ("a", "b", "c"))
    # a 0/1 column has one step, its square is constant; its copy and the constant say nothing new
    assert names[0] == "a"
    assert not any(name.startswith(("b", "c")) for name in names)
    assert (np.ptp(columns, axis=0) > 0).all()


def test_no_controls_make_no_columns() -> None:
    columns, names = dictionary(np.empty((7, 0)), ())
    assert columns.shape == (7, 0)
    assert names == ()


@given(
    values=st.lists(st.tuples(st.integers(-4, 4), st.floats(-1e6, 1e6)), min_size=3, max_size=30),
    scale=st.sampled_from([2.0**-9, 4.0, 2.0**12]),
)
def test_columns_are_distinct_finite_and_without_units(
    values: list[tuple[int, float]], scale: float
) -> None:
    controls = np.asarray(values, dtype=np.float64)
    columns, names = dictionary(controls, ("a", "b"))
    assert columns.shape == (len(values), len(names))
    assert len({column.tobytes() for column in np.ascontiguousarray(columns.T)}) == len(names)
    assert np.isfinite(columns).all()
    again, _ = dictionary(controls * scale, ("a", "b"))
    np.testing.assert_allclose(again, columns, rtol=1e-9, atol=1e-9)
