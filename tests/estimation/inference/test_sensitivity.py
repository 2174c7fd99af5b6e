"""Omitted-variable bounds against doubleml run plainly, loops, and a jackknife."""

from dataclasses import replace

import numpy as np
import pytest
from doubleml import DoubleMLData, DoubleMLPLR
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm
from scipy.stats import t as student
from sklearn.linear_model import LinearRegression

from estimation.inference.sensitivity import (
    Scenario,
    ShortFit,
    benchmark,
    bounds,
    robustness,
    short_fit,
)
from estimation.learning.folds import city_folds, random_folds
from geo.errors import DesignError, SampleError

N_CITIES, N_YEARS, REPETITIONS = 30, 6, 3
CLUSTERS = np.repeat(np.arange(N_CITIES), N_YEARS)


def arrays() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Skewed errors that grow with the treatment, so that no covariance is zero."""
    rng = np.random.default_rng(11)
    n = CLUSTERS.size
    X = rng.normal(size=(n, 3)) + rng.normal(size=N_CITIES)[CLUSTERS][:, None]
    v = rng.exponential(size=n) - 1 + 0.5 * rng.normal(size=N_CITIES)[CLUSTERS]
    d = X @ [0.8, 0.3, 0.0] + v
    errors = (rng.exponential(size=n) - 1) * (1 + np.abs(v)) + rng.normal(size=N_CITIES)[CLUSTERS]
    return 0.7 * d + X @ [1.0, -0.5, 0.2] + errors, d, X


def doubleml_fit(*, clustered: bool = False) -> DoubleMLPLR:
    y, d, X = arrays()
    if clustered:
        data = DoubleMLData.from_arrays(X, y, d, cluster_vars=CLUSTERS)
        folds = [city_folds(CLUSTERS, folds=5, seed=3, repetition=r) for r in range(REPETITIONS)]
    else:
        data = DoubleMLData.from_arrays(X, y, d)
        folds = [random_folds(y.size, folds=5, seed=3, repetition=r) for r in range(REPETITIONS)]
    model = DoubleMLPLR(
        data,
        LinearRegression(),
        LinearRegression(),
        n_folds=5,
        n_rep=REPETITIONS,
        draw_sample_splitting=False,
    )
    if clustered:
        parts = [
            [([np.unique(CLUSTERS[train])], [np.unique(CLUSTERS[test])]) for train, test in one]
            for one in folds
        ]
        model.set_sample_splitting(folds, all_smpls_cluster=parts)
    else:
        model.set_sample_splitting(folds)
    return model.fit()


def summaries(model: DoubleMLPLR, *, clustered: bool = False) -> list[ShortFit]:
    y, d, _ = arrays()
    return [
        short_fit(
            y - model.predictions["ml_l"][:, r, 0],
            (d - model.predictions["ml_m"][:, r, 0])[:, None],
            clusters=CLUSTERS if clustered else None,
        )
        for r in range(REPETITIONS)
    ]


@pytest.mark.parametrize("clustered", [False, True], ids=["robust", "city"])
@pytest.mark.parametrize("scenario", [Scenario(0.03, 0.03), Scenario(0.3, 0.1, -0.7)])
def test_bounds_are_doublemls(scenario: Scenario, *, clustered: bool) -> None:
    """Errors too, once those of the two bounds, which 0.11.4 exchanges, are put right."""
    model = doubleml_fit(clustered=clustered)
    model.sensitivity_analysis(scenario.cf_y, scenario.cf_d, scenario.rho, level=0.9)
    theirs = model.sensitivity_params
    found = bounds(summaries(model, clustered=clustered), scenario, level=0.9)
    assert found.theta_lower == pytest.approx(theirs["theta"]["lower"][0], rel=1e-12)
    assert found.theta_upper == pytest.approx(theirs["theta"]["upper"][0], rel=1e-12)
    assert abs(found.se_lower / found.se_upper - 1) > 1e-3

    core = model.framework.dml_core
    core.scaled_psi = -core.scaled_psi
    righted = type(model.framework)(core).sensitivity_analysis(
        scenario.cf_y, scenario.cf_d, scenario.rho, level=0.9
    )
    se, ci = (righted._sensitivity_params[key] for key in ("se", "ci"))
    assert found.se_lower == pytest.approx(se["lower"][0], rel=1e-12)
    assert found.se_upper == pytest.approx(se["upper"][0], rel=1e-12)
    if not clustered:
        assert found.ci_lower == pytest.approx(ci["lower"][0], rel=1e-12)
        assert found.ci_upper == pytest.approx(ci["upper"][0], rel=1e-12)
        robust = robustness(summaries(model), level=0.9, rho=abs(scenario.rho))
        assert robust.rv == pytest.approx(righted._sensitivity_params["rv"][0], abs=1e-5)
        assert robust.rva == pytest.approx(righted._sensitivity_params["rva"][0], abs=1e-5)


def test_in_one_repetition_doublemls_errors_are_ours_exchanged() -> None:
    model = doubleml_fit()
    psi = model.framework.scaled_psi[:, 0, 0]
    of_bias = model.framework.sensitivity_elements["psi_max_bias"][:, 0, 0]
    strength = np.sqrt(0.04 / 0.8)
    theirs_lower = np.sqrt(np.mean((psi - strength * of_bias) ** 2) / psi.size)
    found = bounds(summaries(model)[:1], Scenario(0.2, 0.2))
    assert found.se_upper == pytest.approx(theirs_lower, rel=1e-12)


@pytest.mark.parametrize("clustered", [False, True], ids=["rows", "cities"])
def test_errors_of_the_bounds_are_near_a_jackknife(*, clustered: bool) -> None:
    """Leaving out a row (a city) at a time, with the score's own definition of the bounds."""
    rng = np.random.default_rng(2)
    clusters = np.repeat(np.arange(400), 5)
    v = rng.exponential(size=2000) - 1 + 0.5 * rng.normal(size=400)[clusters]
    errors = (rng.exponential(size=2000) - 1) * (1 + np.abs(v)) + rng.normal(size=400)[clusters]
    u = 0.5 * v + errors
    strength = np.sqrt(0.2 * 0.2 / 0.8)

    def bound(kept: np.ndarray, sign: float) -> float:
        theta = (u[kept] @ v[kept]) / (v[kept] @ v[kept])
        residual = u[kept] - theta * v[kept]
        return float(
            theta + sign * strength * np.sqrt(np.mean(residual**2) / np.mean(v[kept] ** 2))
        )

    groups = clusters if clustered else np.arange(2000)
    fit = short_fit(u, v[:, None], clusters=clusters if clustered else None)
    found = bounds([fit], Scenario(0.2, 0.2))
    errors_of = {}
    for side, sign in (("lower", -1.0), ("upper", 1.0)):
        parts = np.array([bound(groups != group, sign) for group in np.unique(groups)])
        spread = np.sqrt((parts.size - 1) / parts.size * np.sum((parts - parts.mean()) ** 2))
        errors_of[side] = spread
        assert getattr(found, f"se_{side}") == pytest.approx(spread, rel=0.03)
    assert errors_of["upper"] > 1.1 * errors_of["lower"]


