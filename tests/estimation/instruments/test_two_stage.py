"""Two-stage least squares and Hansen's J beside linearmodels; published errors."""

from pathlib import Path

import numpy as np
import pytest
from linearmodels.iv import IV2SLS, IVGMM

from estimation.instruments.partialled import partialled
from estimation.instruments.two_stage import over_identification, two_stage
from geo.errors import SampleError
from tests.estimation.instruments.test_akm import adh


def several(seed: int = 0, *, n: int = 300, wrong: float = 0.0):
    rng = np.random.default_rng(seed)
    Z = rng.normal(size=(n, 3)) + rng.normal(size=(n, 1))
    controls, city = rng.normal(size=(n, 2)), np.repeat(np.arange(n // 10), 10)
    e = rng.normal(size=n) + rng.normal(size=n // 10)[city]
    x = Z @ [0.6, 0.3, 0.1] + controls[:, 0] + e
    y = 0.5 * x + controls[:, 1] + 2.0 * e + wrong * Z[:, 2] + rng.normal(size=n)
    return y, x, Z, controls, city, rng.uniform(0.5, 2.0, size=n)


def test_effect_and_errors_are_those_of_linearmodels() -> None:
    y, x, Z, controls, city, weights = several()
    exog = np.column_stack([np.ones(y.size), controls])
    left = partialled(y, x, Z, controls, weights=weights)
    model = IV2SLS(y, exog, x, Z, weights=weights)
    clustered = model.fit(cov_type="clustered", clusters=city, debiased=False)
    robust = model.fit(cov_type="robust", debiased=False)
    told = two_stage(left, city, factor=False)
    assert told.theta == pytest.approx(clustered.params.iloc[-1], rel=1e-10)
    assert told.std_error == pytest.approx(clustered.std_errors.iloc[-1], rel=1e-8)
    assert two_stage(left, factor=False).std_error == pytest.approx(
        robust.std_errors.iloc[-1], rel=1e-9
    )
    factor = (299 / 296 * 30 / 29) ** 0.5
    assert two_stage(left, city).std_error == pytest.approx(told.std_error * factor, rel=1e-12)


@pytest.mark.parametrize("wrong", [0.0, 1.0])
def test_hansens_j_is_that_of_linearmodels(wrong: float) -> None:
    y, x, Z, controls, city, _ = several(wrong=wrong)
    left = partialled(y, x, Z, controls)
    found = over_identification(left)
    exog = np.column_stack([np.ones(y.size), controls])
    other = IVGMM(y, exog, x, Z, weight_type="robust").fit(iter_limit=2)
    assert found.df == 2
    assert found.statistic == pytest.approx(other.j_stat.stat, rel=1e-6)
    assert found.p_value == pytest.approx(other.j_stat.pval, rel=1e-5)
    assert (over_identification(left, city).p_value < 0.05) == bool(wrong)


def test_j_with_clusters_is_the_least_of_its_objective() -> None:
    y, x, Z, controls, city, _ = several(2)
    left = partialled(y, x, Z, controls)
    first = two_stage(left, city)
    sums = np.array([(left.Z * first.residuals[:, None])[city == g].sum(axis=0) for g in range(30)])
    weight = np.linalg.inv(sums.T @ sums)
    grid = np.linspace(first.theta - 1, first.theta + 1, 20001)
    moments = left.Z.T @ left.y - np.outer(grid, left.Z.T @ left.x)
    objective = np.einsum("gi,ij,gj->g", moments, weight, moments)
    assert over_identification(left, city).statistic == pytest.approx(objective.min(), rel=1e-6)


def test_instruments_that_say_the_same_and_too_few_clusters_are_refused() -> None:
    y, x, Z, controls, city, _ = several()
    same = np.column_stack([Z, Z[:, 0] + Z[:, 1]])
    with pytest.raises(SampleError, match=r"instruments: .* found 4 that say as much as 3"):
        two_stage(partialled(y, x, same, controls))
    with pytest.raises(SampleError, match=r"instrument 2: .* linear function"):
        partialled(y, x, np.column_stack([Z[:, 0], controls[:, 0] - 2.0]), controls)
    with pytest.raises(SampleError, match=r"more clusters than instruments, found 3 .* and 3 clus"):
        over_identification(partialled(y, x, Z, controls), city // 10)


@pytest.mark.real
def test_the_published_error_of_adh_is_met(data_dir: Path) -> None:
    left, _, _, state = adh(data_dir, "d_sh_empl_mfg")
    found = two_stage(left, state, factor=False)
    assert found.theta == pytest.approx(-0.5963601, abs=1e-6)
    assert found.std_error == pytest.approx(0.0987739, abs=1e-6)
    # Stata's robust and, of the unweighted regression, clustered errors.
    assert two_stage(left, factor=False).std_error == pytest.approx(0.095215853, abs=1e-6)
