"""AKM and AKM0 against the paper's formulas as loops, a grid of nulls, and published intervals."""

import gzip
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from estimation.instruments.akm import akm, on_shares
from estimation.instruments.partialled import Partialled, partialled
from geo.errors import SampleError
from tests.estimation.instruments.made_up import MadeUp, made_up, weighted_residual

CRITICAL = 1.959963984540054


def by_loops(data: MadeUp, null: float | None) -> tuple[float, float]:
    """Effect and standard error, residual of the estimate or of a null; sums written out."""
    w, K = data.weights, data.shocks.size
    y, x, z = (weighted_residual(v, data.controls, w) for v in (data.y, data.x, data.exposure))
    theta = sum(w[i] * z[i] * y[i] for i in range(y.size)) / sum(
        w[i] * z[i] * x[i] for i in range(y.size)
    )
    e = y - (theta if null is None else null) * x
    S = data.shares
    slopes = np.linalg.solve((S * w[:, None]).T @ S, (S * w[:, None]).T @ z)
    total = 0.0
    for cluster in np.unique(data.clusters):
        of_cluster = 0.0
        for k in range(K):
            if data.clusters[k] == cluster:
                of_cluster += slopes[k] * sum(w[i] * S[i, k] * e[i] for i in range(y.size))
        total += of_cluster**2
    return theta, total**0.5 / abs(sum(w * z * x))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_akm_is_the_papers_sum(seed: int) -> None:
    data = made_up(seed)
    found = akm(data.left(), data.shares, data.clusters)
    theta, std_error = by_loops(data, None)
    assert found.theta == pytest.approx(theta, rel=1e-11)
    assert found.std_error == pytest.approx(std_error, rel=1e-10)
    assert found.ci_low == pytest.approx(theta - CRITICAL * std_error, rel=1e-9)
    assert (found.n_shocks, found.n_clusters) == (9, 5)


@pytest.mark.parametrize(("seed", "strength"), [(1, 1.0), (2, 3.0), (4, 0.1), (6, 0.0)])
def test_akm0_keeps_the_nulls_that_are_not_rejected(seed: int, strength: float) -> None:
    data = made_up(seed, strength=strength)
    found = akm(data.left(), data.shares, data.clusters)
    for null in np.linspace(-6, 6, 61):
        theta, std_error = by_loops(data, null)
        kept = abs(theta - null) <= CRITICAL * std_error
        between = found.low_null <= null <= found.high_null
        expected = {"interval": between, "complement": not between, "line": True}
        assert expected[found.shape_null] == kept, null
    theta, std_error = by_loops(data, 0.0)
    chance = pytest.approx(2 * (1 - _normal(abs(theta / std_error))), rel=1e-8)
    assert found.p_value_null == chance


def _normal(value: float) -> float:
    from scipy.stats import norm

    return float(norm.cdf(value))


def test_weak_instruments_leave_the_set_unbounded() -> None:
    shapes = {
        seed: akm(made_up(seed, strength=0.0).left(), made_up(seed).shares) for seed in range(12)
    }
    kinds = {found.shape_null for found in shapes.values()}
    assert kinds >= {"complement", "line"}
    for found in shapes.values():
        assert np.isinf(found.std_error_null) == (found.shape_null != "interval")


def test_a_shock_nobody_has_changes_nothing_and_is_not_counted() -> None:
    data = made_up(1)
    wider = np.column_stack([data.shares, np.zeros(data.y.size)])
    assert akm(data.left(), wider) == akm(data.left(), data.shares)


@given(st.integers(0, 500), st.floats(0.01, 100.0))
def test_units_do_not_matter(seed: int, unit: float) -> None:
    data = made_up(seed)
    found = akm(data.left(), data.shares)
    other = replace(data, y=data.y * unit, shares=data.shares * 0.5, shocks=data.shocks * 2.0)
    told = akm(other.left(), other.shares)
    assert told.theta == pytest.approx(unit * found.theta, rel=1e-8, abs=1e-10 * unit)
    assert told.std_error == pytest.approx(unit * found.std_error, rel=1e-7)


