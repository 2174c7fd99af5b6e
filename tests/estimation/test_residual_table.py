"""Residuals of every variant: rows of its sample, and the effect again as their slope."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from estimation.designs import Design
from estimation.estimate import EstimationResult, estimate
from estimation.residual_table import DTYPES, residual_table
from estimation.vocabulary import LINEAR
from tests.estimation.made_up import FAST
from tests.estimation.test_estimate import holes

ONE = replace(FAST, name="one", repetitions=1, learner="ridge", settings=(("alphas", (1.0,)),))


@pytest.fixture(scope="module")
def result() -> EstimationResult:
    other = replace(ONE, name="two controls effects", effects=("city",), variants=(LINEAR,))
    return estimate(holes(), [ONE, other], workers=1)


def test_the_effect_is_their_slope(result: EstimationResult) -> None:
    assert list(result.residuals.columns) == list(DTYPES)
    seen = set()
    for row in result.estimates.to_dict("records"):
        key = row["design"], row["variant"]
        rows = result.residuals[
            (result.residuals["design"] == key[0]) & (result.residuals["variant"] == key[1])
        ]
        assert len(rows) == row["n"], key
        u, v = rows["outcome"].to_numpy(), rows["treatment"].to_numpy()
        assert (v @ u) / (v @ v) == pytest.approx(row["estimate"], abs=1e-9), key
        np.testing.assert_allclose(rows["error"], u - row["estimate"] * v, atol=1e-9)
        assert np.var(v) == pytest.approx(row["treatment_residual_variance"], rel=1e-6), key
        if row["folds"]:
            assert np.sqrt(np.mean(u**2)) == pytest.approx(row["rmse_outcome"], rel=1e-9), key
        seen.add(key)
    assert len(seen) >= 5


def test_rows_are_city_years_of_the_panel(result: EstimationResult) -> None:
    panel = holes()
    keys = set(map(tuple, panel[["city_id", "year"]].to_numpy().tolist()))
    for (_, variant), rows in result.residuals.groupby(["design", "variant"]):
        found = list(map(tuple, rows[["city_id", "year"]].to_numpy().tolist()))
        assert len(set(found)) == len(found)
        assert set(found) <= keys
        if variant == "first_difference":
            assert all((city, year - 1) in keys for city, year in found)


def test_linear_residuals_are_those_of_dummies() -> None:
    panel = holes().sort_values(["city_id", "year"])
    design = Design(name="plain", outcome="gini", treatment="uil", controls=("gdp",),
                    variants=(LINEAR,), checks=())  # fmt: skip
    found = estimate(panel, [design], workers=1).residuals
    dummies = pd.get_dummies(panel[["city_id", "year"]].astype(str)).to_numpy(dtype=float)
    features = np.column_stack([dummies, panel["gdp"]])
    for name, column in (("outcome", "gini"), ("treatment", "uil")):
        values = panel[column].to_numpy()
        left = values - features @ np.linalg.lstsq(features, values, rcond=None)[0]
        np.testing.assert_allclose(found[name], left, atol=1e-9)
    whole = np.column_stack([panel["uil"], features])
    values = panel["gini"].to_numpy()
    error = values - whole @ np.linalg.lstsq(whole, values, rcond=None)[0]
    np.testing.assert_allclose(found["error"], error, atol=1e-9)


def test_nothing_has_its_columns() -> None:
    table = residual_table(())
    assert table.empty
    assert {name: str(kind) for name, kind in table.dtypes.items()} == DTYPES
