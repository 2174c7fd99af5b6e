"""The within transform against dummies and against pyfixest, on panels with holes."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pyfixest
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from estimation.linear.within import absorber, combined, in_company, nested, numbered
from estimation.samples.sample import Floats, Integers
from geo.errors import SampleError
from tests.estimation.linear.effects_panel import made_up

pytestmark = pytest.mark.filterwarnings("ignore:The inplace keyword:DeprecationWarning")
"""pyfixest's own use of pandas."""
ROOT = Path(__file__).resolve().parents[3]


def dummies(effects: list[Integers]) -> Floats:
    return np.hstack([(one[:, None] == np.unique(one)).astype(float) for one in effects])


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(0, 3), st.integers(4, 40))
def test_what_is_left_is_the_residual_of_all_dummies(seed: int, count: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    effects = [rng.integers(0, rng.integers(1, 9), n) for _ in range(count)]
    values = rng.normal(size=(n, 2)) * [1.0, 1e6]
    D = dummies(effects) if effects else np.ones((n, 1))
    expected = values - D @ np.linalg.lstsq(D, values, rcond=None)[0]
    made = absorber(effects, n=n)
    assert made.rank == np.linalg.matrix_rank(D)
    assert made.left(values) == pytest.approx(expected, abs=1e-9 * np.abs(values).max())
    # What is left has nothing more to lose.
    assert made.left(made.left(values)) == pytest.approx(made.left(values), abs=1e-7)


@pytest.mark.parametrize(
    "effects", ["city_id + year", "city_id + year + industry", "city_id + pt + industry", "pt"]
)
@pytest.mark.parametrize("holes", [False, True])
def test_slopes_equal_pyfixests(effects: str, holes: bool) -> None:
    table = made_up(holes=holes)
    table["pt"] = combined([table["province"].to_numpy(), table["year"].to_numpy()])
    codes = [numbered(pd.factorize(table[one])[0]) for one in effects.split(" + ")]
    left = absorber(codes, n=len(table)).left(table[["y", "d", "x"]].to_numpy())
    own = np.linalg.lstsq(left[:, 1:], left[:, 0], rcond=None)[0]
    theirs = pyfixest.feols(
        f"y ~ d + x | {effects}",
        table,
        fixef_rm="none",
        demeaner=pyfixest.MapDemeaner(fixef_tol=1e-14),
    )
    assert own == pytest.approx(theirs.coef().to_numpy(), rel=1e-10)


def test_codes_by_hand() -> None:
    province, year = np.array([7, 7, 2, 2]), np.array([2011, 2012, 2011, 2011])
    assert numbered(province).tolist() == [1, 1, 0, 0]
    assert combined([province, year]).tolist() == [1, 2, 0, 0]
    assert nested(np.array([5, 6, 9, 9]), province)
    assert not nested(province, year)
    assert nested(province, np.zeros(4, dtype=np.int64))


def test_rows_alone_in_a_level_go_until_none_is() -> None:
    city = np.array([0, 0, 1, 1, 2])
    year = np.array([1, 2, 1, 2, 3])
    industry = np.array([0, 0, 0, 5, 0])
    # Row 4 is alone in city and year; row 3 in its industry, then row 2 and row 1 in turn.
    assert in_company([city, year], n=5).tolist() == [True] * 4 + [False]
    assert not in_company([city, year, industry], n=5).any()
    assert in_company([], n=3).all()


def test_too_many_levels_are_refused() -> None:
    levels = np.arange(5002)
    with pytest.raises(SampleError, match=r"at most 5000 levels.*found 5002") as error:
        absorber([levels, levels], n=5002)
    assert "\n" not in str(error.value)


def test_three_effects_are_the_same_bits_whatever_the_order_of_pythons_sets() -> None:
    code = (
        "import numpy as np; from estimation.linear.regression import fit_regression; "
        "from estimation.linear.residualised import Regression; "
        "rng = np.random.default_rng(4); draw = rng.normal(size=(3, 90)); "
        "city, year, third = np.arange(90) // 9, np.arange(90) % 9, rng.integers(0, 4, 90); "
        "fit = fit_regression(Regression(draw[0], draw[1][:, None], ('d',), draw[2][:, None], "
        "('x',), {'city': city, 'year': year, 'third': third}, {'city': city}, city, year)); "
        "print(fit.theta[0].hex(), fit.std_errors('city')[0].hex())"
    )
    found = {
        subprocess.run(
            [sys.executable, "-c", code],
            cwd=ROOT,
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "1")
    }
    assert len(found) == 1
