"""Rotemberg weights: by loops, as a decomposition of the estimate, and published ones."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from estimation.instruments.partialled import partialled
from estimation.instruments.rotemberg import rotemberg
from estimation.instruments.shock_level import shock_level
from estimation.instruments.two_stage import two_stage
from tests.estimation.instruments.made_up import made_up, weighted_residual


def test_weights_and_effects_are_the_papers() -> None:
    data = made_up(4)
    found = rotemberg(data.left(), data.shares, data.shocks)
    w = data.weights
    y, x = (weighted_residual(v, data.controls, w) for v in (data.y, data.x))
    parts = [
        data.shocks[k] * sum(w[i] * data.shares[i, k] * x[i] for i in range(y.size))
        for k in range(9)
    ]
    np.testing.assert_allclose(found.alpha, np.array(parts) / sum(parts), rtol=1e-10)
    effects = [
        two_stage(partialled(data.y, data.x, data.shares[:, k], data.controls, weights=w)).theta
        for k in range(9)
    ]
    np.testing.assert_allclose(found.beta, effects, rtol=1e-8)


def test_they_add_up_to_the_estimate_alone_and_in_groups() -> None:
    data = made_up(8)
    left = data.left()
    theta = two_stage(left).theta
    alone = rotemberg(left, data.shares, data.shocks)
    grouped = rotemberg(left, data.shares, data.shocks, data.clusters)
    own = rotemberg(left, data.shares, np.tile(data.shocks, (60, 1)))
    for found in (alone, grouped, own):
        assert found.alpha.sum() == pytest.approx(1.0)
        assert found.alpha @ found.beta == pytest.approx(theta, rel=1e-10)
        assert found.positive + found.negative == pytest.approx(1.0)
    np.testing.assert_allclose(
        grouped.alpha, np.bincount(data.clusters, weights=alone.alpha), rtol=1e-9, atol=1e-12
    )
    assert alone.top(3).tolist() == np.argsort(-alone.alpha)[:3].tolist()


def test_a_sector_nobody_has_has_no_effect_of_its_own() -> None:
    data = made_up(8)
    shares = np.column_stack([data.shares, np.zeros(60)])
    found = rotemberg(data.left(), shares, np.append(data.shocks, 5.0))
    assert found.alpha[9] == 0.0
    assert np.isnan(found.beta[9])


@pytest.mark.real
def test_published_weights_are_met(data_dir: Path) -> None:
    """Goldsmith-Pinkham, Sorkin and Swift (2020), the China shock: sectors of 2000 carry it."""
    folder = data_dir / "reference"
    table = pd.read_parquet(folder / "adh_master.parquet")
    wide = pd.read_parquet(folder / "adh_local_wide.parquet")
    growth = pd.read_parquet(folder / "adh_global.parquet")
    names = [
        f"t{int(y)}_sh_ind_{int(i)}" for y, i in zip(growth["year"], growth["ind"], strict=True)
    ]
    shocks = dict(zip(names, growth["trade_"], strict=True))
    columns = list(wide.columns[2:])
    shares, g = wide[columns].to_numpy(), np.array([shocks[name] for name in columns])
    controls = [name for name in table.columns if name.startswith(("reg_", "l_"))]
    left = partialled(
        table["d_sh_empl_mfg"].to_numpy(),
        table["d_tradeusch_pw"].to_numpy(),
        shares @ g,
        table[[*controls, "t2"]].to_numpy(dtype=np.float64),
        weights=table["timepwt48"].to_numpy(),
    )
    found = rotemberg(left, shares, g)
    top = found.top()
    np.testing.assert_allclose(found.alpha[top], [0.140, 0.098, 0.055, 0.051, 0.047], atol=5e-4)
    np.testing.assert_allclose(found.beta[top], [-0.620, -0.179, -0.147, -0.308, -0.232], atol=5e-4)
    unit = two_stage(left).theta
    assert shock_level(left, shares, g).theta == pytest.approx(unit, rel=1e-10)