def test_slopes_on_shares_are_least_squares() -> None:
    rng = np.random.default_rng(0)
    shares = rng.exponential(size=(200, 40)) ** 3 * 10.0 ** rng.integers(-6, 1, size=40)
    z = rng.normal(size=200)
    expected = np.linalg.lstsq(shares, z, rcond=None)[0]
    np.testing.assert_allclose(on_shares(shares, z, where="x"), expected, rtol=1e-9)


def test_shares_that_cannot_be_told_apart_are_refused() -> None:
    data = made_up(1)
    twice = np.column_stack([data.shares, data.shares[:, 0]])
    with pytest.raises(SampleError, match=r"AKM, shares: .*10 shocks.*others determine"):
        akm(data.left(), twice)
    with pytest.raises(SampleError, match=r"no more shocks than rows \(60\), found 61 shocks"):
        akm(data.left(), np.random.default_rng(1).uniform(size=(60, 61)))
    with pytest.raises(SampleError, match="clusters of shocks: expected two or more, found 1"):
        akm(data.left(), data.shares, np.zeros(9, dtype=np.int64))


def test_an_exposure_that_controls_determine_is_refused() -> None:
    data = made_up(1)
    controls = np.column_stack([data.controls, 3.0 * data.exposure - 1.0])
    with pytest.raises(SampleError, match=r"instrument 1: .* found none: it is a linear function"):
        partialled(data.y, data.x, data.exposure, controls)


def adh(
    data_dir: Path, outcome: str, *, weighted: bool = True, below: int = 10
) -> tuple[Partialled, np.ndarray, np.ndarray, np.ndarray]:
    """Autor, Dorn and Hanson's (2013) regression of column 6, table 3, with its shares."""
    folder = data_dir / "reference"
    table = pd.read_csv(folder / "ADH_reg.csv")
    with gzip.open(folder / "ADH_W.csv.gz") as file:
        shares = pd.read_csv(file).to_numpy()
    sic = pd.read_csv(folder / "ADH_sic.csv").iloc[:, 0].to_numpy()
    names = ["t2", "l_shind_manuf_cbp", "l_sh_popedu_c", "l_sh_popfborn", "l_sh_empl_f"]
    names += ["l_sh_routine33", "l_task_outsource"]
    kept = (table["division"] < below).to_numpy()
    table, shares = table[kept], shares[kept]
    division = pd.get_dummies(table["division"], drop_first=True).astype(float)
    controls = np.column_stack([table[names].astype(float), division])
    left = partialled(
        table[outcome].to_numpy(),
        table["shock"].to_numpy(),
        table["IV"].to_numpy(),
        controls,
        weights=table["weights"].to_numpy() if weighted else None,
    )
    return left, shares, sic, table["statefip"].to_numpy().astype(np.int64)


@pytest.mark.real
def test_sets_lose_their_ends_as_the_reference_program_s_do(data_dir: Path) -> None:
    """ShiftShareSE's own tests: divisions below 8, 7 and 6, without weights."""
    shapes = []
    for most in (8, 7, 6):
        left, shares, _, _ = adh(data_dir, "d_sh_empl", weighted=False, below=most)
        shapes.append(akm(left, shares).shape_null)
    assert shapes == ["interval", "complement", "line"]


@pytest.mark.real
def test_reduced_form_and_instrument_have_one_akm0_p_value(data_dir: Path) -> None:
    left, shares, sic, _ = adh(data_dir, "d_sh_empl")
    reduced = akm(replace(left, x=left.Z[:, 0]), shares, sic)
    assert reduced.p_value_null == pytest.approx(akm(left, shares, sic).p_value_null, rel=1e-9)


@pytest.mark.real
def test_published_intervals_are_met(data_dir: Path) -> None:
    left, shares, sic, _ = adh(data_dir, "d_sh_empl")
    found = akm(left, shares, sic // 10)
    told = (found.theta, found.ci_low, found.ci_high, found.low_null, found.high_null)
    expected = (-0.774226659, -1.245349170, -0.303104148, -1.690324047, -0.389313219)
    np.testing.assert_allclose(told, expected, atol=1e-7)
    assert found.shape_null == "interval"
    assert found.n_clusters == 136
