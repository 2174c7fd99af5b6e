"""What each process claims to be, measured on its panels."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest

from estimation.processes.catalogue import PROCESSES
from estimation.processes.draw import CONTROL_MOMENTS, ERROR_SD, NOISE_SD, draw_panel
from estimation.processes.spec import CONTROLS, ProcessSpec
from panels.cities.codes import PSEUDO_CITIES

SEEDS = range(6)
STRONG = [name for name in PROCESSES if name != "linear_weak"]
BALANCED = [name for name in PROCESSES if not name.startswith("unbalanced")]
EVERY = pytest.mark.parametrize("spec", PROCESSES.values(), ids=PROCESSES.keys())


@pytest.fixture(scope="module")
def panels() -> dict[str, list[pd.DataFrame]]:
    return {name: [draw_panel(spec, seed) for seed in SEEDS] for name, spec in PROCESSES.items()}


def within(table: pd.DataFrame, column: str) -> np.ndarray:
    """What is left after city and year means, alternating until nothing of either is left."""
    left = table[column].to_numpy(dtype=np.float64)
    keys = [np.unique(table[key], return_inverse=True)[1] for key in ("city_id", "year")]
    for _ in range(40):
        for key in keys:
            left = left - (np.bincount(key, weights=left) / np.bincount(key))[key]
    return left


def share_explained(table: pd.DataFrame, column: str, by: list[str]) -> float:
    """R squared of a regression within cities and years."""
    X = np.column_stack([within(table, name) for name in by])
    y = within(table, column)
    residual = y - X @ np.linalg.lstsq(X, y, rcond=None)[0]
    return float(1.0 - residual.var() / y.var())


def between_share(table: pd.DataFrame, column: str) -> float:
    means = table.groupby("city_id")[column].transform("mean")
    return float(means.var() / table[column].var())


def average(tables: list[pd.DataFrame], measure) -> float:
    return float(np.mean([measure(table) for table in tables]))


def test_there_are_the_processes_of_the_protocol() -> None:
    assert list(PROCESSES) == [
        "linear_weak",
        "linear_strong",
        "nonlinear_strong",
        "serial_linear",
        "serial_nonlinear",
        "few_cities_linear",
        "few_cities_nonlinear",
        "heterogeneous_linear",
        "heterogeneous_nonlinear",
        "unbalanced_linear",
        "unbalanced_nonlinear",
    ]
    assert all(name == spec.name for name, spec in PROCESSES.items())
    assert {spec.theta for spec in PROCESSES.values()} == {-0.10}


@EVERY
def test_keys(spec: ProcessSpec) -> None:
    panel = draw_panel(spec, 3)
    assert not panel.duplicated(["city_id", "year"]).any()
    pd.testing.assert_frame_equal(panel, panel.sort_values(["city_id", "year"]))
    assert panel["city_id"].str.fullmatch(r"\d{4}").all()
    assert (panel["province"] == panel["city_id"].str[:2]).all()
    assert not set(panel["city_id"]) & PSEUDO_CITIES
    assert panel["city_id"].nunique() == (30 if spec.name.startswith("few") else 253)
    assert set(panel["year"]) == set(range(2011, 2022))
    assert (len(panel) == 11 * panel["city_id"].nunique()) != spec.unbalanced
    assert np.isfinite(panel.select_dtypes("number")).all(axis=None)


@EVERY
def test_the_same_seed_gives_the_same_panel_and_another_seed_another(spec: ProcessSpec) -> None:
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    first, again, other = (draw_panel(spec, seed) for seed in (7, 7, 8))
    pd.testing.assert_frame_equal(first, again)
    assert not first["gini"].head(9).equals(other["gini"].head(9))
    np.testing.assert_array_equal(before, np.random.get_state()[1])  # noqa: NPY002


@EVERY
def test_the_equations_hold_to_the_last_digits_up_to_a_number_a_year(spec: ProcessSpec) -> None:
    panel = draw_panel(spec, 1)
    years = (
        panel["uil"] - panel["true_city_treatment"] - panel["true_m"] - panel["true_noise"],
        panel["gini"]
        - panel["true_city_outcome"]
        - panel["true_g"]
        - panel["true_effect"] * (panel["uil"] - 2.31)
        - panel["true_error"],
    )
    for effects in years:
        spread = effects.groupby(panel["year"]).agg(np.ptp)
        assert spread.max() < 1e-12
        assert effects.groupby(panel["year"]).first().nunique() == 11


@EVERY
def test_effects_average_to_theta_and_differ_only_where_they_should(spec: ProcessSpec) -> None:
    for seed in SEEDS:
        effect = draw_panel(spec, seed)["true_effect"]
        assert effect.mean() == pytest.approx(-0.10, abs=1e-12)
        if spec.name.startswith("heterogeneous"):
            assert effect.std() > 0.07
            assert effect.max() > 0.0
        else:
            assert effect.nunique() == 1


@EVERY
def test_inequality_and_upgrading_stay_inside_their_bounds(spec: ProcessSpec) -> None:
    for seed in range(20):
        panel = draw_panel(spec, seed)
        assert panel["gini"].between(0.0, 0.95, inclusive="neither").all(), seed
        assert panel["uil"].between(1.7, 2.95).all(), seed


@pytest.mark.parametrize("name", STRONG)
def test_strong_panels_have_the_moments_of_the_papers(panels, name: str) -> None:
    tables = panels[name]
    assert average(tables, lambda table: table["gini"].mean()) == pytest.approx(0.407, abs=0.025)
    assert 0.09 < average(tables, lambda table: table["gini"].std()) < 0.15
    assert average(tables, lambda table: table["uil"].mean()) == pytest.approx(2.309, abs=0.025)
    assert 0.11 < average(tables, lambda table: table["uil"].std()) < 0.16
    assert average(tables, lambda table: table["difi"].std()) == pytest.approx(73.0, abs=5.0)
    for column, (mean, sd) in zip(CONTROLS, CONTROL_MOMENTS, strict=True):
        found = average(tables, lambda table, column=column: table[column].mean())
        assert found == pytest.approx(mean, abs=0.15 * sd), column
        spread = average(tables, lambda table, column=column: table[column].std())
        assert spread == pytest.approx(sd, rel=0.15), column


@pytest.mark.parametrize("name", STRONG)
def test_four_fifths_of_the_treatment_lie_between_cities(panels, name: str) -> None:
    assert 0.70 < average(panels[name], lambda table: between_share(table, "uil")) < 0.87
    assert average(panels[name], lambda table: between_share(table, "gini")) > 0.90


@pytest.mark.parametrize("name", PROCESSES)
def test_controls_explain_a_third_of_the_treatment_within_cities_and_years(panels, name) -> None:
    explained = average(panels[name], lambda table: share_explained(table, "uil", ["true_m"]))
    if name.startswith("serial"):  # demeaning takes more of a persistent noise
        assert 0.35 < explained < 0.55
    else:
        assert 0.25 < explained < 0.42
    spread = average(panels[name], lambda table: within(table, "uil").std())
    assert 0.027 < spread < 0.037


@pytest.mark.parametrize("name", PROCESSES)
def test_controls_confound(panels, name: str) -> None:
    def slope(table: pd.DataFrame) -> float:
        d = within(table, "uil")
        return float((d * within(table, "true_g")).sum() / (d**2).sum())

    assert average(panels[name], slope) > 0.08


@pytest.mark.parametrize("name", PROCESSES)
def test_what_is_linear_is_linear_and_what_is_not_is_not(panels, name: str) -> None:
    shape = PROCESSES[name].shape
    for function in ("true_m", "true_g"):
        explained = average(
            panels[name],
            lambda table, function=function: share_explained(table, function, list(CONTROLS)),
        )
        if shape == "linear":
            assert explained == pytest.approx(1.0, abs=1e-10)
        else:
            assert 0.1 < explained < 0.6


def test_city_effects_are_weak_or_strong_and_confound(panels) -> None:
    weak, strong = PROCESSES["linear_weak"], PROCESSES["linear_strong"]
    assert (weak.city_treatment / NOISE_SD) ** 2 == pytest.approx(0.25)
    assert (weak.city_outcome / ERROR_SD) ** 2 == pytest.approx(0.25)
    assert (strong.city_treatment / NOISE_SD) ** 2 > 10
    assert (strong.city_outcome / ERROR_SD) ** 2 > 20
    for name, spec in PROCESSES.items():
        cities = pd.concat([table.drop_duplicates("city_id") for table in panels[name]])
        alpha, delta = cities["true_city_outcome"], cities["true_city_treatment"]
        assert alpha.std() == pytest.approx(spec.city_outcome, rel=0.08)
        assert delta.std() == pytest.approx(spec.city_treatment, rel=0.08)
        assert np.corrcoef(alpha, delta)[0, 1] == pytest.approx(0.7, abs=0.08)
        assert np.corrcoef(delta, cities[CONTROLS[0]])[0, 1] > 0.25


@pytest.mark.parametrize("name", BALANCED)
def test_noises_are_persistent_where_they_should_be_and_independent(panels, name: str) -> None:
    spec = PROCESSES[name]
    shape = (-1, len(spec.years))
    for column, rho in (
        ("true_noise", spec.treatment_persistence),
        ("true_error", spec.error_persistence),
    ):
        paths = np.vstack([table[column].to_numpy().reshape(shape) for table in panels[name]])
        found = np.sum(paths[:, 1:] * paths[:, :-1]) / np.sum(paths[:, :-1] ** 2)
        assert found == pytest.approx(rho, abs=0.05), column
    rows = pd.concat(panels[name])
    between = np.corrcoef(rows["true_noise"], rows["true_error"])[0, 1]
    assert abs(between) < 0.05
    assert rows["true_noise"].std() == pytest.approx(NOISE_SD, rel=0.04)
    assert rows["true_error"].std() == pytest.approx(ERROR_SD, rel=0.04)
    assert (spec.error_persistence > 0) == name.startswith("serial")


def test_noise_differs_between_cities_and_years_only_where_effects_do(panels) -> None:
    for name, tables in panels.items():
        ratios = [table["true_noise_sd"].max() / table["true_noise_sd"].min() for table in tables]
        assert (min(ratios) > 3) == (max(ratios) > 1) == name.startswith("heterogeneous")


@pytest.mark.parametrize("name", ["unbalanced_linear", "unbalanced_nonlinear"])
def test_unbalanced_panels_have_gaps_entry_and_exit_in_weaker_cities_more(panels, name) -> None:
    for table in panels[name]:
        cities = table.groupby("city_id")["year"].agg(["min", "max", "size"])
        late, early = cities["min"] > 2011, cities["max"] < 2021
        gaps = cities["max"] - cities["min"] + 1 > cities["size"]
        assert 0.15 < late.mean() < 0.35
        assert 0.08 < early.mean() < 0.25
        assert gaps.mean() > 0.2
        assert 0.80 < len(table) / 2783 < 0.92
        strength = table.groupby("city_id")["true_city_treatment"].first()
        assert strength[late].mean() < strength[~late].mean()
    rows = pd.concat(panels[name])
    # what is missing depends on nothing but the city's strength
    assert abs(rows["true_noise"].mean()) < 0.001
    assert abs(rows["true_error"].mean()) < 0.001


def test_processes_share_what_they_have_in_common() -> None:
    linear, nonlinear = (
        draw_panel(PROCESSES[f"{one}_strong"], 5) for one in ("linear", "nonlinear")
    )
    same = ["difi", *CONTROLS, "true_noise", "true_error", "true_city_outcome"]
    pd.testing.assert_frame_equal(linear[same], nonlinear[same])
    assert not linear["true_g"].equals(nonlinear["true_g"])
    gappy = draw_panel(PROCESSES["unbalanced_linear"], 5)
    full = linear.merge(gappy[["city_id", "year"]], on=["city_id", "year"])
    pd.testing.assert_frame_equal(
        gappy.drop(columns="true_effect"), full.drop(columns="true_effect")
    )


def least_squares(panel: pd.DataFrame, regressors: list[str]) -> float:
    """Coefficient of the first regressor beside year dummies, from the normal equations."""
    years = panel["year"].to_numpy()[:, None] == np.unique(panel["year"])
    X = np.column_stack([panel[regressors], years.astype(np.float64)])
    return float(np.linalg.solve(X.T @ X, X.T @ panel["gini"].to_numpy())[0])


def draws(spec: ProcessSpec, count: int) -> Iterator[pd.DataFrame]:
    return (draw_panel(spec, seed) for seed in range(count))


@pytest.mark.parametrize(
    "name", [name for name in PROCESSES if not name.startswith("heterogeneous")]
)
def test_an_oracle_recovers_the_truth_and_who_ignores_cities_does_not(name: str) -> None:
    count = 25
    told = ["uil", "true_g", "true_city_outcome"]
    found = np.array([least_squares(panel, told) for panel in draws(PROCESSES[name], count)])
    error = found.std(ddof=1) / np.sqrt(count)
    assert abs(found.mean() + 0.10) < 3 * error
    assert error < 0.01
    wrong = [least_squares(panel, ["uil"]) for panel in draws(PROCESSES[name], 5)]
    assert np.mean(wrong) > 0.0
