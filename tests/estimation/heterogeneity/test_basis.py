import numpy as np
import pytest
from patsy import bs

from estimation.heterogeneity.basis import grid_of, spline_basis
from geo.errors import SampleError


@pytest.mark.parametrize("size", [4, 5, 7])
def test_the_basis_is_patsy_s_with_an_intercept(size: int) -> None:
    values = np.random.default_rng(0).gamma(2.0, size=200)
    basis = spline_basis(values, size, where="w")
    at = np.sort(values)
    theirs = bs(at, df=size, degree=3, include_intercept=True)
    assert basis.size == size
    np.testing.assert_allclose(basis(at), theirs, atol=1e-12)
    np.testing.assert_allclose(basis(at).sum(axis=1), 1.0, atol=1e-12)


def test_a_straight_line_and_a_constant_are_in_its_span() -> None:
    values = np.linspace(-2.0, 5.0, 101)
    columns = spline_basis(values, 5, where="w")(values)
    fitted = columns @ np.linalg.lstsq(columns, 3.0 - 2.0 * values, rcond=None)[0]
    np.testing.assert_allclose(fitted, 3.0 - 2.0 * values, atol=1e-10)


@pytest.mark.parametrize("values", [[0.0, 1.0] * 50, [0.0] * 60 + list(np.arange(40.0))])
def test_a_variable_with_few_values_is_refused(values: list[float]) -> None:
    with pytest.raises(SampleError, match="a smaller basis"):
        spline_basis(np.array(values), 6, where="w")


def test_a_grid_names_each_value_once() -> None:
    assert grid_of(np.array([1.0, 1.0, 1.0, 2.0])).tolist()[0] == 1.0
    assert (
        np.unique(grid_of(np.repeat([1.0, 2.0], 50))).size
        == grid_of(np.repeat([1.0, 2.0], 50)).size
    )
    np.testing.assert_allclose(grid_of(np.linspace(0, 1, 101)), np.arange(0.05, 0.951, 0.05))