def naive(u: np.ndarray, v: np.ndarray, clusters: np.ndarray, strength: float) -> dict[str, float]:
    """One repetition, row by row and city by city."""
    n = u.size
    theta = sum(u[i] * v[i] for i in range(n)) / sum(v[i] ** 2 for i in range(n))
    residual = [u[i] - theta * v[i] for i in range(n)]
    sigma2 = sum(r**2 for r in residual) / n
    nu2 = n / sum(v[i] ** 2 for i in range(n))
    bias = (sigma2 * nu2) ** 0.5
    found = {}
    for side, sign in (("lower", -1), ("upper", 1)):
        sums: dict[int, float] = {}
        for i in range(n):
            of_theta = nu2 * residual[i] * v[i]
            of_bias = (sigma2 * (nu2 - v[i] ** 2 * nu2**2) + nu2 * (residual[i] ** 2 - sigma2)) / (
                2 * bias
            )
            city = int(clusters[i])
            sums[city] = sums.get(city, 0.0) + of_theta + sign * strength * of_bias
        found[f"theta_{side}"] = theta + sign * strength * bias
        found[f"se_{side}"] = sum(s**2 for s in sums.values()) ** 0.5 / n
        found[f"ci_{side}"] = (
            found[f"theta_{side}"] + sign * student.ppf(0.95, len(sums) - 1) * (found[f"se_{side}"])
        )
    return found


def test_one_repetition_by_loops() -> None:
    rng = np.random.default_rng(4)
    v, clusters = rng.normal(size=60), np.repeat([0, 3, 4, 9, 11, 12], 10)
    u = 0.4 * v + rng.exponential(size=60)
    found = bounds([short_fit(u, v[:, None], clusters=clusters)], Scenario(0.1, 0.2, 0.5))
    strength = 0.5 * (0.1 * 0.2 / 0.8) ** 0.5
    for name, expected in naive(u, v, clusters, strength).items():
        assert getattr(found, name) == pytest.approx(expected, rel=1e-12), name


def test_several_terms_are_those_of_what_the_others_leave() -> None:
    rng = np.random.default_rng(6)
    V = rng.normal(size=(80, 3)) @ rng.normal(size=(3, 3))
    u = V @ [0.5, 0.2, -0.1] + rng.normal(size=80)
    joint = np.linalg.solve(V.T @ V, V.T @ u)
    for term in range(3):
        fit = short_fit(u, V, term=term)
        assert fit.theta == pytest.approx(joint[term], rel=1e-10)
        residual = u - V @ joint
        assert fit.sigma2 == pytest.approx(np.mean(residual**2), rel=1e-12)
        inverse = np.linalg.inv(V.T @ V)
        assert fit.nu2 == pytest.approx(80 * inverse[term, term], rel=1e-10)
        sandwich = inverse @ ((V * residual[:, None]).T @ (V * residual[:, None])) @ inverse
        assert fit.variance == pytest.approx(sandwich[term, term], rel=1e-10)


