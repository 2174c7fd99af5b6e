"""Lorenz curves: by hand, and against the Gini of the city-year table."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.errors import InequalityDomainError
from geo.inequality import city_year_inequality
from geo.lorenz import lorenz_curve


def test_by_hand() -> None:
    curve = lorenz_curve([3.0, np.nan, 1.0, 0.0])
    np.testing.assert_allclose(curve.units, [0, 1 / 3, 2 / 3, 1])
    np.testing.assert_allclose(curve.light, [0, 0, 1 / 4, 1])
    # sum over pairs |difference| = 2 (1 + 3 + 2) = 12; 2 n^2 mean = 2 * 9 * 4/3 = 24
    assert curve.gini == pytest.approx(12 / 24)


def test_equality_is_the_diagonal() -> None:
    curve = lorenz_curve([2.0, 2.0, 2.0, 2.0])
    np.testing.assert_allclose(curve.light, curve.units)
    assert curve.gini == pytest.approx(0.0, abs=1e-15)


def test_darkness_has_no_shares() -> None:
    curve = lorenz_curve([0.0, 0.0])
    assert np.isnan(curve.light).all()
    assert np.isnan(curve.gini)


@pytest.mark.parametrize("light", [[], [np.nan], [-1.0, 2.0], [1.0, np.inf]])
def test_what_is_no_light(light: list[float]) -> None:
    with pytest.raises(InequalityDomainError, match="light of units: expected one unit or more"):
        lorenz_curve(light)


@given(st.lists(st.floats(0, 1000), min_size=1, max_size=30).filter(lambda x: sum(x) > 1e-3))
def test_its_area_is_the_gini(light: list[float]) -> None:
    table = pd.DataFrame(
        {
            "unit_id": [str(number) for number in range(len(light))],
            "city_id": "1", "product": "p", "year": 2020, "mean": light, "area_km2": 1.0,
            "saturated_share": 0.0, "n_cells": 1.0,
        }
    )  # fmt: skip
    gini = city_year_inequality(table, draws=0)["gini"].item()
    curve = lorenz_curve(light)
    assert curve.gini == pytest.approx(gini, abs=1e-9)
    assert (np.diff(curve.light) >= -1e-15).all()
    assert (curve.light <= curve.units + 1e-12).all()