def test_benchmark_is_doublemls() -> None:
    y, d, X = arrays()
    model = doubleml_fit()
    for left_out in ([0], [1], [2], [0, 1]):
        names = [f"X{j + 1}" for j in left_out]
        theirs = model.sensitivity_benchmark(names)
        kept = np.delete(X, left_out, axis=1)
        short = []
        for smpls in model.smpls:
            u, v = y.copy(), d.copy()
            for train, test in smpls:
                for target, residual in ((y, u), (d, v)):
                    fitted = LinearRegression().fit(kept[train], target[train])
                    residual[test] = target[test] - fitted.predict(kept[test])
            short.append(short_fit(u, v[:, None]))
        found = benchmark(summaries(model), short, name="+".join(names))
        for key in ("cf_y", "cf_d", "delta_theta"):
            expected = theirs[key].iloc[0]
            assert getattr(found, key) == pytest.approx(expected, rel=1e-12, abs=1e-13), key
    assert found.name == "X1+X2"


def test_robustness_is_where_the_bound_meets_the_value() -> None:
    fits = summaries(doubleml_fit(), clustered=True)
    for null in (0.0, 0.3, 2.0):
        found = robustness(fits, null=null, rho=0.8)
        assert 0 < found.rva < found.rv < 1
        side = "lower" if null < 0.5 else "upper"
        at_rv = bounds(fits, Scenario(found.rv, found.rv, 0.8))
        at_rva = bounds(fits, Scenario(found.rva, found.rva, 0.8))
        assert getattr(at_rv, f"theta_{side}") == pytest.approx(null, abs=1e-12)
        assert getattr(at_rva, f"ci_{side}") == pytest.approx(null, abs=1e-12)


def test_robustness_by_hand() -> None:
    # theta = bias: the strength is 1, and share / sqrt(1 - share) = 1.
    fit = ShortFit(2.0, 4.0, 1.0, 0.01, 0.0, 0.0, None)
    share = (5**0.5 - 1) / 2
    assert robustness([fit]).rv == pytest.approx(share, rel=1e-14)
    strength = (2.0 - norm.ppf(0.95) * 0.1) / 2.0
    assert robustness([fit]).rva == pytest.approx(
        ((strength**4 + 4 * strength**2) ** 0.5 - strength**2) / 2, rel=1e-12
    )
    weak = replace(fit, variance=9.0)
    assert robustness([weak]).rva == 0.0
    assert robustness([fit], null=2.0).rv == 0.0


@given(st.integers(0, 10_000), st.floats(0.01, 100.0))
def test_units_and_signs_of_outcome_and_treatment(seed: int, unit: float) -> None:
    rng = np.random.default_rng(seed)
    v, clusters = rng.normal(size=40), np.repeat(np.arange(8), 5)
    u = 0.5 * v + rng.normal(size=40)
    scenario = Scenario(0.2, 0.1)
    plain = bounds([short_fit(u, v[:, None], clusters=clusters)], scenario)
    in_units = bounds([short_fit(u * unit, v[:, None] / unit, clusters=clusters)], scenario)
    assert in_units.ci_lower == pytest.approx(plain.ci_lower * unit**2, rel=1e-9, abs=1e-9)
    turned = bounds([short_fit(-u, v[:, None], clusters=clusters)], scenario)
    assert turned.theta_upper == pytest.approx(-plain.theta_lower, rel=1e-9)
    assert turned.ci_upper == pytest.approx(-plain.ci_lower, rel=1e-9)
    assert turned.se_upper == pytest.approx(plain.se_lower, rel=1e-9)


def test_without_an_omitted_variable_the_bounds_are_the_effect() -> None:
    fits = summaries(doubleml_fit(), clustered=True)
    found = bounds(fits, Scenario(0.0, 0.0))
    assert found.theta_lower == found.theta_upper == np.median([one.theta for one in fits])
    assert found.se_lower == found.se_upper


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ((1.0, 0.1), "sensitivity, cf_y: expected a share"),
        ((0.1, -0.1), "sensitivity, cf_d: expected a share"),
        ((0.1, float("nan")), "sensitivity, cf_d"),
        ((0.1, 0.1, 0.0), "sensitivity, rho"),
        ((0.1, 0.1, 1.5), "sensitivity, rho"),
    ],
)
def test_a_scenario_out_of_range_is_refused(values: tuple[float, ...], words: str) -> None:
    with pytest.raises(DesignError, match=words):
        Scenario(*values)


def test_a_term_that_the_others_determine_is_refused() -> None:
    rng = np.random.default_rng(6)
    v = rng.normal(size=30)
    with pytest.raises(SampleError, match="sensitivity, term 2"):
        short_fit(rng.normal(size=30), np.column_stack([v, 2 * v]), term=1)
